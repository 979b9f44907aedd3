"""Losses: their numbers, their gradients and their floors, by oracles that share no code with them."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd.engine import Value
from micrograd.gradcheck import gradcheck
from micrograd.losses import (
    binary_cross_entropy,
    cross_entropy,
    highest,
    hinge,
    log_sum_exp,
    mean,
    softmax,
    squared_error,
)

scores = st.floats(-30, 30)
choices = st.lists(scores, min_size=1, max_size=6)
huge = st.floats(-1e300, 1e300)


def values(numbers):
    return [Value(x) for x in numbers]


def loss_and_gradients(loss_of, numbers, arriving=1.0):
    """The loss of scores, and what reaches them where `arriving` arrives at the loss."""
    leaves = values(numbers)
    loss = loss_of(leaves)
    (arriving * loss).backward()
    return loss.data, [leaf.grad for leaf in leaves]


def exact_log_sum_exp(numbers):
    """By fifty decimal digits, without any shift."""
    with localcontext() as context:
        context.prec, context.Emax = 50, 10**15
        return float(sum((Decimal(x).exp() for x in numbers), Decimal(0)).ln())


# Squared error


@pytest.mark.parametrize(
    "prediction, target, loss, slope",
    [(0.7, 0.0, 0.49, 1.4), (0.7, 1.0, 0.09, -0.6), (3.0, 3.0, 0.0, 0.0), (-2.0, 1.0, 9.0, -6.0)],
)
def test_squared_error_of_small_numbers(prediction, target, loss, slope):
    got, [gradient] = loss_and_gradients(lambda s: squared_error(s[0], target), [prediction])
    assert (got, gradient) == (pytest.approx(loss), pytest.approx(slope))


@given(prediction=scores, target=scores)
def test_squared_error_has_its_floor_at_the_target(prediction, target):
    assert squared_error(Value(prediction), target).data >= 0 == squared_error(Value(target), target).data


# Hinge


@pytest.mark.parametrize(
    "score, label, loss, slope",
    [(0.3, 1, 0.7, -1.0), (0.3, -1, 1.3, 1.0), (4.0, 1, 0.0, 0.0), (-4.0, -1, 0.0, 0.0), (-4.0, 1, 5.0, -1.0)],
)
def test_hinge_of_small_numbers(score, label, loss, slope):
    got, [gradient] = loss_and_gradients(lambda s: hinge(s[0], label), [score], arriving=3.0)
    assert (got, gradient) == (pytest.approx(loss), 3 * slope)


@pytest.mark.parametrize("label", [-1, 1])
def test_hinge_pulls_no_more_at_a_margin_of_exactly_1(label):
    assert loss_and_gradients(lambda s: hinge(s[0], label), [float(label)]) == (0.0, [0.0])


@given(score=huge, label=st.sampled_from([-1, 1]))
def test_a_wrong_answer_costs_a_hinge_at_least_1(score, label):
    loss = hinge(Value(score), label).data
    assert loss >= 1 if score * label <= 0 else loss >= 0


@pytest.mark.parametrize("label", [0, 2, -2, 0.5, math.nan])
def test_hinge_refuses_other_labels(label):
    with pytest.raises(ValueError, match=r"^a hinge loss takes labels -1 and \+1, not "):
        hinge(Value(0.3), label)


# Binary cross-entropy


@pytest.mark.parametrize("label", [0, 1])
@given(score=scores)
def test_binary_cross_entropy_is_the_surprise_at_the_label(score, label):
    signed = score if label == 0 else -score
    exact = exact_log_sum_exp([0.0, signed])
    assert binary_cross_entropy(Value(score), label).data == pytest.approx(exact, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("label", [0, 1])
@given(score=scores)
def test_its_gradient_is_prediction_minus_label(score, label):
    _, [gradient] = loss_and_gradients(lambda s: binary_cross_entropy(s[0], label), [score], arriving=5.0)
    assert gradient == pytest.approx(5 * (1 / (1 + math.exp(-score)) - label), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("label, slope", [(0, 0.5), (1, -0.5)])
def test_its_gradient_at_a_score_of_0_is_a_half(zero, label, slope):
    loss, [gradient] = loss_and_gradients(lambda s: binary_cross_entropy(s[0], label), [zero])
    assert (loss, gradient) == (pytest.approx(math.log(2)), slope)


@pytest.mark.parametrize("size", [710.0, 1e4, 1e300])
def test_huge_scores_are_safe(size):
    def run(score, label):
        return loss_and_gradients(lambda s: binary_cross_entropy(s[0], label), [score])

    assert run(-size, 1) == (size, [-1.0])
    assert run(size, 0) == (size, [1.0])
    assert run(size, 1) == (0.0, [pytest.approx(0.0, abs=1e-300)])
    assert run(-size, 0) == (0.0, [pytest.approx(0.0, abs=1e-300)])


@pytest.mark.parametrize("label", [0, 1])
def test_a_score_that_is_not_a_number_is_not_hidden(label):
    assert math.isnan(binary_cross_entropy(Value(math.nan), label).data)


@pytest.mark.parametrize("label", [-1, 2, 0.5])
def test_binary_cross_entropy_refuses_other_labels(label):
    with pytest.raises(ValueError, match=rf"^a binary cross-entropy takes labels 0 and 1, not {label}$"):
        binary_cross_entropy(Value(0.3), label)


# Mean


@given(numbers=st.lists(scores, min_size=1, max_size=8))
def test_a_mean_shares_what_arrives_in_equal_parts(numbers):
    loss, gradients = loss_and_gradients(mean, numbers, arriving=6.0)
    assert loss == pytest.approx(math.fsum(numbers) / len(numbers), abs=1e-12)
    assert gradients == pytest.approx([6 / len(numbers)] * len(numbers))


def test_a_loss_that_is_listed_twice_counts_twice():
    a, b = Value(1.0), Value(4.0)
    mean((a, a, b)).backward()
    assert (a.grad, b.grad) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


def test_the_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^the mean of no losses: is the data empty\?$"):
        mean([])


# Which one of many


@given(numbers=choices)
def test_highest_remembers_the_scores_and_sends_nothing_back(numbers):
    scores = values(numbers)
    top = highest(scores)
    assert (top.data, top._prev) == (max(numbers), tuple(scores))
    (3 * top + scores[0]).backward()
    assert [s.grad for s in scores] == [1.0] + [0.0] * (len(scores) - 1)


@given(numbers=choices)
def test_log_sum_exp_to_fifty_digits(numbers):
    assert log_sum_exp(values(numbers)).data == pytest.approx(exact_log_sum_exp(numbers), rel=1e-12, abs=1e-14)


@given(numbers=choices)
def test_the_gradient_of_log_sum_exp_is_softmax(numbers):
    _, gradients = loss_and_gradients(log_sum_exp, numbers, arriving=2.0)
    total = math.fsum(math.exp(x) for x in numbers)
    assert gradients == pytest.approx([2 * math.exp(x) / total for x in numbers], rel=1e-9, abs=1e-300)


def test_equal_scores_are_no_corner():
    loss, gradients = loss_and_gradients(log_sum_exp, [7.0] * 4)
    assert (loss, gradients) == (pytest.approx(7 + math.log(4)), [0.25] * 4)


@given(numbers=choices, far=st.sampled_from([1e3, -1e3, 1e5, -1e5]))
def test_only_differences_of_scores_count(numbers, far):
    near, away = softmax(values(numbers)), softmax(values(x + far for x in numbers))
    assert [p.data for p in away] == pytest.approx([p.data for p in near], abs=1e-9)


@given(numbers=st.lists(huge, min_size=1, max_size=6))
def test_shares_add_up_to_1_at_any_size(numbers):
    shares = [p.data for p in softmax(values(numbers))]
    assert math.fsum(shares) == pytest.approx(1.0)
    assert all(0 <= p <= 1 for p in shares)
    assert shares[numbers.index(max(numbers))] == max(shares)


def test_every_share_has_the_gradients_of_a_share():
    for i in range(3):
        assert gradcheck(lambda *s, i=i: 10 * softmax(s)[i], 2.0, 1.0, -0.5)


def test_a_score_of_minus_infinity_is_a_class_ruled_out():
    shares = softmax(values([0.0, -math.inf, 0.0]))
    assert [p.data for p in shares] == [0.5, 0.0, 0.5]
    loss, gradients = loss_and_gradients(lambda s: cross_entropy(s, 0), [0.0, -math.inf, 0.0])
    assert (loss, gradients) == (pytest.approx(math.log(2)), [-0.5, 0.0, 0.5])


@given(numbers=choices, data=st.data())
def test_the_gradient_of_cross_entropy_is_p_minus_y(numbers, data):
    label = data.draw(st.integers(0, len(numbers) - 1))
    loss, gradients = loss_and_gradients(lambda s: cross_entropy(s, label), numbers, arriving=3.0)
    total = math.fsum(math.exp(x) for x in numbers)
    wanted = [3 * (math.exp(x) / total - (i == label)) for i, x in enumerate(numbers)]
    assert loss == pytest.approx(exact_log_sum_exp(numbers) - numbers[label], abs=1e-12)
    assert gradients == pytest.approx(wanted, abs=1e-12)
    assert math.fsum(gradients) == pytest.approx(0.0, abs=1e-12)


@given(score=scores, label=st.sampled_from([0, 1]))
def test_two_classes_are_the_binary_cross_entropy(score, label):
    many = cross_entropy(values([0.0, score]), label).data
    assert many == pytest.approx(binary_cross_entropy(Value(score), label).data, abs=1e-14)


def test_a_net_without_an_opinion_pays_the_log_of_the_number_of_classes():
    assert cross_entropy(values([0.0] * 27), 13).data == pytest.approx(math.log(27))


@pytest.mark.parametrize("label", [-1, 3, 0.5, math.nan])
def test_cross_entropy_refuses_a_class_that_is_not_there(label):
    with pytest.raises(ValueError, match=rf"^3 classes have the labels 0 to 2: not {label}$"):
        cross_entropy(values([1.0, 2.0, 3.0]), label)


@pytest.mark.parametrize("label", [1.0, True])
def test_a_label_that_equals_a_class_will_do(label):
    assert cross_entropy(values([0.0, 5.0]), label).data == cross_entropy(values([0.0, 5.0]), 1).data


@pytest.mark.parametrize("choose", [highest, log_sum_exp, softmax])
def test_a_choice_between_nothing_is_refused(choose):
    with pytest.raises(ValueError, match="^a choice between no scores$"):
        choose([])


# A second opinion


@given(numbers=choices, data=st.data())
def test_pytorch_has_the_same_losses_and_gradients(numbers, data):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    label = data.draw(st.integers(0, len(numbers) - 1))
    assume(len(numbers) > 1)

    def theirs(loss_of):
        leaf = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        loss = loss_of(leaf)
        loss.backward()
        return loss.item(), leaf.grad.tolist()

    def agree(ours, torchs):
        loss, gradients = loss_and_gradients(ours, numbers)
        their_loss, their_gradients = theirs(torchs)
        assert loss == pytest.approx(their_loss, rel=1e-9, abs=1e-12)
        assert gradients == pytest.approx(their_gradients, rel=1e-9, abs=1e-12)

    agree(lambda s: cross_entropy(s, label), lambda s: functional.cross_entropy(s, torch.tensor(label)))
    agree(log_sum_exp, lambda s: torch.logsumexp(s, 0))
    bits = [i % 2 for i in range(len(numbers))]
    agree(
        lambda s: mean([binary_cross_entropy(x, y) for x, y in zip(s, bits, strict=True)]),
        lambda s: functional.binary_cross_entropy_with_logits(s, torch.tensor(bits, dtype=torch.float64)),
    )
    agree(
        lambda s: mean([squared_error(x, 0.25) for x in s]),
        lambda s: functional.mse_loss(s, torch.full_like(s, 0.25)),
    )
