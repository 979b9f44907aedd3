"""Numbers in prose: `` {data}`2.0` `` is a value, `` {grad}`-3.0` `` a gradient.

In braces stands the name of a glued value: `` {data}`{loss:.4f}` ``.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from myst_nb.ext.glue.roles import PasteTextRole  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.config import Config

GLUED = re.compile(r"\{([^{}]+)\}")
MINUS = re.compile(r"(?<![\w)\]])-(?=[\d.∞])")

Messages = list[nodes.system_message]


class Number:
    """The role that marks a number as one of the two kinds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(
        self, name: str, rawtext: str, text: str, lineno: int, inliner: Inliner,
        options: dict[str, object] | None = None, content: list[str] | None = None,
    ) -> tuple[list[nodes.Node], Messages]:
        number = nodes.inline(rawtext, "", classes=[self.kind])
        problems: Messages = []
        for part, glued in split(text):
            if glued:
                found, trouble = PasteTextRole()(
                    name, part, part if ":" in part else f"{part}:s", lineno, inliner, {}, []
                )
                for node in found:
                    typeset_minus(node)
                number += found
                problems += trouble
            else:
                number += nodes.Text(MINUS.sub("−", part))
        return [number], problems


def split(text: str) -> list[tuple[str, bool]]:
    """The text's parts, each with whether it names a glued value."""
    parts = GLUED.split(text)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def typeset_minus(node: nodes.Node) -> None:
    """Python writes a hyphen; in a line of prose a minus is as wide as a plus."""
    for text in list(node.findall(nodes.Text)):
        text.parent.replace(text, nodes.Text(MINUS.sub("−", text.astext())))


def free_the_name(app: Sphinx, config: Config) -> None:
    """Without a primary domain `data` is ours, not the Python domain's."""
    config.primary_domain = None


def setup(app: Sphinx) -> None:
    app.connect("config-inited", free_the_name)
    app.add_role("data", Number("data"))
    app.add_role("grad", Number("grad"))
