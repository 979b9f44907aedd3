"""Explorables on the pages: their drawings made at home there, their script where one is needed.

A cell's output brings its question, picture and record (`figures.explorables.explorable`).  Here
the picture takes the page's colours, and a page that has an explorable gets the loader and the
style sheet; what the loader fetches, when a reader comes near, stands in one folder under the
digest of its content, so that no browser mixes two versions.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from look import assets, pictures, svg
from look.scripts import minify
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

__version__ = "0.1.0"

logger = logging.getLogger(__name__)

SOURCES = Path(__file__).parent / "src"
KINDS = SOURCES / "kinds"
STATIC = Path(__file__).parent / "static"
STYLE = "css/explore.css"

FIGURE = re.compile(r'<figure class="explorable" data-explore="(\w+)">.*?</figure>', re.S)
DRAWING = re.compile(r"<svg\b.*?</svg>", re.S)


class TakeExplorablesIn(SphinxPostTransform):
    """Give the drawing of every explorable the page's colours and ids of its own."""

    default_priority = 20
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        found = 0
        for raw in self.document.findall(nodes.raw):
            if "html" not in raw.get("format", "") or not FIGURE.search(raw.astext()):
                continue
            found += 1
            try:
                text = taken_in(raw.astext(), f"explorable{found}")
            except svg.SvgError as problem:
                logger.warning(
                    "an explorable's picture: %s",
                    problem,
                    location=pictures.placed(raw),
                    type="explore",
                    subtype="svg",
                )
                continue
            for kind in FIGURE.findall(text):
                if not (KINDS / f"{kind}.js").is_file():
                    logger.warning("no script for explorables of the kind %r", kind,
                                   location=pictures.placed(raw), type="explore", subtype="kind")
            raw.clear()
            raw += nodes.Text(text)


def taken_in(text: str, prefix: str) -> str:
    """An explorable's HTML with its drawing made at home on the page."""
    return DRAWING.sub(lambda match: framed(match[0], prefix), text)


def framed(drawing: str, prefix: str) -> str:
    """The drawing as the page's pictures are: coloured by names, scrolling where it must."""
    alt = svg.parse(drawing).get("aria-label", "")
    inside = svg.inline(drawing, prefix=prefix, alt=alt)
    return pictures.framed(inside, svg.natural_width(drawing), alt, [])


def prepare(app: Sphinx, config: Config) -> None:
    """Put the scripts, made small, where the site will have them;
    pages depend on what is in them.
    """
    home = Path(app.doctreedir).parent / ".explore"
    shutil.rmtree(home, ignore_errors=True)
    # Each script by itself, so that a page loads no kind that it does not have.
    minify(
        Path(app.srcdir, config.look_modules),
        "the explorables' scripts",
        sorted(SOURCES.rglob("*.js")),
        "--format=esm",
        f"--outbase={SOURCES}",
        f"--outdir={home / 'new'}",
    )
    config.explore_digest = assets.digest(home / "new")
    (home / "explore").mkdir()
    (home / "new").rename(home / folder(config))
    config.html_static_path = [*config.html_static_path, str(STATIC), str(home)]


def folder(config: Config) -> str:
    return f"explore/{config.explore_digest}"


def add_loader(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Only a page that has an explorable loads anything for it."""
    if doctree and any(FIGURE.search(raw.astext()) for raw in doctree.findall(nodes.raw)):
        app.add_css_file(STYLE, priority=905)
        app.add_js_file(f"{folder(app.config)}/loader.js", type="module")


def prune(app: Sphinx, exception: Exception | None) -> None:
    """Drop the scripts of earlier builds."""
    if exception is None and app.builder.format == "html":
        for path in Path(app.outdir, "_static", "explore").glob("*"):
            if path.name != app.config.explore_digest:
                shutil.rmtree(path)


def setup(app: Sphinx) -> dict[str, object]:
    app.setup_extension("look")
    app.add_config_value("explore_digest", "", "html")
    app.connect("config-inited", prepare)
    app.add_post_transform(TakeExplorablesIn)
    app.connect("html-page-context", add_loader)
    app.connect("build-finished", prune)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
