"""Every chapter as a notebook that runs anywhere: text, cells, and what they build on.

`make` assembles a notebook, `plain` turns the chapters' Markdown into what any notebook shows, and
`kernel` is what runs inside: it lets the cells work as they do in the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, object]:
    from notebooks import pages

    pages.setup(app)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
