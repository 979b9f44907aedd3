"""What a page says of the road: a sign in the contents, a line at a workshop's head,
the links at the foot.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from look.furniture import contents
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from road.way import way

STATIC = Path(__file__).parent / "static"
#: A hammer, which says nothing to those who hear the page; the words beside it do.
PICTURE = (
    '<svg class="workshop-sign" viewBox="0 0 16 16" aria-hidden="true">'
    '<path transform="rotate(35 8 8)" d="M3 2h8l2.5 3.5H3zM7.5 5.5V15"/></svg>'
)
SAID = '<span class="said"> (workshop)</span>'
LEGEND = f'<p class="workshop-legend">{PICTURE} A workshop: the road goes on without it.</p>'


def lead(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Tell the page's template of the road, and turn `prev` and `next` along it."""
    workshops = app.config.loom_workshops
    if not workshops:
        return
    parts = [(part.caption, [inner.name for inner in part.pages]) for part in contents(app.env)]
    found = way(page, parts, workshops)

    def link(name: str) -> dict[str, str]:
        return {"link": context["pathto"](name), "title": title(app.env, name), "name": name}

    for key, name in (("prev", found.back), ("next", found.on)):
        if name:
            context[key] = link(name)
    context["way"] = {
        "workshops": workshops,
        "is_workshop": found.is_workshop,
        "offered": [link(name) for name in found.offered],
        "rejoins": link(found.rejoins) if found.rejoins else None,
        "picture": PICTURE,
        "said": SAID,
        "legend": LEGEND,
        # The reading order may lead from the road's last page into a workshop.
        "next_is_workshop": not found.on and after(page, parts) in workshops,
    }
    if page == app.config.root_doc and "body" in context:
        context["body"] = mark(context["body"], [context["pathto"](name) for name in workshops])


def title(env: BuildEnvironment, name: str) -> str:
    """A page's title, as the links of Sphinx have it: HTML."""
    return escape(env.titles[name].astext())


def after(page: str, parts: list[tuple[str, list[str]]]) -> str | None:
    """The page that follows in reading order."""
    order = [name for _, names in parts for name in names]
    return next(iter(order[order.index(page) + 1 :]), None) if page in order else None


def mark(body: str, addresses: list[str]) -> str:
    """Put the sign into the title page's table of contents, and say above it what it means."""
    for address in addresses:
        entry = f'<li class="toctree-l1"><a class="reference internal" href="{address}">'
        before, found, behind = body.partition(entry)
        if found:
            body = before + found + behind.replace("</a>", f"{SAID}</a> {PICTURE}", 1)
    wrapper = '<div class="toctree-wrapper'
    return body.replace(wrapper, LEGEND + wrapper, 1)


def add_style(app: Sphinx, config: Config) -> None:
    """Bring the style of the sign and of its lines."""
    config.html_static_path = [*config.html_static_path, str(STATIC)]


def setup(app: Sphinx) -> None:
    # What it says, the loom has checked.
    app.add_config_value("loom_workshops", [], "html", [list, tuple])
    app.connect("config-inited", add_style)
    app.connect("html-page-context", lead, priority=850)
    app.add_css_file("css/road.css", priority=908)
