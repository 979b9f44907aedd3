"""How large gradients are, layer by layer."""

from __future__ import annotations

import math
import random
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet, typical


def flow(
    nets: dict[str, Any], question: str, caption: str = "", samples: int = 8, seed: int = 0
) -> Explorable:
    """The gradients in the layers of a deep net, for a choice of activation and of the size of its
    weights.

    Args:
        nets: for each activation a net; their weights are written over, all with the same ones.
        question, caption: the words around it.
        samples: how many random inputs.
        seed: of the weights and of the inputs.
    """
    rng = random.Random(seed)
    first = next(iter(nets.values()))
    layers = [
        [
            [round(rng.uniform(-1, 1), 3) for _ in range(len(neuron.w) + 1)]
            for neuron in layer.neurons
        ]
        for layer in first.layers
    ]
    inputs = [
        [round(rng.gauss(0, 1), 3) for _ in range(len(layers[0][0]) - 1)] for _ in range(samples)
    ]

    def measured(net: Any, reach: float) -> list[list[float]]:
        for layer, rows in zip(net.layers, layers, strict=True):
            for neuron, row in zip(layer.neurons, rows, strict=True):
                for p, number in zip(neuron.parameters(), row, strict=True):
                    p.data = reach * number
        found: list[list[float]] = [[] for _ in net.layers[1:]]
        for x in inputs:
            hidden: list[Any] = list(x)
            seen = []
            for layer in net.layers:
                hidden = layer.outputs(hidden)
                seen.append(hidden)
            hidden[0].backward()
            for kept, said_ in zip(found, seen, strict=False):
                kept += [v.grad for v in said_]
        return found

    cases = [
        {
            "bend": bend,
            "reach": reach,
            "sizes": [math.log10(typical(all_)) for all_ in measured(net, reach)],
        }
        for bend, net in nets.items()
        for reach in (1.0, 0.5)
    ]
    depth = len(layers) - 1
    sheet = Sheet(
        (0.4, depth + 0.6),
        (-10, 4),
        "layer",
        "size of the gradients",
        range(1, depth + 1),
        [(k, f"1e{k}".replace("-", "−")) for k in (-9, -6, -3)] + [(0, "1"), (3, "1000")],
    )
    sizes: list[float] = cases[0]["sizes"]  # type: ignore[assignment]
    sheet.histograms(measured(first, 1.0))
    alt = (
        f"For each of {depth} hidden layers a histogram of its gradients by power of ten, "
        "and a line through their "
        f"typical sizes, from {short(10 ** sizes[0])} at layer 1 to {short(10 ** sizes[-1])} at "
        f"layer {depth}."
    )
    record = {"frame": sheet.frame, "layers": layers, "inputs": inputs, "cases": cases}
    return Explorable("flow", question, sheet.svg(), alt, record, caption)
