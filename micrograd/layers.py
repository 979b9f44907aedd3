# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [9ecbde64fc04]
"""A program as layers: what is alike is done together, here by NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

from micrograd.compile import Batch, Program

Node = tuple[int, str, list[int], list[int]]  # place, operation, operands


def sums_of_products(program: Program) -> list[Node]:
    """What is live, with each chain of additions as one sum of products.

    A sum's first operands are factors, its second ones what they multiply.
    """
    code, varies = program.code, program.varies
    unit = program.constant(1.0), program.one
    uses = program.uses([*program.results, *program.outputs])
    nodes: list[Node] = []
    inside: set[int] = set()

    def is_link(i: int) -> bool:
        op, *operands = code[i]
        return op == '+' or op == '*' and not all(
            map(varies.__getitem__, operands))

    for i in sorted(uses, reverse=True):
        if i in inside or not program.operands(i):
            continue
        op, *operands = code[i]
        if not is_link(i):
            nodes.append((i, op, operands[:1], operands[1:]))
            continue
        a, b, todo = [], [], [i]
        while todo:
            k = todo.pop()
            mine = k == i or uses[k] == 1 and varies[k] == varies[i]
            if not mine or not is_link(k):
                a.append(unit[0] if varies[k] else k)
                b.append(k if varies[k] else unit[varies[i]])
                continue
            inside.add(k)
            op, *operands = code[k]
            first, second = sorted(operands, key=varies.__getitem__)
            if op == '+':
                todo += second, first
            else:
                a.append(first)
                b.append(second)
        nodes.append((i, 'sums', a, b))
    return nodes[::-1]


Group = tuple[str, int, int, int, list[int], list[int]]


class Layers:
    """A program whose like instructions stand together.

    U holds numbers, X rows of one number for each sample. A group (op, out, n,
    k, a, b) fills n slots of U or rows of X, from out on; a and b tell how.

    matmul: X[out + j] = the sum over t < k of U[a[j * k + t]] * X[b[t]].
    sums: the same with b[j * k + t]; where samples play no part, U for X.
    dots: U[out + j * k + t] = X[a[j]] * X[b[t]], summed over the samples.
    Any other: X[out + j] = op(X[a[j]], X[b[j]]), or without b; or U for X.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        nodes = sums_of_products(program)
        self.place_leaves()
        self.find_levels(nodes)
        before, each, dots, after = (
            [node for node in nodes if node[0] in stage]
            for stage in map(set, program.stages()))
        self.before = self.groups(before)
        self.each = self.groups(each) + self.outer(dots)
        self.after = self.groups(after)
        self.loss, *self.gradients = [self.slot[i] for i in program.results]
        self.outputs = [self.slot[i] for i in program.outputs]

    def place_leaves(self) -> None:
        """Parameters, scale and constants stand first in U, inputs in X."""
        code = self.program.code
        rows = [i for i, (op, *_) in enumerate(code) if op in ('input', 'one')]
        slots = [i for i, (op, *_) in enumerate(code)
                 if op in ('parameter', 'scale', 'constant')]
        self.slot = {i: k for kind in (slots, rows)
                     for k, i in enumerate(kind)}
        self.parameters = self.slot[self.program.scale]
        self.inputs = self.slot[self.program.one]
        self.rows = len(rows)
        self.uniform = [self.program.known(i) or 0.0 for i in slots]

    def find_levels(self, nodes: list[Node]) -> None:
        """A level for each node, above the levels of what it reads."""
        self.level: dict[int, int] = {}
        for i, op, a, b in nodes:
            self.level[i] = 0 if op == 'dot' else 1 + max(
                self.level.get(k, 0) for k in a + b)

    def groups(self, nodes: list[Node]) -> list[Group]:
        """Nodes of one level that do the same, together."""
        alike: dict[tuple[int, str, Any], list[Node]] = {}
        rows = {i: tuple(sorted(b)) for i, op, _, b in nodes
                if op == 'sums' and self.program.varies[i]}
        readers = Counter(rows.values())
        for node in nodes:
            i, op, a, b = node
            key: tuple[int, str, Any] = self.level[i], op, len(a)
            if i in rows and (readers[rows[i]] > 1 or len(b) >= 8):
                key = self.level[i], 'matmul', rows[i]
            alike.setdefault(key, []).append(node)
        return [self.group(op, alike[level, op, same]) for level, op, same
                in sorted(alike, key=lambda key: key[0])]

    def group(self, op: str, nodes: list[Node]) -> Group:
        """One group; its members stand in the order of what they read."""
        if op == 'matmul':
            nodes = self.columns_alike(nodes)
        slots = [([self.slot[k] for k in a], [self.slot[k] for k in b], i)
                 for i, _, a, b in nodes]
        slots.sort()
        out = self.claim([i for *_, i in slots])
        a = [k for a, _, _ in slots for k in a]
        b = [k for _, b, _ in slots[:1 if op == 'matmul' else None] for k in b]
        return op, out, len(slots), len(slots[0][0]), a, b

    def columns_alike(self, nodes: list[Node]) -> list[Node]:
        """Sums of the same rows, with their terms in the same order."""
        by_row = [sorted(zip(b, a, strict=True)) for _, _, a, b in nodes]
        columns = sorted(zip(*by_row, strict=True),
                         key=lambda column: self.slot[column[0][1]])
        return [(i, op, [k for _, k in terms], [row for row, _ in terms])
                for (i, op, *_), terms
                in zip(nodes, zip(*columns, strict=True), strict=True)]

    def claim(self, places: list[int]) -> int:
        """The first of as many new slots, or rows, as there are places."""
        varies = self.program.varies[places[0]]
        out = self.rows if varies else len(self.uniform)
        self.slot.update((i, out + j) for j, i in enumerate(places))
        if varies:
            self.rows += len(places)
        else:
            self.uniform += [0.0] * len(places)
        return out

    def outer(self, dots: list[Node]) -> list[Group]:
        """Products of some rows with the same other rows: a matrix."""
        place = {(*a, *b): i for i, _, a, b in dots}
        partners: dict[int, list[int]] = {}
        for row, column in place:
            partners.setdefault(row, []).append(column)
        blocks: dict[frozenset[int], list[int]] = {}
        for row, columns in partners.items():
            blocks.setdefault(frozenset(columns), []).append(row)
        groups: list[Group] = []
        for rows in blocks.values():
            columns = partners[rows[0]]
            out = self.claim([place[r, c] for r in rows for c in columns])
            groups.append(('dots', out, len(rows), len(columns),
                           [self.slot[r] for r in rows],
                           [self.slot[c] for c in columns]))
        return groups


