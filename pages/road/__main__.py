"""Say how the road goes: what each of its chapters asks of a reader, and where it breaks a rule."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from loom.errors import LoomError
from loom.read.contents import find_chapter, find_root

from road.debts import HOME, KINDS, debts, fresh, pruned, stale
from road.rules import NEW_CONSTRUCTS
from road.survey import BUDGET, Measure, Survey
from road.way import APPENDICES

LONG = 15  # lines of a cell, from where on it is worth a look
COLUMNS = f"{'words':>6} {'cells':>6} {'longest':>8} {'lines':>6} {'minutes':>8}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is asked for; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        survey = Survey(options.root.resolve() if options.root else find_root(Path.cwd()))
        if options.prune:
            HOME.write_text(
                pruned(HOME.read_text(encoding="utf-8"), survey.faults()), encoding="utf-8"
            )
        known = [chapter.docname for chapter in survey.book.chapters]
        chosen = [find_chapter(survey.root, name, known) for name in options.chapters]
        lines = digits(survey, chosen or survey.road) if options.digits else report(survey, chosen)
        for line in lines:
            print(line)
    except LoomError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # as of `python -m road | head`
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m road", description=__doc__)
    parser.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help="slug, docname or file (none: all)"
    )
    parser.add_argument(
        "--digits", action="store_true", help="list the numbers that are typed in the prose instead"
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="take paid debts out of the list of those that are known",
    )
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="the book's folder (default: nearest _toc.yml)"
    )
    return parser


def report(survey: Survey, chosen: Sequence[str] = ()) -> Iterator[str]:
    """The table of the parts, then what is over its budget, then what breaks a rule."""
    yield from table(survey, chosen)
    if not chosen:
        yield from milestones(survey)
    yield from flags(survey, chosen)
    yield from broken(survey, chosen)


def table(survey: Survey, chosen: Sequence[str]) -> Iterator[str]:
    """What each chapter asks, and the sums of the parts."""
    total = 0.0
    for caption, names in survey.parts:
        listed = [name for name in names if (name in chosen if chosen else caption != APPENDICES)]
        if not listed:
            continue
        yield f"{caption or 'Before the first part':32} {COLUMNS}"
        for name in listed:
            yield from chapter(survey.measure(name), name in survey.book.workshops)
        on_road = [survey.measure(name) for name in listed if name in survey.road]
        total += sum(one.minutes for one in on_road)
        if len(on_road) > 1:
            yield _row("  the road", on_road)
        yield ""
    if not chosen:
        yield f"The road: {len(survey.road)} chapters, {_hours(total)}, without the exercises."


def chapter(measure: Measure, is_workshop: bool) -> Iterator[str]:
    """One chapter: its numbers, and what is new in it."""
    yield _row(f"  {measure.name}{' (w)' if is_workshop else ''}", [measure])
    if measure.constructs:
        yield f"      new Python: {', '.join(one.name for one in measure.constructs)}"
    if measure.terms:
        yield f"      new terms:  {', '.join(term.name for term in measure.terms)}"


def _row(name: str, measures: Sequence[Measure]) -> str:
    words, lines = (sum(getattr(one.text, key) for one in measures) for key in ("words", "lines"))
    longest = max((one.longest.lines for one in measures if one.longest), default=0)
    minutes = sum(one.minutes for one in measures)
    cells = sum(one.cells for one in measures)
    return f"{name:32} {words:6} {cells:6} {longest:8} {lines:6} {minutes:8.0f}"


def milestones(survey: Survey) -> Iterator[str]:
    """How long it takes to get where a chapter's head says that something is reached."""
    passed, reached = 0.0, set()
    for measure in map(survey.measure, survey.road):
        passed += measure.minutes
        if measure.milestone and measure.milestone not in reached:
            reached.add(measure.milestone)
            yield f"{_hours(passed)} until {measure.milestone}, at the end of {measure.name}."


def _hours(minutes: float) -> str:
    return f"{minutes:.0f} minutes ({minutes / 60:.1f} hours)"


def flags(survey: Survey, chosen: Sequence[str]) -> Iterator[str]:
    """The chapters over a budget, and their reasons."""
    measures = [survey.measure(name) for name in survey.road if name in chosen or not chosen]
    found = [one for one in measures if one.flags]
    none = "" if found else " none"
    yield f"\nOver a budget of {BUDGET} minutes and {NEW_CONSTRUCTS} new constructs:{none}"
    for one in found:
        reason = f" (“{one.over}”)" if one.over else ""
        yield f"  {one.text.chapter.path}: {', '.join(one.flags)}{reason}"
        if one.longest and one.longest.lines > LONG:
            yield f"      its longest cell, of {one.longest.lines} lines: {one.longest.place}"
    for one in measures:
        if one.over and not one.flags:
            yield f"  {one.text.chapter.path}: in budget; its `over-budget:` can go"


def broken(survey: Survey, chosen: Iterable[str]) -> Iterator[str]:
    """The rules that are broken: what is known, what is not, and what is no longer so."""
    every, admitted = (
        survey.faults(),
        list(debts(HOME.read_text(encoding="utf-8"))) if HOME.exists() else [],
    )
    unknown, reasons = fresh(every, admitted), {debt.entry: debt.reason for debt in admitted}
    for kind, about in KINDS.items():
        faults = [
            one for one in every if one.kind == kind and (one.chapter in chosen or not chosen)
        ]
        if faults:
            yield f"\n{about[0].upper()}{about[1:]}:"
        for fault in faults:
            note = (
                "  NEW"
                if fault in unknown
                else f"  ({reasons[fault.entry]})"
                if reasons[fault.entry]
                else ""
            )
            yield f"  {fault}{note}"
    for debt in stale(every, admitted):
        yield (
            f"\n{debt.place}: `{debt.entry}` no longer applies; "
            "`make road ARGS=--prune` takes it out"
        )


def digits(survey: Survey, chosen: Iterable[str]) -> Iterator[str]:
    """The numbers that are typed in the prose of some chapters."""
    for name in chosen:
        for place, number, around in survey.digits(name):
            yield f"{place}: {number}  …{around}…"


if __name__ == "__main__":
    sys.exit(main())
