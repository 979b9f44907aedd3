"""Training, in the page."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import Point, Sheet
from figures.palette import ACCENT, THIRD


def trained(state: dict[str, Any]) -> dict[str, Any]:
    """Some steps of training: the page's Python runs this as the build does.

    Args:
        state: "sizes" of the net's layers, its "parameters", the "points" and their "signs",
            the learning "rate", and how many "steps".

    Returns:
        The new "parameters", the "losses" before each step, and how many points were "right" after
        the last.
    """
    from micrograd.losses import hinge, mean
    from micrograd.nn import MLP
    from micrograd.optim import SGD

    model = MLP(2, state["sizes"], rng=random.Random(0))
    for p, number in zip(model.parameters(), state["parameters"], strict=True):
        p.data = number
    optimiser, losses = SGD(model.parameters(), state["rate"]), []
    for _ in range(state["steps"]):
        loss = mean(
            [hinge(model(x), sign) for x, sign in zip(state["points"], state["signs"], strict=True)]
        )
        losses.append(loss.data)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    right = sum(
        (model(x).data > 0) == (sign > 0)
        for x, sign in zip(state["points"], state["signs"], strict=True)
    )
    return {"parameters": [p.data for p in model.parameters()], "losses": losses, "right": right}


def aloud(text: str, steps: int) -> None:
    """Print what each of some steps of training comes to, as a line of JSON; `null` where no number
    is left.

    Args:
        text: the state as `trained` takes it, in JSON.
        steps: how many.
    """
    state = json.loads(text) | {"steps": 1}
    for _ in range(steps):
        done = trained(state)
        if not all(map(math.isfinite, [*done["losses"], *done["parameters"]])):
            print("null")
            return
        state["parameters"] = done["parameters"]
        print(json.dumps(done))


def training(
    points: Sequence[Point], signs: Sequence[int], question: str, caption: str = "",
    sizes: Sequence[int] = (8, 8, 1), rate: float = 1.0, steps: int = 60, seed: int = 2,
) -> Explorable:
    """A net that learns the moons before the reader's eyes, by the engine itself where Python runs
    in the page.

    Args:
        points, signs: what is to be learned.
        question, caption: the words around it.
        sizes, rate, steps: of the net, and of the training in the picture.
        seed: of the first weights.
    """
    from micrograd.nn import MLP

    model = MLP(2, list(sizes), rng=random.Random(seed))
    dots = [[round(x, 3) for x in point] for point in points]
    state = {
        "sizes": list(sizes),
        "parameters": [p.data for p in model.parameters()],
        "points": dots,
        "signs": list(signs),
        "rate": rate,
        "steps": steps,
    }
    end = trained(state)
    for p, number in zip(model.parameters(), end["parameters"], strict=True):
        p.data = number
    sheet = Sheet((-1.6, 2.6), (-1.2, 1.7), "x1", "x2", (-1, 0, 1, 2), (-1, 0, 1), height=320)
    sheet.region(lambda x, y: float(model((x, y)).data), 0.0)
    for (x, y), sign in zip(dots, signs, strict=True):
        sheet.dot(x, y, THIRD if sign < 0 else ACCENT, 3.5, sign > 0)
    end["scores"] = [model(x).data for x in dots]
    return Explorable(
        "training",
        question,
        sheet.svg(),
        f"{len(dots)} dots of the two moons, and where a net says yes after {steps} steps: "
        f"{end['right']} of the dots are on their side of the boundary.",
        {"frame": sheet.frame, **state, "end": end},
        caption,
    )
