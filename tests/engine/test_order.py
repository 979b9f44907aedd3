"""backward() on graphs of every shape: order, zeroing, depth, and the same order in copies.

The oracle is forward: every value carries its exact derivatives along, as fractions.
"""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import weakref
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.engine import COVERED, RULES, Value, notes, topological_order

ROOT = Path(__file__).resolve().parents[2]


def shared(a, b):
    c = a * b
    return c * (c + 1) + c * 2


def chain(length):
    x = start = Value(1.0)
    zero = Value(0.0)
    for _ in range(length):
        x = x + zero
    return start, x


class Forward:
    """A fraction with its derivatives with respect to the inputs."""

    def __init__(self, number, slopes):
        self.number, self.slopes = Fraction(number), slopes

    def __add__(self, other):
        return Forward(self.number + other.number, [p + q for p, q in zip(self.slopes, other.slopes, strict=True)])

    def __mul__(self, other):
        slopes = [p * other.number + self.number * q for p, q in zip(self.slopes, other.slopes, strict=True)]
        return Forward(self.number * other.number, slopes)


# The order


def test_shared_value_sends_the_sum_of_its_parcels():
    a, b = Value(2.0), Value(3.0)
    f = shared(a, b)
    f.backward()
    assert (f.data, a.grad, b.grad) == (54.0, 45.0, 30.0)


steps = st.lists(st.tuples(st.sampled_from("+*"), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=9)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=3), steps)
def test_gradients_of_any_small_graph_are_exact(numbers, program):
    inputs = [Value(float(n)) for n in numbers]
    values = list(inputs)
    witnesses = [Forward(n, [Fraction(i == j) for j in range(len(numbers))]) for i, n in enumerate(numbers)]
    for op, i, j in program:
        for line in values, witnesses:
            p, q = line[i % len(line)], line[j % len(line)]
            line.append(p + q if op == "+" else p * q)
        if abs(witnesses[-1].number) > 10**4 or max(map(abs, witnesses[-1].slopes)) > 10**4:
            values.pop(), witnesses.pop()  # so that floats stay exact
    root, witness = values[-1], witnesses[-1]
    if not root._prev:
        return
    root.backward()
    assert [x.grad for x in inputs] == [float(s) for s in witness.slopes]


@given(steps)
def test_every_operand_stands_before_its_users_and_nothing_stands_twice(program):
    values = [Value(1.0), Value(2.0)]
    for op, i, j in program:
        p, q = values[i % len(values)], values[j % len(values)]
        values.append(p + q if op == "+" else p * q)
    order = topological_order(values[-1])
    place = {value: i for i, value in enumerate(order)}
    assert len(place) == len(order) and order[-1] is values[-1]
    assert all(place[operand] < place[value] for value in order for operand in value._prev)


def test_order_is_that_of_the_recursive_definition():
    def by_recursion(value, order):
        if value not in order:
            for operand in value._prev:
                by_recursion(operand, order)
            order.append(value)
        return order

    f = shared(Value(2.0), Value(3.0))
    assert topological_order(f) == by_recursion(f, [])


def test_a_value_alone_is_its_own_order():
    a = Value(1.0)
    assert topological_order(a) == [a]


def test_twenty_doublings_are_twenty_one_values():
    x = start = Value(1.0)
    for _ in range(20):
        x = x + x
    assert len(topological_order(x)) == 21
    x.backward()
    assert start.grad == 2.0**20


def test_a_chain_of_a_million_operations():
    start, x = chain(1_000_000)
    x.backward()
    assert (x.data, start.grad) == (1.0, 1.0)


def test_each_value_sends_once(monkeypatch):
    sent = []
    add_rule = RULES["+"]

    def counting(g, y, a, b):
        sent.append(g)
        return add_rule(g, y, a, b)

    monkeypatch.setitem(RULES, "+", counting)
    for length in 1000, 2000:
        sent.clear()
        chain(length)[1].backward()
        assert len(sent) == length


