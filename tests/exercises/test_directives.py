"""What a reader sees of exercises and questions: tiny documents, built for real."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sphinx.testing.util import SphinxTestApp

Change = Callable[[str, str, str], str]
Build = Callable[..., str]

ROOT = Path(__file__).resolve().parents[2]

CONF = f"""\
look_modules = "{ROOT / "node_modules"}"
extensions = ["myst_nb", "exercises"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_theme = "basic"
primary_domain = None
"""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a document and return its page; the build's warnings must be those expected."""

    def build(text: str, builder: str = "html", warnings: str = "", **more: str) -> str:
        source = tmp_path / builder
        source.mkdir()
        (source / "conf.py").write_text(CONF)
        (source / "index.md").write_text("# A chapter\n\n" + text)
        for name, other in more.items():
            (source / f"{name}.md").write_text("---\norphan: true\n---\n\n# Another chapter\n\n" + other)
        app = SphinxTestApp(builder, srcdir=source, freshenv=True)
        try:
            app.build()
            said = re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())
            assert (warnings in said) if warnings else not said, said
            suffix = {"html": "html", "text": "txt", "latex": "tex"}[builder]
            name = "index" if builder != "latex" else app.config.latex_documents[0][1].removesuffix(".tex")
            return Path(app.outdir, f"{name}.{suffix}").read_text(encoding="utf-8")
        finally:
            app.cleanup()

    return build


def element(page: str, name: str) -> ElementTree.Element:
    """The element of that id."""
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")].replace("&nbsp;", " ")
    body = re.sub(r"<script.*?</script>|<(?:input|link|meta|br|hr)\b[^>]*>", "", body, flags=re.DOTALL)
    body = re.sub(r"&(?!(?:amp|lt|gt|quot|apos|#\d+);)", "&amp;", body)
    found = ElementTree.fromstring(body).find(f".//*[@id='{name}']")
    assert found is not None
    return found


def text(node: ElementTree.Element) -> str:
    return " ".join("".join(node.itertext()).split())


def folds(node: ElementTree.Element) -> dict[str, str]:
    """What each fold is called, and what is inside."""
    return {text(fold[0]): text(fold[1]) for fold in node.iter("details")}


def test_an_exercise_shows_its_number_title_and_kind(build: Build, exercise: str) -> None:
    node = element(build(exercise), "ex-double")
    assert "exercise exercise-build" in node.attrib["class"]
    assert text(node[0]) == "Exercise 1. Double it build"


def test_what_gives_an_answer_away_is_folded(build: Build, exercise: str) -> None:
    node = element(build(exercise), "ex-double")
    assert folds(node) == {
        "Hint": r"How often does \(x\) stand in \(2x\)?",
        "The checks it must pass": 'assert double(2) != 2, "That is the number itself."'
        ' assert double(2) == 4, "Twice 2 is 4."',
        "Where people slip": "That is the number itself. def double(x): return x",
        "Solution": "def double(x): return 2 * x Because two of them.",
    }
    assert all("open" not in fold.attrib for fold in node.iter("details"))


def test_outside_the_folds_stand_only_statement_and_start(build: Build, exercise: str) -> None:
    node = element(build(exercise), "ex-double")
    for fold in list(node.findall("details")):
        node.remove(fold)
    assert text(node) == "Exercise 1. Double it build Write double. def double(x): ..."


def test_code_is_highlighted(build: Build, exercise: str) -> None:
    node = element(build(exercise), "ex-double")
    start = node.find(".//div[@class='exercise-start docutils container']/div")
    assert start is not None and start.attrib["class"] == "highlight-python notranslate"


def test_several_hints_are_numbered_and_folded_one_by_one(build: Build, exercise: str, change: Change) -> None:
    node = element(build(change(exercise, ":::{why}", ":::{hint}\nTwice.\n:::\n\n:::{why}")), "ex-double")
    assert [name for name in folds(node) if "Hint" in name] == ["Hint 1", "Hint 2"]


def test_what_is_given_stands_above_the_start(build: Build, exercise: str, change: Change) -> None:
    node = element(build(change(exercise, "```{start}", "```{given}\nimport math\n```\n\n```{start}")), "ex-double")
    classes = [child.attrib.get("class", "").split(" ")[0] for child in node]
    assert classes.index("exercise-given") == classes.index("exercise-start") - 1


