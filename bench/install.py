"""Make `.venv-bench`, where the peers live, from requirements/bench.txt."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-bench"
LOCK = ROOT / "requirements" / "bench.txt"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "install.log"

PEERS = ("micrograd", "torch", "jax", "autograd", "tinygrad", "numpy", "sklearn")


def tools_setup() -> ModuleType:
    """tools/setup.py, which knows PyTorch's version and where its CPU build is."""
    spec = importlib.util.spec_from_file_location("tools_setup", ROOT / "tools" / "setup.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirements(lock: str) -> list[str]:
    """The lock file's entries, each a requirement with its hashes."""
    return re.findall(r"^[A-Za-z0-9][^\n]*\\\n(?:    --hash=[^\n]*\n)+", lock, re.M)


def pip(*words: str) -> bool:
    """Have this environment's pip install something into the other; true if it did."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(PYTHON),
        "install",
        "--progress-bar",
        "off",
        "--no-deps",
    ]
    with LOG.open("a", encoding="utf-8") as log:
        return (
            subprocess.call([*command, *words], stdout=log, stderr=subprocess.STDOUT, cwd=ROOT) == 0
        )


def install_locked(lock: str) -> None:
    """All of the lock file at once or, if that fails, as much of it as there is."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "bench.txt")
        for part in [lock, *requirements(lock)]:
            wanted.write_text(part, encoding="utf-8")
            if (
                pip("--require-hashes", "--only-binary", ":all:", "-r", str(wanted))
                and part is lock
            ):
                return


def install_torch() -> None:
    setup = tools_setup()
    version, few = setup.TORCH, ["--retries", "1", "--timeout", "20", "--only-binary", ":all:"]
    if pip("--no-index", *few, f"torch=={version}"):
        return
    if sys.platform.startswith("linux"):
        pip(
            *few,
            "--index-url",
            os.environ.get("TORCH_INDEX") or setup.TORCH_INDEX,
            f"torch=={version}+cpu",
        )
    else:
        pip(*few, f"torch=={version}")


def missing() -> dict[str, str]:
    """Each peer that does not import, and why."""
    why = {}
    for peer in PEERS:
        done = subprocess.run(
            [PYTHON, "-I", "-c", f"import {peer}"], capture_output=True, encoding="utf-8"
        )
        if done.returncode:
            last = (done.stderr.strip() or "it ended without a word").splitlines()[-1]
            why[peer] = f"could not be installed: {last}"
    return why


def install() -> dict[str, str]:
    """Make the environment unless it is there; what is missing from it, and why."""
    lock = LOCK.read_text(encoding="utf-8")
    made = VENV / "made.json"
    made_from = hashlib.sha256(f"{lock}{tools_setup().TORCH}{sys.version}".encode()).hexdigest()[
        :16
    ]
    if made.exists():
        known: dict[str, dict[str, str] | str] = json.loads(made.read_text())
        if known["made_from"] == made_from and isinstance(known["missing"], dict):
            return known["missing"]
    print("An environment for the peers, .venv-bench; this takes a few minutes.", flush=True)
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt", clear=True).create(VENV)
    (VENV / ".gitignore").write_text("*\n")
    install_locked(lock)
    install_torch()
    why = missing()
    made.write_text(json.dumps({"made_from": made_from, "missing": why}, indent=1) + "\n")
    for peer, reason in why.items():
        print(f"  without {peer}: it {reason}")
    return why
