"""Does a test notice each change of the package?  `make mutants`

    .venv/bin/python tests/mutation/run.py                 every mutant: some minutes
    .venv/bin/python tests/mutation/run.py tanh_rule draw  those whose file or definition is called so
    .venv/bin/python tests/mutation/run.py --list          name them, run nothing

A mutant is the package with one small change: cosmic-ray's (another operator, another number, a condition
turned round, a loop that does not run, ...), and for each rule of the table our own: a parcel left out,
two parcels exchanged, what arrived forgotten, one operand taken for another.
A mutant that a test fails on is killed. One that survives must stand in survivors.toml beside this file,
with the reason why no test can tell it from the package; one that stands there and is killed is stale.
Both are failures of this run.

Every mutant is a copy of the package in a temporary folder. Two run at a time, each in a process forked from
this one, in which everything heavy is imported already.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import resource
import shutil
import signal
import sys
import tempfile
import textwrap
import time
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TESTS = ["tests/engine", "tests/nn"]
SURVIVORS = HERE / "survivors.toml"
WORKERS = 2
MEMORY = 2 * 2**30  # bytes, for a mutant that builds without end
PATIENCE = 10  # seconds of computing, for a test that runs without end

# Which tests could notice a change of which file; in stages, the quick ones first.
# nn/test_demo takes a minute, and the others see all that it sees.
STAGES = {
    "engine": [
        ["engine/test_classic", "engine/test_manners", "engine/test_gradcheck"],
        ["engine/test_numbers"],
        ["engine/test_order", "engine/test_gradients"],
    ],
    "draw": [["engine/test_draw"], ["engine/test_manners"]],
    "gradcheck": [["engine/test_gradcheck"]],
    "__init__": [["engine/test_classic", "engine/test_manners"]],
    "arguments": [["nn/test_arguments"], ["nn/test_nn"]],
    "nn": [["nn/test_nn"], ["nn/test_initialise", "nn/test_arguments"]],
    "losses": [["nn/test_losses"], ["compile/test_labels"]],
    "optim": [["nn/test_optim"], ["nn/test_arguments"]],
    "data": [["nn/test_data"], ["nn/test_digits", "nn/test_arguments"]],
}
IMPORTED_ALREADY = "ignore::pytest.PytestAssertRewriteWarning"
# Long, and nothing that the shorter ones do not see.
LEFT_OUT = "not million and not pytorch and not bits_in_every_run and not over_many_random"


@dataclass(frozen=True)
class Mutant:
    """A change of one file, and where it stands."""

    file: str
    definition: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        return f"{self.file}.{self.definition}", self.before, self.after

    def __str__(self) -> str:
        return f"{self.file}.{self.definition}\n    - {self.before}\n    + {self.after}".replace("\n      ", "\n    ")


# Making mutants


def definition_at(tree: ast.Module, line: int) -> str:
    """The dotted name of the innermost definition around a line."""
    names: list[str] = []
    inside: list[ast.stmt] = tree.body
    while True:
        around = [node for node in inside if node.lineno <= line <= (node.end_lineno or node.lineno)]
        around = [node for node in around if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        if not around:
            return ".".join(names) or "the module"
        names.append(around[0].name)
        inside = around[0].body


class WithoutNotes(ast.NodeTransformer):
    """A module without annotations, which nothing evaluates."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node


def meaning(source: str) -> str | None:
    """What a module does, for telling mutants apart; None if it is not Python."""
    try:
        return ast.dump(WithoutNotes().visit(ast.parse(source)))
    except SyntaxError:
        return None


def by_cosmic_ray(source: str) -> Iterator[str]:
    """Every change that cosmic-ray knows and that needs no arguments."""
    import cosmic_ray.plugins
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    # VariableInserter and VariableReplacer would put in random numbers; shifts and bitwise operators
    # know no floats, so that covering the line is enough to notice them.
    known = sorted(cosmic_ray.plugins.operator_names())
    names = [name for name in known if not name.endswith(("Shift", "BitOr", "BitAnd", "BitXor"))]
    names = [name for name in names if "Variable" not in name]
    nodes = list(ast_nodes(get_ast(source)))
    for name in names:
        operator = cosmic_ray.plugins.get_operator(name)()
        places = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        for occurrence in range(places):
            changed = mutate_code(source, operator, occurrence)
            if changed is not None:
                yield changed


