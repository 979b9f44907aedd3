"""Explorables of the last part: the records are what the chapters' own code computed."""

from __future__ import annotations

import math
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from figures.explorables.explorable import Explorable, short
from figures.explorables.fingerprint import fingerprint as make_fingerprint
from figures.explorables.instructions import instructions as make_instructions
from figures.explorables.newton import newton as make_newton
from figures.explorables.registers import blocks, cut
from figures.explorables.registers import registers as make_registers
from figures.explorables.table import table as make_table
from figures.explorables.tape import tape as make_tape

from micrograd import native
from micrograd.compile import compile
from micrograd.engine import Value
from micrograd.layers import sums_of_products
from micrograd.nn import MLP
from micrograd.program import Program

ROOT = Path(__file__).resolve().parents[2]


class Flat:
    """The chapter's tape."""

    data: list[float] = [7.0]
    grad: list[float] = [7.0]
    left: list[int] = [0]
    right: list[int] = [0]
    to_left: list[float] = [0.0]
    to_right: list[float] = [0.0]

    def __init__(self, data: float, left: int = 0, right: int = 0, to_left: float = 0.0, to_right: float = 0.0) -> None:
        self.line = len(Flat.data)
        for column, entry in zip((Flat.data, Flat.grad, Flat.left, Flat.right, Flat.to_left, Flat.to_right),
                                 (data, 0.0, left, right, to_left, to_right), strict=True):
            column.append(entry)  # type: ignore[arg-type]

    def __mul__(self, other: Flat) -> Flat:
        a, b = Flat.data[self.line], Flat.data[other.line]
        return Flat(a * b, self.line, other.line, b, a)

    def backward(self) -> None:
        Flat.grad[self.line] = 1.0
        for i in range(self.line, -1, -1):
            Flat.grad[Flat.left[i]] += Flat.to_left[i] * Flat.grad[i]
            Flat.grad[Flat.right[i]] += Flat.to_right[i] * Flat.grad[i]


def square() -> list[tuple[str, Flat]]:
    a = Flat(3.0)
    return [("a", a), ("a * a", a * a)]


def neuron() -> Explorable:
    w, x, b = Value(0.5), Value(2.0), Value(-0.25)
    return make_instructions(Program, {"x": x}, {"w": w, "b": b}, (w * x + b).tanh(), "?", asked=["w", "b"])


def newton() -> Explorable:
    return make_newton(Value, {"tanh squared": lambda x: x.tanh() * x.tanh(), "half a square": lambda x: x * x * 0.5}, "?", at=0.5)


def test_newton_knows_slope_and_bend() -> None:
    told: dict[str, Any] = dict(newton().record)
    for x, (height, slope, bend) in zip(told["places"], told["curves"]["tanh squared"], strict=True):
        t, h = math.tanh(x), 1e-4
        assert height == pytest.approx(t * t)
        assert slope == pytest.approx((math.tanh(x + h) ** 2 - math.tanh(x - h) ** 2) / (2 * h), abs=1e-7)
        assert bend == pytest.approx((math.tanh(x + h) ** 2 - 2 * t * t + math.tanh(x - h) ** 2) / h**2, abs=1e-6)
    assert [row[2] for row in told["curves"]["half a square"]] == [1.0] * 7


def test_the_step_in_the_picture_leads_to_where_the_parabola_is_level() -> None:
    t = math.tanh(0.5)
    s = 1 - t * t
    assert f"level at {short(0.5 - 2 * t * s / (2 * s * s - 4 * t * t * s))}" in newton().alt


def test_a_tape_for_show_leaves_the_chapters_tape_alone() -> None:
    shown = make_tape(Flat, square, "?")
    assert shown.record == {"names": ["nothing", "a", "a * a"], "data": [0, 3, 9], "grad": [0, 6, 1], "left": [0, 0, 1],
                            "right": [0, 0, 1], "to_left": [0, 0, 3], "to_right": [0, 0, 3]}
    assert Flat.data == [7.0] and Flat.to_right == [0.0]
    assert [re.sub("<.*?>", "|", row) for row in re.findall("<tr>.*?</tr>", shown.picture)][2] == "||1||a||3||0\u00a0→\u00a00||0\u00a0→\u00a00||6||"


def test_a_failing_tape_leaves_the_chapters_tape_alone() -> None:
    with pytest.raises(ZeroDivisionError):
        make_tape(Flat, lambda: [("a", 1 / 0)], "?")
    assert Flat.data == [7.0]


