"""A layer's registers and tiles, and the lanes that stay empty."""

from __future__ import annotations

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import Sheet
from figures.palette import DATA, FAINT


def blocks(samples: int, lanes: int) -> list[int]:
    """How many samples each block has:
    the rule of `Native.load` for a net whose rows fit into the cache.
    """
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


def registers(
    question: str, caption: str = "", samples: int = 37, lanes: int = 8, rows: int = 16
) -> Explorable:
    """A layer's registers and tiles, and the lanes in which no sample sits.

    Args:
        question, caption: the words around it.
        samples, lanes: how many there are, and how many a register has, in the picture: all in one
            block.
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
    sheet = Sheet(
        (0, full),
        (0, rows + 1.6),
        "lanes, side by side",
        "neurons",
        (),
        range(4, rows + 1, 4),
        height=270,
    )
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
            sheet.line(
                [(left, low), (left, top), (right, top), (right, low), (left, low)], DATA, 1.5
            )
    return Explorable(
        "registers",
        question,
        sheet.svg(),
        f"A layer of {rows} neurons by {samples} samples: rows of {sum(widths)} registers with "
        f"{lanes} "
        f"lanes each, in tiles that are {' and '.join(map(str, widths))} registers wide. "
        f"{full - samples} lanes of each row are empty.",
        {"frame": sheet.frame, "samples": samples, "lanes": lanes, "rows": rows, "cases": cases},
        caption,
    )
