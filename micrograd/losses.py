# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [975ef1d36952]
"""Losses: how wrong predictions are, as one value with a floor."""

from __future__ import annotations

from micrograd.engine import Value


def squared_error(prediction: Value, target: float) -> Value:
    """(prediction - target) ** 2: its floor is 0, at the target."""
    return (prediction - target) ** 2


def hinge(score: Value, label: int) -> Value:
    """max(0, 1 - label * score), for a label of -1 or +1: 0 where the score is right by a margin of 1."""
    if label not in (-1, 1):
        raise ValueError(f'a hinge loss takes labels -1 and +1, not {label}')
    return (1 - label * score).relu()


def binary_cross_entropy(score: Value, label: int) -> Value:
    """-log of the probability that sigmoid(score) gives to the label, which is 0 or 1.

    Computed as relu(s) - s * label + log(1 + exp(-|s|)), which cannot overflow.
    """
    if label not in (0, 1):
        raise ValueError(f'a cross-entropy takes labels 0 and 1, not {label}')
    return score.relu() - score * label + (1 + (-abs(score)).exp()).log()


def mean(losses: Sequence[Value]) -> Value:
    """The average of the losses of single samples."""
    if not losses:
        raise ValueError('the mean of no losses: is the data empty?')
    return sum(losses) * (1.0 / len(losses))
