"""What runs without training, and what a machine is handed: samples, batches, outputs."""

from __future__ import annotations

import math
import random
import warnings
from typing import Any

import pytest

from micrograd.compile import Step, compile
from micrograd.engine import Value
from micrograd.layers import Layers
from micrograd.losses import log_sum_exp
from micrograd.nn import MLP
from micrograd.optim import SGD, Adam

each_backend = pytest.mark.parametrize("backend", ["python", "numpy", "native"])


class Classes:
    """A classifier of three, with its scores as outputs, and a penalty."""

    def __init__(self) -> None:
        rng = random.Random(5)
        self.model = MLP(2, [7, 6, 3], "tanh", rng=rng)
        self.penalty = 0.01 * sum((p * p for p in self.model.parameters()), Value(0.0))
        self.samples = [self.sample(rng) for _ in range(21)]
        self.others = [self.sample(rng) for _ in range(300)]

    def sample(self, rng: random.Random) -> Any:
        kind = rng.randrange(3)
        return [rng.gauss(0, 1), rng.gauss(0, 1)], [float(kind == k) for k in range(3)]

    def loss(self, x: Any, hot: Any) -> Any:
        scores = self.model(x)
        right = sum((s * h for s, h in zip(scores, hot, strict=True)), Value(0.0))
        return (log_sum_exp(scores) - right, *scores, right * right)

    def step(self, **choices: Any) -> Step:
        return compile(self.loss, self.samples, self.model.parameters(), penalty=self.penalty, **choices)

    def interpreted(self, samples: list[Any], mean: bool = True) -> tuple[float, list[list[float]]]:
        found = [[value.data for value in self.loss([*map(Value, x)], [*map(Value, hot)])] for x, hot in samples]
        total = sum(loss for loss, *_ in found) * (1 / len(found) if mean else 1.0)
        return total + self.penalty.data, [list(column) for column in zip(*(row[1:] for row in found), strict=True)]


@each_backend
@pytest.mark.parametrize("count", [1, 2, 21, 130, 300])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_it_is_the_loss_and_the_outputs_of_the_engine(backend: str, count: int, reduction: str) -> None:
    problem = Classes()
    loss, outputs = problem.step(backend=backend, reduction=reduction).evaluate(problem.others[:count])
    wanted, columns = problem.interpreted(problem.others[:count], reduction == "mean")
    assert loss == pytest.approx(wanted, rel=1e-12)
    assert len(outputs) == 4
    for found, column in zip(outputs, columns, strict=True):
        assert found == pytest.approx(column, rel=1e-12, abs=1e-14)


@each_backend
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("count", [1, 3, 21, 300])
def test_it_is_what_a_run_for_training_finds_to_the_bit(backend: str, dtype: str, count: int) -> None:
    if (backend, dtype) == ("python", "float32"):
        pytest.skip("plain Python computes in float64")
    problem = Classes()
    step = problem.step(backend=backend, dtype=dtype)
    step.descend([0.1] * 3)
    loss, outputs = step.evaluate(problem.others[:count])
    step.load(problem.others[:count])
    assert (step.backward(), step.outputs()) == (loss, outputs)


@each_backend
def test_it_touches_nothing(backend: str) -> None:
    problem, other = Classes(), Classes()
    step, undisturbed = problem.step(backend=backend), other.step(backend=backend)
    for one, samples in ((step, problem.samples), (undisturbed, other.samples)):
        one.load(samples, batch=4)
        one.descend([0.1] * 2)
        one.backward()
    parameters = problem.model.parameters()
    before = [(p.data, p.grad) for p in parameters], step.outputs()
    step.evaluate(problem.others)
    step.evaluate(problem.others[:1])
    assert before == ([(p.data, p.grad) for p in parameters], step.outputs())
    assert step.descend([0.1] * 9) == undisturbed.descend([0.1] * 9)  # the same batches, in the same order
    assert [p.data for p in parameters] == [p.data for p in other.model.parameters()]


@each_backend
def test_it_reads_the_parameters_as_they_are(backend: str) -> None:
    w = Value(2.0)
    step = compile(lambda x: (w * x, w + x), [[1.0]], [w], backend=backend)
    assert step.evaluate([[3.0], [5.0]]) == (8.0, [[5.0, 7.0]])
    step(1.0)
    w.data *= 10
    assert step.evaluate([[3.0]]) == (30.0, [[13.0]])


@each_backend
def test_of_no_samples(backend: str) -> None:
    w = Value(3.0)
    mean = compile(lambda x: (w * x, w + x, x), [[1.0]], [w], backend=backend)
    with pytest.raises(ValueError, match="the mean of no losses"):
        mean.evaluate([])
    total = compile(lambda x: (w * x, w + x, x), [[1.0]], [w], reduction="sum", penalty=w * w, backend=backend)
    assert total.evaluate([]) == (9.0, [[], []])
    total.load([])
    assert (total.backward(), total.outputs()) == (9.0, [[], []])


