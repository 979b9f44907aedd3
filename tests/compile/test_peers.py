"""Compiled steps against PyTorch and JAX, which share no code with them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd.compile import compile
from micrograd.losses import log_sum_exp
from micrograd.nn import MLP

calmly = settings(deadline=None, derandomize=True, max_examples=12)
nets = st.tuples(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.sampled_from(["relu", "tanh", "sigmoid"]),
                 st.integers(1, 20), st.integers(0, 10**6))
each_backend = pytest.mark.parametrize("backend", ["python", "numpy", "native"])


def problem(sizes, activation, count, seed):
    """A network, its samples with one-hot labels, and its weights as the peers take them: a matrix for each layer."""
    rng = random.Random(seed)
    model = MLP(sizes[0], [*sizes[1:], 3], activation, rng=rng)
    samples = [([rng.gauss(0, 1) for _ in range(sizes[0])], [float(k == rng.randrange(3)) for k in range(3)])
               for _ in range(count)]
    weights = [[[v.data for v in (*neuron.w, neuron.b)] for neuron in layer.neurons] for layer in model.layers]
    return model, samples, weights


def slopes_of(model, samples, backend):
    def loss(x, one_hot):
        scores = model(x)
        return log_sum_exp(scores) - sum(s * hot for s, hot in zip(scores, one_hot, strict=True))

    model.zero_grad()
    value = compile(loss, samples, model.parameters(), backend=backend).backward()
    return value, [p.grad for p in model.parameters()]


def agree(found, value, slopes):
    assert found[0] == pytest.approx(value, rel=1e-12, abs=1e-12)
    scale = max(map(abs, slopes))
    assert max(abs(a - b) for a, b in zip(found[1], slopes, strict=True)) <= 1e-12 * max(scale, 1.0)


@each_backend
@given(net=nets)
@calmly
def test_networks_like_pytorch(net, backend):
    torch = pytest.importorskip("torch", reason="compared with PyTorch (torch), which is not installed")
    model, samples, weights = problem(*net)
    matrices = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in weights]
    x = torch.tensor([sample[0] for sample in samples], dtype=torch.float64)
    hot = torch.tensor([sample[1] for sample in samples], dtype=torch.float64)
    for k, matrix in enumerate(matrices):
        x = x @ matrix[:, :-1].T + matrix[:, -1]
        if k < len(matrices) - 1:
            x = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[net[1]](x)
    loss = (torch.logsumexp(x, 1) - (x * hot).sum(1)).mean()
    loss.backward()
    slopes = [slope for matrix in matrices for slope in matrix.grad.flatten().tolist()]
    agree(slopes_of(model, samples, backend), loss.item(), slopes)


@each_backend
@given(net=nets)
@calmly
def test_networks_like_jax(net, backend):
    jax = pytest.importorskip("jax", reason="compared with JAX, which `make bench` installs")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    model, samples, weights = problem(*net)
    inputs = jnp.array([sample[0] for sample in samples])
    hot = jnp.array([sample[1] for sample in samples])
    bend = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}[net[1]]

    def loss(matrices):
        x = inputs
        for k, matrix in enumerate(matrices):
            x = x @ matrix[:, :-1].T + matrix[:, -1]
            x = bend(x) if k < len(matrices) - 1 else x
        return (jax.nn.logsumexp(x, axis=1) - (x * hot).sum(1)).mean()

    value, slopes = jax.value_and_grad(loss)([jnp.array(w) for w in weights])
    agree(slopes_of(model, samples, backend), float(value),
          [float(slope) for matrix in slopes for slope in matrix.flatten()])
