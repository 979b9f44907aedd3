"""How a value behaves as a Python object: comparing, hashing, converting, dying, subclassing, importing."""

from __future__ import annotations

import copy
import gc
import inspect
import itertools
import math
import operator
import pickle
import subprocess
import sys
import weakref

import pytest

import micrograd
from micrograd import engine
from micrograd.engine import (
    RULES,
    Rules,
    Value,
    attributes,
    constant_pow_rule,
    gate,
    number,
    plain,
    topological_order,
)
from micrograd.losses import highest

NUMBERS = (-math.inf, -1.0, -0.0, 0.0, 1.0, 2.5, math.inf, math.nan)
COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

# comparing


@pytest.mark.parametrize("sign", COMPARISONS)
def test_values_compare_as_their_numbers_do(sign):
    compare = COMPARISONS[sign]
    for a, b in itertools.product(NUMBERS, NUMBERS):
        assert compare(Value(a), Value(b)) is compare(Value(a), b) is compare(a, Value(b)) is compare(a, b), (a, b)


def test_sorting_finds_the_order_of_the_numbers():
    values = [Value(x) for x in (3.0, -1.0, 2.0, math.inf, -math.inf)]
    assert [v.data for v in sorted(values)] == [-math.inf, -1.0, 2.0, 3.0, math.inf]
    assert max(values).data == math.inf and min(values, key=abs).data == -1.0


def test_max_gives_the_very_node():
    a, b = Value(1.0), Value(2.0)
    assert max(a, b) is b and min(a, b) is a


def test_equality_asks_for_the_same_node():
    a, b = Value(3.0), Value(3.0)
    assert a == a and a != b and a != 3.0 and not a == 3.0 and 3.0 != a
    assert a in [a] and a not in [b]


def test_nan_is_the_same_node_as_itself():
    a = Value(math.nan)
    assert a == a and a in {a}


def test_equal_numbers_are_two_members_of_a_set():
    a, b = Value(3.0), Value(3.0)
    assert len({a, b}) == 2 and {a: 1, b: 2}[b] == 2


def test_the_hash_survives_every_change_of_the_value():
    a = Value(3.0)
    before = hash(a)
    a.data, a.grad, a.label = 4.0, 1.0, "x"
    assert hash(a) == before


# converting


@pytest.mark.parametrize("form", [".2f", "8.3f", "e", "g", "+.1f", ">12.4f", "_^9", "%", "08.2f", ",.1f", "n", "<7"])
@pytest.mark.parametrize("x", NUMBERS)
def test_a_value_is_formatted_as_its_number(form, x):
    assert f"{Value(x):{form}}" == format(x, form) == f"{{:{form}}}".format(Value(x))


def test_without_a_form_it_is_its_repr():
    v = Value(0.5)
    assert f"{v}" == format(v) == str(v) == repr(v) == f"{v!r}" and f"{v!r:>30}" == repr(v).rjust(30)


@pytest.mark.parametrize("form", ["d", "x", "s", ".2q"])
def test_a_form_that_a_float_does_not_know_is_an_error(form):
    with pytest.raises(ValueError):
        format(Value(1.0), form)


@pytest.mark.parametrize("x", [2.675, -0.5, 1234.5678, 3.0])
@pytest.mark.parametrize("digits", [(), (None,), (0,), (2,), (-2,)])
def test_a_value_is_rounded_as_its_number(x, digits):
    ours, pythons = round(Value(x), *digits), round(x, *digits)
    assert ours == pythons and type(ours) is type(pythons)


def test_a_value_is_no_integer_and_no_complex_number():
    with pytest.raises(TypeError):
        int(Value(2.0))
    with pytest.raises(TypeError):
        [10, 20, 30][Value(1.0)]


