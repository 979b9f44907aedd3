"""Numerical honesty: at every edge the engine does what PyTorch does in float64, or refuses by name.

The tables compare value and gradient. NaN counts as equal to NaN; a zero *value* must have the right sign;
a zero gradient need not, because gradients are added up from 0.0, and 0.0 + -0.0 is 0.0.
"""

from __future__ import annotations

import itertools
import math
import operator
from decimal import Decimal
from fractions import Fraction

import pytest

from micrograd.engine import Value, ieee_exp, ieee_log, ieee_pow, number

INF, NAN = math.inf, math.nan
TINY, SMALLEST_NORMAL, LARGEST = 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308

EDGES = (0.0, 1.0, 2.0, 3.0, 0.5, 1 / 3, 19.5, 40.0, 710.0, 1000.0, 1e200, LARGEST, SMALLEST_NORMAL, TINY, 1e-320, INF)
EDGES = (*EDGES, *(-x for x in EDGES), NAN)
ARRIVING = (1.0, -3.0, 0.0, INF, NAN)


def same(ours: float, theirs: float, slack: float = 4 * TINY) -> bool:
    """Equal to the last bits; below the normal floats, where those are few, to four of the smallest steps."""
    if math.isnan(theirs) or math.isinf(theirs):
        return ours == theirs or math.isnan(ours) and math.isnan(theirs)
    return abs(ours - theirs) <= 4e-15 * abs(theirs) + slack


def same_value(ours: float, theirs: float) -> bool:
    return same(ours, theirs) and (theirs != 0 or ours != 0 or math.copysign(1, ours) == math.copysign(1, theirs))


def ours_at(f, point, arriving):
    inputs = [Value(x) for x in point]
    y = f(*inputs)
    # What arrives is delivered as it is: no product with it, which could turn an infinity into NaN.
    root = Value(0.0, (y,), "deliver")
    root._backward = lambda: setattr(y, "grad", arriving)
    root.backward()
    return y.data, [v.grad for v in inputs]


def theirs_at(f, point, arriving):
    torch = pytest.importorskip("torch")
    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    y = f(*inputs)
    y.backward(torch.tensor(arriving, dtype=torch.float64))
    return y.item(), [t.grad.item() for t in inputs]


def exact_parcel(slope, point, arriving):
    """What arrives times the true slope, of which neither need fit into a float, as a float."""
    mpmath = pytest.importorskip("mpmath")
    return float(mpmath.mpf(arriving) * slope(*map(mpmath.mpf, point)))


def check_edges(f, points, arriving=ARRIVING, slack=0.0, slopes=()):
    """Every point with every gradient that may arrive, against PyTorch, to within slack times what arrives.

    Where PyTorch loses a slope to 0 times infinity, the true slopes may be met instead, if they are given.
    """
    different = []
    for point, g in itertools.product(points, arriving):
        (y, grads), (u, theirs_there) = ours_at(f, point, g), theirs_at(f, point, g)
        near = [
            same(ours, theirs, (slack * abs(g) if slack else 0.0) + 4 * TINY)
            for ours, theirs in zip(grads, theirs_there, strict=True)
        ]
        for i, slope in enumerate(slopes):
            if math.isnan(theirs_there[i]) and all(math.isfinite(x) and x for x in point):
                near[i] = near[i] or same(grads[i], exact_parcel(slope, point, g))
        if not (same_value(y, u) and all(near)):
            different.append(f"{point}, {g} arriving: {y} {grads}, PyTorch {u} {theirs_there}")
    assert not different, "\n".join(different)


# The tables

UNARY = {
    "neg": lambda v: -v,
    "relu": lambda v: v.relu(),
    "exp": lambda v: v.exp(),
    "log": lambda v: v.log(),
    "tanh": lambda v: v.tanh(),
    "sigmoid": lambda v: v.sigmoid(),
    "abs": abs,
    "abs()": lambda v: v.abs(),
}


