"""Explorables about numbers, Python's half: the record is what the chapter's functions computed."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
from figures.explorables.explorable import Explorable
from figures.explorables.flow import flow as make_flow
from figures.explorables.knobs import knobs as make_knobs
from figures.explorables.learning import learning as make_learning
from figures.explorables.secant import secant as make_secant
from figures.explorables.shares import shares as make_shares
from figures.explorables.sheet import typical
from figures.explorables.training import aloud, trained
from figures.explorables.training import training as make_training
from figures.explorables.ucurve import ucurve as make_ucurve
from figures.explorables.walker import walker as make_walker
from figures.explorables.wishes import wishes as make_wishes
from figures.explorables.xor import CORNERS
from figures.explorables.xor import xor as make_xor

from micrograd.engine import Value
from micrograd.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    mean,
    softmax,
    squared_error,
)
from micrograd.nn import MLP
from micrograd.optim import SGD

ROOT = Path(__file__).resolve().parents[2]


def parabola(x: float) -> float:
    return 3 * x**2 - 4 * x + 5


def cube(x: float) -> float:
    return x * x * x


def ahead(f: Any, x: float, h: float) -> float:
    return float((f(x + h) - f(x)) / ((x + h) - x))


def both(f: Any, x: float, h: float) -> float:
    return float((f(x + h) - f(x - h)) / ((x + h) - (x - h)))


def gate_loss(n4: Value, n6: Value) -> Value:
    return mean([squared_error(n3 * n4 + n6, label) for n3, label in ((0, 0), (1, 0), (1, 0), (2, 1))])


def xor_error(answer: Any) -> Any:
    return sum((answer((x, y)) - (x ^ y)) ** 2 for x, y in CORNERS) * 0.25


WISHES = {"cross-entropy": lambda s: binary_cross_entropy(s, 1), "hinge": lambda s: hinge(s, 1),
          "sigmoid, squared": lambda s: squared_error(s.sigmoid(), 1)}
BY_HAND = [1.0, 1.0, 0.0, 1.0, 1.0, -1.0, 1.0, -2.0, 0.0]
DOTS = [(math.cos(t / 3), math.sin(t / 3)) for t in range(10)] + [(1 - math.cos(t / 3), 0.5 - math.sin(t / 3)) for t in range(10)]
SIGNS = [-1] * 10 + [1] * 10


def deep(kind: str, width: int = 3, depth: int = 4) -> MLP:
    return MLP(width, [width] * depth + [1], kind)


def made(kind: str) -> Explorable:
    match kind:
        case "secant":
            return make_secant(parabola, (5, -4, 3), lambda x, h: (parabola(x + h) - parabola(x)) / h, "?")
        case "ucurve":
            return make_ucurve(ahead, both, cube, "?")
        case "knobs":
            return make_knobs(lambda a, b, c: a * b + c, (2.0, -3.0, 10.0), "?")
        case "walker":
            return make_walker(Value, gate_loss, lambda ps: SGD(ps, 0.4), "?", rate=0.4)
        case "xor":
            return make_xor({k: MLP(2, [2, 1], k) for k in ("relu", "tanh", "linear")}, BY_HAND, xor_error, "?")
        case "shares":
            return make_shares(Value, softmax, cross_entropy, (2.0, 1.0, 0.0), "?", right=2)
        case "wishes":
            return make_wishes(Value, WISHES, "?")
        case "flow":
            return make_flow({k: deep(k) for k in ("sigmoid", "tanh", "relu")}, "?")
        case "learning":
            return make_learning({k: deep(k, 2, 2) for k in ("tanh", "relu")}, DOTS, SIGNS, "?", steps=3)
    return make_training(DOTS, SIGNS, "?", sizes=(4, 1), steps=8)


KINDS = ["secant", "ucurve", "knobs", "walker", "xor", "shares", "wishes", "flow", "learning", "training"]


def record(kind: str) -> dict[str, Any]:
    """What the page's script will read."""
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', made(kind)._repr_html_())
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_whole_without_a_script(kind: str) -> None:
    html = made(kind)._repr_html_()
    assert html.startswith(f'<figure class="explorable" data-explore="{kind}">')
    picture = html[html.index("<svg"):html.index("</svg>")]
    assert '<g class="area"><path' in picture and "nan" not in picture and "inf" not in picture
    assert len(re.findall('aria-label="([^"]+)"', picture)[0]) > 60
    # Nothing is drawn outside the sheet.
    width, height = (float(x) for x in re.findall(r'viewBox="0 0 (\d+) (\d+)"', picture)[0])
    area = picture[picture.index('class="area"'):]
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", area):
        assert 0 <= float(x) <= width and 0 <= float(y) <= height


def test_the_secants_slopes_are_the_chapters() -> None:
    told = record("secant")
    at, by = told["places"].index(3.0), told["nudges"].index(0.001)
    assert told["slopes"][at][by] == pytest.approx(14.003)
    assert told["heights"][at] == 20


def test_the_u_is_measured_not_drawn() -> None:
    told = record("ucurve")
    wrong = {way: [abs(m - 2.43) for m in slopes] for way, slopes in told["slopes"].items()}
    best = {way: told["nudges"][w.index(min(w))] for way, w in wrong.items()}
    assert 1e-10 < best["ahead"] < 1e-7 and 1e-7 < best["both"] < 1e-4
    assert wrong["ahead"][8] == pytest.approx(3 * 0.9 * 0.01 + 1e-4, rel=1e-6)   # h = 0.01
    assert wrong["both"][8] == pytest.approx(1e-4, rel=1e-6)