def of_rules(source: str) -> Iterator[str]:
    """Slips in a rule: a parcel left out, two exchanged, what arrived forgotten, a name taken for another."""
    lines = source.splitlines(keepends=True)

    def changed(*edits: tuple[ast.expr, str]) -> str:
        result = lines.copy()
        for node, text in sorted(edits, key=lambda edit: edit[0].col_offset, reverse=True):
            row = result[node.lineno - 1]
            result[node.lineno - 1] = row[: node.col_offset] + text + row[node.end_col_offset :]
        return "".join(result)

    for rule in ast.walk(ast.parse(source)):
        if not isinstance(rule, ast.FunctionDef) or [a.arg for a in rule.args.args[:2]] != ["g", "y"]:
            continue
        names = [a.arg for a in rule.args.args]
        for node in ast.walk(rule):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                parcels = node.value.elts
                for parcel in parcels:
                    yield changed((parcel, "0.0"))
                for one, two in zip(parcels, parcels[1:], strict=False):
                    texts = [str(ast.get_source_segment(source, parcel)) for parcel in (one, two)]
                    yield changed((one, texts[1]), (two, texts[0]))
            elif isinstance(node, ast.Name) and node.id in names:
                yield changed((node, "1.0"))
                for other in names:
                    yield changed((node, other))


def parts(tree: ast.Module) -> list[tuple[int, int]]:
    """The first and last line of every statement that is no class, and of every statement in a class."""
    statements: list[ast.stmt] = []
    for node in tree.body:
        statements += node.body if isinstance(node, ast.ClassDef) else [node]
    decorators = [getattr(node, "decorator_list", []) for node in statements]
    starts = [min([node.lineno, *(d.lineno for d in ds)]) for node, ds in zip(statements, decorators, strict=True)]
    return [(start, node.end_lineno or start) for start, node in zip(starts, statements, strict=True)]


def mutants(folder: Path) -> list[Mutant]:
    """Every mutant of every file, each meaning once; part by part, since parsing a whole file each time takes long."""
    found = []
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        tree, rows = ast.parse(source), source.splitlines()
        for first, last in parts(tree):
            text = "\n".join(rows[first - 1 : last])
            margin = text[: len(text) - len(text.lstrip())]
            part = textwrap.dedent(text) + "\n"
            seen = {None, meaning(part)}
            for changed in (*by_cosmic_ray(part), *of_rules(part)):
                if (what := meaning(changed)) in seen:
                    continue
                seen.add(what)
                new = textwrap.indent(changed, margin).splitlines()
                whole = "\n".join([*rows[: first - 1], *new, *rows[last:]]) + "\n"
                blocks = difflib.SequenceMatcher(None, rows[first - 1 : last], new, autojunk=False).get_opcodes()
                edits = [block for block in blocks if block[0] != "equal"]
                before = "\n".join(row.strip() for _, i, j, *_ in edits for row in rows[first - 1 + i : first - 1 + j])
                after = "\n".join(row.strip() for *_, i, j in edits for row in new[i:j])
                found.append(Mutant(path.stem, definition_at(tree, first + edits[0][1]), before, after, whole))
    return found


# Running them