@pytest.mark.parametrize("name", UNARY)
def test_a_function_does_at_every_edge_what_pytorch_does(name):
    # 1 - y * y ends in other bits where the processor multiplies and subtracts in one step, as PyTorch lets it.
    check_edges(
        UNARY[name], [(x,) for x in EDGES if (name, x) != ("sigmoid", -710.0)], slack=2.3e-16 * (name == "tanh")
    )


def test_a_very_small_sigmoid_is_not_yet_0():
    """PyTorch's is, from about -709.8 on, where exp(-x) overflows; the true value is still a float until -745."""
    y, (grad,) = ours_at(lambda v: v.sigmoid(), (-710.0,), 1.0)
    assert y == grad == math.exp(-710.0) > 0


@pytest.mark.parametrize("n", [0, -0.0, 1, 2, 3, -1, -2, -3, 1.5, 1 / 3, 2.5, -1.5, 999, 1000, -999, INF, -INF, NAN])
def test_a_constant_power_does_at_every_edge_what_pytorch_does(n):
    # PyTorch takes square roots in the powers 0.5 and 1.5; see below for minus infinity and minus zero.
    # Whether minus infinity, less 1, is even or odd is nobody's to say, so it has no slopes at negative numbers.
    left_out = {1.5: [-INF], -1.5: [-0.0], -INF: [x for x in EDGES if math.copysign(1, x) < 0]}.get(n, [])
    points = [(x,) for x in EDGES if str(x) not in map(str, left_out)]
    check_edges(lambda v: v**n, points, slopes=[lambda x: n * x ** (n - 1)])


@pytest.mark.parametrize("n", [0.5, -0.5])
def test_a_root_does_what_pytorch_does_except_at_minus_zero_and_minus_infinity(n):
    points = [(x,) for x in EDGES if x != -INF and (x != 0 or math.copysign(1, x) > 0)]
    check_edges(lambda v: v**n, points, slopes=[lambda x: n * x ** (n - 1)])


@pytest.mark.parametrize("x, power", [(-0.0, 0.0), (-INF, INF)])
def test_at_minus_zero_and_minus_infinity_a_root_is_a_power_as_ieee_754_has_it(x, power):
    """PyTorch agrees where the exponent is a tensor; where it is the number 0.5, PyTorch takes a square root."""
    torch = pytest.importorskip("torch")
    assert str((Value(x) ** 0.5).data) == str((Value(x) ** Value(0.5)).data) == str(power)
    assert str((torch.tensor(x, dtype=torch.float64) ** torch.tensor(0.5, dtype=torch.float64)).item()) == str(power)


@pytest.mark.parametrize("c", [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, INF, -INF, NAN])
@pytest.mark.parametrize(
    "f",
    [
        lambda v, c: v + c,
        lambda v, c: c + v,
        lambda v, c: v - c,
        lambda v, c: c - v,
        lambda v, c: v * c,
        lambda v, c: c * v,
        lambda v, c: v / c,
        lambda v, c: c**v,
    ],
    ids=["v+c", "c+v", "v-c", "c-v", "v*c", "c*v", "v/c", "c**v"],
)
def test_arithmetic_with_a_number_does_at_every_edge_what_pytorch_does(f, c):
    check_edges(lambda v: f(v, c), [(x,) for x in EDGES])


@pytest.mark.parametrize("name", ["+", "-", "*", "**"])
def test_arithmetic_of_two_values_does_at_every_edge_what_pytorch_does(name):
    f = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "**": lambda a, b: a**b}[name]
    slopes = [lambda a, b: b * abs(a) ** (b - 1) * (-1) ** (a < 0)] if name == "**" else []
    check_edges(f, itertools.product(EDGES, EDGES), arriving=(1.0, -3.0, INF), slopes=slopes)


# A quotient is a product with a power of -1. Where that power leaves the floats,
# PyTorch's division, which is one operation, gives other numbers; the book says so.
DIVISIBLE = (0.0, 1.0, 3.0, 1 / 3, 1e-150, 1e150, 1e-300, 1e300, SMALLEST_NORMAL, INF)
DIVISIBLE = (*DIVISIBLE, *(-x for x in DIVISIBLE), NAN)


