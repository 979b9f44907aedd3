// A scalar engine to check Python's record with: nodes stand with operands before results.

/**
 * @typedef {{op: string, args: number[], data?: number}} Node `args` are the places of its operands
 * @typedef {{to: number, slope: number, parcel: number}} Parcel
 * @typedef {{node: number, arrived: number, parcels: Parcel[]}} Delivery
 */

/** For each operation its number, and the slopes (y, a, b) by its operands. */
const OPERATIONS = {
  '+': [(a, b) => a + b, () => [1, 1]],
  '-': [(a, b) => a - b, () => [1, -1]],
  '*': [(a, b) => a * b, (y, a, b) => [b, a]],
  '/': [(a, b) => a / b, (y, a, b) => [1 / b, -y / b]],
  '**': [
    (a, b) => a ** b,
    (y, a, b) => [b ? b * a ** (b - 1) : 0, a === 0 && b >= 0 ? 0 : y * Math.log(a)],
  ],
  '|-|': [(a, b) => Math.abs(a - b), (y, a, b) => (a > b ? [1, -1] : [-1, 1])],
  neg: [(a) => -a, () => [-1]],
  tanh: [Math.tanh, (y) => [1 - y * y]],
  exp: [Math.exp, (y) => [y]],
  log: [Math.log, (y, a) => [1 / a]],
  sigmoid: [
    (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : 1 - 1 / (1 + Math.exp(a))),
    (y) => [y * (1 - y)],
  ],
  ReLU: [(a) => Math.max(0, a), (y) => [y > 0 ? 1 : 0]],
  abs: [Math.abs, (y, a) => [Math.sign(a)]],
};

function operation(op) {
  if (OPERATIONS[op]) return OPERATIONS[op];
  const n = Number(op.slice(2));
  if (!op.startsWith('**') || Number.isNaN(n)) throw new Error(`no rule for ${op}`);
  return [(a) => a ** n, (y, a) => [n ? n * a ** (n - 1) : 0]];
}

/**
 * All numbers.
 * @param {Node[]} nodes
 * @param {Record<number, number>} given overrules leaves
 * @param {Record<number, number>} pushed is added to nodes once they are computed
 * @returns {number[]}
 */
export function forward(nodes, given = {}, pushed = {}) {
  const data = [];
  nodes.forEach(({ op, args, data: stored }, i) => {
    const number = args.length
      ? operation(op)[0](...args.map((a) => data[a]))
      : (given[i] ?? stored);
    data.push(number + (pushed[i] ?? 0));
  });
  return data;
}

/**
 * The number on each arrow into a node: its local derivatives.
 * @param {Node} node
 * @param {number} y
 * @param {number[]} data
 * @returns {number[]}
 */
export const slopes = ({ op, args }, y, data) =>
  args.length ? operation(op)[1](y, ...args.map((a) => data[a])) : [];

/**
 * The walk back, users first.
 * @param {Node[]} nodes
 * @param {number[]} data
 * @param {number} root
 * @param {{keep?: boolean, order?: number[]}} how with `keep` false a parcel overwrites what is
 *   there; `order` may be any list of nodes
 * @returns {{grads: number[], sent: Delivery[]}} the gradients, and what was sent
 */
export function backward(nodes, data, root, { keep = true, order } = {}) {
  const grads = nodes.map(() => 0);
  grads[root] = 1;
  const sent = [];
  for (const node of order ?? [...nodes.keys()].reverse()) {
    if (!nodes[node].args.length) continue;
    const arrived = grads[node];
    const local = slopes(nodes[node], data[node], data);
    const parcels = nodes[node].args.map((to, k) => ({
      to,
      slope: local[k],
      parcel: arrived * local[k],
    }));
    for (const { to, parcel } of parcels) grads[to] = keep ? grads[to] + parcel : parcel;
    sent.push({ node, arrived, parcels });
  }
  return { grads, sent };
}
