// Python's expressions of names, numbers, + - * / ** and brackets, as trees; and errors that say
// where.

export class Trouble extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z_0-9]*)|(\*\*|[-+*/()]))/y;

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  for (let from = 0; text.slice(from).trim(); from = TOKEN.lastIndex) {
    TOKEN.lastIndex = from;
    const match = TOKEN.exec(text);
    if (!match) {
      const at = from + text.slice(from).search(/\S/);
      throw new Trouble(
        `${text[at]} is nothing that I can read here: names, numbers, + - * / ** and brackets will do.`,
        at,
      );
    }
    const [, number, name, sign] = match;
    found.push({
      kind: number ? 'number' : name ? 'name' : 'sign',
      text: number ?? name ?? sign,
      at: TOKEN.lastIndex - (number ?? name ?? sign).length,
    });
  }
  return found;
}

const LEVELS = [
  ['+', '-'],
  ['*', '/'],
];

/** A tree of {kind: 'number' | 'name' | 'op' | 'neg' | 'call', …, at}. */
export function parse(text) {
  const rest = tokens(text);
  if (!rest.length) throw new Trouble('There is nothing here yet.', 0);
  const is = (...signs) => rest[0]?.kind === 'sign' && signs.includes(rest[0].text);
  let last = null;
  const take = () => (last = rest.shift());

  function level(depth) {
    if (depth === LEVELS.length) return factor();
    let left = level(depth + 1);
    while (is(...LEVELS[depth])) {
      const { text: op, at } = take();
      left = { kind: 'op', op, left, right: level(depth + 1), at };
    }
    return left;
  }
  function factor() {
    if (!is('-', '+')) return power();
    const { text: sign, at } = take();
    const inner = factor();
    return sign === '+' ? inner : { kind: 'neg', inner, at };
  }
  function power() {
    const left = atom();
    if (!is('**')) return left;
    const { at } = take();
    return { kind: 'op', op: '**', left, right: factor(), at };
  }
  function atom() {
    if (is('(')) {
      const { at } = take();
      if (is(')')) throw new Trouble('There is nothing between these brackets.', at);
      const inner = level(0);
      if (!is(')')) throw rest.length ? astray() : new Trouble('This bracket is never closed.', at);
      take();
      return inner;
    }
    if (!rest.length) {
      throw new Trouble(
        last ? `Something is missing after ${last.text}.` : 'There is nothing here yet.',
        text.trimEnd().length,
      );
    }
    if (rest[0].kind === 'sign') {
      throw new Trouble(
        last
          ? `After ${last.text} there has to be a number or a name, not ${rest[0].text}.`
          : `An expression can't begin with ${rest[0].text}.`,
        rest[0].at,
      );
    }
    const { kind, text: word, at } = take();
    if (kind === 'number') return { kind, value: Number(word), text: plain(word), at };
    if (!is('(')) return { kind, name: word, at };
    return { kind: 'call', name: word, inner: atom(), at };
  }
  const astray = () =>
    new Trouble(
      rest[0].text === ')'
        ? 'This bracket was never opened.'
        : rest[0].text === '('
          ? `Between ${last.text} and the bracket a sign is missing: for a product, write *.`
          : `Between ${last.text} and ${rest[0].text} a sign is missing: for a product, write *.`,
      rest[0].at,
    );

  const tree = level(0);
  if (rest.length) throw astray();
  return tree;
}

/** A number as Python writes it back. */
const plain = (text) =>
  /^\d+$/.test(text)
    ? String(BigInt(text))
    : Number.isInteger(Number(text))
      ? `${Number(text)}.0`
      : String(Number(text));

const STRENGTH = { '+': 1, '-': 1, '*': 2, '/': 2, neg: 3, '**': 4 };

/** The text of a tree as Python's ast.unparse writes it: no bracket that isn't needed. */
export function unparse(tree) {
  const inside = (part, least) => {
    const text = unparse(part);
    return (STRENGTH[part.op ?? part.kind] ?? 5) < least ? `(${text})` : text;
  };
  if (tree.kind === 'number') return tree.text;
  if (tree.kind === 'name') return tree.name;
  if (tree.kind === 'call') return `${tree.name}(${unparse(tree.inner)})`;
  if (tree.kind === 'neg') return `-${inside(tree.inner, 3)}`;
  const strength = STRENGTH[tree.op];
  const [left, right] = tree.op === '**' ? [5, 3] : [strength, strength + 1];
  return `${inside(tree.left, left)} ${tree.op} ${inside(tree.right, right)}`;
}

/** What went wrong, and where: the line once more, with a mark below it. */
export const pointed = (text, { message, at }) => `${text}\n${' '.repeat(at)}^\n${message}`;