class NumPy:
    """A program as a few calls of NumPy, on rows with a number a sample."""

    def __init__(self, program: Program, dtype: str) -> None:
        import numpy

        self.np, self.dtype, self.layers = numpy, dtype, Layers(program)
        self.U = numpy.array(self.layers.uniform, dtype)
        self.count = -1

    def load(self, batches: list[Batch]) -> None:
        self.batches = cycle([
            (self.np.array(samples, self.dtype).reshape(
                len(samples), self.layers.inputs).T.copy(), scale)
            for samples, scale in batches])

    def start(self, parameters: list[float]) -> None:
        self.U[:self.layers.parameters] = parameters

    def step(self, learning_rate: float) -> float:
        data, scale = next(self.batches)
        if data.shape[1] != self.count:
            self.prepare(data.shape[1])
        self.X[:len(data)] = data
        self.U[self.layers.parameters] = scale
        with self.np.errstate(all='ignore'):
            for call in self.calls:
                call()
            self.slopes = self.U[self.layers.gradients]
            self.U[:self.layers.parameters] -= learning_rate * self.slopes
        return float(self.U[self.layers.loss])

    def parameters(self) -> Any:
        return self.U[:self.layers.parameters].tolist()

    def gradients(self) -> Any:
        return self.slopes.tolist()

    def outputs(self) -> Any:
        return self.X[self.layers.outputs].tolist()

    def prepare(self, count: int) -> None:
        """Make the calls for this many samples, each with its arrays."""
        layers, self.count = self.layers, count
        self.X = self.np.ones((layers.rows, count), self.dtype)
        self.calls: list[Callable[[], Any]] = []
        for array, groups in ((self.U, layers.before), (self.X, layers.each),
                              (self.U, layers.after)):
            for group in groups:
                self.calls.append(self.call(array, *group))

    def call(self, array: Any, op: str, out: int, n: int, k: int,
             a: list[int], b: list[int]) -> Callable[[], Any]:
        """What computes a group, in U or in X."""
        np, U, to, read = self.np, self.U, array[out:out + n], self.read
        if op == 'matmul':
            return partial(np.matmul, read(U, a, n, k), read(array, b, k),
                           out=to)
        if op == 'dots':
            return partial(np.matmul, read(array, a, n), read(array, b, k).T,
                           out=U[out:out + n * k].reshape(n, k))
        if op == 'sums':
            return partial(np.einsum, 'jt,jt...->j...', read(U, a, n, k),
                           read(array, b, n, k), out=to)
        operands = [read(array, index, n) for index in (a, b) if index]
        if op.startswith('**') and op != '**':
            operands.append(np.full(to.shape, float(op[2:])))
            op = '**'
        functions = {
            '*': np.multiply, '**': np.power, 'highest': np.maximum,
            'ReLU': partial(np.maximum, 0.0), 'exp': np.exp, 'log': np.log,
            'tanh': np.tanh, 'abs': np.abs, 'gate': self.gate,
            'sigmoid': self.sigmoid}
        return partial(functions[op], *operands, out=to)

    def read(self, array: Any, places: list[int], n: int, *k: int) -> Any:
        """The rows or numbers at the places, n or n times k of them.

        A view if they go in even steps; otherwise a copy, which a call of its
        own renews at each run.
        """
        np, shape = self.np, (n, *k, *array.shape[1:])
        even = even_steps(places, n, *k or (1,))
        if even:
            size, *others = array.strides
            steps = [size * step for step in even[:1 + len(k)]]
            return np.lib.stride_tricks.as_strided(
                array[places[0]:], shape, (*steps, *others))
        copy = np.empty(shape, self.dtype)
        index = np.array(places).reshape(n, *k)
        self.calls.append(partial(array.take, index, 0, copy, 'clip'))
        return copy

    def gate(self, g: Any, x: Any, out: Any) -> None:
        self.np.copyto(out, g)
        self.np.copyto(out, 0.0, where=x <= 0)

    def sigmoid(self, x: Any, out: Any) -> None:
        small = self.np.exp(-self.np.abs(x))
        self.np.divide(self.np.where(x < 0, small, 1.0), 1.0 + small, out)


def even_steps(places: list[int], n: int, k: int) -> tuple[int, int] | None:
    """How far it is down, and to the right, in n lines of k places each.

    None if it is not always as far.
    """
    start = places[0]
    down, right = places[k % len(places)] - start, places[1 % k] - start
    even = places == [start + j * down + t * right
                      for j in range(n) for t in range(k)]
    return (down, right) if even else None


__all__ = ['Layers', 'NumPy', 'sums_of_products']
