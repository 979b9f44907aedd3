"""Everything a page loads, from the book's own folders: style sheets, fonts, one script.

Nothing here names another host.  What comes from npm is taken from `node_modules`, cut down,
and written beside the build, never into the repository.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: The pictures that stand for the book: cover, favicon, preview.
PICTURES = HERE.parent.parent / "book" / "_static"

#: In the order in which they overrule one another.
#: The tools that have styles of their own put them before the last of these.
STYLES = {
    "tokens": 900,
    "fonts": 901,
    "page": 902,
    "prose": 903,
    "code": 904,
    "pictures": 905,
    "print": 908,
}

#: The faces of the book, 85 kB in all: (npm package, file).
FONTS = [
    ("source-serif-4", "source-serif-4-latin-400-normal.woff2"),
    ("source-serif-4", "source-serif-4-latin-400-italic.woff2"),
    ("source-serif-4", "source-serif-4-latin-600-normal.woff2"),
    ("source-code-pro", "source-code-pro-latin-400-normal.woff2"),
    ("source-code-pro", "source-code-pro-latin-600-normal.woff2"),
]

#: Signs that the text faces lack, cut out of a font for mathematics.
SIGNS = (
    "←↑→↓↔⇐⇒⇔∀∂∃∅∆∇∈∉∏∑−∓∗∘∙√∝∞∧∨∩∪∫≃≈≠≡≤≥≪≫⊂⊕⊗⊙⋅⋯⟨⟩"
    "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩℝℕℤ′″ⁿ⁻⁰¹⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ₙ"
)
SIGNS_FROM = ("stix-two-math", "stix-two-math-latin-400-normal.woff")
SIGNS_FILE = "signs.woff"

#: What the theme and other extensions add to every page and this book's pages do without:
#: the layout here is its own, and needs neither Bootstrap nor an icon font.
UNUSED_STYLES = (
    "styles/", "pygments.css", "mystnb", "togglebutton.css", "copybutton.css", "sphinx-design",
    "basic.css", "sphinx-thebe.css",
)
UNUSED_SCRIPTS = (
    "scripts/", "togglebutton.js", "copybutton.js", "clipboard.min.js", "design-tabs.js",
    "sphinx-thebe.js",
)
#: Files that themes and extensions copy into the site for the sake of those.
UNUSED_FILES = (
    "vendor",
    "scripts",
    "styles",
    "locales",
    "images",
    "*webpack-macros.html",
    "basic.css",
    "pygments.css",
    "mystnb*.css",
    "togglebutton.*",
    "copybutton*",
    "copy-button.svg",
    "check-solid.svg",
    "clipboard.min.js",
    "design-tabs.js",
    "sphinx-design*.css",
    "sphinx-thebe.*",
    "file.png",
    "plus.png",
    "minus.png",
)
#: Search needs these, on its own page; no other page does.
SEARCH_SCRIPTS = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")


def fetch_fonts(modules: Path, folder: Path) -> None:
    """Copy the book's faces into `folder`, and cut the signs out of their font."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, file in FONTS:
        shutil.copyfile(font_file(modules, package, file), folder / file)
    cut(font_file(modules, *SIGNS_FROM), folder / SIGNS_FILE, SIGNS)
    for package in {package for package, _ in [*FONTS, SIGNS_FROM]}:  # the OFL asks to come along
        shutil.copyfile(
            modules / "@fontsource" / package / "LICENSE", folder / f"{package}-LICENSE.txt"
        )


def font_file(modules: Path, package: str, file: str) -> Path:
    path = modules / "@fontsource" / package / "files" / file
    if not path.is_file():
        raise ExtensionError(f"the font {file} is missing in {modules}: `make` installs it")
    return path


def cut(source: Path, target: Path, characters: str) -> None:
    """Keep of a font only what `characters` need; the same bytes every time."""
    from fontTools import subset  # type: ignore[import-untyped]

    options = subset.Options(
        flavor="woff", layout_features=["kern"], hinting=False, notdef_outline=True,
        drop_tables=[*subset.Options().drop_tables, "MATH"],
    )
    with subset.load_font(str(source), options, dontLoadGlyphNames=True) as font:
        font.recalcTimestamp = False
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters)
        cutter.subset(font)
        subset.save_font(font, str(target), options)


def prepare(app: Sphinx, config: Config) -> None:
    """Tell Sphinx where the files are, and that pages depend on what is in them."""
    modules = Path(app.srcdir, config.look_modules)
    config.look_modules = str(modules)
    folder = built(app)
    fetch_fonts(modules, folder / "fonts")
    config.html_static_path = [*config.html_static_path, str(PICTURES), str(STATIC), str(folder)]
    # Sphinx copies static files only when some page is out of date: let pages depend on them.
    config.look_digest = digest(PICTURES, folder, HERE)


def built(app: Sphinx) -> Path:
    """The folder, beside the build's other ones, of files made from `node_modules`."""
    return Path(app.doctreedir).parent / ".look"


def digest(*folders: Path) -> str:
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                total.update(path.relative_to(folder).as_posix().encode() + b"\0")
                total.update(path.read_bytes())
    return total.hexdigest()[:16]


def add_styles(app: Sphinx) -> None:
    for name, priority in STYLES.items():
        app.add_css_file(f"css/{name}.css", priority=priority)
    app.add_js_file("look.js", priority=900, loading_method="defer")


def trim(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Take out of a page's head what its layout doesn't use."""
    drop = UNUSED_SCRIPTS if page == "search" else UNUSED_SCRIPTS + SEARCH_SCRIPTS
    context["css_files"] = [f for f in context["css_files"] if not named(f, UNUSED_STYLES)]
    context["script_files"] = [
        f for f in context["script_files"] if named(f, ("",)) and not named(f, drop)
    ]


def named(file: Any, prefixes: tuple[str, ...]) -> bool:
    """Whether a style sheet or script is a file whose name begins in one of these ways."""
    name = str(getattr(file, "filename", file) or "").removeprefix("_static/")
    return bool(name) and name.startswith(prefixes)


def silence(app: Sphinx, config: Config) -> None:
    """sphinx-thebe, always on in Jupyter Book, declares a CDN's address on every page."""
    for listeners in app.events.listeners.values():
        listeners[:] = [
            listener for listener in listeners
            if not getattr(listener.handler, "__module__", "").startswith("sphinx_thebe")
        ]


def prune(app: Sphinx, exception: Exception | None) -> None:
    """Take out of the site what no page of it loads: several megabytes of icons and scripts."""
    if exception is None and app.builder.format == "html":
        for pattern in UNUSED_FILES:
            for path in Path(app.outdir, "_static").glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> None:
    app.setup_extension("look.scripts")
    app.add_config_value("look_digest", "", "html")
    app.connect("config-inited", prepare)
    app.connect("config-inited", silence, priority=900)
    app.connect("html-page-context", trim, priority=900)
    app.connect("build-finished", prune, priority=900)
    add_styles(app)
