"""Does a test notice each change of the package?  `make mutants`

    .venv/bin/python tests/mutation/run.py                 every mutant: some minutes
    .venv/bin/python tests/mutation/run.py tanh_rule draw  those whose file or definition is called so
    .venv/bin/python tests/mutation/run.py --list          name them, run nothing
    .venv/bin/python tests/mutation/run.py --minutes 8     some of them; the next call goes on from there
    .venv/bin/python tests/mutation/run.py --survivors     those again that survived when they last ran

A mutant is the package with one small change: cosmic-ray's (another operator, another number, a condition
turned round, a loop that does not run, ...), and for each rule of the table our own: a parcel left out,
two parcels exchanged, what arrived forgotten, one operand taken for another.
A mutant that a test fails on is killed. One that survives must stand in survivors.toml beside this file,
with the reason why no test can tell it from the package; one that stands there and is killed is stale.
Both are failures of this run.

Every mutant is a copy of the package in a temporary folder. Two run at a time, each in a process forked from
this one, in which everything heavy is imported already, and which has the C compiler's answers by heart.
Of the tests those run that reach the function which was changed, and those that start a Python of their own.
What came of each is kept in _build/mutants.json, and holds as long as the package and the tests stay as they are:
a run that was broken off goes on, and one that is through is through.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / "micrograd"
TESTS = ["tests/engine", "tests/nn", "tests/compile"]
SURVIVORS = HERE / "survivors.toml"
RESULTS = ROOT / "_build" / "mutants.json"
WORKERS = 2
MEMORY = 2 * 2**30  # bytes, for a mutant that builds without end
PATIENCE = 10  # seconds of computing, for a test that runs without end


def compiler(*first: str) -> list[list[str]]:
    """The stages of a file of the compiler: some tests of tests/compile, then the others, but for those with peers."""
    names = [path.stem for path in sorted((ROOT / "tests" / "compile").glob("test_*.py"))]
    rest = [name for name in names if name not in (*first, "test_peers")]
    return [[f"compile/{name}" for name in stage] for stage in (first, rest)]


# Which tests could notice a change of which file; in stages, the quick ones first.
# nn/test_demo takes a minute, and the others see all that it sees.
STAGES = {
    "engine": [
        ["engine/test_classic", "engine/test_manners", "engine/test_gradcheck"],
        ["engine/test_numbers"],
        ["engine/test_order", "engine/test_gradients"],
        ["engine/test_derivatives", "engine/test_leaks", "engine/test_offers"],
    ],
    "draw": [["engine/test_draw"], ["engine/test_manners"]],
    "gradcheck": [["engine/test_gradcheck"]],
    "__init__": [["engine/test_classic", "engine/test_manners"]],
    "arguments": [["nn/test_arguments"], ["nn/test_nn"]],
    "nn": [["nn/test_nn"], ["nn/test_initialise", "nn/test_arguments"]],
    "losses": [["nn/test_losses"], ["compile/test_labels"]],
    "optim": [["nn/test_optim"], ["nn/test_arguments"]],
    "data": [["nn/test_data"], ["nn/test_digits", "nn/test_arguments"]],
    "program": compiler("test_program", "test_compile"),
    "tracing": compiler("test_tracing", "test_compile"),
    "updates": compiler("test_optimisers"),
    "compile": compiler("test_compile", "test_choice", "test_evaluate"),
    "layers": compiler("test_program", "test_compile"),
    "native": compiler("test_code", "test_native"),
}
# What is the same in another form: types are identical if they are equal; `strict=True` guards what is equally long.
EQUAL = re.compile(r"type\([^()]*\) [!=]= |strict=False")
IMPORTED_ALREADY = "ignore::pytest.PytestAssertRewriteWarning"
# Long, and nothing that the shorter ones do not see; and what needs chapters or scripts, which are not there.
LEFT_OUT = "not no_page and not is_documented and not the_pages_know and not that_lacks and not million and not pytorch and not bits_in_every_run and not over_many_random"


@dataclass(frozen=True)
class Mutant:
    """A change of one file, and where it stands."""

    file: str
    definition: str
    before: str
    after: str
    source: str
    body: tuple[int, int] | None = None  # the first and last line of the function's body in which it lies, if in one

    @property
    def key(self) -> tuple[str, str, str]:
        return f"{self.file}.{self.definition}", self.before, self.after

    @property
    def digest(self) -> str:
        """Of this mutant, and of all that has a say in whether it survives."""
        return sha256(f"{self.file}\n{self.source}\n{surroundings(self.file)}".encode()).hexdigest()[:20]

    def __str__(self) -> str:
        return f"{self.file}.{self.definition}\n    - {self.before}\n    + {self.after}".replace("\n      ", "\n    ")


@cache
def surroundings(file: str) -> str:
    """A digest of the package, of the tests that a change of this file has to pass, and of this program."""
    tests = [ROOT / "tests" / f"{name}.py" for stage in STAGES[file] for name in stage]
    conftests = [ROOT / folder / "conftest.py" for folder in TESTS]
    read = [*sorted(PACKAGE.glob("*.py")), *tests, *filter(Path.exists, conftests), Path(__file__)]
    return sha256(b"\n".join(path.read_bytes() for path in read)).hexdigest()


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


def parts(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    """The first and last line of every statement that is no class, and of every statement in a class.

    And the line where a function's body begins, behind the last for what has none.
    """
    statements: list[ast.stmt] = []
    for node in tree.body:
        statements += node.body if isinstance(node, ast.ClassDef) else [node]
    for node in statements:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or first
        yield first, last, node.body[0].lineno if isinstance(node, ast.FunctionDef) else last + 1


def mutants(folder: Path) -> list[Mutant]:
    """Every mutant of every file, each meaning once; part by part, since parsing a whole file each time takes long."""
    found = []
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        tree, rows = ast.parse(source), source.splitlines()
        for first, last, body in parts(tree):
            text = "\n".join(rows[first - 1 : last])
            margin = text[: len(text) - len(text.lstrip())]
            part = textwrap.dedent(text) + "\n"
            seen = {None, meaning(part)}
            for changed in (*by_cosmic_ray(part), *of_rules(part)):
                if (what := meaning(changed)) in seen or EQUAL.search(changed) and not EQUAL.search(part):
                    continue
                seen.add(what)
                new = textwrap.indent(changed, margin).splitlines()
                whole = "\n".join([*rows[: first - 1], *new, *rows[last:]]) + "\n"
                blocks = difflib.SequenceMatcher(None, rows[first - 1 : last], new, autojunk=False).get_opcodes()
                edits = [block for block in blocks if block[0] != "equal"]
                before = "\n".join(row.strip() for _, i, j, *_ in edits for row in rows[first - 1 + i : first - 1 + j])
                after = "\n".join(row.strip() for *_, i, j in edits for row in new[i:j])
                row = first + edits[0][1]
                inside = (body, last) if row >= body else None
                found.append(Mutant(path.stem, definition_at(tree, row), before, after, whole, inside))
    return found


# Running them


class WithoutTorch:
    """A finder of modules that finds no PyTorch: it takes seconds to import."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "torch":
            raise ModuleNotFoundError("no PyTorch among the mutants", name=name)


