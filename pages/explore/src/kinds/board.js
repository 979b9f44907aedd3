// A net of which any node can be pushed, computed ones too: overwritten, so that what made them
// stays.
import { choice, drag, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { Drawing } from '../drawing.js';
import { backward, forward } from '../engine.js';
import { said, short, signed, verify } from '../numbers.js';

export default function mount(figure, { nodes, cases, push, nudge }) {
  const leaves = (number) =>
    Object.fromEntries(nodes.flatMap(({ args }, i) => (args.length ? [] : [[i, number[i]]])));
  const run = (given, pushed) => forward(nodes, given, pushed);
  for (const { data, pushed, grads } of cases) {
    const given = leaves(data);
    verify(run(given), data, 'the numbers');
    verify(
      nodes.map((_, i) => run(given, { [i]: push })),
      pushed,
      'the numbers after a push',
    );
    if (grads) verify(backward(nodes, data, nodes.length - 1).grads, grads, 'the gradients');
  }

  const root = nodes.length - 1;
  const name = (i) => nodes[i].name;
  const list = (places) => places.map(name).join(', ');
  let picked = nodes.findIndex((node) => node.name === nudge[0]);
  let [by, now] = [nudge[1], cases[0]];
  const drawing = new Drawing(figure.querySelector('svg'));
  const { controls, say } = panel(figure);

  const which = choice({
    label: 'Nudge',
    options: nodes.map((node, i) => [i, node.name]),
    value: picked,
    on: (i) => {
      picked = i;
      show();
    },
  });
  const amount = slider({
    name: 'by',
    label: 'By how much',
    min: -2,
    max: 2,
    step: 0.05,
    value: by,
    format: signed,
    on: (x) => {
      by = x;
      show();
    },
  });
  controls.append(which.element, amount.element);
  if (cases.length > 1) {
    controls.append(
      choice({
        label: 'Asked with the',
        options: cases.map((each, i) => [i, each.name]),
        value: 0,
        on: (i) => {
          now = cases[i];
          show();
        },
      }).element,
    );
  }
  nodes.forEach((_, i) => {
    let before = 0;
    drag(drawing.node(i), {
      start: () => {
        before = picked === i ? by : 0;
        picked = i;
        which.set(i);
        set(before || by);
      },
      move: (dx) => set(before + Math.round(dx / 4) * 0.05),
    });
  });

  function set(x) {
    by = Number(Math.max(-2, Math.min(2, x)).toFixed(2));
    amount.set(by);
    show();
  }

  function show() {
    const data = run(leaves(now.data), { [picked]: by });
    const moved = data.map((number, i) =>
      Math.abs(number - now.data[i]) < 1e-12 ? 0 : number - now.data[i],
    );
    nodes.forEach((_, i) => {
      drawing.write(i, 0, short(data[i]));
      drawing.write(i, 1, short(moved[i]));
    });
    const others = nodes.map((_, i) => i).filter((i) => i !== picked && moved[i]);
    drawing.tell(nodes);
    drawing.mark('picked', [drawing.node(picked)]);
    drawing.mark(
      'on',
      others.flatMap((i) => [
        drawing.node(i),
        drawing.svg.querySelector(`.o-${i}`),
        drawing.edge(i),
        ...nodes[i].args.flatMap((a, k) => (moved[a] ? [drawing.edge(i, k)] : [])),
      ]),
    );
    say(...told(moved));
  }

  function told(moved) {
    if (!by) return ['A nudge of nothing moves nothing. Pull the slider, or a box.'];
    const ratio = moved[root] / by;
    const slope = backward(nodes, now.data, root).grads[picked];
    const lines = [
      h(
        'div',
        {},
        `${name(picked)} by ${signed(by)}: ${name(root)} moves by ${signed(moved[root])}, which is ${said(Number(ratio.toFixed(4)))} for each unit.`,
      ),
    ];
    if (now.grads) {
      lines.push(
        h(
          'div',
          {},
          'Its gradient is ',
          h('span', { class: 'grad' }, said(slope)),
          `, and promised ${signed(slope * by)}.`,
        ),
      );
    }
    const upstream = ancestors(nodes, picked);
    if (upstream.length)
      lines.push(
        h(
          'div',
          {},
          `${list(upstream)} made ${name(picked)}, and ${upstream.length > 1 ? 'stay' : 'stays'} as before.`,
        ),
      );
    if (Math.abs(ratio - slope) > 1e-6) {
      lines.push(
        h(
          'div',
          {},
          `A small nudge has the ratio ${said(slope)}. This one went past the point where ${name(root)} is 0, and out on the other side.`,
        ),
      );
    }
    return lines;
  }

  show();
}

/** All that a node was made from. */
function ancestors(nodes, node) {
  const found = new Set();
  const visit = (i) =>
    nodes[i].args.forEach((a) => {
      if (!found.has(a)) {
        found.add(a);
        visit(a);
      }
    });
  visit(node);
  return [...found].sort((a, b) => a - b);
}
