"""Random models on random data: every machine says what the interpreted engine says, and so does PyTorch."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd.compile import compile
from micrograd.engine import Value
from micrograd.losses import log_sum_exp

calmly = settings(deadline=None, derandomize=True, max_examples=60)

numbers = st.floats(-1.5, 1.5).map(lambda x: round(x, 3))
with_odd_ones = st.one_of(numbers, numbers, numbers, st.sampled_from([math.inf, -math.inf, math.nan]))
# What a line of a random model does, to which two of the values so far (counted from the last).
lines = st.lists(st.tuples(st.sampled_from(
    ["+", "+", "*", "*", "-", "+ 1", "* 2", "relu", "tanh", "sigmoid", "exp", "log", "abs", "** 2", "** 3", "/", "**", "top"]),
    st.integers(0, 7), st.integers(0, 7)), max_size=25)


def model(lines, leaves):
    """The last of the values that the lines make from the leaves, and a few more, so that little is dead."""
    made = list(leaves)
    for op, i, k in lines:
        a, b = made[-1 - i % len(made)], made[-1 - k % len(made)]
        made.append({
            "+": lambda a=a, b=b: a + b,
            "*": lambda a=a, b=b: a * b,
            "-": lambda a=a, b=b: a - b,
            "+ 1": lambda a=a: a + 1.25,
            "* 2": lambda a=a: 2 * a,
            "relu": lambda a=a: a.relu(),
            "tanh": lambda a=a: a.tanh(),
            "sigmoid": lambda a=a: a.sigmoid(),
            "exp": lambda a=a: a.tanh().exp(),
            "log": lambda a=a: (a * a + 0.5).log(),
            "abs": lambda a=a: abs(a),
            "** 2": lambda a=a: a**2,
            "** 3": lambda a=a: a.tanh() ** 3,
            "/": lambda a=a, b=b: a / (b.tanh() + 2),
            "**": lambda a=a, b=b: (a.tanh() + 2) ** b.tanh(),
            "top": lambda a=a, b=b: log_sum_exp([a, b]),
        }[op]())
    *_, last = made
    return (last + sum(made[-5:])).tanh() + 0.1 * last


def same(found, wanted, scale):
    """To 1e-12 of the scale. What is no number stays none.

    A uniform factor moves out of a sum over the samples: if it is infinite, the sum may be infinite and not NaN.
    """
    if math.isfinite(wanted):
        return abs(found - wanted) <= 1e-12 * max(scale, 1.0)
    return not math.isfinite(found)


@st.composite
def problems(draw, number):
    width, count = draw(st.integers(0, 3)), draw(st.sampled_from([1, 2, 3, 8, 9, 17]))
    return (draw(lines), draw(st.lists(number, min_size=1, max_size=4)),
            draw(st.lists(st.lists(number, min_size=width, max_size=width), min_size=count, max_size=count)))


def agree(problem, reduction, backend):
    lines, starts, samples = problem
    parameters = [Value(x) for x in starts]

    def loss(*inputs):
        return model(lines, [*parameters, *inputs])

    penalty = 0.1 * sum(p * p for p in parameters)
    losses = [loss(*map(Value, sample)) for sample in samples]
    total = sum(losses) * (1 / len(losses) if reduction == "mean" else 1.0) + penalty
    total.backward()
    wanted = [p.grad for p in parameters]
    for p in parameters:
        p.grad = 0.0
    found = compile(loss, samples, parameters, penalty=penalty, reduction=reduction, backend=backend).backward()
    scale = max((abs(x) for x in wanted if math.isfinite(x)), default=1.0)
    assert same(found, total.data, abs(total.data))
    for p, slope in zip(parameters, wanted, strict=True):
        assert same(p.grad, slope, scale)


@pytest.mark.parametrize("backend", ["python", "numpy", "native"])
@given(problem=problems(numbers), reduction=st.sampled_from(["mean", "sum"]))
@calmly
def test_random_models(problem, reduction, backend):
    agree(problem, reduction, backend)


@pytest.mark.parametrize("backend", ["python", "numpy", "native"])
@given(problem=problems(with_odd_ones))
@calmly
def test_random_models_with_infinities_and_nan(problem, backend):
    agree(problem, "mean", backend)
