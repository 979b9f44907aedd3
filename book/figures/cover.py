"""The picture on the title page: `f = c*(c + 1) + c*2` with `c = a*b`, at a = 2, b = 3.

    python -m figures.cover      writes book/_static/cover.svg and cover-tall.svg

The same graph lies across a wide page and hangs down a narrow one.  Values are worked out
from the operands to the end, gradients from the end back, as the book's engine does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from figures.palette import ACCENT, CODE_PAPER, DATA, FAINT, GRAD, INK, PAPER

STATIC = Path(__file__).parent.parent / "_static"


@dataclass(frozen=True)
class Number:
    """A box: a name, what it was computed from, its value and its gradient."""

    name: str
    op: str
    operands: tuple[str, ...]
    data: float
    grad: float


def numbers() -> dict[str, Number]:
    """The graph's numbers, by key, in the order in which they are computed."""
    a, b, one, two = 2.0, 3.0, 1.0, 2.0
    c = a * b
    s = c + one
    m = c * s
    k = c * two
    f = m + k
    df = 1.0
    dm = dk = df
    ds = dm * c
    done = ds
    dtwo = dk * c
    # Three parcels: straight into the product, by way of s, by way of k.
    dc = dm * s + ds + dk * two
    return {
        "a": Number("a", "", (), a, dc * b),
        "b": Number("b", "", (), b, dc * a),
        "c": Number("c", "×", ("a", "b"), c, dc),
        "one": Number("1", "", (), one, done),
        "two": Number("2", "", (), two, dtwo),
        "s": Number("c + 1", "+", ("one", "c"), s, ds),
        "m": Number("c (c + 1)", "×", ("s", "c"), m, dm),
        "k": Number("2 c", "×", ("c", "two"), k, dk),
        "f": Number("f", "+", ("m", "k"), f, df),
    }


@dataclass(frozen=True)
class Layout:
    """Where the boxes' and the operations' centres are, and which way the graph runs."""

    width: int
    height: int
    box: tuple[int, int]
    across: bool
    boxes: dict[str, tuple[int, int]]
    ops: dict[str, tuple[int, int]]


WIDE = Layout(
    960, 312, (104, 66), True,
    {"a": (54, 106), "b": (54, 206), "c": (256, 156), "one": (256, 40), "two": (256, 272),
     "s": (466, 72), "k": (466, 240), "m": (692, 108), "f": (904, 168)},
    {"c": (155, 156), "s": (366, 72), "k": (366, 240), "m": (582, 108), "f": (800, 168)},
)
TALL = Layout(
    348, 640, (100, 62), False,
    {"a": (104, 34), "b": (244, 34), "c": (174, 170), "one": (54, 170), "two": (294, 170),
     "s": (60, 320), "k": (288, 320), "m": (130, 470), "f": (200, 604)},
    {"c": (174, 102), "s": (60, 246), "k": (288, 246), "m": (130, 396), "f": (200, 538)},
)
RADIUS = 15


def draw(layout: Layout) -> str:
    found = numbers()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {layout.height}" '
        f'width="{layout.width}" height="{layout.height}" font-family="monospace" '
        f'font-size="13" text-anchor="middle">'
    ]
    for key, number in found.items():
        if number.op:
            for operand in number.operands:
                parts.append(
                    edge(layout, layout.boxes[operand], layout.ops[key], layout.box, RADIUS)
                )
            parts.append(
                edge(
                    layout,
                    layout.ops[key],
                    layout.boxes[key],
                    (2 * RADIUS, 2 * RADIUS),
                    half(layout),
                )
            )
            parts.append(operation(layout.ops[key], number.op))
    parts += [box(layout, layout.boxes[key], number) for key, number in found.items()]
    return "\n".join([*parts, "</svg>", ""])


def half(layout: Layout) -> float:
    return layout.box[0] / 2 if layout.across else layout.box[1] / 2


def edge(
    layout: Layout, start: tuple[int, int], end: tuple[int, int], size: tuple[int, int], stop: float
) -> str:
    """A curve that leaves and arrives along the way the graph runs, with an arrow head."""
    (x1, y1), (x2, y2) = start, end
    if layout.across:
        x1, x2 = x1 + size[0] // 2, round(x2 - stop - 7)
        bend = (x2 - x1) / 2
        curve = f"M{x1} {y1}C{x1 + bend:g} {y1} {x2 - bend:g} {y2} {x2} {y2}"
        head = f"M{x2 + 6} {y2}l-8 -3.5v7z"
    else:
        y1, y2 = y1 + size[1] // 2, round(y2 - stop - 7)
        bend = (y2 - y1) / 2
        curve = f"M{x1} {y1}C{x1} {y1 + bend:g} {x2} {y2 - bend:g} {x2} {y2}"
        head = f"M{x2} {y2 + 6}l-3.5 -8h7z"
    return (f'<path d="{curve}" fill="none" stroke="{FAINT}"/>'
            f'<path d="{head}" fill="{FAINT}"/>')


def operation(at: tuple[int, int], sign: str) -> str:
    x, y = at
    return (f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{PAPER}" stroke="{FAINT}"/>'
            f'<text x="{x}" y="{y + 5}" font-size="15" fill="{INK}">{sign}</text>')


def box(layout: Layout, at: tuple[int, int], number: Number) -> str:
    (x, y), (width, height) = at, layout.box
    edge_colour = ACCENT if number.name == "f" else FAINT
    return (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" height="{height}" '
        f'rx="6" fill="{CODE_PAPER}" stroke="{edge_colour}"/>'
        f'<text x="{x}" y="{y - 14}" font-weight="600" fill="{INK}">{number.name}</text>'
        f'<text x="{x}" y="{y + 5}" fill="{DATA}">data {number.data:.1f}</text>'
        f'<text x="{x}" y="{y + 23}" fill="{GRAD}">grad {number.grad:.1f}</text>'
    )


def main() -> None:
    (STATIC / "cover.svg").write_text(draw(WIDE), encoding="utf-8", newline="\n")
    (STATIC / "cover-tall.svg").write_text(draw(TALL), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
