"""The book's own road: its workshops, its debts, its glossary."""

from __future__ import annotations

import ast
import re

import pytest
from road.debts import HOME, KINDS, debts, fresh, stale
from road.survey import Survey
from road.terms import glossary, strange
from road.way import APPENDICES

#: What the glossary had when it was last counted; it may grow.
TERMS = 111


@pytest.mark.parametrize("kind", KINDS)
def test_the_road_breaks_no_rule_but_for_the_debts_that_are_known(survey: Survey, kind: str) -> None:
    found = [fault for fault in fresh(survey.faults(), list(debts(HOME.read_text(encoding="utf-8")))) if fault.kind == kind]
    told = "\n".join(f"{fault}\n    pages/road/debts.txt would admit it as `{fault.entry}`" for fault in found)
    assert not found, f"mend these, or give the reason why one has to be:\n{told}"


def test_no_debt_is_kept_that_has_been_paid(survey: Survey) -> None:
    """The list only shrinks."""
    found = stale(survey.faults(), debts(HOME.read_text(encoding="utf-8")))
    assert not found, "\n".join(f"{debt.place}: {debt.entry}" for debt in found) + "\n`make road ARGS=--prune` takes them out"


def test_the_glossary_does_not_shrink(survey: Survey) -> None:
    names = [term.name for term in glossary(survey.glossary)]
    assert len(names) == len(set(names)) >= TERMS


def test_a_word_of_every_day_is_a_term_and_most_terms_are_technical(survey: Survey) -> None:
    assert strange(survey.glossary) == []
    terms = glossary(survey.glossary)
    assert sum(term.technical for term in terms) > len(terms) / 2


def test_every_technical_term_is_defined_somewhere(survey: Survey) -> None:
    """In bold, or in a chapter to which the glossary leads; the others are of the book's making, or of no chapter."""
    used = [one for one in survey.terms if one.term.technical and one.used]
    assert used and not [one.term.name for one in used if not one.defined]


def test_the_road_and_its_workshops_are_all_chapters_between_the_preface_and_the_appendices(survey: Survey) -> None:
    order = [chapter.docname for chapter in survey.book.chapters]
    first = next(names[0] for caption, names in survey.parts if caption == APPENDICES)
    taught = order[order.index("book/preface") + 1 : order.index(first)]
    assert taught == [name for name in order if name in survey.road or name in survey.book.workshops]
    assert not set(survey.road) & survey.book.workshops


def test_each_chapter_of_the_road_is_measured(survey: Survey) -> None:
    measures = [survey.measure(name) for name in survey.road]
    assert all(one.text.words > 200 and one.text.lines for one in measures)
    assert any(one.milestone == "a net learns" for one in measures)


def test_every_cell_that_is_open_is_counted_and_no_other(survey: Survey) -> None:
    """The reader of the road finds the cells that the loom finds, and every one of them is Python."""
    for text in survey.texts.values():
        cells = [part.cell for part in text.code if part.cell]
        assert cells == [cell for cell in text.chapter.cells if cell.open]
        for part in text.code:
            if not part.cell:  # code that is only shown, or that a question runs
                ast.parse(part.source)
            page = (survey.root / part.place.path).read_text(encoding="utf-8").split("\n")
            assert page[part.place.line - 1].strip() == part.source.split("\n")[0].strip()


def test_the_places_of_the_prose_are_those_of_the_page(survey: Survey) -> None:
    """A paragraph stands where it is said to: its first word is in that line, or in the next ones of a table."""
    for name in survey.road:
        page = (survey.root / survey.texts[name].chapter.path).read_text(encoding="utf-8").split("\n")
        for prose in survey.texts[name].prose:
            word = (re.findall(r"[A-Za-z]{3,}", prose.typed.replace("’", " ")) or [""])[0]
            lines = page[prose.place.line - 1 : prose.place.line + 40]
            assert word in "\n".join(lines), (prose.place, word)
