"""The machine in C: what it computes, what it makes of NaN and of empty lanes, and how it comes to be compiled."""

from __future__ import annotations

import importlib.util
import math
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from micrograd import native
from micrograd.compile import compile as compile_loss
from micrograd.engine import Value
from micrograd.losses import log_sum_exp
from micrograd.native import OPCODES, ROW, RUN, SAME, Code, Native
from micrograd.nn import MLP

inf, nan = math.inf, math.nan
Loss = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, so that each run compiles what it tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        native.machine.cache_clear()
        yield folder
    native.machine.cache_clear()


# ---------------------------------------------------------------------------- the same as plain Python


def run(
    backend: str,
    loss: Loss,
    samples: Any,
    numbers: list[float],
    batch: int | None = None,
    steps: int = 2,
    **options: Any,
) -> list[Any]:
    """Losses, parameters, gradients and outputs after some steps of descent."""
    values = [Value(x) for x in numbers]
    step = compile_loss(lambda *sample: loss(values, *sample), samples, values, backend=backend, **options)
    assert step.backend == backend
    if batch:
        step.load(samples, batch=batch)
    losses = step.descend([0.01] * steps)
    return [losses, [v.data for v in values], [v.grad for v in values], *step.outputs()]


def check(
    loss: Loss, samples: Any, numbers: list[float], tolerance: float = 1e-12, dtype: str = "float64", **options: Any
) -> None:
    """The machine in C finds what straight-line Python finds."""
    expected = run("python", loss, samples, numbers, **options)
    found = run("native", loss, samples, numbers, dtype=dtype, **options)
    assert len(found) == len(expected)
    for some, others in zip(found, expected, strict=True):
        size = max([1.0, *(abs(x) for x in others if math.isfinite(x))])
        assert some == pytest.approx(others, rel=tolerance, abs=tolerance * size, nan_ok=True)


def draw(count: int, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(-2, 2) for _ in range(count)]


def rows(count: int, width: int, seed: int = 1) -> list[Any]:
    numbers = iter(draw(count * width, seed))
    return [([next(numbers) for _ in range(width)],) for _ in range(count)]


def everything(p: list[Value], x: list[Value]) -> Any:
    """A loss, and two outputs, of every operation that there is."""
    a, b, c = p
    u, v = x
    loss = (a * u + b * v + c).tanh() + (a * u - v).sigmoid() * (b * u).relu() + abs(c - u * v)
    loss = loss + (u * u + 1.5) ** a + (b * b + 1) ** 0.5 / (v * v + 2) + (a * v).exp() + (c * c + u * u + 1).log()
    loss = loss + log_sum_exp([a * u, b * v, c]) + (a * b).relu() + (b - a).tanh() + (a - c).sigmoid() + (c * a) ** 3
    return loss + (a * a + 1).log() + abs(b) + b.exp() + (a * a + 1) ** b, a * u + b, (b - c) * c


@pytest.mark.native
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 31, 100, 128, 129, 300])
def test_every_operation_for_full_and_short_blocks(count: int) -> None:
    check(everything, rows(count, 2), [0.5, -0.7, 1.3])


@pytest.mark.native
@pytest.mark.parametrize("count", [1, 9, 129])
def test_single_precision(count: int) -> None:
    check(everything, rows(count, 2), [0.5, -0.7, 1.3], 1e-4, "float32")


@pytest.mark.native
@pytest.mark.parametrize("sizes", [[1], [2], [3, 5], [4, 4], [5, 1], [7, 6, 3], [13, 17], [8, 9, 10]])
def test_tiles_of_every_shape(sizes: list[int]) -> None:
    model = MLP(3, sizes)
    count = len(model.parameters())

    def loss(p: list[Value], x: list[Value]) -> Any:
        for own, given in zip(slots, p, strict=True):
            place, k = own
            place[k] = given
        scores = model(x)
        scores = scores if isinstance(scores, list) else [scores]
        return sum((s * s for s in scores), Value(0.0)), *scores

    slots: list[tuple[Any, Any]] = []
    for layer in model.layers:
        for neuron in layer.neurons:
            slots += [(neuron.w, k) for k in range(len(neuron.w))] + [(vars(neuron), "b")]
    for samples in (1, 12, 27, 100):
        check(loss, rows(samples, 3), draw(count), steps=1)


