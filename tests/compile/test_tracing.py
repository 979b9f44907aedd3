"""How a loss is traced: no number is read, nobody else is disturbed, and what is refused says why."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import statistics
import threading
import types

import pytest

from micrograd.compile import compile
from micrograd.engine import Value, attributes, gate
from micrograd.losses import highest, log_sum_exp, softmax
from micrograd.nn import MLP
from micrograd.tracing import Symbol, TracingError, unfolded

SLOTS = {name: vars(Value)[name] for name in ("data", "grad")}


def step_of(loss, samples=((1.0,), (2.0,), (3.0,)), parameters=None, **choices):
    return compile(loss, samples, parameters or [Value(1.0)], backend="python", **choices)


# ---- every way of reading a number ----

READS = {
    "data": lambda v: v.data,
    "grad": lambda v: v.grad,
    "data of an operand": lambda v: (v * 2)._prev[0].data,
    "data of a result": lambda v: (v * v + 1).data,
    "getattr": lambda v: getattr(v, "data"),  # noqa: B009
    "float": float,
    "int": int,
    "round": lambda v: round(v, 2),
    "format": lambda v: f"{v:.2f}",
    "%f": lambda v: "%f" % v,  # noqa: UP031
    "<": lambda v: v < 0,
    "> of a result": lambda v: (v + 1).exp() > 0,
    "a number <=": lambda v: 0.5 <= v,
    ">=": lambda v: v >= Value(0.0),
    "sorted": lambda v: sorted([v, Value(2.0), v * 3]),
    "max": lambda v: max(v, Value(2.0)),
    "the largest number": lambda v: max(s.data for s in (v, v * 2)),
    "math.exp": math.exp,
    "math.fsum": lambda v: math.fsum([v, v]),
    "mean of statistics": lambda v: statistics.fmean([v, v]),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a graph": lambda v: copy.deepcopy(v * v),
    "pickle": lambda v: pickle.loads(pickle.dumps(v)),
    "attributes": attributes,
    "detach": lambda v: v.detach(),
    "backward": lambda v: (v * v).backward(),
    "own backward": lambda v: (v * 2)._backward(),
    "index": lambda v: [1.0, 2.0][v],
    "range": range,
    "set data": lambda v: setattr(v, "data", 3.0),
    "set grad": lambda v: setattr(v, "grad", 0.0),
    "add to grad": lambda v: setattr(v, "grad", v.grad + 1.0),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("whose", ["input", "parameter", "result"])
def test_a_number_cannot_be_read(name, whose):
    w, read = Value(2.0), READS[name]

    def loss(x):
        read({"input": x, "parameter": w, "result": (w * x).tanh()}[whose])
        return w * x

    with pytest.raises(TypeError):
        step_of(loss, parameters=[w])
    assert (w.data, w.grad, type(w)) == (2.0, 0.0, Value)


@pytest.mark.parametrize("name", [n for n in READS if n not in ("int", "round", "format", "%f", "range", "index", "math.exp", "float", "math.fsum", "mean of statistics")])
@pytest.mark.parametrize("whose", ["input", "parameter"])
def test_it_says_who_asked_and_what_to_do(name, whose):
    w = Value(2.0)
    with pytest.raises(TracingError, match=r"the number of a Value while the loss is traced.*relu or abs.*softmax"):
        step_of(lambda x: READS[name](x if whose == "input" else w), parameters=[w])


def test_it_names_the_function_that_reads():
    def greedy(x):
        return x.data

    with pytest.raises(TracingError, match="greedy reads the number"):
        step_of(greedy)
    with pytest.raises(TracingError, match="backward sets the number|backward reads the number"):
        step_of(lambda x: x.backward())


def test_what_is_written_of_a_symbol_holds_no_number():
    w, seen = Value(2.5), []

    def loss(x):
        seen.extend([repr(x), str(w), f"{w * x}"])
        return w * x

    step_of(loss, parameters=[w])
    assert set(seen) == {"Value(data=?, grad=?)"}
    assert repr(w) == "Value(data=2.5, grad=0.0)"


def test_equality_and_truth_ask_for_no_number():
    w = Value(2.0)
    step_of(lambda x: w * x if x and x != w and x == x and w in {w} else x, parameters=[w])


def test_a_copied_parameter_was_baked_in_and_is_refused():
    w = Value(2.0)
    with pytest.raises(TracingError):
        step_of(lambda x: (w * x - copy.copy(w)) ** 2, parameters=[w])


def test_what_is_not_among_the_parameters_is_frozen():
    w, frozen = Value(2.0), Value(3.0)
    step = step_of(lambda x: w * x * frozen + frozen.data * copy.copy(frozen), parameters=[w])
    assert step.backward() == 2 * 2 * 3 + 9
    frozen.data = 100.0
    assert step.backward() == 2 * 2 * 3 + 9


def test_an_index_is_said_to_be_none():
    table = [Value(1.0), Value(2.0)]
    with pytest.raises(TracingError, match="cannot be an index.*one-hot"):
        step_of(lambda x: table[x], parameters=table)


def test_a_symbol_that_somebody_kept_still_has_no_number():
    kept = []
    step_of(lambda x: kept.append(x * 2) or x)
    with pytest.raises(TracingError):
        kept[0].data  # noqa: B018


# ---- symbols do what values do ----

MADE = {
    "+": lambda a, b: a + b,
    "+ number": lambda a, b: a + 2,
    "number +": lambda a, b: 2 + a,
    "-": lambda a, b: a - b,
    "- number": lambda a, b: a - 2,
    "number -": lambda a, b: 2 - a,
    "*": lambda a, b: a * b,
    "* number": lambda a, b: a * 0.5,
    "number *": lambda a, b: 0.5 * a,
    "/": lambda a, b: a / b,
    "/ number": lambda a, b: a / 4,
    "number /": lambda a, b: 4 / a,
    "**": lambda a, b: a**b,
    "** int": lambda a, b: a**3,
    "** float": lambda a, b: a**0.5,
    "number **": lambda a, b: 2**a,
    "negative": lambda a, b: -a,
    "abs": lambda a, b: abs(a),
    ".abs": lambda a, b: a.abs(),
    "relu": lambda a, b: a.relu(),
    "exp": lambda a, b: a.exp(),
    "log": lambda a, b: a.log(),
    "tanh": lambda a, b: a.tanh(),
    "sigmoid": lambda a, b: a.sigmoid(),
    "gate": lambda a, b: gate(a, b),
    "highest": lambda a, b: highest([a, b, a * b]),
    "log_sum_exp": lambda a, b: log_sum_exp([a, b]),
    "softmax": lambda a, b: softmax([a, b])[1],
    "gradients": lambda a, b: (a**b + (a * b).relu() + abs(a) / b).gradients([a, b])[1],
}


def written(value, names):
    """A graph as text, by operations alone."""
    if value in names:
        return names[value]
    if not value._prev:
        return repr(value.data)
    operands = [written(v, names) for v in value._prev]
    return f"{value._op}({', '.join(sorted(operands) if value._op in '+*' else operands)})"


@pytest.mark.parametrize("name", MADE)
def test_the_graph_is_that_of_values(name):
    a, b = Value(2.0), Value(3.0)
    wanted = written(MADE[name](a, b), {a: "a", b: "b"})
    for x, y in [(Symbol(), Symbol()), (Symbol(), b), (a, Symbol())]:
        found = MADE[name](x, y)
        assert written(found, {x: "a", y: "b"}) == wanted
        made = {v for v in [x, y] if isinstance(v, Symbol)} & set(found._prev)
        assert not made or isinstance(found, Symbol)


def test_symbols_know_every_method_that_makes_a_node():
    """A method of Value either leads to these, or symbols have their own, or it reads a number and is refused."""
    methods = {name for name, held in vars(Value).items() if isinstance(held, types.FunctionType)}
    leads = {"__neg__", "__sub__", "__rsub__", "__truediv__", "__rtruediv__", "abs", "gradients"}
    refused = {"__lt__", "__le__", "__gt__", "__ge__", "__float__", "__round__", "__format__", "detach", "backward",
               "_deliver", "__deepcopy__", "__reduce_ex__", "__setstate__"}  # fmt: skip
    assert methods - leads - refused <= {*vars(Symbol)}


def test_a_foreign_operand_is_asked():
    numpy = pytest.importorskip("numpy")
    x = Symbol()
    for found in (x * numpy.array([1.0, 2.0]), numpy.array([1.0, 2.0]) * x):
        assert [type(v) for v in found] == [Symbol, Symbol]
    assert [v._op for v in x ** numpy.array([3.0, 0.5])] == ["**3.0", "**0.5"]
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "one"
    with pytest.raises(TypeError, match="unsupported operand"):
        x ** "one"


@pytest.mark.parametrize("activation", [Value.tanh, "relu", "sigmoid", lambda v: v.exp().log()])
def test_neurons_bend_symbols(activation):
    model = MLP(1, [2, 1], activation)
    step = compile(lambda x: model(x) ** 2, [[[1.0]], [[2.0]]], model.parameters(), backend="python")
    assert step.backward() == pytest.approx(sum(model([x]).data ** 2 for x in (1.0, 2.0)) / 2)


def test_asked_of_the_class_it_says_how_to_ask_the_value():
    with pytest.raises(TracingError, match=r"v\.tanh\(\), not Value\.tanh\(v\)"):
        step_of(lambda x: Value.tanh(x))

    def tanh(x):
        return math.tanh(x.data)

    with pytest.raises(TracingError, match="tanh reads the number of a Value.* say it with operations"):
        step_of(tanh)


class Weight(Value):
    """A value of one's own, with room for more."""

    def __init__(self, data):
        super().__init__(data)
        self.seen = 0

    def __mul__(self, other):
        self.seen += 1
        return super().__mul__(other)