def test_division_does_what_pytorch_does_where_the_denominator_is_a_normal_float():
    check_edges(lambda a, b: a / b, itertools.product(DIVISIBLE, DIVISIBLE), arriving=(1.0, -3.0))


@pytest.mark.parametrize("c", DIVISIBLE)
def test_a_number_over_a_value_does_what_pytorch_does(c):
    """What PyTorch does with two tensors: a number over a tensor, it makes of the tensor's square."""
    torch = pytest.importorskip("torch")
    check_edges(
        lambda v: (c if isinstance(v, Value) else torch.tensor(c, dtype=torch.float64)) / v,
        [(x,) for x in DIVISIBLE],
        arriving=(1.0, -3.0),
    )


@pytest.mark.parametrize(
    "a, b, to_b",
    [
        (1e-170, 1e-160, -1e150),
        (1e-300, 1e-200, -1e100),
        (1e300, 1e200, -1e-100),
        (1e200, 1e160, -1e-120),
        (-1e-300, 1e-290, 1e280),
        (LARGEST, 1e300, -1.7976931348623157e-292),
        (TINY, 1e-300, -4.940656458412465e276),
    ],
)
def test_the_slope_of_a_quotient_is_right_wherever_it_is_a_float(a, b, to_b):
    for quotient in (lambda v: Value(a) / v, lambda v: a / v, lambda v: a * v**-1, lambda v: a * v**-1.0):
        v = Value(b)
        y = quotient(v)
        (slope,) = y.gradients([v])
        y.backward()
        assert v.grad == slope.data == pytest.approx(to_b, rel=1e-15, abs=0.0)


SIZES = (1e-300, 1e-200, 1e-160, 1e-100, 1e-10, 1.0, 3.0, 1e10, 1e100, 1e160, 1e200, 1e300, LARGEST)


@pytest.mark.parametrize("a", [*SIZES, *(-x for x in SIZES), TINY, 1e-310])
def test_both_derivatives_of_a_quotient_are_right_wherever_they_are_floats(a):
    mpmath = pytest.importorskip("mpmath")
    for b in (*SIZES, *(-x for x in SIZES), SMALLEST_NORMAL):
        x, z = Value(a), Value(b)
        slopes = (x / z).gradients([x, z])
        over = (a / z).gradients([z])[0]
        under = (x / b).gradients([x])[0]
        bends = [h for slope in slopes for h in slope.gradients([x, z])]
        p, q = mpmath.mpf(a), mpmath.mpf(b)
        with mpmath.workdps(40):
            exact = [1 / q, -p / q**2, -p / q**2, 1 / q, 0, -1 / q**2, -1 / q**2, 2 * p / q**3, 2 * p / q**3]
        found = [*slopes, over, under, *bends, over.gradients([z])[0]]
        for ours, truth in zip(found, exact, strict=True):
            if truth == 0 or SMALLEST_NORMAL <= abs(truth) <= LARGEST:
                assert ours.data == pytest.approx(float(truth), rel=4e-15, abs=0.0), (a, b)


@pytest.mark.parametrize(
    "n, a, arriving, parcel",
    [(-2, 1e-110, 1e-100, -2e230), (-0.5, 1e-250, 1e-100, -5e274), (-1.5, 1e200, 1e300, -1.5e-200), (-3, -1e90, 1e250, -3e-110)],
)
def test_what_arrives_meets_a_falling_power_before_it_falls_further(n, a, arriving, parcel):
    _, (grad,) = ours_at(lambda v: v**n, (a,), arriving)
    assert grad == pytest.approx(parcel, rel=1e-13, abs=0.0)


