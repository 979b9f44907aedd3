"""The live cells' tests find the book's own extensions."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE.parents[1] / "book" / "_ext", HERE):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
