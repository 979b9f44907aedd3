"""The checker of built sites finds each kind of fault, and nothing in a site without any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = """\
<!DOCTYPE html><html lang="en"><head><title>t</title>{head}</head>
<body><h1 id="top-of-page">t</h1>{body}</body></html>"""


@pytest.fixture
def check(tool, tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of a site with one page of this body, beside another page and some files."""

    def problems(body: str = "", head: str = "", name: str = "page.html", **files: str) -> list[str]:
        (tmp_path / name).write_text(PAGE.format(head=head, body=body))
        (tmp_path / "other.html").write_text(PAGE.format(head="", body='<p id="here">x</p>'))
        for file, text in files.items():
            (tmp_path / file.replace("_", ".")).write_text(text)
        return tool("check_site").problems(tmp_path)

    return problems


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other.html#here">x</a> <a href="#top-of-page">x</a> <a href="#">x</a>',
        '<a href="https://example.org/paper">a citation may lead away</a>',
        '<img src="data:image/png;base64,AAAA" alt="">',
        '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title><path id="p"/><use href="#p"/></svg>',
        '<script>const name = "http://www.w3.org/2000/svg" // see https://example.org</script>',
        '<label for="i">x</label><input id="i">',
    ],
)
def test_nothing_is_wrong(check, body: str) -> None:
    assert check(body) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="gone.html">x</a>', "there is no gone.html"),
        ('<a href="other.html#gone">x</a>', "there is no place other.html#gone"),
        ('<a href="#gone">x</a>', "there is no place #gone"),
        ('<a href="../outside.html">x</a>', "there is no ../outside.html"),
        ('<a href="/other.html">x</a>', "isn't at its host's top: /other.html"),
        ('<a href="javascript:go()">x</a>', "a script in an address"),
        ('<img src="gone.svg" alt="x">', "there is no gone.svg"),
        ('<img src="data:,">', "a picture without alt text"),
        ('<p id="a"></p><p id="a"></p>', "the id `a` stands 2 times"),
        ("<h1>again</h1>", "2 <h1> where there should be one"),
        ('<label for="gone">x</label>', "there is no place #gone"),
        ('<svg><path clip-path="url(#gone)"/></svg>', "there is no place #gone"),
        ('<img src="https://example.org/a.png" alt="">', "another host: https://example.org/a.png"),
        ('<img srcset="other.html 1x, //example.org/b.png 2x" alt="">', "another host: //example.org/b.png"),
        ('<script src="https://example.org/a.js"></script>', "another host: https://example.org/a.js"),
        ('<iframe src="https://example.org"></iframe>', "another host: https://example.org"),
        ('<form action="https://example.org/find"></form>', "another host: https://example.org/find"),
        ('<p style="background: url(https://example.org/a.png)">', "another host: https://example.org/a.png"),
        ("<style>@import 'https://example.org/a.css';</style>", "another host: https://example.org/a.css"),
        ("<script>import('https://example.org/a.js')</script>", "another host: https://example.org/a.js"),
        ("<script>fetch(`//example.org/${x}`)</script>", "another host: //example.org/${x}"),
    ],
)
def test_what_is_wrong_is_said_once(check, body: str, problem: str) -> None:
    (found,) = check(body)
    assert found.startswith("page.html") and problem in found


@pytest.mark.parametrize("rel", ["stylesheet", "icon", "preload", "preconnect", "dns-prefetch"])
def test_links_that_load_are_requests(check, rel: str) -> None:
    assert "another host" in check(head=f'<link rel="{rel}" href="https://example.org/x">')[0]
    assert check(head='<link rel="canonical" href="https://example.org/x">') == []


@pytest.mark.parametrize(
    ("tag", "file", "text"),
    [
        ('<link rel="stylesheet" href="a.css">', "a_css", "@font-face { src: url('https://example.org/f.woff2') }"),
        ('<script src="a.js"></script>', "a_js", "new Worker('https://example.org/w.js')"),
    ],
)
def test_files_that_pages_load_are_read_too(check, tag: str, file: str, text: str) -> None:
    (found,) = check(head=tag, **{file: text})
    assert found.startswith("a.") and "another host" in found


def test_only_files_that_are_loaded_matter(check) -> None:
    assert check(unused_js="fetch('https://example.org')") == []


def test_a_page_for_missing_addresses_may_count_from_the_top(check) -> None:
    assert check('<a href="/other.html">x</a>', name="404.html") == []
    assert "there is no /gone.html" in check('<a href="/gone.html">x</a>', name="404.html")[0]


def test_a_folder_without_pages_is_not_a_site(tool, tmp_path: Path) -> None:
    assert tool("check_site").problems(tmp_path) == [f"{tmp_path} holds no page"]
