"""The witness itself on trial: it measures well, notices broken rules, and says when it cannot know."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.engine import RULES, Value, topological_order
from micrograd.gradcheck import GradientMismatch, gradcheck, kink, measured, numerical_gradient


def product(a, b):
    return a * b


def shared(a, b):
    c = a * b
    return c * (c + 1) + c * 2


def bent(a):
    return a * 2 if a.data > 0 else a + 0


# Measuring


def test_slopes_of_a_product():
    assert numerical_gradient(product, [2.0, -3.0]) == pytest.approx([-3.0, 2.0], rel=1e-9)


def test_one_slope_for_each_input_even_one_that_is_ignored():
    assert numerical_gradient(lambda a, b, c: a * 5, [1.0, 2.0, 3.0]) == pytest.approx([5.0, 0.0, 0.0])


@pytest.mark.parametrize("h", [1e-1, 1e-2, 1e-3])
def test_error_on_a_cube_is_the_square_of_the_nudge(h):
    [slope] = numerical_gradient(lambda x: x**3, [1.0], h)
    assert slope - 3 == pytest.approx(h * h, rel=1e-6)


def test_unasked_the_nudge_is_small():
    assert numerical_gradient(lambda x: x**3, [1.0]) == pytest.approx([3.0], rel=1e-8)


def test_a_large_input_is_nudged_in_proportion():
    [slope] = numerical_gradient(lambda x: x * x, [1e12])
    assert slope == pytest.approx(2e12, rel=1e-9)


def test_point_may_be_a_tuple_of_ints_and_is_not_changed():
    point = (2, -3)
    assert numerical_gradient(product, point) == pytest.approx([-3.0, 2.0])
    assert point == (2, -3)


def test_a_nudge_that_does_not_move_is_an_error():
    with pytest.raises(ZeroDivisionError):
        numerical_gradient(lambda x: x, [2.0], 1e-20)


# Right rules pass


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda a, b: a + b, (2.0, -3.0)),
        (lambda a, b: a * b, (2.0, -3.0)),
        (lambda a: a, (2.0,)),
        (lambda a: a * a * a, (-1.7,)),
        (shared, (2.0, 3.0)),
        (lambda a, b: a * 1e-9 + b, (2.0, 1e-3)),
        (lambda a, b: a * b, (1e-150, 1e150)),
        (lambda a, b: a + 0, (4.0, 5.0)),
        (lambda a, b: a * 0 + b * 0, (4.0, 5.0)),
    ],
)
def test_true_gradients_pass(f, point):
    assert gradcheck(f, *point) is True


numbers = st.floats(-100, 100)


@given(numbers, numbers)
def test_true_gradients_pass_anywhere(a, b):
    assert gradcheck(lambda a, b: (a + b) * a * 0.5 + b, a, b)


# Wrong rules are noticed, whatever the line looks like

WRONG = {
    "operands mixed up": lambda g, y, a, b: (g * a, g * b),
    "wrong sign": lambda g, y, a, b: (g * b, -g * a),
    "one parcel missing": lambda g, y, a, b: (g * b, 0.0),
    "g forgotten": lambda g, y, a, b: (b, a),
    "g squared": lambda g, y, a, b: (g * g * b, g * g * a),
    "off by a millionth": lambda g, y, a, b: (g * b * (1 + 1e-6), g * a),
    "not a number": lambda g, y, a, b: (math.nan, g * a),
    "infinite": lambda g, y, a, b: (g * b, math.inf),
}


@pytest.mark.parametrize("rule", WRONG.values(), ids=WRONG)
def test_one_line_notices_a_wrong_rule(monkeypatch, rule):
    monkeypatch.setitem(RULES, "*", rule)
    with pytest.raises(GradientMismatch):
        gradcheck(product, 2.0, -3.0)


def test_one_line_notices_an_overwriting_delivery(monkeypatch):
    def overwriting(self):
        self.grad = 1.0
        for value in reversed(topological_order(self)):
            if value._prev:
                parcels = RULES[value._op](value.grad, value.data, *[p.data for p in value._prev])
                for operand, parcel in zip(value._prev, parcels, strict=True):
                    operand.grad = parcel

    monkeypatch.setattr(Value, "backward", overwriting)
    with pytest.raises(GradientMismatch):
        gradcheck(product, 2.0, -3.0)


def test_a_shared_operand_notices_a_hasty_order(monkeypatch):
    def hasty(self):
        seen = set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                value._backward()
                for operand in value._prev:
                    visit(operand)

        self.grad = 1.0
        visit(self)

    monkeypatch.setattr(Value, "backward", hasty)
    assert gradcheck(product, 2.0, -3.0)
    with pytest.raises(GradientMismatch):
        gradcheck(shared, 2.0, 3.0)


def test_a_small_slope_reported_as_zero_is_noticed(monkeypatch):
    monkeypatch.setitem(RULES, "*", lambda g, y, a, b: (0.0, g * a))
    with pytest.raises(GradientMismatch):
        gradcheck(product, 1e-3, 1e-8)


def test_equal_operands_hide_a_mix_up(monkeypatch):
    monkeypatch.setitem(RULES, "*", WRONG["operands mixed up"])
    assert gradcheck(product, 3.0, 3.0)


def test_message_names_input_point_and_both_numbers(monkeypatch):
    monkeypatch.setitem(RULES, "*", lambda g, y, a, b: (g * b, g * b))
    with pytest.raises(GradientMismatch, match=r"input 1 at \(2\.0, -3\.0\): backward says -3\.0, nudging says 2\.0"):
        gradcheck(lambda a, b: a * b, 2.0, -3.0)
    assert issubclass(GradientMismatch, AssertionError)


def test_tolerance_is_the_callers_to_choose(monkeypatch):
    monkeypatch.setitem(RULES, "*", WRONG["off by a millionth"])
    assert gradcheck(product, 2.0, -3.0, tolerance=1e-5)


# Where there is nothing to know


@pytest.mark.parametrize("x", [0.5, -0.5])
def test_beside_a_kink_all_agree(x):
    assert gradcheck(bent, x)


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (bent, [0.0]),
        (lambda a: a.relu(), [0.0]),
        (abs, [0.0]),
        (lambda a: (a - 1e6).relu(), [1e6]),
        (lambda a: a.exp() + 1e-3 * a.relu(), [0.0]),
        (lambda a: a**2 if a.data > 0 else a**2 + 1, [0.0]),
        (lambda a, b: a * b + (a - b).relu(), [2.0, 2.0]),
        (lambda a: a**0.5, [0.0]),
    ],
)
def test_at_a_kink_there_is_no_verdict(f, point):
    with pytest.raises(ValueError, match="no verdict on input 0"):
        gradcheck(f, *point)


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda a: 1e3 * a**2, [0.0]),
        (lambda a: 1e3 * (a - 1) ** 2, [1.0]),
        (lambda a: 1e6 * a**2 + a, [1e-3]),
        (lambda a: (10 * a).exp(), [1.0]),
        (lambda a: 1 / a, [0.02]),
        (lambda a: (a * 30).tanh(), [0.01]),
        (lambda a: a.relu() * a, [0.5]),
    ],
)
def test_a_bend_is_no_kink(f, point):
    assert gradcheck(f, *point)


def test_a_kink_is_measured():
    assert kink(lambda a: abs(a) * 1.5, [0.0], 0) == pytest.approx(3.0)
    assert kink(lambda a, b: max(b, 7.0) + 100 * a * a, [1.0, 7.0], 1) == pytest.approx(1.0)
    assert kink(lambda a, b: max(b, 7.0) + 100 * a * a, [1.0, 7.0], 0) == pytest.approx(0.0, abs=1e-6)


def test_what_is_measured_comes_with_its_doubt():
    [(slope, doubt), (other, no_doubt)] = measured(lambda a, b: abs(a) + 5 * b, [0.0, 2.0])
    assert (slope, doubt) == pytest.approx((0.0, 2.0)) and other == pytest.approx(5.0) and no_doubt < 1e-9


# What is no question


def test_a_check_of_no_inputs_is_refused():
    with pytest.raises(ValueError, match=r"at which point\? .* gradcheck\(f, 2\.0, -3\.0\)"):
        gradcheck(lambda: Value(1.0))


@pytest.mark.parametrize("made, named", [(1.0, "float"), (None, "NoneType"), ([Value(1.0)], "list")])
def test_a_function_that_returns_no_value_is_refused(made, named):
    with pytest.raises(TypeError, match=f"f has to return a Value, not {named}"):
        gradcheck(lambda a: made, 2.0)


@pytest.mark.parametrize("point", [[2.0, -3.0], "ab", Value(2.0), None])
def test_a_point_is_made_of_numbers(point):
    with pytest.raises(TypeError, match="one real number, not"):
        gradcheck(lambda a: a, point)


def test_a_point_may_be_handed_out_number_by_number():
    assert numerical_gradient(product, (x for x in (2.0, -3.0))) == pytest.approx([-3.0, 2.0])
    assert numerical_gradient(product, {2.0: "a", -3.0: "b"}.keys()) == pytest.approx([-3.0, 2.0])


def test_too_near_to_a_kink_there_is_no_verdict():
    with pytest.raises(ValueError, match="no verdict on input 0"):
        gradcheck(bent, 1.5e-5)


def test_with_too_few_digits_left_there_is_no_verdict():
    with pytest.raises(ValueError, match="no verdict"):
        gradcheck(lambda a: (a + 1e9) + -1e9, 2.0)


def test_where_f_overflows_there_is_no_verdict():
    with pytest.raises(ValueError, match="no verdict"):
        gradcheck(lambda a: a * 1e308 * 10, 2.0)


# how much is allowed, to the factor of two


def test_a_flat_place_may_curve_a_little():
    assert gradcheck(lambda a: a**3, 1e-3)


def test_two_nudges_may_differ_by_a_ten_thousandth_and_no_more():
    assert gradcheck(lambda a: 1e5 * a**3, 0.0)
    with pytest.raises(ValueError, match="no verdict"):
        gradcheck(lambda a: 2e5 * a**3, 0.0)


def test_a_steep_place_may_curve_in_proportion():
    assert gradcheck(lambda a: 1e7 * a.exp(), 0.0)


@pytest.mark.parametrize(
    "value, wrong, noticed",
    [(0.5, 0.5e-10, False), (0.5, 1e-10, False), (0.5, 1.5e-10, True), (1e6, 0.5e-4, False), (1e6, 1.5e-4, True)],
)
def test_a_slope_of_nothing_may_be_off_by_a_rounding_of_the_value(value, wrong, noticed):
    def flat(a):
        out = Value(value, (a,), "flat")
        out._backward = lambda: setattr(a, "grad", a.grad + wrong * out.grad)
        return out

    if noticed:
        with pytest.raises(GradientMismatch):
            gradcheck(flat, 1.0)
    else:
        assert gradcheck(flat, 1.0)
