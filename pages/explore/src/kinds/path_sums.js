// All ways from a node to the end: the product along each, and what is missing when one is left
// out.
import { choice, panel, slider, toggle } from '../controls.js';
import { h } from '../dom.js';
import { Drawing } from '../drawing.js';
import { backward, forward, slopes } from '../engine.js';
import { agree, said, short, verify } from '../numbers.js';

export default function mount(figure, { nodes, slopes: recorded, grads, start, sliders }) {
  const root = nodes.length - 1;
  const local = (data) => nodes.map((node, i) => slopes(node, data[i], data));
  const first = forward(nodes);
  verify(
    first,
    nodes.map((node) => node.data),
    'the numbers',
  );
  verify(local(first), recorded, 'the local derivatives');
  verify(backward(nodes, first, root).grads, grads, 'the gradients');

  const name = (i) => nodes[i].name;
  /** @type {Record<number, number>} */
  const given = {};
  let from = nodes.findIndex((node) => node.name === start),
    data = first,
    ways = [],
    rows = [],
    left = new Set();
  const drawing = new Drawing(figure.querySelector('svg'));
  const { controls, say } = panel(figure);
  const list = h('div', {
    class: 'explorable-paths',
    role: 'group',
    'aria-label': 'Paths that are counted',
  });
  const choices = nodes
    .map((node, i) => [i, node.name])
    .filter(([i]) => i !== root && Number.isNaN(Number(name(i))));
  controls.append(
    choice({
      label: 'From',
      options: choices,
      value: from,
      on: (i) => {
        from = i;
        left = new Set();
        list_paths();
      },
    }).element,
    list,
    h(
      'div',
      { class: 'explorable-sliders' },
      ...Object.entries(sliders).map(([label, [min, max]]) => {
        const i = nodes.findIndex((node) => node.name === label);
        return slider({
          name: label,
          label: `The number of ${label}`,
          min,
          max,
          step: (max - min) / 40,
          value: data[i],
          kind: 'data',
          on: (x) => {
            given[i] = x;
            data = forward(nodes, given);
            show();
          },
        }).element;
      }),
    ),
  );

  /** Every path is a list of [result, which operand]. */
  function from_here(i) {
    if (i === root) return [[]];
    return nodes.flatMap(({ args }, user) =>
      args.flatMap((a, k) => (a === i ? from_here(user).map((rest) => [[user, k], ...rest]) : [])),
    );
  }

  function list_paths() {
    ways = from_here(from);
    rows = ways.map((way, w) => {
      const { element, input } = toggle({
        label: '',
        value: true,
        on: (counted) => {
          counted ? left.delete(w) : left.add(w);
          show();
        },
      });
      const light = (on) => () => drawing.mark('flow', on ? parts(way) : []);
      for (const [event, on] of [
        ['pointerenter', true],
        ['pointerleave', false],
      ])
        element.addEventListener(event, light(on));
      input.addEventListener('focus', light(true));
      input.addEventListener('blur', light(false));
      return element;
    });
    list.replaceChildren(...rows);
    show();
  }

  const parts = (way) =>
    way.flatMap(([user, k]) => [
      drawing.edge(user, k),
      drawing.svg.querySelector(`.o-${user}`),
      drawing.edge(user),
      drawing.node(user),
    ]);

  function show() {
    const rates = local(data);
    nodes.forEach(({ args }, i) => {
      drawing.write(i, 0, short(data[i]));
      args.forEach((_, k) => drawing.label(i, k, short(rates[i][k])));
    });
    const products = ways.map((way) =>
      way.reduce((product, [user, k]) => product * rates[user][k], 1),
    );
    ways.forEach((way, w) => {
      const factors = way.map(([user, k]) => said(rates[user][k]));
      rows[w].lastChild.replaceChildren(
        `${[from, ...way.map(([user]) => user)].map(name).join(' → ')}: `,
        h(
          'span',
          { class: 'now' },
          `${factors.join(' · ')}${factors.length > 1 ? ` = ${said(products[w])}` : ''}`,
        ),
      );
    });
    const counted = products.filter((_, w) => !left.has(w));
    const sum = counted.reduce((total, product) => total + product, 0);
    const truth = backward(nodes, data, root).grads[from];
    drawing.tell(nodes);
    drawing.mark('picked', [drawing.node(from)]);
    drawing.mark(
      'on',
      ways.flatMap((way, w) => (left.has(w) ? [] : parts(way))),
    );
    const total =
      counted.length > 1
        ? `${counted.map(said).join(' + ').replaceAll('+ −', '− ')} = ${said(sum)}`
        : said(sum);
    say(
      h(
        'div',
        {},
        `${counted.length === ways.length ? 'Together' : counted.length ? 'Counted so far' : 'Without any path'}: `,
        h('span', { class: 'now' }, total),
        '.',
      ),
      h(
        'div',
        {},
        agree(sum, truth) && counted.length === ways.length
          ? `So much does ${name(root)} move for each unit of ${name(from)}; nudging says the same.`
          : `Nudging ${name(from)} says ${said(truth)}: ${agree(sum, truth) ? 'the same, by chance, for what was left out comes to nothing.' : 'a nudge travels on every path, whether one counts it or not.'}`,
      ),
    );
  }

  list_paths();
}
