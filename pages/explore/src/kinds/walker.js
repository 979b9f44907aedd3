// The gate's loss as a map: a walk downhill from where one points, with a rate and some momentum.
import { panel, slider, steps } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';
import { clamp, sheet } from '../sheet.js';

const ROWS = [
  [0, 0],
  [1, 0],
  [1, 0],
  [2, 1],
]; // n1 + n2, and the label
const FLOOR = 1 / 16;

const loss = (n4, n6) =>
  ROWS.reduce((sum, [n3, label]) => sum + (n3 * n4 + n6 - label) ** 2, 0) / 4;

/** Where the two parameters have been, and the loss there. */
function walk([n4, n6], rate, momentum, count) {
  const path = [];
  let [v4, v6] = [0, 0];
  for (let step = 0; step <= count; step++) {
    path.push([n4, n6, loss(n4, n6)]);
    let [g4, g6] = [0, 0];
    for (const [n3, label] of ROWS) {
      const error = n3 * n4 + n6 - label;
      g4 += (2 * error * n3) / 4;
      g6 += (2 * error) / 4;
    }
    [v4, v6] = [momentum * v4 + g4, momentum * v6 + g6];
    [n4, n6] = [n4 - rate * v4, n6 - rate * v6];
  }
  return path;
}

export default function mount(figure, { frame, start, rate, momentum, path }) {
  const count = path.length - 1;
  verify(walk(start, rate, momentum ?? 0, count), path, 'the walk');

  let [from, keep, taken] = [start, momentum ?? 0, path];
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const timeline = steps({ last: count, pace: 250, label: 'Step of the walk', on: show });
  const place = ['n4', 'n6'].map((name, i) =>
    slider({
      name,
      label: `Where the walk begins, ${name}`,
      min: [frame.x, frame.y][i][0],
      max: [frame.x, frame.y][i][1],
      step: 0.05,
      value: from[i],
      kind: 'data',
      on: (x) => {
        from = from.with(i, x);
        again();
      },
    }),
  );
  controls.append(
    timeline.element,
    h(
      'div',
      { class: 'explorable-sliders' },
      slider({
        name: 'rate',
        label: 'The learning rate',
        min: 0.01,
        max: 0.6,
        step: 0.005,
        value: rate,
        on: (x) => {
          rate = x;
          again();
        },
      }).element,
      momentum !== null &&
        slider({
          name: 'momentum',
          min: 0,
          max: 1,
          step: 0.01,
          value: keep,
          on: (x) => {
            keep = x;
            again();
          },
        }).element,
      ...place.map((each) => each.element),
    ),
  );
  plot.point((x, y) => {
    from = [clamp(x, frame.x), clamp(y, frame.y)];
    from.forEach((value, i) => place[i].set(value));
    again();
  });

  function again() {
    taken = walk(from, rate, keep, count);
    timeline.go(timeline.at);
  }

  function show(step) {
    const shown = taken.slice(0, step + 1),
      [n4, n6, height] = shown.at(-1);
    plot.draw(
      plot.line(shown, 'data', 1.4),
      ...shown.map(([a, b]) => plot.dot(a, b, 'data', 2)),
      plot.words(0.5, -0.25, '+', 'ink', 'middle'),
      plot.dot(n4, n6, 'grad', 5),
    );
    plot.tell(
      `The valley over n4 and n6, and ${step} steps from (${said(from[0])}, ${said(from[1])}) to (${said(n4)}, ${said(n6)}), where the loss is ${said(height)}.`,
    );
    const near = taken.findIndex(
      ([, , each], i) =>
        taken.slice(i).every(([, , later]) => later - FLOOR < 1e-3) && each - FLOOR < 1e-3,
    );
    const widest = (part) =>
      Math.max(
        ...taken.slice((part * count) >> 2, ((part + 1) * count) >> 2).map((each) => each[2]),
      ) - FLOOR;
    const [early, late] = [widest(1), widest(3)];
    const free = keep > 0.95; // nearly without friction a swing takes long to tell
    say(
      h(
        'div',
        { class: 'now' },
        `after ${step} steps: n4 ${said(n4)}, n6 ${said(n6)}, loss ${said(height)}`,
      ),
      h(
        'div',
        {},
        near >= 0
          ? `Home, within a thousandth of the lowest loss, after ${near} ${near === 1 ? 'step' : 'steps'}, and it stays there.`
          : !(late < (free ? 3 : 1.02) * early)
            ? `It never comes home: after ${count} steps the loss is ${said(taken.at(-1)[2])}, and rising.`
            : late > (free ? 0.3 : 0.9) * early
              ? 'It does not come home, and does not leave: it swings about as wide as before.'
              : `Not home in ${count} steps: the loss is still ${said(taken.at(-1)[2] - FLOOR)} above the lowest, which is 1/16.`,
      ),
      !plot.inside([n4, n6]) && h('div', {}, 'The walker has left the map.'),
    );
  }

  timeline.go(timeline.at);
}
