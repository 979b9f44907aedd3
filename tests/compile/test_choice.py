"""Which machine runs a step: the fastest that can be had, and the step says why it is no faster one."""

from __future__ import annotations

import ast
import copy
import ctypes
import functools
import pickle
import re
import shutil
import subprocess
import sys

import pytest

import micrograd.compile
from micrograd import native
from micrograd.compile import compile
from micrograd.engine import Value


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """A cache of each test's own, and nothing loaded yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "machine", functools.lru_cache(native.machine.__wrapped__))


def step_of(**choices):
    w = Value(1.0)
    return compile(lambda x: w * x, [[1.0], [3.0]], [w], **choices)


def no_compiler(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(native, "find_spec", lambda name: None)


def no_numpy(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)


@pytest.mark.native
def test_with_a_compiler_it_is_c():
    step = step_of()
    assert (step.backend, step.why, step(0.0)) == ("native", "", 2.0)


@pytest.mark.native
def test_without_numpy_too(monkeypatch):
    no_numpy(monkeypatch)
    assert step_of().backend == "native"


def test_without_a_compiler_it_is_numpy(monkeypatch):
    pytest.importorskip("numpy")
    no_compiler(monkeypatch)
    step = step_of()
    assert (step.backend, step(0.0)) == ("numpy", 2.0)
    assert re.fullmatch("native: there is no C compiler: install gcc or clang, .*", step.why)


def test_without_either_it_is_python(monkeypatch):
    no_compiler(monkeypatch)
    no_numpy(monkeypatch)
    step = step_of()
    assert (step.backend, step(0.0)) == ("python", 2.0)
    assert re.fullmatch("native: there is no C compiler.*; numpy: .*numpy.*", step.why)


def script(tmp_path, text):
    path = tmp_path / "a compiler"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"'{path}'"


def unloadable(*words, **options):
    raise OSError("invalid ELF header")


TROUBLES = {
    "no compiler": ("no C compiler", lambda patch, path: no_compiler(patch)),
    "CC is nonsense": ("No closing quotation", lambda patch, path: patch.setenv("CC", "'cc")),
    "it fails": ("Sorry", lambda patch, path: patch.setenv("CC", script(path, "echo Sorry >&2; echo Bye >&2; exit 1"))),
    "it knows no such processor": (
        "unknown target CPU",
        lambda patch, path: patch.setenv("CC", script(path, "case $* in *-march=native*) echo unknown target CPU >&2; exit 1;; esac"))),
    "it fails without a word": ("fails:", lambda patch, path: patch.setenv("CC", script(path, "exit 1"))),
    "it speaks no known language": ("\N{REPLACEMENT CHARACTER}", lambda patch, path: patch.setenv("CC", script(path, r"printf '\377' >&2; exit 1"))),
    "it cannot be started": ("ELF", lambda patch, path: patch.setattr(subprocess, "run", unloadable)),
    "its work cannot be loaded": (
        "invalid ELF header",
        lambda patch, path: (patch.setenv("CC", script(path, "while [ $1 != -o ]; do shift; [ $# = 0 ] && exit; done; touch $2")),
                             patch.setattr(ctypes, "CDLL", unloadable))),
    "its work is another library": (
        "not this one",
        lambda patch, path: (patch.setenv("CC", script(path, "while [ $1 != -o ]; do shift; [ $# = 0 ] && exit; done; touch $2")),
                             patch.setattr(ctypes, "CDLL", lambda path: object()))),
    "there is no place to write to": (
        "nowhere",
        lambda patch, path: (patch.setenv("CC", script(path, "echo target")),
                             patch.setattr(native, "TemporaryDirectory", lambda **_: unloadable_at()))),
    "there is no ctypes": (
        "ctypes",
        lambda patch, path: (patch.delitem(sys.modules, "micrograd.native"), patch.setitem(sys.modules, "ctypes", None))),
}  # fmt: skip


def unloadable_at():
    raise PermissionError("nowhere")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_is_wrong_with_c_another_one_runs(trouble, tmp_path, monkeypatch):
    pytest.importorskip("numpy")
    said, make = TROUBLES[trouble]
    make(monkeypatch, tmp_path)
    step = step_of()
    assert (step.backend, step(0.0)) == ("numpy", 2.0)
    assert step.why.startswith("native: ")
    assert said in step.why
    assert "\n" not in step.why


@pytest.mark.parametrize("trouble", TROUBLES)
def test_asked_for_by_name_it_raises(trouble, tmp_path, monkeypatch):
    said, make = TROUBLES[trouble]
    make(monkeypatch, tmp_path)
    with pytest.raises((OSError, ImportError), match=re.escape(said)):
        step_of(backend="native")


def test_numpy_by_name_must_be_there(monkeypatch):
    no_numpy(monkeypatch)
    with pytest.raises(ImportError):
        step_of(backend="numpy")


def test_a_bug_is_no_reason_to_fall_back(monkeypatch):
    def broken(program, dtype):
        raise KeyError("cube")

    monkeypatch.setitem(micrograd.compile.BACKENDS, "native", broken)
    monkeypatch.setattr(native, "compiler", lambda bundled=True: ["cc"])
    with pytest.raises(KeyError):
        step_of()


def test_single_precision_says_what_to_install(monkeypatch):
    no_compiler(monkeypatch)
    no_numpy(monkeypatch)
    with pytest.raises(ValueError, match="(?s)float64, not float32.*no C compiler.*`pip install numpy`, or install a C compiler"):
        step_of(dtype="float32")


# ---- ziglang ----


@pytest.fixture
def ziglang(monkeypatch):
    """Only ziglang is here; the commands that it was started with."""
    started = []

    def run(command, **options):
        started.append(command)
        return subprocess.CompletedProcess(command, 1, "", "not now")

    no_compiler(monkeypatch)
    monkeypatch.setattr(native, "find_spec", lambda name: object())
    monkeypatch.setattr(subprocess, "run", run)
    return started


def test_ziglang_is_not_started_unasked(ziglang):
    pytest.importorskip("numpy")
    step = step_of()
    assert (step.backend, ziglang) == ("numpy", [])
    assert "name backend='native'" in step.why


def test_ziglang_is_started_for_who_asks(ziglang):
    with pytest.raises(OSError, match="not now"):
        step_of(backend="native")
    assert ziglang[0][:4] == [sys.executable, "-m", "ziglang", "cc"]


def test_ziglang_in_cc_is_a_compiler_like_any(ziglang, monkeypatch):
    monkeypatch.setenv("CC", f"{sys.executable} -m ziglang cc")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert native.compiler(bundled=False) == [sys.executable, "-m", "ziglang", "cc"]


# ---- a compiler that takes its time ----


class Terminal:
    def __init__(self, people):
        self.people, self.said = people, ""

    def isatty(self):
        return self.people

    def write(self, text):
        self.said += text

    def flush(self):
        """Nothing is kept back."""


class Instant:
    """A timer for which every second has passed already."""

    def __init__(self, seconds, action):
        self.action, self.cancelled = action, False

    def start(self):
        self.action()

    def cancel(self):
        self.cancelled = True


@pytest.mark.parametrize("people", [True, False])
def test_somebody_at_a_terminal_is_told(people, monkeypatch):
    terminal = Terminal(people)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(native, "Timer", Instant)
    with native.patience("It takes some seconds"):
        pass
    assert terminal.said == ("It takes some seconds\n" if people else "")


def test_who_does_not_wait_is_told_nothing(monkeypatch):
    terminal = Terminal(True)
    monkeypatch.setattr(sys, "stderr", terminal)
    timers = []
    real = native.Timer
    monkeypatch.setattr(native, "Timer", lambda seconds, action: timers.append(real(seconds + 1000, action)) or timers[0])
    with native.patience("It takes some seconds"):
        assert timers[0].is_alive()
    timers[0].join(60)
    assert not timers[0].is_alive()
    assert terminal.said == ""


def test_without_a_stderr_nobody_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with native.patience("It takes some seconds"):
        pass


@pytest.mark.native
def test_it_is_told_of_the_first_time_only(monkeypatch, tmp_path):
    terminal = Terminal(True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(native, "Timer", Instant)
    step_of(backend="native")
    assert re.fullmatch(r"micrograd compiles its loop in C into .*\.so: the first time takes some seconds\n", terminal.said)
    native.machine.cache_clear()
    step_of(backend="native")
    assert terminal.said.count("\n") == 1


# ---- what a step says of itself ----


def test_a_step_says_what_it_is(monkeypatch):
    step = step_of(backend="python")
    assert repr(step) == "Step on python: 1 parameters, float64, 2 samples"
    step.load([[1.0]] * 300)
    assert repr(step) == "Step on python: 1 parameters, float64, 300 samples"
    step.load([[1.0]] * 5, batch=2)
    assert repr(step) == "Step on python: 1 parameters, float64, 5 samples, 2 a step"
    step.optimiser = "Adam"
    assert repr(step).endswith(", 2 a step, 'Adam'")
    no_compiler(monkeypatch)
    no_numpy(monkeypatch)
    assert re.search(r"samples \(not on native: there is no C compiler.*; numpy: .*\)$", repr(step_of()))


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize("backend", ["python", "numpy", "native"])
def test_a_step_is_not_copied(way, backend):
    with pytest.raises(TypeError, match="a Step cannot be copied or pickled.*compile its loss again"):
        way(step_of(backend=backend))


# ---- the book ----


def compilations(text):
    """The calls of compile in a chapter's cells: those of a loss, with samples and parameters."""
    for block in re.findall(r"^(`{3,})\{(?:code-cell|run|start|given|check|solution|wrong)\}[^\n]*\n(.*?)^\1$", text, re.M | re.S):
        source = re.sub(r"\A(---\n.*?\n---\n|(:.*\n)*)", "", block[1], flags=re.S)
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "compile" and len(node.args) == 3:
                yield node


# Calls without a name, in cells that show only what is the same on every machine.
UNNAMED = {"one-loop-in-c.md": ["optimiser=adam if inside else None"]}  # that two ways agree to 1e-12


def test_no_page_depends_on_which_machine_was_there(root):
    """Each call names its back end: last digits, and the name itself, would differ."""
    calls = {path.name: [*compilations(path.read_text())] for path in sorted((root / "book").glob("*.md"))}
    assert sum(map(len, calls.values())) >= 8
    for name, some in calls.items():
        unnamed = [ast.unparse(call) for call in some if "backend" not in {keyword.arg for keyword in call.keywords}]
        known = UNNAMED.get(name, [])
        assert len(unnamed) == len(known), unnamed
        assert all(words in call for words, call in zip(known, unnamed, strict=True))
