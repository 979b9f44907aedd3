"""The committed results can be read, are complete, and say nothing that their rounds do not."""

import re
from datetime import date

import pytest

from bench import goals
from bench.__main__ import surprises
from bench.plan import ENTRANTS, EXPECTED, WORKLOADS
from bench.results import Results, spread

results = Results.read()
MEASURED = [(w, name) for w in results.content["workloads"] for name in results.contestants(w)]

whole = pytest.mark.skipif(results.content["quick"], reason="these results are of a quick run: make bench has them all")


def test_it_says_when_and_on_what():
    assert results.content["format"] == 1
    assert date.fromisoformat(results.content["date"]) >= date(2026, 1, 1)
    assert results.content["versions"]["numpy"] in results.stamp
    assert results.content["machine"]["processor"] in results.stamp


@whole
def test_every_workload_is_there():
    assert list(results.content["workloads"]) == list(WORKLOADS)


@whole
@pytest.mark.parametrize("workload", WORKLOADS)
def test_everybody_took_part_or_has_a_reason(workload):
    entries = results.workload(workload)["results"]
    assert set(entries) == set(WORKLOADS[workload].entrants)
    assert all("unable" not in entry or re.search(r"\w{3}", entry["unable"]) for entry in entries.values())


def test_nobody_failed_but_who_was_expected_to():
    assert surprises(results) == []
    said = {(w, name): why for w in results.content["workloads"] for name, why in results.unable(w).items()}
    assert {key for key, why in said.items() if "Error" in why} <= set(EXPECTED)


@pytest.mark.parametrize("workload, name", MEASURED)
def test_medians_are_those_of_the_rounds(workload, name):
    entry = results.entry(workload, name)
    low, middle, high = spread([x for x in entry["rounds"] if x is not None])
    assert [low, middle, high] == pytest.approx([entry["quartiles"][0], entry["median"], entry["quartiles"][1]])
    for other, key in (("classic", "to_classic"), ("torch", "to_torch")):
        if entry[key] is not None:
            assert entry[key] == pytest.approx(list(results.spread(workload, name, other)), rel=1e-4)


@pytest.mark.parametrize("workload, name", MEASURED)
def test_nobody_was_timed_unchecked(workload, name):
    if WORKLOADS[workload].how in ("steps", "ready", "demo", "chain"):
        assert results.entry(workload, name)["checked"] < (2e-3 if ENTRANTS[name].precision == "float32" else 1e-9)


def test_every_goal_has_its_words():
    for goal in goals.goals(results):
        assert goal["name"] and goal["wanted"]
        assert (goal["measured"] is None) == (goal["met"] is None)