@pytest.mark.native
def test_mini_batches_take_turns_and_the_last_may_be_short() -> None:
    for steps in range(1, 6):
        check(everything, rows(50, 2), [0.5, -0.7, 1.3], batch=20, steps=steps)


@pytest.mark.native
def test_no_samples_leave_what_needs_none() -> None:
    p = Value(3.0)
    step = compile_loss(lambda x: p * x, [[1.0]], [p], penalty=p * p, reduction="sum", backend="native")
    step.load([])
    assert step(0.5) == 9.0
    assert (p.data, p.grad, step.outputs()) == (0.0, 6.0, [])


@pytest.mark.native
def test_no_inputs_at_all() -> None:
    a, b = Value(2.0), Value(-3.0)
    step = compile_loss((a * b + b * b).tanh() + a**3, [], [a, b], backend="native")
    loss = step.backward()
    again = (Value(-6.0) + 9.0).tanh() + 8.0
    assert loss == pytest.approx(again.data, rel=1e-15)
    assert a.grad == pytest.approx(12 - 3 * (1 - math.tanh(3) ** 2), rel=1e-14)


@pytest.mark.native
def test_a_graph_of_many_rows_is_cut_into_short_blocks() -> None:
    def loss(p: list[Value], x: list[Value]) -> Value:
        u = x[0]
        for _ in range(800):
            u = (u * p[0]).tanh() + x[1]
        return u

    check(loss, rows(100, 2), [0.9], 1e-9, steps=1)


@pytest.mark.native
def test_the_loss_and_the_slope_may_be_a_parameter_itself() -> None:
    p = Value(3.0)
    step = compile_loss(p * 1.0, [], [p], backend="native")
    assert step(0.5) == 3.0  # read before it moves
    assert (p.data, p.grad) == (2.5, 1.0)
    a, b = Value(3.0), Value(5.0)
    step = compile_loss(a * b, [], [b, a], backend="native")
    assert step(0.5) == 15.0
    assert (a.data, a.grad, b.data, b.grad) == (0.5, 5.0, 3.5, 3.0)


# ---------------------------------------------------------------------------- NaN, infinity and empty lanes


def answers(loss: Loss, samples: Any, numbers: list[float]) -> list[Any]:
    return run("native", loss, samples, numbers, steps=1)


@pytest.mark.native
@pytest.mark.parametrize("count", [1, 5, 8, 100, 130])
@pytest.mark.parametrize(
    "loss",
    [
        lambda p, x: (p[0] * x[0]).log(),  # log(0) in an empty lane
        lambda p, x: p[0] / x[0],
        lambda p, x: (p[0] / x[0] - p[0] / x[0] ** 2).tanh(),  # infinity less infinity
        lambda p, x: (x[0] ** p[0]).log(),
    ],
)
def test_empty_lanes_add_nothing_even_if_infinite_or_nan(loss: Loss, count: int) -> None:
    samples = [([abs(x) + 0.1],) for x in draw(count)]
    found = answers(loss, samples, [1.5])
    assert all(map(math.isfinite, found[0] + found[1] + found[2]))
    check(loss, samples, [1.5])


