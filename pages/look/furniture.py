"""What stands around a chapter: the contents, its description, the way on, the 404 page."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from look.assets import FONTS, STATIC, built

TEMPLATES = Path(__file__).with_name("templates")
DESCRIPTION = 180  # characters; search engines show about as many


@dataclass(frozen=True)
class Page:
    """One line of the contents."""

    name: str
    title: str
    sections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """A captioned run of pages."""

    caption: str
    pages: tuple[Page, ...]


def contents(env: BuildEnvironment) -> tuple[Part, ...]:
    """The book's parts in reading order, as `_toc.yml` states them."""
    site = getattr(env, "external_site_map", None) or getattr(
        env.app.config, "external_site_map", None
    )
    if site is None:
        return (Part("", tuple(Page(name, plain_title(env, name))
                               for name in env.toctree_includes.get(env.config.root_doc, []))),)
    return tuple(
        Part(tree.caption or "", tuple(
            Page(str(name), plain_title(env, str(name)), sections(env, str(name)))
            for name in tree.items if str(name) in env.titles
        ))
        for tree in site.root.subtrees
    )


def plain_title(env: BuildEnvironment, name: str) -> str:
    return env.titles[name].astext() if name in env.titles else name


def sections(env: BuildEnvironment, name: str) -> tuple[tuple[str, str], ...]:
    """The chapter's own sections: (anchor, title)."""
    found = []
    for first in env.tocs[name].children:  # the chapter itself
        for inner in first.children[1:]:
            for item in inner.children:
                reference = next(iter(item.findall(nodes.reference)), None)
                if reference is not None and reference.get("anchorname"):
                    found.append((reference["anchorname"], reference.astext()))
    return tuple(found)


def describe(doctree: nodes.document) -> str:
    """The first paragraph that is running text, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            if len(text) > DESCRIPTION:
                text = text[:DESCRIPTION].rsplit(" ", 1)[0].rstrip(",;:–—") + " …"
            return text
    return ""


def furnish(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    base = app.config.html_baseurl
    meta = context.get("meta") or {}
    parts = contents(app.env)
    context["look"] = {
        "parts": parts,
        "part": next(
            (part.caption for part in parts for inner in part.pages if inner.name == page), ""
        ),
        "description": meta.get("description") or (describe(doctree) if doctree else ""),
        "kind": "website" if page == app.config.root_doc else "article",
        # An absolute address is stated only where one is configured.
        "base": base if base.endswith("/") or not base else base + "/",
        "path": urlsplit(base).path.rstrip("/") + "/",
        "home": page == app.config.root_doc,
        "source": context.get("sourcename", "") if doctree else "",
    }
    if "body" in context:
        # Docutils gives the bibliography's entries a role that ARIA has withdrawn.
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
    if page == "404":
        # Served for addresses of any depth, so it can't load anything by a relative one.
        face = built(app) / "fonts" / FONTS[0][1]
        context["look"]["tokens"] = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
        context["look"]["face"] = b64encode(face.read_bytes()).decode()


def prepare(app: Sphinx, config: Config) -> None:
    # Where the site will stand is known to who puts it there, not to the book.
    config.html_baseurl = os.environ.get("BOOK_URL") or config.html_baseurl
    config.templates_path = [str(TEMPLATES), *config.templates_path]
    config.html_additional_pages = {**config.html_additional_pages, "404": "404.html"}
    config.html_use_opensearch = ""
    config.html_copy_source = True
    config.html_permalinks_icon = "#"


def setup(app: Sphinx) -> None:
    app.connect("config-inited", prepare)
    app.connect("html-page-context", furnish, priority=800)
