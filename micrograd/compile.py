# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""A compiled step: the loss traced, differentiated, and run many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from reprlib import repr as shortened
from typing import Any

from micrograd.engine import Value
from micrograd.optim import Optimiser
from micrograd.program import Batch, Program, Python
from micrograd.tracing import recorded, unfolded
from micrograd.updates import update_of, update_program


class Step:
    """A compiled step of training; calling it moves the parameters.

    Attributes:
        program: the instructions.
        machine: what runs them.
        backend: its name.
        dtype: what it computes in.
        why: why no faster one runs them, if none was asked for by name.
    """

    def __init__(self, program: Program, machine: Any, backend: str,
                 parameters: list[Value], shape: Any, mean: bool,
                 dtype: str = 'float64', why: str = '') -> None:
        self.program = program
        self.machine = machine
        self.backend = backend
        self.dtype = dtype
        self.why = why
        self.parameters = parameters
        self.shape = shape
        self.mean = mean
        self.has_run = False  # since samples were loaded

    def load(self, samples: Iterable[Any], batch: int | None = None) -> None:
        """Take these samples from now on, beginning with the first.

        Args:
            samples: each of the shape that was traced.
            batch: how many a step takes, in turn; all of them if None.

        Raises:
            ValueError: a sample has another shape, there are no samples to
                take the mean of, or a batch is not a number from 1 on.
        """
        if batch is not None and (
                type(batch) is bool or not hasattr(batch, '__index__')
                or batch < 1):
            raise ValueError('a batch is 1, 2, 3, … samples, or None for '
                             f'all of them: not {batch!r}')
        rows = self.rows(samples)
        size = batch or len(rows) or 1
        self.machine.load([self.batch(rows[i:i + size])
                           for i in range(0, len(rows) or 1, size)])
        self.loaded = len(rows), size
        self.has_run = False

    def rows(self, samples: Iterable[Any]) -> list[list[float]]:
        """The numbers of each sample, without its shape."""
        rows: list[list[float]] = []
        for k, sample in enumerate(samples):
            shape, numbers = unfolded(k, sample)
            if shape != self.shape:
                raise ValueError(
                    f'sample {k} has another shape than the one traced: '
                    f'{shortened(sample)}. Compile it by itself')
            rows.append(numbers)
        return rows

    def batch(self, rows: list[list[float]]) -> Batch:
        """These samples with what their losses' sum is multiplied by."""
        if self.mean and not rows:
            raise ValueError('the mean of no losses: is the data empty?')
        return rows, 1 / len(rows) if self.mean else float(len(rows))

    def descend(self, learning_rates: Iterable[float] | int) -> list[float]:
        """One step for each rate; returns the losses before them.

        With an optimiser each is a step of it. What it remembers is read from
        it first and written to it at the end.

        Args:
            learning_rates: a rate for each step, as a schedule gives them; or
                how many steps to take at the optimiser's own rate.
        """
        rates = (self.own_rates(learning_rates)
                 if isinstance(learning_rates, int) else learning_rates)
        if self.optimiser is not None:
            return self.optimise(rates)
        self.start()
        losses = [self.machine.step(rate) for rate in rates]
        if losses:
            self.finish()
        return losses

    def start(self) -> None:
        """Give the machine the parameters as they are now."""
        self.machine.start([p.data for p in self.parameters])

    def finish(self) -> None:
        """Take parameters and derivatives from the machine."""
        self.has_run = True
        for p, x, slope in zip(self.parameters, self.machine.parameters(),
                               self.machine.gradients(), strict=True):
            p.data, p.grad = x, slope

    def __call__(self, learning_rate: float | None = None) -> float:
        """One step; returns the loss before it.

        Args:
            learning_rate: how far; if None, as far as the optimiser says.
        """
        return self.descend(1 if learning_rate is None else [learning_rate])[0]

    def backward(self) -> float:
        """The loss. Its derivatives are added to `grad` of the parameters."""
        self.start()
        loss: float = self.machine.run()
        self.has_run = True
        for p, slope in zip(self.parameters, self.machine.gradients(),
                            strict=True):
            p.grad += slope
        return loss

    def outputs(self) -> list[list[float]]:
        """What else the loss returned: for each a number for each sample.

        They are those of the last run.

        Raises:
            RuntimeError: these samples have not been run yet.
        """
        if not self.has_run:
            raise RuntimeError('there are no outputs before a run of the '
                               'samples: step, or call backward, first')
        found: list[list[float]] = self.machine.outputs()
        return found

    def __repr__(self) -> str:
        count, batch = self.loaded
        optimiser = getattr(self, 'optimiser', None)
        return ''.join([
            f'Step on {self.backend}: {len(self.parameters)} parameters, '
            f'{self.dtype}, {count} samples',
            f', {batch} a step' if batch < count else '',
            f', {optimiser!r}' if optimiser is not None else '',
            f' (not on {self.why})' if self.why else ''])

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError('a Step cannot be copied or pickled: it is code for '
                        'this process. Copy or save the model, and compile '
                        'its loss again')

    @cached_property
    def looking(self) -> Any:
        """A second machine, for the way forward alone."""
        return self.machine.forward()

    def evaluate(self,
                 samples: Iterable[Any]) -> tuple[float, list[list[float]]]:
        """Run forward on any samples, with the parameters as they are.

        Nothing is touched: no parameter, no `grad`, and neither the samples
        that were loaded nor the place in them.

        Args:
            samples: any number of them, each of the shape that was traced.

        Returns:
            the loss that a step on all of them at once would return,
            so their mean or sum and the penalty; and what else the loss
            returns, for each output a list with a number for each sample.

        Raises:
            ValueError: a sample has another shape, or there are no samples
                to take the mean of.
        """
        self.looking.load([self.batch(self.rows(samples))])
        self.looking.start([p.data for p in self.parameters])
        return self.looking.run(), self.looking.outputs()

    optimiser: Any = None

    def _follow(self, optimiser: Optimiser) -> None:
        """Move as this optimiser does; `compile` asks for it before it loads.

        Raises:
            TypeError: it is not one that can be compiled.
            ValueError: it moves other parameters.
        """
        update = update_of(optimiser)
        if self.parameters != optimiser.parameters:
            raise ValueError('the optimiser moves other parameters, or in '
                             'another order: give it and compile one list')
        self.optimiser, self.update = optimiser, update
        self.machine.follow(update_program(update, optimiser))

    def own_rates(self, steps: int) -> list[float]:
        """The optimiser's learning rate, for so many steps."""
        if self.optimiser is None:
            raise TypeError('how far? Give a learning rate for each step, '
                            'or compile with an optimiser, which has one')
        if steps < 0:
            raise ValueError(f'there are no {steps} steps to take')
        return [self.optimiser.learning_rate] * steps

    def optimise(self, rates: Iterable[float]) -> list[float]:
        """Steps of the optimiser; its books are kept as it does itself."""
        optimiser, update, machine = self.optimiser, self.update, self.machine
        books = [getattr(optimiser, name) for name in update.states]
        machine.start([p.data for p in self.parameters], *books)
        losses = []
        for ahead, rate in enumerate(rates, 1):
            own_rate, *others = update.numbers(optimiser, rate, ahead)
            machine.adjust(others)
            losses.append(machine.step(own_rate))
        if losses:
            self.finish()
            for book, now in zip(books, machine.states(), strict=True):
                book[:] = now
            if hasattr(optimiser, 'steps'):
                optimiser.steps += len(losses)
        return losses


