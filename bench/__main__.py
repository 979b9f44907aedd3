"""Measure this engine, its compiled forms and their peers, side by side.

Every contestant is a process of its own.  They take turns, one short burst each in every
round, and ratios are taken within a round, so that what else the machine does strikes all
alike.  Before it is timed, each has to arrive at the losses of bench/workloads.py.

    make bench                                            everything, into bench/results.json
    make bench ARGS="--quick"                             roughly, in a few minutes; only shown
    make bench ARGS="--workloads moons100 wide"           some of it; only shown
    make bench ARGS="--contestants native64 torch jax"    some of them; only shown
    make bench ARGS="--renew chain rss"                   these anew, into bench/results.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from bench import install
from bench.goals import goals
from bench.machine import machine
from bench.plan import ENTRANTS, EXPECTED, IMPORTS, WORKLOADS, Workload
from bench.results import COMMITTED, Results, ratios, spread

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build" / "bench"
TOLERANCE = {"float64": 1e-9, "float32": 2e-3}  # of losses: rounding, and what training makes of it


class Unable(Exception):
    """A contestant cannot do this; the message says why."""


class Slow(Unable):
    """It could, but nobody would wait for it."""


@dataclass
class Effort:
    """How much is put into it."""

    rounds: int  # at most
    burst: float  # seconds
    budget: float  # seconds of bursts for each contestant in each workload
    patience: float  # seconds for the steps that are checked
    limit: float  # seconds for an answer


FULL = Effort(rounds=15, burst=0.2, budget=25, patience=30, limit=900)
QUICK = Effort(rounds=5, burst=0.1, budget=3, patience=10, limit=600)


def say(text: str) -> None:
    print(text, flush=True)


# Workers


class Worker:
    """A contestant's process, asked by lines of JSON."""

    def __init__(self, name: str, limit: float, fresh: Path | None = None) -> None:
        self.limit = limit
        words = [str(install.PYTHON), "-m", "bench.worker", name]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment(fresh, name == "native-new"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )
        try:
            self.answer()
        except Unable:
            self.end()
            raise

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        assert self.process.stdin
        try:
            self.process.stdin.write((json.dumps({"do": what, **details}) + "\n").encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended: its answer says why
        return self.answer()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            if not waiting.select(self.limit):
                self.end()
                raise Unable(f"no answer within {self.limit:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Unable(f"its process ended with {self.process.returncode}: {self.last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "unable" in answer:
            raise Unable(answer["unable"])
        return answer

    def last_words(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "without a word"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            assert stream
            try:
                stream.close()
            except BrokenPipeError:
                pass


def environment(fresh: Path | None = None, anew: bool = False) -> dict[str, str]:
    """A worker's variables; `fresh` is a folder for what compilers keep,
    where that should be empty.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    caches = fresh or BUILD / "kept"
    if fresh and anew:
        # Where micrograd.compile keeps the machine that it builds once.
        kept["XDG_CACHE_HOME"] = str(fresh)
    kept |= {
        "TORCHINDUCTOR_CACHE_DIR": str(caches / "torch"),
        "TRITON_CACHE_DIR": str(caches / "triton"),
    }
    # One core for everybody: with nets so small a second one is more often in the way.
    kept |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return kept | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}


# Measuring


def check(name: str, losses: Sequence[float], expected: Sequence[float]) -> float:
    """How far the losses are from the expected ones, if not too far."""
    apart = [abs(a - b) / abs(b) for a, b in zip(losses, expected, strict=False)]
    if not all(x <= TOLERANCE[ENTRANTS[name].precision] for x in apart):  # which NaN is not, either
        raise Unable(f"its losses are wrong: {losses[:3]} for {list(expected[:3])}")
    return max(apart)


def takes_part(k: int, rounds: int, times: int) -> bool:
    """Whether one who can afford `times` of the rounds is in the k-th: evenly spread."""
    return k * times // rounds != (k - 1) * times // rounds


def measure_steps(workload: Workload, names: Iterable[str], effort: Effort) -> dict[str, Any]:
    """Workers that stay take their bursts in turn."""
    workers: dict[str, Worker] = {}
    results: dict[str, Any] = {}
    plans: dict[str, tuple[int, int]] = {}  # steps in a burst, rounds it takes part in
    try:
        for name in names:
            say(f"    {ENTRANTS[name].name}: is it right?")
            try:
                worker = workers[name] = Worker(name, effort.limit)
                apart, plans[name] = examine(worker, name, workload, effort)
                results[name] = {"checked": apart, "rounds": []}
            except Unable as why:
                results[name] = {"unable": str(why), "failed": not isinstance(why, Slow)}
                say(f"      no: {why}")
                if name in workers:
                    workers.pop(name).end()
        for k in range(effort.rounds):
            say(f"    round {k + 1} of {effort.rounds}")
            for name, worker in workers.items():
                count, times = plans[name]
                taken = None
                if takes_part(k, effort.rounds, times):
                    taken = worker.ask("steps", count=count)["seconds"] / count
                results[name]["rounds"].append(taken)
    finally:
        for worker in workers.values():
            worker.end()
    return results


def examine(
    worker: Worker, name: str, workload: Workload, effort: Effort
) -> tuple[float, tuple[int, int]]:
    """How far its losses are from the expected ones, and how it will be measured.

    Raises:
        Unable: they are too far, or a step takes longer than anybody would wait.
    """
    task = BUILD / f"{workload.task}.json"
    answer = worker.ask("check", task=str(task), patience=effort.patience)
    apart = check(name, answer["losses"], json.loads(task.read_text())["losses"])
    if answer["pace"] > effort.patience:
        raise Slow(f"left out: a step takes {answer['pace']:.0f} s")
    return apart, plan_bursts(worker, answer, effort)


def plan_bursts(worker: Worker, answer: dict[str, Any], effort: Effort) -> tuple[int, int]:
    """How many steps make a burst, and how many rounds one can afford."""
    stride, pace, count = answer["stride"], answer["pace"], answer["stride"]
    if pace < effort.burst:
        worker.ask("steps", count=count)  # it may compile something for so many steps
    while pace * count < effort.burst / 4:  # warming up, until it is long enough to be believed
        pace = worker.ask("steps", count=count)["seconds"] / count
        count *= 4
    count = max(1, round(effort.burst / pace / stride)) * stride
    return count, max(1, min(effort.rounds, int(effort.budget / (pace * count))))


def measure_once(workload: Workload, names: list[str], effort: Effort) -> dict[str, Any]:
    """A fresh process each time."""
    results: dict[str, Any] = {name: {"rounds": []} for name in names}
    losses: dict[str, list[float]] = {}
    for k in range(min(effort.rounds, workload.most)):
        for name in names:
            if "unable" in results[name]:
                continue
            if k and results[name]["rounds"][0] > effort.budget:
                results[name]["rounds"].append(None)  # slow ones rest
                continue
            say(f"    round {k + 1}: {ENTRANTS[name].name}")
            try:
                answer = ask_once(workload, name, effort)
                if "losses" in answer:
                    results[name]["checked"] = check(name, answer["losses"], expected_of(workload))
                    losses[name] = answer["losses"]
                results[name]["rounds"].append(answer["measured"])
            except Unable as why:
                results[name] = {"unable": str(why), "failed": True}
                say(f"      no: {why}")
    for name, mine in losses.items():
        if workload.how == "demo" and "ours" in losses and "unable" not in results[name]:
            results[name]["apart"] = max(
                abs(a - b) for a, b in zip(mine, losses["ours"], strict=True)
            )
    return results


def ask_once(workload: Workload, name: str, effort: Effort) -> dict[str, Any]:
    if workload.how == "import":
        return {"measured": import_seconds(name)}
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(name, effort.limit, Path(folder))
        try:
            if workload.task:
                return worker.ask(workload.how, task=str(BUILD / f"{workload.task}.json"))
            return worker.ask(workload.how, length=workload.size)
        finally:
            worker.end()


def expected_of(workload: Workload) -> list[float]:
    """The losses to arrive at, or a chain's end and slopes."""
    if workload.how == "chain":
        return chain_by_hand(workload.size)
    task = json.loads((BUILD / f"{workload.task}.json").read_text())
    expected: list[float] = task["demo" if workload.how == "demo" else "losses"]
    return expected


def chain_by_hand(length: int) -> list[float]:
    """The chain's end and its slopes, carried along from the front."""
    a, b = 0.999999, 1e-6
    y, to_a, to_b = a, 1.0, 0.0
    for _ in range(length // 2):
        y, to_a, to_b = y * a + b, to_a * a + y, to_b * a + 1
    return [y, to_a, to_b]


def import_seconds(name: str) -> float:
    """What importing adds to the time from a process's start to its end."""
    published = ENTRANTS[name].kind in ("classic", "peer")
    folder = install.VENV if published else ROOT
    taken = []
    for statement in ("pass", f"import {IMPORTS[name]}"):
        started = time.perf_counter()
        done = subprocess.run(
            [install.PYTHON, "-c", statement],
            cwd=folder,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
        )
        taken.append(time.perf_counter() - started)
        if done.returncode:
            raise Unable((done.stderr.strip() or "it ended without a word").splitlines()[-1])
    return taken[1] - taken[0]


def summarise(results: dict[str, Any]) -> dict[str, Any]:
    """Medians, quartiles, and ratios within the rounds."""
    for entry in results.values():
        if "unable" in entry:
            continue
        entry["rounds"] = [x if x is None else float(f"{x:.6g}") for x in entry["rounds"]]
        low, middle, high = spread([x for x in entry["rounds"] if x is not None])
        entry.update(median=middle, quartiles=[low, high])
        for other, key in (("classic", "to_classic"), ("torch", "to_torch")):
            theirs = results.get(other, {}).get("rounds")
            both = ratios(entry["rounds"], theirs) if theirs else []
            entry[key] = [float(f"{x:.6g}") for x in spread(both)] if both else None
    return results


# What it ran on


def compiler() -> str:
    found = shutil.which("cc")
    if not found:
        return ""
    first = subprocess.run(
        [found, "--version"], capture_output=True, encoding="utf-8"
    ).stdout.splitlines()[0]
    name, *_, version = first.split()
    return f"{'gcc' if name == 'cc' else name} {version}"


def versions() -> dict[str, str]:
    site = subprocess.run(
        [install.PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, encoding="utf-8", check=True,
    ).stdout.strip()
    return {found.name.lower(): found.version for found in metadata.distributions(path=[site])}


# Showing


def show(results: Results, workload: str) -> None:
    head, rows = results.head(workload), results.rows(workload)
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    say("")
    for row in [head, *rows]:
        who, *numbers = row
        cells = [
            who.ljust(widths[0]),
            *(cell.rjust(w) for cell, w in zip(numbers, widths[1:], strict=True)),
        ]
        say("    " + "  ".join(cells).rstrip())
    for name, why in results.unable(workload).items():
        say(f"    {ENTRANTS[name].name}: {why}")
    say("")


def show_goals(results: Results) -> None:
    say("Goals")
    judged = goals(results)
    for goal in judged:
        if goal["met"] is not None:
            met = "met" if goal["met"] else "NOT MET"
            say(
                f"    {met:8}  {goal['name']}: wanted {goal['wanted']}, measured {goal['measured']}"
            )
    others = sum(goal["met"] is None for goal in judged)
    if others:
        say(f"    and {others} that were not measured")


def surprises(results: Results) -> list[str]:
    """Who failed though nobody expected it, and who did not though everybody did."""
    found = []
    for workload, measured in results.content["workloads"].items():
        for name, entry in measured["results"].items():
            beginning, _ = EXPECTED.get((workload, name), ("", ""))
            failed, where = (
                entry.get("failed", False),
                f"{measured['title']}: {ENTRANTS[name].name}",
            )
            if failed and not (beginning and entry["unable"].startswith(beginning)):
                found.append(f"{where} failed: {entry['unable']}")
            elif beginning and "unable" not in entry:
                found.append(f"{where} was expected to fail ({beginning}), and did not")
    return found


def renewed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The old results with some workloads measured anew, each with its date.

    A workload is measured whole, all in it in turn, so that one stands by itself;
    the rest must have been measured on the same machine, with the same versions.
    """
    apart = [key for key in ("machine", "versions", "left_out") if old[key] != new[key]]
    if apart:
        raise Unable(
            f"measure everything: the {', the '.join(apart)} of the results that there are differ "
            "from these"
        )
    dated = {name: {**entry, "date": new["date"]} for name, entry in new["workloads"].items()}
    workloads = {**old["workloads"], **dated}
    return {**old, "workloads": {name: workloads[name] for name in WORKLOADS if name in workloads}}


def write(content: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """What was asked for; what contradicts itself ends in a word about it."""
    parser = argparse.ArgumentParser(prog="make bench", description=str(__doc__).split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, roughly")
    for option, known in (("--workloads", list(WORKLOADS)), ("--contestants", list(ENTRANTS))):
        parser.add_argument(
            option, nargs="+", choices=known, default=known,
            metavar=option.strip("-s").upper(), help=", ".join(known),
        )  # fmt: skip
    parser.add_argument(
        "--renew", nargs="+", choices=WORKLOADS, metavar="WORKLOAD",
        help="measure these anew, with everybody, and put them into bench/results.json",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, help="how many rounds at most")
    parser.add_argument(
        "--out", type=Path, help="where to write; bench/results.json by default, if all is measured"
    )
    chosen = parser.parse_args()
    partly = chosen.quick or chosen.rounds or len(chosen.contestants) < len(ENTRANTS)
    if chosen.renew and partly:
        parser.error(
            "what is put into bench/results.json is measured in all its rounds, and with everybody"
        )
    chosen.workloads = chosen.renew or chosen.workloads
    chosen.whole = not partly and len(chosen.workloads) == len(WORKLOADS)
    return chosen


def blank(chosen: argparse.Namespace, left_out: dict[str, str]) -> dict[str, Any]:
    """The results before anything is measured: when, where, and who takes part."""
    return {
        "format": 1,
        "date": date.today().isoformat(),
        "quick": not chosen.whole,
        "machine": machine(python=platform.python_version(), compiler=compiler()),
        "versions": versions(),
        "left_out": left_out,
        "contestants": {
            name: {
                key: getattr(entrant, key) for key in ("name", "kind", "precision", "collector")
            }
            for name, entrant in ENTRANTS.items()
        },
        "workloads": {},
    }


def absent() -> dict[str, str]:
    """Who cannot take part here, and why; what can be installed is."""
    missing = install.install()
    return {
        name: next(f"{need} {missing[need]}" for need in entrant.needs if need in missing)
        for name, entrant in ENTRANTS.items()
        if any(need in missing for need in entrant.needs)
    }


def measure(
    workload: Workload, chosen: argparse.Namespace, left_out: dict[str, str]
) -> dict[str, Any]:
    """One workload, by everybody who was asked for."""
    effort = Effort(**asdict(QUICK if chosen.quick else FULL))
    effort.rounds = chosen.rounds or effort.rounds
    names = [who for who in workload.entrants if who in chosen.contestants and who not in left_out]
    by = measure_steps if workload.how == "steps" else measure_once
    return {
        "title": workload.title,
        "what": workload.what,
        "unit": workload.unit,
        "results": summarise(by(workload, names, effort))
        | {who: {"unable": why} for who, why in left_out.items() if who in workload.entrants},
    }


def main() -> int:
    chosen = arguments()
    left_out = absent()
    subprocess.run(
        [install.PYTHON, "-m", "bench.workloads", BUILD], cwd=ROOT, env=environment(), check=True
    )
    content = blank(chosen, left_out)
    started = time.monotonic()
    for count, name in enumerate(chosen.workloads, 1):
        workload, passed = WORKLOADS[name], time.monotonic() - started
        say(
            f"[{count}/{len(chosen.workloads)}] {workload.title}: {workload.what} ({passed:.0f} s)"
        )
        content["workloads"][name] = measure(workload, chosen, left_out)
        show(Results(content), name)
        write(content, BUILD / "results.json")  # so far
    return conclude(chosen, content)


def conclude(chosen: argparse.Namespace, content: dict[str, Any]) -> int:
    """Write what was found where it belongs, and say what nobody expected."""
    wrong = surprises(Results(content))
    out = chosen.out or (COMMITTED if chosen.whole or chosen.renew else BUILD / "results.json")
    if wrong:
        out = BUILD / "results.json"
    elif chosen.renew:
        before = json.loads(COMMITTED.read_text(encoding="utf-8"))
        content = renewed(before, {**content, "quick": False})
    results = Results(content)
    show_goals(results)
    write(content, out)
    place = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
    say(f"\n{results.stamp}\nWritten to {place}.")
    for what in wrong:
        say(f"NOT AS PLANNED (bench/plan.py, EXPECTED): {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
