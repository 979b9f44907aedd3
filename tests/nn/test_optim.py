"""Optimisers and what goes with them, against closed forms and against PyTorch's own."""

from __future__ import annotations

import math
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.engine import Value
from micrograd.nn import MLP
from micrograd.optim import (
    SGD,
    Adam,
    NonFiniteLoss,
    Optimiser,
    batches,
    check_finite,
    cosine_decay,
    linear_decay,
)

OPTIMISERS = [SGD, Adam]
numbers = st.floats(-1e3, 1e3)
rates = st.floats(0, 10)


def pushed(optimiser: Optimiser, gradients):
    """Where the first parameter is after each of the gradients."""
    [p] = optimiser.parameters
    seen = []
    for g in gradients:
        p.grad = g
        optimiser.step()
        seen.append(p.data)
    return seen


# What all share


@pytest.mark.parametrize("make", OPTIMISERS)
def test_parameters_may_come_from_an_iterator(make):
    a, b = Value(1.0), Value(2.0)
    assert make(iter([a, b]), 0.1).parameters == [a, b]


@pytest.mark.parametrize("make", OPTIMISERS)
def test_a_parameter_listed_twice_moves_once(make):
    a = Value(1.0)
    optimiser = make([a, a], 0.5)
    a.grad = 1.0
    optimiser.step()
    assert a.data == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_equal_numbers_are_two_parameters(make):
    assert len(make([Value(1.0), Value(1.0)], 0.5).parameters) == 2


@pytest.mark.parametrize("make", OPTIMISERS)
def test_zero_grad_empties_the_parameters_and_moves_none(make):
    a, b = Value(1.0), Value(2.0)
    a.grad = b.grad = 3.0
    make([a, b], 0.1).zero_grad()
    assert (a.grad, b.grad) == (0.0, 0.0)
    assert (a.data, b.data) == (1.0, 2.0)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_a_step_leaves_the_gradients_alone(make):
    a = Value(1.0)
    a.grad = 3.0
    make([a], 0.1).step()
    assert a.grad == 3.0


@pytest.mark.parametrize("make", OPTIMISERS)
def test_a_learning_rate_of_zero_moves_nothing(make):
    assert pushed(make([Value(1.0)], 0.0), [5.0, -3.0]) == [1.0, 1.0]


@pytest.mark.parametrize("make", OPTIMISERS)
def test_without_parameters_is_an_error_that_says_what_to_give(make):
    with pytest.raises(ValueError, match=r"no parameters to move: .*model\.parameters\(\)"):
        make([], 0.1)


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("rate", [-0.1, float("inf"), math.nan, "0.1", Value(0.1), None])  # an infinity, but not math.inf itself
def test_a_learning_rate_must_be_finite_and_not_negative(make, rate):
    with pytest.raises(ValueError, match=f"^a learning rate is finite and at least 0: not {re.escape(repr(rate))}$"):
        make([Value(1.0)], rate)


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("wrong", [MLP(2, [1]), Value(1.0), 0.5, None], ids=repr)
def test_parameters_that_are_no_list_are_refused_with_what_to_give(make, wrong):
    with pytest.raises(TypeError, match=rf"^parameters come in a list, such as model\.parameters\(\): not {re.escape(repr(wrong)[:60])}$"):
        make(wrong, 0.1)


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("wrong, named", [([0.5], 0.5), ("abc", "a"), ({"w": Value(1.0)}, "w"), ([Value(1.0), None], None), ([[Value(1.0)]], [Value(1.0)])])
def test_what_is_no_value_is_no_parameter(make, wrong, named):
    with pytest.raises(TypeError, match=f"^a parameter is a Value: not {re.escape(repr(named))}$"):
        make(wrong, 0.1)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_what_an_operation_made_is_no_parameter(make):
    with pytest.raises(ValueError, match=r"^a parameter is a value that no operation made: not Value\(data=2\.0, grad=0\.0\), made by '\+'$"):
        make([Value(1.0), Value(1.0) + 1], 0.1)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_parameters_may_be_an_array_or_a_set(make):
    a, b = Value(1.0), Value(2.0)
    assert set(make({a, b}, 0.1).parameters) == {a, b}
    numpy = pytest.importorskip("numpy")
    assert make(numpy.array([a, b]), 0.1).parameters == [a, b]


