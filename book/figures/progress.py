"""A progress bar for cells that take a while: in a reader's own notebook, never on a page.

    for seed in progress(range(20)):
        ...
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def wanted() -> bool:
    """Is somebody watching?  Not while the book is built: two builds must write the same page."""
    return "SOURCE_DATE_EPOCH" not in os.environ and not hasattr(builtins, "extend")


def progress(items: Iterable[Item], what: str = "") -> Iterator[Item]:
    """The items, one after the other, with a bar on stderr where tqdm is installed."""
    if wanted():
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            yield from tqdm(items, desc=what or None, leave=False)
            return
    yield from items
