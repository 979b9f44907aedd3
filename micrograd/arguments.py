# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [ed694aa99045]
"""What functions are given: how many, by which chance, in which order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Set
from numbers import Integral, Real
from typing import TypeVar

Chance = random.Random | int | None


def is_whole(n: object, least: int = 1) -> bool:
    """Whether n is a whole number, and not below the least."""
    return (isinstance(n, Integral) and not isinstance(n, bool)
            and int(n) >= least)


def generator(rng: Chance) -> random.Random:
    """What random numbers are drawn from.

    Args:
        rng: a generator, used as it is; a whole number, the seed of a new one;
            or None, for Python's shared generator, which `random.seed` sets.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(rng, Integral) and not isinstance(rng, bool):
        return random.Random(int(rng))
    if isinstance(rng, random.Random):
        return rng
    if rng is None:
        return random._inst  # the functions of `random` are its methods
    raise TypeError('rng is a seed, which is a whole number, a random.Random, '
                    f'or None for the shared generator: not {rng!r:.60}')


T = TypeVar('T')


def in_order(things: Iterable[T], what: str) -> list[T]:
    """The things as a list.

    Raises:
        TypeError: they have no order or more than one dimension,
            or it is text, or a single thing.
    """
    if type(things) is list:
        return things
    if (isinstance(things, str | bytes | Mapping | Set)
            or not isinstance(things, Iterable)
            or getattr(things, 'ndim', 1) != 1):
        raise TypeError(f'{what} come in a list, in their order: '
                        f'not {things!r:.60}')
    return list(things)


def is_real(x: object) -> bool:
    """Whether x is one real number: no Value, no text, no array."""
    return isinstance(x, Real)


__all__ = ['Chance', 'generator', 'in_order', 'is_real', 'is_whole']
