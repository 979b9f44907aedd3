"""The derivative as a graph of its own, three times over, against closed forms, against nudging and against PyTorch.

The closed forms are mpmath's: it differentiates functions that are written here a second time, and uses no rule.
"""

from __future__ import annotations

import copy
import gc
import itertools
import math
import pickle
import random
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd.draw import trace
from micrograd.engine import RULES, Value, gate, made_from, rule_of, sign, topological_order
from micrograd.gradcheck import numerical_gradient
from micrograd.losses import binary_cross_entropy, cross_entropy, highest, log_sum_exp, softmax

calmly = settings(deadline=None, derandomize=True, max_examples=20)
INF, NAN = math.inf, math.nan


def derivative(f, point, along=()):
    """The derivative of f along its inputs of these numbers, one after the other, and the inputs."""
    inputs = [Value(x) for x in point]
    y = f(*inputs)
    for i in along:
        (y,) = y.gradients([inputs[i]])
    return y


def same(x, y):
    """The same float, with every NaN equal to every other and 0 to minus 0."""
    return x == y or (math.isnan(x) and math.isnan(y))


# Closed forms


class Operation(NamedTuple):
    ours: object
    exact: object  # in terms of mpmath, called m
    inputs: tuple[st.SearchStrategy, ...]


def between(low, high):
    return st.floats(low, high, allow_subnormal=False)


def either(low, high):
    return between(low, high) | between(-high, -low)


OPERATIONS = {
    "+": Operation(lambda a, b: a + b, lambda m, a, b: a + b, (either(0.1, 3), either(0.1, 3))),
    "-": Operation(lambda a, b: a - b, lambda m, a, b: a - b, (either(0.1, 3), either(0.1, 3))),
    "*": Operation(lambda a, b: a * b, lambda m, a, b: a * b, (either(0.1, 3), either(0.1, 3))),
    "/": Operation(lambda a, b: a / b, lambda m, a, b: a / b, (either(0.3, 3), either(0.5, 3))),
    "number /": Operation(lambda a: 1.7 / a, lambda m, a: m.mpf(1.7) / a, (either(0.5, 3),)),
    "** 2": Operation(lambda a: a**2, lambda m, a: a**2, (either(0.1, 3),)),
    "** 3": Operation(lambda a: a**3, lambda m, a: a**3, (either(0.1, 3),)),
    "** -2": Operation(lambda a: a**-2, lambda m, a: a**-2, (either(0.5, 3),)),
    "** 0.5": Operation(lambda a: a**0.5, lambda m, a: m.sqrt(a), (between(0.5, 3),)),
    "** 0": Operation(lambda a: a**0, lambda m, a: a**0, (either(0.5, 3),)),
    "**": Operation(lambda a, b: a**b, lambda m, a, b: m.power(a, b), (between(0.5, 3), either(0.3, 3))),
    "number **": Operation(lambda a: 1.7**a, lambda m, a: m.power(m.mpf(1.7), a), (either(0.1, 3),)),
    "ReLU": Operation(lambda a: a.relu(), lambda m, a: max(a, m.mpf(0)), (either(0.1, 3),)),
    "abs": Operation(abs, lambda m, a: abs(a), (either(0.1, 3),)),
    "exp": Operation(lambda a: a.exp(), lambda m, a: m.exp(a), (either(0.1, 3),)),
    "log": Operation(lambda a: a.log(), lambda m, a: m.log(a), (between(0.3, 3),)),
    "tanh": Operation(lambda a: a.tanh(), lambda m, a: m.tanh(a), (either(0.1, 3),)),
    "sigmoid": Operation(lambda a: a.sigmoid(), lambda m, a: 1 / (1 + m.exp(-a)), (either(0.1, 3),)),
    "gate": Operation(gate, lambda m, a, b: a if b > 0 else m.mpf(0), (either(0.1, 3), either(0.1, 3))),
    "sign": Operation(sign, lambda m, a: m.sign(a), (either(0.1, 3),)),
    "highest": Operation(
        lambda a, b: log_sum_exp([a, b]), lambda m, a, b: m.log(m.exp(a) + m.exp(b)), (either(0.1, 3), either(0.1, 3))
    ),
}


def orders(inputs, most=3):
    """Along which inputs to differentiate, in every order, once to three times."""
    return [along for n in range(1, most + 1) for along in itertools.product(range(inputs), repeat=n)]