def test_parameters_may_be_of_a_class_of_ones_own():
    w = Weight(2.0)
    step = step_of(lambda x: w * x, parameters=[w])
    assert (step.backward(), w.seen, type(w)) == (4.0, 3, Weight)
    with pytest.raises(TracingError):
        step_of(lambda x: x * w.data, parameters=[w])
    assert type(w) is Weight


# ---- nobody is disturbed ----


def untouched():
    return all(vars(Value)[name] is slot for name, slot in SLOTS.items())


def test_the_class_is_never_touched():
    before, during = dict(vars(Value)), []
    w = Value(2.0)
    step_of(lambda x: during.append(dict(vars(Value))) or w * x, parameters=[w])
    assert during
    assert all(seen == before for seen in during)
    assert dict(vars(Value)) == before
    assert type(w) is Value


def in_thread(action):
    """Start it; what it returned or raised, once it has been waited for."""
    found = []

    def run():
        try:
            found.append(action())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result():
        thread.join(60)
        assert not thread.is_alive(), "it never ended"
        return found[0]

    return result


def train(w, steps):
    """Steps of interpreted descent on (3 w) ** 2, every way of touching w taken."""
    for _ in range(steps):
        w.grad = 0.0
        ((w * 3.0) ** 2 + 0.0 * (2.0 - w) ** 2 + 0 * abs(w).relu().exp() + 0 * highest([w, w * 2])).backward()
        w.data -= 0.01 * w.grad
    return w.data, w > 0, f"{w!r}", copy.copy(w).data


