"""A small task, with the losses that NumPy's formulas give."""

import random

import pytest

from bench.workloads import CHECKS, Task, first_parameters, reference


def make_task(loss: str) -> Task:
    rng = random.Random(1)
    random.seed(1)
    sizes = [2, 4, 3, 1] if loss == "hinge" else [3, 5, 4]
    labels = [-1.0, 1.0] if loss == "hinge" else [0.0, 1.0, 2.0, 3.0]
    samples = [[*(rng.gauss(0, 1) for _ in range(sizes[0])), rng.choice(labels)] for _ in range(12)]
    task = Task(sizes, loss, 4, samples, first_parameters(sizes, True))
    task.losses = reference(task, CHECKS)
    return task


@pytest.fixture(params=["hinge", "cross_entropy"])
def task(request):
    return make_task(request.param)


@pytest.fixture
def hinge_task():
    return make_task("hinge")
