"""The Python of one page: its cells, its exercises' attempts.

This runs in the reader's browser, in a worker, beside the loom's runtime. Tangled cells run in
their module and trials are taken back, as in the build; unlike the build, cells may be edited,
run again and run in any order, and nothing is an error for that.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import importlib.util
import inspect
import json
import linecache
import os
import py_compile
import re
import shutil
import sys
import traceback
import types
from collections.abc import Callable, Coroutine, Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import IPython
import live.markdown
from exercises.attempt import Job, Outcome, attempt
from IPython.lib.pretty import pretty
from look import svg
from loom.inside.extend import extend
from loom.inside.plan import PageCell, PagePlan, Step, digest, free, placed
from loom.inside.session import Session
from loom.inside.state import State, package_modules

shown: Any = importlib.import_module("IPython.display")  # the page's own, beside this file
Runner = Callable[..., Any]  # pyodide.code.CodeRunner
Show = Callable[[str, str], None]
Layout = Callable[[str, str, str], tuple[bool, str]]

#: The forms in which an object can show itself, best first, as the built page chooses among them.
FORMS = [
    ("_repr_html_", "text/html"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_latex_", "text/latex"),
    ("_repr_markdown_", "text/markdown"),
]
#: A drawing within HTML.
DRAWING = re.compile(r"<svg\b.*?</svg>", re.S)
FRAMES = 6  # of a traceback, at most
RESERVE = 2**20  # bytes that are held back, to tell of an error when all others are taken


class Page:
    """One page's cells and the package as they grow it."""

    def __init__(
        self, home: str, show: Show, runner: Runner, clear: Callable[[bool], None]
    ) -> None:
        self.home = Path(home)
        self.show = show
        shown.Screen.show, shown.Screen.clear = self.display, clear
        self.reserve: bytearray | None = None
        self.runner = runner
        self.compiled: dict[str, Any] = {}  # by source: what runs it
        self.plan: PagePlan = json.loads((self.home / "plan.json").read_text(encoding="utf-8"))
        self.pictures = 0
        self.before = list(sys.path), list(sys.meta_path)
        prepare(self.home)
        self.reset()

    def reset(self) -> None:
        """Begin the chapter: no cell has run,
        and the package is as the chapter before has left it.
        """
        sys.path[:], sys.meta_path[:] = self.before
        self.names = vars(sys.modules["__main__"])
        for name in [name for name in self.names if not name.startswith("__")]:
            del self.names[name]
        plan = free(self.plan, str(self.home / "before"), [str(self.home / "book")])
        self.session = Session(plan, self.names)

    # Running

    def run(
        self, source: str | None, name: str, number: int | None
    ) -> str | Coroutine[Any, Any, str]:
        """Run a cell of the page's plan, as it is or edited, or some other code; the outcome as
        JSON.

        Only code that awaits something runs in a coroutine: a browser gives those a smaller stack.
        """
        with contextlib.suppress(MemoryError):
            self.reserve = self.reserve or bytearray(RESERVE)
        cell = self.plan["cells"][number] if number is not None else None
        if source is None:
            assert cell
            source = cell["source"]
        remember(name, source)
        try:
            if cell and (target := cell["target"]):
                return self.ended(self.tangled(source, name, target, cell))
            if cell and cell["trial"] and self.session.trial is None:
                self.session.now = State(self.session.package)
                self.session.before_cell(Step(name, placed(source, trial=True)))
            code = self.compiled.pop(source, None) or self.compile(source, name)
            if code.code and code.code.co_flags & inspect.CO_COROUTINE:
                return self.awaited(code, name)
            return self.ended(code.run(self.names))
        except BaseException as error:  # SystemExit and KeyboardInterrupt end a cell too
            return self.failed(error, name)

    async def awaited(self, code: Any, name: str) -> str:
        try:
            return self.ended(await code.run_async(self.names))
        except BaseException as error:
            return self.failed(error, name)

    def ended(self, value: Any = None) -> str:
        if value is not None:
            self.names["_"] = value
            self.display(value)
        after_cell()
        sys.stdout.flush()
        sys.stderr.flush()
        return json.dumps({"ok": True})

    def failed(self, error: BaseException, name: str) -> str:
        if isinstance(error, MemoryError):
            self.reserve = None
        with contextlib.suppress(Exception):  # one error is enough
            after_cell()
        sys.stdout.flush()
        sys.stderr.flush()
        return json.dumps({"ok": False, "error": told_error(error, name, self.home)})

    def prepare(self, source: str, name: str) -> None:
        """Do of a run what needs a deep stack: compile, and import from the standard library."""
        bring(source, self.home / "book")
        self.compiled.clear()
        with contextlib.suppress(Exception):  # an error will be raised again when the code runs
            self.compiled[source] = self.compile(source, name)

    def compile(self, source: str, name: str) -> Any:
        """Code as a notebook takes it: `await` may stand at the top."""
        return self.runner(source, filename=name, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).compile()

    def tangled(self, source: str, name: str, target: str, cell: PageCell) -> Any:
        """Run a cell in its module; if it was edited, a class that it writes again keeps its later
        members.

        What it gives is the value of the expression that an edited cell ends with, as of any other
        cell.
        """
        edited = digest(source) != cell["digest"]
        before: dict[str, Any] = {}
        if edited and cell["rebuild"]:
            before = {key: vars(self.session.module(target)).get(key) for key in cell["rebuild"]}
        statements, last = parted(source) if edited else (source, None)
        rebuild = {} if edited else cell["rebuild"]
        self.session.run_tangled(Step(name, placed(source, 1, target, rebuild=rebuild)), statements)
        for key, old in before.items():
            new = vars(self.session.module(target)).get(key)
            if isinstance(old, type) and isinstance(new, type) and new is not old:
                inherit(old, new)
        return (
            eval(compile(last, name, "eval"), vars(self.session.module(target))) if last else None
        )

    # Showing

    def display(self, *things: Any) -> None:
        """Show each thing in the best form that it has, as a notebook does."""
        for thing in things:
            kind, text = self.form(thing)
            sys.stdout.flush()
            sys.stderr.flush()
            self.show(kind, text)

    def form(self, thing: Any) -> tuple[str, str]:
        bundle = _called(thing, "_repr_mimebundle_", include=None, exclude=None) or {}
        if isinstance(bundle, tuple):
            bundle = bundle[0]
        for method, kind in FORMS:
            found = bundle.get(kind) or _called(thing, method)
            if found is None:
                continue
            if kind == "image/svg+xml":
                return kind, self.picture(str(found))
            if kind == "text/markdown":
                return "text/html", live.markdown.html(str(found))
            if kind == "text/html":
                return kind, DRAWING.sub(lambda match: self.picture(match[0]), str(found))
            if kind == "image/png" and isinstance(found, bytes):
                import base64

                found = base64.b64encode(found).decode()
            return kind, str(found)
        shown = bundle.get("text/plain")
        return "text/plain", shown or str(pretty(thing))  # type: ignore[no-untyped-call]

    def picture(self, text: str) -> str:
        """A drawing in the page's colours, its ids apart from those of all others."""
        self.pictures += 1
        try:
            said = svg.parse(text).get("aria-label") or " "
            return svg.inline(text, prefix=f"live{self.pictures}", alt=said)
        except svg.SvgError as problem:
            return f"<svg><title>not drawn: {escape(str(problem))}</title></svg>"


