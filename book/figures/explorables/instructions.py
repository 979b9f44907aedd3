"""The program of a value and of the derivatives that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.table import table


def instructions(
    maker: Callable[..., Any],
    inputs: dict[str, Any],
    parameters: dict[str, Any],
    output: Any,
    question: str,
    caption: str = "",
    asked: Sequence[str] = (),
) -> Explorable:
    """The program of a value and of the derivatives that are asked for.

    Args:
        maker: the chapter's `Program`.
        inputs, parameters: the leaves, by their names.
        output: the value.
        question, caption: the words around it.
        asked: the derivatives in the picture.
    """
    leaves = {**inputs, **parameters}
    output.backward()
    grads = {name: leaf.grad for name, leaf in leaves.items()}
    for leaf in leaves.values():
        leaf.grad = 0.0
    cases = {}
    for count in range(len(leaves) + 1):
        for some in combinations(leaves, count):
            made = maker(inputs=list(inputs.values()), parameters=list(parameters.values()))
            places = made.trace(output, *output.gradients([leaves[name] for name in some]))
            code = [[op, *operands] for op, *operands in made.code]
            cases[" ".join(some)] = {
                "code": code,
                "places": list(places),
                "varies": [bool(v) for v in made.varies],
            }
    shown = cases[" ".join(name for name in leaves if name in asked)]
    rows = [[str(i), "~" if shown["varies"][i] else "", str(op), " ".join(map(str, operands))]
            for i, (op, *operands) in enumerate(shown["code"])]
    record = {"inputs": {name: leaf.data for name, leaf in inputs.items()}, "asked": list(asked),
              "parameters": {name: leaf.data for name, leaf in parameters.items()},
              "output": output.data, "grads": grads, "cases": cases}
    return Explorable(
        "instructions",
        question,
        table(["place", "~", "operation", "operands"], rows, [0]),
        f"A program of {len(rows)} lines.",
        record,
        caption,
    )
