// An expression that the reader writes, drawn as it is written: as a tree, or with one box for each
// number.
import { choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { forward } from '../engine.js';
import { lay } from '../layout.js';
import { said, short, verify } from '../numbers.js';
import { parse, pointed, Trouble, unparse } from '../parse.js';

/**
 * The steps of an expression, [[result, operation, operand, …], …], as the chapter's two functions
 * make them.
 */
function steps(text, shared) {
  const found = new Map(),
    seen = [];
  const box = (tree) => {
    const name = unparse(tree);
    if (shared) return name;
    seen.push(name);
    return name + "'".repeat(seen.filter((each) => each === name).length - 1);
  };
  const read = (tree) => {
    if (tree.kind === 'call')
      throw new Trouble(
        `${tree.name}(…) is not an operation that this picture knows: + - * / ** will do.`,
        tree.at,
      );
    const parts =
      tree.kind === 'op' ? [tree.left, tree.right] : tree.kind === 'neg' ? [tree.inner] : [];
    const operands = parts.map(read),
      name = box(tree);
    if (parts.length) found.set(name, [tree.op ?? 'neg', ...operands]);
    return name;
  };
  read(parse(text));
  return [...found].map(([name, step]) => [name, ...step]);
}

/** Nodes, operands before results; an expression without any operation is a single box. */
function graph(text, shared) {
  const made = steps(text, shared);
  const names = [...new Set(made.flatMap(([name, , ...operands]) => [...operands, name]))];
  if (!made.length) names.push(unparse(parse(text)));
  return names.map((name) => {
    const step = made.find(([result]) => result === name);
    return {
      name,
      op: step?.[1] ?? '',
      args: (step?.slice(2) ?? []).map((operand) => names.indexOf(operand)),
      data: 0,
    };
  });
}

const letter = (name) => name.replace(/'+$/, '');
const isNumber = (name) => !Number.isNaN(Number(letter(name)));

export default function mount(figure, { examples, text: start, given, result }) {
  for (const { text, tree, graph: shared } of examples) {
    verify(steps(text, false), tree, `the tree of ${text}`);
    verify(steps(text, true), shared, `the graph of ${text}`);
  }
  const fresh = (name, k) =>
    isNumber(name)
      ? Number(letter(name))
      : Object.hasOwn(given, letter(name))
        ? given[letter(name)]
        : 2 + (k % 3);
  const withNumbers = (nodes) => {
    let count = 0;
    for (const node of nodes)
      if (!node.args.length) node.data = fresh(node.name, isNumber(node.name) ? 0 : count++);
    return nodes;
  };
  for (const shared of [false, true])
    verify(forward(withNumbers(graph(start, shared))).at(-1), result, start);

  let shared = true,
    nodes = withNumbers(graph(start, shared));
  const chosen = Object.create(null);
  const svg = figure.querySelector('svg');
  const { controls, say } = panel(figure);
  const input = h('input', {
    type: 'text',
    maxlength: 200,
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    'aria-label': 'An expression',
    input: read,
  });
  input.value = start;
  const sliders = h('div', { class: 'explorable-sliders' });
  controls.append(
    h(
      'div',
      { class: 'explorable-field' },
      h('label', {}, 'Write an expression of names, numbers, + - * / ** and brackets', input),
    ),
    choice({
      label: 'A box for',
      options: [
        [false, 'every mention'],
        [true, 'every number'],
      ],
      value: shared,
      on: (value) => {
        shared = value;
        read();
      },
    }).element,
    sliders,
  );

  function read() {
    const text = input.value;
    try {
      nodes = withNumbers(graph(text, shared));
    } catch (problem) {
      if (!(problem instanceof Trouble)) throw problem;
      input.setAttribute('aria-invalid', 'true');
      svg.classList.add('dim');
      return say(h('div', { class: 'explorable-trouble' }, pointed(text, problem)));
    }
    input.removeAttribute('aria-invalid');
    svg.classList.remove('dim');
    sliders.replaceChildren(
      ...leaves().map((i) => {
        const leaf = nodes[i];
        leaf.data = chosen[leaf.name] ?? leaf.data;
        return slider({
          name: leaf.name,
          label: `The number of ${leaf.name}`,
          min: -10,
          max: 10,
          step: 0.5,
          value: leaf.data,
          kind: 'data',
          on: (x) => {
            chosen[leaf.name] = leaf.data = x;
            show();
          },
        }).element;
      }),
    );
    show();
  }

  /** The places of the first few boxes whose number is the reader's to choose. */
  const leaves = () =>
    [...nodes.keys()]
      .filter((i) => !nodes[i].args.length && !isNumber(nodes[i].name))
      .sort((i, j) => (nodes[i].name < nodes[j].name ? -1 : 1))
      .slice(0, 6);

  function show() {
    const data = forward(nodes);
    lay(
      svg,
      nodes.map((node, i) => ({
        ...node,
        op: node.op === 'neg' ? '-' : node.op,
        rows: [['data', short(data[i]), 'data']],
      })),
    );
    svg.setAttribute(
      'aria-label',
      `${shared ? 'The graph' : 'The tree'} of ${input.value}: ${nodes.length} boxes, the last of them ${short(data.at(-1))}.`,
    );
    const count = (kind) => {
      const all = graph(input.value, kind);
      return [all.filter(({ args }) => args.length).length, all.length];
    };
    const [[treeOps, treeBoxes], [ops, boxes]] = [count(false), count(true)];
    const push = 1e-6;
    const ratio = (i) =>
      (forward(nodes, { [i]: nodes[i].data + push }).at(-1) -
        forward(nodes, { [i]: nodes[i].data - push }).at(-1)) /
      (2 * push);
    say(
      h(
        'div',
        {},
        `As a tree: ${treeBoxes} boxes, ${treeOps} of them computed. As a graph: ${boxes}, ${ops} computed.`,
      ),
      h(
        'div',
        {},
        `The end is ${said(data.at(-1))}. `,
        leaves().length
          ? `For each unit of ${leaves()
              .map((i) => `${nodes[i].name} it moves by ${said(Number(ratio(i).toFixed(3)))}`)
              .join(', of ')}.`
          : '',
      ),
    );
  }

  read();
}
