"""The road's rules: each is seen to be broken where it is, and not where it is kept."""

from __future__ import annotations

import pytest
from littlebook import RULES, VALUE, LittleBook, cell
from parted import parted
from road.survey import Survey

GLOSSARY = """% everyday: rule, long step

```{glossary}
gradient
slope
  How fast. [Two](two.md).

rule
  What is kept. [Two](two.md).

long step
  A large one. [Three](#steps).

tape
  A list. [Four](four.md).
```"""


def told(survey: Survey, kind: str) -> list[tuple[str, str]]:
    return [(str(fault.place), fault.what) for fault in survey.faults() if fault.kind == kind]


def chapters(book: LittleBook, *texts: str, workshops: tuple[str, ...] = ()) -> Survey:
    """A book whose part has these chapters, `one`, `two` and so on; then a glossary."""
    names = ["one", "two", "three", "four", "five"][: len(texts)]
    for name, text in zip(["index", "preface", *names], ["", cell("[x for x in xs]"), *texts], strict=True):
        book.write(name, text)
    book.write("glossary", GLOSSARY)
    return parted(book, *workshops, appendices=("glossary",))


# ------------------------------------------------------------------------------ constructs

THREE = "f = lambda: 1\n{x: 1 for x in xs}\nwith f: pass"
FOUR = f"{THREE}\nx[::2]"


def test_three_new_constructs_are_no_fault(book: LittleBook) -> None:
    survey = chapters(book, cell(THREE), cell(FOUR))
    assert told(survey, "constructs") == []
    assert [one.name for one in survey.firsts["book/two"]] == ["a slice with a step (`xs[::2]`)"]


def test_of_four_new_constructs_each_is_a_fault(book: LittleBook) -> None:
    survey = chapters(book, cell(FOUR))
    line = book.line("one", "lambda")
    assert [place for place, _ in told(survey, "constructs")] == [f"book/one.md:{line + row}" for row in range(4)]


def test_what_the_preface_shows_is_known_and_what_a_workshop_shows_is_not(book: LittleBook) -> None:
    survey = chapters(book, cell(FOUR), cell(f"[x for x in xs]\n{FOUR}"), workshops=("one",))
    assert len(told(survey, "constructs")) == 4  # of two; the preface has the list comprehension
    assert "book/one" not in survey.firsts


def test_what_the_page_of_python_shows_is_known_wherever_it_stands(book: LittleBook) -> None:
    book.write("index")
    for name, text in {"preface": "", "one": cell(FOUR), "python-that-this-book-uses": f"```python\n{FOUR}\n```"}.items():
        book.write(name, text)
    assert told(parted(book, appendices=("python-that-this-book-uses",)), "constructs") == []


# ----------------------------------------------------------------------------------- terms


def test_a_term_before_its_definition_is_a_fault_at_its_first_use(book: LittleBook) -> None:
    survey = chapters(book, "Nothing yet.\n\nTwo gradients.", "This is a **gradient**.")
    assert told(survey, "terms") == [(book.place("one", "Two gradients"), "gradient")]


@pytest.mark.parametrize("use", ["The title is [a gradient](two.md).", "`gradient`", "The Gradientlike and the gradient-free.", "A rule and a long step."])
def test_no_use_is_a_link_nor_code_nor_another_word_nor_a_word_of_every_day(book: LittleBook, use: str) -> None:
    assert told(chapters(book, use, "This is a **gradient**."), "terms") == []


def test_a_definition_in_the_same_paragraph_is_in_time(book: LittleBook) -> None:
    assert told(chapters(book, "A gradient.", "Its **gradient** is this. A gradient."), "terms") == [(book.place("one", "A gradient"), "gradient")]
    assert told(chapters(book, "", "The name gradient, a **gradient**."), "terms") == []


def test_what_is_never_bold_is_defined_where_the_glossary_leads(book: LittleBook) -> None:
    survey = chapters(book, "The slope.", "A slope.")
    assert told(survey, "terms") == [(book.place("one", "The slope"), "slope")]
    assert told(chapters(book, "", "A slope."), "terms") == []


def test_a_definition_in_a_workshop_is_too_late_before_it(book: LittleBook) -> None:
    survey = chapters(book, "", "", "The tape.", "This is a **tape**.", "A tape.", workshops=("four",))
    assert told(survey, "terms") == [(book.place("three", "The tape"), "tape")]


