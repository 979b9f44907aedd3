"""What cells show themselves with: the page's `IPython.display`.

Where things are shown, the page says when it starts; until then they are printed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

MIMES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}


def _print(*things: Any) -> None:
    for thing in things:
        print(repr(thing))


def _keep(wait: bool) -> None:
    """What is printed stays."""


class Screen:
    """Where things are shown, and cleared away."""

    show: Callable[..., None] = staticmethod(_print)
    clear: Callable[[bool], None] = staticmethod(_keep)


def display(*things: Any, clear: bool = False, **options: Any) -> None:
    """Show each thing in its best form; with `clear`, in the place of what the cell has shown."""
    unknown = ", ".join(options)
    if unknown:
        raise TypeError(
            f"display() on this page knows no {unknown}; it takes things to show, and clear=True"
        )
    if clear:
        clear_output(wait=True)
    Screen.show(*things)


def clear_output(wait: bool = False) -> None:
    """Take away what the cell has shown so far; with `wait`, only when it shows something else."""
    Screen.clear(wait)


class _Shown:
    """Something given as text, or in a file of the page's Python."""

    def __init__(
        self, data: Any = None, url: str | None = None, filename: str | None = None, **_: Any
    ) -> None:
        if url is not None or str(data).startswith(("http://", "https://")):
            raise ValueError(
                f"{type(self).__name__} cannot fetch {url or data}: this page asks no other host"
            )
        if filename is None and data is None:
            raise TypeError(f"{type(self).__name__} needs its content, or a filename")
        self.data = data if filename is None else self.read(Path(filename))

    def read(self, path: Path) -> Any:
        return path.read_text(encoding="utf-8")


class HTML(_Shown):
    """HTML, which is shown as such; scripts in it never run."""

    def _repr_html_(self) -> str:
        return str(self.data)


class Markdown(_Shown):
    """Markdown: headings, paragraphs, lists, code, emphasis and links."""

    def _repr_markdown_(self) -> str:
        return str(self.data)


class Latex(_Shown):
    """A formula, which this page shows as it is written."""

    def _repr_latex_(self) -> str:
        return str(self.data)


class Math(Latex):
    """A formula without its dollar signs."""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {str(self.data).strip('$')}$"


class SVG(_Shown):
    """A drawing."""

    def _repr_svg_(self) -> str:
        return self.data.decode() if isinstance(self.data, bytes) else str(self.data)


class Image(_Shown):
    """A picture made of pixels: its bytes, or the name of a file."""

    def __init__(
        self, data: Any = None, url: str | None = None, filename: str | None = None, *,
        width: int | None = None, height: int | None = None, alt: str | None = None, **options: Any,
    ) -> None:
        if isinstance(data, str | Path) and not str(data).startswith(("http://", "https://")):
            data, filename = None, str(data)
        super().__init__(data, url, filename, **options)
        self.attributes = {"width": width, "height": height, "alt": alt}

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def _repr_html_(self) -> str:
        kind = next((kind for start, kind in MIMES.items() if self.data.startswith(start)), None)
        if kind is None:
            raise ValueError(
                "an Image on this page is a PNG, a JPEG, a GIF or a WebP; a drawing is an SVG"
            )
        given = {
            name: escape(str(value)) for name, value in self.attributes.items() if value is not None
        }
        told = "".join(f' {name}="{value}"' for name, value in given.items())
        return f'<img src="data:image/{kind};base64,{base64.b64encode(self.data).decode()}"{told}>'
