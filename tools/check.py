"""The checks that take seconds: style, types, and that the package is what the chapters say."""

from __future__ import annotations

import subprocess
import sys

from setup import ROOT, find_node

PYTHON = [sys.executable, "-m"]
NODE = [str(find_node()[0])]
MODULES = ROOT / "node_modules"
BIOME = str(MODULES / "@biomejs" / "biome" / "bin" / "biome")

CHECKS = {
    "ruff": [*PYTHON, "ruff", "check", "."],
    "mypy": [*PYTHON, "mypy"],
    "biome": [*NODE, BIOME, "ci", "--colors=off", "--max-diagnostics=9"],
    "tsc": [*NODE, str(MODULES / "typescript" / "bin" / "tsc"), "--project", "."],
    "package up to date": [*PYTHON, "loom", "tangle", "--check"],
}


def main() -> int:
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