BACKENDS: dict[str, Callable[[Program, str], Any]] = {'python': Python}
UNASKED: dict[str, Callable[[Program, str], Any]] = {}  # instead, unasked


def build(program: Program, backend: str | None,
          dtype: str) -> tuple[Any, str, str]:
    """What runs the program, its name, and why it is none that is faster."""
    if backend is not None:
        return BACKENDS[backend](program, dtype), backend, ''
    missing: list[str] = []
    for name in reversed(BACKENDS):  # the later ones are faster
        if name != 'python' or dtype == 'float64':
            try:
                made = UNASKED.get(name, BACKENDS[name])(program, dtype)
                return made, name, '; '.join(missing)
            except (ImportError, OSError) as error:
                command, *said = str(error).split('\n')
                missing.append(f'{name}: {"".join(said[:1]) or command}')
    raise ValueError(f'plain Python computes in float64, not {dtype}, and '
                     f'nothing else is here ({"; ".join(missing)}): '
                     '`pip install numpy`, or install a C compiler')


def leaves_of(what: str, some: Iterable[Value]) -> list[Value]:
    """The parameters, or the inputs, as a list.

    Raises:
        TypeError: they are something else than values.
        ValueError: an operation made one of them.
    """
    leaves = list(some) if isinstance(some, Iterable) else [some]
    for v in leaves:
        if not isinstance(v, Value):
            raise TypeError(f'{what} are a list of Values, such as '
                            f'model.parameters(): not {type(v).__name__}')
    if any(v._prev for v in leaves):
        raise ValueError(f'{what} are leaves alone: values that no operation '
                         'made')
    return leaves


