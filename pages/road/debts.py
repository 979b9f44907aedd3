"""Debts: where the road is known to break one of its rules.

One stands on each line of `debts.txt`; one with a reason behind ` # ` is an exception, and may
stay. The list may only shrink: what is not in it is a fault, and so is an entry that no longer
applies.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loom.errors import LoomError
from loom.model import Place

HOME = Path(__file__).with_name("debts.txt")
#: What each kind is about.
KINDS = {
    "constructs": "a construct that is new in a chapter which brings too many",
    "terms": "a term that a chapter uses before it is defined",
    "hidden": "a name that a visible cell mentions, and only a hidden one defines",
    "replaces": "a workshop's definition that a chapter of the road replaces or removes",
}
LINE = re.compile(r"(\w+) (\S+): (.+?)(?: # (.+))?")


@dataclass(frozen=True)
class Fault:
    """A rule that is broken: of what kind, in which chapter, by what; and where,
    and what is to be said of it.
    """

    kind: str
    chapter: str
    what: str
    place: Place
    told: str

    @property
    def entry(self) -> str:
        """The line of `debts.txt` that admits it."""
        return f"{self.kind} {self.chapter}: {self.what}"

    def __str__(self) -> str:
        return f"{self.place}: {self.told}"


@dataclass(frozen=True)
class Debt:
    """An entry of `debts.txt`."""

    entry: str
    reason: str
    place: Place


def debts(text: str, path: str = HOME.name) -> Iterator[Debt]:
    """The entries of a list of debts; `path` is where it lies."""
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip() or row.startswith("#"):
            continue
        place = Place(path, number)
        match = LINE.fullmatch(row.rstrip())
        if not match or match[1] not in KINDS:
            raise LoomError(
                f"`{row}` is no debt, such as `terms book/chapter: gradient # why`", place
            )
        yield Debt(f"{match[1]} {match[2]}: {match[3]}", match[4] or "", place)


def fresh(faults: Iterable[Fault], known: Collection[Debt]) -> list[Fault]:
    """The faults that no debt admits."""
    entries = {debt.entry for debt in known}
    return [fault for fault in faults if fault.entry not in entries]


def stale(faults: Iterable[Fault], known: Iterable[Debt]) -> list[Debt]:
    """The debts that have been paid, and those that stand there twice."""
    left = {fault.entry for fault in faults}
    found = []
    for debt in known:
        if debt.entry not in left:
            found.append(debt)
        left.discard(debt.entry)
    return found


def pruned(text: str, faults: Iterable[Fault]) -> str:
    """A list of debts without those that are stale."""
    gone = {debt.place.line for debt in stale(faults, list(debts(text)))}
    return "".join(
        row for number, row in enumerate(text.splitlines(keepends=True), 1) if number not in gone
    )
