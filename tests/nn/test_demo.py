"""The classic's demonstration, run on this package: the same numbers to 1e-9.

The numbers are those that the notebook of karpathy/micrograd has printed since 2020.
They are facts about its seeds, its data and its loop; the code here is our own.
"""

from __future__ import annotations

import random

import pytest

from micrograd.engine import Value
from micrograd.losses import hinge, mean
from micrograd.nn import MLP
from micrograd.optim import SGD

LOSSES = [
    0.8958441028683222, 1.7235905336972022, 0.7429006313851131, 0.7705641260584198,
    0.3692793385976538, 0.313545481918522, 0.2814234349772435, 0.26888733313983904,
    0.2567147286057417, 0.2704862551637922, 0.24507023853658053, 0.2509905529791503,
    0.21560951851922952, 0.23090378446402726, 0.20152151227899445, 0.22574506279282217,
    0.19447987596204114, 0.21089496199246363, 0.159830773563036, 0.1845374874688392,
    0.18977522856087634, 0.19072704042579647, 0.11733695088756485, 0.12173524408232454,
    0.1261571261277045, 0.16049097780801674, 0.18747197705245805, 0.16741837891059408,
    0.09586583491455399, 0.0877878370742091, 0.11731297569011848, 0.09340146460619836,
    0.12454454903103446, 0.07984002652777272, 0.07727519232921673, 0.07661250143094483,
    0.10610492379198365, 0.09062808429265976, 0.10671887043036932, 0.05225659921975849,
    0.06016009895234464, 0.08596724533333942, 0.051121079431796, 0.052401424016428284,
    0.045306841790015734, 0.07211073370655095, 0.03334238651310234, 0.03143222795751122,
    0.03658536747111507, 0.04829139382390309, 0.09875114765619622, 0.05449063965875453,
    0.03392679435708309, 0.05261517263568441, 0.03250295251424923, 0.02888327387207822,
    0.04139151104027239, 0.018987407426128502, 0.0252383352388374, 0.02079656521341895,
    0.0325971115781023, 0.017863351693480307, 0.023008717832211683, 0.022079325463581503,
    0.029432917853529684, 0.01625151464409193, 0.02846853448326446, 0.013994365546208731,
    0.015552344843651405, 0.0338911994616017, 0.014229870065926908, 0.013255281583285504,
    0.012300277590022063, 0.012676052498355976, 0.020593811955954763, 0.011845398205364453,
    0.016012697472883086, 0.025458360239222128, 0.014382930289661911, 0.011698962425817985,
    0.012318500800515763, 0.014121117031464233, 0.011664591962446225, 0.011589314549188726,
    0.010990299347735226, 0.01098922672069161, 0.010988193757655071, 0.010987200447388707,
    0.010986246779084925, 0.010985332742365272, 0.010984458327280174, 0.010983623524308862,
    0.010982828324359073, 0.010982072718767003, 0.010981356699297042, 0.010980680258141723,
    0.010980043387921506, 0.010979446081684675, 0.010978888332907229, 0.010978370135492717,
]
#: In per cent.
RIGHT = [
    50, 81, 77, 82, 84, 86, 89, 91, 91, 91, 91, 92, 91, 93, 92, 93, 92, 93, 94, 93,
    91, 93, 97, 95, 95, 95, 92, 95, 97, 96, 95, 97, 95, 97, 97, 98, 96, 99, 95, 98,
    100, 96, 99, 97, 100, 97, 99, 100, 99, 99, 96, 99, 100, 97, 99, 100, 98, 100, 100, 100,
    99, 100, 100, 100, 99, 100, 99, 100, 100, 99, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
]


@pytest.fixture(scope="module")
def moons():
    """The hundred points and their labels."""
    numpy = pytest.importorskip("numpy")
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn draws the demonstration's moons")
    numpy.random.seed(1337)
    points, labels = datasets.make_moons(n_samples=100, noise=0.1)
    return [tuple(map(float, p)) for p in points], [2 * int(label) - 1 for label in labels]


@pytest.fixture(scope="module")
def training(moons):
    """Losses and shares of right answers at each of the hundred steps."""
    points, labels = moons
    random.seed(1337)  # here, after every import: one of them may draw from the shared generator too
    model = MLP(2, [16, 16, 1])
    optimiser = SGD(model.parameters(), learning_rate=1.0)
    losses, right = [], []
    for k in range(100):
        scores = [model(list(map(Value, p))) for p in points]
        loss = mean([hinge(s, y) for s, y in zip(scores, labels, strict=True)])
        loss = loss + 1e-4 * sum(p * p for p in model.parameters())
        optimiser.zero_grad()
        loss.backward()
        optimiser.learning_rate = 1.0 - 0.9 * k / 100
        optimiser.step()
        losses.append(loss.data)
        right.append(sum((s.data > 0) == (y > 0) for s, y in zip(scores, labels, strict=True)))
    return losses, right


def test_the_net_has_337_parameters_and_the_classics_name(moons):
    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    relus = [f"Layer of [{', '.join([f'ReLUNeuron({nin})'] * 16)}]" for nin in (2, 16)]
    assert repr(model) == f"MLP of [{relus[0]}, {relus[1]}, Layer of [LinearNeuron(16)]]"


def test_all_hundred_losses_are_the_classics(training):
    losses, _ = training
    assert losses == pytest.approx(LOSSES, rel=0, abs=1e-9)


def test_all_hundred_accuracies_are_the_classics(training):
    _, right = training
    assert right == RIGHT
