"""What the live cells load: their scripts, bundled, and Python for the browser.

All of it comes from npm packages and from this folder, and is written beside the build.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any

from look.scripts import node, run
from parcels import archive
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .chapter import HERE, UNSERVED, UNSERVED_CODECS, graphviz_files, runtime_files

SCRIPT = HERE / "build.mjs"


def version(modules: Path) -> str:
    """Stands in the address of everything that is loaded late: a page must not mix two builds."""
    total = hashlib.sha256((modules / ".package-lock.json").read_bytes())
    shared = HERE.parent / "look" / "src"  # is bundled with them
    for path in sorted([*HERE.rglob("*.py"), *HERE.rglob("*js"), *shared.rglob("*.js")]):
        total.update(path.read_bytes())
    for text in runtime_files().values():
        total.update(text.encode())
    return total.hexdigest()[:10]


def prepare(app: Sphinx, config: Config) -> None:
    """Bundle the scripts, and tell Sphinx where they are."""
    modules = Path(app.srcdir, config.look_modules)
    folder = built(app)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "live").mkdir(parents=True)
    config.live_version = version(modules)
    make(modules, folder / "live", config.live_version)
    config.html_static_path = [*config.html_static_path, str(HERE / "static"), str(folder)]


def make(modules: Path, folder: Path, version: str) -> None:
    """Write all that is the same for every page."""
    if not (modules / "pyodide").is_dir():
        raise ExtensionError(f"no pyodide in {modules}: `make` installs it")
    (folder / "standard.zip").write_bytes(trimmed(modules / "pyodide" / "python_stdlib.zip"))
    (folder / "beside.zip").write_bytes(archive(runtime_files()))
    run(
        [node(), str(SCRIPT), str(modules), str(folder), version],
        "the live cells' scripts could not be bundled",
    )
    (folder / "graphviz.zip").write_bytes(archive(graphviz_files()))


def trimmed(library: Path) -> bytes:
    """Python's standard library without what a page cannot use."""
    with zipfile.ZipFile(library) as zipped:
        return archive(
            {
                info.filename: zipped.read(info)
                for info in zipped.infolist()
                if served(info.filename)
            }
        )


def served(path: str) -> bool:
    """Whether the page's Python gets this file of the standard library."""
    *folders, name = path.split("/")
    if folders == ["encodings"] and any(name.startswith(prefix) for prefix in UNSERVED_CODECS):
        # Zip files', old Windows', Europe's.
        return name in (
            "cp437.py",
            "cp1252.py",
            "iso8859_1.py",
            "iso8859_15.py",
        )
    if folders == ["_pyrepl"]:
        return name in ("__init__.py", "pager.py")  # `help` pages with it
    parts = [*folders, name.removesuffix(".py")]
    return name != "" and not any(".".join(parts[:n]) in UNSERVED for n in (1, 2))


def built(app: Sphinx) -> Path:
    """The folder, beside the build's other ones, of what is made here."""
    return Path(app.doctreedir).parent / ".live"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("live_version", "", "html")
    app.connect("config-inited", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
