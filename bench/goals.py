"""What the measurements are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.plan import ENTRANTS, WORKLOADS
from bench.results import Results, in_seconds, significant

PACKAGE = Path(__file__).resolve().parent.parent / "micrograd"
# The rest is the compiler.
ENGINE = (
    "__init__",
    "engine",
    "nn",
    "losses",
    "optim",
    "data",
    "draw",
    "gradcheck",
)
Goal = dict[str, Any]


def goals(results: Results) -> list[Goal]:
    """Each goal: its name, what is wanted, what was measured,
    and whether it is met (None: not measured).
    """
    moons, wide, digits = "moons100", "wide", "digits"
    found = [
        faster(results, moons, "ours", "classic", 8),
        faster(results, moons, "ours-nogc", "classic-nogc", 1.5),
        below(results, "chain", "ours", 60),
        below(results, "import", "ours", 0.030),
        faster(results, moons, "numpy", "torch", 4),
        faster(results, moons, "numpy", "jax", 1 / 1.25),  # on a par
        faster(results, moons, "native64", "torch", 55),
        faster(results, moons, "native64", "torch-compile", 40),
        faster(results, moons, "native64", "jax", 12),
        faster(results, moons, "native64", "jax-scan", 1.5),
        faster(results, moons, "native64", "hand", 1 / 1.4),
        faster(results, wide, "native64", "torch", 5),
        faster(results, wide, "native64", "jax", 1.4),
        faster(results, wide, "native64", "hand", 1),
        faster(results, digits, "native64", "torch", 1),
        faster(results, digits, "native64", "torch-compile", 1),
        faster(results, digits, "native64", "jax", 1),
        below(results, "demo", "native64", 0.5),
        same_losses(results),
        below(results, "trace", "native64", 0.3),
        below(results, "trace", "numpy", 0.3),
        *(linear(results, name) for name in ("numpy", "native64")),
        short(PACKAGE, 450),
    ]
    return found


def goal(name: str, wanted: str, measured: str | None, met: bool | None) -> Goal:
    return {"name": name, "wanted": wanted, "measured": measured, "met": met}


def faster(results: Results, workload: str, mine: str, other: str, times: float) -> Goal:
    """So many times as fast as another, in the median of the rounds."""
    who = f"{title(workload)}: {called(mine)} against {called(other)}"
    wanted = f"at least {significant(times)} times as fast" if times > 1 else "as fast or faster"
    if times < 1:
        wanted = f"at most {significant(1 / times)} times as long"
    if not (results.has(workload, mine) and results.has(workload, other)):
        return goal(who, wanted, None, None)
    ratio = results.ratio(workload, mine, other)
    measured = (
        f"{significant(ratio, 3)} times as fast"
        if times >= 1
        else f"{significant(1 / ratio, 3)} times as long"
    )
    return goal(who, wanted, measured, ratio >= times)


def below(results: Results, workload: str, mine: str, seconds: float) -> Goal:
    """In less than so many seconds."""
    who, wanted = f"{title(workload)}: {called(mine)}", f"under {in_seconds(seconds)}"
    if not results.has(workload, mine):
        return goal(who, wanted, None, None)
    measured = results.seconds(workload, mine)
    return goal(who, wanted, in_seconds(measured), measured < seconds)


def same_losses(results: Results) -> Goal:
    """The demonstration's hundred losses, compiled, against the interpreted ones."""
    who, wanted = (
        "the classic's demonstration: losses of native and interpreted code",
        "equal to 1e-12",
    )
    apart = (
        results.entry("demo", "native64").get("apart") if results.has("demo", "native64") else None
    )
    if apart is None:
        return goal(who, wanted, None, None)
    return goal(who, wanted, f"{apart:.1e} apart at most", apart <= 1e-12)


def linear(results: Results, mine: str) -> Goal:
    """Hundred times the nodes take not much more than hundred times as long."""
    who = f"tracing and compiling a million nodes against ten thousand: {called(mine)}"
    wanted = "at most 200 times as long"
    if not (results.has("grow4", mine) and results.has("grow6", mine)):
        return goal(who, wanted, None, None)
    growth = results.seconds("grow6", mine) / results.seconds("grow4", mine)
    return goal(who, wanted, f"{significant(growth, 3)} times as long", growth <= 200)


def short(package: Path, most: int) -> Goal:
    """Lines, without empty ones, of the compiler and all its back ends, C among them."""
    paths = [path for path in sorted(package.glob("*.py")) if path.stem not in ENGINE]
    counts = [
        sum(map(bool, map(str.strip, path.read_text(encoding="utf-8").splitlines())))
        for path in paths
    ]
    each = ", ".join(f"{count} of {path.name}" for count, path in zip(counts, paths, strict=True))
    name, wanted = "lines of code of the compiler and its back ends", f"about {most} at most"
    return goal(name, wanted, f"{sum(counts):,}: {each}", sum(counts) <= most)


def title(workload: str) -> str:
    return WORKLOADS[workload].title


def called(contestant: str) -> str:
    return ENTRANTS[contestant].name
