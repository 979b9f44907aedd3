"""Explorables of the last part: Newton's step, a tape, a program that grows, the sums of a net, registers and tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import combinations
from typing import Any

from figures.explorable import Explorable, short
from figures.explore_numbers import Sheet, between, said
from figures.palette import ACCENT, DATA, FAINT, GRAD, THIRD


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    """A table in HTML; `numbers` says which columns hold some."""
    def line(tag: str, cells: Sequence[str]) -> str:
        kinds = (' class="number"' if k in numbers else "" for k in range(len(cells)))
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{line('th', head)}</tr></thead><tbody>{body}</tbody></table>"


# ---- Newton's step ----


def newton(
    value: Callable[[float], Any], curves: dict[str, Callable[[Any], Any]], question: str, caption: str = "",
    at: float = 0.9,
) -> Explorable:
    """A curve, the parabola that agrees with it in slope and bend, and the step to where that one is level.

    Args:
        value: what makes a number a `Value`.
        curves: under the names that the script knows; the picture shows the first.
        question, caption: the words around it.
        at: where the step begins, in the picture.
    """
    def known(f: Callable[[Any], Any], place: float) -> list[float]:
        x = value(place)
        y = f(x)
        slope, = y.gradients([x])
        bend, = slope.gradients([x])
        return [y.data, slope.data, bend.data]

    places = [-2.5, -1.0, -0.4, 0.0, 0.3, at, 2.0]
    sheet = Sheet((-3, 3), (-0.6, 3), "x", "f", range(-3, 4), range(4))
    first = next(iter(curves.values()))
    height, slope, bend = known(first, at)
    sheet.line([(x, known(first, x)[0]) for x in between(*sheet.x, 121)], DATA)
    parabola = [(x, height + slope * (x - at) + bend * (x - at) ** 2 / 2) for x in between(*sheet.x, 121)]
    sheet.line([(x, y) for x, y in parabola if -0.6 <= y <= 3], THIRD, 1.4, "5 4")
    there = at - slope / bend
    sheet.dot(at, height, DATA)
    sheet.dot(there, known(first, there)[0], GRAD)
    record = {"frame": sheet.frame, "at": at, "places": places,
              "curves": {name: [known(f, place) for place in places] for name, f in curves.items()}}
    return Explorable("newton", question, sheet.svg(),
                      f"A curve with its lowest place at 0, and a parabola that touches it at {short(at)}. "
                      f"The parabola is level at {short(there)}, and there the step leads.", record, caption)


# ---- a tape ----


def tape(flat: Any, build: Callable[[], Sequence[tuple[str, Any]]], question: str, caption: str = "") -> Explorable:
    """A tape of the chapter's own, read backwards line by line.

    Args:
        flat: the class whose lists are the tape; it gets a tape of its own for this.
        build: makes the values; gives the name and the value of every line but the first, the last one being asked.
        question, caption: the words around it.
    """
    columns = ("data", "grad", "left", "right", "to_left", "to_right")
    kept = {name: getattr(flat, name) for name in columns}
    try:
        for name in columns:
            setattr(flat, name, [])
        flat(0.0)
        made = build()
        made[-1][1].backward()
        told = {name: getattr(flat, name) for name in columns}
    finally:
        for name, column in kept.items():
            setattr(flat, name, column)
    names = ["nothing", *(name for name, _ in made)]
    record = {"names": names, **told}
    sides = (("to_left", "left"), ("to_right", "right"))
    rows = [[str(i), name, said(told["data"][i]),
             *(f"{said(told[slope][i])}\u00a0→\u00a0{told[line][i]}" for slope, line in sides),
             said(told["grad"][i])] for i, name in enumerate(names)]
    return Explorable("tape", question, table(["line", "is", "data", "to left", "to right", "grad"], rows, range(2, 6)),
                      f"A tape of {len(rows)} lines after it has been read backwards.", record, caption)


# ---- a program ----


def instructions(
    maker: Callable[..., Any], inputs: dict[str, Any], parameters: dict[str, Any], output: Any, question: str,
    caption: str = "", asked: Sequence[str] = (),
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
            cases[" ".join(some)] = {"code": code, "places": list(places), "varies": [bool(v) for v in made.varies]}
    shown = cases[" ".join(name for name in leaves if name in asked)]
    rows = [[str(i), "~" if shown["varies"][i] else "", str(op), " ".join(map(str, operands))]
            for i, (op, *operands) in enumerate(shown["code"])]
    record = {"inputs": {name: leaf.data for name, leaf in inputs.items()}, "asked": list(asked),
              "parameters": {name: leaf.data for name, leaf in parameters.items()},
              "output": output.data, "grads": grads, "cases": cases}
    return Explorable("program", question, table(["place", "~", "operation", "operands"], rows, [0]),
                      f"A program of {len(rows)} lines.", record, caption)


# ---- the sums of a net ----


def fingerprint(
    sums: Callable[[int, int], Iterable[int]], question: str, caption: str = "", net: tuple[int, int] = (6, 4),
    most: int = 8,
) -> Explorable:
    """How many sums of products of which length a net comes to, and the net to be found.

    Args:
        sums: the lengths of all sums in the program of a net with hidden layers of these two widths.
        question, caption: the words around it.
        net: the widths of the one in the picture.
        most: how wide a layer can be.
    """
    lengths = range(2, most + 2)
    cases = {}
    for a in range(2, most + 1):
        for b in range(2, most + 1):
            found = list(sums(a, b))
            cases[f"{a} {b}"] = [found.count(length) for length in lengths]
    shown = cases[f"{net[0]} {net[1]}"]
    sheet = Sheet((1.4, most + 1.6), (0, 20), "terms of a sum", "how many sums", lengths, range(0, 21, 5))
    for length, count in zip(lengths, shown, strict=True):
        if count:
            sheet.line([(length - 0.18, 0), (length - 0.18, count)], ACCENT, 14)
    told = ", ".join(f"{count} with {length} terms" for length, count in zip(lengths, shown, strict=True) if count)
    record = {"frame": sheet.frame, "net": list(net), "most": most, "cases": cases}
    return Explorable("fingerprint", question, sheet.svg(), f"Bars: of the sums of a net there are {told}.",
                      record, caption)


# ---- registers ----


def blocks(samples: int, lanes: int) -> list[int]:
    """How many samples each block has: the rule of `Native.load` for a net whose rows fit into the cache."""
    unit = max(8, lanes)  # 64 bytes: eight doubles, or sixteen floats
    count = -(-samples // 128)
    size = -(-samples // (count * unit)) * unit
    return [min(size, samples - first) for first in range(0, samples, size)]


def cut(registers: int) -> list[int]:
    """How wide the tiles of a row are: the rule of `TILED`."""
    widths = []
    while registers:
        pieces = (registers + 3) // 4
        widths.append((registers + pieces - 1) // pieces)
        registers -= widths[-1]
    return widths


def registers(question: str, caption: str = "", samples: int = 37, lanes: int = 8, rows: int = 16) -> Explorable:
    """A layer's registers and tiles, and the lanes in which no sample sits.

    Args:
        question, caption: the words around it.
        samples, lanes: how many there are, and how many a register has, in the picture: all in one block.
        rows: the neurons of the layer, a multiple of four.
    """
    cases = []
    for width in (2, 4, 8, 16):
        for count in (1, 7, 8, 37, 100, 127, 128, 129, 130):
            held = blocks(count, width)
            tiles = [cut(-(-some // width)) for some in held]
            cases.append({"samples": count, "lanes": width, "blocks": held, "tiles": tiles,
                          "empty": sum(map(sum, tiles)) * width - count})
    widths = cut(-(-samples // lanes))
    full = sum(widths) * lanes
    sheet = Sheet((0, full), (0, rows + 1.6), "lanes, side by side", "neurons", (), range(4, rows + 1, 4), height=270)
    empty = sheet.along([(samples, 0), (samples, rows), (full, rows), (full, 0)], close=True)
    sheet.area.append(f'<path d="{empty}" fill="{FAINT}" fill-opacity="0.4"/>')
    for x in range(lanes, full + 1, lanes):
        sheet.line([(x, 0), (x, rows)], FAINT, 0.6)
    for y in range(1, rows + 1):
        sheet.line([(0, y), (full, y)], FAINT, 0.6)
    at = 0
    for wide in widths:
        left, right, at = at + full / 250, at + wide * lanes - full / 250, at + wide * lanes
        for y in range(0, rows, 4):
            low, top = y + 0.13, y + 3.87
            sheet.line([(left, low), (left, top), (right, top), (right, low), (left, low)], DATA, 1.5)
    return Explorable("registers", question, sheet.svg(),
                      f"A layer of {rows} neurons by {samples} samples: rows of {sum(widths)} registers with {lanes} "
                      f"lanes each, in tiles that are {' and '.join(map(str, widths))} registers wide. "
                      f"{full - samples} lanes of each row are empty.",
                      {"frame": sheet.frame, "samples": samples, "lanes": lanes, "rows": rows, "cases": cases}, caption)
