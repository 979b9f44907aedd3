"""A label is an input of a compiled step: the same loss as interpreted, and no lie about a label that is none."""

from __future__ import annotations

import math
import random

import pytest

from micrograd.compile import compile
from micrograd.losses import (
    binary_cross_entropy,
    cross_entropy,
    highest,
    hinge,
    mean,
    squared_error,
)
from micrograd.nn import MLP

BACKENDS = ("python", "numpy", "native")
HOT = [[float(k == i) for k in range(4)] for i in range(4)]
# The loss, how many scores it takes, the labels, and some that are none.
LOSSES = {
    "squared": (squared_error, 1, [-0.5, 2.0], []),
    "hinge": (hinge, 1, [-1, 1], [0, 0.5, 2, math.nan]),
    "binary": (binary_cross_entropy, 1, [0, 1], [-1, 0.5, 2, math.nan]),
    "number": (cross_entropy, 4, [0, 1, 2, 3], [-1, 0.5, 1.001, 4, math.nan]),
    "one-hot": (cross_entropy, 4, HOT, [[0.0] * 4, [1.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [1.5, -0.5, 0.0, 0.0], [math.nan] * 4]),
    "soft": (cross_entropy, 4, [[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0]], [[0.1, 0.2, 0.3, 0.3]]),
}
each_loss = pytest.mark.parametrize("name", LOSSES)
each_backend = pytest.mark.parametrize("backend", BACKENDS)


def problem(name, seed=0, count=24):
    loss_of, outputs, labels, wrong = LOSSES[name]
    rng = random.Random(seed)
    model = MLP(2, [5, outputs], "tanh", rng=rng)
    for p in model.parameters():
        p.data *= 3
    samples = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice(labels)) for _ in range(count)]
    return model, samples, lambda x, y: loss_of(model(x), y), wrong


def gradients(model, run):
    model.zero_grad()
    loss = run()
    return loss, [p.grad for p in model.parameters()]


@each_loss
@each_backend
def test_the_compiled_loss_is_the_interpreted_one(name, backend):
    model, samples, loss_of, _ = problem(name)

    def interpreted():
        loss = mean(loss_of(*sample) for sample in samples)
        loss.backward()
        return loss.data

    loss, slopes = gradients(model, interpreted)
    same, alike = gradients(model, compile(loss_of, samples, model.parameters(), backend=backend).backward)
    assert same == pytest.approx(loss, rel=1e-13) and alike == pytest.approx(slopes, rel=1e-12, abs=1e-14)


@each_loss
@each_backend
def test_a_label_that_is_none_is_not_learned_from(name, backend):
    model, samples, loss_of, wrong = problem(name)
    step = compile(loss_of, samples, model.parameters(), backend=backend)
    for label in wrong:
        faulty = [*samples[:5], (samples[5][0], label), *samples[6:]]
        step.load(faulty)
        loss, slopes = gradients(model, step.backward)
        assert math.isnan(loss) and all(map(math.isnan, slopes)), label
        traced = compile(loss_of, faulty[5:], model.parameters(), backend=backend)
        assert math.isnan(traced.backward())
    step.load(samples)
    assert all(map(math.isfinite, gradients(model, step.backward)[1]))


@each_backend
def test_the_loss_of_huge_scores_stays_exact(backend):
    [w] = MLP(1, [1]).layers[0].neurons[0].w
    w.data = 1.0
    samples = [([800.0], 0), ([800.0], 1), ([-800.0], 1), ([30.0], 1), ([1e300], 0)]
    step = compile(lambda x, y: (highest([w]) * 0 + binary_cross_entropy(w * x[0], y),) * 2, samples, [w], backend=backend)
    step.backward()
    assert step.outputs()[0] == pytest.approx([binary_cross_entropy(x[0] * w, y).data for x, y in samples], rel=1e-12)
    assert step.outputs()[0][3] == pytest.approx(math.log1p(math.exp(-30)), rel=1e-12)


@each_backend
def test_a_class_ruled_out_stays_out(backend):
    model = MLP(1, [2], rng=0)

    def loss_of(x, y):
        a, b = model(x)
        return cross_entropy([a, -math.inf + highest([a]) * 0, b], y)

    samples = [([0.5], 0), ([-1.0], 2), ([2.0], 0)]
    interpreted = [cross_entropy(model(x), y // 2) for x, y in samples]
    loss, slopes = gradients(model, compile(loss_of, samples, model.parameters(), backend=backend).backward)
    assert loss == pytest.approx(mean(interpreted).data, rel=1e-12) and all(map(math.isfinite, slopes))


@each_backend
def test_highest_of_one_value_stops_its_gradient_in_a_program_too(backend):
    [w] = MLP(1, [1]).layers[0].neurons[0].w
    w.data = 2.0
    step = compile(lambda x: (w * x - highest([w])) ** 2, [[1.0], [2.0], [3.0]], [w], backend=backend)
    w.data = 5.0
    w.grad = 0.0
    assert step.backward() == pytest.approx(25 * (0 + 1 + 4) / 3)
    assert w.grad == pytest.approx(sum(2 * (5 * x - 5) * x for x in (1, 2, 3)) / 3)
