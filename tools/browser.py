"""Find a Chromium, and print where it is; a failure if there is none.

    python3 tools/browser.py

It is the one that the variable CHROMIUM names, or one on the path. It needs Python's standard
library alone.
"""

import os
import shutil
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


def find() -> str | None:
    """The browser that CHROMIUM names, be it there or not, or the first on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


if __name__ == "__main__":
    found = shutil.which(find() or "")
    print(found or "no Chromium on the path, and none in the variable CHROMIUM")
    sys.exit(not found)
