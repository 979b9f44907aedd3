"""The dots that the reader's browser cannot draw itself are those that the book draws."""

from __future__ import annotations

import random

import pytest
from figures.moons import or_stored


def test_the_stored_dots_are_those_of_scikit_learn():
    numpy = pytest.importorskip("numpy")
    datasets = pytest.importorskip("sklearn.datasets")
    numpy.random.seed(1337)
    points, labels = datasets.make_moons(n_samples=100, noise=0.1)
    xs, ys = or_stored({})
    assert xs == [tuple(map(float, row)) for row in points]
    assert ys == [int(label) * 2 - 1 for label in labels]


def test_dots_that_are_there_stay_and_the_generator_is_left_alone():
    random.seed(7)
    before = random.getstate()
    assert or_stored({"xs": [(0.0, 1.0)], "ys": [1]}) == ([(0.0, 1.0)], [1]) and random.getstate() == before


def test_stored_dots_come_with_the_seed():
    or_stored({})
    assert random.random() == random.Random(1337).random()
