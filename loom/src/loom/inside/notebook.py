"""The kernel's side of a build: a chapter's first, hidden cell begins it here,
and its last one ends it.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from loom.inside.extend import extend
from loom.inside.plan import BuildPlan
from loom.inside.session import ChapterError, Session

PLACE = "application/vnd.loom.place+json"
"""The output by which a failing cell tells the host where it failed."""


def begin(chapter: str, key: str) -> None:
    """Start a chapter in this kernel; the first, hidden cell of its notebook."""
    shell = _shell()
    plan: BuildPlan = json.loads(Path(os.environ["LOOM_PLAN"]).read_text(encoding="utf-8"))
    if (plan["chapter"], plan["key"]) != (chapter, key):
        raise ChapterError(
            f"{chapter}: the notebook and its plan do not belong together; build again"
        )
    builtins.extend = extend  # type: ignore[attr-defined]
    shell.InteractiveTB.set_mode("Minimal")
    warnings.formatwarning = lambda message, category, *_, **__: f"{category.__name__}: {message}\n"
    session = Session(plan, shell.user_ns)
    shell.loom = session
    shell.run_ast_nodes = hooked(shell, session)


def end() -> None:
    """Close the chapter; the last, hidden cell of its notebook."""
    _shell().loom.end()


def _shell() -> Any:
    get_ipython = (
        getattr(builtins, "get_ipython", None) or vars(sys.modules["IPython"])["get_ipython"]
    )
    return get_ipython()


def hooked(shell: Any, session: Session) -> Callable[..., Awaitable[bool]]:
    """IPython's `run_ast_nodes`, passing the chapter's cells through the session."""
    run = shell.run_ast_nodes

    async def run_ast_nodes(
        nodes: list[ast.stmt],
        name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool:
        source: str = getattr(getattr(result, "info", None), "raw_cell", "")
        step = session.step(source) if source else None
        if step is None:
            return bool(
                await run(
                    nodes, name, interactivity=interactivity, compiler=compiler, result=result
                )
            )
        raised = False
        try:
            if step.target is not None:
                session.run_tangled(step, source)
            else:
                session.before_cell(step)
                for node in nodes:
                    ast.increment_lineno(node, step.line - 1)
                raised = bool(
                    await run(
                        nodes,
                        step.path,
                        interactivity=interactivity,
                        compiler=compiler,
                        result=result,
                    )
                )
                session.after_cell(step, nodes)
        except Exception as error:
            raised, result.error_in_exec = True, error
            shell.showtraceback(running_compiled_code=True)
        if raised:
            place = {"path": step.path, "line": step.failed_at(result.error_in_exec)}
            shell.display_pub.publish({PLACE: place})
        return raised

    return run_ast_nodes
