"""Whoever comes from karpathy/micrograd finds everything in its place."""

from __future__ import annotations

import math

import pytest

from micrograd import Value as FromPackage
from micrograd.engine import Value

# what a value is made of


def test_a_value_begins_with_the_five_attributes_of_the_classic():
    v = Value(3.0)
    assert (v.data, v.grad, tuple(v._prev), v._op) == (3.0, 0.0, (), "") and callable(v._backward)


def test_the_constructor_takes_children_and_op_by_position_and_by_name():
    a, b = Value(1.0), Value(2.0)
    by_position, by_name = Value(3.0, (a, b), "+"), Value(data=3.0, _children=(a, b), _op="+")
    for v in (by_position, by_name):
        assert (v.data, v.grad, v._prev, v._op) == (3.0, 0.0, (a, b), "+")


@pytest.mark.parametrize("kind", [tuple, list, set, iter])
def test_children_may_come_in_any_collection(kind):
    a, b = Value(1.0), Value(2.0)
    assert set(Value(3.0, kind([a, b]), "+")._prev) == {a, b}


def test_the_package_gives_the_value_of_its_engine():
    assert FromPackage is Value


def test_repr_has_the_classic_form():
    v = Value(-2.5)
    v.grad = 4.0
    assert repr(v) == str(v) == f"{v}" == "Value(data=-2.5, grad=4.0)"


def test_repr_of_a_result_says_nothing_of_its_past():
    assert repr(Value(2.0) * 3) == "Value(data=6.0, grad=0.0)"


@pytest.mark.parametrize("attribute, new", [("data", 7.0), ("grad", -1.5)])
def test_data_and_grad_can_be_written(attribute, new):
    v = Value(1.0)
    setattr(v, attribute, new)
    assert getattr(v, attribute) == new


def test_a_step_downhill_is_written_as_in_the_classic():
    w = Value(4.0)
    (w * w).backward()
    w.data -= 0.25 * w.grad
    w.grad = 0
    assert (w.data, w.grad) == (2.0, 0)


def test_a_gradient_set_to_the_integer_0_counts_as_none():
    w = Value(4.0)
    w.grad = 0
    (w * 3).backward()
    assert w.grad == 3.0


# what an operation writes down


@pytest.mark.parametrize(
    "result, op",
    [
        (lambda v: v + v, "+"),
        (lambda v: v * v, "*"),
        (lambda v: v**2, "**2"),
        (lambda v: v**-1, "**-1"),
        (lambda v: v**0.5, "**0.5"),
        (lambda v: v**2.0, "**2.0"),
        (lambda v: v.relu(), "ReLU"),
        (lambda v: -v, "*"),
        (lambda v: v - 1, "+"),
        (lambda v: v / 2, "*"),
        (lambda v: 1 / v, "*"),
    ],
)
def test_the_op_is_named_as_in_the_classic(result, op):
    assert result(Value(4.0))._op == op


@pytest.mark.parametrize(
    "result, value, operands",
    [
        (lambda v: v + 1, 5.0, [4.0, 1.0]),
        (lambda v: v * 3, 12.0, [4.0, 3.0]),
        (lambda v: v**2, 16.0, [4.0]),
        (lambda v: v.relu(), 4.0, [4.0]),
        (lambda v: -v, -4.0, [4.0, -1.0]),
        (lambda v: v - 1, 3.0, [4.0, -1.0]),
        (lambda v: v / 2, 2.0, [4.0, 0.5]),
    ],
)
def test_a_result_remembers_its_operands_in_their_order(result, value, operands):
    out = result(Value(4.0))
    assert out.data == value and [operand.data for operand in out._prev] == operands


@pytest.mark.parametrize(
    "reflected, value, gradient",
    [
        (lambda v: 10 + v, 14.0, 1.0),
        (lambda v: 10 - v, 6.0, -1.0),
        (lambda v: 10 * v, 40.0, 10.0),
        (lambda v: 10 / v, 2.5, -0.625),
        (lambda v: 2**v, 16.0, 16.0 * math.log(2.0)),
        (lambda v: sum([v, v, v]), 12.0, 3.0),
    ],
)
def test_a_number_may_stand_on_the_left(reflected, value, gradient):
    v = Value(4.0)
    out = reflected(v)
    out.backward()
    assert (out.data, v.grad) == (value, pytest.approx(gradient, rel=1e-15))


def test_adding_in_place_makes_a_new_value():
    before = v = Value(4.0)
    v += 1
    assert (before.data, v.data, v._prev[0] is before) == (4.0, 5.0, True)


# whole examples


def readme(a, b):
    """The function of the classic's README."""
    c = 2 * (2 * (a + b) + 1) + 1 - a
    d = 4 * (3 * (a * b + b**3) + (a + b).relu()) + (b - a).relu()
    difference = (c - d) ** 2
    return difference / 2 + 10 / difference


