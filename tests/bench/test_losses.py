"""Everybody who is timed computes the same losses; here those that need nothing installed."""

import importlib.util
from itertools import pairwise

import pytest

from bench import __main__ as driver
from bench import install
from bench.contestants.ours import Ours
from bench.contestants.scalar import Scalar
from bench.plan import ENTRANTS, WORKLOADS
from bench.reference import Value
from bench.workloads import CHECKS, TASKS

compiles = pytest.mark.skipif(
    importlib.util.find_spec("micrograd.compile") is None, reason="micrograd.compile is not tangled yet"
)


class Reference(Scalar):
    """The classic's shape, with this book's modules around its values."""

    class engine:
        Value = Value

    class nn:
        class MLP:
            def __init__(self, nin, nouts):
                sizes = [nin, *nouts]
                self.shape = list(pairwise(sizes))
                self.values = [Value(0.0) for inputs, outputs in self.shape for _ in range(outputs * (inputs + 1))]

            def parameters(self):
                return self.values

            def zero_grad(self):
                for p in self.values:
                    p.grad = 0.0

            def __call__(self, x):
                rest = iter(self.values)
                for k, (inputs, outputs) in enumerate(self.shape):
                    out = []
                    for _ in range(outputs):
                        w = [next(rest) for _ in range(inputs)]
                        b = next(rest)
                        out.append(sum((wi * xi for wi, xi in zip(w, x, strict=True)), b))
                    x = out if k == len(self.shape) - 1 else [v.relu() for v in out]
                return x[0] if len(x) == 1 else x


def test_this_engine_arrives_at_the_losses(task):
    assert Ours(task).losses(CHECKS) == pytest.approx(task.losses, rel=1e-12)


def test_an_engine_of_the_classics_shape_arrives_at_the_losses(hinge_task):
    assert Reference(hinge_task).losses(CHECKS) == pytest.approx(hinge_task.losses, rel=1e-12)


def test_its_shared_operands_sum_both_paths():
    a = Value(3.0)
    (a * a + a).backward()
    assert a.grad == 7


@pytest.mark.skipif(not install.PYTHON.exists(), reason="`make bench` installs the peers, in an environment of their own")
@pytest.mark.parametrize("name", [name for name in WORKLOADS["chain"].entrants if ENTRANTS[name].kind != "ours"])
def test_a_peers_chain_has_the_slopes_that_are_carried_along_by_hand(name):
    worker = driver.Worker(name, limit=600)
    try:
        found = worker.ask("chain", length=100)["losses"]
    finally:
        worker.end()
    assert found == pytest.approx(driver.chain_by_hand(100), rel=1e-12)


@compiles
@pytest.mark.parametrize("kind", ["Python", "NumPy"])
def test_compiled_steps_arrive_at_the_losses(task, kind):
    from bench.contestants import compiled

    assert getattr(compiled, kind)(task).losses(CHECKS) == pytest.approx(task.losses, rel=1e-12)


@pytest.mark.parametrize("name", ["moons100", "moons1"])
def test_the_first_loss_of_the_moons_is_the_classics(name):
    pytest.importorskip("sklearn")
    from bench.workloads import reference

    task = TASKS[name]()
    assert len(task.parameters) == 337
    if name == "moons100":
        assert reference(task, [1.0, 0.991])[:2] == pytest.approx([0.8958441028683222, 1.7235905336972022], rel=1e-12)
