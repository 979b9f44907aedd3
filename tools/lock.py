"""Renew requirements/*.txt and package-lock.json from what was chosen by hand."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from setup import OLDEST, ROOT, find_node

REQUIREMENTS = ROOT / "requirements"


def compile_lock(uv: Path, output: str, *inputs: str) -> None:
    """One file for all systems and all supported Pythons, with a hash for every file."""
    oldest = "{}.{}".format(*OLDEST)
    options = """--universal --upgrade --fork-strategy fewest --generate-hashes --no-annotate
    --quiet --no-emit-index-url""".split()
    command: list[str | Path] = [uv, "pip", "compile", *options, "--python-version", oldest]
    command += ["--custom-compile-command", "make lock", "--output-file", output, *inputs]
    subprocess.run(command, cwd=REQUIREMENTS, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder)
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", folder, "install", "--quiet", "uv"],
            check=True,
        )
        uv = Path(folder, "bin", "uv")
        compile_lock(uv, "lock.txt", "book.in", "test.in", "torch.in", "local.in")
        compile_lock(uv, "mutants.txt", "mutants.in", "--constraints", "lock.txt")
        compile_lock(uv, "bench.txt", "bench.in", "torch.in", "--constraints", "lock.txt")
    node, npm = find_node()
    # The lock file names versions and digests, not the host they came from.
    what = [
        "install",
        "--package-lock-only",
        "--omit-lockfile-registry-resolved",
        "--no-update-notifier",
    ]
    subprocess.run(
        [node, npm, *what, "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=True
    )


if __name__ == "__main__":
    main()