@each_backend
def test_a_loss_that_needs_no_sample_or_no_parameter(backend: str) -> None:
    w = Value(3.0)
    assert compile(w * w, [], [w], backend=backend).evaluate([[]]) == (9.0, [])
    assert compile(lambda x: (x, w), [[2.0]], [w], backend=backend).evaluate([[4.0]]) == (4.0, [[3.0]])
    assert compile(lambda x: Value(5.0), [[2.0]], [w], backend=backend).evaluate([[4.0]]) == (5.0, [])


def test_a_sample_of_another_shape_is_named() -> None:
    problem = Classes()
    step = problem.step(backend="python")
    with pytest.raises(ValueError, match=r"sample 1 has another shape than the one traced: \(\[1.0\], \[0.0, 1.0, 0.0\]\)"):
        step.evaluate([problem.samples[0], ([1.0], [0.0, 1.0, 0.0])])


def test_it_does_not_pay_for_the_derivative() -> None:
    problem = Classes()
    program = problem.step(backend="python").program
    whole, looking = Layers(program), Layers(program).forward()
    assert looking.gradients == []
    assert [group for group in looking.each if group[0] == "dots"] == [g for g in whole.each if g[0] == "dots" and g[2] == g[3] == 1]
    assert sum(op == "matmul" for op, *_ in looking.each) == len(problem.model.layers)
    assert {*map(str, looking.each)} < {*map(str, whole.each)}
    assert len(program.forward().stages()[1]) < len(program.stages()[1])


@each_backend
@pytest.mark.parametrize("make", [lambda p: Adam(p, 0.1), lambda p: SGD(p, 0.1, 0.9)])
def test_with_an_optimiser_inside(backend: str, make: Any) -> None:
    problem, other = Classes(), Classes()
    step = problem.step(backend=backend, optimiser=make(problem.model.parameters()))
    undisturbed = other.step(backend=backend, optimiser=make(other.model.parameters()))
    losses = []
    for _ in range(4):
        losses.append(step())
        assert step.evaluate(problem.others[:5])[0] == pytest.approx(problem_loss(problem), rel=1e-12)
    assert losses == [undisturbed() for _ in range(4)]


def problem_loss(problem: Classes) -> float:
    problem.penalty = 0.01 * sum((p * p for p in problem.model.parameters()), Value(0.0))
    return problem.interpreted(problem.others[:5])[0]


# ---- samples, batches, outputs ----


@each_backend
@pytest.mark.parametrize("batch", [-1, 0, 2.5, True, False, "2", [2], 0.0])
def test_a_batch_is_a_number_of_samples(batch: Any, backend: str) -> None:
    w = Value(1.0)
    step = compile(lambda x: w * x, [[1.0], [3.0]], [w], backend=backend)
    with pytest.raises(ValueError, match="a batch is 1, 2, 3, … samples, or None for all of them: not ") as refused:
        step.load([[5.0], [6.0]], batch=batch)
    assert repr(batch) in str(refused.value)
    assert step.backward() == 2.0  # what was loaded before is still there


@each_backend
def test_a_batch_may_be_numpys_integer_or_larger_than_the_data(backend: str) -> None:
    numpy = pytest.importorskip("numpy")
    w = Value(1.0)
    step = compile(lambda x: w * x, [[1.0]], [w], backend=backend)
    step.load([[1.0], [3.0], [5.0]], batch=numpy.int64(2))
    assert step.descend([0.0] * 3) == [2.0, 5.0, 2.0]
    step.load([[1.0], [3.0]], batch=100)
    assert step.backward() == 2.0


@each_backend
def test_who_loads_begins_with_the_first_batch(backend: str) -> None:
    w = Value(1.0)
    one, other = [[1.0], [2.0], [3.0]], [[7.0], [8.0]]
    step = compile(lambda x: w * x, one, [w], backend=backend)
    step.load(one, batch=1)
    assert step.descend([0.0] * 2) == [1.0, 2.0]
    step.load(other, batch=1)
    assert step.descend([0.0] * 3) == [7.0, 8.0, 7.0]
    step.load(one, batch=1)
    assert step.descend([0.0]) == [1.0]


@each_backend
def test_no_outputs_before_a_run(backend: str) -> None:
    w = Value(2.0)
    step = compile(lambda x: (w * x, w + x), [[1.0]], [w], backend=backend)
    for run in (step.backward, lambda: step(0.0), lambda: step.descend([0.0])):
        with pytest.raises(RuntimeError, match="no outputs before a run of the samples: step, or call backward, first"):
            step.outputs()
        assert step.descend([]) == []
        with pytest.raises(RuntimeError, match="no outputs"):
            step.outputs()
        run()
        assert step.outputs() == [[3.0]]
        step.load([[1.0]])


@each_backend
def test_a_sample_may_be_larger_than_the_precision(backend: str) -> None:
    dtype = "float64" if backend == "python" else "float32"
    w = Value(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = compile(lambda x: (w * x * 1e300 * 1e300, w * x), [[1e300]], [w], backend=backend, dtype=dtype)
        w.data = 1e300
        assert step.backward() == math.inf
        assert step.evaluate([[-1e300]]) == (-math.inf, [[-math.inf]])
        assert step.descend([1e-3] * 2)[0] == math.inf