@pytest.mark.parametrize("data", [5, True, 10**20])
def test_a_number_assigned_to_data_counts_as_the_float_that_it_is(data):
    v, w = Value(0.0), Value(float(data))
    v.data = data
    for f in (
        lambda a: (a * a + 1 / a - 2.5) / 3,
        lambda a: (a**2).log() + a.tanh() + a.sigmoid() + abs(a).relu() + a**0.5 + 2 ** (-a),
        lambda a: (a / 1e30).exp() * a**a.detach().tanh(),
    ):
        for x in (v, w):
            x.grad = 0.0
            f(x).backward()
        assert f(v).data == f(w).data and v.grad == w.grad and type(v.grad) is type(f(v).data) is float
        assert f(v).gradients([v])[0].data == w.grad
    assert v >= w and not v < w and round(v, 1) == round(w, 1) and f"{v:.1f}" == f"{w:.1f}"


@pytest.mark.parametrize("data", ["x", None, [1.0], Value(3.0), 1j])
@pytest.mark.parametrize("f", [lambda v: v + 1.0, lambda v: v * 2.0, lambda v: v.relu(), lambda v: v.exp(), lambda v: -v])
def test_what_is_no_number_in_data_is_an_error_where_it_is_first_used(data, f):
    v = Value(1.0)
    v.data = data
    with pytest.raises(TypeError):
        f(v)


def test_a_value_is_true_as_every_object_is():
    assert Value(0.0) and Value(1.0)


def test_plain_is_the_number_of_a_value_and_a_number_itself():
    assert plain(Value(2.5)) == 2.5 and plain(7) == 7 and type(plain(7)) is int


def test_number_makes_floats():
    assert number(7) == 7.0 and type(number(7)) is float and type(number(True)) is float


# detach and label


def test_detach_keeps_the_number_and_nothing_else():
    a = Value(3.0, label="a")
    y = a * a
    y.grad = 5.0
    d = y.detach()
    assert (d.data, d.grad, d._prev, d._op, d.label) == (9.0, 0.0, (), "", "")


def test_nothing_flows_back_through_a_detached_value():
    a = Value(3.0)
    (a * (a * a).detach()).backward()
    assert a.grad == 9.0


def test_a_detached_value_leaves_the_original_alone():
    a = Value(3.0)
    d = a.detach()
    d.data = 7.0
    (d * d).backward()
    assert (a.data, a.grad, d.grad) == (3.0, 0.0, 14.0)


def test_a_label_is_given_at_birth_or_later():
    a = Value(1.0, label="a")
    b = a * 2
    b.label = "b"
    assert (a.label, b.label, (a + b).label) == ("a", "b", "")


def test_a_label_is_the_fourth_argument():
    assert Value(1.0, (), "", "w").label == "w"


def test_a_result_does_not_inherit_labels():
    a = Value(1.0, label="a")
    assert [y.label for y in (a + a, -a, a**2, a.relu(), a.exp(), abs(a))] == [""] * 6


def test_a_value_holds_no_dictionary_before_it_needs_one():
    """An unlabelled value is a small object: what few values have lies in a dictionary."""
    v = Value(1.0) + 1
    assert attributes(v).keys() == {"data", "grad", "_prev", "_op"}
    v.label = "v"
    assert attributes(v).keys() == {"data", "grad", "_prev", "_op", "_notes"}


def test_attributes_of_ones_own_need_a_class_of_ones_own():
    with pytest.raises(AttributeError, match="birthday"):
        Value(1.0).birthday = "today"
    v = Watched(1.0)
    v.birthday = "today"
    assert v.birthday == "today"


class Watched(Value):
    """It has room for a weak reference, which a plain value has not."""


# memory


