"""The checks that take seconds: style, types, and that the package is what the chapters say."""

from __future__ import annotations

import subprocess
import sys

CHECKS = {
    "ruff": ["ruff", "check", "."],
    "mypy": ["mypy"],
    "package up to date": ["loom", "tangle", "--check"],
}


def main() -> int:
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, encoding="utf-8")
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
