"""What `make bench` measured, for the pages: numbers, tables, and a ladder.

    from figures.measured.bench import bench, ladder, table

    table('moons100', 'classic', 'ours', 'torch')
"""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

from bench import goals as judge
from bench.plan import EXPECTED, WORKLOADS
from bench.results import Results, joined, significant
from figures.measured.table import Table
from figures.palette import DATA, FAINT, FOURTH, GRAD, INK, RULE

bench = Results.read()

COLOURS = {"classic": FAINT, "ours": DATA, "compiled": GRAD, "peer": INK, "hand": FOURTH}
MARKERS = {"classic": "o", "ours": "D", "compiled": "D", "peer": "s", "hand": "^"}

#: Matplotlib in the book's style: text stays text, and the same drawing is the same bytes.
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "micrograd",
    "font.family": "DejaVu Sans Mono",
    "font.size": 9.4,
    "xtick.labelsize": 8.6,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": FAINT,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.transparent": True,
    "figure.dpi": 72,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.04,
}


#: Workloads in which others take part, too.
SHOWN = [
    name for name, workload in WORKLOADS.items() if {"torch", "autograd"} <= {*workload.entrants}
]


def table(workload: str, *contestants: str, to: tuple[str, ...] = ("classic", "torch")) -> Table:
    """Who took how long, and how many times as fast as those of `to` that is.

    Args:
        workload: its id.
        contestants: their ids, in the order of the rows; if none, all, slowest first.
            Those who could not take part are left out.
        to: whom to compare with.
    """
    head = ["", bench.head(workload, to)[1].split(",")[0], *bench.head(workload, to)[3:]]
    rows = [
        [who, time, *times] for who, time, _, *times in bench.rows(workload, *contestants, to=to)
    ]
    return Table(head, rows, bench.stamp_of(workload))


def spreads(workload: str) -> Table:
    """Everybody, with the quartiles of their times; a quick run may have left a workload out."""
    if workload not in bench.content["workloads"]:
        return Table(["", "time"], [["not measured in this run", ""]])
    anew = "date" in bench.content["workloads"][workload]
    return Table(
        bench.head(workload), bench.rows(workload), bench.stamp_of(workload) if anew else ""
    )


def unable(workload: str) -> Table:
    """Who could not take part, with what it said, and why that is so."""
    said = bench.unable(workload) if workload in bench.content["workloads"] else {}
    rows = [
        [bench.name(name), said[name], EXPECTED.get((workload, name), ("", ""))[1]] for name in said
    ]
    return Table(["", "what it says", "why"], rows)


def ahead() -> Table:
    """For each workload the fastest (or smallest) of this book, in float64,
    and who is ahead of it.
    """
    rows = []
    for workload in bench.content["workloads"]:
        if workload in SHOWN:
            best, others = bench.ahead(workload)
            names = joined([bench.name(name) for name in others]) or "nobody"
            rows.append([bench.workload(workload)["title"], bench.name(best), names])
    return Table(["", "the fastest of this book", "ahead of it"], rows)


def goals() -> Table:
    """What was aimed at, and what was reached."""
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [
        [goal["name"], goal["wanted"], goal["measured"] or "", words[goal["met"]]]
        for goal in judge.goals(bench)
    ]
    return Table(["goal", "wanted", "measured", "reached"], rows)


def ladder(workload: str, *contestants: str) -> None:
    """Steps a second, each contestant on its rung; every rung up is a tenth of the time.

    Args:
        workload: its id.
        contestants: their ids; if none, all. They are sorted, the slowest at the bottom.
    """
    order = [name for name in bench.contestants(workload) if not contestants or name in contestants]
    plt.style.use(STYLE)
    set_matplotlib_formats(  # type: ignore[no-untyped-call]
        "svg", metadata={"Date": None, "Creator": None}
    )
    fig, ax = plt.subplots(figsize=(5.0, 0.7 + 0.38 * len(order)), layout="constrained")
    paces = [1 / bench.seconds(workload, name) for name in order]
    for y, (name, pace) in enumerate(zip(order, paces, strict=True)):
        kind = bench.content["contestants"][name]["kind"]
        few, many = (1 / x for x in reversed(bench.entry(workload, name)["quartiles"]))
        ax.plot([paces[0] * 0.7, pace], [y, y], color=RULE, linewidth=0.8, zorder=0)
        ax.plot([few, many], [y, y], color=COLOURS[kind], linewidth=2.6, alpha=0.4)
        ax.plot(pace, y, MARKERS[kind], color=COLOURS[kind])
        for text, x, offset in (
            (significant(pace), pace, (6, -1.5)),
            (bench.name(name), paces[0] * 0.7, (0, 9)),
        ):
            ax.annotate(
                text,
                (x, y),
                xytext=offset,
                textcoords="offset points",
                color=COLOURS[kind],
                va="center",
            )
    ax.set(xscale="log", xlabel="steps a second", ylim=(-0.5, len(order) - 0.2))
    ax.set_xlim(paces[0] * 0.7, paces[-1] * 6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    fig.text(0.0, -0.01, textwrap.fill(bench.stamp, 76), va="top", size=7, color=FAINT)
