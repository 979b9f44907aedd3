"""What a page is given for its exercises: the script, and how much there is to do in each chapter."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from look.formulas import node
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .directives import sheets

HERE = Path(__file__).parent
SCRIPT = HERE / "src" / "exercises.js"


def prepare(app: Sphinx, config: Config) -> None:
    """Put the script, in one piece and made small, where the site will have it."""
    home = Path(app.doctreedir).parent / ".exercises"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    bundle(Path(app.srcdir, config.look_modules), SCRIPT, home / SCRIPT.name)
    config.html_static_path = [*config.html_static_path, str(HERE / "static"), str(home)]


def bundle(modules: Path, script: Path, target: Path) -> None:
    """One script of all that it imports, which leaves no name in the page."""
    command = [node(), str(modules / "esbuild" / "bin" / "esbuild"), str(script), "--bundle", "--minify",
               "--charset=utf8", "--format=iife", "--target=es2022", "--log-level=warning", f"--outfile={target}"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode or done.stderr:
        raise ExtensionError(f"{script.name} could not be made small; `make` installs what it takes:\n{done.stderr}")


def count(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Tell the contents how many exercises and questions each chapter has."""
    context["tasks"] = {name: len(sheet.exercises) + len(sheet.questions) for name, sheet in sheets(app.env).items()}


def setup(app: Sphinx) -> None:
    app.connect("config-inited", prepare)
    app.connect("html-page-context", count)
    app.add_css_file("css/exercises.css", priority=907)
    app.add_js_file("exercises.js", priority=920, loading_method="defer")
