"""The loom: from chapters to the package they tell, and to the pages that tell it.

In one's own notebook: `from loom import extend`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .runtime import extend

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["extend", "setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make a Sphinx build run the chapters in order and weave their pages."""
    from . import build, weave

    build.setup(app)
    weave.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
