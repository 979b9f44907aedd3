"""The sums of a net, and the net to be found from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import Sheet
from figures.palette import ACCENT


def fingerprint(
    sums: Callable[[int, int], Iterable[int]],
    question: str,
    caption: str = "",
    net: tuple[int, int] = (6, 4),
    most: int = 8,
) -> Explorable:
    """How many sums of products of which length a net comes to, and the net to be found.

    Args:
        sums: the lengths of all sums in the program of a net with hidden layers of these two
            widths.
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
    sheet = Sheet(
        (1.4, most + 1.6), (0, 20), "terms of a sum", "how many sums", lengths, range(0, 21, 5)
    )
    for length, count in zip(lengths, shown, strict=True):
        if count:
            sheet.line([(length - 0.18, 0), (length - 0.18, count)], ACCENT, 14)
    told = ", ".join(
        f"{count} with {length} terms"
        for length, count in zip(lengths, shown, strict=True)
        if count
    )
    record = {"frame": sheet.frame, "net": list(net), "most": most, "cases": cases}
    return Explorable(
        "fingerprint",
        question,
        sheet.svg(),
        f"Bars: of the sums of a net there are {told}.",
        record,
        caption,
    )
