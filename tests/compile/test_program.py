"""A program seen from inside: which instruction stands for what, when it runs, and which of them go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import dedent

import pytest

from micrograd.engine import Value
from micrograd.layers import Layers, sums_of_products
from micrograd.losses import highest
from micrograd.program import Program, python_source

Formula = Callable[[Sequence[Value], Sequence[Value]], Value]


def make(inputs: int = 2, parameters: int = 8) -> tuple[Program, list[Value], list[Value]]:
    x, p = [Value(0.5 + k) for k in range(inputs)], [Value(2.0 + k) for k in range(parameters)]
    return Program(x, p), x, p


def told(program: Program, place: int) -> str:
    """An instruction with all that it reads: `*(p0, x0)`."""
    op, *rest = program.code[place]
    if op in ("input", "parameter"):
        return f"{'x' if op == 'input' else 'p'}{rest[0]}"
    if op == "constant":
        return str(rest[0])
    return f"{op}({', '.join(told(program, k) for k in rest)})" if rest else str(op)


# ---- emit: no more work than it takes ----


@pytest.mark.parametrize(("formula", "wanted"), [
    (lambda x, p: p[0] + p[1], "+(p0, p1)"),
    (lambda x, p: p[1] + p[0], "+(p0, p1)"),
    (lambda x, p: p[1] * p[0], "*(p0, p1)"),
    (lambda x, p: p[0] + p[0], "*(p0, 2.0)"),
    (lambda x, p: p[0] * 3 + p[0] * 3, "*(p0, 6.0)"),
    (lambda x, p: Value(3.0) * (p[0] * p[1]) + Value(3.0) * (p[0] * p[1]), "*(*(p0, p1), 6.0)"),
    (lambda x, p: p[0] * p[1] + p[0] * p[1], "*(*(p0, p1), 2.0)"),
    (lambda x, p: (p[0] + 3) + (p[0] + 3), "*(+(p0, 3.0), 2.0)"),
    (lambda x, p: p[0] * 8e307 + p[0] * 8e307, "*(p0, 1.6e+308)"),
    (lambda x, p: p[0] * 1e308 + p[0] * 1e308, "*(*(p0, 1e+308), 2.0)"),  # 2e308 is infinite
    (lambda x, p: p[0] ** 2, "*(p0, p0)"),
    (lambda x, p: p[0] ** p[1], "**(p0, p1)"),
    (lambda x, p: x[0] ** p[0], "**(x0, *(p0, one))"),
    (lambda x, p: p[0] ** x[0], "**(*(p0, one), x0)"),
    (lambda x, p: p[0].exp(), "exp(p0)"),
    (lambda x, p: (p[0] * x[0]).exp(), "exp(*(p0, x0))"),
    (lambda x, p: highest(p[:1]), "p0"),
    (lambda x, p: highest(p[:2]), "highest(p0, p1)"),
    (lambda x, p: highest(p[:3]), "highest(p0, highest(p1, p2))"),
    (lambda x, p: highest(p[:5]), "highest(highest(p0, p1), highest(p2, highest(p3, p4)))"),
    (lambda x, p: highest(p[:8]),
     "highest(highest(highest(p0, p1), highest(p2, p3)), highest(highest(p4, p5), highest(p6, p7)))"),
])
def test_what_an_operation_becomes(formula: Formula, wanted: str) -> None:
    program, x, p = make()
    [place] = program.trace(formula(x, p))
    assert told(program, place) == wanted


def test_what_stands_for_all_samples_and_what_varies() -> None:
    program, x, p = make(1, 1)
    program.trace((p[0] * x[0]).exp(), p[0].exp())
    program.total(program.place_of[x[0]], True, {program.place_of[x[0]]: 1}, True)
    varying = {told(program, i) for i, varies in enumerate(program.varies) if varies}
    assert varying == {"x0", "one", "*(p0, x0)", "exp(*(p0, x0))"}


def test_what_is_known_is_a_constant() -> None:
    program, x, p = make(1, 1)
    assert program.known(program.constant(-0.25)) == -0.25
    assert [program.known(i) for i in (program.place_of[x[0]], program.place_of[p[0]], program.one, program.scale)] == [None] * 4


def test_leaves_have_no_operands() -> None:
    program, x, p = make(1, 1)
    [place] = program.trace(x[0] * p[0])
    assert program.operands(place) == (program.place_of[p[0]], program.place_of[x[0]])
    assert [program.operands(i) for i in range(4)] == [()] * 4
    assert program.operands(program.constant(7.0)) == ()


# ---- total: what is the same for every sample moves out of the sum ----


@pytest.mark.parametrize(("formula", "mean", "total"), [
    (lambda x, p: x[0], "*(scale, dot(one, x0))", "dot(one, x0)"),
    (lambda x, p: p[0], "p0", "*(p0, scale)"),
    (lambda x, p: Value(3.0) * 1, "3.0", "*(scale, 3.0)"),
    (lambda x, p: p[0] * x[0], "*(p0, *(scale, dot(one, x0)))", "*(p0, dot(one, x0))"),
    (lambda x, p: x[0] * x[1], "*(scale, dot(x1, x0))", "dot(x1, x0)"),
    (lambda x, p: p[0] + x[0], "+(p0, *(scale, dot(one, x0)))", "+(*(p0, scale), dot(one, x0))"),
    (lambda x, p: p[0] * (p[1] * x[0] + p[2]),
     "+(*(p0, p2), *(*(p0, p1), *(scale, dot(one, x0))))", "+(*(p0, *(p2, scale)), *(*(p0, p1), dot(one, x0)))"),
    (lambda x, p: (x[0] * x[1]).exp(), "*(scale, dot(exp(*(x0, x1)), one))", "dot(exp(*(x0, x1)), one)"),
])
def test_what_becomes_of_the_sum_over_all_samples(formula: Formula, mean: str, total: str) -> None:
    for apart in (True, False):
        for of_mean, wanted in ((True, mean), (False, total)):
            program, x, p = make()
            [place] = program.trace(formula(x, p))
            assert told(program, program.total(place, of_mean, program.uses([place]), apart)) == wanted


@pytest.mark.parametrize(("formula", "apart", "together"), [
    (lambda x, p: x[0] + x[1], "+(dot(one, x0), dot(one, x1))", "dot(+(x0, x1), one)"),
    (lambda x, p: p[0] * (x[0] + x[1]), "+(*(p0, dot(one, x0)), *(p0, dot(one, x1)))", "*(p0, dot(+(x0, x1), one))"),
    (lambda x, p: p[0] * x[0] + p[1] * x[1], "+(*(p0, dot(one, x0)), *(p1, dot(one, x1)))", "dot(+(*(p0, x0), *(p1, x1)), one)"),
])
def test_sums_are_taken_apart_where_that_is_asked_for(formula: Formula, apart: str, together: str) -> None:
    for asked, wanted in ((True, apart), (False, together)):
        program, x, p = make()
        [place] = program.trace(formula(x, p))
        assert told(program, program.total(place, False, program.uses([place]), asked)) == wanted


def test_what_is_used_twice_is_not_taken_apart() -> None:
    program, x, p = make()
    u = p[0] * x[0]
    [place] = program.trace(u * u + u)
    found = program.total(place, False, program.uses([place]), True)
    assert told(program, found) == "+(dot(*(p0, x0), one), dot(*(p0, x0), *(p0, x0)))"


def test_uses_are_counted_from_the_results_back() -> None:
    program, x, p = make()
    a, b = program.trace(p[0] * x[0] + p[0] * x[1], (p[0] * x[0]).exp())
    program.trace(p[1].log())  # which nobody needs
    assert {told(program, i): count for i, count in program.uses([a, a, b]).items()} == {
        "+(*(p0, x0), *(p0, x1))": 2, "exp(*(p0, x0))": 1, "*(p0, x0)": 2, "*(p0, x1)": 1, "p0": 2, "x0": 1, "x1": 1,
    }


# ---- stages, and the whole as Python ----


def step() -> Program:
    """relu(p0 x + p1) exp(p0): the means of the loss and of its two slopes; p1 x is an output."""
    program, x, p = make(1, 2)
    loss = (p[0] * x[0] + p[1]).relu() * p[0].exp()
    each = program.trace(loss, *loss.gradients(p))
    program.outputs = program.varying(program.trace(x[0] * p[1]))
    uses = program.uses([*each, *program.outputs])
    program.results = [program.total(i, True, uses, True) for i in each]
    return program


def test_each_instruction_runs_before_the_samples_for_each_as_a_dot_or_after() -> None:
    program = step()
    before, each, dots, after = ([told(program, i) for i in stage] for stage in program.stages())
    assert before == ["exp(p0)"]
    assert each == [
        "*(p0, x0)", "+(p1, *(p0, x0))", "ReLU(+(p1, *(p0, x0)))", "*(ReLU(+(p1, *(p0, x0))), exp(p0))", "*(one, exp(p0))",
        "gate(*(one, exp(p0)), ReLU(+(p1, *(p0, x0))))", "*(p1, x0)",
    ]
    assert [line.partition("(")[0] for line in dots] == ["dot"] * 3
    assert [line.partition("(")[0] for line in after] == ["*", "*", "+", "*"]
    assert all("scale" in line for line in after)


def test_the_program_as_python() -> None:
    assert python_source(step()) == dedent("""\
        def run(parameters, samples, scale):
            p0, p1, = parameters
            v8 = exp(p0)
            v17 = 0.0
            v19 = 0.0
            v22 = 0.0
            outputs = []
            for x0, in samples:
                v5 = p0 * x0
                v6 = p1 + v5
                v7 = 0.0 if v6 < 0 else v6
                v9 = v7 * v8
                v11 = 1.0 * v8
                v12 = 0.0 if v7 <= 0 else v11
                v15 = p1 * x0
                v17 += v9 * 1.0
                v19 += v12 * x0
                v22 += v12 * 1.0
                outputs.append((v15, ))
            v18 = scale * v17
            v20 = scale * v19
            v21 = v18 + v20
            v23 = scale * v22
            return (v18, v21, v23, ), outputs
        """)


def test_a_program_without_inputs_as_python() -> None:
    program, _, p = make(0, 1)
    program.results = program.trace(p[0] * p[0])
    assert python_source(program) == dedent("""\
        def run(parameters, samples, scale):
            p0, = parameters
            v3 = p0 * p0
            outputs = []
            for _ in samples:
                outputs.append(())
            return (v3, ), outputs
        """)


# ---- layers: what is alike, together ----


def mean_of(formula: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]]) -> Program:
    """The mean of the first of some formulas; the others are outputs."""
    program, x, p = make(2, 6)
    loss, *outputs = formula(x, p)
    program.outputs = program.varying(program.trace(*outputs))
    [each] = program.trace(loss)
    program.results = [program.total(each, True, program.uses([each, *program.outputs]), True)]
    return program


def mixed() -> Program:
    return mean_of(lambda x, p: [
        (p[0] * x[0] + x[1] + p[1]).exp() + x[0] * x[1], p[0] + p[1] * p[2] + 2.0, x[0].exp() * p[0] + x[1],
    ])


def two_neurons() -> Program:
    return mean_of(lambda x, p: [
        (p[0] * x[0] + p[1] * x[1] + p[2]).tanh() * (p[3] * x[0] + p[4] * x[1] + p[5]).tanh(),
    ])


def test_a_chain_of_additions_is_one_sum_of_products() -> None:
    program = mixed()
    nodes = [(told(program, i), op, [told(program, k) for k in a], [told(program, k) for k in b])
             for i, op, a, b in sums_of_products(program)]
    neuron, sum_of_dots = "+(p1, +(x1, *(p0, x0)))", nodes.pop()
    assert nodes == [
        ("+(+(p0, *(p1, p2)), 2.0)", "sums", ["p0", "p1", "2.0"], ["1.0", "p2", "1.0"]),
        ("exp(x0)", "exp", ["x0"], []),
        ("+(x1, *(p0, exp(x0)))", "sums", ["1.0", "p0"], ["x1", "exp(x0)"]),
        ("*(one, +(+(p0, *(p1, p2)), 2.0))", "sums", ["+(+(p0, *(p1, p2)), 2.0)"], ["one"]),
        (neuron, "sums", ["p1", "1.0", "p0"], ["one", "x1", "x0"]),
        (f"exp({neuron})", "exp", [neuron], []),
        (f"dot(exp({neuron}), one)", "dot", [f"exp({neuron})"], ["one"]),
        ("dot(x1, x0)", "dot", ["x1"], ["x0"]),
    ]
    assert sum_of_dots[1:] == ("sums", ["scale", "scale"], [f"dot(exp({neuron}), one)", "dot(x1, x0)"])


def test_a_sum_that_others_read_is_a_node_of_its_own() -> None:
    program = mean_of(lambda x, p: (lambda u: [u * p[2] + x[1], u.tanh()])(p[0] * x[0] + p[1]))
    u = "+(p1, *(p0, x0))"
    nodes = [(told(program, i), op) for i, op, *_ in sums_of_products(program)]
    assert nodes[:4] == [(u, "sums"), (f"tanh({u})", "tanh"), ("dot(one, x1)", "dot"), (f"dot({u}, one)", "dot")]
    assert [op for _, op in nodes[4:]] == ["sums", "sums"]


def test_each_node_is_a_level_above_what_it_reads() -> None:
    program = mixed()
    levels = {told(program, i): level for i, level in Layers(program).level.items()}
    *_, (last, _) = levels.items()
    assert last.startswith("+(*(scale, dot")
    assert list(levels.values()) == [1, 1, 2, 2, 1, 2, 0, 0, 1]
    assert levels["exp(x0)"] == 1 and levels["+(x1, *(p0, exp(x0)))"] == 2 and levels["dot(x1, x0)"] == 0


def test_where_everything_stands() -> None:
    layers = Layers(mixed())
    assert (layers.parameters, layers.inputs, layers.rows) == (6, 2, 8)  # p0 to p5, then the scale; x0, x1, then one
    assert layers.uniform == [0.0] * 7 + [2.0, 0.0, 1.0] + [0.0] * 4
    assert (layers.loss, layers.gradients, layers.outputs) == (13, [], [6, 5])
    assert layers.before == [("sums", 10, 1, 3, [0, 1, 7], [9, 2, 9])]
    assert layers.each == [
        ("exp", 3, 1, 1, [0], []), ("sums", 4, 1, 3, [1, 9, 0], [2, 1, 0]), ("sums", 5, 1, 2, [9, 0], [1, 3]),
        ("sums", 6, 1, 1, [10], [2]), ("exp", 7, 1, 1, [4], []), ("dots", 11, 1, 1, [7], [2]), ("dots", 12, 1, 1, [1], [0]),
    ]
    assert layers.after == [("sums", 13, 1, 2, [6, 6], [11, 12])]


def test_neurons_that_read_the_same_rows_are_a_matrix() -> None:
    layers = Layers(two_neurons())
    assert layers.each == [
        ("matmul", 3, 2, 3, [0, 1, 2, 3, 4, 5], [0, 1, 2]), ("tanh", 5, 2, 1, [3, 4], []), ("dots", 9, 1, 1, [6], [5]),
    ]
    assert (layers.before, layers.after, layers.loss) == ([], [("sums", 10, 1, 1, [6], [9])], 10)


@pytest.mark.parametrize(("width", "op"), [(6, "sums"), (7, "sums"), (8, "matmul"), (9, "matmul")])
def test_one_neuron_alone_is_a_matrix_if_it_reads_eight_rows(width: int, op: str) -> None:
    program, x, p = make(width, width)
    neuron = p[0] * x[0]
    for weight, value in zip(p[1:], x[1:], strict=True):
        neuron = neuron + weight * value
    program.outputs = program.trace(neuron)
    program.results = [program.constant(0.0)]
    assert Layers(program).each == [(op, width + 1, 1, width, [*range(width)], [*range(width)])]


def test_a_slope_by_weight_and_by_bias_lie_side_by_side() -> None:
    layers = Layers(step())
    assert layers.before == [("exp", 5, 1, 1, [0], [])]
    assert layers.each[-2:] == [("dots", 6, 1, 1, [6], [1]), ("dots", 7, 1, 2, [7], [0, 1])]
    assert layers.after == [("sums", 9, 2, 1, [2, 2], [6, 8]), ("sums", 11, 1, 2, [9, 2], [3, 7])]
    assert (layers.loss, layers.gradients, layers.outputs) == (9, [11, 10], [3])
