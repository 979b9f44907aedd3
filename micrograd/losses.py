# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [60b949d0bfe3]
"""Losses: how wrong predictions are, as one value with a floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from micrograd.engine import Value


def squared_error(prediction: Value, target: float) -> Value:
    """(prediction - target) ** 2: its floor is 0, at the target."""
    return (prediction - target) ** 2


def binary_cross_entropy(score: Value, label: int) -> Value:
    """-log of the probability that sigmoid(score) gives to the label.

    The score is not squashed yet. Finite scores of any size are safe.

    Raises:
        ValueError: the label is neither 0 nor 1.
    """
    if label not in (0, 1):
        raise ValueError('a binary cross-entropy takes labels 0 and 1, '
                         f'not {label}')
    against = -score if label == 1 else score
    top = max(0.0, against.data)  # a plain number: no gradient, no corner
    return ((against - top).exp() + math.exp(-top)).log() + top


def hinge(score: Value, label: int) -> Value:
    """max(0, 1 - score * label): 0 where the score is right by 1 or more.

    Raises:
        ValueError: the label is neither -1 nor +1.
    """
    if label not in (-1, 1):
        raise ValueError(f'a hinge loss takes labels -1 and +1, not {label}')
    return (1 - score * label).relu()


def mean(losses: Sequence[Value]) -> Value:
    """The average of the losses of single samples.

    Raises:
        ValueError: there are none.
    """
    if not losses:
        raise ValueError('the mean of no losses: is the data empty?')
    first, *others = losses
    return sum(others, first) * (1 / len(losses))
