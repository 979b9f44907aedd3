"""What is sent along with cells to where a reader runs them: a browser,
or a notebook of one's own.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

STAND_INS = Path(__file__).parent / "stand_ins"


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files; the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o644 << 16,
            )
            zipped.writestr(info, content.encode() if isinstance(content, str) else content)
    return made.getvalue()


def texts(files: Mapping[str, Path]) -> dict[str, str]:
    """The texts of modules, by their paths in a parcel; a folder that would be no package without
    it gets a file.
    """
    folders = {folder for name in files for folder in PurePosixPath(name).parents if folder.parts}
    empty = {f"{folder}/__init__.py": "" for folder in folders}
    return empty | {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def stand_in(name: str) -> dict[str, Path]:
    """The files that stand for a package, by their paths in a parcel."""
    return {
        path.relative_to(STAND_INS).as_posix(): path
        for path in sorted((STAND_INS / name).rglob("*.py"))
    }


def slug(docname: str) -> str:
    """The name of a chapter's parcel."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", docname.removeprefix("book/"))