@pytest.mark.parametrize(
    "a, b, quotient, ours",
    [(1e-5, 1e-310, 1e305, INF), (0.0, 1e-310, 0.0, NAN), (1e200, 1e200, 1.0, 1.0)],
)
def test_the_documented_difference_of_division(a, b, quotient, ours):
    assert a / b == pytest.approx(quotient, rel=1e-6)
    assert same(Value(a).__truediv__(Value(b)).data, ours) and same((Value(a) / b).data, ours)


# The same, said number by number: what a reader of the book may rely on, also without PyTorch


@pytest.mark.parametrize(
    "f, x, value, slope",
    [
        (lambda v: v.tanh(), 1000.0, 1.0, 0.0),
        (lambda v: v.tanh(), -1000.0, -1.0, 0.0),
        (lambda v: v.tanh(), -0.0, -0.0, 1.0),
        (lambda v: v.sigmoid(), 1000.0, 1.0, 0.0),
        (lambda v: v.sigmoid(), -1000.0, 0.0, 0.0),
        (lambda v: v.sigmoid(), 0.0, 0.5, 0.25),
        (lambda v: v.sigmoid(), -0.0, 0.5, 0.25),
        (lambda v: v.sigmoid(), INF, 1.0, 0.0),
        (lambda v: v.sigmoid(), -INF, 0.0, 0.0),
        (lambda v: v.exp(), 1000.0, INF, INF),
        (lambda v: v.exp(), -1000.0, 0.0, 0.0),
        (lambda v: v.log(), 0.0, -INF, INF),
        (lambda v: v.log(), -0.0, -INF, -INF),
        (lambda v: v.log(), -1.0, NAN, -1.0),
        (lambda v: v.log(), INF, INF, 0.0),
        (lambda v: v.relu(), 0.0, 0.0, 0.0),
        (lambda v: v.relu(), -0.0, -0.0, 0.0),
        (lambda v: v.relu(), NAN, NAN, 1.0),
        (lambda v: v.relu(), INF, INF, 1.0),
        (lambda v: v.relu(), -INF, 0.0, 0.0),
        (lambda v: v.relu(), TINY, TINY, 1.0),
        (abs, 0.0, 0.0, 0.0),
        (abs, -0.0, 0.0, 0.0),
        (abs, NAN, NAN, 0.0),
        (abs, -INF, INF, -1.0),
        (abs, -TINY, TINY, -1.0),
        (lambda v: v**0.5, 0.0, 0.0, INF),
        (lambda v: v**0, 0.0, 1.0, 0.0),
        (lambda v: v**0, NAN, 1.0, 0.0),
        (lambda v: v**1, 0.0, 0.0, 1.0),
        (lambda v: v**2, 0.0, 0.0, 0.0),
        (lambda v: v**-1, 0.0, INF, -INF),
        (lambda v: v**-1, -0.0, -INF, -INF),
        (lambda v: v**-2, -0.0, INF, INF),
        (lambda v: v**0.5, -1.0, NAN, NAN),
        (lambda v: v ** (1 / 3), -8.0, NAN, NAN),
        (lambda v: v**3, -2.0, -8.0, 12.0),
        (lambda v: v**400, 10.0, INF, INF),
        (lambda v: v**401, -10.0, -INF, INF),
        (lambda v: 1 / v, 0.0, INF, -INF),
        (lambda v: v / 0, 1.0, INF, INF),
        (lambda v: v / 0, -1.0, -INF, INF),
        (lambda v: v / 0, 0.0, NAN, INF),
        (lambda v: v / -0.0, 1.0, -INF, -INF),
        (lambda v: v - v, INF, NAN, 0.0),
        (lambda v: v * 0, INF, NAN, 0.0),
        (lambda v: 2**v, 2000.0, INF, INF),
        (lambda v: 0**v, 2.0, 0.0, 0.0),
        (lambda v: 0**v, -1.0, INF, -INF),
        (lambda v: (-2) ** v, 2.0, 4.0, NAN),
        (lambda v: 1**v, NAN, 1.0, 0.0),
        (lambda v: v * 1e308 * 10, 1.0, INF, INF),
    ],
)
def test_at_the_edge(f, x, value, slope):
    y, (grad,) = ours_at(f, (x,), 1.0)
    assert same_value(y, value) and same(grad, slope), f"{y}, slope {grad}"