def test_every_operation_of_the_table_is_differentiated_here():
    used = set()
    for operation in OPERATIONS.values():
        used |= {v._op for v in topological_order(operation.ours(*(Value(2.0) for _ in operation.inputs)))}
    assert set(RULES) <= used


@pytest.mark.parametrize("name", OPERATIONS)
@calmly
@given(data=st.data())
def test_three_derivatives_in_closed_form(name, data):
    mpmath = pytest.importorskip("mpmath")
    f, exact, inputs = OPERATIONS[name]
    point = [data.draw(strategy) for strategy in inputs]
    with mpmath.workdps(60):
        for along in orders(len(inputs)):
            counts = tuple(along.count(i) for i in range(len(inputs)))
            wanted = mpmath.diff(lambda *at: exact(mpmath, *at), tuple(map(mpmath.mpf, point)), counts)
            found = derivative(f, point, along).data
            assert found == pytest.approx(float(wanted), rel=1e-10, abs=1e-11), (point, along)


@pytest.mark.parametrize("name", OPERATIONS)
@calmly
@given(data=st.data())
def test_each_derivative_is_what_nudging_the_one_before_finds(name, data):
    f, _, inputs = OPERATIONS[name]
    point = [data.draw(strategy) for strategy in inputs]
    for along in orders(len(inputs), 2):
        measured = numerical_gradient(lambda *at, along=along: derivative(f, at, along).data, point)
        for i, slope in enumerate(measured):
            found = derivative(f, point, (*along, i)).data
            assert found == pytest.approx(slope, rel=1e-5, abs=1e-6), (point, along, i)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in {"gate", "sign", "highest"}])
@calmly
@given(data=st.data())
def test_pytorch_finds_the_same_three_derivatives(name, data):
    torch = pytest.importorskip("torch")
    f, _, inputs = OPERATIONS[name]
    point = [data.draw(strategy) for strategy in inputs]
    assume(name != "**" or point[1] not in {1.0, 2.0})  # their derivatives have the exponent 0: see below
    for along in orders(len(inputs)):
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        y = f(*tensors)
        for i in along:
            if y.requires_grad:  # else it is a constant for PyTorch, and its derivative 0
                (y,) = torch.autograd.grad(y, [tensors[i]], create_graph=True, materialize_grads=True)
            else:
                y = torch.zeros(())
        assert derivative(f, point, along).data == pytest.approx(y.item(), rel=1e-10, abs=1e-11), (point, along)


# Graphs with sharing

UNARY = {
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "tanh": lambda a: a.tanh(),
    "sigmoid": lambda a: a.sigmoid(),
    "exp": lambda a: (0.3 * a.tanh()).exp(),
    "log": lambda a: (a * a + 1).log(),
    "root": lambda a: (a * a + 1) ** 0.5,
    "relu": lambda a: (a + 0.123).relu(),
    "abs": lambda a: abs(a - 0.123),
    "gate": lambda a: a.relu() * a,
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a.tanh() * b,
    "div": lambda a, b: a / (b * b + 1),
    "pow": lambda a, b: (a * a + 1) ** b.tanh(),
}


@st.composite
def programs(draw):
    """A function of three inputs, as operations on what has been computed before."""
    steps = []
    for n in range(3, draw(st.integers(4, 12))):
        op = draw(st.sampled_from(sorted(UNARY | BINARY)))
        places = [draw(st.integers(max(0, n - 3), n - 1))]
        if op in BINARY:
            places.append(draw(st.integers(0, n - 1)))
        steps.append((op, places))
    return steps


def run(program, inputs):
    numbers = list(inputs)
    for op, places in program:
        numbers.append((UNARY | BINARY)[op](*(numbers[place] for place in places)))
    return numbers[-1]


points = st.lists(st.sampled_from([0.3, 0.7, 1.1, -0.4, -1.3]), min_size=3, max_size=3)


@settings(calmly, max_examples=60)
@given(program=programs(), point=points)
def test_on_random_graphs_the_first_derivatives_are_those_of_backward(program, point):
    inputs = [Value(x) for x in point]
    y = run(program, inputs)
    found = [d.data for d in y.gradients(inputs)]
    y.backward()
    assert found == pytest.approx([v.grad for v in inputs], rel=1e-13, abs=1e-15)


