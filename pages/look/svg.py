"""Make an SVG file safe and at home inside a page: pure functions, no Sphinx.

A picture that stands in the page itself, not in an `<img>`, takes the page's colours in
light and dark, its fonts, and its classes.  The price is that its ids, its styles and
whatever else it carries would be the page's as well; this module pays it.
"""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

#: Colours that drawings are made with, and the page's name for each.
COLOURS = {
    "#23262b": "var(--ink)",
    "#000000": "var(--ink)",
    "black": "var(--ink)",
    "#ffffff": "var(--paper)",
    "white": "var(--paper)",
    "#faf8f4": "var(--code-paper)",
    "#6a7078": "var(--faint)",
    "#d9d5cc": "var(--rule)",
    "#0b6a62": "var(--accent)",
    "#1a5fa8": "var(--data)",
    "#b3401a": "var(--grad)",
    "#6d4a9c": "var(--third)",
    "#8a6400": "var(--fourth)",
}

#: What may stand in a page.  No script, no foreign HTML, no style sheet, no animation.
ELEMENTS = frozenset(
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath "
    "clipPath mask marker pattern linearGradient radialGradient stop image".split()
)

#: Left out: names, which the page gives itself, and fonts, which the style sheet gives.
DROPPED = frozenset("font-family version content baseProfile zoomAndPan".split())

#: Properties that the outermost element may state for all others.
INHERITED = frozenset(
    "font-size font-weight font-style text-anchor fill stroke stroke-width stroke-linecap "
    "stroke-linejoin".split()
)

