// A second point on a curve moves in, and the secant turns into the tangent.
import { choice, panel, slider } from '../controls.js';
import { h as tag } from '../dom.js';
import { said, short, verify } from '../numbers.js';
import { between, clamp, sheet } from '../sheet.js';

export default function mount(figure, { frame, powers, at, h, places, nudges, heights, slopes }) {
  const f = (x) => powers.reduceRight((sum, power) => sum * x + power, 0);
  const tangent = (x) =>
    powers.slice(1).reduceRight((sum, power, i) => sum * x + (i + 1) * power, 0);
  const secant = (x, by) => (f(x + by) - f(x)) / by;
  verify(places.map(f), heights, 'the curve');
  verify(
    places.map((x) => nudges.map((by) => secant(x, by))),
    slopes,
    'the slopes',
  );

  let [side, size] = [Math.sign(h), Math.abs(h)];
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const curve = between(...frame.x, 169).map((x) => [x, f(x)]);
  const place = slider({
    name: 'x',
    label: 'The place',
    min: -1,
    max: 3,
    step: 0.1,
    value: at,
    kind: 'data',
    on: (x) => {
      at = x;
      show();
    },
  });
  const nudge = slider({
    name: 'h',
    label: 'How far off the second point is',
    min: -3,
    max: 0.3,
    step: 0.05,
    value: Math.log10(size),
    format: (power) => short(10 ** power),
    on: (power) => {
      size = 10 ** power;
      show();
    },
  });
  const where = choice({
    label: 'The second point lies',
    options: [
      [1, 'ahead'],
      [-1, 'behind'],
    ],
    value: side,
    on: (value) => {
      side = value;
      show();
    },
  });
  controls.append(
    tag('div', { class: 'explorable-sliders' }, place.element, nudge.element),
    where.element,
  );
  plot.point((x) => {
    const off = Math.round(100 * (x - at)) / 100; // nearer than a finger can go, the slider goes
    if (!off) return;
    size = clamp(Math.abs(off), [0.01, 2]);
    side = Math.sign(off);
    where.set(side);
    nudge.set(Math.log10(size));
    show();
  });

  function show() {
    const by = side * size,
      slope = secant(at, by),
      limit = tangent(at);
    plot.draw(
      plot.line(curve, 'data'),
      plot.straight(at, f(at), limit, 'faint', 1.2, '5 4'),
      plot.straight(at, f(at), slope, 'grad'),
      plot.dot(at, f(at), 'grad'),
      plot.dot(at + by, f(at + by), 'grad'),
    );
    plot.tell(
      `The curve, and a straight line through its points at ${said(at)} and ${said(at + by)}, of slope ${said(slope)}. Dashed: the tangent at ${said(at)}, of slope ${said(limit)}.`,
    );
    say(
      tag(
        'div',
        { class: 'now' },
        `(f(${said(at + by)}) − f(${said(at)})) / ${by < 0 ? `(${said(by)})` : said(by)} = `,
        tag('span', { class: 'grad' }, said(slope)),
      ),
      tag(
        'div',
        {},
        `The curve itself, at ${said(at)}, has the slope ${said(limit)} (dashed). The secant is ${slope === limit ? 'as steep' : `off by ${said(slope - limit)}`}.`,
      ),
    );
  }

  show();
}
