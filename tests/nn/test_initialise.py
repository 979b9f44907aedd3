"""First weights: their spread, their order of drawing, and what they do for deep nets."""

from __future__ import annotations

import math
import random
import re
from statistics import fmean, pvariance

import pytest

from micrograd.engine import Value
from micrograd.nn import MLP, initialise


def weights(model, layer):
    return [w.data for neuron in model.layers[layer].neurons for w in neuron.w]


@pytest.mark.parametrize("gain", [1.0, math.sqrt(2), 5 / 3])
@pytest.mark.parametrize("layer, inputs", [(0, 3), (1, 40)])
def test_the_variance_is_the_gain_squared_over_the_inputs(gain, layer, inputs):
    model = MLP(3, [40, 40])
    initialise(model, gain, random.Random(0))
    drawn = weights(model, layer)
    reach = gain * math.sqrt(3 / inputs)
    assert max(map(abs, drawn)) <= reach
    assert max(drawn) > 0.9 * reach and min(drawn) < -0.9 * reach
    assert fmean(drawn) == pytest.approx(0, abs=0.2 * reach)
    assert pvariance(drawn) == pytest.approx(gain**2 / inputs, rel=0.2)


def test_each_weight_is_one_draw_in_the_order_of_the_parameters():
    model = MLP(2, [2, 1])
    initialise(model, 1.5, random.Random(3))
    rng = random.Random(3)
    reach = 1.5 * math.sqrt(3 / 2)
    expected = []
    for _ in range(3):
        expected += [rng.uniform(-reach, reach), rng.uniform(-reach, reach), 0.0]
    assert [p.data for p in model.parameters()] == expected


def test_the_gain_is_1_unless_another_is_given():
    a, b = MLP(2, [3, 1]), MLP(2, [3, 1])
    initialise(a, rng=random.Random(5))
    initialise(b, 1.0, random.Random(5))
    assert [p.data for p in a.parameters()] == [p.data for p in b.parameters()]


def test_without_a_generator_the_shared_one_is_drawn_from():
    a, b = MLP(2, [1]), MLP(2, [1])
    random.seed(11)
    initialise(a)
    initialise(b, rng=random.Random(11))
    assert [p.data for p in a.parameters()] == [p.data for p in b.parameters()]


def test_the_parameters_stay_the_same_values_and_biases_become_0():
    model = MLP(2, [2])
    before = model.parameters()
    for p in before:
        p.data, p.grad = 7.0, 2.0
    initialise(model, rng=random.Random(0))
    assert all(p is q for p, q in zip(before, model.parameters(), strict=True))
    assert [neuron.b.data for neuron in model.layers[0].neurons] == [0.0, 0.0]
    assert [p.grad for p in before] == [2.0] * 6


@pytest.mark.parametrize("gain", [0, -1.0, math.inf, math.nan, "1", Value(1.0), None])
def test_a_gain_that_is_no_size_is_refused_and_nothing_changes(gain):
    model = MLP(2, [2, 1], rng=random.Random(0))
    before = [p.data for p in model.parameters()]
    with pytest.raises(ValueError, match=f"a gain is a finite number above 0: not {re.escape(repr(gain))}$"):
        initialise(model, gain)
    assert [p.data for p in model.parameters()] == before


def test_a_deep_relu_net_keeps_the_size_of_its_signals():
    rng = random.Random(0)
    model = MLP(32, [32] * 6)
    initialise(model, math.sqrt(2), rng)
    sizes = []
    h: list[Value | float] = [rng.gauss(0, 1) for _ in range(32)]
    for layer in model.layers[:-1]:
        h = layer.outputs(h)
        sizes.append(math.sqrt(fmean(v.data**2 for v in h)))
    assert 0.3 < sizes[-1] / sizes[0] < 3
