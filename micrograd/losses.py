# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [106b4c92ef3b]
"""Losses: how wrong predictions are, as one value with a floor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from micrograd.arguments import in_order
from micrograd.engine import Value, gate, node


def squared_error(prediction: Value, target: Value | float) -> Value:
    """(prediction - target) ** 2: its floor is 0, at the target."""
    return (prediction - target) ** 2


def highest(scores: Iterable[Value]) -> Value:
    """The largest of the scores; to gradients it is a plain number.

    Raises:
        ValueError: there are none.
    """
    scores = in_order(scores, 'scores')
    if not scores:
        raise ValueError('a choice between no scores')
    return node('highest', scores, max)


Label = Value | float


def known_label(label: Label, labels: Sequence[int], loss: str) -> Label:
    """The label, as an int for the loss to compute with.

    A Value stays one. It is a plain number to gradients, and NaN if it is
    none of the labels.

    Raises:
        ValueError: a number that is none of the labels that the loss takes.
    """
    if isinstance(label, Value):
        label = highest([label])
        return label + nan_above(-highest([-abs(label - k) for k in labels]))
    if label not in labels:
        between = 'and' if len(labels) == 2 else 'to'
        raise ValueError(f'{loss} takes labels {labels[0]} {between} '
                         f'{labels[-1]}, not {label!r}')
    return int(label)


def binary_cross_entropy(score: Value, label: Label) -> Value:
    """-log of the probability that sigmoid(score) gives to the label.

    The score is not squashed yet. Finite scores of any size are safe.

    Raises:
        ValueError: the label is neither 0 nor 1.
    """
    label = known_label(label, (0, 1), 'a binary cross-entropy')
    against = score * (1 - 2 * label)
    top = highest([Value(0.0), against])  # no gradient, so no corner
    return ((against - top).exp() + (-top).exp()).log() + top


def hinge(score: Value, label: Label) -> Value:
    """max(0, 1 - score * label): 0 where the score is right by 1 or more.

    Raises:
        ValueError: the label is neither -1 nor +1.
    """
    return (1 - score * known_label(label, (-1, 1), 'a hinge loss')).relu()


def mean(losses: Iterable[Value]) -> Value:
    """The average of the losses of single samples.

    Raises:
        ValueError: there are none.
    """
    losses = in_order(losses, 'losses')
    if not losses:
        raise ValueError('the mean of no losses: is the data empty?')
    first, *others = losses
    return sum(others, first) * (1 / len(losses))


def log_sum_exp(scores: Iterable[Value]) -> Value:
    """log(exp(s1) + exp(s2) + ...), for finite scores of any size.

    A score of minus infinity counts as a class that is ruled out.

    Raises:
        ValueError: there are no scores.
    """
    scores = in_order(scores, 'scores')
    top = highest(scores)
    first, *others = [(s - top).exp() for s in scores]
    return sum(others, first).log() + top


def softmax(scores: Iterable[Value]) -> list[Value]:
    """Shares that add up to 1, in proportion to exp(score).

    Raises:
        ValueError: there are no scores.
    """
    scores = in_order(scores, 'scores')
    top = highest(scores)
    parts = [(s - top).exp() for s in scores]
    total = sum(parts[1:], parts[0])
    return [part / total for part in parts]


def cross_entropy(scores: Iterable[Value],
                  label: Label | Iterable[Value | float]) -> Value:
    """-log of the share that softmax gives to the class `label`.

    Args:
        scores: one for each class, not squashed.
        label: the number of the right class, from 0; or for each class
            its share in the truth, at least 0 and together 1. The loss is
            then the mean over the classes, in these shares.
            Of values, as the inputs of a program are, what is no such label
            makes the loss NaN.

    Raises:
        ValueError: there is no such class, or these are no such shares.
    """
    scores = in_order(scores, 'scores')
    total, n = log_sum_exp(scores), len(scores)
    if isinstance(label, Iterable) and not isinstance(label, str):
        shares = whole_truth(in_order(label, 'shares'), n)
    elif isinstance(label, Value):
        shares = one_hot(label, n)
    else:
        known_label(label, range(n), 'a cross-entropy')
        return total - scores[int(label)]
    first, *others = [gate(total - s, share) * share
                      for s, share in zip(scores, shares, strict=True)]
    loss: Value = sum(others, first)
    return loss


def one_hot(label: Value, classes: int) -> list[Value]:
    """1 at the place of the label, 0 at all others, as many as classes."""
    right: Any = known_label(label, range(classes), 'a cross-entropy')
    return [(1 - abs(right - k)).relu() for k in range(classes)]


def nan_above(miss: Value) -> Value:
    """0, but NaN where the miss is above 0."""
    return gate(Value(math.nan), miss)


def whole_truth(given: list[Any], classes: int) -> list[Any]:
    """The shares of the classes in the truth, as floats.

    With a Value among them they are NaN if they are no shares of a whole.

    Raises:
        ValueError: there are not as many as classes, or they are numbers
            that are no shares of a whole.
    """
    shares: list[Any] = [x if isinstance(x, Value) else float(x)
                         for x in given]
    total = sum(shares)
    below = sum(abs(share) - share for share in shares)  # twice, if negative
    miss = abs(total - 1) + below - 1e-3
    symbolic = isinstance(miss, Value)
    if len(shares) != classes or not (symbolic or miss <= 0):
        raise ValueError(f'the truth about {classes} classes has {classes} '
                         f'shares, at least 0 and together 1: not {given}')
    return [share + nan_above(miss) for share in shares] if symbolic else shares


__all__ = ['binary_cross_entropy', 'cross_entropy', 'highest', 'hinge',
           'log_sum_exp', 'mean', 'softmax', 'squared_error']
