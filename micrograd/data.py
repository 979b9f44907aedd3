# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [68a874480b51]
"""Small data sets to learn from: the same seed gives the same data."""

from __future__ import annotations

import math

from micrograd.arguments import Chance, generator, is_real, is_whole

Points = list[tuple[float, float]]


def check_cloud(n: int, noise: float) -> None:
    """Refuse what no cloud of two kinds of points can be made of."""
    if not is_whole(n, least=2):
        raise ValueError('two kinds of points need two points at least: '
                         f'not {n!r}')
    if not (is_real(noise) and 0 <= noise < math.inf):
        raise ValueError(f'noise is a finite number, at least 0: not {noise!r}')


def make_moons(n: int = 100, noise: float = 0.1,
               rng: Chance = 0) -> tuple[Points, list[int]]:
    """Two half circles that hook into each other.

    Args:
        n: how many points, in turn from the upper and the lower moon.
        noise: the standard deviation of what is added to each coordinate.
        rng: where the noise is drawn from: a seed, a generator,
            or None for the one that all share.

    Returns:
        The points, and for each the number of its moon: 0 above, 1 below.

    Raises:
        ValueError: fewer than two points, or a noise that is negative
            or not finite.
    """
    check_cloud(n, noise)
    rng = generator(rng)
    points = []
    for k in range(n):
        moon, place = k % 2, k // 2
        last = (n + 1 - moon) // 2 - 1  # the place of this moon's last point
        t = math.pi * place / max(last, 1)
        x, y = math.cos(t), math.sin(t)
        if moon:
            x, y = 1 - x, 0.5 - y
        points.append((x + rng.gauss(0, noise), y + rng.gauss(0, noise)))
    return points, [k % 2 for k in range(n)]


def split(n: int, held_out: float = 0.2,
          rng: Chance = 0) -> tuple[list[int], list[int]]:
    """Deal the numbers from 0 to n - 1 into two lists at random.

    Args:
        n: how many samples there are.
        held_out: the part that training does not see, between 0 and 1.
        rng: where the order is drawn from, as for `make_moons`.

    Returns:
        The numbers of the samples to train on, and of those held out.

    Raises:
        ValueError: n is no number of samples, or one of the two lists
            would be empty.
    """
    if not is_whole(n):
        raise ValueError('split takes how many samples there are, '
                         f'such as len(samples): not {n!r:.60}')
    if not (is_real(held_out) and 0 <= held_out <= 1):
        raise ValueError('held_out is the part to hold out, from 0 to 1: '
                         f'not {held_out!r}')
    order = list(range(n))
    generator(rng).shuffle(order)
    kept = round(n * held_out)
    if not 0 < kept < n:
        raise ValueError(f'holding out {held_out} of {n} samples '
                         'leaves one part empty')
    return order[kept:], order[:kept]


def load_digits() -> tuple[list[list[float]], list[int]]:
    """1,797 handwritten digits, from scikit-learn.

    Returns:
        The images, 8 x 8 numbers each, row by row, from 0 (paper) to 1 (ink);
        and for each the digit that it shows.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits as stored
    except ImportError as error:
        raise ModuleNotFoundError('the digits come with scikit-learn: '
                                  'pip install scikit-learn') from error
    digits = stored()
    return (digits.data / 16).tolist(), digits.target.tolist()


__all__ = ['load_digits', 'make_moons', 'split']
