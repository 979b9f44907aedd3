"""The harness's own arithmetic. Nothing here is timed."""

import json
import math
from itertools import pairwise

import pytest

from bench import __main__ as driver
from bench import goals, install
from bench.plan import ENTRANTS, EXPECTED, IMPORTS, WORKLOADS
from bench.results import Results, in_seconds, ratios, significant, spread


@pytest.mark.parametrize(
    "numbers, expected",
    [([3.0], (3, 3, 3)), ([1.0, 2.0], (1.25, 1.5, 1.75)), ([5.0, 1.0, 3.0, 2.0, 4.0], (2, 3, 4))],
)
def test_spread_is_quartile_median_quartile(numbers, expected):
    assert spread(numbers) == expected


def test_ratios_are_taken_within_rounds():
    # The machine was ten times slower in the second round, for both.
    assert ratios([1.0, 10.0, 1.0], [4.0, 40.0, 4.0]) == [4, 4, 4]


def test_a_round_without_one_of_them_has_no_ratio():
    assert ratios([1.0, None, 2.0], [3.0, 3.0, None]) == [3]


@pytest.mark.parametrize(
    "x, text",
    [(119_412.0, "120,000"), (57.7, "58"), (4.63, "4.6"), (0.0853, "0.085"), (9.96, "10"), (1.0, "1.0"), (0.0, "0")],
)
def test_two_significant_digits_in_plain_figures(x, text):
    assert significant(x) == text


@pytest.mark.parametrize(
    "x, text",
    [(1.381, "1.38 s"), (0.0204, "20.4 ms"), (7.71e-6, "7.71 µs"), (2.5e-8, "25.0 ns"), (-0.002, "-2.00 ms")],
)
def test_a_time_is_shown_in_the_unit_that_suits_it(x, text):
    assert in_seconds(x) == text


@pytest.mark.parametrize("times", [1, 2, 3, 7, 15])
def test_one_who_can_afford_some_rounds_is_in_so_many(times):
    chosen = [k for k in range(15) if driver.takes_part(k, 15, times)]
    gaps = {b - a for a, b in pairwise(chosen)}
    assert len(chosen) == times
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_right_losses_pass_with_their_difference():
    assert driver.check("ours", [1.0, 2.0 + 1e-10], [1.0, 2.0, 3.0]) == pytest.approx(5e-11)


@pytest.mark.parametrize("losses", [[1.0, 2.1], [1.0, math.nan], [math.inf, 2.0]])
def test_wrong_losses_are_not_timed(losses):
    with pytest.raises(driver.Unable, match="losses are wrong"):
        driver.check("ours", losses, [1.0, 2.0])


def test_float32_may_round():
    assert driver.check("jax32", [1.0001], [1.0]) < 1e-3
    with pytest.raises(driver.Unable):
        driver.check("jax", [1.0001], [1.0])


def measured(**rounds):
    """Results of the moons step, by hand."""
    results = driver.summarise({name: {"rounds": list(numbers)} for name, numbers in rounds.items()})
    workload = {"title": "moons", "what": "", "unit": "s", "results": results}
    names = {name: {"name": name, "kind": "ours"} for name in rounds}
    return Results({"workloads": {"moons100": workload}, "contestants": names})


def test_summary_has_median_quartiles_and_ratios():
    results = measured(classic=[8.0, 80.0, 8.0], ours=[1.0, 10.0, 2.0])
    entry = results.entry("moons100", "ours")
    assert entry["median"] == 2 and entry["quartiles"] == [1.5, 6]
    assert entry["to_classic"] == [6, 8, 8] and entry["to_torch"] is None
    assert results.times("moons100", "ours", "classic") == "8.0 ×"


def test_unknown_names_are_answered_with_the_known_ones():
    results = measured(ours=[1.0])
    with pytest.raises(KeyError, match="there are moons100"):
        results.seconds("mars", "ours")
    with pytest.raises(KeyError, match="there are ours"):
        results.seconds("moons100", "theirs")
    assert not results.has("mars", "ours") and not results.has("moons100", "theirs")


def test_what_the_rounds_do_not_tell_apart_is_no_difference():
    results = measured(classic=[8.0, 8.0, 8.0, 8.0], torch=[1.1, 0.9, 1.2, 0.8], ours=[1.0, 1.0, 1.0, 1.0])
    assert results.rows("moons100", "ours")[0][3:] == ["8.0", "no difference"]
    assert results.compared("moons100", "ours", "torch") == "as fast"
    assert results.compared("moons100", "ours", "classic") == "8.0 times as fast"
    assert results.compared("moons100", "classic", "ours") == "8.0 times as slow"
    with pytest.raises(ValueError, match="no difference between ours and torch"):
        results.times("moons100", "ours", "torch")


def test_a_time_that_may_be_nothing_is_not_divided_by():
    results = measured(classic=[-0.2, 0.1, 0.2, -0.1], torch=[5.0, 5.0, 5.0, 5.0], ours=[1.0, 1.1, 1.0, 1.1])
    assert results.rows("moons100", "ours", "classic") == [
        ["ours", "1.05 s", "1.00 s – 1.10 s", "", "4.8 (4.5 – 5.0)"],
        ["classic", "0 ns", "-125 ms – 125 ms", "", ""],
    ]
    assert results.apart("moons100", "classic", "ours")  # all the same, it is the faster one in each round