@pytest.fixture
def no_collector():
    """Nothing but reference counting takes objects away."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def built(a):
    """A graph that uses every operation of the table, and a power with a constant."""
    y = ((a + 2) * a).exp().log().tanh().sigmoid()
    z = abs((y - a / 3) ** 2 + a**y).relu() + 2**a + gate(y, a)
    (slope,) = z.gradients([a])
    return z * slope + highest([a, y])


def alive():
    """How many values there are."""
    return sum(isinstance(thing, Value) for thing in gc.get_objects())


def test_the_graph_uses_every_operation():
    assert {v._op for v in topological_order(built(Value(0.7)))} >= set(RULES)


@pytest.mark.parametrize("walked", [False, True])
def test_a_graph_dies_with_its_root(no_collector, walked):
    before = alive()
    a = Value(0.7)
    y = built(a)
    if walked:
        y.backward()
    assert alive() > before + 15
    del y
    assert alive() == before + 1


def test_backward_leaves_no_cycle_behind(no_collector):
    a = Value(0.7)
    y = built(a)
    y.backward()
    assert gc.collect() == 0
    del y
    assert gc.collect() == 0


def test_a_graph_dies_with_its_root_after_a_failed_walk(no_collector):
    y = Value(4.0, (Watched(2.0),), "unknown") * 3
    inner = weakref.ref(y._prev[0]._prev[0])
    try:
        y.backward()
    except LookupError:
        pass
    del y
    assert inner() is None


def test_weak_references_work_as_keys():
    a = Watched(1.0)
    notes = weakref.WeakKeyDictionary({a: "first"})
    assert notes[a] == "first"
    del a
    gc.collect()
    assert len(notes) == 0


def test_an_operand_lives_as_long_as_its_result():
    a = Watched(2.0)
    ref, y = weakref.ref(a), a * 3
    del a
    assert ref() is y._prev[0]
    del y
    assert ref() is None


# work is proportional to the graph


@pytest.mark.parametrize("length", [1_000, 100_000])
def test_a_chain_sends_once_per_operation(length, monkeypatch):
    sent = [0]

    def counted(g, y, a, b):
        sent[0] += 1
        return g, g

    monkeypatch.setitem(RULES, "+", counted)
    x = start = Value(0.0)
    for _ in range(length):
        x = x + 1.0
    x.backward()
    assert (sent[0], start.grad) == (length, 1.0)


def test_a_ladder_of_shared_values_sends_once_per_operation(monkeypatch):
    """Two to the power of 200 paths, and 200 parcels' worth of work."""
    sent = [0]

    def counted(g, y, a, b):
        sent[0] += 1
        return g, g

    monkeypatch.setitem(RULES, "+", counted)
    x = start = Value(0.0)
    for _ in range(200):
        x = x + x
    x.backward()
    assert (sent[0], start.grad) == (200, 2.0**200)


def test_the_walk_looks_at_each_edge_a_fixed_number_of_times():
    looks = [0]

    class Watched(Value):
        def __init__(self, operands):
            super().__init__(1.0, operands, "+")

        def __getattribute__(self, name):
            looks[0] += name == "_prev"
            return super().__getattribute__(name)

    def looks_for(length):
        x = Watched((Value(1.0), Value(1.0)))
        for _ in range(length):
            x = Watched((x, x))
        looks[0] = 0
        topological_order(x)
        return looks[0]

    assert looks_for(2_000) - looks_for(1_000) == 1_000 * (looks_for(2) - looks_for(1))


# subclasses


class Named(Value):
    def __init__(self, name, data):
        super().__init__(data)
        self.name = name


@pytest.mark.parametrize(
    "f", [lambda v: v + v, lambda v: 2 * v, lambda v: v**2, lambda v: -v, lambda v: v.exp(), lambda v: v.detach(), abs]
)
def test_an_operation_of_a_subclass_gives_a_plain_value(f):
    assert type(f(Named("w", 2.0))) is Value


def test_a_subclass_receives_its_gradient_and_keeps_what_it_added():
    w = Named("weight", 2.0)
    (w * 3).backward()
    assert (w.name, w.grad) == ("weight", 3.0)


