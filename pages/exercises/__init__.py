"""Exercises and questions: read from the chapters, run by the tests, shown on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives with Sphinx, and give the pages their script."""
    from . import directives, pages

    pages.setup(app)
    return directives.setup(app)