def test_the_readme_example_gives_its_three_numbers():
    a, b = Value(-4.0), Value(2.0)
    g = readme(a, b)
    g.backward()
    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def once_and_twice_used(x):
    """A sum of relus and products in which nearly every value is used more than once."""
    z = 2 * x + 2 + x
    gated = z.relu() + z * x
    return (z * z).relu() + gated + gated * x


@pytest.mark.parametrize("function, point", [(readme, (-4.0, 2.0)), (once_and_twice_used, (-4.0,))])
def test_the_classics_own_checks_agree_with_pytorch(function, point):
    torch = pytest.importorskip("torch")
    ours = [Value(x) for x in point]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    y, u = function(*ours), function(*theirs)
    y.backward()
    u.backward()
    assert y.data == pytest.approx(u.item(), rel=1e-14)
    assert [v.grad for v in ours] == pytest.approx([t.grad.item() for t in theirs], rel=1e-14)


def test_without_division_the_agreement_is_to_the_last_bit():
    torch = pytest.importorskip("torch")
    x, t = Value(-4.0), torch.tensor(-4.0, dtype=torch.float64, requires_grad=True)
    y, u = once_and_twice_used(x), once_and_twice_used(t)
    y.backward()
    u.backward()
    assert (y.data, x.grad) == (u.item(), t.grad.item())


def test_a_neuron_written_as_in_the_lecture():
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    x2w2.label = "x2*w2"
    n = x1w1 + x2w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    o.backward()
    assert [v.label for v in (x1, x1w1, n, o)] == ["x1", "x1*w1", "n", "o"]
    assert (o.data, x1.grad, w1.grad, x2.grad, w2.grad) == pytest.approx((0.5**0.5, -1.5, 1.0, 0.5, 0.0))


def test_the_lectures_tanh_from_an_exponential_is_the_same_function():
    a, b = Value(0.8814), Value(0.8814)
    e = (2 * a).exp()
    from_parts, whole = (e - 1) / (e + 1), b.tanh()
    from_parts.backward()
    whole.backward()
    assert (from_parts.data, a.grad) == pytest.approx((whole.data, b.grad), rel=1e-14)


def test_a_small_training_loop_in_the_classics_style_learns():
    w, b = Value(0.0), Value(0.0)
    for _ in range(200):
        loss = sum((w * x + b - y) ** 2 for x, y in [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)])
        for p in (w, b):
            p.grad = 0
        loss.backward()
        for p in (w, b):
            p.data += -0.1 * p.grad
    assert (w.data, b.data) == pytest.approx((2.0, 1.0), abs=1e-6)


# operations of one's own, in the classic's way


def cube(a):
    out = Value(a.data**3, (a,), "cube")

    def _backward():
        a.grad += 3 * a.data**2 * out.grad

    out._backward = _backward
    return out


def test_a_function_assigned_to_backward_is_called():
    a = Value(2.0)
    (10 * cube(a)).backward()
    assert a.grad == 120.0


def test_an_own_operation_may_stand_in_the_middle_of_a_shared_graph():
    a = Value(2.0)
    c = cube(a + 1)
    (c * c + a).backward()
    assert a.grad == 6 * 3.0**5 + 1


def test_an_own_backward_replaces_the_rule_of_its_node_only():
    a = Value(2.0)
    straight_through = a * 0.0
    straight_through._backward = lambda: setattr(a, "grad", a.grad + straight_through.grad)
    (straight_through * 5 + a * 7).backward()
    assert a.grad == 12.0


def test_an_own_backward_that_does_nothing_stops_the_walk_there():
    a = Value(2.0)
    stop = a * 3
    stop._backward = lambda: None
    (stop + a).backward()
    assert (stop.grad, a.grad) == (1.0, 1.0)


def test_an_operation_of_many_operands_works_with_an_own_backward():
    terms = [Value(float(i)) for i in range(5)]
    total = Value(math.fsum(t.data for t in terms), terms, "fsum")

    def _backward():
        for t in terms:
            t.grad += total.grad

    total._backward = _backward
    (total * 2).backward()
    assert [t.grad for t in terms] == [2.0] * 5


def test_an_operation_with_neither_a_rule_nor_an_own_backward_is_named():
    a = Value(2.0)
    with pytest.raises(LookupError, match=r"no rule for the operation 'twice'.*RULES\['twice'\].*_backward"):
        Value(4.0, (a,), "twice").backward()


def test_subclasses_override_backward_as_a_method():
    class Halved(Value):
        def _backward(self):
            self._prev[0].grad += self.grad / 2

    a = Value(2.0)
    (Halved(2.0, (a,), "half") * 8).backward()
    assert a.grad == 4.0
