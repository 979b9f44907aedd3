"""What is handed to the machine in C: operands, rows of samples, arrays, blocks.  No compiler is needed."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from micrograd.native import ROW, RUN, SAME, Native, is_run, line


def operands(kind: int, *places: int) -> list[int]:
    return [4 * place + kind for place in places]


@pytest.mark.parametrize(("places", "step", "wanted"), [
    ([3, 4, 5], 1, True),
    ([5], 1, True),
    ([3, 7, 11], 4, True),
    ([3, 5], 1, False),
    ([3, 3], 1, False),
    ([4, 3], 1, False),
    ([3, 4, 6], 1, False),
    ([3, 4, 5], 4, False),
])
def test_a_run_goes_on_by_the_same_step(places: list[int], step: int, wanted: bool) -> None:
    assert is_run(places, step) is wanted


@pytest.mark.parametrize(("given", "wanted"), [
    (operands(ROW, 2), operands(ROW, 2)),
    (operands(ROW, 2, 3, 4), operands(ROW, 2)),  # rows side by side are one long row
    (operands(RUN, 2, 3, 4), operands(RUN, 2)),
    (operands(RUN, 2, 2, 2), operands(SAME, 2)),  # one number again and again
    (operands(SAME, 2, 2, 2), operands(SAME, 2)),
    (operands(SAME, 2), operands(SAME, 2)),
    (operands(RUN, 0, 0), operands(SAME, 0)),
    (operands(ROW, 2, 2), [None]),
    (operands(ROW, 2, 4), [None]),
    (operands(SAME, 2, 3), [None]),
    (operands(RUN, 2, 2, 3), [None]),
    (operands(RUN, 3, 2), [None]),
])
def test_which_one_operand_stands_for_all(given: list[int], wanted: list[int | None]) -> None:
    assert [line(given)] == wanted


def native(real: Any = ctypes.c_double, rows: int = 4, inputs: int = 2, outputs: int = 1) -> Any:
    """The part of the back end that holds numbers, without a machine to work on them."""
    made: Any = Native.__new__(Native)
    made.layers = SimpleNamespace(rows=rows, inputs=inputs, outputs=[0] * outputs, parameters=7, loss=9)
    made.code = SimpleNamespace(rate=11)
    made.real = real
    made.U = made.array([0.0])
    made.fixed = [(ctypes.c_int * 1)(0)] * 3
    return made


def test_samples_become_rows_block_by_block_and_empty_lanes_are_zero() -> None:
    made = native()
    made.lanes = 4
    samples = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]
    assert list(made.rows(samples)) == [
        1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 6.0, 8.0, 1.0, 1.0, 1.0, 1.0,
        9.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0,
    ]  # fmt: skip


@pytest.mark.parametrize("real", [ctypes.c_double, ctypes.c_float])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 64])
def test_an_array_holds_its_numbers_from_a_register_on(real: Any, count: int) -> None:
    numbers = [k + 0.5 for k in range(count)]
    arrays = [native(real).array(numbers) for _ in range(5)]
    assert [list(array) for array in arrays] == [numbers] * 5
    assert {ctypes.addressof(array) % 64 for array in arrays} == {0}
    assert {type(array)._type_ for array in arrays} == {real}


@pytest.mark.parametrize(("real", "rows", "count", "lanes", "blocks"), [
    (ctypes.c_double, 4, 0, 8, 1),
    (ctypes.c_double, 4, 1, 8, 1),
    (ctypes.c_double, 4, 8, 8, 1),
    (ctypes.c_double, 4, 9, 16, 1),
    (ctypes.c_double, 4, 128, 128, 1),
    (ctypes.c_double, 4, 129, 72, 2),
    (ctypes.c_double, 4, 300, 104, 3),
    (ctypes.c_double, 2**18 // 128, 128, 128, 1),
    (ctypes.c_double, 2**18 // 64, 128, 64, 2),  # more rows, shorter blocks
    (ctypes.c_double, 2**18 // 16, 100, 16, 7),
    (ctypes.c_double, 2**20, 20, 8, 3),  # never shorter than a register
    (ctypes.c_float, 4, 9, 16, 1),
    (ctypes.c_float, 4, 17, 32, 1),
    (ctypes.c_float, 4, 129, 80, 2),
])
def test_samples_are_cut_into_equal_blocks_of_whole_registers(
    real: Any, rows: int, count: int, lanes: int, blocks: int
) -> None:
    made = native(real, rows, outputs=3)
    made.load([([[0.0, 0.0]] * count, 0.25)])
    assert made.lanes == lanes
    assert len(made.X) == rows * lanes
    assert len(made.out) == 3 * lanes * blocks
    assert -(-count // lanes) in (blocks, 0)


def test_what_the_machine_is_told_of_the_batches() -> None:
    made = native(outputs=2)
    made.load([([[1.0, 2.0]] * 10, 0.1), ([[3.0, 4.0]] * 3, 0.25)])
    machine = made.machine
    assert [(batch.samples, batch.scale) for batch in made.batches] == [(10, 0.1), (3, 0.25)]
    assert [batch.data for batch in made.batches] == [ctypes.addressof(data) for data in made.data]
    assert (machine.count, machine.next, machine.lanes, machine.inputs, machine.kept) == (2, 0, 16, 3, 2)
    assert (machine.scale, machine.rate, machine.loss) == (7, 11, 9)
    assert [machine.U, machine.X, machine.out] == [ctypes.addressof(array) for array in (made.U, made.X, made.out)]
    assert machine.batches == ctypes.addressof(made.batches)
    assert made.address == ctypes.addressof(machine)


def test_outputs_are_those_of_the_last_batch_its_blocks_put_together() -> None:
    made = native(outputs=2)
    made.load([([[0.0, 0.0]] * 130, 1.0), ([[0.0, 0.0]] * 3, 1.0)])
    lanes = made.lanes
    made.out[:] = [100.0 * block + 10.0 * output + lane / 100 for block in range(2) for output in range(2) for lane in range(lanes)]
    made.machine.next = 1
    first, second = made.outputs()
    assert len(first) == len(second) == 130
    assert (first[0], first[1], first[lanes - 1], first[lanes]) == (0.0, 0.01, (lanes - 1) / 100, 100.0)
    assert (second[0], second[lanes]) == (10.0, 110.0)
    made.machine.next = 2
    assert [len(output) for output in made.outputs()] == [3, 3]
