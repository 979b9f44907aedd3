"""The loom's part in a Sphinx build: every chapter runs against the package as it stood before it.

MyST-NB asks `create_client` for what runs a page's notebook. For a chapter of the book it gets a
client that runs the cells by the chapter's plan, and keeps their outputs in the jupyter-cache under
the plan's key. A chapter whose key has changed is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import myst_nb.sphinx_  # type: ignore[import-untyped]
from jupyter_cache import get_cache  # type: ignore[import-untyped]
from jupyter_cache.base import CacheBundleIn  # type: ignore[import-untyped]
from loom.errors import LoomError
from loom.inside.plan import BuildPlan, digest
from loom.read.chapters import parse_book
from loom.run.execute import Failure, Run, execute, prepare
from loom.run.snapshots import Snapshots
from myst_nb.core.execute import NotebookClientBase  # type: ignore[import-untyped]
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


class BookError(SphinxError):
    """The book cannot be built as it is written."""

    category = "The book is not in order"


class Build:
    """What one build knows: the plan of each chapter."""

    def __init__(self, app: Sphinx) -> None:
        self.root = Path(app.srcdir)
        self.home = Path(app.outdir).resolve().parent / "loom"
        self.env = app.env
        book = parse_book(self.root)
        self.snapshots = Snapshots(book, self.home, app.config.loom_runtime_paths)
        self.plans = {
            chapter.docname: self.snapshots.plan(chapter.docname) for chapter in book.chapters
        }
        self._original: Callable[..., NotebookClientBase] = myst_nb.sphinx_.create_client

    def start(self) -> None:
        """Have MyST-NB run chapters by their plans."""
        myst_nb.sphinx_.create_client = self.create_client

    def stop(self) -> None:
        """Leave MyST-NB as it was."""
        myst_nb.sphinx_.create_client = self._original

    def create_client(
        self, notebook: NotebookNode, source: str, nb_config: Any, logger: Any, read_fmt: Any = None
    ) -> NotebookClientBase:
        """The client for a page: MyST-NB's own, or for a chapter with code cells the loom's."""
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        client = self._original(notebook, source, nb_config, logger, read_fmt)
        plan = self.plans.get(self.env.docname)
        if plan is None or type(client) is NotebookClientBase:
            return client
        if not any(cell.cell_type == "code" for cell in notebook.cells):
            return NotebookClientBase(notebook, client.path, nb_config, logger)
        return ChapterClient(notebook, client.path, nb_config, logger, build=self, plan=plan)

    def report(self, docname: str, failure: Failure) -> None:
        """Say at once what went wrong; the build fails when all chapters have been read."""
        failures(self.env)[docname] = str(failure)
        LOGGER.error("%s", failure, type="loom", subtype="cell")


class ChapterClient(NotebookClientBase):  # type: ignore[misc]
    """Runs a chapter by its plan, or finds its outputs in the cache."""

    def start_client(self) -> None:
        build: Build = self._kwargs["build"]
        plan: BuildPlan = self._kwargs["plan"]
        cells = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        if [digest(cell.source) for cell in cells] != [cell["digest"] for cell in plan["cells"]]:
            raise BookError(
                f"{plan['path']} has changed while the book is being built; build again"
            )
        prepared = prepare(plan, [(cell.source, cell.metadata.get("tags", [])) for cell in cells])
        run, mtime = self._kept(prepared) or self._run(prepared, build, plan)
        _give_outputs(run.notebook, cells)
        if "language_info" in run.notebook.metadata:
            self.notebook.metadata["language_info"] = run.notebook.metadata["language_info"]
        self.exec_metadata = {
            "mtime": mtime,
            "runtime": run.seconds,
            "method": self.nb_config.execution_mode,
            "succeeded": run.failure is None,
            "error": run.failure and run.failure.message,
            "traceback": None,
        }

    def _cache(self) -> Any:
        if self.nb_config.execution_mode != "cache":
            return None
        return get_cache(self.nb_config.execution_cache_path or ".jupyter_cache")

    def _kept(self, prepared: NotebookNode) -> tuple[Run, float] | None:
        cache = self._cache()
        if cache is None:
            return None
        try:
            record = cache.match_cache_notebook(prepared)
            _, notebook = cache.merge_match_into_notebook(prepared)
        except KeyError:
            return None
        return Run(
            notebook, None, record.data.get("execution_seconds", 0.0)
        ), record.created.timestamp()

    def _run(self, prepared: NotebookNode, build: Build, plan: BuildPlan) -> tuple[Run, float]:
        timeout = self.nb_config.execution_timeout
        path = build.root / plan["path"]
        run = execute(prepared, plan, build.home, path.parent, timeout if timeout > 0 else None)
        if run.failure is not None:
            build.report(plan["chapter"], run.failure)
        else:
            LOGGER.info(
                "%s: ran %d cells in %.1f s", plan["chapter"], len(plan["cells"]), run.seconds
            )
            cache = self._cache()
            if cache is not None:
                bundle = CacheBundleIn(
                    run.notebook, str(path), data={"execution_seconds": run.seconds}
                )
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        return run, datetime.now().timestamp()


def _give_outputs(ran: NotebookNode, cells: list[NotebookNode]) -> None:
    """Hand the outputs to the page's cells, counted as if the hidden cell had not been."""
    for number, (cell, done) in enumerate(zip(cells, ran.cells[1:-1], strict=True), start=1):
        cell.outputs = done.outputs
        cell.execution_count = number if done.execution_count is not None else None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number