@settings(calmly, max_examples=60)
@given(program=programs(), point=points)
def test_on_random_graphs_the_hessian_is_pytorchs_and_symmetric(program, point):
    torch = pytest.importorskip("torch")
    inputs = [Value(x) for x in point]
    found = [[h.data for h in g.gradients(inputs)] for g in run(program, inputs).gradients(inputs)]
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    slopes = torch.autograd.grad(run(program, tensors), tensors, create_graph=True, materialize_grads=True)
    largest = max(1.0, *(abs(h) for row in found for h in row))
    for i, row in enumerate(found):
        wanted = [0.0] * 3
        if slopes[i].requires_grad:
            wanted = [
                h.item() for h in torch.autograd.grad(slopes[i], tensors, retain_graph=True, materialize_grads=True)
            ]
        assert row == pytest.approx(wanted, abs=1e-11 * largest)
        assert row == pytest.approx([found[j][i] for j in range(3)], abs=1e-11 * largest)


@settings(calmly, max_examples=30)
@given(program=programs(), point=points)
def test_backward_through_a_derivative_agrees_with_nudging(program, point):
    """As in a loss that contains slopes."""
    inputs = [Value(x) for x in point]

    def penalty(*numbers):
        values = [Value(x) for x in numbers]
        return sum(d * d for d in run(program, values).gradients(values)).data

    sum(d * d for d in run(program, inputs).gradients(inputs)).backward()
    measured = numerical_gradient(penalty, point)
    assert [v.grad for v in inputs] == pytest.approx(measured, rel=1e-4, abs=1e-5 * max(1.0, penalty(*point)))


SIZES = [0.0, -0.0, 1e-320, 1e-300, -1e-200, 1e-160, 0.3, 1.0, -1.0, 2.5, -1e160, 1e200, 1e300, INF, NAN]
PLAIN = {
    "-a": lambda a: -a,
    "a**2": lambda a: a**2,
    "a**-1": lambda a: a**-1,
    "a**-2.0": lambda a: a**-2.0,
    "a**0.5": lambda a: a**0.5,
    "a**-0.5": lambda a: a**-0.5,
    "1e200/a": lambda a: 1e200 / a,
    "a/1e-200": lambda a: a / 1e-200,
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "tanh": lambda a: a.tanh(),
    "relu": lambda a: a.relu(),
    "abs": abs,
    "a+b": lambda a, b: a + b,
    "a-b": lambda a, b: a - b,
    "a*b": lambda a, b: a * b,
    "a/b": lambda a, b: a / b,
    "a**b": lambda a, b: a**b,
    "a**relu(b)": lambda a, b: a ** b.relu(),
}


@settings(calmly, max_examples=400)
@given(
    point=st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES)),
    steps=st.lists(st.tuples(st.sampled_from(sorted(PLAIN)), st.integers(1, 2), st.integers(1, 3)), min_size=1, max_size=5),
)
def test_at_any_size_the_first_derivatives_are_those_of_backward_where_both_are_finite(point, steps):
    inputs = [Value(x) for x in point]
    numbers = list(inputs)
    for op, *back in steps:
        operands = 2 if "b" in op.removeprefix("abs") else 1
        numbers.append(PLAIN[op](*(numbers[-min(k, len(numbers))] for k in back[:operands])))
    found = [d.data for d in numbers[-1].gradients(inputs)]
    numbers[-1].backward()
    for ours, walked in zip(found, (v.grad for v in inputs), strict=True):
        if math.isfinite(ours) and math.isfinite(walked):
            assert ours == pytest.approx(walked, rel=1e-9, abs=1e-305), (point, steps)


# Corners, zeros, infinities

EDGES = [0.0, -0.0, 1.0, -2.0, 2.0, 0.5, 3.0, INF, -INF, NAN, 1e308, -(2.0**-1000)]
CURVES = {
    "relu": lambda a: a.relu(),
    "abs": abs,
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "tanh": lambda a: a.tanh(),
    "sigmoid": lambda a: a.sigmoid(),
    "** 0": lambda a: a**0,
    "** 1": lambda a: a**1,
    "** 2": lambda a: a**2,
    "** -1": lambda a: a**-1,
    "** 0.5": lambda a: a**0.5,
    "/ number": lambda a: a / 3,
}


@pytest.mark.parametrize("arriving", [3.0, 0.0, INF])
@pytest.mark.parametrize("at", EDGES)
@pytest.mark.parametrize("name", CURVES)
def test_at_the_edges_the_graph_says_what_backward_says(name, at, arriving):
    a = Value(at)
    y = CURVES[name](a) * arriving
    (found,) = y.gradients([a])
    y.backward()
    assert same(found.data, a.grad)


