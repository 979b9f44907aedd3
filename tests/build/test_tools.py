"""The scripts behind `make`."""

from __future__ import annotations

import http.client
import io
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest


def test_setting_up_twice_does_nothing(root: Path, tool) -> None:
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    command = [base if base.exists() else sys.executable, root / "tools" / "setup.py"]
    subprocess.run(command, capture_output=True, check=True)

    def written() -> list[int]:
        kept = [tool("setup").MADE, tool("setup").LOG, root / "node_modules"]
        return [path.stat().st_mtime_ns for path in kept if path.exists()]

    before = written()
    done = subprocess.run(command, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert before
    assert written() == before


def test_an_old_python_is_told_so(tool, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = tool("setup")
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.sys, "argv", ["setup.py"])
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed"):
        setup.main()


def test_a_python_without_ensurepip_lends_its_pip(tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = tool("setup")
    tried: list[list[str]] = []
    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "run", lambda command, **options: tried.append(command) or "ensurepip" not in command)
    setup.make_venv()
    assert [command[1:3] for command in tried] == [["-m", "ensurepip"], ["-m", "pip"]]
    assert tried[1][0] == sys.executable and tried[1][3] == "--python" and tried[1][-1].startswith("pip==")
    monkeypatch.setattr(setup, "run", lambda command, **options: False)
    with pytest.raises(setup.Failed, match="neither `ensurepip` nor a pip"):
        setup.make_venv()


def test_the_record_depends_on_what_files_hold(tool, tmp_path: Path) -> None:
    digest, file = tool("setup").digest, tmp_path / "lock.txt"
    missing = digest(file)
    file.write_text("a==1\n")
    first = digest(file)
    file.write_text("a==2\n")
    assert len({missing, first, digest(file)}) == 3
    file.write_text("a==1\n")
    assert digest(file) == first


def test_pytorch_that_cannot_be_had_is_recorded_with_the_place(tool, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = tool("setup")
    tried: list[list[str]] = []
    monkeypatch.setattr(setup, "run", lambda command, **options: tried.append(command) or False)
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setenv("TORCH_INDEX", "https://example.org/cpu")
    assert setup.install_torch() == "not found at https://example.org/cpu"
    assert "--no-index" in tried[0] and tried[0][-1] == "torch==2.13.0"
    assert tried[1][-3:] == ["--index-url", "https://example.org/cpu", "torch==2.13.0+cpu"]
    assert all("--no-deps" in command for command in tried)  # so nothing of CUDA's can come along


def test_differences_are_found_by_content(tool, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, text in ((one, "a"), (other, "b")):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "changed").write_text(text)
        (folder / "same").write_text("same")
    (other / "more").write_text("")
    assert tool("book").differences(one, other) == ["deep/changed", "more"]


def test_progress_is_short_and_complaints_are_whole(tool, capsys: pytest.CaptureFixture[str]) -> None:
    log = io.StringIO()
    teller = tool("book").Teller(log)
    teller.follow(io.StringIO("noise\n\x1b[01mreading sources... \x1b[0m[ 50%] \x1b[35mbook/one\x1b[0m\n"), False)
    teller.follow(io.StringIO("book/one.md:3: WARNING: no such label\n\n"), True)
    shown = capsys.readouterr()
    assert shown.out == "  book/one\n"
    assert shown.err == "book/one.md:3: WARNING: no such label\n"
    assert log.getvalue().startswith("noise\nreading sources... [ 50%] book/one\n")


def test_of_a_traceback_only_the_end_is_shown(tool, capsys: pytest.CaptureFixture[str]) -> None:
    first = "Traceback (most recent call last):\n  File x\n    y()\n    ^^^\nBookError: book/one.md:3: no\n"
    tool("book").Teller(io.StringIO()).follow(io.StringIO(first + "The above …\n" + first + "=====\nA box\n"), True)
    assert capsys.readouterr().err == "BookError: book/one.md:3: no\n"


@pytest.fixture
def serving(tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "index.html").write_text("hello")
    (tmp_path / "404.html").write_text("not here")
    monkeypatch.setattr(tool("serve"), "SITE", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with tool("serve").server([port, 0], tmp_path) as server:
            assert server.server_port != port  # that one was taken
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield http.client.HTTPConnection("127.0.0.1", server.server_port)
            server.shutdown()
            thread.join()


def test_serving_finds_a_free_port_and_has_a_page_for_missing_ones(serving: http.client.HTTPConnection) -> None:
    for address, status, body in [("/", 200, b"hello"), ("/no/such/page.html", 404, b"not here")]:
        serving.request("GET", address)
        answer = serving.getresponse()
        assert (answer.status, answer.read()) == (status, body)
    serving.close()


def pythons(tmp_path: Path, *versions: str) -> list[str]:
    """Commands that say they are Pythons of these versions."""
    made = []
    for version in versions:
        path = tmp_path / f"python{version}"
        path.write_text(f"#!/bin/sh\necho {version.replace('.', ' ')}\n")
        path.chmod(0o755)
        made.append(str(path))
    return made


def test_a_newer_python_is_one_that_is_newer_and_not_too_new(
    tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "tools")
    newer = tool("newer")
    monkeypatch.setattr(newer.sys, "version_info", (3, 12, 1))
    (tmp_path / "broken").write_text("#!/bin/sh\nexit 127\n")  # as pyenv's shims of a version that is not chosen
    (tmp_path / "broken").chmod(0o755)
    found = [str(tmp_path / "nowhere"), str(tmp_path / "broken"), *pythons(tmp_path, "3.15", "3.12", "3.11", "3.13")]
    monkeypatch.setattr(newer, "candidates", lambda: found)
    assert newer.newer() == found[-1]
    monkeypatch.setattr(newer, "candidates", lambda: found[:-1])
    assert newer.newer() is None


def test_without_a_newer_python_it_says_so_and_fails_only_where_one_is_required(
    tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "tools")
    newer = tool("newer")
    monkeypatch.setattr(newer, "candidates", list)
    monkeypatch.delenv("REQUIRE_NEWER", raising=False)
    assert newer.main(["tests/engine"]) == 0
    assert "There is no Python from 3." in capsys.readouterr().out
    monkeypatch.setenv("REQUIRE_NEWER", "1")
    assert newer.main(["tests/engine"]) == 1


@pytest.mark.parametrize(
    ("named", "present", "ziglang", "wanted"),
    [
        (None, [], True, "-m ziglang cc"),
        (None, [], False, None),
        (None, ["gcc"], True, None),
        ("tcc", [], True, "tcc"),
    ],
)
def test_the_build_names_ziglang_where_there_is_nothing_else(
    named: str | None, present: list[str], ziglang: bool, wanted: str | None, tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tool("run")
    monkeypatch.delenv("CC", raising=False)
    if named:
        monkeypatch.setenv("CC", named)
    monkeypatch.setattr(run.shutil, "which", lambda name: name if name in present else None)
    monkeypatch.setattr(run, "find_spec", lambda name: object() if ziglang else None)
    found = run.environment().get("CC")
    assert (found is None) == (wanted is None)
    assert wanted is None or found.endswith(wanted)
