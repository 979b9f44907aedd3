"""What functions are given: chance, whole and real numbers, lists; one meaning everywhere."""

from __future__ import annotations

import math
import random
import re
from fractions import Fraction

import pytest

from micrograd.arguments import generator, in_order, is_real, is_whole
from micrograd.data import make_moons, split
from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Neuron, initialise
from micrograd.optim import batches


def numbers(module):
    return [p.data for p in module.parameters()]


def initialised(rng):
    model = MLP(2, [4, 1], rng=0)
    initialise(model, rng=rng)
    return numbers(model)


# Everything that throws dice.
DRAWING = {
    "Neuron": lambda rng: numbers(Neuron(3, rng=rng)),
    "Layer": lambda rng: numbers(Layer(2, 3, rng=rng)),
    "MLP": lambda rng: numbers(MLP(2, [4, 1], rng=rng)),
    "initialise": initialised,
    "make_moons": lambda rng: make_moons(10, rng=rng),
    "split": lambda rng: split(30, rng=rng),
    "batches": lambda rng: batches(30, 7, rng),
}
each_drawing = pytest.mark.parametrize("draw", DRAWING.values(), ids=DRAWING)


@each_drawing
@pytest.mark.parametrize("seed", [0, 1, 1337, 2**70])
def test_a_whole_number_is_the_seed_of_a_new_generator(draw, seed):
    assert draw(seed) == draw(seed) == draw(random.Random(seed))


@each_drawing
def test_another_seed_draws_others(draw):
    assert draw(0) != draw(1)


@each_drawing
def test_a_generator_is_used_as_it_is_and_goes_on(draw):
    rng = random.Random(3)
    first, second = draw(rng), draw(rng)
    assert first != second and draw(random.Random(3)) == first


@each_drawing
def test_none_is_the_shared_generator(draw):
    random.seed(1337)
    drawn = draw(None)
    assert drawn == draw(1337)
    random.seed(1337)
    state = random.getstate()
    draw(None)
    assert random.getstate() != state


@each_drawing
@pytest.mark.parametrize("rng", [0, random.Random(0)], ids=["seed", "generator"])
def test_the_shared_generator_is_left_alone_otherwise(draw, rng):
    state = random.getstate()
    draw(rng)
    assert random.getstate() == state


class Loaded(random.Random):
    def __bool__(self):
        return False


@each_drawing
def test_a_generator_that_counts_as_false_is_used_all_the_same(draw):
    assert draw(Loaded(5)) == draw(5)


@each_drawing
@pytest.mark.parametrize("rng", ["0", 1.0, True, False, b"1", [1], random, object], ids=repr)
def test_what_is_no_chance_is_refused(draw, rng):
    with pytest.raises(TypeError, match=r"^rng is a seed, .* a random\.Random, or None .*: not " + re.escape(repr(rng)[:40])):
        draw(rng)


def test_a_generator_of_numpy_is_refused_and_a_whole_number_of_it_a_seed():
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=r"not Generator\(PCG64\)"):
        Neuron(2, rng=numpy.random.default_rng(0))
    assert numbers(Neuron(2, rng=numpy.int64(7))) == numbers(Neuron(2, rng=7))


@pytest.mark.parametrize("make, count", [(lambda: Neuron(3, rng=0), 3), (lambda: Layer(2, 3, rng=0), 6), (lambda: MLP(2, [4, 1], rng=0), 12)])
def test_a_seed_makes_one_stream_through_all_neurons(make, count):
    rng = random.Random(0)
    weights = [x for x in numbers(make()) if x != 0.0]
    assert weights == [rng.uniform(-1, 1) for _ in range(count)]


def test_the_generator_itself_comes_back():
    rng = random.Random(0)
    assert generator(rng) is rng


# Numbers


@pytest.mark.parametrize("n, least, yes", [(1, 1, True), (0, 1, False), (2, 3, False), (3, 3, True), (10**30, 1, True), (0, 0, True),
                                           (1.0, 1, False), (True, 1, False), ("1", 1, False), (None, 1, False), (Value(1.0), 1, False)])
def test_whole_numbers_from_the_least_on(n, least, yes):
    assert is_whole(n, least) is yes


def test_whole_numbers_begin_at_1_if_nothing_is_said():
    assert is_whole(1) and not is_whole(0)


@pytest.mark.parametrize("x", [0, 1.5, True, math.nan, Fraction(1, 3)])
def test_real_numbers(x):
    assert is_real(x)


@pytest.mark.parametrize("x", [Value(1.0), "1", 1j, None, [1.0]])
def test_what_is_no_real_number(x):
    assert not is_real(x)


def test_scalars_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert is_real(numpy.float32(1.5)) and is_whole(numpy.int64(3)) and not is_real(numpy.ones(1))


# Lists


def test_a_list_is_handed_on_as_it_is():
    things = [3, 1, 2]
    assert in_order(things, "things") is things


@pytest.mark.parametrize("things", [(3, 1, 2), iter([3, 1, 2]), {"a": 3, "b": 1, "c": 2}.values()])
def test_what_has_an_order_becomes_a_list(things):
    assert in_order(things, "things") == [3, 1, 2]


@pytest.mark.parametrize("things", [{3, 1}, frozenset([1]), {3: 1}, {3: 1}.keys(), {3: 1}.items(), "31", b"31", 3, None], ids=repr)
def test_what_has_none_is_refused_by_name(things):
    with pytest.raises(TypeError, match=f"^things come in a list, in their order: not {re.escape(repr(things))}$"):
        in_order(things, "things")


def test_a_refusal_is_brief():
    with pytest.raises(TypeError) as raised:
        in_order("x" * 1000, "things")
    assert str(raised.value).endswith(": not " + repr("x" * 1000)[:60])
