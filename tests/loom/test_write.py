"""Writing: all modules or, to an importer, none; and no edit by hand is ever lost."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from littlebook import cell
from loom.errors import LoomError
from loom.files import locked
from loom.model import Cell, Module
from loom.tangle.tangle import tangle_cells
from loom.tangle.write import survey, write

LOOK = "import toy, toy.m, toy.n, toy.sub.o; print(toy.x, toy.m.x, toy.n.x, toy.sub.o.x)"


def modules(value: int, *targets: str) -> dict[str, Module]:
    """Modules that all say `x = value`."""
    made: dict[str, Module] = {}
    for target in targets:
        made |= tangle_cells([Cell("book/one", 0, f"x = {value}", "book/one.md", 1, target)])
    return made


PACKAGE = ("toy/__init__.py", "toy/m.py", "toy/n.py", "toy/sub/o.py")
OPEN = ("toy/m.py", "toy/n.py", "toy/sub/o.py")  # without an __init__.py of its own


def run(code: str, folder: Path) -> tuple[int, str]:
    """Run code in a Python that finds the folder's package, and keeps no byte code."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder, but for what the loom remembers."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in found.items() if not name.startswith(("_build/", ".git/"))}


def wanted(made: dict[str, Module]) -> dict[str, str]:
    """What the folder should hold: the modules, and an `__init__.py` in each folder."""
    folders = {target.rpartition("/")[0] for target in made}
    doors = {f"{folder}/__init__.py": "" for folder in folders}
    return doors | {module.target: module.text for module in made.values()}


# ------------------------------------------------------------------------------ writing


@pytest.mark.parametrize("targets", [PACKAGE, OPEN])
def test_modules_are_written_and_nothing_else(tmp_path: Path, targets: tuple[str, ...]) -> None:
    made = modules(1, *targets)
    assert write(made, tmp_path) == sorted(wanted(made))
    assert texts(tmp_path) == wanted(made)


def test_only_what_changes_is_written(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in PACKAGE}
    assert write(modules(1, *PACKAGE), tmp_path) == []
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in PACKAGE} == times