@pytest.mark.parametrize("optimiser, told", [
    (Optimiser([Value(1.0)], 0.5), "Optimiser of 1 parameters, learning_rate=0.5"),
    (SGD(MLP(2, [3, 1]).parameters(), 0.1), "SGD of 13 parameters, learning_rate=0.1, momentum=0.0"),
    (SGD([Value(1.0)] * 2, 0.1, 0.9), "SGD of 1 parameters, learning_rate=0.1, momentum=0.9"),
    (Adam([Value(1.0), Value(2.0)]), "Adam of 2 parameters, learning_rate=0.001, betas=(0.9, 0.999), epsilon=1e-08"),
])
def test_repr_tells_the_settings(optimiser, told):
    assert repr(optimiser) == told


def test_repr_tells_the_rate_of_now():
    optimiser = SGD([Value(1.0)], 0.5)
    optimiser.learning_rate = 0.25
    assert "learning_rate=0.25" in repr(optimiser)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_the_rate_may_be_changed_between_steps(make):
    optimiser = make([Value(0.0)], 1.0)
    pushed(optimiser, [1.0])
    optimiser.learning_rate = 0.0
    [before, after] = pushed(optimiser, [1.0, 1.0])
    assert before == after


# A loss that is no number


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_loss_that_is_not_finite_stops_with_the_step(bad):
    with pytest.raises(NonFiniteLoss, match=rf"the loss is {bad} at step 7: try a smaller learning rate"):
        check_finite(Value(bad), 7)


@pytest.mark.parametrize("fine", [0.0, -1e308, 5e-324])
def test_a_finite_loss_passes(fine):
    check_finite(Value(fine), 0)


def test_the_loss_of_a_compiled_step_is_a_float_and_checked_too():
    check_finite(1.0, 0)
    with pytest.raises(NonFiniteLoss, match="the loss is nan at step 7"):
        check_finite(math.nan, 7)


def test_it_is_an_arithmetic_error():
    assert issubclass(NonFiniteLoss, ArithmeticError)


# Descent


def test_step_goes_against_the_gradient():
    assert pushed(SGD([Value(0.5)], 0.25), [2.0]) == [0.0]


@given(start=numbers, target=numbers, rate=st.floats(0.01, 0.49))
def test_on_a_parabola_the_distance_shrinks_by_one_minus_rate_times_bend(start, target, rate):
    w = Value(start)
    optimiser = SGD([w], rate)
    for _ in range(5):
        optimiser.zero_grad()
        ((w - target) ** 2).backward()
        optimiser.step()
    assert w.data - target == pytest.approx((1 - 2 * rate) ** 5 * (start - target), abs=1e-9)


# Momentum


def test_velocities_by_hand():
    assert pushed(SGD([Value(0.0)], 0.5, momentum=0.5), [-2.0, -2.0, 4.0]) == [1.0, 2.5, 1.25]


def test_steady_slope_ends_up_one_over_one_minus_momentum_times_as_fast():
    seen = pushed(SGD([Value(0.0)], 1.0, momentum=0.9), [-1.0] * 400)
    assert seen[-1] - seen[-2] == pytest.approx(10.0)


def test_momentum_of_one_adds_up_all_gradients():
    assert pushed(SGD([Value(0.0)], 1.0, momentum=1.0), [-1.0, -1.0, -1.0]) == [1.0, 3.0, 6.0]


def test_each_parameter_has_its_own_velocity():
    a, b = Value(0.0), Value(0.0)
    optimiser = SGD([a, b], 1.0, momentum=0.5)
    for _ in range(2):
        a.grad, b.grad = -2.0, 4.0
        optimiser.step()
    assert (a.data, b.data) == (5.0, -10.0)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan, "0.9", Value(0.9), None])
def test_momentum_lies_between_zero_and_one(momentum):
    with pytest.raises(ValueError, match=f"^a momentum is between 0 and 1: not {re.escape(repr(momentum))}$"):
        SGD([Value(1.0)], 0.1, momentum=momentum)


def test_best_momentum_forgets_like_its_square_root_in_every_direction():
    large, small = 100.0, 1.0
    rate = 4 / (math.sqrt(large) + math.sqrt(small)) ** 2
    momentum = ((math.sqrt(large) - math.sqrt(small)) / (math.sqrt(large) + math.sqrt(small))) ** 2
    for bend in (large, small, 30.0):
        w = Value(1.0)
        optimiser = SGD([w], rate, momentum=momentum)
        for _ in range(200):
            w.grad = bend * w.data
            optimiser.step()
        assert abs(w.data) < 400 * math.sqrt(momentum) ** 200


