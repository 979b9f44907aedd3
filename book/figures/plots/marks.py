"""What plots are made of, as SVG: lines, areas, markers, arrows and words at places on paper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from figures.palette import INK

SIZE, SMALL = 9.4, 8.6  # points: 12.5 and 11.5 pixels on the page
ADVANCE, LINE = 0.602, 1.2  # of the size: how wide a letter is in the book's face, how high a line
POWER = 0.72  # of the size: a raised number's

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle on paper; down is where numbers grow."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def holds(self, point: Point, slack: float = 0.01) -> bool:
        """Is the point inside?  A number that is no number is nowhere."""
        x, y = point
        return (
            self.left - slack <= x <= self.right + slack
            and self.top - slack <= y <= self.bottom + slack
        )

    def with_(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(min(self.left, other.left), min(self.top, other.top),
                   max(self.right, other.right), max(self.bottom, other.bottom))

    def grown(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def middle(self, width: float, height: float) -> Box:
        """A box of that size around the same middle."""
        x, y = (self.left + self.right - width) / 2, (self.top + self.bottom - height) / 2
        return Box(x, y, x + width, y + height)

    def level(self, y: float) -> list[Point]:
        """A line from side to side."""
        return [(self.left, y), (self.right, y)]

    def upright(self, x: float) -> list[Point]:
        """A line from bottom to top."""
        return [(x, self.bottom), (x, self.top)]


@dataclass(frozen=True)
class Pen:
    """How a line is drawn."""

    color: str
    linewidth: float = 1.6
    linestyle: Any = "-"
    alpha: float = 1.0

    def attributes(self) -> str:
        pattern = dashes(self.linestyle, self.linewidth)
        return attributes(
            fill="none",
            stroke=self.color,
            stroke_width=self.linewidth,
            stroke_dasharray=pattern,
            stroke_linecap=None if pattern else "round",
            stroke_linejoin="round",
            opacity=self.alpha,
        )


DASHES = {"-": (), "--": (3.7, 1.6), ":": (1.0, 1.65), "-.": (6.4, 1.6, 1.0, 1.6)}
NAMES = {"solid": "-", "dashed": "--", "dotted": ":", "dashdot": "-."}


def dashes(style: Any, width: float) -> str | None:
    """SVG's pattern for a line style: a sign, its name, or (0, (on, off,
    …)) in widths of the line.
    """
    pattern = style[1] if isinstance(style, tuple) else DASHES.get(NAMES.get(style, style))
    if pattern is None:
        raise ValueError(f"the line style {style!r} is none of {', '.join(DASHES)}")
    return " ".join(number(part * width) for part in pattern) or None


def number(value: float) -> str:
    """At most two decimals: a fiftieth of a pixel."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def attributes(**values: Any) -> str:
    """Attributes of an element; what is None, or an opacity of 1, is left out."""
    shown = {
        name.replace("_", "-"): number(value) if isinstance(value, float) else str(value)
        for name, value in values.items()
        if value is not None and (name, value) != ("opacity", 1)
    }
    return "".join(f' {name}="{escape(value)}"' for name, value in shown.items())


def path(lines: Iterable[Sequence[Point]], inside: str, closed: bool = False) -> str:
    """Lines from point to point as one path; points that fall on one another are one."""
    parts = []
    for line in lines:
        points = [f"{number(x)} {number(y)}" for x, y in line]
        points = [
            here for here, before in zip(points, [None, *points], strict=False) if here != before
        ]
        if len(points) > 1:
            parts.append("M" + "L".join(points) + "Z" * closed)
    return f'<path d="{"".join(parts)}"{inside}/>' if parts else ""


def polyline(lines: Iterable[Sequence[Point]], pen: Pen) -> str:
    return path(lines, pen.attributes())


def clipped_line(line: Sequence[Point], box: Box) -> Iterator[list[Point]]:
    """The parts of a line inside a box.  A point that is no number interrupts it."""
    piece: list[Point] = []
    for start, end in zip(line, line[1:], strict=False):
        seen = clipped_step(start, end, box)
        if piece and (seen is None or seen[0] != piece[-1]):
            yield piece
            piece = []
        if seen is not None:
            piece = [*(piece or seen[:1]), seen[1]]
    yield piece