class Remembering:
    """`subprocess.run`, which asks a C compiler the same thing once only: it takes a second to answer."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.real = folder, subprocess.run
        folder.mkdir()

    def __call__(self, command: Any, *arguments: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
        words = [command] if isinstance(command, str) else [str(word) for word in command]
        if "-shared" not in words:
            return self.real(command, *arguments, **options)
        made = Path(words[words.index("-o") + 1])
        said = [Path(word).read_text() if word.endswith(".c") else word for word in words if word != str(made)]
        known = self.folder / sha256(json.dumps(said).encode()).hexdigest()
        if not known.exists():
            done = self.real(command, *arguments, **options)
            if done.returncode or not made.exists():
                return done
            shutil.copy(made, mine := known.with_suffix(f".{os.getpid()}"))
            mine.replace(known)
        shutil.copy(known, made)
        return subprocess.CompletedProcess(command, 0, "", "")


def warm_up(folder: Path) -> None:
    """Import what every run needs, so that a fork has it; and take PyTorch away."""
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    sys.meta_path.insert(0, WithoutTorch)
    subprocess.run = Remembering(folder)  # type: ignore[assignment]
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


class Reach:
    """For pytest: which tests execute which lines of the package, and which start a Python, whose lines nobody sees.

    What happens before a test begins, or after it, may serve the others of its file as well.
    """

    def __init__(self, package: Path) -> None:
        import coverage

        self.package, self.now, self.apart = package, "", set[str]()
        self.coverage = coverage.Coverage(data_file=None, include=[f"{package}/*"], config_file=False)
        self.remembering = subprocess.Popen.__init__

    def __enter__(self) -> Reach:
        def start(process: Any, command: Any, *arguments: Any, **options: Any) -> None:
            if sys.executable in str(command):
                self.apart.add(self.now)
            self.remembering(process, command, *arguments, **options)

        subprocess.Popen.__init__ = start  # type: ignore[assignment,method-assign]
        self.coverage.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.coverage.stop()

    def switch(self, name: str) -> None:
        self.now = name
        self.coverage.switch_context(name)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.switch(nodeid.partition("::")[0])

    def pytest_runtest_call(self, item: Any) -> None:
        self.switch(item.nodeid)

    def pytest_runtest_teardown(self, item: Any) -> None:
        self.switch(item.nodeid.partition("::")[0])

    def lines(self, file: str) -> dict[str, list[str]]:
        """Tests, or files of tests, by the line of a file that they execute; those that start a Python under ""."""
        found = self.coverage.get_data().contexts_by_lineno(str(self.package / f"{file}.py"))
        return {"": sorted(self.apart)} | {str(line): names for line, names in found.items()}


class Plugin:
    """For pytest: tests that are likely to fail come first, then quick ones; and none computes without end.

    `seconds` tells how long each took on the unchanged package, `killers` which were the last to fail,
    `reaching` which can notice the change, themselves or by the name of their file; None: any.
    All are names of tests; what happens is added to the first two.
    """

    def __init__(self, killers: list[str], seconds: dict[str, float], reaching: set[str] | None) -> None:
        self.killers, self.seconds, self.reaching = killers, seconds, reaching
        self.ends = bool(seconds)  # it is known how long they take

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.reaching is not None:
            items[:] = [item for item in items if {item.nodeid, item.nodeid.partition("::")[0]} & self.reaching]
        files = {item.path: None for item in items}  # in the order of the stage; a file's fixtures are made once
        order = {path: k for k, path in enumerate(files)}
        items.sort(key=lambda item: (order[item.path], self.rank(item.nodeid), self.seconds.get(item.nodeid, 0.0)))

    def rank(self, name: str) -> int:
        return self.killers.index(name) if name in self.killers else len(self.killers)

    def pytest_runtest_logstart(self) -> None:
        """A test that computes for longer than any of ours does, does not end."""
        if self.ends:
            spent = int(time.process_time())
            resource.setrlimit(resource.RLIMIT_CPU, (spent + PATIENCE, resource.RLIM_INFINITY))

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.killers.append(report.nodeid)


@dataclass
class Known:
    """What is known of the tests of a file."""

    seconds: dict[str, float]  # of each on the unchanged package
    lines: dict[str, list[str]]  # tests, or files of tests, by the line of the package's file that they execute
    killers: list[str]  # those that were the last to fail, the last first

    def reaching(self, mutant: Mutant) -> set[str] | None:
        """The tests, or files of tests, that can notice a mutant; None if any may."""
        if mutant.body is None:
            return None
        first, last = mutant.body
        return {name for line, names in self.lines.items() if not line or first <= int(line) <= last for name in names}


def run_tests(slot: Path, stages: list[list[str]], known: Known, reaching: set[str] | None) -> int:
    """In a forked process: run the stages, quietly, until a test fails; 0 if none does."""
    import pytest

    with open(slot / "log", "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(slot)
    sys.path.insert(0, str(slot))
    os.environ["XDG_CACHE_HOME"] = str(slot / "cache")  # a mutant may keep what nobody else should load
    seconds = {**known.seconds}
    with nullcontext() if known.seconds else Reach(slot / "micrograd") as first:
        for stage in stages:
            paths = [f"tests/{name}.py" for name in stage]
            if reaching is not None:
                paths = [path for path in paths if any(name.partition("::")[0] == path for name in reaching)]
            options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:cov", "--import-mode=importlib"]
            options += ["-c", str(slot / "pytest.ini"), "-W", "error", "-W", IMPORTED_ALREADY, "-k", LEFT_OUT]
            plugin = Plugin([*known.killers], seconds, reaching)
            code = pytest.main([*options, *paths], [plugin, *filter(None, [first])]) if paths else 0
            if code not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
                (slot / "killer").write_text("\n".join(plugin.killers[len(known.killers) :]), encoding="utf-8")
                return int(code)
    if first:
        lines = {file: first.lines(file) for file in STAGES}
        (slot / "known").write_text(json.dumps([seconds, lines]), encoding="utf-8")
    return 0


def fork(
    slot: Path, stages: list[list[str]], known: Known, reaching: set[str] | None = None, memory: int | None = None
) -> int:
    """Start tests in a process of their own; its number."""
    sys.stdout.flush()
    (slot / "killer").unlink(missing_ok=True)
    process = os.fork()
    if process:
        return process
    code = 3
    try:
        os.setsid()
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        code = run_tests(slot, stages, known, reaching)
    except BaseException:
        (slot / "log").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def make_slot(folder: Path) -> Path:
    """A place to run one mutant at a time: the package, its tests, and nothing else."""
    shutil.copytree(PACKAGE, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    for tests in TESTS:
        shutil.copytree(ROOT / tests, folder / tests, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = native\n")
    return folder


def prepare(slot: Path, files: set[str]) -> dict[str, Known]:
    """Run the tests on the unchanged package; for each file, what is known then."""
    tests = dict.fromkeys(name for file in sorted(files) for stage in STAGES[file] for name in stage)
    _, status = os.waitpid(fork(slot, [[*tests]], Known({}, {}, [])), 0)
    if status:
        sys.exit("the tests fail on the unchanged package:\n" + (slot / "log").read_text()[-3000:])
    seconds, lines = json.loads((slot / "known").read_text())
    known = {file: Known(seconds, lines[file], killers=[]) for file in files}
    # The tests stay compiled; the package must not, since a mutant may have the same size and time.
    shutil.rmtree(slot / "micrograd" / "__pycache__", ignore_errors=True)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return known


class Results:
    """What came of each mutant, by its digest: whether it survived.  Kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.survived: dict[str, bool] = {}
        self.last: list[list[str]] = []  # the keys of those that survived when they last ran
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.survived, self.last = kept["survived"], kept["last"]

    def add(self, mutant: Mutant, survived: bool) -> None:
        self.survived[mutant.digest] = survived
        self.last = [key for key in self.last if key != [*mutant.key]] + [[*mutant.key]] * survived

    def write(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        text = json.dumps({"survived": self.survived, "last": self.last}, indent=0)
        (new := self.path.with_suffix(".new")).write_text(text, encoding="utf-8")
        new.replace(self.path)


def run_all(
    todo: Sequence[Mutant], slots: list[Path], known: dict[str, Known], until: float, results: Results
) -> None:
    """Run the mutants, until a time."""
    waiting, done = [*todo[::-1]], 0
    running: dict[int, tuple[Mutant, Path, float]] = {}
    limit = 120 + 12 * max(sum(each.seconds.values()) for each in known.values())  # that one may wait for something
    started = time.monotonic()
    while waiting or running:
        if time.monotonic() > until:
            waiting = []
        while waiting and slots:
            mutant, slot = waiting.pop(), slots.pop()
            shutil.rmtree(slot / "cache", ignore_errors=True)
            (slot / "micrograd" / f"{mutant.file}.py").write_text(mutant.source, encoding="utf-8")
            file = known[mutant.file]
            process = fork(slot, STAGES[mutant.file], file, file.reaching(mutant), MEMORY)
            running[process] = mutant, slot, time.monotonic()
        for process, (mutant, slot, since) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended and time.monotonic() - since > limit:
                os.killpg(process, signal.SIGKILL)
                ended, status = os.waitpid(process, 0)
            if ended:
                del running[process]
                shutil.copy(PACKAGE / f"{mutant.file}.py", slot / "micrograd")
                slots.append(slot)
                done += 1
                results.add(mutant, status == 0)
                if status == 0:
                    print(f"survived: {mutant}", flush=True)
                elif (slot / "killer").exists():
                    mine, file = (slot / "killer").read_text().split("\n"), known[mutant.file]
                    file.killers = [*mine, *(name for name in file.killers if name not in mine)]
                if done % 50 == 0 or not (waiting or running):
                    results.write()
                    print(f"{done:5} of {len(todo)}, {time.monotonic() - started:.0f} s", flush=True)
        time.sleep(0.01)


# Judging them


def explained() -> dict[tuple[str, str, str], str]:
    """The reasons in survivors.toml."""
    if not SURVIVORS.exists():
        return {}
    entries = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])
    return {(e["where"], e["before"].strip(), after.strip()): e["why"] for e in entries for after in e["after"]}


