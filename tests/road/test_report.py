"""The report on the road: what `make road` prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from littlebook import LittleBook, cell
from parted import head, parted
from road import __main__ as command
from road import debts

FOUR = "f = lambda: 1\n{x: 1 for x in xs}\nwith f: pass\nx[::2]"


@pytest.fixture
def report(book: LittleBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What is printed for a book, with a list of debts of its own."""
    home = tmp_path / "debts.txt"
    home.write_text("", encoding="utf-8")
    for module in (command, debts):
        monkeypatch.setattr(module, "HOME", home)

    def printed(*arguments: str, known: str | None = None, code: int = 0) -> str:
        if known is not None:
            home.write_text(known, encoding="utf-8")
        assert command.main([*arguments, "--root", str(book.root)]) == code
        return capsys.readouterr().out

    printed.home = home  # type: ignore[attr-defined]
    return printed


def columns(report: str, name: str) -> list[str]:
    """The numbers beside a name."""
    return next(line for line in report.split("\n") if line.strip().startswith(name)).removeprefix(f"  {name}").split()


def test_minutes_are_words_by_48_and_lines_by_6(book: LittleBook, report) -> None:
    words, code = "word " * 477, "\n".join(f"x{row} = {row}" for row in range(60))
    for name, text in {"index": "", "preface": "", "one": words, "two": cell(code), "three": f"{words}\n\n{cell(code)}"}.items():
        book.write(name, text)
    parted(book, "three")
    said = report()
    assert columns(said, "one") == ["480", "0", "0", "0", "10"]  # with the three of the title
    assert columns(said, "two") == ["3", "1", "60", "60", "10"]
    assert columns(said, "three") == ["(w)", "480", "1", "60", "60", "20"]
    assert columns(said, "the road") == ["483", "1", "60", "60", "20"]
    assert "The road: 2 chapters, 20 minutes (0.3 hours), without the exercises." in said


def test_it_says_when_something_is_reached_for_the_first_time(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one", "two", "three"):
        book.write(name, "word " * 477)
    head(book, "two", "milestone: a net learns")
    head(book, "three", "milestone: a net learns")
    parted(book)
    assert report().count("until a net learns") == 1
    assert "20 minutes (0.3 hours) until a net learns, at the end of two." in report()


def test_what_is_over_its_budget_is_flagged_and_may_say_why(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one", "two", "three"):
        book.write(name, "word " * (2000 if name == "one" else 1), cell(FOUR) if name == "two" else "")
    head(book, "two", "over-budget: it is one thought")
    head(book, "three", "over-budget: it was long")
    parted(book)
    said = report()
    assert "book/one.md: 42 minutes\n" in said
    assert "book/two.md: 4 new constructs (“it is one thought”)\n" in said
    assert "book/three.md: in budget; its `over-budget:` can go\n" in said
    assert "none" not in said and "one.md" not in report("three")


def test_a_known_debt_is_told_from_a_new_one_and_a_paid_one_is_named(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one"):
        book.write(name, cell(FOUR) if name == "one" else "")
    parted(book)
    known = "constructs book/one: `lambda`\nconstructs book/one: `with` # it has to close\nconstructs book/one: `match`\n"
    said = report(known=known)
    assert "`lambda` is new here, one of 4\n" in said
    assert "`with` is new here, one of 4  (it has to close)\n" in said
    assert "a dict comprehension is new here, one of 4  NEW\n" in said
    assert "debts.txt:3: `constructs book/one: `match`` no longer applies" in said


def test_pruning_writes_the_list_anew(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one"):
        book.write(name, cell(FOUR) if name == "one" else "")
    parted(book)
    assert "no longer applies" not in report("--prune", known="# A comment.\nterms book/one: tape\nconstructs book/one: `with`\n")
    assert report.home.read_text() == "# A comment.\nconstructs book/one: `with`\n"


def test_typed_numbers_are_listed_but_for_digits_and_what_the_code_shows(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one"):
        book.write(name, "From 12 to 3.5 in 7 steps, or 1,000.\n\n" + cell("x = 3.5") if name == "one" else "")
    parted(book)
    place = book.place("one", "From 12")
    assert report("--digits").splitlines() == [
        f"{place}: 12  …From 12 to 3.5 in 7 steps, or 1,000.…", f"{place}: 1,000  …From 12 to 3.5 in 7 steps, or 1,000.…",
    ]
    assert report("--digits", "preface") == ""


def test_a_mistake_is_told_in_a_line(book: LittleBook, report) -> None:
    for name in ("index", "preface", "one"):
        book.write(name)
    parted(book)
    report(known="nonsense\n", code=2)
    config = book.root / "_config.yml"
    config.write_text(f"{config.read_text()}      - book/lost\n")
    report(code=2)
