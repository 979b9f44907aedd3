// A program that the reader writes, and the graph that grows with it, line by line.
import { panel, steps } from '../controls.js';
import { h } from '../dom.js';
import { lay } from '../layout.js';
import { said, short, verify } from '../numbers.js';
import { parse, pointed, Trouble } from '../parse.js';

const DO = {
  '+': (a, b) => a + b,
  '*': (a, b) => a * b,
  '-': (a, b) => a - b,
  '/': (a, b) => a / b,
  '**': (a, b) => a ** b,
};
const LINE = /^\s*([A-Za-z_]\w*)\s*(?:([-+*/]|\*\*)=|=(?!=))(.*)$/;

/** Run a program: after each line the names, and what each of them stands for.
    Without `arithmetic` there is the engine of the first chapters: + and *, and the Value first. */
function run(lines, arithmetic) {
  let names = Object.create(null); // a reader may call something `constructor`
  return lines.map((line) => {
    names = Object.assign(Object.create(null), names);
    const code = line.replace(/#.*/, '').trimEnd();
    if (code.trim()) {
      const match = LINE.exec(code);
      if (!match) throw new Trouble('A line gives a result a name: name = expression.', 0);
      const [, name, op, text] = match,
        from = code.length - text.length;
      try {
        const right = evaluate(parse(text), names, arithmetic);
        names[name] = op ? combine(op, find(name, names, 0), right, 0, arithmetic) : right;
      } catch (problem) {
        if (problem instanceof Trouble)
          problem.at += problem.message.startsWith(`${name} `) ? 0 : from;
        throw problem;
      }
    }
    return names;
  });
}

function find(name, names, at) {
  if (!(name in names))
    throw new Trouble(
      `${name} has no number yet: begin with ${name} = Value(2.0), for example.`,
      at,
    );
  return names[name];
}

/** A Value is {op, args, data}; a plain number is a number. */
function evaluate(tree, names, arithmetic) {
  if (tree.kind === 'number') return tree.value;
  if (tree.kind === 'name') return find(tree.name, names, tree.at);
  const inner = tree.inner && evaluate(tree.inner, names, arithmetic);
  if (tree.kind === 'call') {
    if (tree.name !== 'Value')
      throw new Trouble(`${tree.name}(…) is not known here, only Value(…).`, tree.at);
    if (typeof inner !== 'number')
      throw new Trouble('That is a Value already: a Value is made from a plain number.', tree.at);
    return leaf(inner);
  }
  if (tree.kind === 'neg') {
    if (typeof inner === 'number') return -inner;
    if (!arithmetic)
      throw new Trouble('This engine has no minus yet: write * -1 behind the Value.', tree.at);
    return made('*', inner, leaf(-1));
  }
  const [left, right] = [tree.left, tree.right].map((side) => evaluate(side, names, arithmetic));
  return combine(tree.op, left, right, tree.at, arithmetic, exponent(tree.right));
}

/** An exponent as the engine names it in an operation: as it is written. */
const exponent = (tree) =>
  tree.kind === 'number'
    ? tree.text
    : tree.kind === 'neg' && tree.inner.kind === 'number'
      ? `-${tree.inner.text}`
      : null;

const leaf = (data) => ({ op: '', args: [], data });
const made = (op, ...args) => ({ op, args, data: DO[op](...args.map(({ data }) => data)) });
const power = (base, n, text = String(n)) => ({
  op: `**${text}`,
  args: [base],
  data: base.data ** n,
});

function combine(op, left, right, at, arithmetic, text) {
  const [a, b] = [left, right].map((side) => typeof side === 'number');
  if (a && b) return DO[op](left, right);
  if (!arithmetic && op !== '+' && op !== '*')
    throw new Trouble(`This engine has + and * so far, and no ${op}.`, at);
  if (!arithmetic && a)
    throw new Trouble(
      'The plain number comes first, and it has never heard of Values: put the Value first.',
      at,
    );
  if (op === '+' || op === '*')
    return a ? made(op, right, leaf(left)) : made(op, left, b ? leaf(right) : right);
  const minus = (value) => made('*', value, leaf(-1));
  if (op === '-')
    return b
      ? made('+', left, leaf(-right))
      : a
        ? made('+', minus(right), leaf(left))
        : made('+', left, minus(right));
  if (op === '/')
    return b
      ? made('*', left, leaf(1 / right))
      : a
        ? made('*', power(right, -1), leaf(left))
        : made('*', left, power(right, -1));
  return b ? power(left, right, text ?? undefined) : made('**', a ? leaf(left) : left, right);
}

/** All that the names hold on to: operands first. */
function reached(names) {
  const order = [];
  const visit = (value) => {
    if (!order.includes(value)) {
      value.args.forEach(visit);
      if (!order.includes(value)) order.push(value);
    }
  };
  for (const value of Object.values(names)) if (typeof value !== 'number') visit(value);
  return order;
}

const flat = (names) => {
  const order = reached(names);
  return {
    nodes: order.map(({ op, args, data }) => ({
      op,
      args: args.map((a) => order.indexOf(a)),
      data,
    })),
    names: Object.fromEntries(
      Object.entries(names).map(([name, value]) => [name, order.indexOf(value)]),
    ),
  };
};

export default function mount(figure, { program, states, arithmetic }) {
  verify(run(program, arithmetic).map(flat), states, 'the graph');

  let lines = program,
    after = run(lines, arithmetic),
    formerly = new Map();
  const svg = figure.querySelector('svg');
  const { controls, say } = panel(figure);
  const area = h('textarea', {
    rows: program.length + 1,
    maxlength: 600,
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    'aria-label': 'A program',
    input: read,
  });
  area.value = program.join('\n');
  const timeline = steps({
    last: lines.length,
    label: 'Lines that have been run',
    pace: 1600,
    on: show,
  });
  controls.append(
    h(
      'div',
      { class: 'explorable-field' },
      h('label', {}, 'Write a program, a name on each line', area),
    ),
    timeline.element,
  );

  function read() {
    timeline.stop();
    const typed = area.value.replace(/\s+$/, '').split('\n');
    area.rows = Math.max(3, typed.length + 1);
    let good = [];
    for (const [at, line] of typed.entries()) {
      try {
        good = run(typed.slice(0, at + 1), arithmetic);
      } catch (problem) {
        if (!(problem instanceof Trouble)) throw problem;
        keep(typed.slice(0, at), good);
        area.setAttribute('aria-invalid', 'true');
        return say(h('div', { class: 'explorable-trouble' }, pointed(line, problem)));
      }
    }
    area.removeAttribute('aria-invalid');
    keep(typed, good);
  }

  function keep(typed, states_) {
    [lines, after] = [typed, states_];
    timeline.last = lines.length;
    timeline.go(lines.length);
  }

  function show(count) {
    const names = after[count - 1] ?? {},
      order = reached(names);
    formerly = new Map();
    after
      .slice(0, count)
      .forEach((each) =>
        Object.entries(each).forEach(([name, value]) => formerly.set(value, name)),
      );
    const title = (value) => {
      const now = Object.keys(names).filter((name) => names[name] === value);
      return now.length
        ? now.join(', ')
        : formerly.has(value)
          ? `once ${formerly.get(value)}`
          : value.args.length
            ? 'nameless'
            : short(value.data);
    };
    lay(
      svg,
      order.map((value) => ({
        name: title(value),
        op: value.op,
        args: value.args.map((a) => order.indexOf(a)),
        rows: [['data', short(value.data), 'data']],
      })),
    );
    svg.setAttribute('aria-label', `The graph after ${count} lines: ${order.length} boxes.`);
    if (!count) return say('No line has been run, and there is nothing to draw.');
    const before = after[count - 2] ?? {},
      old = reached(before),
      fresh = order.filter((value) => !old.includes(value));
    for (const value of fresh) svg.querySelector(`.n-${order.indexOf(value)}`).classList.add('on');
    const lost = old.filter((value) => !order.includes(value));
    const moved = Object.keys(names).find((name) => name in before && names[name] !== before[name]);
    const made = (value) =>
      value.args.length ? `${said(value.data)} by ${value.op}` : `a leaf, ${said(value.data)}`;
    say(
      h('div', { class: 'now' }, lines[count - 1]),
      h(
        'div',
        {},
        fresh.length
          ? `${fresh.length === 1 ? 'One new box' : `${fresh.length} new boxes`}: ${fresh.map(made).join('; ')}. `
          : 'No new box. ',
        `${order.length} in all.`,
      ),
      moved &&
        h(
          'div',
          {},
          `The name ${moved} has moved to another box. `,
          lost.length
            ? 'Nobody holds on to the old one any more, and Python lets it go.'
            : 'The old one is where it was.',
        ),
    );
  }

  timeline.go(timeline.at);
}
