// Three knobs of d = a * b + c: what turning one alone does, where the others stand now.
import { button, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { backward, forward } from '../engine.js';
import { said, signed, verify } from '../numbers.js';
import { sheet } from '../sheet.js';

const COLOURS = ['accent', 'third', 'ink'];

export default function mount(figure, { frame, at, nodes, cases }) {
  const root = nodes.length - 1;
  const run = (place) => forward(nodes, place);
  const slopes = (place) => backward(nodes, run(place), root).grads.slice(0, 3);
  for (const { at: place, d, slopes: found } of cases) {
    verify(run(place)[root], d, 'the function');
    verify(slopes(place), found, 'the slopes');
  }

  const start = [...at],
    promise = slopes(start),
    first = run(start)[root];
  const now = [...at];
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const knobs = ['a', 'b', 'c'].map((name, i) =>
    slider({
      name,
      label: `The knob ${name}`,
      min: i < 2 ? -5 : 0,
      max: i < 2 ? 5 : 20,
      step: 0.1,
      value: now[i],
      kind: 'data',
      on: (x) => {
        now[i] = x;
        show();
      },
    }),
  );
  controls.append(
    h('div', { class: 'explorable-sliders' }, ...knobs.map((knob) => knob.element)),
    h(
      'div',
      { class: 'explorable-buttons' },
      button('Back to the start', () => {
        start.forEach((x, i) => {
          now[i] = x;
          knobs[i].set(x);
        });
        show();
      }),
    ),
  );

  function show() {
    const found = slopes(now);
    plot.draw(
      ...found.flatMap((slope, i) => {
        const label = Math.min(1.55, 8.5 / Math.abs(slope || 1));
        return [
          plot.straight(0, 0, slope, COLOURS[i]),
          plot.words(label, slope * label + 0.6, 'abc'[i], COLOURS[i]),
        ];
      }),
    );
    plot.tell(
      `The change of d as one knob is turned: straight lines through zero, of slope ${found.map((slope, i) => `${said(slope)} for ${'abc'[i]}`).join(', ')}.`,
    );
    const d = run(now)[root],
      turned = now.map((x, i) => x - start[i]);
    const promised = promise.reduce((sum, slope, i) => sum + slope * turned[i], 0);
    say(
      h(
        'div',
        { class: 'now' },
        `d = ${said(now[0])} · ${now[1] < 0 ? `(${said(now[1])})` : said(now[1])} + ${said(now[2])} = ${said(d)}`,
      ),
      h(
        'div',
        {},
        'The slopes here: ',
        h(
          'span',
          { class: 'grad' },
          found.map((slope, i) => `${said(slope)} along ${'abc'[i]}`).join(', '),
        ),
        '.',
      ),
      h(
        'div',
        {},
        turned.some((x) => Math.abs(x) > 1e-9)
          ? `Since the start d has moved by ${signed(d - first)}. The gradient there promised ${signed(promised)}: off by ${said(d - first - promised)}.`
          : 'Nothing has been turned yet.',
      ),
    );
  }

  show();
}
