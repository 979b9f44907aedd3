"""Put the pictures that cells draw into the page itself."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from look import svg

logger = logging.getLogger(__name__)

#: A picture is never drawn smaller than this part of its own size: beyond it, it scrolls.
LEAST = 0.72
#: Wider than this at its least size, and a phone has to scroll: then the keyboard must be able to.
PHONE = 320


class PutPicturesInThePage(SphinxPostTransform):
    """Replace every SVG image by its drawing, recoloured and with ids of its own."""

    # After MyST-NB has chosen among an output's forms (4), before Sphinx converts images (100).
    default_priority = 20
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        images = [node for node in self.document.findall(nodes.image) if is_svg(node)]
        for number, image in enumerate(images, start=1):
            self.replace(image, f"svg{number}")

    def replace(self, image: nodes.image, prefix: str) -> None:
        path = Path(self.app.srcdir, image["candidates"]["*"])
        alt = " ".join(image.get("alt", "").split())
        if not alt:
            logger.warning(
                "a picture without words for readers who can't see it: give the cell "
                "`mystnb: {image: {alt: …}}`", location=placed(image), type="look", subtype="alt",
            )
        try:
            text = path.read_text(encoding="utf-8")
            drawing = svg.inline(text, prefix=prefix, alt=alt)
        except (OSError, svg.SvgError) as problem:
            logger.warning("the picture %s: %s", path.name, problem, location=placed(image),
                           type="look", subtype="svg")
            return
        frame = framed(drawing, svg.natural_width(text), alt, image["classes"])
        image.parent.replace(image, nodes.raw("", frame, format="html"))


def placed(node: nodes.Node) -> nodes.Node:
    """The node, or the nearest around it, of which the source line is known."""
    while not node.line and node.parent is not None:
        node = node.parent
    return node


def is_svg(image: nodes.image) -> bool:
    candidates: dict[str, str] = image.get("candidates") or {}
    return candidates.get("*", "").endswith(".svg")


def framed(drawing: str, width: float, alt: str, classes: list[str]) -> str:
    """The drawing in a frame that scrolls sideways where it can't shrink any more."""
    names = escape(" ".join(["picture", *classes]))
    scrolls = (
        f' tabindex="0" role="group" aria-label="{escape(alt)}"' if width * LEAST > PHONE else ""
    )
    return f'<div class="{names}"{scrolls}>{drawing}</div>'