@pytest.mark.parametrize("make", [Value, Weight])
def test_another_thread_trains_the_very_parameters_that_are_traced(make):
    w, traced, trained = make(2.0), threading.Event(), threading.Event()

    def other():
        assert traced.wait(60)
        try:
            return train(w, 5)
        finally:
            trained.set()

    def loss(x):
        traced.set()
        assert trained.wait(60)
        return w * x

    result = in_thread(other)
    step = step_of(loss, parameters=[w])
    wanted = train(make(2.0), 5)
    assert result() == wanted
    assert type(w) is make
    assert step.backward() == pytest.approx(2 * w.data)


def test_two_tracings_at_once_wait_for_each_other():
    """The other begins while this one traces; it used to take this one's watch for what was there."""
    first, second = Value(2.0), Value(5.0)
    begun = threading.Event()
    results = []

    def other():
        begun.set()
        return step_of(lambda x: second * x, parameters=[second]).backward()

    def loss(x):
        if not results:
            results.append(in_thread(other))
            assert begun.wait(60)
        return first * x

    assert step_of(loss, parameters=[first]).backward() == 4.0
    assert results[0]() == 10.0
    assert untouched()
    assert (type(first), type(second)) == (Value, Value)


def test_eight_compile_while_one_trains_and_one_reads():
    models = [MLP(2, [4, 1]) for _ in range(8)]
    start, done = threading.Barrier(10), threading.Event()
    shared, seen = Value(2.0), Value(7.0)

    def compiling(model):
        start.wait(60)
        step = compile(lambda x, y: (1 - y * model(x)).relu(), [([1.0, 2.0], 1), ([0.5, -1.0], -1)],
                       model.parameters() + [shared], backend="python")  # fmt: skip
        return step.backward()

    def training():
        start.wait(60)
        rounds = [train(Value(2.0), 3)]
        while not done.is_set():
            rounds.append(train(Value(2.0), 3))
        return len(set(rounds))

    def reading():
        start.wait(60)
        numbers = {(seen.data, shared.data)}
        while not done.is_set():
            numbers |= {(seen.data, shared.data)}
        return numbers

    others = [in_thread(training), in_thread(reading)]
    found = [in_thread(lambda model=model: compiling(model)) for model in models]
    losses = [result() for result in found]
    done.set()
    assert losses == [pytest.approx((
        (1 - model([1.0, 2.0])).relu() + (1 + model([0.5, -1.0])).relu()).data / 2) for model in models]  # fmt: skip
    assert [result() for result in others] == [1, {(7.0, 2.0)}]
    assert untouched()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_loss_that_raises_leaves_nothing_behind(error):
    w = Value(2.0)

    def loss(x):
        raise error("in the middle")

    with pytest.raises(error, match="in the middle"):
        step_of(loss, parameters=[w])
    assert (type(w), w.data) == (Value, 2.0)
    assert untouched()
    assert step_of(lambda x: w * x, parameters=[w]).backward() == 4.0  # nothing is locked