@pytest.mark.native
@pytest.mark.parametrize("bad", [nan, inf, -inf])
@pytest.mark.parametrize(
    "loss",
    [
        lambda p, x: (p[0] * x[0]).relu(),
        lambda p, x: (p[0] * x[0]).tanh(),
        lambda p, x: (p[0] * x[0]).sigmoid(),
        lambda p, x: abs(p[0] * x[0]),
        lambda p, x: (p[0] * x[0]).exp(),
        lambda p, x: (p[0] * x[0]).log(),
        lambda p, x: p[0] / x[0],
        lambda p, x: log_sum_exp([p[0] * x[0], p[0], x[0] * 2]),
        lambda p, x: (p[0] * x[0]) ** 3 + (p[0] + x[0]) ** 0.5,
    ],
)
def test_nan_and_infinity_pass_as_in_python(loss: Loss, bad: float) -> None:
    samples = [([x],) for x in (0.5, bad, 2.0)]
    check(lambda p, x: (loss(p, x), loss(p, x) * 2), samples, [1.5], steps=1)


@pytest.mark.native
def test_a_bad_sample_stays_in_its_lane() -> None:
    _, _, _, outputs = answers(lambda p, x: (p[0] * x[0], p[0] * x[0]), [([0.5],), ([nan],), ([2.0],)], [2.0])
    assert outputs == pytest.approx([1.0, nan, 4.0], nan_ok=True)


@pytest.mark.native
def test_what_a_closed_relu_is_sent_may_be_infinite() -> None:
    """The slope of log is infinite at 0, where relu lets nothing pass: a product of the two would be NaN."""
    losses, _, slopes = answers(lambda p, x: (p[0] * x[0]).relu().log(), [([-1.0],), ([-2.0],)], [1.0])
    assert (losses, slopes) == ([-inf], [0.0])


# ---------------------------------------------------------------------------- layers as numbers


def layers(
    parameters: int,
    each: list[Any],
    slots: int = 0,
    gradients: list[int] | None = None,
    before: list[Any] | None = None,
) -> Any:
    return SimpleNamespace(
        parameters=parameters,
        uniform=[0.0] * max(slots, parameters),
        before=before or [],
        after=[],
        gradients=gradients or [0] * parameters,
        each=each,
    )


def part(code: Code, k: int) -> list[int]:
    return code.numbers[code.ends[k] : code.ends[k + 1]]


def test_a_matrix_is_a_place_and_two_steps() -> None:
    by_neuron = ("matmul", 3, 2, 3, [0, 1, 2, 3, 4, 5], [0, 1, 2])
    assert part(Code(layers(6, [by_neuron])), 1) == [OPCODES["matmul"], 2, 3, 3, 0, 3, 1, 0, 1, 2]
    transposed = ("matmul", 3, 3, 2, [0, 3, 1, 4, 2, 5], [7, 9])
    assert part(Code(layers(6, [transposed])), 1) == [OPCODES["matmul"], 3, 2, 3, 0, 1, 3, 7, 9]
    column = ("matmul", 3, 2, 1, [4, 5], [0])
    assert part(Code(layers(6, [column])), 1) == [OPCODES["matmul"], 2, 1, 3, 4, 1, 0, 0]
    row = ("matmul", 3, 1, 2, [4, 2], [0, 1])
    assert part(Code(layers(6, [row])), 1) == [OPCODES["matmul"], 1, 2, 3, 4, 0, -2, 0, 1]


def test_a_matrix_without_order_is_copied_first() -> None:
    code = Code(layers(4, [("matmul", 3, 2, 2, [0, 1, 3, 2], [0, 1])]))
    one, copied = code.one, 4 + 3
    assert part(code, 1) == [
        OPCODES["sums"], 4, 1, copied, 0, one, 1, one, 3, one, 2, one,
        OPCODES["matmul"], 2, 2, 3, copied, 2, 1, 0, 1,
    ]  # fmt: skip
    assert code.U[one] == 1.0


def test_groups_that_lie_side_by_side_are_one_run() -> None:
    code = Code(layers(1, [("ReLU", 8, 3, 1, [2, 3, 4], []), ("gate", 8, 2, 2, [2, 3], [5, 7])]))
    assert part(code, 1) == [
        OPCODES["ReLU"], 1, 3, 32 + ROW, 8 + ROW, 8 + ROW,
        OPCODES["gate"], 2, 1, 32, 8, 20, 36, 12, 28,
    ]  # fmt: skip