def is_called(where: str, names: Sequence[str]) -> bool:
    """Whether a definition is one of those asked for, or within one; with no names, each is."""
    return not names or any(f".{name}." in f".{where}." for name in names)


def judge(chosen: list[Mutant], reasons: dict[tuple[str, str, str], str], results: Results) -> bool:
    """Whether those survived, and no others, for whom a reason is given; says what is not so."""
    survivors = {mutant.key for mutant in chosen if results.survived[mutant.digest]}
    unexplained = [mutant for mutant in chosen if mutant.key in survivors - reasons.keys()]
    stale = reasons.keys() - survivors
    for mutant in unexplained:
        print(f"SURVIVED: {mutant}")
    for where, before, after in sorted(stale):
        made = any(mutant.key == (where, before, after) for mutant in chosen)
        print(f"STALE in {SURVIVORS.name}: {where}, {'killed by now' if made else 'no such mutant'}")
        print(f"    - {before}\n    + {after}")
    lived = sum(mutant.key in survivors for mutant in chosen)
    print(f"{len(chosen) - lived} killed, {lived} survived, of which {len(unexplained)} unexplained")
    return not (unexplained or stale)


def main() -> int:
    parser = argparse.ArgumentParser(description="Does a test notice each change of the package?")
    parser.add_argument("names", nargs="*", help="files or definitions: engine, tanh_rule, Value.backward, ...")
    parser.add_argument("--list", action="store_true", help="name the mutants, run nothing")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many; call again to go on")
    parser.add_argument("--survivors", action="store_true", help="those alone that survived when they last ran")
    parser.add_argument("--anew", action="store_true", help="also those whose end is known")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes

    results = Results(RESULTS)
    chosen = [mutant for mutant in mutants(PACKAGE) if is_called(mutant.key[0], arguments.names)]
    reasons = {key: why for key, why in explained().items() if is_called(key[0], arguments.names)}
    if arguments.survivors:
        chosen = [mutant for mutant in chosen if [*mutant.key] in results.last]
        reasons = {mutant.key: reasons[mutant.key] for mutant in chosen if mutant.key in reasons}
    if arguments.list:
        print(*chosen, f"{len(chosen)} mutants", sep="\n")
        return 0
    todo = [mutant for mutant in chosen if arguments.anew or mutant.digest not in results.survived]
    print(f"{len(chosen)} mutants, of which the end of {len(chosen) - len(todo)} is known", flush=True)
    if todo:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            warm_up(Path(folder, "compiled"))
            first = make_slot(Path(folder, "0"))
            known = prepare(first, {mutant.file for mutant in todo})
            slots = [first, *(Path(folder, str(number)) for number in range(1, WORKERS))]
            for slot in slots[1:]:
                shutil.copytree(first, slot)
            took = sum(next(iter(known.values())).seconds.values())
            print(f"the unchanged package takes {took:.1f} s", flush=True)
            try:
                run_all(todo, slots, known, until, results)
            finally:
                results.write()
    left = sum(mutant.digest not in results.survived for mutant in chosen)
    if left:
        print(f"{left} are left: call again to go on")
        return 2
    return 0 if judge(chosen, reasons, results) else 1


if __name__ == "__main__":
    sys.exit(main())