@pytest.mark.parametrize(
    "a, b, value, slopes",
    [
        (0.0, 0.0, 1.0, (0.0, 0.0)),
        (0.0, 2.0, 0.0, (0.0, 0.0)),
        (0.0, 1.0, 0.0, (1.0, 0.0)),
        (0.0, 0.5, 0.0, (INF, 0.0)),
        (0.0, -1.0, INF, (-INF, -INF)),
        (-2.0, 2.0, 4.0, (-4.0, NAN)),
        (-2.0, 0.5, NAN, (NAN, NAN)),
        (2.0, 0.0, 1.0, (0.0, math.log(2.0))),
        (-2.0, 0.0, 1.0, (0.0, NAN)),
        (1.0, NAN, 1.0, (NAN, 0.0)),
        (NAN, 0.0, 1.0, (0.0, NAN)),
        (INF, -1.0, 0.0, (0.0, NAN)),
        (10.0, 400.0, INF, (INF, INF)),
    ],
)
def test_a_value_to_the_power_of_a_value_at_the_edge(a, b, value, slopes):
    y, grads = ours_at(lambda a, b: a**b, (a, b), 1.0)
    assert same_value(y, value) and all(map(same, grads, slopes)), f"{y}, slopes {grads}"


@pytest.mark.parametrize(
    "f, x, arriving, parcel",
    [
        (lambda v: v.log(), 0.0, -3.0, -INF),
        (lambda v: v.log(), -0.0, -3.0, INF),
        (lambda v: v.log(), 0.0, 0.0, NAN),
        (lambda v: v.log(), 1e-320, 0.0, 0.0),
        (lambda v: v.log(), 1e-310, 1e-10, 1e-10 / 1e-310),
        (abs, 0.0, INF, NAN),
        (abs, -2.0, -3.0, 3.0),
        (lambda v: v.relu(), -2.0, INF, 0.0),
        (lambda v: v.relu(), 0.0, NAN, 0.0),
        (lambda v: v**0, 2.0, INF, 0.0),
        (lambda v: v ** Value(0.0), 2.0, INF, 0.0),
        (lambda v: v**0.5, 0.0, -3.0, -INF),
        (lambda v: v**0.5, 0.0, 0.0, NAN),
        (lambda v: 0**v, 2.0, INF, NAN),
        (lambda v: 0**v, 2.0, -3.0, 0.0),
    ],
)
def test_what_arrives_at_an_edge_is_passed_on(f, x, arriving, parcel):
    _, (grad,) = ours_at(f, (x,), arriving)
    assert same(grad, parcel), grad


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("lost", [NAN])
def test_nan_stays_visible_through_a_function(name, lost):
    assert math.isnan(UNARY[name](Value(lost)).data)


@pytest.mark.parametrize("f", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b])
def test_nan_stays_visible_through_arithmetic(f):
    assert math.isnan(f(Value(NAN), Value(2.0)).data) and math.isnan(f(Value(2.0), Value(NAN)).data)


@pytest.mark.parametrize("x", EDGES)
@pytest.mark.parametrize("name", UNARY)
def test_no_function_raises_at_any_float(name, x):
    ours_at(UNARY[name], (x,), 1.0)


# The IEEE helpers against the C library's own arithmetic, where NumPy shows it


@pytest.mark.parametrize("a", EDGES)
def test_powers_are_those_of_ieee_754(a):
    numpy = pytest.importorskip("numpy")
    with numpy.errstate(all="ignore"):
        for b in (*EDGES, -5.0, 999.0, -999.0, 2.0**60):
            if b == 0.5 and a <= 0:
                continue  # NumPy takes a square root
            assert same_value(ieee_pow(a, b), float(numpy.power(numpy.float64(a), numpy.float64(b)))), (a, b)