def test_a_module_that_no_chapter_gives_any_more_is_removed(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    made = modules(1, "toy/__init__.py", "toy/m.py")
    assert set(survey(made, tmp_path, "toy").orphans) == {"toy/n.py", "toy/sub/o.py", "toy/sub/__init__.py"}
    write(made, tmp_path)
    assert texts(tmp_path) == wanted(made)


def test_a_folder_that_no_chapter_fills_any_more_is_no_package(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    (tmp_path / "toy/sub/__pycache__").mkdir()
    (tmp_path / "toy/sub/__pycache__/o.cpython-311.pyc").write_bytes(b"")
    write(modules(1, *PACKAGE[:2]), tmp_path)
    assert not (tmp_path / "toy/sub").exists()


def test_a_folder_that_somebody_uses_is_kept(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    (tmp_path / "toy/sub/notes.txt").write_text("mine")
    write(modules(1, *PACKAGE[:2]), tmp_path)
    assert (tmp_path / "toy/sub/notes.txt").read_text() == "mine"


def test_the_last_module_can_be_removed(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    write({}, tmp_path, "toy")
    assert texts(tmp_path) == {}


def test_an_empty_book_writes_nothing(tmp_path: Path) -> None:
    assert write({}, tmp_path) == []
    assert texts(tmp_path) == {}


def test_what_is_half_written_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/.m.py.tangling").write_text("x =")
    made = modules(1, *PACKAGE)
    write(made, tmp_path)
    assert texts(tmp_path) == wanted(made)


def test_what_is_no_module_stays(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/py.typed").touch()
    (tmp_path / "toy/notes.txt").write_text("mine")
    (tmp_path / "toy/mine.py").write_text("mine = 1")
    (tmp_path / "toy/new.py").touch()
    made = modules(1, *PACKAGE)
    assert survey(made, tmp_path, "toy").strangers == ("toy/mine.py", "toy/new.py", "toy/notes.txt")
    write(made, tmp_path)
    assert texts(tmp_path) == {**wanted(made), "toy/py.typed": "", "toy/notes.txt": "mine", "toy/mine.py": "mine = 1", "toy/new.py": ""}


def test_byte_code_is_no_stranger(tmp_path: Path) -> None:
    made = modules(1, *PACKAGE)
    write(made, tmp_path)
    (tmp_path / "toy/__pycache__").mkdir()
    (tmp_path / "toy/__pycache__/m.cpython-311.pyc").write_bytes(b"")
    assert survey(made, tmp_path, "toy").is_clean


def test_a_door_that_somebody_else_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/__init__.py").write_text("mine = 1")
    with pytest.raises(LoomError, match="toy/__init__.py:1: no chapter tangles this file"):
        write(modules(1, *OPEN), tmp_path)
    assert texts(tmp_path) == {"toy/__init__.py": "mine = 1"}


def test_an_empty_door_that_somebody_made_is_as_good_as_the_looms(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/__init__.py").touch()
    made = modules(1, *OPEN)
    write(made, tmp_path)
    assert texts(tmp_path) == wanted(made)


# ----------------------------------------------------------------------- edits by hand


def edit(folder: Path, old: str = "x = 1", new: str = "x = 1  # mine") -> None:
    path = folder / "toy/m.py"
    path.write_text(path.read_text().replace(old, new))


def test_an_edit_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    edit(tmp_path)
    before = texts(tmp_path)
    with pytest.raises(LoomError) as error:
        write(modules(2, *PACKAGE), tmp_path)
    assert str(error.value).startswith("toy/m.py:3: edited by hand")
    assert "take the edit to its chapter (book/one.md:1)" in str(error.value)
    assert "--force" in str(error.value)
    assert texts(tmp_path) == before


def test_force_discards_an_edit(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    edit(tmp_path)
    made = modules(2, *PACKAGE)
    said: list[str] = []
    write(made, tmp_path, force=True, say=said.append)
    assert texts(tmp_path) == wanted(made)
    assert [text.partition(": ")[0] for text in said] == ["toy/m.py"]
    copy = tmp_path / said[0].rpartition(" ")[2]
    assert copy.is_relative_to(tmp_path / "_build") and "# mine" in copy.read_text()


def test_an_edit_that_the_chapters_have_caught_up_with_is_no_loss(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    edit(tmp_path, "x = 1", "x = 2")
    made = modules(2, *PACKAGE)
    write(made, tmp_path)
    assert texts(tmp_path) == wanted(made)


def test_a_module_from_any_earlier_state_of_the_book_may_be_overwritten(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    old = (tmp_path / "toy/m.py").read_bytes()
    write(modules(2, *PACKAGE), tmp_path)
    (tmp_path / "toy/m.py").write_bytes(old)
    write(modules(3, *PACKAGE), tmp_path)
    assert texts(tmp_path) == wanted(modules(3, *PACKAGE))


def test_other_line_ends_are_no_edit(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    path = tmp_path / "toy/m.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    made = modules(1, *PACKAGE)
    assert write(made, tmp_path) == ["toy/m.py"]
    assert path.read_bytes() == made["toy/m.py"].text.encode()


def test_an_empty_file_is_nobodys_work(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/m.py").write_text("\n")
    write(modules(1, *PACKAGE), tmp_path)
    assert texts(tmp_path) == wanted(modules(1, *PACKAGE))


def test_the_loom_knows_its_own_text_anywhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write(modules(1, *PACKAGE), here, home=tmp_path / "home")
    shutil.copytree(here, there)
    write(modules(2, *PACKAGE), there, home=tmp_path / "home")
    assert texts(there) == wanted(modules(2, *PACKAGE))


def test_without_its_record_and_without_git_the_loom_takes_no_risk(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    shutil.rmtree(tmp_path / "_build")
    assert write(modules(1, *PACKAGE), tmp_path) == []
    shutil.rmtree(tmp_path / "_build")
    with pytest.raises(LoomError, match="edited by hand"):
        write(modules(2, *PACKAGE), tmp_path)


def test_the_record_of_what_was_written_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loom.tangle.known.KEPT", 6)
    for value in range(5):
        write(modules(value, *PACKAGE), tmp_path)
    assert len((tmp_path / "_build/loom/written").read_text().split()) == 6
    write(modules(9, *PACKAGE), tmp_path)
    assert texts(tmp_path) == wanted(modules(9, *PACKAGE))


@pytest.mark.parametrize("text", ["x = 1\n", "# Tangled from the book\nx = 1\n"])
def test_a_file_without_the_banner_is_somebody_elses(tmp_path: Path, text: str) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/m.py").write_text(text)
    with pytest.raises(LoomError, match=r"toy/m.py:\d+: edited by hand"):
        write(modules(2, *PACKAGE), tmp_path)


def test_an_orphan_that_was_edited_is_kept(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    edit(tmp_path)
    made = modules(1, "toy/__init__.py", "toy/n.py", "toy/sub/o.py")
    assert survey(made, tmp_path, "toy").strangers == ("toy/m.py",)
    write(made, tmp_path)
    assert "mine" in (tmp_path / "toy/m.py").read_text()


# ------------------------------------------------------------------------------- kills


def killed_at(step: int, folder: Path, made: dict[str, Module]) -> bool:
    """Write in a child process that dies at a filesystem step; False if it came to its end."""
    child = os.fork()
    if child == 0:
        left = step

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            changes = event in ("os.rename", "os.remove", "os.mkdir", "os.truncate")
            if changes or event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
                left -= 1
                if left < 0:
                    os._exit(9)

        try:
            sys.addaudithook(hook)
            write(made, folder, "toy")
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 9)
    return os.waitstatus_to_exitcode(status) == 9


def steps(folder: Path, before: dict[str, Module], after: dict[str, Module]) -> Iterator[Path]:
    """A folder for each moment at which the step from one state to the next can be killed."""
    for step in range(100):
        place = folder / str(step)
        place.mkdir()
        write(before, place)
        if not killed_at(step, place, after):
            assert step > 0
            return
        yield place
    pytest.fail("there is no end to it")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("before", "after"),
    [(PACKAGE, PACKAGE), (OPEN, OPEN), (OPEN, PACKAGE), (PACKAGE, OPEN), ((), PACKAGE), (PACKAGE, PACKAGE[:2])],
)
def test_a_kill_leaves_a_package_that_works_or_refuses(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    made = modules(2, *after)
    for place in steps(tmp_path, modules(1, *before), made):
        code, said = run("import toy.m, toy.n; print(toy.m.x, toy.n.x)", place)
        assert said.strip() in ("1 1", "2 2") if code == 0 else _refuses(said, before, after), said
        write(made, place, "toy")
        assert texts(place) == wanted(made)


def _refuses(said: str, before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    if "run `python -m loom tangle`" in said:
        return True
    missing = not {"toy/m.py", "toy/n.py"} <= {*before} or not {"toy/m.py", "toy/n.py"} <= {*after}
    return missing and "No module named 'toy" in said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_a_kill_the_old_book_may_be_tangled_again(tmp_path: Path) -> None:
    old = modules(1, *PACKAGE)
    for place in steps(tmp_path, old, modules(2, *PACKAGE)):
        write(old, place)
        assert texts(place) == wanted(old)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_changed_module_never_closes_the_package(tmp_path: Path) -> None:
    one, other = modules(1, *PACKAGE), modules(2, *PACKAGE)
    for place in steps(tmp_path, one, {**one, "toy/m.py": other["toy/m.py"]}):
        assert run(LOOK.replace("toy.m.x, ", ""), place) == (0, "1 1 1\n")


# --------------------------------------------------------------- two at once, full disks


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_write import PACKAGE, modules
from loom.tangle.write import write

made = {value: modules(value, *PACKAGE) for value in map(int, sys.argv[3].split(","))}
print("ready", flush=True)
sys.stdin.readline()
for turn in range(10):
    for each in made.values():
        write(each, Path(sys.argv[1]), say=lambda text: None)
"""


def writers(folder: Path, *values: str) -> list[subprocess.Popen[str]]:
    """Processes that each write the packages of some values again and again, once told to begin."""
    command = [sys.executable, "-c", WRITER, str(folder), str(Path(__file__).parent)]
    begun = [
        subprocess.Popen([*command, value], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for value in values
    ]
    for one in begun:
        assert one.stdout and one.stdout.readline() == "ready\n"
    return begun


@pytest.mark.parametrize("values", [("1,2", "1,2"), ("1", "2", "3")])
@pytest.mark.parametrize("killed", [False, True])
def test_several_writers_take_turns(tmp_path: Path, values: tuple[str, ...], killed: bool) -> None:
    begun = writers(tmp_path, *values)
    for one in begun:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    if killed:
        begun[0].kill()
        begun.pop(0).communicate()
    assert [(one.communicate()[1], one.returncode) for one in begun] == [("", 0)] * len(begun)
    assert texts(tmp_path) in [wanted(modules(value, *PACKAGE)) for value in (1, 2, 3)]


def test_who_waits_says_so(tmp_path: Path) -> None:
    waits, said = threading.Event(), list[str]()

    def say(text: str) -> None:
        said.append(text)
        waits.set()

    with locked(tmp_path / "_build/loom/lock"):
        other = threading.Thread(target=write, args=(modules(1, *PACKAGE), tmp_path), kwargs={"say": say})
        other.start()
        assert waits.wait(60)
        assert texts(tmp_path) == {}
    other.join()
    assert said == ["waiting for another tangle to end"]
    assert texts(tmp_path) == wanted(modules(1, *PACKAGE))


def full(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """From some write on, the disk is full; what it says then names no file."""
    left = after

    def fsync(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("before", [(), PACKAGE])
def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]) -> None:
    write(modules(1, *before), tmp_path, "toy")
    old, after = texts(tmp_path), modules(2, *PACKAGE)
    for count in range(6):  # the closed door, four modules, the record
        full(monkeypatch, count)
        with pytest.raises((LoomError, OSError)) as error:
            write(after, tmp_path)
        monkeypatch.undo()
        said = f"{error.value}"
        assert "No space left on device" in said and ("toy/" in said or "_build/loom/written" in said)
        assert texts(tmp_path) == old
        assert (tmp_path / "toy").exists() == bool(before)
    write(after, tmp_path)
    assert texts(tmp_path) == wanted(after)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_file_that_may_not_grow_changes_nothing(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    old, after = texts(tmp_path), modules(2, *PACKAGE)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
        try:
            write(after, tmp_path)
            os._exit(0)
        except LoomError as error:
            os._exit(9 if "File too large; the package is as it was" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert texts(tmp_path) == old


def test_a_move_that_fails_leaves_the_door_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    original = os.replace

    def replace(old: Path, new: Path) -> None:
        if new.name == "n.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(old), None, str(new))
        original(old, new)

    monkeypatch.setattr(os, "replace", replace)
    message = r"^toy/n.py \(tangled at book/one.md:1\) cannot be written: Permission denied; .* refuses to be imported"
    with pytest.raises(LoomError, match=message):
        write(modules(2, *PACKAGE), tmp_path)
    monkeypatch.undo()
    assert "run `python -m loom tangle` to complete it" in run(LOOK, tmp_path)[1]
    assert {name for name in texts(tmp_path) if "tangling" in name} == set()
    write(modules(2, *PACKAGE), tmp_path)
    assert run(LOOK, tmp_path) == (0, "2 2 2 2\n")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "toy/m.py").mkdir(parents=True)
    with pytest.raises(LoomError, match=r"^toy/m.py cannot be read: Is a directory$"):
        write(modules(1, *PACKAGE), tmp_path)


def test_a_name_that_is_too_long_is_told_with_its_chapter(tmp_path: Path) -> None:
    target = f"toy/{'m' * 300}.py"
    with pytest.raises(LoomError, match=rf"^{target} .*File name too long"):
        write(modules(1, target, *PACKAGE), tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="modes are other things there")
@pytest.mark.parametrize("mode", [0o444, 0o755, 0o600])
def test_a_file_keeps_its_mode_even_when_it_is_only_to_be_read(tmp_path: Path, mode: int) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    (tmp_path / "toy/m.py").chmod(mode)
    write(modules(2, *PACKAGE), tmp_path)
    assert stat.S_IMODE((tmp_path / "toy/m.py").stat().st_mode) == mode
    assert texts(tmp_path) == wanted(modules(2, *PACKAGE))


@pytest.mark.skipif(os.name == "nt", reason="modes are other things there")
def test_a_new_file_has_the_mode_of_new_files(tmp_path: Path) -> None:
    write(modules(1, *PACKAGE), tmp_path)
    (tmp_path / "new").touch()
    assert (tmp_path / "toy/m.py").stat().st_mode == (tmp_path / "new").stat().st_mode


def test_a_mistake_in_the_book_writes_nothing(book: Any, refused: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"), cell("y = (", tangle="toy/n.py"))
    refused(book.place("one", "y = ("), "not Python")