def test_a_uniform_factor_is_repeated_for_its_row() -> None:
    code = Code(layers(2, [("sums", 5, 1, 2, [0, 1], [3, 4])]))
    assert part(code, 1) == [OPCODES["*"], 1, 1, 20, 0 + SAME, 12, OPCODES["+*"], 1, 1, 20, 4 + SAME, 16]


def test_uniform_sums_are_runs_or_pairs() -> None:
    regular = ("sums", 9, 3, 2, [6, 0, 6, 1, 6, 2], [3, 7, 4, 7, 5, 7])
    code = Code(layers(6, [], 12, before=[regular]))
    assert part(code, 0) == [
        OPCODES["*"], 1, 3, 36 + RUN, 24 + SAME, 12 + RUN,
        OPCODES["+*"], 1, 3, 36 + RUN, 0 + RUN, 28 + SAME,
    ]  # fmt: skip
    irregular = ("sums", 9, 3, 2, [6, 0, 6, 2, 6, 1], [3, 7, 4, 7, 5, 7])
    code = Code(layers(6, [], 12, before=[irregular]))
    assert part(code, 0) == [OPCODES["sums"], 3, 2, 9, 6, 3, 0, 7, 6, 4, 2, 7, 6, 5, 1, 7]


def test_an_exponent_becomes_a_number_of_its_own() -> None:
    code = Code(layers(1, [("**-1.5", 5, 2, 1, [2, 3], [])]))
    op, *_, exponent = part(code, 1)
    assert (op, exponent % 4, code.U[exponent // 4]) == (OPCODES["**"], SAME, -1.5)


def test_sums_over_samples_begin_at_zero() -> None:
    code = Code(layers(1, [("dots", 1, 2, 3, [5, 6], [0, 1, 2])], 7))
    op, n, size, out, a, b = part(code, 0)
    assert (op, n, size, out, a, code.U[a // 4]) == (OPCODES["*"], 1, 6, 4 + RUN, b, 0.0)
    assert part(code, 1) == [OPCODES["dots"], 2, 3, 1, 5, 6, 0, 1, 2]


def test_slopes_in_a_row_are_used_where_they_are() -> None:
    code = Code(layers(2, [], 6, [3, 4]))
    assert (code.slopes, part(code, 3)) == (3, [OPCODES["+*"], 1, 2, RUN, 4 * code.rate + SAME, 12 + RUN])
    assert Code(layers(2, [], 6, [4, 3])).slopes >= 6  # in disorder: copied
    assert Code(layers(2, [], 6, [0, 1])).slopes >= 6  # parameters themselves, which the descent moves


# ---------------------------------------------------------------------------- finding a compiler, and keeping its work


def which(*present: str) -> Callable[[str], str | None]:
    return lambda name: f"/usr/bin/{name}" if name in present else None


@pytest.mark.parametrize(
    ("named", "present", "wanted"),
    [
        ("", ("cc", "gcc"), ["cc"]),
        ("", ("gcc", "clang"), ["gcc"]),
        ("", ("clang",), ["clang"]),
        ("tcc -pipe", ("tcc", "cc"), ["tcc", "-pipe"]),
        ("missing", ("cc",), ["cc"]),
    ],
)
def test_the_first_compiler_there_is(
    named: str, present: tuple[str, ...], wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", named)
    monkeypatch.setattr(shutil, "which", which(*present))
    assert native.compiler() == wanted


def test_ziglang_takes_the_place_of_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", which())
    monkeypatch.setattr(native, "find_spec", lambda name: object())
    assert native.compiler() == [sys.executable, "-m", "ziglang", "cc"]


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", which())
    monkeypatch.setattr(native, "find_spec", lambda name: None)
    with pytest.raises(OSError, match="no C compiler: install gcc or clang, or `pip install ziglang`"):
        native.compiler()


def compiler_that(tmp_path: Path, script: str) -> str:
    path = tmp_path / "compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def fresh() -> Iterator[None]:
    native.machine.cache_clear()
    yield
    native.machine.cache_clear()


BROKEN = {
    "asked what it is": "echo 'no such processor' >&2; exit 1",
    "asked to compile": 'case "$*" in *-dM*) echo target;; *) echo "no such processor" >&2; exit 1;; esac',
}


@pytest.mark.parametrize("when", BROKEN)
def test_a_compiler_that_fails_is_quoted(
    when: str, fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler_that(tmp_path, BROKEN[when]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(OSError, match=r"(?s)compiler .*-O3.* fails:.*no such processor"):
        native.machine("float64")
    assert [*(tmp_path / "cache").glob("micrograd/*")] == []


def test_where_it_fails_another_back_end_takes_its_place(
    fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler_that(tmp_path, "exit 1"))
    monkeypatch.setitem(sys.modules, "numpy", None)
    p = Value(1.0)
    assert compile_loss(lambda x: p * x, [[2.0]], [p]).backend == "python"
    with pytest.raises(OSError, match="fails"):
        compile_loss(lambda x: p * x, [[2.0]], [p], backend="native")


@pytest.mark.native
def test_compiled_once_and_then_loaded(fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[list[str]] = []
    real = native.call

    def call(command: list[str]) -> str:
        made.append(command)
        return real(command)

    monkeypatch.setattr(native, "call", call)
    native.machine("float64")
    native.machine("float64")
    assert len(made) == 2  # what it is, and the library
    native.machine.cache_clear()  # as in another process
    native.machine("float64")
    assert len(made) == 3
    kept = [path.name for path in (tmp_path / "micrograd").iterdir()]
    assert len(kept) == 1
    assert kept[0].endswith(".so")
    native.machine("float32")
    assert len([*(tmp_path / "micrograd").iterdir()]) == 2


@pytest.mark.native
def test_another_text_or_compiler_is_another_library(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[Path] = []

    def library(command: list[str], path: Path) -> Any:
        paths.append(path)
        return SimpleNamespace(step=SimpleNamespace())

    monkeypatch.setattr(native, "library", library)
    native.machine("float64")
    native.machine.cache_clear()
    monkeypatch.setattr(native, "MACHINE", native.MACHINE + "\n")
    native.machine("float64")
    native.machine.cache_clear()
    monkeypatch.setattr(native, "call", lambda command: "another processor")
    native.machine("float64")
    assert len({path.name for path in paths}) == 3


@pytest.mark.native
def test_a_cache_that_cannot_be_written_to_is_done_without(
    fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    check(everything, rows(3, 2), [0.5, -0.7, 1.3])
    assert [*(tmp_path / "temporary").iterdir()] == []


@pytest.mark.native
def test_a_user_without_a_home_does_without_a_cache(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    check(everything, rows(3, 2), [0.5, -0.7, 1.3])


@pytest.mark.native
def test_two_processes_may_compile_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    program = "from micrograd.native import machine; machine('float64'); print('fine')"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(native.__file__).parents[1],
        )
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=600)
        assert (out, err, process.returncode) == ("fine\n", "", 0)
    assert len([*(tmp_path / "micrograd").iterdir()]) == 1


@pytest.mark.skipif(not importlib.util.find_spec("ziglang"), reason="ziglang is not installed here")
def test_ziglang_makes_the_same_machine(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", f"{sys.executable} -m ziglang cc")
    check(everything, rows(11, 2), [0.5, -0.7, 1.3])


@pytest.mark.native
def test_arrays_begin_where_a_register_may_be_filled_from() -> None:
    import ctypes

    p = Value(1.0)
    step = compile_loss(lambda x: p * x, [[2.0]] * 3, [p], backend="native")
    machine = step.machine
    assert isinstance(machine, Native)
    assert all(ctypes.addressof(array) % 64 == 0 for array in (machine.U, machine.X, machine.out, *machine.data))
