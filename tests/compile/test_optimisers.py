"""Optimisers inside the compiled step: the same as outside it, and their books are kept."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from micrograd.compile import Step, compile
from micrograd.engine import Value
from micrograd.nn import MLP
from micrograd.optim import SGD, Adam, Optimiser, cosine_decay, linear_decay
from micrograd.updates import UPDATES, Update

each_backend = pytest.mark.parametrize("backend", ["python", "numpy", "native"])
MAKES: dict[str, Callable[[list[Value]], Any]] = {
    "plain": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.05, momentum=0.9),
    "all of the momentum": lambda p: SGD(p, 0.01, momentum=1.0),
    "Adam": lambda p: Adam(p, 0.01),
    "Adam with other betas": lambda p: Adam(p, 0.02, betas=(0.8, 0.95), epsilon=1e-4),
    "Adam without memory": lambda p: Adam(p, 0.005, betas=(0.0, 0.0)),
}
each_optimiser = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
SCHEDULES: dict[str, Callable[[int], float]] = {
    "a line": linear_decay(0.05, 0.0, 50),
    "a cosine": cosine_decay(0.03, 0.001, 55),
    "level": lambda step: 0.01,
}
STEPS = 55


class Problem:
    """A small net, samples, a loss and a penalty: each time the same."""

    def __init__(self, make: Callable[[list[Value]], Any]) -> None:
        rng = random.Random(7)
        self.model = MLP(2, [4, 3, 1], "tanh", rng=rng)
        self.samples = [((rng.gauss(0, 1), rng.gauss(0, 1)), rng.choice((-1.0, 1.0))) for _ in range(11)]
        self.parameters = self.model.parameters()
        self.optimiser = make(self.parameters)

    def loss(self, x: Any, y: Any) -> Any:
        return (1 - y * self.model(x)).relu()

    def penalty(self) -> Value:
        return 1e-3 * sum((p * p for p in self.parameters), Value(0.0))

    def compiled(self, batch: int | None = None, **choices: Any) -> Step:
        step = compile(self.loss, self.samples, self.parameters, penalty=self.penalty(), optimiser=self.optimiser, **choices)
        step.load(self.samples, batch=batch)
        return step

    def interpreted(self, rates: list[float], batch: int = 11, begin: int = 0) -> list[float]:
        losses = []
        cuts = [self.samples[i : i + batch] for i in range(0, 11, batch)]
        for k, rate in enumerate(rates, begin):
            some = cuts[k % len(cuts)]
            self.optimiser.zero_grad()
            loss = sum((self.loss(*sample) for sample in some), Value(0.0)) * (1 / len(some)) + self.penalty()
            loss.backward()
            self.optimiser.learning_rate = rate
            self.optimiser.step()
            losses.append(loss.data)
        return losses

    def numbers(self) -> list[list[float]]:
        """Parameters, the last derivatives, and what the optimiser remembers."""
        books = [vars(self.optimiser).get(name, []) for name in ("velocities", "means", "squares")]
        return [[p.data for p in self.parameters], [p.grad for p in self.parameters], *books]


@functools.cache
def walked(make: Any, schedule: str, batch: int) -> tuple[list[float], Problem]:
    """The losses of many interpreted steps, and where they end."""
    problem = Problem(make)
    return problem.interpreted([SCHEDULES[schedule](k) for k in range(STEPS)], batch), problem


def close(found: list[float], wanted: list[float], tolerance: float = 1e-12) -> bool:
    scale = max(map(abs, wanted), default=0.0)
    return all(abs(a - b) <= tolerance * scale for a, b in zip(found, wanted, strict=True))


def same(one: Problem, other: Problem, tolerance: float = 1e-12) -> bool:
    counts = [vars(problem.optimiser).get("steps") for problem in (one, other)]
    return counts[0] == counts[1] and all(
        close(a, b, tolerance) for a, b in zip(one.numbers(), other.numbers(), strict=True)
    )


@each_backend
@each_optimiser
@pytest.mark.parametrize("batch", [None, 4])
def test_it_goes_where_the_optimiser_goes(make: Any, backend: str, batch: int | None) -> None:
    wanted, there = walked(make, "level", batch or 11)
    here = Problem(make)
    here.optimiser.learning_rate = 0.01
    found = here.compiled(batch, backend=backend).descend(STEPS)
    assert close(found, wanted)
    assert same(here, there)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@each_optimiser
def test_in_single_precision_nearly(make: Any, backend: str) -> None:
    wanted, there = walked(make, "level", 11)
    here = Problem(make)
    found = here.compiled(backend=backend, dtype="float32").descend([0.01] * STEPS)
    assert close(found, wanted, 1e-5)
    assert close(here.numbers()[0], there.numbers()[0], 1e-4)


@each_backend
@each_optimiser
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_a_list_of_rates(make: Any, backend: str, schedule: str) -> None:
    wanted, there = walked(make, schedule, 11)
    here = Problem(make)
    rate = here.optimiser.learning_rate
    assert close(here.compiled(backend=backend).descend(SCHEDULES[schedule](k) for k in range(STEPS)), wanted)
    assert same(here, there)
    assert here.optimiser.learning_rate == rate


@each_backend
@each_optimiser
def test_compiled_and_interpreted_steps_may_alternate(make: Any, backend: str) -> None:
    there, here = Problem(make), Problem(make)
    wanted = there.interpreted([0.01] * 14)
    step, found = here.compiled(backend=backend), []
    for _ in range(2):
        found += step.descend([0.01] * 3)
        found += here.interpreted([0.01] * 2)
        here.optimiser.zero_grad()
        found.append(step.backward())
        here.optimiser.step()
        found.append(step())
    assert close(found, wanted)
    assert same(here, there)


@each_backend
def test_a_step_reads_the_rate_and_the_settings_anew(backend: str) -> None:
    there, here = Problem(MAKES["momentum"]), Problem(MAKES["momentum"])
    step = here.compiled(backend=backend)
    for rate, momentum in ((0.1, 0.5), (0.02, 0.0), (0.3, 0.95)):
        there.optimiser.momentum = here.optimiser.momentum = momentum
        [wanted] = there.interpreted([rate])
        here.optimiser.learning_rate = rate
        assert math.isclose(step(), wanted, rel_tol=1e-12)
    assert same(here, there)


@each_backend
def test_a_rate_that_is_given_comes_before_the_optimisers(backend: str) -> None:
    there, here = Problem(MAKES["Adam"]), Problem(MAKES["Adam"])
    [wanted] = there.interpreted([0.25])
    assert math.isclose(here.compiled(backend=backend)(0.25), wanted, rel_tol=1e-12)
    assert same(here, there)
    assert here.optimiser.learning_rate == 0.01


@each_backend
@each_optimiser
def test_nothing_but_a_step_touches_what_it_remembers(make: Any, backend: str) -> None:
    there, here = Problem(make), Problem(make)
    step = here.compiled(backend=backend)
    there.interpreted([0.01] * 4)
    step.descend([0.01] * 4)
    before = here.numbers()
    for p in here.parameters:
        p.grad = 0.0
    step.backward()
    step.evaluate(here.samples[:3])
    assert step.descend([]) == step.descend(0) == []
    after = here.numbers()
    assert (after[0], after[2:]) == (before[0], before[2:])
    there.interpreted([0.01])
    step(0.01)
    assert same(here, there)


@each_backend
def test_what_fails_on_the_way_leaves_all_as_it_was(backend: str) -> None:
    here = Problem(MAKES["Adam"])
    step = here.compiled(backend=backend)
    step.descend(2)
    before = here.numbers()

    def rates() -> Iterator[float]:
        yield 0.1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step.descend(rates())
    assert (here.numbers(), here.optimiser.steps) == (before, 2)


def two_steps(make: Any, loss: Callable[[Value], Value], sample: float, backend: str) -> tuple[list[float], list[float]]:
    """A parameter, and what is remembered of it, after two steps: interpreted and compiled."""
    v, w = Value(1.5), Value(1.5)
    outside, inside = make([v]), make([w])
    for _ in range(2):
        outside.zero_grad()
        loss(Value(sample) * v).backward()
        outside.step()
    compile(lambda x: loss(x * w), [[sample]], [w], backend=backend, optimiser=inside).descend(2)
    books = [vars(one).get("velocities") or [*one.means, *one.squares] for one in (outside, inside)]
    return [v.data, *books[0]], [w.data, *books[1]]


@each_backend
@each_optimiser
@pytest.mark.parametrize("sample", [0.0, 1.0, 1e-170, 1e170, math.inf, -math.inf, math.nan])
def test_flat_steep_infinite_and_no_slopes(make: Any, backend: str, sample: float) -> None:
    wanted, found = two_steps(make, lambda y: y * 3, sample, backend)
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-300, nan_ok=True)


@each_backend
@each_optimiser
def test_a_parameter_of_which_the_loss_knows_nothing_stays(make: Any, backend: str) -> None:
    w, idle = Value(2.0), Value(7.0)
    optimiser = make([w, idle])
    compile(lambda x: (w * x) ** 2, [[1.0]], [w, idle], backend=backend, optimiser=optimiser).descend(5)
    assert (idle.data, idle.grad) == (7.0, 0.0)
    assert w.data != 2.0


@each_backend
@each_optimiser
def test_a_slope_that_is_the_same_for_ever(make: Any, backend: str) -> None:
    """It is a constant of the program, or another parameter, and lies among what must not move with it."""
    ends = []
    for way in ("interpreted", "compiled"):
        v, w = Value(2.0), Value(-1.0)
        optimiser = make([w, v])
        if way == "compiled":
            compile(v * w + 3 * v, [], [w, v], backend=backend, optimiser=optimiser).descend([0.05] * 20)
        else:
            optimiser.learning_rate = 0.05
            for _ in range(20):
                optimiser.zero_grad()
                (v * w + 3 * v).backward()
                optimiser.step()
        ends.append([v.data, w.data])
    assert close(ends[1], ends[0])


# ---- what is refused ----


@each_backend
@pytest.mark.parametrize("others", [lambda p: p[:-1], lambda p: [*p, Value(1.0)], lambda p: p[::-1], lambda p: [Value(1.0)]])
def test_an_optimiser_of_other_parameters(others: Callable[[list[Value]], list[Value]], backend: str) -> None:
    parameters = [Value(1.0), Value(2.0)]
    with pytest.raises(ValueError, match="the optimiser moves other parameters, or in another order"):
        compile(parameters[0] * parameters[1], [], parameters, backend=backend, optimiser=Adam(others(parameters)))


def test_a_parameter_listed_twice_moves_once() -> None:
    w = Value(2.0)
    compile(w * 1.0, [], [w, w], backend="python", optimiser=SGD([w, w], 0.5))()
    assert w.data == 1.5


class Signs(Adam):
    """It moves by the sign of the slope alone, whatever Adam would do."""

    def step(self) -> None:
        for p in self.parameters:
            p.data -= math.copysign(self.learning_rate, p.grad)


class Named(Adam):
    """Adam by another name."""


class Idle(Optimiser):
    """It has no step at all."""


def test_a_step_of_its_own_is_not_taken_for_adams() -> None:
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"^Signs cannot be compiled: .* Call step.backward\(\) and optimiser.step\(\)"):
        compile(w * w, [], [w], backend="python", optimiser=Signs([w]))
    for stranger in (Idle([w], 0.1), 0.1, "Adam"):
        with pytest.raises(TypeError, match=f"^{type(stranger).__name__} cannot be compiled"):
            compile(w * w, [], [w], backend="python", optimiser=stranger)  # type: ignore[arg-type]
    patched = Adam([w])
    patched.step = lambda: None  # type: ignore[method-assign]
    with pytest.raises(TypeError, match="^Adam cannot be compiled"):
        compile(w * w, [], [w], backend="python", optimiser=patched)
    assert w.data == 1.0


def test_a_subclass_that_steps_as_adam_does_is_adam() -> None:
    there, here = Problem(MAKES["Adam"]), Problem(lambda p: Named(p, 0.01))
    wanted = there.interpreted([0.01] * 5)
    assert close(here.compiled(backend="python").descend(5), wanted)


def test_how_far_must_be_known() -> None:
    w = Value(1.0)
    step = compile(w * w, [], [w], backend="python")
    for call in (step, lambda: step.descend(3)):
        with pytest.raises(TypeError, match="how far\\? Give a learning rate for each step, or compile with an optimiser"):
            call()
    with pytest.raises(ValueError, match="there are no -1 steps to take"):
        compile(w * w, [], [w], backend="python", optimiser=SGD([w], 0.1)).descend(-1)
    assert (w.data, w.grad) == (1.0, 0.0)


# ---- an update of any kind ----


class Twins(Optimiser):
    """Two states that are sums of the same numbers, so a matrix, and a number made of numbers."""

    def __init__(self, parameters: list[Value], learning_rate: float) -> None:
        super().__init__(parameters, learning_rate)
        self.firsts = [0.0] * len(parameters)
        self.seconds = [0.5] * len(parameters)

    def step(self) -> None:
        moved = [twins_rule(-self.learning_rate, 0.75, p.data, p.grad, a, b)
                 for p, a, b in zip(self.parameters, self.firsts, self.seconds, strict=True)]  # fmt: skip
        for p, x in zip(self.parameters, moved, strict=True):
            p.data = x[0]
        self.firsts, self.seconds = ([x[k] for x in moved] for k in (1, 2))


def twins_rule(downhill: Any, keep: Any, p: Any, slope: Any, first: Any, second: Any) -> tuple[Any, ...]:
    rest = 1 - keep * keep
    a, b = keep * first + rest * second + slope, rest * first + keep * second + slope
    return p + downhill * (a + abs(b)) / (1 + b * b), a, b


@each_backend
def test_any_update_can_be_traced(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    update = Update(twins_rule, lambda optimiser, rate, ahead: (rate, 0.75), ("firsts", "seconds"))
    monkeypatch.setitem(UPDATES, Twins.step, update)
    there, here = Problem(lambda p: Twins(p, 0.02)), Problem(lambda p: Twins(p, 0.02))
    wanted = there.interpreted([0.02] * 20)
    assert close(here.compiled(backend=backend).descend(20), wanted)
    assert close([p.data for p in here.parameters], [p.data for p in there.parameters])
    assert close(here.optimiser.firsts, there.optimiser.firsts)
    assert close(here.optimiser.seconds, there.optimiser.seconds)