def test_code_in_a_message_is_code_and_nothing_else_is_markup(build: Build, exercise: str, change: Change) -> None:
    with_code = change(exercise, "```{wrong} That is the number itself.", ":::{wrong} `x` of __init__ is *no* `2x`.")
    with_code = change(with_code, "    return x\n```", "    return x\n:::")
    node = element(build(with_code), "ex-double")
    message = node.find(".//p[@class='exercise-message']")
    assert message is not None
    assert text(message) == "x of __init__ is *no* 2x."
    assert [text(code) for code in message.iter("code")] == ["x", "2x"]


def test_exercises_and_questions_are_numbered_apart(build: Build, exercise: str, question: str) -> None:
    second = exercise.replace("ex-double", "ex-again")
    page = build(f"{exercise}\n{question}\n{second}\n{{ref}}`ex-again`, {{ref}}`q-sum`")
    assert text(element(page, "ex-again")[0]).startswith("Exercise 2. ")
    assert "Exercise 2: Double it" in page
    assert "Question 1: What is 1 + 1?" in page


def test_a_link_from_another_page_says_number_and_title(build: Build, exercise: str) -> None:
    page = build("{ref}`ex-double` and [that one](#ex-double)", other=exercise)
    link = '<a class="reference internal" href="other.html#ex-double"><span class="std std-ref">{}</span></a>'
    assert link.format("Exercise 1: Double it") in page
    assert link.format("that one") in page


def test_exercises_are_no_entries_of_the_contents(build: Build, exercise: str) -> None:
    page = build("```{contents}\n```\n\n" + exercise)
    assert page.count("Double it") == 1


def test_a_question_folds_an_explanation_under_each_option(build: Build, question: str) -> None:
    node = element(build(question), "q-sum")
    assert text(node[0]) == "Predict, then run. What is 1 + 1?"
    assert folds(node) == {"11": "That is what strings do.", "2": "One and one more."}
    assert "one + 1" in text(node)


def test_a_question_without_code_asks_for_no_run(build: Build, question: str, change: Change) -> None:
    page = build(change(question, "```{run}\none = 1\none + 1\n```\n", ""))
    assert text(element(page, "q-sum")[0]) == "Question 1. What is 1 + 1?"


def test_only_an_opened_option_differs_from_the_others(build: Build, question: str) -> None:
    node = element(build(question), "q-sum")
    wrong, right = node.iter("details")
    assert wrong.attrib["class"].split() == ["fold", "option", "option-wrong"]
    assert right.attrib["class"].split() == ["fold", "option", "option-correct"]
    assert wrong[0].attrib == right[0].attrib


def test_the_page_needs_no_script(build: Build, exercise: str, question: str) -> None:
    page = build(exercise + "\n" + question)
    assert "onclick" not in page
    assert list(element(page, "ex-double").iter("button")) == []


@pytest.mark.parametrize("builder", ["text", "latex"])
def test_where_nothing_folds_everything_is_said(build: Build, exercise: str, question: str, builder: str) -> None:
    page = build(exercise + "\n" + question, builder)
    for said in ("Exercise 1.", "Double it", "Hint", "Where people slip", "Solution", "Not quite.", "Right."):
        assert said in page


def test_a_hint_elsewhere_is_the_usual_admonition(build: Build) -> None:
    assert '<div class="admonition hint">' in build(":::{hint}\nAs ever.\n:::\n")


@pytest.mark.parametrize("part", ["start", "check", "solution", "run"])
def test_a_part_elsewhere_is_refused(build: Build, part: str) -> None:
    whole = "{question}" if part == "run" else "{exercise}"
    build(f"```{{{part}}}\nx = 1\n```\n", warnings=f"`{{{part}}}` means nothing outside `{whole}`; move it into one")


def test_a_fault_of_form_is_a_warning_with_its_line(build: Build, exercise: str) -> None:
    build(exercise.replace("build", "dream"), warnings="index.md:3: WARNING: no kind of exercise is called `dream`")


def test_a_name_given_twice_in_the_book_is_a_warning(build: Build, exercise: str) -> None:
    build(exercise, other=exercise, warnings="`ex-double` is the name of index.md:3 too; rename one of them")


def test_a_link_still_works_after_only_another_page_is_built_again(tmp_path: Path, exercise: str) -> None:
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text("# One\n\n{ref}`ex-double`\n")
    (tmp_path / "two.md").write_text("---\norphan: true\n---\n\n# Two\n\n" + exercise)
    for words in ("once", "twice"):
        (tmp_path / "index.md").write_text(f"# One\n\n{words} {{ref}}`ex-double`\n")
        app = SphinxTestApp("html", srcdir=tmp_path, freshenv=words == "once")
        app.build()
        assert not app.warning.getvalue()
        assert "Exercise 1: Double it" in (Path(app.outdir) / "index.html").read_text()
        app.cleanup()
