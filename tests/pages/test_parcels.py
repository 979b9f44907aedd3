"""What goes along with cells: archives whose bytes can be told beforehand, and stand-ins."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from parcels import archive, slug, stand_in, texts


def test_the_same_files_are_the_same_bytes_in_whatever_order() -> None:
    files: dict[str, str | bytes] = {"b/two.py": "é", "a.bin": b"\x00"}
    assert archive(files) == archive(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(archive(files))) as zipped:
        assert {name: zipped.read(name) for name in zipped.namelist()} == {"a.bin": b"\x00", "b/two.py": "é".encode()}


def test_folders_of_modules_are_packages(tmp_path: Path) -> None:
    own, inner = tmp_path / "own.py", tmp_path / "inner.py"
    own.write_text("x = 1\n")
    inner.write_text("y = 2\n")
    assert texts({"a/__init__.py": own, "a/b/inner.py": inner}) == {
        "a/__init__.py": "x = 1\n", "a/b/__init__.py": "", "a/b/inner.py": "y = 2\n"}


def test_a_stand_in_lies_where_its_package_would() -> None:
    assert list(stand_in("IPython")) == ["IPython/__init__.py", "IPython/display.py"]
    assert list(stand_in("myst_nb")) == ["myst_nb/__init__.py"]


def test_two_chapters_share_no_name() -> None:
    assert [slug(docname) for docname in ("book/two-moons", "index", "other/two moons")] == [
        "two-moons", "index", "other-two-moons"]