# Adam


@given(g=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3))
def test_first_step_of_adam_is_the_rate_with_the_sign_of_the_gradient(g):
    assert pushed(Adam([Value(0.0)], 0.1), [g]) == pytest.approx([-math.copysign(0.1, g)], rel=1e-4)


def test_equal_gradients_make_equal_steps():
    assert pushed(Adam([Value(0.0)], 0.1), [5.0] * 4) == pytest.approx([-0.1, -0.2, -0.3, -0.4], rel=1e-6)


def test_two_steps_by_hand():
    # m: 0.5, 0.25 - 1 = -0.75 over 1 - 1/4;  s: 0.5, 0.25 + 2 = 2.25 over 1 - 1/4
    seen = pushed(Adam([Value(0.0)], 1.0, betas=(0.5, 0.5), epsilon=1e-12), [1.0, -2.0])
    assert seen == pytest.approx([-1.0, -1.0 + 1.0 / math.sqrt(3.0)])


def test_epsilon_counts_where_the_gradient_is_tiny():
    assert pushed(Adam([Value(0.0)], 1.0, epsilon=1.0), [1.0]) == pytest.approx([-0.5])


def test_with_betas_of_zero_only_the_last_gradient_counts():
    assert pushed(Adam([Value(0.0)], 1.0, betas=(0.0, 0.0)), [5.0, -0.25, -3.0]) == pytest.approx([-1.0, 0.0, 1.0], abs=1e-6)


def test_a_parameter_without_gradient_stays():
    assert pushed(Adam([Value(2.0)], 0.1), [0.0, 0.0]) == [2.0, 2.0]


def test_a_gradient_whose_square_overflows_breaks_nothing():
    assert all(map(math.isfinite, pushed(Adam([Value(2.0)], 0.1), [1e200, 1.0])))


def test_steps_are_counted_by_call_and_not_by_parameter():
    parameters = [Value(0.0) for _ in range(3)]
    optimiser = Adam(parameters, 0.1)
    for p in parameters:
        p.grad = 7.0
    optimiser.step()
    assert [p.data for p in parameters] == pytest.approx([-0.1] * 3)


def test_defaults_are_those_of_the_paper():
    optimiser = Adam([Value(0.0)])
    assert (optimiser.learning_rate, optimiser.betas, optimiser.epsilon) == (1e-3, (0.9, 0.999), 1e-8)


@pytest.mark.parametrize("betas", [(1.0, 0.9), (0.9, 1.0), (1.5, 0.9), (-0.1, 0.9), (0.9, math.nan),
                                   (0.9,), (0.9, 0.9, 0.9), (), (0.9, Value(0.9)), ("0.9", 0.9)])
def test_betas_lie_between_zero_and_one(betas):
    with pytest.raises(ValueError, match="^betas are two numbers, at least 0 and below 1: not "):
        Adam([Value(0.0)], betas=betas)


@pytest.mark.parametrize("betas", [0.9, {0.9, 0.99}, "ab", None])
def test_betas_come_in_an_order(betas):
    with pytest.raises(TypeError, match="^betas come in a list, in their order: not "):
        Adam([Value(0.0)], betas=betas)


@pytest.mark.parametrize("epsilon", [0.0, -1e-8, float("inf"), math.nan, "1", Value(1.0), None])  # an infinity, but not math.inf itself
def test_epsilon_is_above_zero(epsilon):
    with pytest.raises(ValueError, match=f"epsilon is a number above 0: not {re.escape(repr(epsilon))}$"):
        Adam([Value(0.0)], epsilon=epsilon)


# PyTorch beside it