def compile(loss: Value | Callable[..., Any], inputs: Iterable[Any],
            parameters: Iterable[Value], *, penalty: Value | None = None,
            reduction: str = 'mean', backend: str | None = None,
            dtype: str = 'float64',
            optimiser: Optimiser | None = None) -> Step:
    """A step of training as a program.

    The loss is called with values that have no number, so it cannot decide
    by one, nor use one as an index: instead of the number of a class let a
    sample hold a list with 1 at its place and 0 elsewhere. What depends
    neither on inputs nor on parameters is a constant of the program, a
    Value that is not among the parameters too: it is frozen as it is now.

    Args:
        loss: a function of one sample that returns its loss, and perhaps
            further outputs; or a Value that was built already.
        inputs: the samples, each a list of the function's arguments; or those
            leaves of the Value that differ from sample to sample.
        parameters: the values to move.
        penalty: a value made from the parameters alone, added once.
        reduction: 'mean' or 'sum' of the losses of the samples.
        backend: what runs it: 'native', 'numpy' or 'python'; if None,
            the first of them that can be had, and `why` of the step says
            what was wrong with those before it.
        dtype: 'float64' or 'float32'.
        optimiser: what moves the parameters, which are its own too.
            Without one they move by the rate times the slope.

    Raises:
        TracingError: one sample's graph is not every sample's.
        LookupError: a table of operations lacks one of the loss.
        TypeError: a loss, a parameter or a penalty is no Value, or a sample
            holds something else than numbers.
        ValueError: nothing to trace, nothing to move, or no such choice.
        ImportError, OSError: the back end of this name cannot be had.
    """
    moved = list(dict.fromkeys(leaves_of('parameters', parameters)))
    if (reduction not in ('mean', 'sum') or backend not in (None, *BACKENDS)
            or dtype not in ('float64', 'float32')):
        raise ValueError('no such choice: '
                         f'{reduction=}, {dtype=}, {backend=}')
    if not moved:
        raise ValueError('nothing to move: give parameters')
    if penalty is not None and not isinstance(penalty, Value):
        raise TypeError('a penalty is a Value made from the parameters, such '
                        'as 1e-4 * sum(p * p for p in parameters): not '
                        f'{penalty!r}')
    if isinstance(loss, Value):
        leaves = leaves_of('inputs', inputs)
        if not {*leaves}.isdisjoint(moved):
            raise ValueError('a value is an input or a parameter, not both')
        program, roots = Program(leaves, moved), [loss]
        samples: list[Any] = [[v.data for v in leaves]]
        shape: Any = list(range(len(leaves)))
    else:
        samples = list(inputs)
        shape, program, roots = recorded(loss, samples, moved)
    assemble(program, roots, moved, penalty or Value(0.0),
             reduction == 'mean')
    machine, name, why = build(program, backend, dtype)
    step = Step(program, machine, name, moved, shape, reduction == 'mean',
                dtype, why)
    if optimiser is not None:
        step._follow(optimiser)
    step.load(samples)
    return step


def assemble(program: Program, roots: list[Value], moved: list[Value],
             penalty: Value, mean: bool) -> None:
    """Add derivatives and sums: the results are the loss and the slopes."""
    loss, *outputs = roots
    program.outputs = program.varying(program.trace(*outputs))
    each = program.trace(loss, *loss.gradients(moved))
    once = program.trace(penalty, *penalty.gradients(moved))
    if any(program.varies[i] for i in once):
        raise ValueError('a penalty is made from the parameters alone')
    uses = program.uses([*each, *program.outputs])
    program.results = [
        program.emit('+', program.total(i, mean, uses, k > 0), once[k])
        for k, i in enumerate(each)]


def on_numpy(program: Program, dtype: str) -> Any:
    """The program as calls of NumPy; neither is loaded before."""
    from micrograd.layers import NumPy

    return NumPy(program, dtype)


BACKENDS['numpy'] = on_numpy


def in_c(program: Program, dtype: str) -> Any:
    """The program on the machine in C, loaded when it is wanted."""
    from micrograd.native import Native

    return Native(program, dtype)


def in_c_unasked(program: Program, dtype: str) -> Any:
    """The same, with a compiler that the system has, or not at all."""
    from micrograd.native import compiler

    compiler(bundled=False)
    return BACKENDS['native'](program, dtype)


BACKENDS['native'] = in_c
UNASKED['native'] = in_c_unasked

__all__ = ['BACKENDS', 'Step', 'compile']
