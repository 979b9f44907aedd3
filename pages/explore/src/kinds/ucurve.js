// The mistake of a measured slope of the cube, for every nudge: computed here, in the reader's own
// floats.
import { choice, panel, slider } from '../controls.js';
import { h as tag } from '../dom.js';
import { said, verify } from '../numbers.js';
import { clamp, sheet } from '../sheet.js';

const cube = (x) => x * x * x;
const WAYS = {
  ahead: (x, h, walked) => (cube(x + h) - cube(x)) / (walked ? x + h - x : h),
  both: (x, h, walked) => (cube(x + h) - cube(x - h)) / (walked ? x + h - (x - h) : 2 * h),
};
const COLOURS = { ahead: 'grad', both: 'data' };

export default function mount(figure, { frame, at, nudges, slopes }) {
  const all = (way, x, walked) => nudges.map((h) => WAYS[way](x, h, walked));
  for (const way of Object.keys(WAYS))
    verify(all(way, at, true), slopes[way], `the slopes, ${way}`);

  let walked = true,
    now = nudges.length >> 1;
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const nudge = slider({
    name: 'h',
    label: 'The nudge',
    min: Math.log10(nudges.at(-1)),
    max: Math.log10(nudges[0]),
    step: 0.125,
    value: Math.log10(nudges[now]),
    format: (power) => (10 ** power).toExponential(1).replace('-', '−'),
    on: (power) => {
      pick(power);
      show();
    },
  });
  const place = slider({
    name: 'x',
    label: 'The place',
    min: 0.5,
    max: 2,
    step: 0.05,
    value: at,
    kind: 'data',
    on: (x) => {
      at = x;
      show();
    },
  });
  const divisor = choice({
    label: 'Divided by',
    options: [
      [true, 'the way walked'],
      [false, 'the h asked for'],
    ],
    value: walked,
    on: (value) => {
      walked = value;
      show();
    },
  });
  controls.append(
    tag('div', { class: 'explorable-sliders' }, nudge.element, place.element),
    divisor.element,
  );
  plot.point((power) => {
    pick(clamp(power, frame.x));
    nudge.set(Math.log10(nudges[now]));
    show();
  });

  function pick(power) {
    now = clamp(Math.round(-power * 8) - 8, [0, nudges.length - 1]);
  }

  function show() {
    const truth = 3 * at * at,
      h = nudges[now];
    const drawn = [],
      lines = [],
      wrong = [];
    for (const [way, name] of [
      ['ahead', 'looking ahead'],
      ['both', 'looking both ways'],
    ]) {
      const mistakes = all(way, at, walked).map((slope) => Math.abs(slope - truth));
      const mine = mistakes[now];
      wrong.push(mine);
      const low = frame.y[0];
      const level = (mistake) => clamp(mistake ? Math.log10(mistake) : low, frame.y);
      drawn.push(
        plot.line(
          mistakes.map((mistake, i) => [Math.log10(nudges[i]), level(mistake)]),
          COLOURS[way],
          1.4,
        ),
        plot.dot(Math.log10(h), level(mine), COLOURS[way]),
      );
      const slope = WAYS[way](at, h, walked);
      const digits = mine ? clamp(Math.floor(-Math.log10(mine / truth)), [0, 16]) : 16;
      lines.push(
        tag(
          'div',
          {},
          `${name}: ${slope.toFixed(12)}, off by `,
          tag('span', { class: COLOURS[way] }, mine.toExponential(1).replace('-', '−')),
          `, ${digits} good ${digits === 1 ? 'digit' : 'digits'}`,
        ),
      );
    }
    const curve = { ahead: 3 * at * h + h * h, both: h * h };
    plot.draw(
      plot.straight(0, -16, -1, 'faint', 1, '2 4'),
      plot.line(
        [
          [Math.log10(h), frame.y[0]],
          [Math.log10(h), frame.y[1]],
        ],
        'faint',
        1,
      ),
      plot.words(-4.4, -2.6, 'ahead', 'grad', 'end'),
      plot.words(-4.0, -9.6, 'both ways', 'data'),
      plot.words(-3.6, -13.6, 'rounding', 'faint', 'end'),
      ...drawn,
    );
    plot.tell(
      `The mistakes of both slopes for every nudge, as two curves in the shape of a U. At ${h.toExponential(1)} looking ahead is off by ${wrong[0].toExponential(1)}, looking both ways by ${wrong[1].toExponential(1)}.`,
    );
    say(
      `A nudge of ${h.toExponential(1).replace('-', '−')}; the slope is ${said(truth)}.`,
      ...lines,
      tag(
        'div',
        {},
        `The curve alone would put them off by ${curve.ahead.toExponential(1).replace('-', '−')} and ${curve.both.toExponential(1).replace('-', '−')}. The rest is rounding.`,
      ),
    );
  }

  show();
}