GRADIENTS = [[0.3, -20.0, 1e-4], [0.1, 5.0, -1e-4], [-0.4, 0.0, 3e-4], [0.2, 1.0, 0.0], [-0.1, -7.0, 2e-4]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda ps: SGD(ps, 0.1), lambda t, ps: t.optim.SGD(ps, lr=0.1)),
        (lambda ps: SGD(ps, 0.1, momentum=0.9), lambda t, ps: t.optim.SGD(ps, lr=0.1, momentum=0.9)),
        (lambda ps: Adam(ps), lambda t, ps: t.optim.Adam(ps)),
        (lambda ps: Adam(ps, 0.3, (0.5, 0.7), 1e-3), lambda t, ps: t.optim.Adam(ps, lr=0.3, betas=(0.5, 0.7), eps=1e-3)),
    ],
    ids=["descent", "momentum", "adam", "adam with other settings"],
)
def test_same_path_as_pytorch(ours, theirs):
    torch = pytest.importorskip("torch")
    start = [1.0, -2.0, 0.5]
    values = [Value(x) for x in start]
    tensor = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    mine, yours = ours(values), theirs(torch, [tensor])
    for gradients in GRADIENTS:
        for value, g in zip(values, gradients, strict=True):
            value.grad = g
        tensor.grad = torch.tensor(gradients, dtype=torch.float64)
        mine.step()
        yours.step()
        assert [value.data for value in values] == pytest.approx(tensor.tolist(), rel=1e-12, abs=1e-14)


# Batches


@given(n=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers())
def test_every_number_comes_once_in_batches_of_the_size(n, size, seed):
    made = batches(n, size, random.Random(seed))
    assert sorted(i for batch in made for i in batch) == list(range(n))
    assert all(len(batch) == size for batch in made[:-1])
    assert 1 <= len(made[-1]) <= size


def test_same_seed_same_batches_and_another_order_next_time():
    one, two = random.Random(3), random.Random(3)
    assert batches(20, 5, one) == batches(20, 5, two)
    assert batches(20, 5, one) != batches(20, 5, random.Random(3))


def test_every_place_is_equally_likely():
    rng = random.Random(0)
    first = Counter(batches(4, 2, rng)[0][0] for _ in range(4000))
    assert all(abs(first[i] - 1000) < 150 for i in range(4))


@pytest.mark.parametrize(("n", "size"), [(0, 4), (-1, 4), (4, 0), (4, -1), (4, 2.0), ([1, 2], 1), (4, "2"), (None, 1)])
def test_nothing_to_batch_is_an_error(n, size):
    with pytest.raises(ValueError, match=f"^no batches of {re.escape(repr(size))} out of {re.escape(repr(n))}: "):
        batches(n, size, random.Random(0))


# Schedules


@pytest.mark.parametrize("decay", [linear_decay, cosine_decay])
@given(start=rates, end=rates, steps=st.integers(1, 1000))
def test_schedules_begin_at_start_and_end_at_end_and_stay(decay, start, end, steps):
    schedule = decay(start, end, steps)
    assert schedule(0) == pytest.approx(start)
    assert schedule(steps) == pytest.approx(end, abs=1e-12)
    assert schedule(steps + 10**6) == schedule(steps)


@pytest.mark.parametrize("decay", [linear_decay, cosine_decay])
def test_half_way_in_time_is_half_way_in_rate(decay):
    assert decay(3.0, 1.0, 10)(5) == pytest.approx(2.0)


def test_a_quarter_of_the_way():
    assert linear_decay(1.0, 0.0, 8)(2) == 0.75
    assert cosine_decay(1.0, 0.0, 8)(2) == pytest.approx((1 + math.sqrt(0.5)) / 2)


def test_linear_decay_is_the_schedule_of_the_classic_demo():
    schedule = linear_decay(1.0, 0.1, 100)
    assert [schedule(k) for k in range(100)] == [1.0 - 0.9 * k / 100 for k in range(100)]


@pytest.mark.parametrize("decay", [linear_decay, cosine_decay])
@pytest.mark.parametrize("start, end", [(math.nan, 0.0), (1.0, math.inf), (Value(1.0), 0.0), (1.0, "0"), (None, 0.0)])
def test_a_schedule_goes_between_finite_rates(decay, start, end):
    with pytest.raises(ValueError, match=f"^a schedule goes from one finite rate to another: not from {re.escape(repr(start))} to "):
        decay(start, end, 10)


@pytest.mark.parametrize("decay", [linear_decay, cosine_decay])
@pytest.mark.parametrize("steps", [0, -3, float("inf"), math.nan, "10", Value(10.0), None])  # an infinity, but not math.inf itself
def test_a_schedule_takes_at_least_one_step(decay, steps):
    with pytest.raises(ValueError, match=f"at least 1 step: not {re.escape(repr(steps))}$"):
        decay(1.0, 0.0, steps)