def test_a_loss_that_compiles_is_told_to_do_so_before():
    w = Value(2.0)
    with pytest.raises(TracingError, match="compile that before"):
        step_of(lambda x: step_of(lambda y: y * w, parameters=[w]).backward() * x, parameters=[w])
    assert step_of(lambda x: w * x, parameters=[w]).backward() == 4.0


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_alone(on):
    before, during = gc.isenabled(), []
    (gc.enable if on else gc.disable)()
    try:
        step_of(lambda x: during.append(gc.isenabled()) or x)
        assert {*during, gc.isenabled()} == {on}
    finally:
        (gc.enable if before else gc.disable)()


# ---- what is refused says what was given ----


@pytest.mark.parametrize("made, said", [
    (3.0, "not 3.0"),
    (None, "not None"),
    ("loss", "not 'loss'"),
    ((), r"not \(\)"),
    ([Value(1.0), 1.0], "not .*1.0"),
    ({"loss": 1.0}, "not {'loss': 1.0}"),
])
def test_a_loss_returns_values(made, said):
    with pytest.raises(TypeError, match=f"the loss must return a Value.*{said}"):
        step_of(lambda x: made)


def test_a_loss_returns_an_array_of_numbers():
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="the loss must return a Value.*array"):
        step_of(lambda x: numpy.array([1.0, 2.0]))
    step = step_of(lambda x: numpy.array([1.0, 2.0]) * x)
    step.backward()
    assert step.outputs() == [[2.0, 4.0, 6.0]]