@pytest.mark.parametrize("a, b", list(itertools.product(EDGES, repeat=2)))
def test_at_the_corners_of_a_power_the_graph_says_what_backward_says(a, b):
    a, b = Value(a), Value(b)
    y = a**b * 3
    found = y.gradients([a, b])
    y.backward()
    assert same(found[0].data, a.grad) and same(found[1].data, b.grad)


@pytest.mark.parametrize(
    "a, b, to_base, to_exponent",
    [
        (0.0, 0.0, 0.0, 0.0),
        (NAN, 0.0, 0.0, NAN),
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, -1.0, -INF, -INF),
        (0.0, NAN, NAN, NAN),
        (-2.0, 2.0, -4.0, NAN),
        (2.0, 0.0, 0.0, math.log(2)),
    ],
)
def test_corners_of_a_power(a, b, to_base, to_exponent):
    found = RULES["**"](1.0, (Value(a) ** Value(b)).data, a, b)
    assert same(found[0], to_base) and same(found[1], to_exponent)
    values = [Value(a), Value(b)]
    (values[0] ** values[1]).backward()
    assert same(values[0].grad, to_base) and same(values[1].grad, to_exponent)


@pytest.mark.parametrize("b, second, third", [(1.0, 0.0, 0.0), (2.0, 2.0, 0.0), (3.0, 0.0, 6.0), (-1.0, INF, -INF)])
def test_derivatives_of_a_power_at_0(b, second, third):
    assert derivative(lambda a: a**b, [0.0], (0, 0)).data == second
    assert derivative(lambda a: a**b, [0.0], (0, 0, 0)).data == third
    assert derivative(lambda a: a ** Value(b), [0.0], (0, 0)).data == second


def test_an_exponent_of_0_moves_the_slope():
    """The slope b * a ** (b - 1) is 0 there, and its derivative by b is 1 / a. (PyTorch says 0.)"""
    power = lambda a, b: a**b  # noqa: E731
    assert derivative(power, [2.0, 0.0], (0,)).data == 0.0
    assert derivative(power, [2.0, 0.0], (0, 1)).data == derivative(power, [2.0, 0.0], (1, 0)).data == 0.5
    assert derivative(power, [2.0, 1.0], (0, 0, 1)).data == 0.5
    assert derivative(power, [2.0**-700, 0.0], (0, 1)).data == 2.0**700


def test_0_to_a_power_does_not_move_with_the_exponent():
    for along in [(1,), (1, 1), (0, 1)]:
        assert derivative(lambda a, b: a**b, [0.0, 2.0], along).data == 0.0


def test_an_exponent_of_0_below_0_is_flat():
    """PyTorch agrees. The slope by the exponent is NaN there, and nothing is made of it."""
    for at in (-0.09, -1.0, -1e200):
        assert derivative(lambda x: x ** x.relu(), [at]).data == 1.0
        assert derivative(lambda x: x ** x.relu(), [at], (0,)).data == 0.0
        assert derivative(lambda x: x ** x.relu(), [at], (0, 0)).data == 0.0


def test_an_entropy_bends_near_0_as_1_over_it():
    for at in (1e-200, 1e-300, 1e200, 0.3):
        assert derivative(lambda x: x * x.log(), [at], (0, 0)).data == pytest.approx(1 / at, rel=1e-14, abs=0.0)


@pytest.mark.parametrize("f", [lambda a: a.relu(), abs, lambda a: a.relu().relu()])
@pytest.mark.parametrize("at", [2.0, -2.0, 0.0, -0.0])
def test_what_is_made_of_flat_pieces_has_no_second_derivative(f, at):
    assert derivative(f, [at], (0, 0)).data == 0.0


def test_the_slope_of_relu_remembers_what_decided():
    a = Value(2.0)
    (slope,) = a.relu().gradients([a])
    assert slope._op == "gate" and a in topological_order(slope)


@pytest.mark.parametrize(
    "g, x, passed",
    [
        (3.0, 1.0, 3.0),
        (3.0, 0.0, 0.0),
        (3.0, -1.0, 0.0),
        (3.0, NAN, 3.0),
        (INF, 0.0, 0.0),
        (NAN, -1.0, 0.0),
        (NAN, 1.0, NAN),
    ],
)
def test_a_gate(g, x, passed):
    assert same(gate(g, x), passed)
    a, b = Value(g), Value(x)
    y = gate(a, b)
    assert same(y.data, passed) and (y._prev, y._op) == ((a, b), "gate")
    (5 * y).backward()
    assert (a.grad, b.grad) == (gate(5.0, x), 0.0)


