"""What a page shows of the committed results."""

import matplotlib.pyplot as plt
import pytest
from figures.measured.bench import ahead, bench, goals, ladder, spreads, table, unable

from bench import goals as judge
from bench.plan import WORKLOADS


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_table_is_rectangular(workload):
    shown = spreads(workload)
    assert shown.rows
    assert {len(row) for row in shown.rows} == {len(shown.head)}


def test_a_table_names_those_who_were_asked_for_in_that_order():
    shown = table("moons100", "torch", "ours")
    assert [row[0] for row in shown.rows] == [bench.name("torch"), bench.name("ours")]
    assert [row[1] for row in shown.rows] == [bench.text("moons100", "torch"), bench.text("moons100", "ours")]


def test_a_table_says_when_and_on_what_it_was_measured():
    assert bench.stamp in table("moons100", "ours")._repr_markdown_()
    assert bench.content["machine"]["processor"] in bench.stamp


def test_a_table_compares_with_whom_it_is_told_to():
    shown = table("moons100", "ours", "torch", to=("ours",))
    assert shown.head[-1] == f"× {bench.name('ours')}"
    assert table("moons100", "ours").head[-1] == "× PyTorch eager"
    assert shown.rows[0][-1] == "1.0"


def test_goals_are_all_shown():
    shown = goals()
    assert len(shown.rows) == len(judge.goals(bench))
    assert all(row[3] in ("yes", "**no**", "not measured") for row in shown.rows)


def test_whoever_could_not_take_part_is_told_with_the_reason():
    told = {name: (said, why) for name, said, why in unable("chain").rows}
    for name in ("classic", "classic-nogc"):
        said, why = told[bench.name(name)]
        assert "RecursionError" in said and why.endswith(".")


def test_who_is_ahead_is_told_of_every_workload_that_others_are_in():
    shown = ahead()
    assert [row[0] for row in shown.rows] == [bench.workload(name)["title"] for name in WORKLOADS if "autograd" in WORKLOADS[name].entrants and "torch" in WORKLOADS[name].entrants]
    assert any(row[2] != "nobody" for row in shown.rows)


def test_the_ladder_has_the_slowest_at_the_bottom():
    ladder("moons100", "torch", "ours", "autograd")
    axes = plt.gcf().axes[0]
    names = {text.get_text(): text.xy[1] for text in axes.texts}
    rungs = sorted((bench.name(name) for name in ("torch", "ours", "autograd")), key=names.__getitem__)
    assert rungs == [bench.name(name) for name in bench.contestants("moons100") if name in ("torch", "ours", "autograd")]
    assert axes.get_xscale() == "log"
    plt.close("all")
