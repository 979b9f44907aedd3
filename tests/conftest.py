"""What tests of several folders share."""

from __future__ import annotations

import importlib.util
import os
import shutil
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
def chromium() -> Path | None:
    """The browser: in the variable CHROMIUM, on the path, or Playwright's own if it was installed."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
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
