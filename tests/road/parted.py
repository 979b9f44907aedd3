"""A little book in parts, with workshops."""

from __future__ import annotations

from pathlib import Path

from littlebook import LittleBook
from road.survey import Survey


def parted(book: LittleBook, *workshops: str, appendices: tuple[str, ...] = ()) -> Survey:
    """The survey of a little book: a preface, one part with all other chapters, and appendices."""
    first, preface, *rest = book.chapters
    chapters = [name for name in rest if name not in appendices]
    rows = [f"root: book/{first}", "parts:", "- chapters:", f"  - file: book/{preface}"]
    for caption, names in (("The part", chapters), ("Appendices", appendices)):
        rows += [f"- caption: {caption}", "  chapters:", *(f"  - file: book/{name}" for name in names)] if names else []
    (book.root / "_toc.yml").write_text("format: jb-book\n" + "\n".join(rows) + "\n", encoding="utf-8")
    config = ["sphinx:", "  config:", "    loom_package: toy", "    loom_workshops:", *(f"      - book/{name}" for name in workshops)]
    (book.root / "_config.yml").write_text("\n".join(config) + "\n", encoding="utf-8")
    return Survey(Path(book.root))


def head(book: LittleBook, name: str, *settings: str) -> None:
    """Add settings to the head of a chapter."""
    path = book.root / "book" / f"{name}.md"
    path.write_text(path.read_text(encoding="utf-8").replace("---\n", "\n".join(["---", *settings, ""]), 1), encoding="utf-8")