def clipped_step(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    """The part of one step inside a box (Liang and Barsky's way)."""
    if not all(map(math.isfinite, (*start, *end))):
        return None
    (x0, y0), (x1, y1) = start, end
    first, last = 0.0, 1.0
    for speed, room in ((x0 - x1, x0 - box.left), (x1 - x0, box.right - x0),
                        (y0 - y1, y0 - box.top), (y1 - y0, box.bottom - y0)):
        if speed == 0:
            if room < -0.01:
                return None
        elif speed < 0:
            first = max(first, room / speed)
        else:
            last = min(last, room / speed)
    if first > last:
        return None
    a = start if first == 0 else (x0 + first * (x1 - x0), y0 + first * (y1 - y0))
    b = end if last == 1 else (x0 + last * (x1 - x0), y0 + last * (y1 - y0))
    return a, b


def clipped_area(border: Sequence[Point], box: Box) -> list[Point]:
    """The part of an area inside a box: cut along one side after the other."""
    area = [point for point in border if all(map(math.isfinite, point))]
    for axis, edge, sign in (
        (0, box.left, 1),
        (0, box.right, -1),
        (1, box.top, 1),
        (1, box.bottom, -1),
    ):
        kept: list[Point] = []
        for a, b in zip(area, area[1:] + area[:1], strict=True):
            inside = sign * (a[axis] - edge) >= 0
            if inside:
                kept.append(a)
            if inside != (sign * (b[axis] - edge) >= 0):
                part = (edge - a[axis]) / (b[axis] - a[axis])
                kept.append((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
        area = kept
    return area


def circle(r: float) -> str:
    half = f"a{number(r)} {number(r)} 0 1 0"
    return f"m{number(-r)} 0{half} {number(2 * r)} 0{half} {number(-2 * r)} 0z"


def outline(*steps: Point, end: str = "z") -> Callable[[float], str]:
    """A marker's shape from steps, in radii: the first leads away from the middle,
    without a line.
    """
    named = [("l" if n else "m", x, y) for n, (x, y) in enumerate(steps)]
    return lambda r: "".join(f"{name}{number(x * r)} {number(y * r)}" for name, x, y in named) + end


SHAPES: dict[str, Callable[[float], str]] = {
    "o": circle,
    ".": lambda r: circle(r / 2),
    "s": outline((-1, -1), (2, 0), (0, 2), (-2, 0)),
    "^": outline((0, -1), (1, 2), (-2, 0)),
    "v": outline((0, 1), (1, -2), (-2, 0)),
    "D": outline((0, -1), (1, 1), (-1, 1), (-1, -1)),
    "x": lambda r: outline((-1, -1), (2, 2), end="")(r) + outline((0, -2), (-2, 2), end="")(r),
    "+": lambda r: outline((-1, 0), (2, 0), end="")(r) + outline((-1, -1), (0, 2), end="")(r),
}


def markers(shape: str, spots: Iterable[tuple[float, float, float]], face: str, pen: Pen) -> str:
    """A marker at each (x, y, size)."""
    if shape not in SHAPES:
        raise ValueError(f"the marker {shape!r} is none of {' '.join(SHAPES)}")
    d = "".join(f"M{number(x)} {number(y)}{SHAPES[shape](size / 2)}" for x, y, size in spots)
    edge = pen.color if pen.linewidth or shape in "x+" else "none"
    return (
        ""
        if not d
        else f'<path d="{d}"'
        + attributes(
            fill="none" if shape in "x+" else face,
            stroke=edge,
            stroke_width=pen.linewidth if edge != "none" else None,
            opacity=pen.alpha,
        )
        + "/>"
    )


def arrow(start: Point, end: Point, pen: Pen) -> str:
    """An arrow with an open head; it keeps a little away from both points."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    if not 4 < length < math.inf:
        return ""
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    tail, tip = (x0 + 2 * ux, y0 + 2 * uy), (x1 - 2 * ux, y1 - 2 * uy)
    back, side = 0.4 * SIZE, 0.2 * SIZE
    barbs = [(tip[0] - back * ux - s * uy, tip[1] - back * uy + s * ux) for s in (side, -side)]
    return polyline([(tail, tip), (barbs[0], tip, barbs[1])], pen)


#: How far below the given height the first line's letters stand, in sizes;
#: their height for several lines is added.
STANDING = {"top": 0.86, "center": 0.35, "bottom": -0.24, "baseline": 0.0}
ANCHORS = {"left": None, "center": "middle", "right": "end"}


@dataclass(frozen=True)
class Words:
    """Text at a place, `dx` and `dy` points away from it; a raised `power` may follow."""

    text: str
    x: float
    y: float
    color: str = INK
    ha: str = "left"
    va: str = "baseline"
    fontsize: float = SIZE
    fontweight: str = "normal"
    rotation: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    power: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.text))
        if self.ha not in ANCHORS or self.va not in STANDING:
            raise ValueError(f"words stand ha={' | '.join(ANCHORS)} and va={' | '.join(STANDING)}")

    def rows(self) -> list[str]:
        return self.text.split("\n")

    def width(self) -> float:
        letters = max(map(len, self.rows())) + POWER * len(self.power)
        return letters * ADVANCE * self.fontsize

    def baseline(self, y: float) -> float:
        """Where the first line stands."""
        more = (len(self.rows()) - 1) * LINE * self.fontsize
        up = {"top": 0.0, "center": more / 2}.get(self.va, more)
        return y - self.dy + STANDING[self.va] * self.fontsize - up

    def bounds(self, place: Point) -> Box:
        x, y = place[0] + self.dx, self.baseline(place[1])
        if not self.text or not all(map(math.isfinite, (x, y))):
            return Box(math.inf, math.inf, -math.inf, -math.inf)
        width, height = self.width(), LINE * self.fontsize * (len(self.rows()) - 1)
        left = x - {"left": 0.0, "center": width / 2, "right": width}[self.ha]
        found = Box(left, y - 0.76 * self.fontsize, left + width, y + height + 0.24 * self.fontsize)
        upright = abs(self.rotation) == 90
        return Box(x, place[1], x, place[1]).middle(found.height, found.width) if upright else found

    def draw(self, place: Point) -> str:
        x, y = place[0] + self.dx, self.baseline(place[1])
        if not all(map(math.isfinite, (x, y))):
            return ""
        turn = (
            f"rotate({number(-self.rotation)} {number(x)} {number(place[1] - self.dy)})"
            if self.rotation
            else None
        )
        start = attributes(
            x=x, y=y, fill=self.color, text_anchor=ANCHORS[self.ha], transform=turn,
            font_size=None if self.fontsize == SIZE else self.fontsize,
            font_weight=None if self.fontweight == "normal" else self.fontweight,
        )
        first, *more = (escape(row) for row in self.rows())
        if self.power:
            raised = attributes(dy=-0.38 * self.fontsize, font_size=POWER * self.fontsize)
            first += f"<tspan{raised}>{escape(self.power)}</tspan>"
        first += "".join(
            f"<tspan{attributes(x=x, dy=LINE * self.fontsize)}>{row}</tspan>" for row in more
        )
        return f"<text{start}>{first}</text>"