PIXELS = {"pt": 96 / 72, "px": 1.0, "": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
NAMESPACE = re.compile(r"\{(.*)\}(.*)")
REFERENCE = re.compile(r"""url\(\s*["']?#([^"')]+)["']?\s*\)""")
ELSEWHERE = re.compile(r"""url\(\s*(?!["']?#)|expression\(|javascript:""", re.IGNORECASE)
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b|\b(?:black|white)\b")
LONG = re.compile(r"-?\d+\.\d{3,}")
SPACE = re.compile(r"\s+")


class SvgError(ValueError):
    """The text is no SVG that could stand in a page."""


def inline(text: str, *, prefix: str, alt: str = "") -> str:
    """One SVG element for a page.

    `prefix` goes before each id, so that two pictures of a page never clash; `alt` is what a
    reader who can't see it is told.  Without `alt` the picture counts as decoration.
    """
    root = parse(text)
    wanted = references(root)
    width, height = size(root)
    attributes = {
        "viewBox": root.get("viewBox") or f"0 0 {shown(width)} {shown(height)}",
        "width": shown(width),
        "height": shown(height),
        "style": f"--natural: {shown(width)}px",
    }
    attributes |= {"role": "img", "aria-label": alt} if alt else {"aria-hidden": "true"}
    for name, value in root.attrib.items():  # what the drawing says once for all of it
        if name in INHERITED:
            attributes |= kept("svg", name, value, prefix, wanted, classed=False)
    inside = "".join(written(child, prefix, wanted) for child in root)
    return element("svg", attributes, inside)


def natural_width(text: str) -> float:
    """How wide the picture is at its own size, in CSS pixels."""
    return size(parse(text))[0]


def parse(text: str) -> ElementTree.Element:
    if "<!ENTITY" in text:
        raise SvgError("an SVG with entities of its own is not taken into a page")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        raise SvgError(f"not well-formed: {problem}") from None
    if local(root.tag) != "svg":
        raise SvgError(f"its outermost element is {local(root.tag)!r}, not 'svg'")
    return root


def local(tag: object) -> str:
    """A tag without its namespace; '' for what is not an SVG element (comments too)."""
    if not isinstance(tag, str):
        return ""
    if match := NAMESPACE.fullmatch(tag):
        return match[2] if match[1] == "http://www.w3.org/2000/svg" else ""
    return tag


def size(root: ElementTree.Element) -> tuple[float, float]:
    box = [float(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip()) if part]
    width, height = (box[2], box[3]) if len(box) == 4 else (300.0, 150.0)
    return length(root.get("width"), width), length(root.get("height"), height)


def length(text: str | None, otherwise: float) -> float:
    match = re.fullmatch(r"\s*([\d.]+)\s*(pt|px|in|cm|mm|)\s*", text or "")
    return float(match[1]) * PIXELS[match[2]] if match else otherwise


def references(root: ElementTree.Element) -> frozenset[str]:
    """The ids that something in the picture points to."""
    found: set[str] = set()
    for node in root.iter():
        for name, value in node.attrib.items():
            found.update(REFERENCE.findall(value))
            if plain(name) == "href" and value.startswith("#"):
                found.add(value[1:])
    return frozenset(found)


def plain(name: str) -> str:
    """An attribute's name, with `xlink:href` counted as `href`; '' for other namespaces."""
    if match := NAMESPACE.fullmatch(name):
        return "href" if match[1] == "http://www.w3.org/1999/xlink" and match[2] == "href" else ""
    return name


def written(node: ElementTree.Element, prefix: str, wanted: frozenset[str]) -> str:
    tag = local(node.tag)
    inside = "".join(
        written(child, prefix, wanted) + texts(tag, child.tail) for child in node
    )
    if tag == "a":  # a link inside a picture that is one image to a screen reader: keep the drawing
        return inside
    if tag not in ELEMENTS:
        return ""
    attributes: dict[str, str] = {}
    for name, value in node.attrib.items():
        attributes |= kept(tag, plain(name), value, prefix, wanted, "class" in node.attrib)
    return element(tag, attributes, texts(tag, node.text) + inside)


def texts(tag: str, text: str | None) -> str:
    """Characters count in text only; elsewhere they are the writing program's line ends."""
    return escape(text or "", quote=False) if tag in ("text", "tspan", "textPath") else ""


def kept(
    tag: str, name: str, value: str, prefix: str, wanted: frozenset[str], classed: bool
) -> dict[str, str]:
    """What becomes of one attribute."""
    lower = name.lower()
    if not name or lower.startswith("on") or name in DROPPED or ELSEWHERE.search(value):
        return {}
    if name == "id":
        # An id that nothing points to is noise, unless a class says that scripts may want it.
        return {"id": f"{prefix}-{value}"} if value in wanted or classed else {}
    if name == "href":
        if value.startswith("#"):
            return {"href": f"#{prefix}-{value[1:]}"}
        picture = tag == "image" and value.startswith("data:image/png;base64,")
        return {"href": SPACE.sub("", value)} if picture else {}
    if name == "style":
        return declarations(value, prefix)
    if name in ("d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
        value = SPACE.sub(" ", LONG.sub(lambda match: shown(float(match[0])), value)).strip()
    return {name: coloured(REFERENCE.sub(rf"url(#{prefix}-\1)", value))}


def declarations(style: str, prefix: str) -> dict[str, str]:
    """A style attribute as presentation attributes, which a style sheet can overrule."""
    found: dict[str, str] = {}
    for declaration in style.split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if not colon:
            continue
        if name == "font":  # [style] [weight] size family: the family is the page's to choose
            if match := re.search(r"([\d.]+)px", value):
                found["font-size"] = match[1]
            if re.search(r"\b(?:bold|[6-9]00)\b", value):
                found["font-weight"] = "600"
            if "italic" in value or "oblique" in value:
                found["font-style"] = "italic"
        elif re.fullmatch(r"[a-z-]+", name) and name not in DROPPED:
            found[name] = coloured(REFERENCE.sub(rf"url(#{prefix}-\1)", value))
    return found


def coloured(value: str) -> str:
    return COLOUR.sub(lambda match: COLOURS.get(match[0].lower(), match[0]), value)


def shown(number: float) -> str:
    """At most two decimals: a fiftieth of a pixel."""
    return f"{round(number, 2) + 0:.2f}".rstrip("0").rstrip(".")


def element(tag: str, attributes: dict[str, str], inside: str) -> str:
    start = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{start}>{inside}</{tag}>" if inside else f"<{tag}{start}/>"