def test_a_workshop_may_use_what_the_road_defines_later(book: LittleBook) -> None:
    assert told(chapters(book, "A gradient.", "A **gradient**.", workshops=("one",)), "terms") == []


def test_what_everybody_knows_is_a_term_of_the_glossary(book: LittleBook) -> None:
    from road.terms import glossary, strange

    assert {term.name: term.technical for term in glossary(GLOSSARY)} == {
        "gradient": True, "slope": True, "rule": False, "long step": False, "tape": True,
    }
    assert strange(GLOSSARY) == [] and strange(GLOSSARY.replace("everyday: rule", "everyday: ruler")) == ["ruler"]


# ------------------------------------------------------------------- what only hidden cells define

HIDDEN = cell("def helper():\n    return 1\n\nfrom math import tanh", tags="[remove-cell]")
SEEN = {
    "a call": "helper()",
    "an import": "tanh(0)",
    "in a function": "def f():\n    return helper()",
    "before its own": "helper()\n\ndef helper():\n    return 2",
    "as a decorator": "@helper\ndef f(): pass",
}
UNSEEN = {
    "its own": "def helper():\n    return helper()",
    "a parameter": "def f(helper):\n    return helper()",
    "an attribute": "x.helper()",
    "another cell that hides": None,
    "the same import": "from math import tanh\ntanh(0)",
}


@pytest.mark.parametrize("name", SEEN)
def test_a_visible_cell_that_needs_a_hidden_one_is_a_fault(book: LittleBook, name: str) -> None:
    survey = chapters(book, f"{HIDDEN}\n\n{cell(SEEN[name])}\n\n{cell(SEEN[name])}")
    assert [what for _, what in told(survey, "hidden")] == ["tanh" if "tanh" in SEEN[name] else "helper"]


@pytest.mark.parametrize("name", UNSEEN)
def test_a_visible_cell_that_only_looks_so_is_none(book: LittleBook, name: str) -> None:
    source = UNSEEN[name]
    last = cell(source) if source else cell("helper()", tags="[remove-input]")
    assert told(chapters(book, f"{HIDDEN}\n\n{last}"), "hidden") == []


def test_what_a_folded_or_a_visible_cell_defined_before_is_seen(book: LittleBook) -> None:
    for first in (cell("helper = 1", tags="[hide-input]"), cell("helper = 1")):
        assert told(chapters(book, f"{first}\n\n{HIDDEN}\n\n{cell('helper()')}"), "hidden") == []


def test_a_workshop_does_not_show_by_hiding_either(book: LittleBook) -> None:
    assert told(chapters(book, f"{HIDDEN}\n\n{cell('helper()')}", workshops=("one",)), "hidden")


# ------------------------------------------------------------------------ what a workshop has made

MADE = cell(VALUE + RULES, tangle="toy/m.py")


def again(name: str, source: str) -> str:
    return cell(source, tangle="toy/m.py", replaces=name)


DOUBLE = "@extend\nclass Value:\n    def double(self):\n        return 3 * self.data\n"


def test_the_road_replaces_nothing_that_a_workshop_gave_last(book: LittleBook) -> None:
    survey = chapters(book, MADE, again("Value.double", DOUBLE), again("Value.double", DOUBLE), workshops=("two",))
    assert told(survey, "replaces") == [(book.place("three", "@extend"), "Value.double")]


def test_a_workshop_may_replace_what_the_road_has_made_and_its_own(book: LittleBook) -> None:
    survey = chapters(book, MADE, again("Value.double", DOUBLE), again("Value.double", DOUBLE), workshops=("two", "three"))
    assert told(survey, "replaces") == []
    assert told(chapters(book, MADE, again("Value.double", DOUBLE), again("Value.double", DOUBLE)), "replaces") == []


def test_a_class_given_anew_takes_a_workshops_method_along_unless_it_keeps_it(book: LittleBook) -> None:
    triple = cell(DOUBLE.replace("double", "triple"), tangle="toy/m.py")
    survey = chapters(book, MADE, triple, again("Value", VALUE), workshops=("two",))
    assert [what for _, what in told(survey, "replaces")] == ["Value.triple"]
    kept = cell(VALUE, tangle="toy/m.py", replaces="Value", keeps='"Value.*"')
    assert told(chapters(book, MADE, triple, kept, workshops=("two",)), "replaces") == []
