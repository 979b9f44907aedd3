"""Read a built site, and list what is wrong with it.

    tools/run.py check_site [FOLDER]      (default: _build/html)

Every link, anchor and file that a page names must be there; nothing that a page loads may
come from another host; an id stands once on a page, and pictures have words.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"

#: Attributes that make a browser fetch something by itself, or send it somewhere.
LOADING = {
    "audio": ["src"],
    "embed": ["src"],
    "form": ["action"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
    "base": ["href"],
}
LOADING_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "manifest",
    "apple-touch-icon",
    "search",
}
#: Attributes that name an id of the same page.
NAMING = [
    "for",
    "aria-controls",
    "aria-labelledby",
    "aria-describedby",
    "aria-owns",
    "aria-details",
]

CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
# A foreign address in a script can be loaded in too many ways to tell: none may stand there,
# but for the names of XML's vocabularies.
SCRIPT_ADDRESS = re.compile(r"""["'`]((?:https?:|wss?:)?//[\w.-]+\.[a-z]{2,}[^"'`\s]*)""")
VOCABULARY = re.compile(r"https?://www\.w3\.org/")


@dataclass
class Reference:
    """Something that a page names: where, what, and whether a browser fetches it unasked."""

    line: int
    target: str
    loads: bool


@dataclass
class Page(HTMLParser):
    """What one page defines and names."""

    name: str
    ids: Counter[str] = field(default_factory=Counter)
    references: list[Reference] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    redirects: bool = False
    language: bool = False
    inside: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def refer(self, target: str, loads: bool) -> None:
        self.references.append(Reference(self.getpos()[0], target.strip(), loads))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.inside = tag if tag in ("script", "style") else ""
        self.define(tag, given)
        self.name_others(tag, given)
        if tag == "html":
            self.language = bool(given.get("lang"))
        if tag == "img" and "alt" not in given:
            self.faults.append(
                f"{self.getpos()[0]}: a picture without alt text: {given.get('src', '')}"
            )

    def define(self, tag: str, given: dict[str, str]) -> None:
        """Take down the places that a tag makes: an id counts, an old anchor is only there."""
        if given.get("id"):
            self.ids[given["id"]] += 1
        if tag == "a" and given.get("name"):
            self.ids[given["name"]] += 0

    def name_others(self, tag: str, given: dict[str, str]) -> None:
        """Take down what a tag leads to, loads, or belongs to."""
        if tag in ("a", "area") and "href" in given:
            self.refer(given["href"], loads=False)
        if tag == "link" and "href" in given:
            self.refer(given["href"], loads=bool(LOADING_LINKS & set(given.get("rel", "").split())))
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.redirects = True
            self.refer(given.get("content", "").partition("url=")[2], loads=True)
        for name in LOADING.get(tag, []):
            for target in fetched(name, given.get(name, "")):
                self.refer(target, loads=True)
        for name in NAMING:
            for word in given.get(name, "").split():
                self.refer("#" + word, loads=False)
        for text in given.values():
            if "url(" in text:
                self.style(text)

    def style(self, text: str) -> None:
        for target in style_targets(text):
            self.refer(target, loads=True)

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.style(data)
        elif self.inside == "script":
            for target in script_targets(data):
                self.refer(target, loads=True)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def fetched(attribute: str, value: str) -> list[str]:
    """What an attribute has a browser fetch: one address, or of a `srcset` each,
    with its size behind it.
    """
    if attribute == "srcset":
        return [words[0] for one in value.split(",") if (words := one.split())]
    return [value] if value else []


def style_targets(text: str) -> Iterator[str]:
    for found in CSS_URL.finditer(CSS_COMMENT.sub("", text)):
        yield found[1] or found[2]


def script_targets(text: str) -> Iterator[str]:
    for found in SCRIPT_ADDRESS.finditer(text):
        if not VOCABULARY.match(found[1]):
            yield found[1]


def foreign(target: str) -> bool:
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss", "ftp")


class Site:
    """A folder of pages, read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        pages = (
            path for path in sorted(self.folder.rglob("*.html")) if "_static" not in path.parts
        )
        self.pages = {path: self.read(path) for path in pages}
        self.found: list[str] = []
        self.loaded: set[Path] = set()

    def read(self, path: Path) -> Page:
        page = Page(path.relative_to(self.folder).as_posix())
        page.feed(path.read_text(encoding="utf-8"))
        page.close()
        return page

    def problems(self) -> list[str]:
        if not self.pages:
            return [f"{self.folder} holds no page"]
        for path, page in self.pages.items():
            self.check_page(path, page)
        return self.found

    def say(self, file: str, line: int | None, text: str) -> None:
        self.found.append(f"{file}:{line}: {text}" if line else f"{file}: {text}")

    def check_page(self, path: Path, page: Page) -> None:
        for fault in page.faults:
            self.found.append(f"{page.name}:{fault}")
        for name, times in page.ids.items():
            if times > 1:
                self.say(page.name, None, f"the id `{name}` stands {times} times")
        if not page.redirects:
            self.check_head(page)
        for reference in page.references:
            self.check_reference(path, page.name, reference)

    def check_head(self, page: Page) -> None:
        """A page that is read has one title, one heading, and a language."""
        for tag in ("title", "h1"):
            # A drawing within the page has a title of its own.
            if not page.tags[tag] or (tag == "h1" and page.tags[tag] > 1):
                self.say(page.name, None, f"{page.tags[tag]} <{tag}> where there should be one")
        if not page.language:
            self.say(page.name, None, "the page doesn't say its language")

    def check_reference(self, path: Path, name: str, reference: Reference) -> None:
        """What a page names must be there; other hosts may be linked to,
        and nothing loaded from them.
        """
        target, line = reference.target, reference.line
        scheme, path_named = urlsplit(target).scheme, urlsplit(target).path
        if foreign(target):
            if reference.loads:
                self.say(name, line, f"a request to another host: {target}")
        elif scheme == "javascript":
            self.say(name, line, f"a script in an address: {target}")
        elif scheme in ("data", "mailto", "blob", "about"):
            return
        elif path_named.startswith("/") and name != "404.html":
            # Only the page for missing addresses has to, since it may be served at any depth.
            self.say(
                name, line, f"an address that fails when the site isn't at its host's top: {target}"
            )
        else:
            self.check_file(path, name, reference)

    def check_file(self, path: Path, name: str, reference: Reference) -> None:
        """The file that a reference names must be there, and the place in it."""
        parts = urlsplit(reference.target)
        file = self.file_of(path, unquote(parts.path))
        if not file.is_file() or not file.is_relative_to(self.folder):
            self.say(name, reference.line, f"there is no {reference.target}")
            return
        if parts.fragment and parts.fragment != "top" and file in self.pages:
            if unquote(parts.fragment) not in self.pages[file].ids:
                self.say(name, reference.line, f"there is no place {reference.target}")
        if reference.loads:
            self.check_loaded(file)

    def file_of(self, path: Path, named: str) -> Path:
        """The file that an address means, as it stands in another file."""
        if not named:
            return path
        file = (
            self.folder / named.lstrip("/")
            if named.startswith("/")
            else (path.parent / named).resolve()
        )
        return file / "index.html" if file.is_dir() else file

    def check_loaded(self, file: Path) -> None:
        """Follow what a page loads: style sheets and scripts load more."""
        if file in self.loaded or file.suffix not in (".css", ".js", ".mjs", ".svg"):
            return
        self.loaded.add(file)
        text = file.read_text(encoding="utf-8", errors="replace")
        name = file.relative_to(self.folder).as_posix()
        targets = script_targets(text) if file.suffix in (".js", ".mjs") else style_targets(text)
        for target in targets:
            if not target.startswith("#"):
                self.check_reference(file, name, Reference(0, target, loads=True))


def problems(folder: Path = SITE) -> list[str]:
    """What is wrong with a site, a line each."""
    return Site(folder).problems()


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SITE
    found = problems(folder)
    for problem in found:
        print(problem)
    if not found:
        print(
            f"{len(Site(folder).pages)} pages: every link leads somewhere, "
            "and nothing is asked of another host."
        )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
