"""Run something in the book's environment: its Python, its `dot`, and nobody's settings.

    .venv/bin/python tools/run.py               build the site (tools/book.py)
    .venv/bin/python tools/run.py serve         a script of this folder
    .venv/bin/python tools/run.py pytest -k x   a module of the environment
    .venv/bin/python tools/run.py a/script.py   a script
"""

import os
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent
VENV = ROOT / ".venv"
BUILD = ROOT / "_build"


def environment() -> dict[str, str]:
    """The caller's variables, less what could make one machine's build differ from another's."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("JUPYTER_", "IPYTHON", "PYTHON", "MPL", "MATPLOTLIB", "SPHINX", "GRAPHVIZ", "LC_")
        )
    }
    search = [
        VENV / "stand-in",
        Path(sys.executable).parent,
        *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
    ]
    private = BUILD / ".jupyter"
    private.mkdir(parents=True, exist_ok=True)
    return own | compiler() | {
        "PATH": os.pathsep.join(map(str, search)),
        "IPYTHONDIR": str(private / "ipython"),
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTER_NO_CONFIG": "1",
        "MPLCONFIGDIR": str(VENV / "matplotlib"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # A date for whatever wants to write one: it must not be today's.
        "SOURCE_DATE_EPOCH": "1767225600",
        "NO_COLOR": "1",
    }


def compiler() -> dict[str, str]:
    """Where there is no compiler of C but the one in ziglang, that one:
    the package calls it only where it is named.
    """
    if (
        os.environ.get("CC")
        or any(map(shutil.which, ("cc", "gcc", "clang")))
        or not find_spec("ziglang")
    ):
        return {}
    return {"CC": shlex.join([sys.executable, "-m", "ziglang", "cc"])}


def main(words: list[str]) -> int:
    name, *rest = words or ["book"]
    script = TOOLS / f"{name}.py"
    if name.endswith(".py"):
        what = [name]
    else:
        what = [str(script)] if script.exists() else ["-m", name]
    try:
        return subprocess.call([sys.executable, *what, *rest], cwd=ROOT, env=environment())
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
