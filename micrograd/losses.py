# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""Losses: how wrong predictions are, as one value with a floor."""

from __future__ import annotations

from collections.abc import Sequence

from micrograd.engine import Value, node


def squared_error(prediction: Value, target: float) -> Value:
    """(prediction - target) ** 2: its floor is 0, at the target."""
    return (prediction - target) ** 2


def highest(scores: Sequence[Value]) -> Value:
    """The largest of the scores; to gradients it is a plain number.

    Raises:
        ValueError: there are none.
    """
    if not scores:
        raise ValueError('a choice between no scores')
    return node('highest', scores, max)


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
    top = highest([Value(0.0), against])  # no gradient, so no corner
    return ((against - top).exp() + (-top).exp()).log() + top


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


def log_sum_exp(scores: Sequence[Value]) -> Value:
    """log(exp(s1) + exp(s2) + ...), for finite scores of any size.

    A score of minus infinity counts as a class that is ruled out.

    Raises:
        ValueError: there are no scores.
    """
    top = highest(scores)
    first, *others = [(s - top).exp() for s in scores]
    return sum(others, first).log() + top


def softmax(scores: Sequence[Value]) -> list[Value]:
    """Shares that add up to 1, in proportion to exp(score).

    Raises:
        ValueError: there are no scores.
    """
    top = highest(scores)
    parts = [(s - top).exp() for s in scores]
    total = sum(parts[1:], parts[0])
    return [part / total for part in parts]


def cross_entropy(scores: Sequence[Value], label: int) -> Value:
    """-log of the share that softmax gives to the class `label`.

    Args:
        scores: one for each class, not squashed.
        label: the number of the right class, from 0.

    Raises:
        ValueError: there is no such class.
    """
    if label not in range(len(scores)):
        raise ValueError(f'{len(scores)} classes have the labels '
                         f'0 to {len(scores) - 1}: not {label}')
    return log_sum_exp(scores) - scores[int(label)]


__all__ = ['binary_cross_entropy', 'cross_entropy', 'highest', 'hinge',
           'log_sum_exp', 'mean', 'softmax', 'squared_error']
