"""Put together the library of the page's Python: the standard one, and what runs beside the cells.

This runs at the build, in the same Python as the page's.  What every page imports before its first
cell is compiled here: to do that in the page would take most of the time of a start.  Compiled
modules stand in the place of their sources, with docstrings and lines but without columns, which
would nearly double them.
"""

from __future__ import annotations

import importlib
import io
import sys
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode
from py_compile import compile as compile_file

STANDARD = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip"


def library(lib: str, first: str) -> bytes:
    """A zip of the standard library and of the folder `lib`,
    with what importing `first` needs compiled.
    """
    sys.path.append(lib)
    importlib.import_module(first)
    made = io.BytesIO()
    with zipfile.ZipFile(STANDARD) as standard, zipfile.ZipFile(made, "w") as zipped:
        files = {name: (f"{STANDARD}/{name}", standard.read(name)) for name in standard.namelist()}
        for path in Path(lib).rglob("*.py"):
            files[path.relative_to(lib).as_posix()] = str(path), path.read_bytes()
        for name, (place, content) in sorted(files.items()):
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if name.endswith(".py") and module in sys.modules:
                name, content = f"{name}c", compiled(content, place)
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            zipped.writestr(info, content, zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


def compiled(source: bytes, place: str) -> bytes:
    """What Python would keep of a module, without a date."""
    Path("/module.py").write_bytes(source)
    compile_file(
        "/module.py",
        "/module.pyc",
        place,
        doraise=True,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    return Path("/module.pyc").read_bytes()
