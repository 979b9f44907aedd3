// The engine, broken in a way that the reader chooses; which check will notice?
import { button, choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { backward, forward } from '../engine.js';
import { said, verify } from '../numbers.js';

const PARCELS = {
  right: (g, a, b) => [g * b, g * a],
  'operands mixed up': (g, a, b) => [g * a, g * b],
  'wrong sign': (g, a, b) => [g * b, g * -a],
  'one parcel missing': (g, a, b) => [g * b, 0],
  'g forgotten': (g, a, b) => [b, a],
};
const WHY = {
  right: 'Nothing is broken. An alarm now would be a false one.',
  'operands mixed up': 'Where both operands hold the same number, the wrong rule is right.',
  'wrong sign': 'One parcel has the wrong sign, wherever one looks: everybody notices.',
  'one parcel missing':
    'One operand receives nothing. That shows unless it should receive nothing.',
  'g forgotten':
    'What is forgotten is a factor of what arrives. Where a 1 arrives, that is no loss.',
  '= for +=':
    'The last parcel overwrites the others. Where each box receives one only, nothing is overwritten.',
};

/** The gradients of y, or of y + y + y divided by 3, in an engine broken in one way. */
function gradients({ nodes, inputs }, way, stricter) {
  const y = nodes.length - 1;
  const all = stricter
    ? [...nodes, { op: '+', args: [y, y] }, { op: '+', args: [y + 1, y] }]
    : nodes;
  const data = forward(all),
    root = all.length - 1,
    grads = all.map(() => 0);
  grads[root] = 1;
  for (let i = root; i >= 0; i--) {
    const { op, args } = all[i];
    if (!args.length) continue;
    const parcels =
      op === '*'
        ? (PARCELS[way] ?? PARCELS.right)(grads[i], ...args.map((a) => data[a]))
        : args.map(() => grads[i]);
    args.forEach((to, k) => {
      grads[to] = way === '= for +=' ? parcels[k] : grads[to] + parcels[k];
    });
  }
  return grads.slice(0, inputs).map((grad) => grad / (stricter ? 3 : 1));
}

/** The witness: nudge each input both ways. */
function nudged({ nodes, inputs }, by = 1e-5) {
  return Array.from({ length: inputs }, (_, i) => {
    const end = (push) => forward(nodes, { [i]: nodes[i].data + push }).at(-1);
    return (end(by) - end(-by)) / (2 * by);
  });
}

const alarm = (grads, slopes) =>
  grads.some((grad, i) => !(Math.abs(grad - slopes[i]) <= 1e-7 * Math.max(1, Math.abs(slopes[i]))));

export default function mount(figure, { checks, ways }) {
  for (const check of checks) {
    verify(
      forward(check.nodes),
      check.nodes.map((node) => node.data),
      check.name,
    );
    verify(
      nudged(check).map((slope) => Number(slope.toPrecision(6))),
      check.slopes.map((slope) => Number(slope.toPrecision(6))),
      `the slopes of ${check.name}`,
    );
    verify(
      backward(check.nodes, forward(check.nodes), check.nodes.length - 1).grads.slice(
        0,
        check.inputs,
      ),
      gradients(check, 'right', false),
      check.name,
    );
  }
  for (const { name, gradients: recorded } of ways) {
    verify(
      [false, true].map((stricter) => checks.map((check) => gradients(check, name, stricter))),
      recorded,
      name,
    );
  }

  const own = {
    name: 'yours',
    inputs: 2,
    nodes: [
      { op: '', args: [], data: 2, name: 'a' },
      { op: '', args: [], data: 1.5, name: 'b' },
      { op: '*', args: [0, 1], name: 'a * b' },
    ],
  };
  const all = [...checks.map((check) => ({ ...check })), own];
  let way = 'operands mixed up',
    stricter = false,
    shown = false;
  const { controls, say } = panel(figure);
  const wordy = ({ nodes, inputs }) =>
    `${bare(nodes, nodes.length - 1)} at ${nodes
      .slice(0, inputs)
      .map((node) => said(node.data))
      .join(' and ')}`;
  const cells = all.map(() => ({
    words: h('th', { scope: 'row' }),
    engine: h('td', { class: 'number' }),
    witness: h('td', { class: 'number' }),
    verdict: h('td'),
  }));
  const guesses = all.map(({ name }) =>
    h('input', {
      type: 'checkbox',
      'aria-label': `I expect an alarm from ${name}`,
      change: () => {
        if (shown) show();
      },
    }),
  );
  const table = h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['check', 'alarm?', 'backward says', 'nudging says', ''].map((text) =>
          h('th', { scope: 'col' }, text || h('span', { class: 'said' }, 'verdict')),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      ...all.map((_, i) =>
        h(
          'tr',
          {},
          cells[i].words,
          h('td', {}, h('label', { class: 'explorable-toggle' }, guesses[i])),
          cells[i].engine,
          cells[i].witness,
          cells[i].verdict,
        ),
      ),
    ),
  );
  const hide = () => {
    shown = false;
    show();
  };
  controls.append(
    choice({
      label: 'Broken:',
      options: [...Object.keys(PARCELS).map((each) => [each, each]), ['= for +=', '= for +=']],
      value: way,
      on: (chosen) => {
        way = chosen;
        hide();
      },
    }).element,
    choice({
      label: 'The checks differentiate',
      options: [
        [false, 'y'],
        [true, 'y + y + y'],
      ],
      value: stricter,
      on: (chosen) => {
        stricter = chosen;
        hide();
      },
    }).element,
    h('div', { class: 'explorable-table' }, table),
    h(
      'div',
      { class: 'explorable-sliders' },
      ...['a', 'b'].map(
        (label, i) =>
          slider({
            name: label,
            label: `${label} in the check of your own`,
            min: -4,
            max: 4,
            step: 0.5,
            value: own.nodes[i].data,
            kind: 'data',
            on: (x) => {
              own.nodes[i].data = x;
              show();
            },
          }).element,
      ),
    ),
    h(
      'div',
      { class: 'explorable-buttons' },
      button('Run the checks', () => {
        shown = true;
        show();
      }),
    ),
  );

  function show() {
    let foreseen = 0;
    all.forEach((check, i) => {
      cells[i].words.replaceChildren(
        check.name,
        h('span', { class: 'explorable-detail' }, wordy(check)),
      );
      const grads = gradients(check, way, stricter),
        slopes = nudged(check),
        noticed = alarm(grads, slopes);
      if (noticed === guesses[i].checked) foreseen += 1;
      const list = (numbers) =>
        shown ? numbers.map((x) => said(Number(x.toFixed(6)))).join(', ') : '';
      cells[i].engine.textContent = list(grads);
      cells[i].witness.textContent = list(slopes);
      cells[i].verdict.replaceChildren(
        shown ? h('span', { class: noticed ? 'wrong' : '' }, noticed ? 'alarm' : 'quiet') : '',
      );
    });
    say(
      shown
        ? h(
            'div',
            {},
            `You foresaw ${foreseen} of ${all.length}. ${WHY[way]}${stricter && way !== 'right' && (way === 'g forgotten' || way === '= for +=') ? ' But now 3 arrives, in three parcels.' : ''}`,
          )
        : h(
            'div',
            {},
            'Tick the checks that you expect to sound the alarm, and run them. The last one is at a point of your own.',
          ),
    );
  }

  show();
}

/** A graph as the expression that it came from, as far as these go. */
function bare(nodes, i, inside = false) {
  const { op, args, name } = nodes[i];
  if (!args.length) return name;
  const text = args.map((a) => bare(nodes, a, op === '*' && nodes[a].op === '+')).join(` ${op} `);
  return inside ? `(${text})` : text;
}
