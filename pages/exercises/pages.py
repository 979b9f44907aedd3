"""What a page is given for its exercises: the script,
and how much there is to do in each chapter.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from look.scripts import minify
from sphinx.application import Sphinx
from sphinx.config import Config

from .directives import sheets

HERE = Path(__file__).parent
SCRIPT = HERE / "src" / "exercises.js"


def prepare(app: Sphinx, config: Config) -> None:
    """Put the script, in one piece and made small, where the site will have it."""
    home = Path(app.doctreedir).parent / ".exercises"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    minify(Path(app.srcdir, config.look_modules), "the exercises' scripts", [SCRIPT],
           "--bundle", "--format=iife", f"--outfile={home / SCRIPT.name}")
    config.html_static_path = [*config.html_static_path, str(HERE / "static"), str(home)]


def count(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Tell the contents how many exercises and questions each chapter has."""
    context["tasks"] = {
        name: len(sheet.exercises) + len(sheet.questions) for name, sheet in sheets(app.env).items()
    }


def setup(app: Sphinx) -> None:
    app.setup_extension("look.scripts")
    app.connect("config-inited", prepare)
    app.connect("html-page-context", count)
    app.add_css_file("css/exercises.css", priority=907)
    app.add_js_file("exercises.js", priority=920, loading_method="defer")
