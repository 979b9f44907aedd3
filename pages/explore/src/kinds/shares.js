// Scores, the shares that softmax makes of them, and what the loss sends back to each score.
import { choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { said, signed, verify } from '../numbers.js';
import { sheet } from '../sheet.js';

function told(scores, right) {
  const top = Math.max(...scores),
    parts = scores.map((score) => Math.exp(score - top));
  const total = parts.reduce((sum, part) => sum + part, 0),
    shares = parts.map((part) => part / total);
  return {
    shares,
    loss: Math.log(total) + top - scores[right],
    grads: shares.map((p, i) => p - (i === right ? 1 : 0)),
  };
}

export default function mount(figure, { frame, cases }) {
  for (const { scores, right, shares, loss, grads } of cases)
    verify(told(scores, right), { shares, loss, grads }, 'the shares');

  const scores = [...cases[0].scores];
  let { right } = cases[0],
    heat = 0;
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  controls.append(
    choice({
      label: 'The right class',
      options: scores.map((_, i) => [i, String(i)]),
      value: right,
      on: (i) => {
        right = i;
        show();
      },
    }).element,
    h(
      'div',
      { class: 'explorable-sliders' },
      ...scores.map(
        (score, i) =>
          slider({
            name: `s${i}`,
            label: `The score of class ${i}`,
            min: -6,
            max: 6,
            step: 0.1,
            value: score,
            kind: 'data',
            on: (x) => {
              scores[i] = x;
              show();
            },
          }).element,
      ),
      slider({
        name: 'divided by',
        label: 'The temperature, by which all scores are divided',
        min: -1,
        max: 1,
        step: 0.05,
        value: heat,
        format: (power) => said(10 ** power),
        on: (power) => {
          heat = power;
          show();
        },
      }).element,
    ),
  );

  function show() {
    const { shares, loss, grads } = told(
      scores.map((score) => score / 10 ** heat),
      right,
    );
    plot.draw(
      ...shares.flatMap((p, i) => [
        plot.bar(i - 0.15, p, 'data', 22),
        plot.bar(i + 0.15, grads[i], 'grad', 22),
      ]),
      plot.line(
        [
          [frame.x[0], 0],
          [frame.x[1], 0],
        ],
        'faint',
        1,
      ),
    );
    plot.tell(
      `Two bars for each class. ${shares.map((p, i) => `Class ${i}: share ${said(p)}, gradient ${said(grads[i])}`).join('; ')}.`,
    );
    say(
      h(
        'div',
        {},
        'Shares: ',
        h('span', { class: 'data' }, shares.map(said).join(', ')),
        `. Loss ${said(loss)}.`,
      ),
      h(
        'div',
        {},
        'Gradients, share less truth: ',
        h('span', { class: 'grad' }, grads.map((g) => signed(g)).join(', ')),
        '.',
      ),
      h('div', {}, `They add up to 0: what class ${right} is to gain, the others are to lose.`),
    );
  }

  show();
}
