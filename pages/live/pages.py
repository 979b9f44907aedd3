"""Tell each page's script of its cells, and give each chapter the zip that its Python holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from loom.sphinx.running import build_of
from loom.sphinx.weaving import shown_cells
from parcels import archive, slug
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .assets import built
from .chapter import chapter_files, live_cells, page_data


class MarkCells(SphinxPostTransform):
    """Let the page's script find each cell by its number."""

    default_priority = 260  # after weaving
    formats = ("html",)

    def run(self, **options: Any) -> None:
        for node, cell in shown_cells(self.app, self.env.docname, self.document):
            node["classes"].append(f"live-{cell.index}")


def make_zips(app: Sphinx) -> None:
    """Write the chapters' zips, and remember what their pages are told."""
    if app.builder.format != "html":
        return
    snapshots = build_of(app).snapshots
    folders = [
        path for name in app.config.loom_runtime_paths if (path := Path(app.srcdir, name)).is_dir()
    ]
    told: dict[str, dict[str, Any]] = {}
    for chapter in snapshots.book.chapters:
        if not chapter.cells:
            continue
        cells = live_cells(snapshots, chapter.docname, folders)
        content = archive(chapter_files(snapshots, chapter.docname, folders, cells))
        name = f"live/{slug(chapter.docname)}.zip"
        (built(app) / name).write_bytes(content)
        address = f"_static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"
        told[chapter.docname] = {"name": chapter.docname, "zip": address, "cells": page_data(cells)}
    app.live_pages = told  # type: ignore[attr-defined]


def tell(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the script, and what it is told, on a page with cells."""
    told = getattr(app, "live_pages", {}).get(page)
    if told is not None and doctree is not None:
        address = context["pathto"](told["zip"], 1)
        # Inside a script element, "</" would end it.
        context["live"] = json.dumps({**told, "zip": address}, separators=(",", ":")).replace(
            "<", "\\u003c"
        )
        app.add_js_file("live/live.js", priority=910, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", make_zips, priority=900)  # the loom reads the book first
    app.connect("html-page-context", tell, priority=700)
    app.add_css_file("css/live.css", priority=907)
    app.add_post_transform(MarkCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