def test_the_knobs_slopes_are_exact() -> None:
    for case in record("knobs")["cases"]:
        a, b, c = case["at"]
        assert case["slopes"] == [b, a, 1.0] and case["d"] == a * b + c


def test_the_walk_is_the_optimisers() -> None:
    path = record("walker")["path"]
    assert len(path) == 31 and path[0] == [2.0, -1.0, 1.75]   # errors -1, 1, 1, 2
    assert path[1] == pytest.approx([2 - 0.4 * 3, -1 - 0.4 * 1.5, 1.21], abs=1e-9)
    assert path[-1][2] < 0.063


def test_the_net_by_hand_is_right_with_a_bend_only() -> None:
    cases = record("xor")["cases"]
    assert cases["relu"]["says"][:4] == [0, 1, 1, 0] and cases["relu"]["error"] == 0
    assert cases["linear"]["error"] >= 0.25


def test_gradients_are_shares_less_truth() -> None:
    for case in record("shares")["cases"]:
        truth = [float(i == case["right"]) for i in range(3)]
        assert case["grads"] == pytest.approx([p - y for p, y in zip(case["shares"], truth, strict=True)], abs=1e-12)


def test_each_wish_walks_by_its_own_gradient() -> None:
    told = record("wishes")
    assert told["paths"]["hinge"][:8] == [-5, -4, -3, -2, -1, 0, 1, 1]
    assert told["paths"]["sigmoid, squared"][-1] < -4 < 1 < told["paths"]["cross-entropy"][-1]


def test_the_flow_is_what_nudging_says() -> None:
    told = record("flow")
    case = told["cases"][2]
    assert case["bend"] == "tanh" and case["reach"] == 1.0
    layers = told["layers"]

    def score(hidden: list[float], start: int) -> float:
        for k, rows in enumerate(layers[start:], start):
            z = [sum(w * x for w, x in zip(row, hidden, strict=False)) + row[-1] for row in rows]
            hidden = z if k == len(layers) - 1 else [math.tanh(each) for each in z]
        return hidden[0]

    grads = []
    for x in told["inputs"]:
        first = [math.tanh(sum(w * e for w, e in zip(row, x, strict=False)) + row[-1]) for row in layers[0]]
        for i in range(len(first)):
            up, down = ([v + h * (k == i) for k, v in enumerate(first)] for h in (1e-5, -1e-5))
            grads.append((score(up, 1) - score(down, 1)) / 2e-5)
    assert 10 ** case["sizes"][0] == pytest.approx(typical(grads), rel=1e-6)


def test_the_sizes_while_learning_are_what_nudging_says() -> None:
    random.seed(3)
    net = deep("tanh", 2, 2)
    made_ = make_learning({"tanh": net}, DOTS, SIGNS, "?", steps=2).record["nets"]["tanh"]
    assert len(made_["losses"]) == 3 and made_["losses"][2] < made_["losses"][0]

    def loss() -> float:
        return float(mean([hinge(net(x), sign) for x, sign in zip(DOTS, SIGNS, strict=True)]).data)

    assert loss() == made_["losses"][-1]   # the net is where the record ends
    for k, layer in enumerate(net.layers):
        grads = []
        for p in layer.parameters():
            there = p.data
            p.data = there + 1e-6
            up = loss()
            p.data = there - 1e-6
            grads.append((up - loss()) / 2e-6)
            p.data = there
        assert 10 ** made_["sizes"][k] == pytest.approx(typical(grads), rel=1e-5)


def test_a_net_without_any_gradient_has_a_size_all_the_same() -> None:
    assert math.log10(typical([0.0, 0.0])) == -300


def test_training_in_slices_is_training_at_once() -> None:
    told = record("training")
    state = {key: told[key] for key in ("sizes", "parameters", "points", "signs", "rate")}
    losses = []
    for _ in range(4):
        done = trained(json.loads(json.dumps(state | {"steps": 2})))
        losses += done["losses"]
        state["parameters"] = done["parameters"]
    assert losses == told["end"]["losses"] and state["parameters"] == told["end"]["parameters"]
    assert losses[-1] < losses[0] and done["right"] == told["end"]["right"]


def test_the_page_hears_of_each_step_until_there_are_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    told = record("training")
    state = {key: told[key] for key in ("sizes", "parameters", "points", "signs", "rate")}
    aloud(json.dumps(state), 8)
    heard = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [step["losses"] for step in heard] == [[loss] for loss in told["end"]["losses"]]
    assert heard[-1]["parameters"] == told["end"]["parameters"]
    aloud(json.dumps(state | {"rate": 1e308}), 8)
    *some, last = capsys.readouterr().out.splitlines()
    assert last == "null" and len(some) < 7 and all(math.isfinite(json.loads(line)["losses"][0]) for line in some)


def test_an_explorable_draws_nothing_from_the_shared_generator() -> None:
    random.seed(7)
    before = random.getstate()
    for kind in ("training", "xor"):
        made(kind)
    assert kind == "xor"
    made("flow")
    explored = random.getstate()
    random.seed(7)
    for _ in range(3):   # nets without a generator of their own, made by the test: three for xor, three for flow
        MLP(2, [2, 1])
    for name in ("sigmoid", "tanh", "relu"):
        deep(name)
    assert random.getstate() == explored != before
