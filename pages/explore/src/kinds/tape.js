// A tape, read backwards: every line sends its gradient to two others.
import { panel, steps } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';

export default function mount(
  figure,
  { names, data, grad, left, right, to_left: toLeft, to_right: toRight },
) {
  const last = names.length - 1;

  /** The gradients when the lines from the last one down to `line` have been read. */
  function read(line) {
    const grads = names.map((_, i) => (i === last ? 1 : 0));
    for (let i = last; i >= line; i--) {
      grads[left[i]] += toLeft[i] * grads[i];
      grads[right[i]] += toRight[i] * grads[i];
    }
    return grads;
  }
  verify(read(0), grad, 'the gradients');

  const rows = [...figure.querySelectorAll('tbody tr')];
  const { controls, say } = panel(figure);
  const timeline = steps({ last: last + 2, pace: 1400, label: 'Lines read so far', on: show });
  controls.append(timeline.element);

  function show(step) {
    const line = last + 2 - step,
      grads = step ? read(line) : names.map(() => 0);
    rows.forEach((row, i) => {
      row.lastElementChild.textContent = said(grads[i]);
      row.classList.toggle('chosen', i === line);
    });
    if (!step) return say('No line has been read. All gradients are 0.');
    if (step === 1) return say(`The seed: line ${last} is what is asked about, and gets 1.`);
    const [a, b] = [toLeft[line] * grads[line], toRight[line] * grads[line]];
    return say(
      h(
        'div',
        { class: 'now' },
        `line ${line}, ${names[line]}: its gradient is ${said(grads[line])}`,
      ),
      h(
        'div',
        {},
        left[line] || right[line]
          ? `It sends ${said(toLeft[line])} × ${said(grads[line])} = ${said(a)} to line ${left[line]}, and ${said(toRight[line])} × ${said(grads[line])} = ${said(b)} to line ${right[line]}.`
          : `${line ? 'A leaf' : 'Line 0 itself'}: it sends 0 to line 0, twice. No question had to be asked.`,
      ),
    );
  }

  timeline.go(last + 2);
}
