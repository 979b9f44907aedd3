"""The way through the book: which page a reader is led to,
and which workshops are offered on it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

#: The part behind the book's end, through which no road leads.
APPENDICES = "Appendices"


@dataclass(frozen=True)
class Way:
    """What the foot of a page says: ``back`` and ``on`` are None where the reading order alone
    decides.

    ``offered`` are the workshops between a page of the road and the next one;
    ``rejoins`` is where the road goes on behind a workshop, if it does.
    """

    is_workshop: bool = False
    back: str | None = None
    on: str | None = None
    offered: tuple[str, ...] = ()
    rejoins: str | None = None


def way(page: str, parts: Sequence[tuple[str, Sequence[str]]], workshops: Collection[str]) -> Way:
    """The way from a page, in a book whose parts these are: captions,
    each with the names of its pages.
    """
    order = [name for caption, names in parts if caption != APPENDICES for name in names]
    if page not in order:
        return Way()
    before, after = order[: order.index(page)], order[order.index(page) + 1 :]
    on = next((name for name in after if name not in workshops), None)
    if page in workshops:
        return Way(is_workshop=True, rejoins=on)
    back = next((name for name in reversed(before) if name not in workshops), None)
    offered = tuple(takewhile(lambda name: name in workshops, after)) if on else ()
    return Way(back=back, on=on, offered=offered)
