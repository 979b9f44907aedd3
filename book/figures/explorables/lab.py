"""The engine broken in several ways: which check notices?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.records import operands_first, recorded


def lab(
    checks: Mapping[str, tuple[Callable[..., Any], Sequence[float]]],
    rules: Mapping[str, Callable[..., tuple[float, ...]]],
    overwrite: Callable[[Any], None],
    question: str,
    caption: str = "",
) -> Explorable:
    """The engine broken in several ways, and checks to find it out with.

    Args:
        checks: for each check its function of Values, and the point.
        rules: rules for `*`, the right one among them under the name "right".
        overwrite: a delivery, of the Value that it is given, that overwrites instead of adding.
        question, caption: the words around it.

    Raises:
        ValueError: one of them changes nothing: the engine does not take notice of it.
    """
    from micrograd.engine import RULES, Value
    from micrograd.gradcheck import numerical_gradient

    def gradients(
        name: str, f: Callable[..., Any], point: Sequence[float], stricter: bool
    ) -> list[float]:
        inputs = [Value(x) for x in point]
        y = f(*inputs)
        end = y + y + y if stricter else y
        if name not in rules:
            for value in operands_first(end):
                value._backward = partial(overwrite, value)
        end.backward()
        return [float(x.grad) / (3 if stricter else 1) for x in inputs]

    graphs = []
    for name, (f, point) in checks.items():
        inputs = [Value(x, label=label) for x, label in zip(point, "ab", strict=False)]
        graphs.append(
            {
                "name": name,
                "inputs": len(inputs),
                "nodes": recorded(unfolded(inputs, f(*inputs))),
                "slopes": numerical_gradient(lambda *xs, f=f: f(*map(Value, xs)).data, point),
            }
        )
    ways = []
    before = RULES["*"]
    try:
        for name in [*rules, "= for +="]:
            RULES["*"] = rules.get(name, rules["right"])
            ways.append(
                {
                    "name": name,
                    "gradients": [
                        [gradients(name, *check, stricter) for check in checks.values()]
                        for stricter in (False, True)
                    ],
                }
            )
            if name != "right" and ways[-1]["gradients"] == ways[0]["gradients"]:
                raise ValueError(f"nothing is broken by {name!r}")
    finally:
        RULES["*"] = before
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td "
        f"class='number'>{told(rule(5.0, -6.0, 2.0, -3.0))}</td></tr>"
        for name, rule in rules.items()
    )
    last = f"{told(rules['right'](5.0, -6.0, 2.0, -3.0))}, but each overwrites what is there"
    picture = (
        "<table><thead><tr><th scope='col'>rule for <code>*</code></th>"
        "<th scope='col' class='number'>parcels at g = 5, a = 2, b = −3</th></tr></thead>"
        f"<tbody>{rows}<tr><th scope='row'>= for +=</th><td "
        f"class='number'>{last}</td></tr></tbody></table>"
    )
    return Explorable(
        "lab",
        question,
        picture,
        "Five rules for a product, four of them wrong, and a wrong delivery.",
        {"checks": graphs, "ways": ways},
        caption,
    )


def told(parcels: Sequence[float]) -> str:
    return ", ".join(short(parcel).replace("-", "−") for parcel in parcels)


def unfolded(inputs: Sequence[Any], root: Any) -> list[Any]:
    """The inputs, in their order, and then all that the root was made from besides."""
    rest = [value for value in operands_first(root) if not any(value is x for x in inputs)]
    return [*inputs, *rest]
