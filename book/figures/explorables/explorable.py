"""What a reader can take in hand: a question, a picture, and the record that a script replays.

A cell returns an `Explorable`.  Its picture is complete by itself, in print and without a script.
Where scripts run, the module of the same kind (`pages/explore/src/kinds`) reads the record,
computes it anew, and only if every number agrees does it put controls under the picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Explorable:
    """One of them, as a cell's output.

    Args:
        kind: which script module brings it to life.
        question: what it asks; `code` stands between backticks.
        picture: an SVG element, or a table in HTML, that answers as far as a picture can.
        alt: what a reader who can't see the picture is told.
        record: what the script replays: plain data, no NaN and no infinity.
        caption: what the picture shows, script or not.
    """

    kind: str
    question: str
    picture: str
    alt: str
    record: Mapping[str, Any]
    caption: str = ""

    def _repr_html_(self) -> str:
        caption = f"<figcaption><p>{marked(self.caption)}</p></figcaption>" if self.caption else ""
        return (
            f'<figure class="explorable" data-explore="{escape(self.kind)}">'
            f'<p class="explorable-question">{marked(self.question)}</p>'
            f"{named(self.picture, self.alt)}"
            f'<script type="application/json">{data(self.record)}</script>{caption}</figure>'
        )

    def __repr__(self) -> str:
        return f"{self.question}\n{self.alt}"


def marked(text: str) -> str:
    """Text for a page, with `code` between backticks."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def named(picture: str, alt: str) -> str:
    """The picture from its first tag on; a drawing is told what to say for itself."""
    if (start := picture.find("<svg")) < 0:
        return picture
    return f'<svg role="img" aria-label="{escape(alt)}"{picture[start + 4:].rstrip()}'


def data(record: Mapping[str, Any]) -> str:
    """JSON that no page can mistake for the end of its script."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c")


def short(x: float) -> str:
    """A number as explorables show it: four decimals at most, powers of ten beyond."""
    if x and not 1e-3 <= abs(x) < 1e5:
        return f"{x:.4g}"
    text = f"{x:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
