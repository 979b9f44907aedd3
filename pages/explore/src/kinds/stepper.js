// The walk back through a graph, one rule at a time; optionally with = in place of +=.
import { choice, evenly, panel, slider, steps } from '../controls.js';
import { h } from '../dom.js';
import { Drawing } from '../drawing.js';
import { backward, forward } from '../engine.js';
import { said, short, verify } from '../numbers.js';

export default function mount(figure, { nodes, sent, sliders, overwritten }) {
  const root = nodes.length - 1;
  const plain = (walk) => ({
    grads: walk.grads,
    sent: walk.sent.map(({ node, arrived, parcels }) => ({
      node,
      arrived,
      parcels: parcels.map(({ to, parcel }) => ({ to, parcel })),
    })),
  });
  const first = forward(nodes);
  verify(
    first,
    nodes.map((node) => node.data),
    'the numbers',
  );
  verify(
    plain(backward(nodes, first, root)),
    { grads: nodes.map((node) => node.grad), sent },
    'the gradients',
  );
  if (overwritten)
    verify(plain(backward(nodes, first, root, { keep: false })), overwritten, 'the walk with =');

  /** @type {Record<number, number>} */
  const given = {};
  let keep = true,
    data = first,
    walk = backward(nodes, data, root);
  const drawing = new Drawing(figure.querySelector('svg'));
  const { controls, say } = panel(figure);
  const count = walk.sent.length;
  const name = (i) => nodes[i].name;

  function recompute() {
    data = forward(nodes, given);
    walk = backward(nodes, data, root, { keep });
    timeline.go(timeline.at);
  }

  const timeline = steps({ last: count + 1, label: 'Step of the walk back', on: show });
  controls.append(timeline.element);
  if (overwritten) {
    controls.append(
      choice({
        label: 'A box takes a parcel by',
        options: [
          [false, '='],
          [true, '+='],
        ],
        value: keep,
        on: (value) => {
          keep = value;
          recompute();
        },
      }).element,
    );
  }
  const leaves = Object.entries(sliders).map(([label, [min, max]]) => {
    const i = nodes.findIndex((node) => node.name === label);
    return slider({
      name: label,
      label: `The number of ${label}`,
      min,
      max,
      step: evenly(max - min),
      value: data[i],
      kind: 'data',
      on: (x) => {
        given[i] = x;
        recompute();
      },
    }).element;
  });
  if (leaves.length) controls.append(h('div', { class: 'explorable-sliders' }, ...leaves));

  /** 0: nothing is known; 1: the root's own gradient; then one rule more at each step. */
  function show(step) {
    const grads = nodes.map(() => 0);
    if (step) grads[root] = 1;
    const done = walk.sent.slice(0, Math.max(0, step - 1));
    const before = {};
    for (const { parcels } of done) {
      for (const { to, parcel } of parcels) {
        before[to] = grads[to];
        grads[to] = keep ? grads[to] + parcel : parcel;
      }
    }
    const parcelsOf = new Map(done.map(({ node, parcels }) => [node, parcels]));
    nodes.forEach(({ args }, i) => {
      drawing.write(i, 0, short(data[i]));
      drawing.write(i, 1, short(grads[i]));
      args.forEach((_, k) =>
        drawing.label(i, k, parcelsOf.has(i) ? short(parcelsOf.get(i)[k].parcel) : ''),
      );
    });
    drawing.tell(nodes);
    const current = done.at(-1);
    const lit = current && [
      drawing.svg.querySelector(`.o-${current.node}`),
      drawing.edge(current.node),
      ...current.parcels.flatMap(({ to }, k) => [drawing.edge(current.node, k), drawing.node(to)]),
    ];
    drawing.mark('flow', lit ?? (step ? [drawing.node(root)] : []));
    drawing.mark('on', current ? [drawing.node(current.node)] : []);
    if (!step)
      return say(`The numbers are there, and no gradient is known. Where would you begin?`);
    if (!current)
      return say(
        `The seed: ${name(root)} moves ${name(root)} by as much. Its gradient is 1, and nobody has to work it out.`,
      );
    say(...told(current, step - 1, grads));
  }

  function told({ node, arrived, parcels }, place, grads) {
    const { op, args } = nodes[node];
    const made =
      args.length === 2
        ? `${name(args[0])} ${op} ${name(args[1])}`
        : op.startsWith('**')
          ? `${name(args[0])}${op}`
          : `${op}(${name(args[0])})`;
    const lines = parcels.map(({ to, slope, parcel }) =>
      h(
        'div',
        { class: 'now' },
        `to ${name(to)}: `,
        h('span', { class: 'grad' }, said(arrived)),
        ' × ',
        said(slope),
        ' = ',
        h('span', { class: 'grad' }, said(parcel)),
      ),
    );
    const kept = [...new Set(parcels.map(({ to }) => to))]
      .map((to) => `${name(to)} now holds ${said(grads[to])}`)
      .join(', ');
    return [
      `Rule ${place} of ${count}: ${name(node) === made ? made : `${name(node)} is ${made}`}. What arrived there, times the local derivative:`,
      ...lines,
      h('div', {}, `${kept}.`),
    ];
  }

  timeline.go(timeline.at);
}
