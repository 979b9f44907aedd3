"""Attempts at an exercise: run what somebody wrote, then the checks, and say what came of it.

Standard library only, so that it runs wherever an answer runs.  As a program it reads jobs
from its standard input, makes each in a process of its own (what one answer breaks, the
next never sees; an endless loop is stopped), and writes the outcomes to its output.
"""

from __future__ import annotations

import ast
import builtins
import json
import linecache
import os
import select
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import TypedDict, cast

GIVEN, ANSWER = "<given>", "<answer>"
PATIENCE = 30  # times as long as it may compute, an attempt may wait


class Job(TypedDict):
    """What to run.  Without checks, the value of the last expression is the outcome."""

    given: str
    answer: str
    checks: list[str] | None


class Outcome(TypedDict):
    """What came of it.

    ``result`` is ``passed``; ``failed`` (a check said so: ``message``); ``raised`` (the
    answer's own code raised); ``broken`` (the check's or the given code raised); ``value``
    (``message`` is its text); ``endless``; or ``died``.
    ``part`` and ``row`` say where: ``<check 2>``, row 3.
    """

    result: str
    message: str
    part: str
    row: int


def attempt(job: Job) -> Outcome:
    """Run an answer and then its checks, in this very process."""
    module = types.ModuleType("exercise")
    sys.modules["exercise"] = module
    try:
        _run(job["given"], GIVEN, module)
        if job["checks"] is None:
            return _outcome("value", _value(job["answer"], module))
        _run(job["answer"], ANSWER, module)
        for number, check in enumerate(job["checks"], 1):
            _run(check, f"<check {number}>", module)
    except BaseException as error:  # SystemExit and KeyboardInterrupt are answers too
        return _failure(error)
    return _outcome("passed")


def _run(source: str, part: str, module: types.ModuleType) -> None:
    linecache.cache[part] = len(source), None, source.splitlines(keepends=True), part
    exec(compile(source, part, "exec"), vars(module))


def _value(source: str, module: types.ModuleType) -> str:
    """The last expression's value as text; of code that raises, the exception's name."""
    tree = ast.parse(source)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    try:
        exec(compile(tree, ANSWER, "exec"), vars(module))
        return str(eval(compile(ast.Expression(last.value), ANSWER, "eval"), vars(module)))
    except Exception as error:
        return type(error).__name__


def _outcome(result: str, message: str = "", part: str = "", row: int = 0) -> Outcome:
    return Outcome(result=result, message=message, part=part, row=row)


def _failure(error: BaseException) -> Outcome:
    part, row = _where(error)
    said = str(error)
    if part.startswith("<check"):
        if isinstance(error, AssertionError):
            return _outcome("failed", said, part, row)
        return _outcome("broken", _named(error), part, row)
    return _outcome("broken" if part in (GIVEN, "") else "raised", _named(error), part, row)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _where(error: BaseException) -> tuple[str, int]:
    """The innermost line of the exercise itself that the error passed."""
    part, row = "", 0
    trace = error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name in (GIVEN, ANSWER) or name.startswith("<check"):
            part, row = name, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and not part and error.filename:
        return error.filename, error.lineno or 0
    return part, row


# ------------------------------------------------------------- each in its own process


def isolated(job: Job, seconds: float, run: Callable[[Job], Outcome] = attempt) -> Outcome:
    """Make an attempt in a child process, which may compute for so many seconds.

    Only its own computing counts: no answer is wrong because a machine is busy.
    One that does not compute, but waits, is given up after PATIENCE times as long.
    """
    sys.stdout.flush()
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        _in_child(job, sink, run, seconds)
    os.close(sink)
    try:
        told = _listen(source, time.monotonic() + PATIENCE * seconds)
    finally:
        os.close(source)
        os.kill(child, signal.SIGKILL)  # still a child of ours, even if it has ended
        _, status = os.waitpid(child, 0)
    if told is None or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return _outcome("endless", f"not done after {seconds:g} seconds; is there an endless loop?")
    if not told:
        return _outcome(
            "died", "the interpreter died; was it endless recursion, or too much memory?"
        )
    return cast(Outcome, json.loads(told))


def _in_child(job: Job, sink: int, run: Callable[[Job], Outcome], seconds: float) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    _limit_memory()
    signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF ends the process
    told = json.dumps(run(job)).encode()
    while told:
        told = told[os.write(sink, told) :]
    os._exit(0)


def _limit_memory(limit: int = 4 * 2**30) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, OSError, ValueError):
        pass  # this system has no such limit


def _listen(source: int, deadline: float) -> bytes | None:
    """All that the child says; None if the time is up before it has ended."""
    told = b""
    while True:
        ready, _, _ = select.select([source], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        if not (part := os.read(source, 65536)):
            return told
        told += part


def main() -> None:
    work = json.load(sys.stdin)
    sys.path[:0] = work["first"]
    sys.path += work["last"]
    from loom.inside.extend import extend

    vars(builtins)["extend"] = extend
    outcomes = [isolated(job, work["seconds"]) for job in work["jobs"]]
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