def test_a_loss_may_yield_its_loss_and_outputs():
    w = Value(2.0)

    def loss(x):
        yield w * x
        yield x + 1

    step = step_of(loss, parameters=[w])
    assert (step.backward(), step.outputs()) == (4.0, [[2.0, 3.0, 4.0]])
    with pytest.raises(TracingError):  # the generator runs while the parameters are symbols
        step_of(lambda x: (w * x * w.data for _ in range(1)), parameters=[w])


@pytest.mark.parametrize("penalty", [0.1, 0.0, lambda: Value(1.0), "l2"])
def test_a_penalty_is_a_value(penalty):
    with pytest.raises(TypeError, match="a penalty is a Value made from the parameters"):
        step_of(lambda x: x, penalty=penalty)


@pytest.mark.parametrize("parameters, given", [
    ([1.0], "float"), (3, "int"), (MLP(1, [1]), "MLP"), ([Value(1.0), [Value(2.0)]], "list"), ("w", "str")])
def test_parameters_are_values(parameters, given):
    with pytest.raises(TypeError, match=rf"parameters are a list of Values, such as model.parameters\(\): not {given}"):
        compile(lambda x: x, [[1.0]], parameters)


def test_inputs_of_a_built_loss_are_values():
    w = Value(1.0)
    with pytest.raises(TypeError, match="inputs are a list of Values.*not float"):
        compile(w * 2, [1.0], [w])


def test_nothing_is_an_input_and_a_parameter():
    """The program read the input, and descent moved the parameter: it stood still without a word."""
    w = Value(2.0)
    with pytest.raises(ValueError, match="an input or a parameter, not both"):
        compile(w * w, [w], [w])


@pytest.mark.parametrize("loss", [3.0, None, "loss"])
def test_a_loss_is_a_function_or_a_value(loss):
    with pytest.raises(TypeError, match="a loss is a function of one sample, or a Value: not"):
        step_of(loss)


def test_generators_will_do():
    w = Value(2.0)
    step = compile(lambda x: w * x, ([x] for x in (1.0, 3.0)), (p for p in [w]), backend="python")
    assert step.backward() == 4.0
    x = Value(1.0)
    assert compile(w * x, iter([x]), iter([w]), backend="python").backward() == 2.0


@pytest.mark.parametrize("samples, said", [
    ([["1.0"]], "sample 0, behind 0 numbers: .*not str"),
    ([[1.0], [2.0], ["x"]], "sample 2, behind 0 numbers: .*not str"),
    ([[[1.0, 2.0], None]], "sample 0, behind 2 numbers: .*not NoneType"),
    ([[1.0], ["x"], [2.0], [2.0], [2.0]], "sample 1, behind 0 numbers: .*not str"),
    ([{1.0, 2.0}], "sample 0, behind 0 numbers: numbers come in a list, in their order: not in a set"),
    ([[{"x": 1.0}]], "sample 0, behind 0 numbers: numbers come in a list, in their order: not in a dict"),
])
def test_a_sample_that_holds_no_numbers_is_named(samples, said):
    with pytest.raises(TypeError, match=said):
        step_of(lambda *x: x[0] if isinstance(x[0], Value) else x[0][0], samples)


def test_a_sample_of_another_shape_is_named():
    with pytest.raises(TracingError, match="number 0 and number 2: they have different shapes"):
        step_of(lambda *x: sum(x), [[1.0], [2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match="sample 1 has another shape"):
        step_of(lambda *x: x[0], [[1.0], [3.0, 4.0], [2.0], [3.0], [5.0]])


def test_unfolded_is_shape_and_numbers():
    assert unfolded(0, [1.0, [2, True]]) == ([0, [1, 2]], [1.0, 2.0, 1.0])
