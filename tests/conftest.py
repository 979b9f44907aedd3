"""What tests of several folders share."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# A busy machine may pause anywhere: how long an example takes says nothing.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parent.parent


# ---------------------------------------------------- is the package what the chapters say?


def pytest_sessionstart(session: pytest.Session) -> None:
    """Test no package that is not the one of the chapters.  The loom's own tests need none."""
    is_worker = hasattr(session.config, "workerinput")  # of pytest-xdist, whose main process has asked
    asked = [Path(argument.partition("::")[0]).resolve() for argument in session.config.args]
    if is_worker or all(path.is_relative_to(ROOT / "tests" / "loom") for path in asked):
        return
    if (ROOT / "_toc.yml").is_file() and _is_tested_here() and (said := _stale()):
        print(said, file=sys.stderr)
        pytest.exit("nothing was tested: micrograd/ is not what the chapters say (see above)", returncode=1)


def _is_tested_here() -> bool:
    """Is the package that tests import the repository's, and the loom there to judge it?"""
    package = importlib.util.find_spec("micrograd")
    here = package is not None and package.origin == str(ROOT / "micrograd" / "__init__.py")
    return here and all(importlib.util.find_spec(name) for name in ("loom", "myst_nb"))


def _stale() -> str:
    """What the loom says of the package if it is stale; its last word holds as long as no file changes."""
    stamp, state = ROOT / "_build" / "loom" / "fresh", _state()
    if stamp.is_file() and stamp.read_text() == state:
        return ""
    done = subprocess.run(
        [sys.executable, "-m", "loom", "tangle", "--check"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode == 0:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(state)
    return done.stdout + done.stderr if done.returncode else ""


def _state() -> str:
    """A digest of the chapters, the package and the loom."""
    loom = Path(importlib.util.find_spec("loom").origin).parent  # type: ignore[union-attr, arg-type]
    folders = [(ROOT / "book", "*.md"), (ROOT / "micrograd", "*.py"), (loom, "*.py")]
    paths = [ROOT / "_toc.yml", ROOT / "_config.yml", *(p for folder, kind in folders for p in folder.rglob(kind))]
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        total.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return total.hexdigest()


# ------------------------------------------------------------ what was not compared with PyTorch

_not_compared: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and "torch" in str(report.longrepr).lower():
        _not_compared.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped and "torch" in str(report.longrepr).lower():
        _not_compared.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where REQUIRE_TORCH is set, a comparison with PyTorch that was skipped is a failure."""
    if _not_compared and os.environ.get("REQUIRE_TORCH"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _not_compared and os.environ.get("REQUIRE_TORCH"):
        terminalreporter.section("PyTorch is required here (REQUIRE_TORCH), and these were skipped")
        for name in _not_compared:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def tool() -> Callable[[str], ModuleType]:
    """Import a script of tools/ by its name."""

    def load(name: str) -> ModuleType:
        known = f"tools_{name}"
        if known not in sys.modules:
            spec = importlib.util.spec_from_file_location(known, ROOT / "tools" / f"{name}.py")
            assert spec and spec.loader
            sys.modules[known] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[known])
        return sys.modules[known]

    return load


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site; tests of it are skipped where there is none, unless REQUIRE_SITE is set."""
    folder = ROOT / "_build" / "html"
    if (ROOT / "_build" / "built").exists() and (folder / "index.html").exists():
        return folder
    if os.environ.get("REQUIRE_SITE"):
        pytest.fail("there is no built site; `make book` builds it")
    pytest.skip("no built site: `make book` first")


@pytest.fixture(scope="session")
def chromium(tool: Callable[[str], ModuleType]) -> Path | None:
    """The browser: in the variable CHROMIUM, on the path, or Playwright's own if it was installed."""
    found = tool("browser").find()
    if found is None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            return None
        with sync_playwright() as playwright:
            found = playwright.chromium.executable_path
    return Path(found) if Path(found).exists() else None


@pytest.fixture(scope="session")
def dot() -> str:
    """The `dot` that the build uses."""
    found = shutil.which("dot", path=str(ROOT / ".venv" / "stand-in"))
    if found is None:
        pytest.fail("no stand-in for `dot`; `make setup` makes it")
    return found
