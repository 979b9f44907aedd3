"""The commonest Markdown as HTML: headings, paragraphs, lists, code, emphasis and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
ITEM = re.compile(r"\s*(?:([-*+])|\d+[.)])\s+(.*)")
CODE = re.compile(r"(`+)(.+?)\1", re.S)
INLINE = [
    (re.compile(r"\[([^\]]*)\]\((https?://[^\s)]+|#[^\s)]*)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.S), r"<strong>\2</strong>"),
    (re.compile(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)", re.S), r"<em>\2</em>"),
]


def html(text: str) -> str:
    """Markdown as HTML; what this knows nothing of stands as it was written."""
    parts: list[str] = []
    for number, part in enumerate(FENCE.split(text)):
        if number % 2:
            parts.append(f"<pre>{escape(part)}</pre>")
        else:
            parts += (block(one) for one in re.split(r"\n\s*\n", part) if one.strip())
    return "\n".join(parts)


def block(text: str) -> str:
    lines = text.strip("\n").splitlines()
    heading = HEADING.match(lines[0])
    if heading:
        level = len(heading[1])
        rest = "\n".join(lines[1:])
        return f"<h{level}>{inline(heading[2])}</h{level}>" + (block(rest) if rest.strip() else "")
    if ITEM.match(lines[0]):
        kind = "ul" if ITEM.match(lines[0])[1] else "ol"  # type: ignore[index]
        return f"<{kind}>{''.join(f'<li>{inline(item)}</li>' for item in items(lines))}</{kind}>"
    return f"<p>{inline(chr(10).join(lines))}</p>"


def items(lines: list[str]) -> Iterator[str]:
    """The items of a list, each with the lines that go on with it."""
    found: list[str] = []
    for line in lines:
        item = ITEM.match(line)
        if item:
            found.append(item[2])
        else:
            found[-1] += f" {line.strip()}"
    yield from found


def inline(text: str) -> str:
    pieces = CODE.split(text)  # text, ticks, code, text, …
    made = [f"<code>{escape(piece.strip())}</code>" if number % 3 == 2 else emphasised(piece)
            for number, piece in enumerate(pieces) if number % 3 != 1]
    return "".join(made)


def emphasised(text: str) -> str:
    text = escape(text, quote=False)
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return text
