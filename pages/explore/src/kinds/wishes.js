// One score, several losses, each stepping down its own slope: who gets across to the right side?
import { panel, slider, steps } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';
import { between, clamp, sheet } from '../sheet.js';

const sigmoid = (s) => (s >= 0 ? 1 / (1 + Math.exp(-s)) : 1 - 1 / (1 + Math.exp(s)));
/** What a score costs where yes is right, and its slope. */
const LOSSES = {
  'cross-entropy': [
    (s) => Math.max(0, -s) + Math.log1p(Math.exp(-Math.abs(s))),
    (s) => sigmoid(s) - 1,
  ],
  hinge: [(s) => Math.max(0, 1 - s), (s) => (s < 1 ? -1 : 0)],
  'sigmoid, squared': [
    (s) => (sigmoid(s) - 1) ** 2,
    (s) => 2 * (sigmoid(s) - 1) * sigmoid(s) * (1 - sigmoid(s)),
  ],
};
const COLOURS = { 'cross-entropy': 'data', hinge: 'grad', 'sigmoid, squared': 'third' };

function walk(name, score, rate, count) {
  const path = [score];
  while (path.length <= count) path.push(path.at(-1) - rate * LOSSES[name][1](path.at(-1)));
  return path;
}

export default function mount(figure, { frame, labels, start, rate, step: at, paths, costs }) {
  const count = paths.hinge.length - 1;
  const walks = () =>
    Object.fromEntries(Object.keys(LOSSES).map((name) => [name, walk(name, start, rate, count)]));
  let taken = walks();
  verify(taken, paths, 'the walks');
  verify(
    Object.fromEntries(Object.keys(LOSSES).map((name) => [name, taken[name].map(LOSSES[name][0])])),
    costs,
    'the losses',
  );

  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const curves = Object.keys(LOSSES).map((name) => [
    between(...frame.x, 121).map((x) => [x, LOSSES[name][0](x)]),
    COLOURS[name],
  ]);
  const timeline = steps({ last: count, at, pace: 200, on: show });
  const begin = slider({
    name: 'start',
    label: 'The score at first',
    min: -6,
    max: 6,
    step: 0.1,
    value: start,
    kind: 'data',
    on: (x) => {
      start = x;
      again();
    },
  });
  controls.append(
    timeline.element,
    h(
      'div',
      { class: 'explorable-sliders' },
      begin.element,
      slider({
        name: 'rate',
        label: 'The learning rate',
        min: 0.1,
        max: 3,
        step: 0.1,
        value: rate,
        on: (x) => {
          rate = x;
          again();
        },
      }).element,
    ),
  );
  plot.point((x) => {
    start = clamp(x, frame.x);
    begin.set(start);
    again();
  });

  function again() {
    taken = walks();
    timeline.go(timeline.at);
  }

  function show(step) {
    plot.draw(
      ...curves.map(([points, color]) => plot.line(points, color, 1.4)),
      plot.dot(start, frame.y[0], 'faint', 3),
      ...labels.map(([x, y, name]) => plot.words(x, y, name, COLOURS[name])),
      ...Object.keys(LOSSES).map((name) =>
        plot.dot(taken[name][step], LOSSES[name][0](taken[name][step]), COLOURS[name], 5),
      ),
    );
    plot.tell(
      `Three losses over the score, and a dot on each after ${step} steps: ${Object.keys(LOSSES)
        .map((name) => `${name} at ${said(taken[name][step])}`)
        .join(', ')}.`,
    );
    say(
      `From ${said(start)}, after ${step} steps:`,
      ...Object.keys(LOSSES).map((name) => {
        const across = taken[name].findIndex((score) => score > 0),
          score = taken[name][step];
        return h(
          'div',
          {},
          `${name}: score ${said(score)}, gradient `,
          h('span', { class: 'grad' }, said(LOSSES[name][1](score))),
          across > 0
            ? `; right from step ${across} on`
            : across
              ? `; not right within ${count} steps`
              : '; right from the start',
        );
      }),
    );
  }

  timeline.go(timeline.at);
}
