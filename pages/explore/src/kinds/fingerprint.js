// Which net is it? Nothing is known but how many of its sums have how many terms.
import { button, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { verify } from '../numbers.js';
import { sheet } from '../sheet.js';

/**
 * Sums by their lengths 2, 3, …: two inputs, hidden layers of a and b neurons, one score, the
 * hinge.
 */
function counted(a, b, most) {
  const counts = Array(most).fill(0);
  const add = (length, times) => {
    if (length > 1) counts[length - 2] += times;
  };
  add(3, a); // first layer: two inputs and a bias
  add(a + 1, b); // second layer
  add(b + 1, 1); // the score
  add(b, a); // on the way back: what arrives at a neuron of the first layer
  add(2, 1); // the hinge
  return counts;
}

export default function mount(figure, { frame, net, most, cases }) {
  for (const [widths, counts] of Object.entries(cases))
    verify(counted(...widths.split(' ').map(Number), most), counts, `the sums of ${widths}`);

  let mine = [2, 2],
    tries = 0;
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const widths = ['first', 'second'].map((name, i) =>
    slider({
      name: `${name} layer`,
      label: `The width of the ${name} hidden layer of your net`,
      min: 2,
      max: most,
      step: 1,
      value: mine[i],
      on: (x) => {
        mine = mine.map((width, k) => (k === i ? x : width));
        tries += 1;
        show();
      },
    }),
  );
  controls.append(
    h('div', { class: 'explorable-sliders' }, ...widths.map((each) => each.element)),
    h(
      'div',
      { class: 'explorable-buttons' },
      button('Another net', () => {
        const others = Object.keys(cases)
          .map((each) => each.split(' ').map(Number))
          .filter((each) => each.join() !== net.join() && each.join() !== mine.join());
        net = others[Math.floor(Math.random() * others.length)];
        tries = 0;
        show();
      }),
    ),
  );

  function show() {
    const [theirs, own] = [counted(...net, most), counted(...mine, most)];
    plot.draw(
      ...theirs.flatMap((count, i) => [
        count && plot.bar(i + 2 - 0.18, count, 'accent', 14),
        own[i] && plot.bar(i + 2 + 0.18, own[i], 'ink', 14),
      ]),
    );
    const listed = (counts) =>
      counts
        .map((count, i) => count && `${count} with ${i + 2}`)
        .filter(Boolean)
        .join(', ');
    plot.tell(
      `Bars: the net to be found has sums of so many terms: ${listed(theirs)}. Yours: ${listed(own)}.`,
    );
    const differ = theirs.filter((count, i) => count !== own[i]).length,
      [a, b] = mine;
    say(
      h('div', { class: 'now' }, `yours, 2-${a}-${b}-1: ${listed(own)} terms`),
      h(
        'div',
        {},
        differ
          ? `It differs from the net to be found in ${differ} ${differ === 1 ? 'count' : 'counts'}.`
          : h(
              'span',
              { class: 'right' },
              `Found${tries ? ` after ${tries} ${tries === 1 ? 'turn' : 'turns'}` : ''}.`,
            ),
      ),
      !differ &&
        h(
          'div',
          {},
          `${a} with 3 terms are the first layer, ${b} with ${a + 1} the second, one with ${b + 1} is the score; ${a} with ${b} are the parcels on the way back, and one with 2 belongs to the loss.`,
        ),
    );
  }

  show();
}
