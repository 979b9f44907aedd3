"""The same through the steps of training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Point, Sheet, typical


def learning(
    nets: dict[str, Any],
    points: Sequence[Point],
    signs: Sequence[int],
    question: str,
    caption: str = "",
    rate: float = 0.1,
    steps: int = 20,
) -> Explorable:
    """Deep nets that learn, and the gradients of their layers' parameters while they do.

    Args:
        nets: for each activation a net; they are trained.
        points, signs: what is to be learned, with the mean hinge.
        question, caption: the words around it.
        rate, steps: of the training in the picture, which shows the first net.
    """
    from micrograd.losses import hinge, mean
    from micrograd.optim import SGD

    told: dict[str, Any] = {}
    shown: list[list[float]] = []
    for bend, net in nets.items():
        layers = [
            [[p.data for p in neuron.parameters()] for neuron in layer.neurons]
            for layer in net.layers
        ]
        optimiser, losses = SGD(net.parameters(), rate), []
        for step in range(steps + 1):
            loss = mean([hinge(net(x), sign) for x, sign in zip(points, signs, strict=True)])
            optimiser.zero_grad()
            loss.backward()
            losses.append(loss.data)
            if step < steps:
                optimiser.step()
        grads = [[p.grad for p in layer.parameters()] for layer in net.layers]
        told[bend] = {
            "layers": layers,
            "losses": losses,
            "sizes": [math.log10(typical(all_)) for all_ in grads],
        }
        shown = shown or grads
    depth = len(shown)
    sheet = Sheet(
        (0.4, depth + 0.6),
        (-9, 1),
        "layer",
        "size of the gradients",
        range(1, depth + 1),
        [(k, f"1e{k}".replace("-", "−")) for k in (-8, -6, -4, -2)] + [(0, "1")],
    )
    sheet.histograms(shown)
    sizes = [typical(all_) for all_ in shown]
    alt = (
        f"For each of {depth} layers a histogram of the gradients of its parameters by power of "
        "ten, and a line "
        f"through their typical sizes, from {short(sizes[0])} at layer 1 to {short(sizes[-1])} at "
        f"layer {depth}."
    )
    record = {
        "frame": sheet.frame,
        "points": [list(p) for p in points],
        "signs": list(signs),
        "rate": rate,
        "nets": told,
    }
    return Explorable("learning", question, sheet.svg(), alt, record, caption)
