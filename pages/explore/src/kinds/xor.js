// A net of two neurons and one, nine weights, and where it says yes.
import { button, choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { said, short, verify } from '../numbers.js';
import { sheet } from '../sheet.js';

const BENDS = { relu: (z) => Math.max(0, z), tanh: Math.tanh, linear: (z) => z };
const CORNERS = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
];

/**
 * What a net of two hidden neurons says.
 * @param {number[]} parameters the nine of them
 */
function says([p1, p2, p3, p4, p5, p6, p7, p8, p9], bend, x, y) {
  return p7 * bend(p1 * x + p2 * y + p3) + p8 * bend(p4 * x + p5 * y + p6) + p9;
}

export default function mount(figure, { frame, weights, places, cases }) {
  const wrong = (p, bend) =>
    CORNERS.reduce((sum, [x, y, lamp]) => sum + (says(p, bend, x, y) - lamp) ** 2, 0) / 4;
  for (const [name, { says: said_, error }] of Object.entries(cases)) {
    verify(
      places.map(([x, y]) => says(weights, BENDS[name], x, y)),
      said_,
      `the net with ${name}`,
    );
    verify(wrong(weights, BENDS[name]), error, 'the error');
  }

  const now = [...weights];
  let activation = Object.keys(cases)[0];
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const which = choice({
    label: 'Bend',
    options: Object.keys(cases).map((name) => [name, name === 'linear' ? 'none' : name]),
    value: activation,
    on: (name) => {
      activation = name;
      show();
    },
  });
  const sliders = now.map((x, i) =>
    slider({
      name: `p${i + 1}`,
      label: `Parameter p${i + 1}`,
      min: -3,
      max: 3,
      step: 0.05,
      value: x,
      kind: 'data',
      on: (value) => {
        now[i] = value;
        show();
      },
    }),
  );
  controls.append(
    which.element,
    h('div', { class: 'explorable-sliders three' }, ...sliders.map((each) => each.element)),
    h(
      'div',
      { class: 'explorable-buttons' },
      button('Back to the nine by hand', () => {
        weights.forEach((x, i) => {
          now[i] = x;
          sliders[i].set(x);
        });
        show();
      }),
    ),
  );

  function show() {
    const bend = BENDS[activation];
    const answers = CORNERS.map(([x, y]) => says(now, bend, x, y));
    const right = CORNERS.map(([, , lamp], i) => answers[i] > 0.5 === (lamp === 1));
    plot.draw(
      plot.region((x, y) => says(now, bend, x, y), 0.5),
      ...CORNERS.flatMap(([x, y, lamp], i) => [
        plot.dot(x, y, 'grad', 6, lamp === 1),
        plot.words(
          x + 0.07,
          y + 0.07,
          short(answers[i]).replace('-', '−'),
          right[i] ? 'faint' : 'wrong',
        ),
      ]),
    );
    const count = right.filter(Boolean).length,
      error = wrong(now, bend);
    plot.tell(
      `The four corners, and where the net says more than a half: ${count} of 4 corners are on their side.`,
    );
    say(
      h(
        'div',
        { class: 'now' },
        CORNERS.map(([x, y], i) => `(${x},\u00a0${y}):\u00a0${said(answers[i])}`).join('; '),
      ),
      h(
        'div',
        {},
        `${count} of 4 on their side of the line; mean squared error ${said(error)}${activation === 'linear' ? ', and without a bend never below 0.25' : ''}.`,
      ),
    );
  }

  show();
}
