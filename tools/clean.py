"""Remove what was built; with --all, what was installed too."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ["_build", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "dist"]
INSTALLED = [".venv", ".venv-bench", ".venv-newer", "node_modules"]

for name in BUILT + (INSTALLED if "--all" in sys.argv[1:] else []):
    if (ROOT / name).exists():
        print("removing " + name)
        shutil.rmtree(str(ROOT / name))
