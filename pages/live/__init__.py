"""Live cells: a page's code runs, and can be changed, in the reader's browser.

The pages stay what they are; a script makes their cells live, and fetches Python at the first
*Run*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the parts."""
    from . import assets, pages, policy

    for part in (assets, pages, policy):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
