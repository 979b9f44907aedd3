"""Every way by which a number might leave its graph: refused, kept in the graph, or documented.

A leak is an expression that makes something of a Value's number which no longer depends on the Value.
It may stay if one asks for it by name, and if the book says so; all others are errors.
"""

from __future__ import annotations

import array
import cmath
import copy
import decimal
import fractions
import itertools
import json
import math
import pickle
import statistics
import struct
from pathlib import Path

import pytest

from micrograd.engine import Value, topological_order

DIFFERENCES = Path(__file__).parents[2] / "book" / "differences.md"


def with_numpy(use):
    """An expression of NumPy, which may not be installed."""
    return lambda v: use(pytest.importorskip("numpy"), v)


def in_torch(v):
    torch = pytest.importorskip("torch")
    return torch.tensor(v)


REFUSED = {
    "float(v)": float,
    "int(v)": int,
    "complex(v)": complex,
    "fractions.Fraction(v)": fractions.Fraction,
    "decimal.Decimal(v)": decimal.Decimal,
    "Value(v)": Value,
    "range(v)": range,
    "[0, 1, 2][v]": lambda v: [0, 1, 2][v],
    "math.exp(v)": math.exp,
    "math.log(v)": math.log,
    "math.tanh(v)": math.tanh,
    "math.sqrt(v)": math.sqrt,
    "math.pow(v, 2)": lambda v: math.pow(v, 2),
    "math.hypot(v, v)": lambda v: math.hypot(v, v),
    "math.dist([v], [0.0])": lambda v: math.dist([v], [0.0]),
    "math.fsum([v])": lambda v: math.fsum([v]),
    "math.copysign(1.0, v)": lambda v: math.copysign(1.0, v),
    "math.isnan(v)": math.isnan,
    "math.isclose(v, 2.0)": lambda v: math.isclose(v, 2.0),
    "math.floor(v)": math.floor,
    "math.ceil(v)": math.ceil,
    "math.trunc(v)": math.trunc,
    "cmath.exp(v)": cmath.exp,
    "statistics.fmean([v])": lambda v: statistics.fmean([v]),
    "statistics.mean([v, v])": lambda v: statistics.mean([v, v]),
    "statistics.stdev([v, v])": lambda v: statistics.stdev([v, v]),
    "'%.2f' % v": lambda v: "%.2f".__mod__(v),
    "'%d' % v": lambda v: "%d".__mod__(v),
    "v // 1": lambda v: v // 1,
    "v % 1": lambda v: v % 1,
    "divmod(v, 1)": lambda v: divmod(v, 1),
    "json.dumps(v)": json.dumps,
    "struct.pack('d', v)": lambda v: struct.pack("d", v),
    "array.array('d', [v])": lambda v: array.array("d", [v]),
    "v.data = Value(3.0); -v": lambda v: [setattr(v, "data", Value(3.0)), -v],
    "np.array([v], dtype=float)": with_numpy(lambda np, v: np.array([v], dtype=float)),
    "np.asarray([v]).astype(float)": with_numpy(lambda np, v: np.asarray([v]).astype(float)),
    "np.float64(v)": with_numpy(lambda np, v: np.float64(v)),
    "np.zeros(1)[0] = v": with_numpy(lambda np, v: np.zeros(1).__setitem__(0, v)),
    "np.sqrt(v)": with_numpy(lambda np, v: np.sqrt(v)),
    "np.floor(v)": with_numpy(lambda np, v: np.floor(v)),
    "np.isnan(v)": with_numpy(lambda np, v: np.isnan(v)),
    "np.std([v, v])": with_numpy(lambda np, v: np.std([v, v])),
    "torch.tensor(v)": in_torch,
}

# What reads like a leak and is none: the result is made from v, and its slope comes back.
KEPT = {
    "abs(v)": (abs, 1.0),
    "sum([v, v])": (lambda v: sum([v, v]), 2.0),
    "math.prod([v, v])": (lambda v: math.prod([v, v]), 4.0),
    "pow(v, 2)": (lambda v: pow(v, 2), 4.0),
    "max(v, 0)": (lambda v: max(v, 0), 1.0),
    "sorted([v])[0]": (lambda v: sorted([v])[0], 1.0),
    "statistics.median([v, v])": (lambda v: statistics.median([v, v]), 1.0),
    "list(accumulate([v, v]))[1]": (lambda v: list(itertools.accumulate([v, v]))[1], 2.0),
    "np.array([v, v]).sum()": (with_numpy(lambda np, v: np.array([v, v]).sum()), 2.0),
    "np.mean([v, v])": (with_numpy(lambda np, v: np.mean([v, v])), 1.0),
    "np.exp(v)": (with_numpy(lambda np, v: np.exp(v)), math.exp(2.0)),
    "np.tanh([v])[0]": (with_numpy(lambda np, v: np.tanh([v])[0]), 1 - math.tanh(2.0) ** 2),
    "np.float64(3) * v": (with_numpy(lambda np, v: np.float64(3) * v), 3.0),
    "np.dot([1, 2], [v, v])": (with_numpy(lambda np, v: np.dot([1, 2], [v, v])), 3.0),
    "np.maximum(v, 0)": (with_numpy(lambda np, v: np.maximum(v, 0)), 1.0),
}

# What leaves the graph because it was asked to: the words by which the book says so, in "What leaves the graph".
DOCUMENTED = {
    "`v.data`": lambda v: v.data,
    "`v.detach()`": lambda v: v.detach(),
    "`v < 1`": lambda v: v < 1,
    "`v == 2.0`": lambda v: v == 2.0,
    "`if v:`": bool,
    "`round(v, 2)`": lambda v: round(v, 2),
    "`f'{v:.2f}'`": lambda v: f"{v:.2f}",
    "`print(v)`": str,
    "`copy.copy(w)`": copy.copy,
    "`copy.deepcopy(w)`": copy.deepcopy,
    "`pickle`": lambda v: pickle.loads(pickle.dumps(v)),
}


@pytest.mark.parametrize("expression", REFUSED)
def test_a_leak_is_refused(expression):
    with pytest.raises((TypeError, struct.error, RuntimeError if "torch" in expression else TypeError)):
        REFUSED[expression](Value(2.0))


@pytest.mark.parametrize("expression", ["float(v)", "math.exp(v)", "statistics.fmean([v])", "'%.2f' % v", "np.float64(v)"])
def test_the_error_says_what_to_write_instead(expression):
    with pytest.raises(TypeError, match=r"v\.data is the number, and v\.exp\(\) or the like is a Value"):
        REFUSED[expression](Value(2.0))


@pytest.mark.parametrize("expression", KEPT)
def test_what_is_made_from_a_value_sends_its_slope_back(expression):
    f, slope = KEPT[expression]
    v = Value(2.0)
    y = f(v)
    assert isinstance(y, Value) and v in topological_order(y)
    y.backward()
    assert v.grad == pytest.approx(slope)


@pytest.mark.parametrize("expression", DOCUMENTED)
def test_what_does_leave_the_graph_is_documented(expression):
    v = Value(2.0)
    left = DOCUMENTED[expression](v)
    assert not isinstance(left, Value) or v not in topological_order(left)
    section = DIFFERENCES.read_text(encoding="utf-8").split("## What leaves the graph")[1].split("\n## ")[0]
    assert expression in section
