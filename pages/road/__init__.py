"""The road and its workshops: what pages say of them, and a report on how the road goes.

The road is for everyone; a workshop is a chapter that it goes on without, named in `loom_workshops`
of `_config.yml`.

    python -m road    what each chapter of the road asks of its reader

Throughout:

    text       a chapter as its reader meets it: its words, and the code that is open to the eye
    construct  a bit of Python that a reader may not have met
    debt       a place where the road breaks a rule of its own, and which is known
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the pages lead along the road, and offer the workshops."""
    from road import pages

    pages.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