@pytest.mark.parametrize("x", [*EDGES, 709.782712893384, 709.7827128933841, -745.13, -745.14])
def test_exponentials_and_logarithms_are_those_of_ieee_754(x):
    numpy = pytest.importorskip("numpy")
    with numpy.errstate(all="ignore"):
        assert same_value(ieee_exp(x), float(numpy.exp(numpy.float64(x))))
        assert same_value(ieee_log(x), float(numpy.log(numpy.float64(x))))


# What may stand in a value


@pytest.mark.parametrize(
    "given, held",
    [
        (3, 3.0),
        (-0.0, -0.0),
        (True, 1.0),
        (False, 0.0),
        (2**53 + 1, 2.0**53),
        (Fraction(1, 3), 1 / 3),
        (Fraction(10**400, 10**399), 10.0),
        (INF, INF),
    ],
)
def test_a_real_number_is_held_as_the_nearest_float(given, held):
    v = Value(given)
    assert type(v.data) is float and str(v.data) == str(held)


class Celsius(float):
    """A float with a name."""


def test_a_subclass_of_float_is_held_as_a_plain_float():
    assert type(Value(Celsius(20.0)).data) is float


REFUSED = {
    "str": "1.0",
    "bytes": b"1.0",
    "NoneType": None,
    "complex": 1 + 0j,
    "list": [1.0],
    "tuple": (1.0,),
    "dict": {},
    "set": {1.0},
    "Decimal": Decimal("1.5"),
    "type": float,
    "object": object(),
    "ellipsis": ...,
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize(
    "use",
    [
        Value,
        number,
    ],
    ids=["Value(x)", "number(x)"],
)
def test_what_is_no_real_number_is_refused_by_name(use, name):
    with pytest.raises(TypeError, match=f"one real number, not {name}"):
        use(REFUSED[name])


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("sign", [*ARITHMETIC, *ORDERED])
def test_an_operator_declines_what_is_no_real_number_and_python_says_so(sign, name):
    v, x, f = Value(1.0), REFUSED[name], {**ARITHMETIC, **ORDERED}[sign]
    message = r"unsupported operand type|not supported between|can't multiply sequence|can only concatenate|can't concat"
    for operands in ((v, x), (x, v)):
        with pytest.raises(TypeError, match=message) as caught:
            f(*operands)
        assert "Value" in str(caught.value)


class Foreign:
    """A class that has never heard of Value, and takes anything."""

    def answer(self, other):
        return self, other

    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = answer
    __lt__ = __le__ = __gt__ = __ge__ = answer


@pytest.mark.parametrize("sign", [*ARITHMETIC, *ORDERED])
def test_a_foreign_operand_on_the_right_is_asked(sign):
    v, foreign = Value(1.0), Foreign()
    assert {**ARITHMETIC, **ORDERED}[sign](v, foreign) == (foreign, v)


@pytest.mark.parametrize("sign", ARITHMETIC)
def test_a_foreign_operand_on_the_left_that_declines_is_not_asked_again(sign):
    v, foreign = Value(1.0), Foreign()
    with pytest.raises(TypeError, match="unsupported operand type.*Foreign.*Value"):
        ARITHMETIC[sign](foreign, v)


@pytest.mark.parametrize("x", ["a", None, [1.0], 1j, object()])
@pytest.mark.parametrize(
    "compare", [lambda v, x: v < x, lambda v, x: v <= x, lambda v, x: v > x, lambda v, x: v >= x, lambda v, x: x < v]
)
def test_comparing_with_what_is_no_number_is_a_type_error(compare, x):
    with pytest.raises(TypeError, match="not supported between instances"):
        compare(Value(1.0), x)


def test_a_value_of_a_value_is_refused():
    with pytest.raises(TypeError, match="one real number, not Value"):
        Value(Value(1.0))


@pytest.mark.parametrize("huge", [10**400, -(10**400), Fraction(10**400)])
def test_a_number_beyond_the_floats_is_refused_as_pytorch_refuses_it(huge):
    for use in (Value, lambda x: Value(1.0) * x, lambda x: Value(1.0) ** x, lambda x: x + Value(1.0)):
        with pytest.raises(OverflowError, match="too large"):
            use(huge)
    torch = pytest.importorskip("torch")
    with pytest.raises(OverflowError, match="too large"):
        torch.tensor(huge, dtype=torch.float64)


def test_a_number_beyond_the_floats_can_still_be_compared_with():
    assert Value(1.0) < 10**400 and Value(INF) > 10**400


@pytest.mark.parametrize("exponent, op", [(2, "**2"), (True, "**1.0"), (Fraction(1, 2), "**0.5"), (2.0, "**2.0")])
def test_an_exponent_is_named_as_it_was_written_if_it_is_a_plain_int_and_as_a_float_otherwise(exponent, op):
    assert (Value(4.0) ** exponent)._op == op


@pytest.mark.parametrize("n", [1 / 3, 0.1 + 0.2, 1e-300, 2**53 + 1, -7, 1e22, TINY, LARGEST])
def test_an_exponent_is_read_back_from_its_name_to_the_last_bit(n):
    # At 1 the slope of a power is the exponent itself.
    a = Value(1.0)
    (a**n).backward()
    assert a.grad == float(n)


# NumPy


def scalars():
    numpy = pytest.importorskip("numpy")
    kinds = ["float16", "float32", "float64", "longdouble", "int8", "int64", "uint8", "uint64"]
    return [getattr(numpy, kind)(3) for kind in kinds] + [numpy.array(3.0), numpy.array(3)]


@pytest.mark.parametrize(
    "f, value, slope",
    [
        (lambda v, s: v + s, 5.0, 1.0),
        (lambda v, s: s + v, 5.0, 1.0),
        (lambda v, s: v - s, -1.0, 1.0),
        (lambda v, s: s - v, 1.0, -1.0),
        (lambda v, s: v * s, 6.0, 3.0),
        (lambda v, s: s * v, 6.0, 3.0),
        (lambda v, s: v / s, 2 / 3, 1 / 3),
        (lambda v, s: s / v, 1.5, -0.75),
        (lambda v, s: v**s, 8.0, 12.0),
        (lambda v, s: s**v, 9.0, 9 * math.log(3.0)),
    ],
    ids=["v+s", "s+v", "v-s", "s-v", "v*s", "s*v", "v/s", "s/v", "v**s", "s**v"],
)
def test_a_scalar_of_numpy_works_on_either_side(f, value, slope):
    for s in scalars():
        v = Value(2.0)
        y = f(v, s)
        assert type(y) is Value and type(y.data) is float
        y.backward()
        assert (y.data, v.grad) == pytest.approx((value, slope), rel=1e-15), type(s)
        assert type(v.grad) is float and all(type(operand.data) is float for operand in y._prev)


@pytest.mark.parametrize("truth", [True, False])
def test_a_bool_of_numpy_is_a_bool(truth):
    numpy = pytest.importorskip("numpy")
    flag, v = numpy.bool_(truth), Value(3.0)
    assert type(Value(flag).data) is float and Value(flag).data == float(truth)
    for y in (v * flag, flag * v, v + flag, flag + v, v - flag, v**flag):
        assert type(y) is Value
    assert (v * flag).data == (flag * v).data == 3.0 * truth and (v - flag).data == 3.0 - truth
    assert v > flag and flag < v


def test_a_scalar_of_numpy_is_held_as_a_plain_float():
    for s in scalars()[:-2]:
        assert type(Value(s).data) is float and Value(s).data == 3.0


def test_a_byte_is_subtracted_and_not_wrapped_around():
    numpy = pytest.importorskip("numpy")
    assert (Value(2.0) - numpy.uint8(3)).data == -1.0 and (Value(2.0) - numpy.int8(-128)).data == 130.0


def test_a_single_precision_number_keeps_its_own_value():
    numpy = pytest.importorskip("numpy")
    assert Value(numpy.float32(0.1)).data == 0.10000000149011612


def test_scalars_of_numpy_compare_on_either_side():
    for s in scalars():
        v = Value(2.0)
        assert v < s and v <= s and s > v and s >= v and not v > s and not s < v


@pytest.mark.parametrize("f", [lambda a, v: a + v, lambda a, v: a - v, lambda a, v: a * v, lambda a, v: a / v])
def test_an_array_on_the_left_gives_an_array_of_values(f):
    numpy = pytest.importorskip("numpy")
    v = Value(2.0)
    results = f(numpy.array([[1.0, 4.0]]), v)
    assert results.dtype == object and results.shape == (1, 2)
    assert [y.data for y in results.flat] == [f(1.0, 2.0), f(4.0, 2.0)]
    alone = [Value(2.0), Value(2.0)]
    (f(1.0, alone[0]) + f(4.0, alone[1])).backward()
    results.sum().backward()
    assert v.grad == alone[0].grad + alone[1].grad


def test_gradients_flow_through_arrays_of_values():
    numpy = pytest.importorskip("numpy")
    weights = numpy.array([Value(1.0), Value(-2.0)])
    y = numpy.array([3.0, 5.0]) @ weights
    y.backward()
    assert (y.data, [w.grad for w in weights]) == (-7.0, [3.0, 5.0])


@pytest.mark.parametrize("sign", ARITHMETIC)
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (2, 0)])
@pytest.mark.parametrize("of_values", [False, True])
def test_an_array_on_either_side_gives_an_array_of_values(sign, shape, of_values):
    numpy = pytest.importorskip("numpy")
    f, v = ARITHMETIC[sign], Value(2.0)
    numbers = 0.5 + numpy.arange(math.prod(shape), dtype=float).reshape(shape)
    array = numpy.vectorize(Value, otypes=[object])(numbers) if of_values and numbers.size else numbers
    for found, wanted in ((f(v, array), f(2.0, numbers)), (f(array, v), f(numbers, 2.0))):
        assert found.dtype == object and found.shape == shape and {type(y) for y in found.flat} <= {Value}
        assert [y.data for y in found.flat] == pytest.approx(wanted.ravel().tolist())
        if found.size:
            v.grad = 0.0
            found.sum().backward()
            assert v.grad != 0.0