def test_every_choice_of_derivatives_has_its_program() -> None:
    told: dict[str, Any] = dict(neuron().record)
    assert set(told["cases"]) == {"", "x", "w", "b", "x w", "x b", "w b", "x w b"}
    length = {some: len(case["code"]) for some, case in told["cases"].items()}
    assert length["w b"] == length["w"] > length["b"] > length[""]   # the bias's is there already
    assert told["grads"] == pytest.approx({name: f * (1 - math.tanh(0.75) ** 2) for name, f in (("x", 0.5), ("w", 2), ("b", 1))})


def test_a_program_is_a_table_of_the_derivatives_asked_for() -> None:
    shown = neuron()
    assert shown.picture.count("<tr>") == 1 + len(shown.record["cases"]["w b"]["code"])
    assert make_table(["<"], [["&"]], [0]) == '<table><thead><tr><th class="number">&lt;</th></tr></thead><tbody><tr><td class="number">&amp;</td></tr></tbody></table>'


def lengths(*widths: int) -> list[int]:
    net = MLP(2, [*widths, 1], rng=random.Random(0))
    made = compile(lambda x, y: (1 - y * net(x)).relu(), [([0.5, 1.0], 1.0)] * 2, net.parameters(), backend="python")
    return [len(a) for _, op, a, _ in sums_of_products(made.program) if op == "sums"]


def test_a_nets_sums_tell_its_widths() -> None:
    told: dict[str, Any] = dict(make_fingerprint(lengths, "?", net=(3, 4), most=4).record)
    assert told["cases"]["3 4"] == [1, 3, 4 + 3, 1]   # terms 2, 3, 4, 5
    assert len(told["cases"]) == 9 == len({tuple(counts) for counts in told["cases"].values()})   # no two alike


@pytest.mark.parametrize(("dtype", "widths"), [("float64", (2, 4, 8)), ("float32", (16,))])
def test_samples_are_cut_into_the_blocks_of_the_machine(monkeypatch: pytest.MonkeyPatch, dtype: str, widths: tuple[int, ...]) -> None:
    monkeypatch.setattr(native, "machine", lambda dtype: None)   # it is loaded, and never runs: no compiler is needed
    net = MLP(2, [16, 16, 1], rng=random.Random(0))
    made = compile(lambda x, y: (1 - y * net(x)).relu(), [([0.5, 1.0], 1.0)] * 2, net.parameters(), backend="python")
    loaded = native.Native(made.program, dtype)
    for count in range(1, 300):
        loaded.load([([[1.0, 2.0, 1.0]] * count, 1.0)])
        held = [min(loaded.lanes, left) for left in range(count, 0, -loaded.lanes)]   # as `step` in C counts
        assert {tuple(blocks(count, width)) for width in widths} == {tuple(held)}
        assert sum(1 for _ in loaded.rows([[1.0, 2.0, 1.0]] * count)) == 4 * loaded.lanes * len(held)


def test_registers_have_the_widths_there_are() -> None:
    bytes_of_one = sorted(map(int, re.findall(r"W = (\d+) / sizeof", native.REGISTERS)))
    assert [size // 8 for size in bytes_of_one] == [2, 4, 8] and bytes_of_one[-1] // 4 == 16


def test_tiles_are_cut_as_the_machine_cuts_them(tmp_path: Path) -> None:
    try:
        command = native.compiler()
    except OSError as reason:
        pytest.skip(str(reason))
    tile = '#define TILE(R, C) case 5 * R + C: printf("%d %d %d ", n, R, C); break;\n'
    (tmp_path / "tiles.c").write_text(
        f"#include <stdio.h>\n{native.TILES}{tile}int main(void) {{ for (int n = 1; n < 70; n++) TILED(16, n, TILE) return 0; }}")
    subprocess.run([*command, "tiles.c", "-o", "tiles"], cwd=tmp_path, check=True)
    said = list(map(int, subprocess.run([tmp_path / "tiles"], capture_output=True, text=True, check=True).stdout.split()))
    assert said == [number for n in range(1, 70) for wide in cut(n) for _ in range(4) for number in (n, 4, wide)]


def test_the_lanes_of_all_registers_are_counted() -> None:
    made = make_registers("?")
    told: dict[str, Any] = dict(made.record)
    for case in told["cases"]:
        assert sum(case["blocks"]) == case["samples"] and 0 <= case["empty"] < case["lanes"]
        for held, tiles in zip(case["blocks"], case["tiles"], strict=True):
            assert sum(tiles) == math.ceil(held / case["lanes"]) and max(tiles) <= 4
    assert [len(case["blocks"]) for case in told["cases"] if case["samples"] in (128, 129)] == [1, 2] * 4
    assert "rows of 5 registers with 8 lanes each, in tiles that are 3 and 2 registers wide. 3 lanes of each row are empty." in made.alt
    assert made.picture.count('stroke-width="1.5"') == 2 * 4
