// The scalar engine that checks Python's record: against nudging, which shares no code with it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { backward, forward } from '../../pages/explore/src/engine.js';

const leaf = (data) => ({ op: '', args: [], data });
const UNARY = ['neg', 'tanh', 'exp', 'log', 'sigmoid', 'ReLU', 'abs', '**3', '**-1', '**0.5'];
const BINARY = ['+', '-', '*', '/', '**', '|-|'];

/** By how much the last node moves for a unit of each leaf, looking both ways. */
const nudged = (nodes, i, h = 1e-6) => {
  const at = (x) => forward(nodes, { [i]: x }).at(-1);
  return (at(nodes[i].data + h) - at(nodes[i].data - h)) / (2 * h);
};

const graphs = [
  ...UNARY.map((op) => [op, [leaf(0.7), { op, args: [0] }, { op: '*', args: [1, 0] }]]),
  ...BINARY.map((op) => [
    op,
    [leaf(1.3), leaf(0.4), { op, args: [0, 1] }, { op: '*', args: [2, 0] }],
  ]),
];
for (const [op, nodes] of graphs) {
  test(`the slopes of ${op} are those that nudging finds`, () => {
    const { grads } = backward(nodes, forward(nodes), nodes.length - 1);
    nodes.forEach(({ args }, i) => {
      if (!args.length)
        assert.ok(Math.abs(grads[i] - nudged(nodes, i)) < 1e-7, `${i}: ${grads[i]}`);
    });
  });
}

test('an operand used twice receives both parcels, or the last one where = is written', () => {
  const nodes = [leaf(3), { op: '*', args: [0, 0] }];
  assert.deepEqual(backward(nodes, [3, 9], 1).grads, [6, 1]);
  assert.deepEqual(backward(nodes, [3, 9], 1, { keep: false }).grads, [3, 1]);
});

test('a push is added once a node is computed, and what made it stays', () => {
  const nodes = [leaf(2), { op: '*', args: [0, 0] }, { op: 'neg', args: [1] }];
  assert.deepEqual(forward(nodes, {}, { 1: 0.5 }), [2, 4.5, -4.5]);
});

test('an unknown operation is named', () => {
  assert.throws(() => forward([leaf(1), { op: 'sine', args: [0] }]), /no rule for sine/);
});
