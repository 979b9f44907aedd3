"""Losses: their numbers, their gradients and their floors, by oracles that share no code with them."""

from __future__ import annotations

import math
import re
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


@pytest.mark.parametrize("label", [0, 2, -2, 0.5, math.nan, "1", None])
def test_hinge_refuses_other_labels(label):
    with pytest.raises(ValueError, match=rf"^a hinge loss takes labels -1 and 1, not {label!r}$"):
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


@pytest.mark.parametrize("label", [-1, 2, 0.5, math.nan, "1", None])
def test_binary_cross_entropy_refuses_other_labels(label):
    with pytest.raises(ValueError, match=rf"^a binary cross-entropy takes labels 0 and 1, not {label!r}$"):
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


@pytest.mark.parametrize("label", [-1, 3, 0.5, math.nan, "1", None])
def test_cross_entropy_refuses_a_class_that_is_not_there(label):
    with pytest.raises(ValueError, match=rf"^a cross-entropy takes labels 0 to 2, not {label!r}$"):
        cross_entropy(values([1.0, 2.0, 3.0]), label)


@pytest.mark.parametrize("label", [1.0, True])
def test_a_label_that_equals_a_class_will_do(label):
    assert cross_entropy(values([0.0, 5.0]), label).data == cross_entropy(values([0.0, 5.0]), 1).data


@pytest.mark.parametrize("choose", [highest, log_sum_exp, softmax])
def test_a_choice_between_nothing_is_refused(choose):
    with pytest.raises(ValueError, match="^a choice between no scores$"):
        choose([])


def test_a_choice_between_nothing_is_refused_whatever_the_label():
    with pytest.raises(ValueError, match="^a choice between no scores$"):
        cross_entropy([], 0)


@pytest.mark.parametrize("kind", ["uint8", "int8", "int64", "float32", "bool"])
def test_labels_may_be_scalars_of_numpy(kind):
    scalar = getattr(pytest.importorskip("numpy"), kind if kind != "bool" else "bool_")
    s = values([0.5, -1.0])
    for label in (0, 1):
        assert binary_cross_entropy(s[0], scalar(label)).data == binary_cross_entropy(s[0], label).data
        assert cross_entropy(s, scalar(label)).data == cross_entropy(s, label).data
        hot = [scalar(k == label) for k in (0, 1)]
        assert cross_entropy(s, hot).data == cross_entropy(s, label).data
    assert hinge(s[0], scalar(1)).data == hinge(s[0], 1).data


# Shares for a label


@given(numbers=choices, data=st.data())
def test_a_one_hot_list_is_the_number_of_its_class(numbers, data):
    label = data.draw(st.integers(0, len(numbers) - 1))
    hot = [float(k == label) for k in range(len(numbers))]
    by_number = loss_and_gradients(lambda s: cross_entropy(s, label), numbers, arriving=3.0)
    for kind in (list, tuple, iter):
        loss, gradients = loss_and_gradients(lambda s, kind=kind: cross_entropy(s, kind(hot)), numbers, arriving=3.0)
        assert loss == by_number[0] and gradients == pytest.approx(by_number[1], rel=1e-12, abs=1e-14)


@given(numbers=choices, data=st.data())
def test_soft_labels_are_the_mean_over_the_classes_in_these_shares(numbers, data):
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=len(numbers), max_size=len(numbers)))
    shares = [w / math.fsum(weights) for w in weights]
    loss, gradients = loss_and_gradients(lambda s: cross_entropy(s, shares), numbers)
    each = [loss_and_gradients(lambda s, k=k: cross_entropy(s, k), numbers) for k in range(len(numbers))]
    assert loss == pytest.approx(math.fsum(p * one for p, (one, _) in zip(shares, each, strict=True)), rel=1e-9, abs=1e-9)
    for i, gradient in enumerate(gradients):
        assert gradient == pytest.approx(math.fsum(p * g[i] for p, (_, g) in zip(shares, each, strict=True)), abs=1e-9)