@pytest.mark.parametrize("x, found", [(2.0, 1.0), (-2.0, -1.0), (0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (NAN, 0.0)])
def test_a_sign(x, found):
    assert sign(x) == sign(Value(x)).data == found


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("score", [-800.0, -2.0, 0.0, -0.0, 1.5, 800.0])
def test_the_second_derivative_of_the_binary_cross_entropy(score, label):
    p = Value(score).sigmoid().data
    found = derivative(lambda s: binary_cross_entropy(s, label), [score], (0, 0)).data
    assert found == pytest.approx(p * (1 - p), abs=1e-15)


@pytest.mark.parametrize("numbers", [[2.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1002.0, 1001.0, 1000.0]])
def test_the_hessian_of_the_cross_entropy(numbers):
    """diag(p) - p p^T: what the subtracted maximum sends is missing nowhere, and two equal scores are no corner."""
    scores = [Value(x) for x in numbers]
    p = [share.data for share in softmax(scores)]
    for i, slope in enumerate(cross_entropy(scores, 1).gradients(scores)):
        wanted = [p[i] * ((i == j) - p[j]) for j in range(3)]
        assert [h.data for h in slope.gradients(scores)] == pytest.approx(wanted, abs=1e-12)


# What is asked, what is answered


def test_a_value_that_is_not_reached_gets_a_zero_of_its_own():
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    _, to_b, to_c = (a * a).gradients([a, b, c])
    assert (to_b.data, to_b._prev, to_c.data) == (0.0, (), 0.0) and to_b is not to_c


def test_a_value_that_only_decides_gets_a_zero():
    a, b = Value(2.0), Value(3.0)
    assert [d.data for d in gate(a, b).gradients([b, a])] == [0.0, 1.0]
    assert [d.data for d in highest([a, b]).gradients([a, b])] == [0.0, 0.0]


def test_of_itself_the_derivative_is_1():
    a = Value(2.0)
    y = a * a
    assert [d.data for d in y.gradients([y, a])] == [1.0, 4.0]
    assert [d.data for d in a.gradients([a])] == [1.0]


def test_a_value_listed_twice_is_answered_twice():
    a = Value(3.0)
    first, second = (a * a).gradients([a, a])
    assert first is second and first.data == 6.0


def test_nothing_is_asked_and_nothing_answered():
    assert Value(2.0).gradients([]) == [] == (Value(2.0) * 3).gradients([])


def test_any_iterable_will_do():
    a, b = Value(2.0), Value(3.0)
    assert [d.data for d in (a * b).gradients(v for v in (a, b))] == [3.0, 2.0]


@pytest.mark.parametrize("wrong, named", [(1.0, "float: 1.0"), ("a", "str: 'a'"), (None, "NoneType: None")])
def test_what_is_no_value_is_refused_by_name(wrong, named):
    a = Value(2.0)
    with pytest.raises(TypeError, match=f"with respect to Values, not {named}$"):
        (a * 3).gradients([a, wrong])


def test_with_respect_to_a_computed_value():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    y = c * (c + 1) + c * 2
    to_c, to_a = y.gradients([c, a])
    assert (to_c.data, to_a.data) == (15.0, 45.0)
    assert to_c.gradients([c])[0].data == 2.0
    assert [d.data for d in to_c.gradients([a])] == [6.0]


def test_the_user_of_many_parcels_waits_for_all_of_them():
    """The graph on which every wrong order has a wrong answer of its own."""
    a, b = Value(2.0), Value(3.0)
    c = a * b
    assert [d.data for d in (c * (c + 1) + c * 2).gradients([a, b])] == [45.0, 30.0]


def test_nobodys_grad_is_touched():
    a, b = Value(2.0), Value(3.0)
    y = (a * b).tanh() + a
    nodes = topological_order(y)
    for i, v in enumerate(nodes):
        v.grad = float(i)
    (slope,) = y.gradients([a])
    slope.gradients([a, b])
    assert [v.grad for v in nodes] == list(range(len(nodes)))
    assert {v.grad for v in topological_order(slope) if v not in nodes} == {0.0}


def test_the_graph_itself_stays_as_it_was():
    a = Value(2.0)
    y = (a * a).tanh()
    before = [(v, v.data, v._prev, v._op) for v in topological_order(y)]
    y.gradients([a])[0].gradients([a])
    assert [(v, v.data, v._prev, v._op) for v in topological_order(y)] == before


def test_what_cannot_move_is_not_asked_for_its_rule(monkeypatch):
    def refuse(g, y, *operands):
        raise AssertionError("this branch was not made from what was asked for")

    monkeypatch.setitem(RULES, "other", refuse)
    a, b = Value(2.0), Value(3.0)
    fixed = Value(10.0, (b,), "other")
    y = a * fixed + Value(1.0, (fixed,), "nobody knows this operation")
    assert [d.data for d in y.gradients([a])] == [10.0]
    c = Value(7.0, (a,), "other")
    assert [d.data for d in (c * c).gradients([c])] == [14.0]


def test_what_some_values_take_part_in():
    a, b = Value(2.0), Value(3.0)
    c, d = a * b, b * b
    y = c + d
    assert made_from([a], y) == [c, y] and made_from([b], y) == [c, d, y]
    assert made_from([], y) == [] == made_from([Value(2.0)], y)


def test_the_derivative_of_a_product_has_no_nodes_for_the_constants():
    a = Value(2.0)
    (slope,) = (a * 3 + 5).gradients([a])
    assert len(trace(slope)[0]) == 3  # a 1, a 3 and their product


def test_a_rule_that_has_not_enough_parcels_is_noticed(monkeypatch):
    monkeypatch.setitem(RULES, "short", lambda g, y, a, b: (g,))
    a = Value(1.0)
    with pytest.raises(ValueError, match="shorter"):
        Value(2.0, (a, a), "short").gradients([a])


def test_an_operation_without_a_rule_is_named():
    a = Value(1.0)
    with pytest.raises(LookupError, match="no rule for the operation 'median'"):
        Value(1.0, (a,), "median").gradients([a])


class Own(Value):
    def _backward(self):
        self._prev[0].grad += self.grad


def assigned(a):
    y = Value(1.0, (a,), "+")
    y._backward = lambda: None
    return y


@pytest.mark.parametrize("make", [assigned, lambda a: Own(1.0, (a,), "+")])
def test_a_backward_of_ones_own_is_no_formula(make):
    a = Value(1.0)
    with pytest.raises(TypeError, match=r"^Value\(data=1.0, grad=0.0\) hands on floats, .* RULES\['\+'\] = \.\.\.$"):
        (make(a) * 2).gradients([a])
    assert (make(a) * 2).gradients([Value(1.0)])[0].data == 0.0


def test_a_subclass_that_changes_nothing_has_the_rules():
    class Kind(Value):
        pass

    a = Kind(2.0)
    y = Kind(4.0, (a, a), "*")
    assert y.gradients([a])[0].data == 4.0 and rule_of(y) is RULES["*"]


# Growing


def test_a_long_chain_needs_no_recursion():
    start = Value(1.0)
    y = start
    for _ in range(50_000):
        y = y * 1.00001 + 0.0
    (slope,) = y.gradients([start])
    assert slope.data == pytest.approx(1.00001**50_000)
    assert slope.gradients([start])[0].data == 0.0


def test_a_long_chain_has_a_second_derivative():
    start = Value(0.5)
    y = start
    for _ in range(10_000):
        y = y * 0.9999 + start * start
    (slope,) = y.gradients([start])
    (bend,) = slope.gradients([start])
    assert bend.data == pytest.approx(2 * (1 - 0.9999**10_000) / (1 - 0.9999))


def test_doubling_takes_a_step_for_every_value_and_not_for_every_path():
    start = Value(1.0)
    y = start
    for _ in range(60):
        y = y + y
    (slope,) = y.gradients([start])
    assert slope.data == 2.0**60 and len(trace(slope)[0]) < 200


def test_a_derivative_dies_with_its_last_name():
    a = Value(0.5)
    gc.collect()
    gc.disable()
    try:
        y = (a.tanh() * a).exp() + abs(a) ** a
        (slope,) = y.gradients([a])
        bend = slope.gradients([a])
        del y, slope, bend
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_derivative_can_be_copied_and_goes_on(copied):
    a = Value(2.0)
    (slope,) = (a.relu() * a * a).gradients([a])
    twin = copied(slope)
    (b,) = (v for v in topological_order(twin) if v.data == 2.0 and not v._prev)
    assert twin.gradients([b])[0].data == slope.gradients([a])[0].data == 12.0


def test_newton_finds_the_floor_of_any_parabola_in_one_step():
    generator = random.Random(0)
    for _ in range(20):
        bend, floor, at = (generator.uniform(0.1, 3) for _ in range(3))
        x = Value(at)
        (slope,) = (bend * (x - floor) ** 2).gradients([x])
        (curvature,) = slope.gradients([x])
        assert at - slope.data / curvature.data == pytest.approx(floor)
