"""Data sets: where the points lie, what a seed fixes, what is refused."""

from __future__ import annotations

import math
import random
import re
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.data import make_moons, split
from micrograd.engine import Value

# the moons


def test_without_noise_six_points_are_the_ends_and_tops_of_two_half_circles():
    points, moons = make_moons(6, noise=0)
    exact = [(1, 0), (0, 0.5), (0, 1), (1, -0.5), (-1, 0), (2, 0.5)]
    assert moons == [0, 1] * 3
    assert [x for p in points for x in p] == pytest.approx([x for p in exact for x in p], abs=1e-15)


@given(n=st.integers(2, 300))
def test_every_point_lies_on_its_half_circle(n):
    points, moons = make_moons(n, noise=0)
    assert len(points) == len(moons) == n
    for (x, y), moon in zip(points, moons, strict=True):
        centre, upward = ((0, 0), 1) if moon == 0 else ((1, 0.5), -1)
        assert math.dist((x, y), centre) == pytest.approx(1)
        assert upward * (y - centre[1]) >= -1e-15


@given(n=st.integers(2, 300))
def test_the_moons_differ_by_one_point_at_most_and_the_upper_has_it(n):
    _, moons = make_moons(n)
    assert moons.count(0) - moons.count(1) == n % 2


@given(n=st.integers(4, 300))
def test_both_moons_are_walked_from_end_to_end_in_equal_steps(n):
    points, moons = make_moons(n, noise=0)
    for moon in (0, 1):
        mine = [p for p, m in zip(points, moons, strict=True) if m == moon]
        assert mine[0] == pytest.approx([(1, 0), (0, 0.5)][moon], abs=1e-15)
        assert mine[-1] == pytest.approx([(-1, 0), (2, 0.5)][moon], abs=1e-15)
        steps = [math.dist(a, b) for a, b in zip(mine, mine[1:], strict=False)]
        assert steps == pytest.approx([steps[0]] * len(steps))


def test_two_points_are_one_of_each_moon():
    assert make_moons(2, noise=0) == ([(1.0, 0.0), (0.0, 0.5)], [0, 1])


def test_without_noise_they_are_the_points_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs, kinds = datasets.make_moons(n_samples=31, noise=None, shuffle=False)
    ours, moons = make_moons(30, noise=0)
    assert len(theirs) == 31  # 15 above, 16 below: compare the upper moon, then both for an even number
    theirs, kinds = datasets.make_moons(n_samples=30, noise=None, shuffle=False)
    for moon in (0, 1):
        mine = [x for p, m in zip(ours, moons, strict=True) if m == moon for x in p]
        assert mine == pytest.approx([float(x) for p in theirs[kinds == moon] for x in p], abs=1e-12)


def test_the_noise_has_the_standard_deviation_that_was_asked_for():
    clean, _ = make_moons(4000, noise=0)
    dirty, _ = make_moons(4000, noise=0.25, rng=random.Random(1))
    for axis in (0, 1):
        misses = [d[axis] - c[axis] for c, d in zip(clean, dirty, strict=True)]
        assert fmean(misses) == pytest.approx(0, abs=0.02)
        assert stdev(misses) == pytest.approx(0.25, rel=0.05)


def test_each_coordinate_is_moved_by_the_next_number_drawn():
    clean, _ = make_moons(5, noise=0)
    dirty, _ = make_moons(5, noise=0.25, rng=random.Random(1))
    rng = random.Random(1)
    assert dirty == [(x + rng.gauss(0, 0.25), y + rng.gauss(0, 0.25)) for x, y in clean]


def test_by_default_there_are_a_hundred_points_with_a_noise_of_a_tenth():
    assert make_moons() == make_moons(100, 0.1, random.Random(0))


def test_the_same_seed_gives_the_same_moons_and_another_seed_others():
    assert make_moons(rng=random.Random(7)) == make_moons(rng=random.Random(7))
    assert make_moons(rng=random.Random(7)) != make_moons(rng=random.Random(8))


def test_nothing_is_drawn_from_the_shared_generator():
    state = random.getstate()
    make_moons()
    split(10)
    assert random.getstate() == state


@pytest.mark.parametrize("n", [1, 0, -3, 10.0, "10", True, None])
def test_fewer_than_two_points_are_refused(n):
    with pytest.raises(ValueError, match=f"two points at least: not {n!r}$"):
        make_moons(n)


@pytest.mark.parametrize("noise", [-0.1, float("inf"), math.nan, "0.1", Value(0.1), None])  # an infinity, but not math.inf itself
def test_a_noise_that_is_no_width_is_refused(noise):
    with pytest.raises(ValueError, match=f"noise is a finite number, at least 0: not {re.escape(repr(noise))}$"):
        make_moons(10, noise)


# holding out


@given(n=st.integers(2, 200), part=st.floats(0, 1), seed=st.integers())
def test_every_sample_is_on_exactly_one_side(n, part, seed):
    kept = round(n * part)
    if not 0 < kept < n:
        with pytest.raises(ValueError, match="leaves one part empty"):
            split(n, part, random.Random(seed))
        return
    train, held_out = split(n, part, random.Random(seed))
    assert sorted(train + held_out) == list(range(n))
    assert len(held_out) == kept


@pytest.mark.parametrize("part", [-0.5, 1.5, math.nan, math.inf, "a half", Value(0.5), None])
def test_less_than_nothing_and_more_than_all_are_refused(part):
    with pytest.raises(ValueError, match=f"^held_out is the part to hold out, from 0 to 1: not {re.escape(repr(part))}$"):
        split(10, part)


def test_a_fifth_is_held_out_by_default_and_always_the_same():
    train, held_out = split(50)
    assert (len(train), len(held_out)) == (40, 10)
    assert split(50) == (train, held_out) == split(50, 0.2, random.Random(0))


def test_the_order_is_shuffled():
    train, held_out = split(100)
    assert train != sorted(train) and held_out != sorted(held_out)
    assert 0 < sum(i < 50 for i in held_out) < len(held_out)


def test_another_seed_holds_out_others():
    assert split(100, rng=random.Random(1)) != split(100, rng=random.Random(2))


@pytest.mark.parametrize("n", [["a", "b"], 0, -1, 10.0, "10"])
def test_split_asks_for_a_number_of_samples(n):
    with pytest.raises(ValueError, match=rf"^split takes how many .* len\(samples\): not {re.escape(repr(n))}$"):
        split(n)


def test_the_error_says_what_was_asked_for():
    with pytest.raises(ValueError, match="holding out 0.2 of 1 samples"):
        split(1)
