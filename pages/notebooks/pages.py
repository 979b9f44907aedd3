"""Write each chapter's notebook beside the pages, and put a link to it on its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from loom.sphinx.running import build_of
from myst_nb.ext.glue.crossref import read_glue_cache  # type: ignore[import-untyped]
from parcels import slug
from sphinx.application import Sphinx

from notebooks.make import notebook

FOLDER = "notebooks"


def link(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the template where a chapter's notebook is."""
    chapters = {
        chapter.docname for chapter in build_of(app).snapshots.book.chapters if chapter.cells
    }
    context["notebook"] = (
        context["pathto"](f"{FOLDER}/{slug(page)}.ipynb", 1) if doctree and page in chapters else ""
    )


def write(app: Sphinx) -> list[Any]:
    """Write the notebooks, without outputs: two builds write the same bytes."""
    if app.builder.format != "html":
        return []
    snapshots = build_of(app).snapshots
    folders = [
        path for name in app.config.loom_runtime_paths if (path := Path(app.srcdir, name)).is_dir()
    ]
    site = app.config.html_baseurl
    site = site if not site or site.endswith("/") else f"{site}/"
    home = Path(app.outdir, FOLDER)
    home.mkdir(exist_ok=True)
    for chapter in snapshots.book.chapters:
        if chapter.cells:
            made = notebook(snapshots, chapter.docname, folders, glued(app, chapter.docname), site)
            text = nbformat.writes(made)  # type: ignore[no-untyped-call]
            path = home / f"{slug(chapter.docname)}.ipynb"
            path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return []


def glued(app: Sphinx, docname: str) -> dict[str, str]:
    """The numbers that a chapter's cells have glued, as text."""
    config: Any = app.env.mystnb_config  # type: ignore[attr-defined]
    found = read_glue_cache(config.output_folder, docname)
    return {name: output["data"].get("text/plain", "") for name, output in found.items()}


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", link, priority=800)
    app.connect("html-collect-pages", write)