def test_who_is_ahead_is_named_unless_it_is_by_chance_or_by_rounding():
    results = measured(ours=[2.0, 2.0, 2.0], native64=[1.0, 1.0, 1.0], hand=[0.9, 0.9, 0.8], torch=[0.9, 1.1, 0.9], jax=[1.5, 1.5, 1.5])
    for name, entry in results.content["contestants"].items():
        entry.update(kind=ENTRANTS[name].kind, precision="float64")
    assert results.ahead("moons100") == ("native64", ["hand"])
    results.content["contestants"]["hand"]["precision"] = "float32"
    assert results.ahead("moons100") == ("native64", [])


def outcome(**entries):
    return Results({"workloads": {"chain": {"title": "a chain", "results": entries}}})


def test_a_failure_that_is_not_planned_fails_the_bench():
    recursion = {"unable": "RecursionError: maximum recursion depth exceeded", "failed": True}
    typing = {"unable": "TypeError: cannot unpack", "failed": True}
    assert driver.surprises(outcome(classic=recursion)) == []
    assert driver.surprises(outcome(autograd=typing)) == ["a chain: HIPS autograd, float64 failed: TypeError: cannot unpack"]
    assert len(driver.surprises(outcome(classic=typing))) == 1
    assert len(driver.surprises(outcome(classic={"rounds": [1.0]}))) == 1
    assert driver.surprises(outcome(torch={"unable": "could not be installed: no network"})) == []
    assert driver.surprises(outcome(torch={"unable": "left out: a step takes 31 s", "failed": False})) == []


def test_every_planned_failure_has_its_reason():
    for (workload, name), (beginning, why) in EXPECTED.items():
        assert name in WORKLOADS[workload].entrants
        assert beginning and why.endswith(".")


def test_a_workload_may_be_measured_anew_on_the_same_machine_alone():
    same = {"machine": {"cores": 2}, "versions": {"jax": "1"}, "left_out": {}}
    old = {**same, "date": "2026-01-01", "workloads": {"moons1": {"title": "a"}, "chain": {"title": "b"}}}
    new = {**same, "date": "2026-02-03", "workloads": {"chain": {"title": "c"}}}
    made = driver.renewed(old, new)
    assert made["workloads"] == {"moons1": {"title": "a"}, "chain": {"title": "c", "date": "2026-02-03"}}
    assert made["date"] == "2026-01-01"
    with pytest.raises(driver.Unable, match="measure everything: the versions"):
        driver.renewed(old, {**new, "versions": {"jax": "2"}})


def test_the_lines_of_every_module_that_is_not_the_engines_are_counted(tmp_path):
    for name in ("engine", "compile", "native", "another"):
        (tmp_path / f"{name}.py").write_text("x = 1\n\ny = 2\n")
    goal = goals.short(tmp_path, 5)
    assert goal["measured"] == "6: 2 of another.py, 2 of compile.py, 2 of native.py"
    assert goal["met"] is False and goals.short(tmp_path, 6)["met"] is True


def test_the_engines_modules_are_there():
    assert {path.stem for path in goals.PACKAGE.glob("*.py")} >= set(goals.ENGINE)


@pytest.mark.parametrize("mine, met", [([1.0, 1.0, 9.0], True), ([1.1, 1.0, 1.1], False)])
def test_a_goal_is_judged_by_the_median_ratio(mine, met):
    results = measured(classic=[8.0, 8.0, 8.0], ours=mine)
    assert goals.faster(results, "moons100", "ours", "classic", 8)["met"] is met


def test_a_goal_that_was_not_measured_is_neither_met_nor_missed():
    results = measured(ours=[1.0])
    assert {goal["met"] for goal in goals.goals(results)} <= {None, True, False}
    assert goals.faster(results, "moons100", "ours", "classic", 8)["met"] is None
    assert goals.below(results, "demo", "ours", 0.5)["met"] is None


def test_not_much_slower_is_said_so():
    results = measured(hand=[1.0], native64=[1.2])
    goal = goals.faster(results, "moons100", "native64", "hand", 1 / 1.4)
    assert goal["wanted"] == "at most 1.4 times as long" and goal["measured"] == "1.20 times as long" and goal["met"]


def test_a_chain_by_hand_is_what_the_engine_says():
    from bench.contestants.ours import Ours

    end, a, b = Ours.chain(100)
    end.backward()
    assert driver.chain_by_hand(100) == pytest.approx([end.data, a.grad, b.grad], rel=1e-12)


def test_the_lock_file_is_read_requirement_by_requirement():
    parts = install.requirements(install.LOCK.read_text())
    assert {"jax", "autograd", "tinygrad", "micrograd", "numpy"} <= {part.split("==")[0] for part in parts}
    assert all("--hash=sha256:" in part for part in parts)


def test_whoever_is_in_the_plan_is_known():
    for name, workload in WORKLOADS.items():
        assert set(workload.entrants) <= set(ENTRANTS), name
    assert set(WORKLOADS["import"].entrants) == set(IMPORTS)


def test_a_worker_answers_in_its_own_process(tmp_path, monkeypatch, task):
    import sys

    monkeypatch.setattr(install, "PYTHON", sys.executable)
    path = tmp_path / "task.json"
    path.write_text(json.dumps(vars(task)))
    worker = driver.Worker("ours", limit=60)
    try:
        answer = worker.ask("check", task=str(path), patience=60)
        assert driver.check("ours", answer["losses"], task.losses) < 1e-12
        assert worker.ask("steps", count=2)["seconds"] > 0
        with pytest.raises(driver.Unable, match="AttributeError"):
            worker.ask("dance")
    finally:
        worker.end()


def test_a_contestant_that_does_not_start_is_named_with_the_reason(monkeypatch):
    import sys

    monkeypatch.setattr(install, "PYTHON", sys.executable)
    with pytest.raises(driver.Unable, match="nobody"):
        driver.Worker("nobody", limit=60)
