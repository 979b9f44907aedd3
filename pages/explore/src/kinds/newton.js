// Newton's step: to where the parabola is level that has a curve's height, slope and bend.
import { button, choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';
import { between, clamp, sheet } from '../sheet.js';

/** Height, slope and bend of each. */
const CURVES = {
  'log cosh': (x) => [
    Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2,
    Math.tanh(x),
    1 - Math.tanh(x) ** 2,
  ],
  'tanh squared': (x) => {
    const t = Math.tanh(x),
      s = 1 - t * t;
    return [t * t, 2 * t * s, 2 * s * s - 4 * t * t * s];
  },
  'half a square': (x) => [(x * x) / 2, x, 1],
};
const step = (f, x) => {
  const [, slope, bend] = f(x);
  return x - slope / bend;
};

/** How many steps lead from here to the bottom; undefined if none do. */
function home(f, x) {
  for (let count = 0; count <= 30 && Number.isFinite(x); count++) {
    if (Math.abs(x) < 1e-6) return count;
    x = step(f, x);
  }
  return undefined;
}

export default function mount(figure, { frame, at, places, curves }) {
  for (const [name, known] of Object.entries(curves)) verify(places.map(CURVES[name]), known, name);

  let [name] = Object.keys(curves);
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const place = slider({
    name: 'x',
    label: 'The place',
    min: frame.x[0],
    max: frame.x[1],
    step: 0.05,
    value: at,
    kind: 'data',
    on: (x) => {
      at = x;
      show();
    },
  });
  controls.append(
    choice({
      label: 'Curve',
      options: Object.keys(curves).map((each) => [each, each]),
      value: name,
      on: (each) => {
        name = each;
        show();
      },
    }).element,
    place.element,
    h(
      'div',
      { class: 'explorable-buttons' },
      button('Step', () => {
        const there = step(CURVES[name], at);
        at = Number.isFinite(there) ? clamp(there, [-1e6, 1e6]) : at;
        place.set(at);
        show();
      }),
    ),
  );
  plot.point((x) => {
    at = Math.round(20 * clamp(x, frame.x)) / 20;
    place.set(at);
    show();
  });

  function show() {
    const f = CURVES[name],
      [height, slope, bend] = f(at),
      there = step(f, at),
      needed = home(f, at);
    const xs = between(...frame.x, 169);
    plot.draw(
      plot.line(
        xs.map((x) => [x, f(x)[0]]),
        'data',
      ),
      plot.line(
        xs.map((x) => [x, height + slope * (x - at) + (bend * (x - at) ** 2) / 2]),
        'third',
        1.4,
        '5 4',
      ),
      plot.dot(at, height, 'data'),
      plot.dot(there, f(there)[0], 'grad'),
    );
    plot.tell(
      `The curve ${name}, and the parabola that touches it at ${said(at)}. It is level at ${said(there)}.`,
    );
    const rises = Number.isFinite(there) && f(there)[0] > height + 1e-12;
    say(
      h(
        'div',
        { class: 'now' },
        `x ${said(at)}: slope `,
        h('span', { class: 'grad' }, said(slope)),
        `, bend ${said(bend)}`,
      ),
      h(
        'div',
        {},
        Math.abs(slope) < 1e-9 && bend > 0
          ? 'Level already: there is nowhere to go.'
          : !Number.isFinite(there)
            ? 'No bend, no step: where would a straight line be level?'
            : `The step leads to ${said(there)}, ${rises ? `and up: from ${said(height)} to ${said(f(there)[0])}.` : `down from ${said(height)} to ${said(f(there)[0])}.`}`,
        bend < 0 && ' The bend is negative, so what the step is looking for is a top.',
      ),
      h(
        'div',
        {},
        needed === undefined
          ? 'From here the steps never arrive at 0.'
          : `From here it takes ${needed} ${needed === 1 ? 'step' : 'steps'} to 0.`,
      ),
    );
  }

  show();
}