def after_cell() -> None:
    """Call what has asked to be called after each cell, as a notebook does:
    figures are shown then.
    """
    shell = IPython.get_ipython()
    for function in getattr(getattr(shell, "events", None), "after_cells", ()):
        function()


class Attempts:
    """A page's exercises, with the package as it stands at the end of the chapter."""

    def __init__(self, home: str) -> None:
        prepare(Path(home))
        self.folders = Path(home, "after"), Path(home, "book")
        self.package = json.loads(Path(home, "plan.json").read_text(encoding="utf-8"))["package"]
        sys.path[:0] = map(str, self.folders)

    def prepare(self, source: str) -> None:
        """Do of an attempt what needs a deep stack."""
        bring(source, *self.folders)

    def attempt(self, told: str) -> str:
        """Make an attempt; what it changes, the next one never sees."""
        job: Job = json.loads(told)
        held = dict(vars(builtins))
        for name in package_modules(self.package):
            del sys.modules[name]
        try:
            outcome: Outcome = attempt(job)
        finally:
            vars(builtins).update(held)
            for name in set(vars(builtins)) - set(held):
                delattr(builtins, name)
        sys.stdout.flush()
        sys.stderr.flush()
        return json.dumps(outcome)


# ---------------------------------------------------------------------------- the surroundings


def prepare(home: Path) -> None:
    """What code of the book finds in any notebook: `extend`, and `dot` on the path."""
    vars(builtins)["extend"] = extend
    vars(builtins)["input"] = no_input
    vars(builtins)["display"] = shown.display
    vars(builtins)["get_ipython"] = IPython.get_ipython
    dot = home / "bin" / "dot"
    dot.parent.mkdir(exist_ok=True)
    dot.touch(mode=0o755)
    os.environ["PATH"] = str(dot.parent)
    os.chdir(home)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def no_input(prompt: object = "", /) -> str:
    raise RuntimeError(
        "input() has nobody to ask on this page; write the answer into the code instead"
    )


def draws(source: str, home: str) -> bool:
    """Will this code want Graphviz? Its layout program is large and fetched only then."""
    if "graphviz" in source or "graphviz" in sys.modules:
        return True
    try:
        tree = ast.parse(source)
    except (SyntaxError, RecursionError):
        return False
    return any("graphviz" in text for text in _imported(tree, Path(home)))


