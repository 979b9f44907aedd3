"""The content-security policy of every page: its own host only, and no text that becomes code."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

#: Runs before the first paint: the reader's choice of colours.
EARLY = (
    "try { const mode = localStorage.getItem('mode'); "
    "if (mode === 'light' || mode === 'dark') document.documentElement.dataset.theme = mode } "
    "catch {}"
)


def policy(*scripts: str, fonts: str = "'self'") -> str:
    """The policy of a page that holds these scripts.

    WebAssembly has to be compiled, and workers come from `blob:` so that this policy binds them
    too.
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    ]
    return "; ".join([
        "default-src 'self'",
        " ".join(["script-src 'self' 'wasm-unsafe-eval'", *hashes]),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        f"font-src {fonts}",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ])


def state(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the templates the policy and the one script that stands in the page itself."""
    context["early"] = EARLY
    # The page for missing addresses carries its font with it.
    context["policy"] = policy(EARLY, fonts="data:" if page == "404" else "'self'")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", state)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