def test_results_are_the_same_bits_in_every_run():
    program = """
from micrograd.engine import Value
from random import Random
random = Random(7)
leaves = [Value(random.uniform(-1, 1)) for _ in range(5)]
values = list(leaves)
for _ in range(200):
    p, q = random.choice(values), random.choice(values[-9:])
    values.append((p + q) * 0.5 if random.random() < 0.5 else p * q + p * 0.1)
root = values[-1]
for v in values[::7]:
    root = root + v
root.backward()
print(root.data.hex(), *[v.grad.hex() for v in leaves])
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(runs) == 1


# Zeroing


def test_leaves_accumulate_over_two_calls():
    a = Value(3.0)
    f = (a * a + 4) * 13
    f.backward()
    assert a.grad == 78.0
    f.backward()
    assert a.grad == 156.0


def test_computed_values_start_afresh():
    a = Value(3.0)
    square = a * a
    f = square * 13
    f.backward()
    f.backward()
    assert (square.grad, f.grad) == (13.0, 1.0)


def test_two_losses_that_share_a_computed_value_add_up():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    first, second = c * 2, c * 5
    first.backward()
    second.backward()
    assert (a.grad, b.grad) == (21.0, 14.0)


def test_a_leaf_that_is_the_root_accumulates_too():
    a = Value(3.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_values_outside_of_the_graph_keep_their_gradients():
    a = Value(3.0)
    used, unused = a * 2, a * 4
    unused.grad = 7.0
    used.backward()
    assert unused.grad == 7.0


# Slots, and what may still be hung on a value


def test_an_assigned_backward_wins_over_the_table():
    a = Value(2.0)
    out = Value(8.0, (a,), "cube")

    def _backward():
        a.grad += 3 * a.data**2 * out.grad

    out._backward = _backward
    (out * 5).backward()
    assert a.grad == 60.0


def test_an_assigned_backward_wins_over_a_known_operation():
    a, b = Value(2.0), Value(3.0)
    out = a * b
    out._backward = lambda: None
    out.backward()
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_an_unknown_operation_is_an_error_that_names_it():
    with pytest.raises(LookupError, match="'cube'"):
        Value(8.0, (Value(2.0),), "cube").backward()


def test_a_rule_that_owes_a_parcel_is_an_error(monkeypatch):
    monkeypatch.setitem(RULES, "*", lambda g, y, a, b: (g * b,))
    with pytest.raises(ValueError):
        (Value(2.0) * Value(3.0)).backward()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_an_operation_may_have_any_number_of_operands(monkeypatch, count):
    def rule(g, y, *numbers):
        return tuple(g * number for number in numbers)

    monkeypatch.setitem(RULES, "any", rule)
    operands = [Value(float(i + 1)) for i in range(count)]
    (Value(0.0, [*operands, operands[0]], "any") * 7).backward()
    assert [v.grad for v in operands] == [7.0 * 2] + [7.0 * (i + 1) for i in range(1, count)]


@pytest.mark.parametrize("count, parcels", [(1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 4)])
def test_a_rule_owes_exactly_one_parcel_to_each_operand(monkeypatch, count, parcels):
    monkeypatch.setitem(RULES, "wrong", lambda g, y, *numbers: (g,) * parcels)
    with pytest.raises(ValueError):
        Value(0.0, [Value(1.0) for _ in range(count)], "wrong").backward()


def test_only_a_label_of_ones_own_is_stored():
    named, nameless = Value(1.0, label="a"), Value(1.0)
    assert (named.label, nameless.label) == ("a", "")
    assert (notes(named), notes(nameless)) == ({"label": "a"}, {})


def test_a_value_weighs_five_slots():
    """With its number and the tuple of two operands it comes to about 150 bytes."""
    v = Value(1.0) + Value(2.0)
    head = sys.getsizeof(object()) + sys.getsizeof([]) - list.__basicsize__  # an object's, and the collector's
    assert sys.getsizeof(v) == head + 5 * 8
    assert not hasattr(v, "__dict__")


def test_a_label_survives_an_assigned_backward_and_the_other_way_round():
    first, second = Value(1.0, label="a") * 2, Value(1.0) * 2
    first._backward = second._backward = print
    first.label = second.label = "b"
    second._backward = repr
    assert (first.label, first._backward, second.label, second._backward) == ("b", print, "b", repr)


def test_the_first_assigned_backward_is_called_once_and_by_hand_too():
    a = Value(2.0)
    out = a * 3
    out._backward()
    assert a.grad == 0.0  # nothing had arrived
    calls = []
    out._backward = lambda: calls.append(out.grad)
    out.grad = 5.0
    out._backward()
    out.backward()
    assert (calls, a.grad) == ([5.0, 1.0], 0.0)


def test_a_subclass_may_be_given_a_backward_and_stays_what_it_is():
    a = Value(2.0)
    out = Named(8.0, (a,), "cube")
    out._backward = lambda: setattr(a, "grad", a.grad + 12 * out.grad)
    (out * 5).backward()
    assert (a.grad, type(out)) == (60.0, Named)


def test_a_value_with_a_backward_is_a_value():
    out = Value(2.0) * 3
    out._backward = print
    assert isinstance(out, Value) and isinstance(out + 1, Value) and repr(out) == "Value(data=6.0, grad=0.0)"


def test_a_graph_goes_with_its_last_name_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        a = Named(2.0)
        f = Named(1.0, (shared(a, Value(3.0)),), "**1")
        f.backward()
        watched = weakref.ref(f), weakref.ref(a)
        del f, a
        assert [watch() for watch in watched] == [None, None]
    finally:
        gc.enable()


# The same order in copies


def by_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


copiers = pytest.mark.parametrize("copied", [copy.deepcopy, by_pickle], ids=["deepcopy", "pickle"])


@copiers
def test_a_copy_computes_the_same_and_touches_nothing(copied):
    a, b = Value(2.0, label="a"), Value(3.0)
    f = shared(a, b)
    twin = copied(f)
    twin.backward()
    assert [v.grad for v in topological_order(f)] == [0.0] * 9
    f.backward()
    here, there = topological_order(f), topological_order(twin)
    assert [(v.data, v.grad, v._op, v.label) for v in here] == [(v.data, v.grad, v._op, v.label) for v in there]
    assert not set(here) & set(there)


@copiers
def test_a_copy_keeps_gradients_and_attributes(copied):
    a = Named(2.0, label="a")
    a.grad, a.note = 7.0, ["kept"]
    twin = copied(a * 2)._prev[0]
    assert (twin.data, twin.grad, twin.label, twin.note) == (2.0, 7.0, "a", ["kept"])
    assert twin.note is not a.note


@copiers
def test_attributes_of_one_graph_may_speak_of_another(copied):
    start, deep = chain(20_000)
    a = Named(2.0)
    a.other = deep
    twin = copied(a * a)
    other = twin._prev[0].other
    assert len(topological_order(other)) == 20_002
    other.backward()
    assert topological_order(other)[0].grad == 1.0 and start.grad == 0.0


@copiers
def test_an_attribute_may_speak_of_the_root(copied):
    a = Named(2.0)
    f = a * a
    a.user = f
    twin = copied(f)
    assert twin._prev[0].user is twin


@copiers
def test_a_deep_chain_is_copied(copied):
    twin = copied(chain(50_000)[1])
    assert len(topological_order(twin)) == 50_002
    twin.backward()
    assert topological_order(twin)[0].grad == 1.0


@copiers
@pytest.mark.parametrize("loss_first", [True, False])
def test_sharing_survives_within_one_copy(copied, loss_first):
    params = [Value(2.0), Value(3.0)]
    loss = shared(*params)
    if loss_first:
        loss, params = copied((loss, params))
    else:
        params, loss = copied((params, loss))
    loss.backward()
    assert [p.grad for p in params] == [45.0, 30.0]


@copiers
def test_two_deep_losses_in_one_copy(copied):
    start, x = chain(20_000)
    first, second, start = copied([x * 2, x * 5, start])
    first.backward()
    second.backward()
    assert start.grad == 7.0
    assert first._prev[0] is second._prev[0]


@copiers
def test_an_operand_used_twice_stays_one(copied):
    a = Value(3.0)
    left, right = copied(a * a)._prev
    assert left is right


@copiers
def test_subclasses_stay_what_they_are(copied):
    assert type(copied(Named(2.0) * 1)._prev[0]) is Named


class Named(Value):
    pass


@pytest.mark.parametrize("length", [1, 2, 3, 998, 999, 1000, 1001, 1002, 1999, 2000, 2001, 2002])
def test_a_pickle_writes_each_value_once(length):
    start, x = chain(length)
    written = pickle.dumps(x)
    assert len(written) < 400 + 80 * length
    assert len(topological_order(pickle.loads(written))) == length + 2


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol):
    twin = pickle.loads(pickle.dumps(shared(Value(2.0), Value(3.0)), protocol))
    twin.backward()
    assert topological_order(twin)[0].grad == 45.0


def test_the_pickler_written_in_python():
    written = pickle._dumps(shared(Value(2.0), Value(3.0)))
    twin = pickle._loads(written)
    twin.backward()
    assert topological_order(twin)[0].grad == 45.0


def test_a_shallow_copy_has_the_same_operands_and_its_own_gradient():
    f = shared(Value(2.0), Value(3.0))
    f.label = "kept"
    twin = copy.copy(f)
    assert twin is not f and twin._prev is f._prev and twin.label == "kept"
    twin.grad = 5.0
    assert f.grad == 0.0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_backward_of_its_own_cannot_be_copied(copied):
    out = Value(8.0, (Value(2.0),), "cube")
    out._backward = lambda: None
    with pytest.raises(TypeError, match=r"its own _backward"):
        copied(out)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_nor_can_a_graph_that_holds_one_and_the_next_copy_works(copied):
    out = Value(8.0, (Value(2.0),), "cube")
    out._backward = lambda: None
    with pytest.raises(TypeError, match=r"its own _backward"):
        copied(out * 2)
    assert COVERED.get() == frozenset()
    copied(chain(20_000)[1])


def test_pickling_in_several_threads_at_once():
    graphs = [chain(3000)[1] for _ in range(4)]
    found: list[int] = []

    def work(x):
        for _ in range(3):
            found.append(len(topological_order(by_pickle(x))))

    threads = [threading.Thread(target=work, args=(x,)) for x in graphs]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert found == [3002] * 12