def bring(source: str, *folders: Path) -> None:
    """Do of some code's imports what needs a deep stack.

    Modules of the standard library are imported; those in the folders are compiled, they and what
    they import.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, RecursionError):
        return
    for name in _import_names(tree):
        if name.partition(".")[0] in sys.stdlib_module_names - {"antigravity", "this"}:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        for folder in folders:
            path = folder / f"{name.replace('.', '/')}.py"
            if path.is_file() and not Path(importlib.util.cache_from_source(str(path))).exists():
                with contextlib.suppress(Exception):  # it will be raised again by the import
                    py_compile.compile(str(path), doraise=True)
                    bring(path.read_text(encoding="utf-8"), *folders)


def _import_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Name) and node.id == "help":
            yield "pydoc"  # which it imports when it is called


def _imported(tree: ast.Module, home: Path) -> Iterator[str]:
    """The texts of the book's own modules that a cell imports."""
    for name in _import_names(tree):
        for folder in ("before", "book"):
            path = home / folder / f"{name.replace('.', '/')}.py"
            if path.is_file():
                yield path.read_text(encoding="utf-8")


def give_layout(layout: Layout) -> None:
    """Let the package graphviz lay out with a function instead of a program."""
    execute: Any = importlib.import_module("graphviz.backend.execute")

    def run_check(
        cmd: Iterable[Any], *, input_lines: Any = None, encoding: str | None = None, **options: Any
    ) -> types.SimpleNamespace:
        words = [str(word) for word in cmd]
        if shutil.which(words[0]) is None:
            raise execute.ExecutableNotFound(words)
        given = {word[:2]: word[2:] for word in words[1:] if word[:1] == "-"}
        if input_lines is not None:
            text = "".join(line if isinstance(line, str) else line.decode() for line in input_lines)
        else:  # a file, beside which the picture is written
            folder = Path(str(options.get("cwd") or "."))
            source = folder / words[-1]
            text = source.read_text(encoding="utf-8")
        well, said = layout(text, given.get("-K", "dot"), given.get("-T", "svg").partition(":")[0])
        if not well:
            raise execute.CalledProcessError(1, words, b"", said.encode())
        if input_lines is None:
            source.with_name(f"{source.name}.{given.get('-T', 'svg')}").write_text(
                said, encoding="utf-8"
            )
        return types.SimpleNamespace(
            stdout=said if encoding else said.encode(), stderr=b"", returncode=0
        )

    execute.run_check = run_check


# ---------------------------------------------------------------------------- cells


def parted(source: str) -> tuple[str, ast.Expression | None]:
    """A cell without the expression whose value it shows, and that expression."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # it will be raised again when the cell runs
        return source, None
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr) or source.rstrip().endswith(";"):
        return source, None
    *lines, line = source.encode().splitlines(keepends=True)[: last.lineno]
    return b"".join([*lines, line[: last.col_offset]]).decode(), ast.Expression(last.value)


def remember(name: str, source: str) -> None:
    """Let tracebacks and `inspect.getsource` find the lines of a cell."""
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name


def inherit(old: type, new: type) -> None:
    """Give a class that was written anew the members that its predecessor had been given later."""
    for key, member in vars(old).items():
        if key in vars(new) or key.startswith("__") and not callable(member):
            continue
        if not isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType):
            setattr(new, key, member)


def _called(thing: Any, method: str, **arguments: Any) -> Any:
    """What a method of an object's class gives; None if there is none or it raises."""
    found = getattr(type(thing), method, None)
    if found is None or isinstance(thing, type):
        return None
    try:
        return getattr(thing, method)(**arguments)
    except NotImplementedError:
        return None


# ---------------------------------------------------------------------------- errors


def told_error(error: BaseException, name: str, home: Path) -> dict[str, Any]:
    """What the page says of an error: a short traceback, and the line of the cell."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    line = next((frame.lineno for frame in reversed(told.stack) if frame.filename == name), None)
    if isinstance(error, SyntaxError) and error.filename == name:
        line = error.lineno
    shorten(told, home)
    text = "".join(told.format()).rstrip()
    return {"kind": type(error).__name__, "text": text, "line": line}


def shorten(
    told: traceback.TracebackException, home: Path, seen: frozenset[int] = frozenset()
) -> None:
    """Keep of a traceback the frames that are the reader's or the book's, and of many the ends."""
    frames = [frame for frame in told.stack if _counts(frame.filename, home)]
    for frame in frames:
        for folder in ("before", "after", "book"):
            frame.filename = frame.filename.removeprefix(f"{home / folder}/")
    told.stack = Short.from_list(frames)
    for other in (told.__cause__, told.__context__):
        if other is not None and id(other) not in seen:
            shorten(other, home, seen | {id(told)})


class Short(traceback.StackSummary):
    """A stack that shows its ends only."""

    def format(self, **options: Any) -> list[str]:
        rows = [text for frame in self if (text := self.format_frame_summary(frame, **options))]
        left_out = len(rows) - FRAMES
        return (
            rows if left_out < 2 else [*rows[:2], f"  … {left_out} more …\n", *rows[2 + left_out :]]
        )


def _counts(filename: str, home: Path) -> bool:
    """Not the machinery between a page and its cells."""
    path = Path(filename)
    return not (path.is_relative_to(home / "lib") or "pyodide" in filename or filename == "<exec>")