@pytest.mark.parametrize("shares", [[1.0, 0.0], [0.0, 0.0, 0.0], [1, 1, 0], [1.5, -0.5, 0.0], [-1.0, 0.0, 0.0], [0.5, 0.0, 0.0],
                                    [math.nan, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [], [100, 0, 0]], ids=repr)
def test_shares_that_make_no_whole_are_refused_and_as_values_nan(shares):
    refusal = f"^the truth about 3 classes has 3 shares, at least 0 and together 1: not {re.escape(repr(shares))}$"
    with pytest.raises(ValueError, match=refusal):
        cross_entropy(values([1.0, 2.0, 3.0]), shares)
    if len(shares) == 3:
        loss, gradients = loss_and_gradients(lambda s: cross_entropy(s, values(shares)), [1.0, 2.0, 3.0])
        assert all(map(math.isnan, [loss, *gradients]))


@pytest.mark.parametrize("shares", [[1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
def test_as_many_values_as_classes_are_asked_for(shares):
    with pytest.raises(ValueError, match=r"^the truth about 3 classes has 3 shares, .*: not \[Value\("):
        cross_entropy(values([1.0, 2.0, 3.0]), values(shares))


def test_shares_have_an_order():
    with pytest.raises(TypeError, match="^shares come in a list"):
        cross_entropy(values([1.0, 2.0]), {0.0, 1.0})


def test_rounding_is_no_mistake():
    assert cross_entropy(values([1.0] * 10), [0.1] * 10).data == pytest.approx(math.log(10))
    assert cross_entropy(values([1.0] * 3), [0.3333, 0.3333, 0.3333]).data == pytest.approx(math.log(3), rel=1e-3)


def test_gradients_by_soft_shares_are_the_surprises():
    shares = values([0.25, 0.75])
    cross_entropy(values([1.0, 2.0]), shares).backward()
    surprises = [cross_entropy(values([1.0, 2.0]), k).data for k in (0, 1)]
    assert [share.grad for share in shares] == pytest.approx(surprises)


# A label that is a value, as it is while a step is compiled


TAKES = {
    "hinge": (lambda s, y: hinge(s[0], y), [-1, 1]),
    "binary": (lambda s, y: binary_cross_entropy(s[0], y), [0, 1]),
    "which": (cross_entropy, [0, 1, 2]),
}
CASES = [(name, label) for name, (_, labels) in TAKES.items() for label in labels]


@pytest.mark.parametrize("name, label", CASES)
@given(numbers=st.lists(scores, min_size=3, max_size=3))
def test_a_value_for_a_label_gives_the_same_loss_and_gradients(name, label, numbers):
    loss_of = TAKES[name][0]
    loss, gradients = loss_and_gradients(lambda s: loss_of(s, label), numbers, arriving=3.0)
    same, alike = loss_and_gradients(lambda s: loss_of(s, Value(label)), numbers, arriving=3.0)
    assert same == loss and alike == pytest.approx(gradients, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name, label", CASES)
def test_nothing_is_sent_to_a_label(name, label):
    y = Value(label)
    loss = TAKES[name][0](values([0.3, -2.0, 1.0]), y)
    loss.backward()
    assert y.grad == 0.0 and [slope.data for slope in loss.gradients([y])] == [0.0]


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize("label", [-2.0, 0.5, 3.0, 1.001, math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_label_makes_the_loss_and_every_slope_nan(name, label):
    loss, gradients = loss_and_gradients(lambda s: TAKES[name][0](s, Value(label)), [0.3, -2.0, 1.0])
    assert math.isnan(loss) and math.isnan(gradients[0])


@pytest.mark.parametrize("label", [0, Value(0.0), [1.0, 0.0, 0.0], values([1.0, 0.0, 0.0])], ids=["number", "value", "list", "values"])
def test_a_class_ruled_out_stays_out_whatever_the_label_is(label):
    loss, gradients = loss_and_gradients(lambda s: cross_entropy(s, label), [0.0, -math.inf, 0.0])
    assert (loss, gradients) == (pytest.approx(math.log(2)), [-0.5, 0.0, 0.5])


@pytest.mark.parametrize("label", [1, Value(1.0), [0.0, 1.0, 0.0], values([0.0, 1.0, 0.0])], ids=["number", "value", "list", "values"])
def test_a_right_class_that_is_ruled_out_costs_infinity(label):
    assert cross_entropy(values([0.0, -math.inf, 0.0]), label).data == math.inf


# Lists of scores and of losses


@pytest.mark.parametrize("choose", [highest, log_sum_exp, softmax, mean, lambda s: cross_entropy(s, 1)],
                         ids=["highest", "log_sum_exp", "softmax", "mean", "cross_entropy"])
class TestLists:
    def result(self, choose, things):
        out = choose(things)
        return [v.data for v in out] if isinstance(out, list) else out.data

    @pytest.mark.parametrize("kind", [tuple, iter, lambda s: (v for v in s), lambda s: dict(enumerate(s)).values()],
                             ids=["tuple", "iterator", "generator", "values"])
    def test_may_come_as_anything_with_an_order(self, choose, kind):
        numbers = [1.0, 3.0, 2.0]
        assert self.result(choose, kind(values(numbers))) == self.result(choose, values(numbers))

    def test_may_be_arrays(self, choose):
        numpy = pytest.importorskip("numpy")
        numbers = [1.0, 3.0, 2.0]
        assert self.result(choose, numpy.array(values(numbers))) == self.result(choose, values(numbers))

    @pytest.mark.parametrize("wrong", [{Value(1.0)}, {"a": Value(1.0)}, "12", Value(1.0), 1.0], ids=["set", "dict", "text", "value", "number"])
    def test_without_an_order_are_refused(self, choose, wrong):
        with pytest.raises(TypeError, match="^(scores|losses) come in a list, in their order: not "):
            choose(wrong)


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
    hot = [float(k == label) for k in range(len(numbers))]
    soft = [0.9 * h + 0.1 / len(hot) for h in hot]
    for shares in (hot, soft):
        agree(
            lambda s, y=shares: cross_entropy(s, y),
            lambda s, y=shares: functional.cross_entropy(s, torch.tensor(y, dtype=torch.float64)),
        )
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
