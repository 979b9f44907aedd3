# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""A program as layers: what is alike is done together, here by NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import cycle
from typing import Any

from micrograd.program import Batch, Program, entry, exponent_of

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

    def forward(self) -> Layers:
        """The same groups without those that serve derivatives alone."""
        program, varies = self.program.forward(), self.program.varies
        wanted = {(varies[i], self.slot.get(i))
                  for i in program.uses([*program.results, *program.outputs])}

        def needed(groups: list[Group], rows: bool) -> list[Group]:
            return [group for group in groups if is_needed(rows, *group)]

        def is_needed(rows: bool, op: str, out: int, n: int, k: int,
                      *_: list[int]) -> bool:
            in_x, size = (False, n * k) if op == 'dots' else (rows, n)
            return any((in_x, i) in wanted for i in range(out, out + size))

        layers = copy(self)
        layers.before = needed(self.before, False)
        layers.each = needed(self.each, True)
        layers.after = needed(self.after, False)
        layers.gradients = []
        return layers


class NumPy:
    """A program as a few calls of NumPy, on rows with a number a sample.

    What is handed over and read back is as in `Python`: a batch is turned
    over when it is loaded, and an output is a row already.
    """

    def __init__(self, program: Program, dtype: str) -> None:
        import numpy

        self.np, self.dtype = numpy, dtype
        self.functions = numpy_functions(numpy)
        self.take(Layers(program))

    def take(self, layers: Layers) -> None:
        """Do these layers from now on.

        Raises:
            LookupError: NumPy's table lacks one of their operations.
        """
        for op, *_ in layers.before + layers.each + layers.after:
            self.function(op)
        self.layers, self.count = layers, -1
        self.U = self.array(layers.uniform)
        self.slots = self.np.array(layers.gradients, int)

    def array(self, numbers: Any) -> Any:
        """The numbers in this precision; one too large for it is infinite."""
        with self.np.errstate(all='ignore'):
            return self.np.array(numbers, self.dtype)

    def load(self, batches: list[Batch]) -> None:
        """Take these batches in turn, from the first."""
        self.batches = cycle([
            (self.array(samples).reshape(
                len(samples), self.layers.inputs).T.copy(), scale)
            for samples, scale in batches])

    def start(self, parameters: list[float], *states: list[float]) -> None:
        """Begin with these parameters, and states of the update."""
        self.U[:self.layers.parameters] = self.array(parameters)
        if self.update and states:
            self.update.X[2:2 + len(states)] = self.array(states)

    def run(self) -> float:
        """The loss of the next batch; nothing moves."""
        data, scale = next(self.batches)
        if data.shape[1] != self.count:
            self.prepare(data.shape[1])
        self.X[:len(data)] = data
        self.U[self.layers.parameters] = scale
        with self.np.errstate(all='ignore'):
            for call in self.calls:
                call()
        self.slopes = self.U[self.slots]
        return float(self.U[self.layers.loss])

    def step(self, learning_rate: float) -> float:
        """The loss of the next batch; then the parameters move downhill."""
        loss = self.run()
        with self.np.errstate(all='ignore'):
            self.move(learning_rate)
        return loss

    def move(self, learning_rate: float) -> None:
        """The parameters go downhill, or where the update says."""
        parameters, update = self.U[:self.layers.parameters], self.update
        if update is None:
            parameters -= learning_rate * self.slopes
        else:
            update.U[0] = -learning_rate
            update.X[0], update.X[1] = parameters, self.slopes
            for call in update.calls:
                call()
            parameters[:], *states = update.X[update.layers.outputs]
            update.X[2:2 + len(states)] = states

    def parameters(self) -> Any:
        """A number for each parameter."""
        return self.U[:self.layers.parameters].tolist()

    def gradients(self) -> Any:
        """A slope for each parameter, of the last run."""
        return self.slopes.tolist()

    def outputs(self) -> Any:
        """For each output a number for each sample of the last run."""
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
        operands += [np.full(to.shape, x) for x in spelt(op)[1]]
        return partial(self.function(op), *operands, out=to)

    def function(self, op: str) -> Any:
        """What NumPy has for an operation."""
        return entry(self.functions, spelt(op)[0], 'numpy_functions',
                     'The layers come back')

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

    def forward(self) -> NumPy:
        """A machine for the loss and the outputs alone."""
        machine = copy(self)
        machine.take(self.layers.forward())
        return machine

    update: NumPy | None = None

    def follow(self, update: Program) -> None:
        """Move the parameters by this program from now on."""
        self.update = NumPy(update, self.dtype)
        self.update.prepare(self.layers.parameters)

    def adjust(self, others: list[float]) -> None:
        """The update's numbers for the next step, but for the rate."""
        assert self.update is not None
        self.update.U[1:1 + len(others)] = self.array(others)

    def states(self) -> Any:
        """For each state of the update a number for each parameter."""
        assert self.update is not None
        return self.update.X[2:self.update.layers.inputs].tolist()


QUICK = {-1.0: '**-1', 0.5: '**0.5'}  # powers that need no exponent


def spelt(op: str) -> tuple[str, list[float]]:
    """An operation as the machines know it, and the exponent to tell them."""
    exponent = exponent_of(op)
    if exponent is None:
        return op, []
    return QUICK.get(exponent, '**'), [exponent][exponent in QUICK:]


def numpy_functions(np: Any) -> dict[str, Callable[..., Any]]:
    """What computes each operation on arrays, with `out` for the answer."""
    def gate(g: Any, x: Any, out: Any) -> None:
        np.copyto(out, g)
        np.copyto(out, 0.0, where=x <= 0)

    def sigmoid(x: Any, out: Any) -> None:
        small = np.exp(-np.abs(x))
        np.divide(np.where(x < 0, small, 1.0), 1.0 + small, out)

    def root(x: Any, out: Any) -> None:
        infinite = x == -np.inf
        np.add(np.sqrt(x, out), 0.0, out)  # of -0.0 it is 0.0
        np.copyto(out, np.inf, where=infinite)

    return {'matmul': np.matmul, 'dots': np.matmul, 'sums': np.einsum,
            '*': np.multiply, '**': np.power, '**-1': np.reciprocal,
            '**0.5': root, 'highest': np.maximum, 'gate': gate,
            'ReLU': partial(np.maximum, 0.0), 'exp': np.exp, 'log': np.log,
            'tanh': np.tanh, 'sigmoid': sigmoid, 'abs': np.abs}


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
