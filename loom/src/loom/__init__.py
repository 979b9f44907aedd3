"""The loom: from chapters to the package they tell, and to the pages that tell it.

In one's own notebook: `from loom import extend`.

Throughout:

    cell       a code cell of a chapter; tangled if it names a target, a trial if it is forgotten
    statement  what stands between two neighbours of a cell's body, as it was written
    block      a statement where it stands now, in the draft of its module
    seat       the place of a block, which a later one in its stead takes over
    turn       what the execution of one cell does to a draft
    module     a draft laid out: its text, and for each line the place that it comes from
    piece      a definition in a module's lines, with all that happened to it on the way
    snapshot   the package as it stands when a chapter ends
    plan       what the process that runs a chapter's cells is told
    view       what a page says about one of its cells
    web        all cells, and the links between them
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loom.inside.extend import extend

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["extend", "setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make a Sphinx build run the chapters in order and weave their pages."""
    from loom.sphinx import running, weaving

    running.setup(app)
    weaving.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
