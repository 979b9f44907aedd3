"""Who takes part in what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    """A contestant by its id: what it is called, and where its class is."""

    name: str
    kind: str  # classic, ours, compiled, peer, hand
    where: str  # module:Class in bench.contestants
    needs: tuple[str, ...] = ()
    precision: str = "float64"
    collector: str = "on"


CLASSIC = "published:Classic"
ENTRANTS = {
    "classic": Entrant("the classic as shipped", "classic", CLASSIC, ("micrograd",)),
    "classic-nogc": Entrant(
        "the classic, collector off", "classic", CLASSIC, ("micrograd",), collector="off"
    ),
    "ours": Entrant("this engine", "ours", "ours:Ours"),
    "ours-nogc": Entrant("this engine, collector off", "ours", "ours:Ours", collector="off"),
    "python": Entrant("compiled: plain Python", "compiled", "compiled:Python"),
    "numpy": Entrant("compiled: NumPy", "compiled", "compiled:NumPy", ("numpy",)),
    "native64": Entrant("compiled: native, float64", "compiled", "compiled:Compiled"),
    "native32": Entrant(
        "compiled: native, float32", "compiled", "compiled:Native32", precision="float32"
    ),
    "native-new": Entrant(
        "compiled: native, its machine built first", "compiled", "compiled:Compiled"
    ),
    "whole": Entrant(
        "compiled: the notebook's loss untouched, native", "compiled", "compiled:Whole"
    ),
    "torch": Entrant("PyTorch eager, float64", "peer", "pytorch:Eager", ("torch",)),
    "torch32": Entrant("PyTorch eager, float32", "peer", "pytorch:Eager32", ("torch",), "float32"),
    "torch-lean": Entrant(
        "PyTorch eager without modules, float64", "peer", "pytorch:Lean", ("torch",)
    ),
    "torch-compile": Entrant("torch.compile, float64", "peer", "pytorch:Compiled", ("torch",)),
    "torch-compile32": Entrant(
        "torch.compile, float32", "peer", "pytorch:Compiled32", ("torch",), "float32"
    ),
    "torch-whole": Entrant(
        "torch.compile of the whole step, float64", "peer", "pytorch:Whole", ("torch",)
    ),
    "jax": Entrant("JAX jit, float64", "peer", "jaxes:Jit", ("jax",)),
    "jax32": Entrant("JAX jit, float32", "peer", "jaxes:Jit32", ("jax",), "float32"),
    "jax-unread": Entrant(
        "JAX jit, losses read at the end, float64", "peer", "jaxes:Unread", ("jax",)
    ),
    "jax-scan": Entrant("JAX jit of 100 steps, float64", "peer", "jaxes:Scan", ("jax",)),
    "jax-scan32": Entrant(
        "JAX jit of 100 steps, float32", "peer", "jaxes:Scan32", ("jax",), "float32"
    ),
    "autograd": Entrant("HIPS autograd, float64", "peer", "hips:Autograd", ("autograd",)),
    "tinygrad": Entrant("tinygrad, TinyJit, float64", "peer", "tiny:Tinygrad", ("tinygrad",)),
    "hand": Entrant("C by hand, float64", "hand", "hand:Hand"),
}


@dataclass(frozen=True)
class Workload:
    """What is measured: `steps` in workers that stay,
    or something `once` in a fresh process each time.
    """

    title: str
    what: str
    # steps, or what the worker does once: trace, ready, demo, chain, memory, rss; or import
    how: str
    entrants: tuple[str, ...]
    task: str = ""
    unit: str = "s"
    size: int = 0
    most: int = 10**6  # rounds at most


ALL = tuple(name for name in ENTRANTS if name != "native-new")
SINGLE = tuple(name for name in ALL if name != "whole")
# From a cold start, those who differ in their names only are left out.
COLD = tuple(
    name
    for name in ALL
    if name not in ("torch-lean", "torch-whole", "torch-compile32", "jax-unread")
)
INTERPRETED = ("classic", "classic-nogc", "ours", "ours-nogc", "torch", "autograd")
COMPILED = ("python", "numpy", "native64", "native32")
STEP = "one step of full-batch gradient descent, its loss read as a number"

WORKLOADS = {
    "moons100": Workload(
        "two moons, 100 points",
        f"MLP(2, [16, 16, 1]), hinge loss and penalty: {STEP}",
        "steps",
        ALL,
        "moons100",
    ),
    "moons1": Workload(
        "two moons, 1 point",
        f"MLP(2, [16, 16, 1]), hinge loss and penalty: {STEP}",
        "steps",
        ALL,
        "moons1",
    ),
    "wide": Workload(
        "two moons, a wider net",
        f"MLP(2, [64, 64, 1]), 100 points, hinge loss and penalty: {STEP}",
        "steps",
        SINGLE,
        "wide",
    ),
    "digits": Workload(
        "digits of 8 by 8 pixels",
        "MLP(64, [32, 10]), cross-entropy and penalty: one step on the "
        "next 32 of 1,792 digits, its loss read as a number",
        "steps",
        SINGLE,
        "digits",
    ),
    "chain": Workload(
        "a chain of a million nodes",
        "built, and walked back",
        "chain",
        INTERPRETED,
        size=10**6,
        most=5,
    ),
    "memory": Workload(
        "memory of a node, as Python counts it",
        "bytes a node in a chain, by tracemalloc",
        "memory",
        ("classic", "ours", "autograd"),
        unit="bytes",
        size=10**5,
        most=1,
    ),
    "rss": Workload(
        "memory of a node, as the system counts it",
        "growth of the process, in bytes a node of a chain",
        "rss",
        ("classic", "ours", "torch", "autograd"),
        unit="bytes",
        size=3 * 10**5,
        most=3,
    ),
    "import": Workload(
        "importing it",
        "seconds more than a bare Python takes to start and end",
        "import",
        ("classic", "ours", "numpy", "native64", "torch", "jax", "autograd", "tinygrad"),
        most=9,
    ),
    "trace": Workload(
        "tracing and compiling the step of two moons",
        "from a built model to a step function, in a fresh process",
        "trace",
        (*COMPILED, "whole"),
        "moons100",
        most=5,
    ),
    "ready": Workload(
        "from the data to the first loss",
        "model, tracing, compiling and the first step of two moons, "
        "in a fresh process; imports and whatever a tool keeps on disk for good are not counted",
        "ready",
        (*COLD, "native-new"),
        "moons100",
        most=3,
    ),
    "demo": Workload(
        "the classic's demonstration",
        "a hundred steps of two moons from start to end, compiling included, in a fresh process",
        "demo",
        COLD,
        "moons100",
        most=3,
    ),
    "grow4": Workload(
        "tracing and compiling, 10,000 nodes",
        "a loss of MLP(70, [70, 1])",
        "trace",
        ("numpy", "native64"),
        "grow4",
        most=3,
    ),
    "grow5": Workload(
        "tracing and compiling, 100,000 nodes",
        "a loss of MLP(223, [223, 1])",
        "trace",
        ("numpy", "native64"),
        "grow5",
        most=3,
    ),
    "grow6": Workload(
        "tracing and compiling, 1,000,000 nodes",
        "a loss of MLP(706, [706, 1])",
        "trace",
        ("numpy", "native64"),
        "grow6",
        most=3,
    ),
}

RECURSION = (
    "It walks by recursion, one call for each node, "
    "and Python allows a thousand calls or so within each other."
)

#: Who cannot do what: the beginning of what they say, and why that was to be expected.
#: A failure that is not here is one of the bench, and so is one here that does not happen.
EXPECTED = {
    ("chain", "classic"): ("RecursionError", RECURSION),
    ("chain", "classic-nogc"): ("RecursionError", RECURSION),
}

IMPORTS = {
    "classic": "micrograd.engine, micrograd.nn",
    "ours": "micrograd.engine, micrograd.nn, micrograd.losses, micrograd.optim",
    "numpy": "micrograd.layers, micrograd.nn, micrograd.losses, micrograd.optim, numpy",
    "native64": "micrograd.native, micrograd.nn, micrograd.losses, micrograd.optim",
    "torch": "torch",
    "jax": "jax",
    "autograd": "autograd.numpy",
    "tinygrad": "tinygrad",
}