@pytest.mark.parametrize("twin", [copy.deepcopy, copy.copy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_a_subclass_is_one_too(twin):
    w = twin(Named("weight", 2.0))
    assert (type(w), w.name, w.data) == (Named, "weight", 2.0)


def test_a_subclass_may_override_an_operation():
    class Loud(Value):
        def __add__(self, other):
            return Loud(super().__add__(other).data * 100)

    assert type(Loud(1.0) + 2) is Loud and (Loud(1.0) + 2).data == 300.0


# the table


def test_each_rule_gives_a_parcel_for_each_operand():
    for op, rule in RULES.items():
        operands = len(inspect.signature(rule).parameters) - 2
        assert len(rule(1.0, 0.5, *[0.5] * operands)) == operands, op


@pytest.mark.parametrize("op", [*RULES, "**2", "**-1", "**-2"])
def test_a_rule_says_that_it_takes_floats_or_values(op):
    """As `gradients` calls it with Values."""
    taken = [p.annotation for p in inspect.signature(RULES[op]).parameters.values()]
    assert set(taken) == {"Scalar"} and engine.Scalar.__constraints__ == (float, Value)


@pytest.mark.parametrize("op", list(RULES))
def test_no_parcel_moves_when_nothing_arrives(op):
    operands = len(inspect.signature(RULES[op]).parameters) - 2
    assert RULES[op](0.0, 0.5, *[0.5] * operands) == (0.0,) * operands


@pytest.mark.parametrize("n", ["2", "-1", "0.5", "1e-05", "inf", "-2.5", "-1.0"])
def test_the_table_makes_the_rule_of_any_constant_power(n):
    n = float(n)
    assert RULES[f"**{n}"](1.0, 4.0**n, 4.0) == pytest.approx((n * 4.0 ** (n - 1),))


def test_the_rules_of_powers_are_made_once():
    assert RULES["**3"] is RULES["**3.0"] is constant_pow_rule(3.0)
    assert "**3" not in RULES


@pytest.mark.parametrize("op", ["", "unknown", "*2", "log10", " +"])
def test_an_unknown_operation_is_an_error_that_names_it_and_the_remedy(op):
    with pytest.raises(LookupError) as caught:
        RULES[op]
    message = str(caught.value)
    assert repr(op) in message and f"RULES[{op!r}] = ..." in message and "_backward" in message


def test_a_rule_of_ones_own_serves_every_later_walk(monkeypatch):
    monkeypatch.setitem(RULES, "twice", lambda g, y, a: (2 * g,))
    a = Value(3.0)
    (Value(6.0, (a,), "twice") * 5).backward()
    assert a.grad == 10.0


def test_a_table_is_a_dictionary():
    assert isinstance(RULES, dict) and isinstance(RULES, Rules) and set(RULES) >= {"+", "*", "**"}


# the package


def in_a_new_python(program):
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_everything_pulls_in_nothing_heavy():
    root = engine.__file__.rsplit("micrograd", 1)[0]
    heavy = in_a_new_python(
        f"import sys; sys.path.insert(0, {root!r})\n"
        "import micrograd, micrograd.engine, micrograd.draw, micrograd.gradcheck\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(*sorted(name for name in foreign if not name.startswith('_')))\n"
    )
    # An editable installation, or a site's own start-up file, may bring helpers of its own; the libraries it may not.
    assert "micrograd" in heavy
    assert {"numpy", "torch", "graphviz", "matplotlib", "scipy", "mpmath"} & set(heavy) == set()


def test_the_package_says_what_it_offers():
    assert micrograd.__all__ == ["Value"] and micrograd.Value is Value


def test_every_public_name_says_what_it_is():
    members = [getattr(Value, name) for name in ("backward", "detach", "relu", "exp", "log", "tanh", "sigmoid", "abs")]
    functions = [thing for name, thing in vars(engine).items() if inspect.isfunction(thing) or inspect.isclass(thing)]
    ours = [thing for thing in functions if thing.__module__ == "micrograd.engine"]
    assert len(ours) > 10 and all(thing.__doc__ for thing in [*members, *ours])