# ---------------------------------------------------------------------------- Sphinx's events

_builds: dict[int, Build] = {}


def build_of(app: Sphinx) -> Build:
    """What this build knows of the book, from the start of the build to its end."""
    return _builds[id(app)]


def keys(env: BuildEnvironment) -> dict[str, str]:
    """The key under which each chapter was read last."""
    if not hasattr(env, "loom_keys"):
        env.loom_keys = {}  # type: ignore[attr-defined]
    found: dict[str, str] = env.loom_keys  # type: ignore[attr-defined]
    return found


def failures(env: BuildEnvironment) -> dict[str, str]:
    """What went wrong in this build, by chapter."""
    if not hasattr(env, "loom_failures"):
        env.loom_failures = {}  # type: ignore[attr-defined]
    found: dict[str, str] = env.loom_failures  # type: ignore[attr-defined]
    return found


def read_book(app: Sphinx) -> None:
    """Tangle the chapters and plan their runs;
    a mistake in the book ends the build with its message.
    """
    failures(app.env).clear()
    try:
        build = Build(app)
    except LoomError as error:
        raise BookError(str(error)) from None
    _builds[id(app)] = build
    build.start()


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """The chapters that tangled code, their own or that of chapters before,
    has made out of date.
    """
    del removed
    plans = _builds[id(app)].plans
    known = env.found_docs - added - changed
    return [
        name for name, plan in plans.items() if name in known and keys(env).get(name) != plan["key"]
    ]


def note_key(app: Sphinx, docname: str, content: list[str]) -> None:
    """Remember under which key a chapter is read."""
    del content
    plan = _builds[id(app)].plans.get(docname)
    if plan is not None:
        keys(app.env)[docname] = plan["key"]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read again or gone."""
    del app
    keys(env).pop(docname, None)
    failures(env).pop(docname, None)


def merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what another process has read."""
    del app
    for docname in docnames:
        for table in (keys, failures):
            if docname in table(other):
                table(env)[docname] = table(other)[docname]


def judge(app: Sphinx, env: BuildEnvironment) -> None:
    """Fail the build when a chapter has failed."""
    del app
    if found := failures(env):
        raise BookError("\n".join(found.values()))


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Leave nothing behind in MyST-NB."""
    del exception
    build = _builds.pop(id(app), None)
    if build is not None:
        build.stop()


def setup(app: Sphinx) -> None:
    """Connect all of this."""
    app.add_config_value("loom_package", "", "env", [str])
    app.add_config_value("loom_runtime_paths", [], "env", [list, tuple])
    app.connect("builder-inited", read_book)
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", note_key)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", judge)
    app.connect("build-finished", finish)
