"""A progress bar for cells that take a while: in a reader's own notebook, never on a page.

    for seed in progress(range(20)):
        ...
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def wanted() -> bool:
    """Is somebody watching?  Not while the book is built: two builds must write the same page."""
    # In a notebook, downloaded or one's own.
    own = not hasattr(builtins, "extend") or "notebooks.kernel" in sys.modules
    return own and "SOURCE_DATE_EPOCH" not in os.environ


def progress(items: Iterable[Item], what: str = "") -> Iterator[Item]:
    """The items, one after the other, with a bar on stderr where tqdm is installed."""
    if wanted():
        try:
            tqdm = importlib.import_module(
                "tqdm.auto"
            ).tqdm  # looked for at the last moment: no page has it
        except ImportError:
            pass
        else:
            yield from tqdm(items, desc=what or None, leave=False)
            return
    yield from items
