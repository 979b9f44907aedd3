"""Run tests under a newer Python than the one of `.venv`, where this machine has one.

    .venv/bin/python tools/run.py newer tests/engine tests/loom
    NEWER=/opt/python3.14/bin/python3.14 .venv/bin/python tools/run.py newer tests/engine

It makes `.venv-newer` of what requirements/lock.txt names, but for PyTorch.  Where there is no such
Python it says so and is content, unless the variable REQUIRE_NEWER is set.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys

from setup import LOCAL, LOCK, OLDEST, ROOT

VENV = ROOT / ".venv-newer"
NEWEST = (3, 14)  # for which requirements/lock.txt has files


def candidates() -> list[str]:
    """Where newer Pythons may be, the newest first; pyenv and uv keep theirs off the path."""
    found = [os.environ.get("NEWER", "")]
    for minor in range(NEWEST[1], sys.version_info.minor, -1):
        name = f"python3.{minor}"
        found.append(shutil.which(name) or "")
        for kept in (
            os.environ.get("PYENV_ROOT", "~/.pyenv") + "/versions",
            "~/.local/share/uv/python",
        ):
            found += sorted(
                glob.glob(f"{os.path.expanduser(kept)}/*3.{minor}*/bin/{name}"), reverse=True
            )
    return list(filter(None, found))


def version_of(python: str) -> tuple[int, ...]:
    """Its version; of what does not run, or cannot make an environment, nothing."""
    code = "import ensurepip, sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run(
            [python, "-c", code], capture_output=True, encoding="utf-8", check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, said.split()))


def newer() -> str | None:
    """A Python that is newer than this one, and not too new."""
    mine = max(OLDEST, sys.version_info[:2])
    return next((python for python in candidates() if mine < version_of(python) <= NEWEST), None)


def make(python: str) -> None:
    """The environment, unless it is there."""
    made = VENV / "made"
    said = subprocess.run([python, "-VV"], capture_output=True, encoding="utf-8", check=True).stdout
    wanted = hashlib.sha256(said.encode() + LOCK.read_bytes()).hexdigest()
    if made.exists() and made.read_text() == wanted:
        return
    print(f"An environment for {said.strip()}: {VENV.name}", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", VENV], check=True)
    (VENV / ".gitignore").write_text("*\n")
    pip = [
        str(VENV / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]
    subprocess.run(
        [*pip, "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)], check=True
    )
    editable = [word for folder in LOCAL for word in ("--editable", str(folder))]
    subprocess.run([*pip, "--no-build-isolation", "--no-index", *editable], check=True, cwd=ROOT)
    made.write_text(wanted)


def main(words: list[str]) -> int:
    python = newer()
    if not python:
        print(
            f"There is no Python from 3.{sys.version_info.minor + 1} to 3.{NEWEST[1]} here: "
            "it is left out."
        )
        return 1 if os.environ.get("REQUIRE_NEWER") else 0
    make(python)
    # Its environment has no PyTorch.
    rest = {name: value for name, value in os.environ.items() if name != "REQUIRE_TORCH"}
    command = [str(VENV / "bin" / "python"), "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.call(command, cwd=ROOT, env=rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