@pytest.mark.parametrize("sign", ORDERED)
def test_an_array_is_compared_with_element_by_element(sign):
    numpy = pytest.importorskip("numpy")
    f, array = ORDERED[sign], numpy.array([1.0, 2.0, 3.0])
    assert f(Value(2.0), array).tolist() == f(2.0, array).tolist()
    assert f(array, Value(2.0)).tolist() == f(array, 2.0).tolist()


@pytest.mark.parametrize("shape", [(), (1,), (2, 2)])
def test_an_array_as_data_is_refused_by_name(shape):
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="one real number, not ndarray"):
        Value(numpy.ones(shape))


def test_a_complex_scalar_of_numpy_is_refused():
    numpy = pytest.importorskip("numpy")
    for f in (lambda c: Value(1.0) * c, lambda c: c * Value(1.0)):
        with pytest.raises(TypeError, match="unsupported operand type.* 'Value' and 'complex'|'complex' and 'Value'"):
            f(numpy.complex128(1.0))
    with pytest.raises(TypeError, match="one real number, not complex128"):
        Value(numpy.complex128(1.0))


@pytest.mark.parametrize("sign", ARITHMETIC)
def test_a_tensor_is_refused(sign):
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="one real number, not Tensor"):
        Value(torch.tensor(1.0))
    for operands in ((Value(1.0), torch.tensor(1.0)), (torch.tensor(1.0), Value(1.0))):
        with pytest.raises(TypeError):
            ARITHMETIC[sign](*operands)
