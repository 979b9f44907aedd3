// The program of a neuron, and the instructions that each derivative adds to it.
import { panel, toggle } from '../controls.js';
import { h } from '../dom.js';
import { forward } from '../engine.js';
import { said, verify } from '../numbers.js';

export default function mount(figure, { inputs, parameters, asked, output, grads, cases }) {
  const leaves = { ...inputs, ...parameters };
  const open = {
    input: Object.values(inputs),
    parameter: Object.values(parameters),
    one: [1],
    scale: [1],
  };

  /** What stands in every place after a run. */
  const run = ({ code }) =>
    forward(
      code.map(([op, ...rest]) =>
        op === 'constant'
          ? { args: [], data: Number(rest[0]) }
          : op in open
            ? { args: [], data: open[op][rest[0] ?? 0] }
            : { op, args: rest },
      ),
    );
  for (const [some, found] of Object.entries(cases)) {
    const numbers = run(found);
    verify(
      found.places.map((i) => numbers[i]),
      [
        output,
        ...some
          .split(' ')
          .filter(Boolean)
          .map((name) => grads[name]),
      ],
      `the program for ${some}`,
    );
  }

  const wanted = new Set(asked);
  const body = figure.querySelector('tbody'),
    heads = figure.querySelector('thead tr');
  heads.append(h('th', { class: 'number' }, 'holds'));
  const { controls, say } = panel(figure);
  controls.append(
    h(
      'div',
      { class: 'explorable-choice', role: 'group', 'aria-label': 'Derivatives asked for' },
      h('span', { class: 'explorable-name', 'aria-hidden': 'true' }, 'Derivatives by'),
      ...Object.keys(leaves).map(
        (name) =>
          toggle({
            label: name,
            value: wanted.has(name),
            on: (on) => {
              wanted[on ? 'add' : 'delete'](name);
              show(name);
            },
          }).element,
      ),
    ),
  );

  const size = ({ code }) => code.filter(([op]) => !(op in open) && op !== 'constant').length;
  const key = (some) =>
    Object.keys(leaves)
      .filter((name) => some.has(name))
      .join(' ');
  let before = size(cases[key(wanted)]);

  function show(changed) {
    const found = cases[key(wanted)],
      numbers = run(found),
      own = cases[''].code.length,
      count = size(found);
    const by = Object.keys(leaves).filter((name) => wanted.has(name));
    body.replaceChildren(
      ...found.code.map(([op, ...rest], i) =>
        h(
          'tr',
          { class: i >= own ? 'chosen' : '' },
          h('td', { class: 'number' }, String(i)),
          h('td', {}, found.varies[i] ? '~' : ''),
          h('td', {}, op),
          h('td', {}, rest.join(' ')),
          h('td', { class: 'number' }, op === 'scale' ? '' : said(numbers[i])),
        ),
      ),
    );
    const more = count - before;
    say(
      h(
        'div',
        { class: 'now' },
        `${count} instructions, ${count - size(cases[''])} of them for derivatives`,
      ),
      changed &&
        h(
          'div',
          {},
          wanted.has(changed)
            ? `The derivative by ${changed} has added ${more}.`
            : `Without the derivative by ${changed} it is ${more ? `${-more} fewer` : 'as long as before'}.`,
        ),
      h(
        'div',
        {},
        by.length
          ? `They stand in place ${by.map((name, k) => `${found.places[k + 1]} (by ${name}: ${said(numbers[found.places[k + 1]])})`).join(', ')}.`
          : 'Nothing but the neuron.',
      ),
    );
    before = count;
  }

  show();
}