class WithoutTorch:
    """A finder of modules that finds no PyTorch: it takes seconds to import."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "torch":
            raise ModuleNotFoundError("no PyTorch among the mutants", name=name)


def warm_up() -> None:
    """Import what every run needs, so that a fork has it; and take PyTorch away."""
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    sys.meta_path.insert(0, WithoutTorch)
    import hypothesis
    import pytest

    heavy = ["hypothesis.strategies", "hypothesis.internal.conjecture.engine", "mpmath", "numpy", "sklearn.datasets"]
    for name in [*heavy, "graphviz"]:
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed: the tests that need it are skipped")
    everything = list(hypothesis.HealthCheck)
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # a failure need not be made small
    hypothesis.settings.register_profile(
        "mutants", deadline=None, derandomize=True, database=None, phases=phases, suppress_health_check=everything
    )
    hypothesis.settings.load_profile("mutants")
    assert pytest


class Patience:
    """A pytest plugin: a test that computes for longer than any of ours does, does not end."""

    def pytest_runtest_logstart(self) -> None:
        spent = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (spent + PATIENCE, resource.RLIM_INFINITY))


def run_tests(slot: Path, file: str) -> int:
    """In a forked process: run the stages, quietly, until a test fails; 0 if none does."""
    import pytest

    with open(slot / "log", "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(slot)
    sys.path.insert(0, str(slot))
    for stage in STAGES[file]:
        options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:cov", "--import-mode=importlib"]
        options += ["-c", str(slot / "pytest.ini"), "-W", "error", "-W", IMPORTED_ALREADY, "-k", LEFT_OUT]
        code = pytest.main([*options, *(f"tests/{name}.py" for name in stage)], [Patience()])
        if code:
            return int(code)
    return 0


def fork(slot: Path, file: str, memory: int | None = None) -> int:
    """Start the tests of a file in a process of their own; its number."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = 3
    try:
        os.setsid()
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        code = run_tests(slot, file)
    except BaseException:
        (slot / "log").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def make_slot(folder: Path) -> Path:
    """A place to run one mutant at a time: the package, its tests, and nothing else."""
    shutil.copytree(ROOT / "micrograd", folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    for tests in TESTS:
        shutil.copytree(ROOT / tests, folder / tests, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def prepare(slots: list[Path], files: set[str]) -> float:
    """Run the tests on the unchanged package; the seconds that the longest took."""
    longest = 0.0
    for slot in slots:
        for file in sorted(files):
            started = time.monotonic()
            _, status = os.waitpid(fork(slot, file), 0)
            if status:
                sys.exit(f"the tests fail on the unchanged {file}.py:\n" + (slot / "log").read_text()[-3000:])
            longest = max(longest, time.monotonic() - started)
        # The tests stay compiled; the package must not, since a mutant may have the same size and time.
        shutil.rmtree(slot / "micrograd" / "__pycache__", ignore_errors=True)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return longest


def survivors_of(all_mutants: list[Mutant], slots: list[Path], limit: float) -> list[Mutant]:
    """Run every mutant; those that no test noticed."""
    waiting, survivors, done = all_mutants[::-1], list[Mutant](), 0
    running: dict[int, tuple[Mutant, Path, Path, float]] = {}
    started = time.monotonic()
    while waiting or running:
        while waiting and slots:
            mutant, slot = waiting.pop(), slots.pop()
            original = ROOT / "micrograd" / f"{mutant.file}.py"
            (slot / "micrograd" / original.name).write_text(mutant.source, encoding="utf-8")
            running[fork(slot, mutant.file, MEMORY)] = mutant, slot, original, time.monotonic()
        for process, (mutant, slot, original, since) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended and time.monotonic() - since > limit:
                os.killpg(process, signal.SIGKILL)
                ended, status = os.waitpid(process, 0)
            if ended:
                del running[process]
                shutil.copy(original, slot / "micrograd" / original.name)
                slots.append(slot)
                done += 1
                if status == 0:
                    survivors.append(mutant)
                    print(f"survived: {mutant}", flush=True)
                if done % 50 == 0 or done == len(all_mutants):
                    took = time.monotonic() - started
                    print(f"{done:5} of {len(all_mutants)}, {len(survivors)} survived, {took:.0f} s", flush=True)
        time.sleep(0.01)
    return survivors


# Judging them


def explained() -> dict[tuple[str, str, str], str]:
    """The reasons in survivors.toml."""
    if not SURVIVORS.exists():
        return {}
    entries = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])
    return {(e["where"], e["before"].strip(), after.strip()): e["why"] for e in entries for after in e["after"]}


def main() -> int:
    parser = argparse.ArgumentParser(description="Does a test notice each change of the package?")
    parser.add_argument("names", nargs="*", help="files or definitions: engine, tanh_rule, Value.backward, ...")
    parser.add_argument("--list", action="store_true", help="name the mutants, run nothing")
    arguments = parser.parse_args()

    def wanted(where: str) -> bool:
        return not arguments.names or any(f".{name}." in f".{where}." for name in arguments.names)

    chosen = [mutant for mutant in mutants(ROOT / "micrograd") if wanted(mutant.key[0])]
    if arguments.list:
        print(*chosen, f"{len(chosen)} mutants", sep="\n")
        return 0
    warm_up()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        slots = [make_slot(Path(folder) / str(number)) for number in range(WORKERS)]
        longest = prepare(slots, {mutant.file for mutant in chosen})
        print(f"{len(chosen)} mutants; the unchanged package takes {longest:.1f} s", flush=True)
        survivors = survivors_of(chosen, slots, limit=30 + 8 * longest)

    reasons = {key: why for key, why in explained().items() if wanted(key[0])}
    unexplained = [mutant for mutant in survivors if mutant.key not in reasons]
    stale = reasons.keys() - {mutant.key for mutant in survivors}
    for mutant in unexplained:
        print(f"SURVIVED: {mutant}")
    for where, before, after in sorted(stale):
        made = any(mutant.key == (where, before, after) for mutant in chosen)
        print(f"STALE in {SURVIVORS.name}: {where}, {'killed by now' if made else 'no such mutant'}")
        print(f"    - {before}\n    + {after}")
    print(f"{len(chosen) - len(survivors)} killed, {len(survivors)} survived, of which {len(unexplained)} unexplained")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
