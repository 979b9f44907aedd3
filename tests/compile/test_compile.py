"""A compiled step of training: what it computes, what it refuses, and which machine it finds."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest

from micrograd.compile import compile
from micrograd.engine import RULES, Value
from micrograd.layers import Layers, even_steps, sums_of_products
from micrograd.losses import binary_cross_entropy, highest, log_sum_exp, softmax
from micrograd.nn import MLP
from micrograd.optim import SGD, Adam
from micrograd.program import FUNCTIONS, Program, python_source
from micrograd.tracing import TracingError, fold, unfold

BACKENDS = ("python", "numpy", "native")
each_backend = pytest.mark.parametrize("backend", BACKENDS)
INF, NAN = math.inf, math.nan


def like(x, y, scale=1.0):
    """Equal to 1e-12 of the scale, infinities and NaNs alike."""
    return x == y or (x != x and y != y) or abs(x - y) <= 1e-12 * max(scale, 1.0)


def values(sample):
    if isinstance(sample, (list, tuple)):
        return [values(part) for part in sample]
    return Value(sample)


def interpreted(loss, samples, parameters, penalty=None, reduction="mean"):
    """The loss, and the parameters' derivatives, by the engine."""
    losses = [loss(*values(sample)) for sample in samples]
    total = sum(losses, Value(0.0)) * (1 / len(losses) if reduction == "mean" else 1.0)
    if penalty is not None:
        total = total + penalty
    for p in parameters:
        p.grad = 0.0
    total.backward()
    return total.data, [p.grad for p in parameters]


def compiled(loss, samples, parameters, backend, **choices):
    step = compile(loss, samples, parameters, backend=backend, **choices)
    for p in parameters:
        p.grad = 0.0
    return step.backward(), [p.grad for p in parameters]


def check(loss, samples, parameters, backend, penalty=None, reduction="mean"):
    wanted = interpreted(loss, samples, parameters, penalty, reduction)
    found = compiled(loss, samples, parameters, backend, penalty=penalty, reduction=reduction)
    numbers = [x for x in wanted[1] if math.isfinite(x)]
    assert like(found[0], wanted[0], abs(wanted[0]) if math.isfinite(wanted[0]) else 1.0)
    assert all(like(a, b, max(map(abs, numbers), default=1.0)) for a, b in zip(found[1], wanted[1], strict=True))


def moons(count=20, sizes=(8, 8, 1), seed=3, activation="relu"):
    rng = random.Random(seed)
    model = MLP(2, list(sizes), activation, rng=rng)
    samples = [((rng.gauss(0, 1), rng.gauss(0, 1)), rng.choice((-1, 1))) for _ in range(count)]
    return model, samples


def hinge_of(model):
    return lambda x, y: (1 - y * model(x)).relu()


OPERATIONS = {
    "+": lambda x, w: x + w,
    "+ number": lambda x, w: 0.5 + x * w,
    "*": lambda x, w: x * w,
    "-": lambda x, w: w - x,
    "/": lambda x, w: x / (w * w + 1),
    "exp": lambda x, w: (x * w).exp(),
    "log": lambda x, w: (x * x + w * w).log(),
    "tanh": lambda x, w: (x * w).tanh(),
    "sigmoid": lambda x, w: (x * w).sigmoid(),
    "relu": lambda x, w: (x * w).relu(),
    "abs": lambda x, w: abs(x * w),
    "** 0": lambda x, w: (x * w) ** 0 + w,
    "** 1": lambda x, w: (x * w) ** 1,
    "** 2": lambda x, w: (x * w) ** 2.0,
    "** 3": lambda x, w: (x * w) ** 3,
    "** -1": lambda x, w: (x * x + w) ** -1,
    "** 0.5": lambda x, w: (x * x + w * w) ** 0.5,
    "** Value": lambda x, w: (x * x + 1) ** w,
    "number ** Value": lambda x, w: 2 ** (x * w),
    "Value ** Value": lambda x, w: (w * w + 1) ** x,
    "highest": lambda x, w: w * highest([x, w, x * w, x + w, Value(0.25)]),
    "highest of one": lambda x, w: w * highest([x]),
    "highest of constants": lambda x, w: w * x * highest([Value(1.0), Value(3.0), Value(2.0)]) * highest([Value(0.5)]),
    "highest of uniform ones": lambda x, w: x * highest([w, w * w, Value(0.1)]) + highest([w, x]),
    "log_sum_exp": lambda x, w: log_sum_exp([x * w, x, w]),
    "softmax": lambda x, w: softmax([x * w, x, w])[0],
    "cross entropy": lambda x, w: binary_cross_entropy(x * w, 1),
    "used twice": lambda x, w: (x * w + x * w) * (x * w),
    "doubled constant": lambda x, w: (w * 3 + w * 3) * x,
    "constant that overflows when doubled": lambda x, w: (w * 1e308 + w * 1e308) * 0.0 + w * x,
    "uniform": lambda x, w: w * w,
    "constant": lambda x, w: Value(2.0) * 3,
    "input alone": lambda x, w: x,
    "slope": lambda x, w: (x * w).tanh().gradients([x])[0] ** 2,
    "slope of relu": lambda x, w: ((x * w).relu() ** 2 + abs(w * x)).gradients([x])[0] ** 2,
}


@each_backend
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name, backend):
    w = Value(0.75)
    samples = [[x] for x in (-2.5, -0.5, 0.25, 1.5, 3.0)]
    for reduction in ("mean", "sum"):
        check(lambda x: OPERATIONS[name](x, w), samples, [w], backend, penalty=w * w * 0.1, reduction=reduction)


@each_backend
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 64, 101])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_network(count, activation, backend):
    model, samples = moons(count, activation=activation)
    penalty = 1e-3 * sum(p * p for p in model.parameters())
    check(hinge_of(model), samples, model.parameters(), backend, penalty)


@each_backend
def test_penalty_may_stand_in_the_loss(backend):
    model, samples = moons()
    hinge = hinge_of(model)
    for reduction in ("mean", "sum"):
        check(lambda x, y: hinge(x, y) + 0.01 * sum(p**2 for p in model.parameters()),
              samples, model.parameters(), backend, reduction=reduction)


@each_backend
def test_dead_inputs_and_parameters(backend):
    w, dead = Value(2.0), Value(3.0)
    check(lambda x, unused: (w * x) ** 2, [[1.0, 5.0], [2.0, -7.0]], [w, dead], backend)


@each_backend
def test_a_weight_used_in_two_places(backend):
    w, v = Value(0.5), Value(-1.5)
    check(lambda x, y: (w * (w * x + v).tanh() + v - y) ** 2, [[1.0, 0.3], [-2.0, 0.8]], [w, v], backend)


@each_backend
def test_parameter_listed_twice_moves_once(backend):
    w = Value(2.0)
    step = compile(lambda x: w * x, [[1.0]], [w, w], backend=backend)
    assert step(0.5) == 2.0
    assert (w.data, w.grad) == (1.5, 1.0)


@each_backend
def test_no_samples_sum_to_the_penalty_alone(backend):
    w = Value(2.0)
    step = compile(lambda x: (w * x) ** 2, [[1.0]], [w], reduction="sum", penalty=w * 3, backend=backend)
    step.load([])
    assert step.backward() == 6.0
    assert w.grad == 3.0


@each_backend
def test_no_samples_have_no_mean(backend):
    w = Value(2.0)
    step = compile(lambda x: w * x, [[1.0]], [w], backend=backend)
    with pytest.raises(ValueError, match="the mean of no losses"):
        step.load([])


@each_backend
def test_built_value_without_inputs(backend):
    model, samples = moons()
    losses = [hinge_of(model)(*sample) for sample in samples]
    total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    total.backward()
    wanted = [p.grad for p in model.parameters()]
    loss, found = compiled(total, [], model.parameters(), backend)
    assert like(loss, total.data)
    assert all(like(a, b, max(map(abs, wanted))) for a, b in zip(found, wanted, strict=True))


@each_backend
def test_built_value_with_inputs_takes_other_data(backend):
    x, y, w = Value(2.0), Value(1.0), Value(3.0)
    step = compile((w * x - y) ** 2, [x, y], [w], backend=backend)
    assert step.backward() == 25.0
    step.load([(1.0, 0.0), (0.0, 2.0)])
    assert step.backward() == (9.0 + 4.0) / 2


@each_backend
def test_descent_is_that_of_the_engine(backend):
    model, samples = moons(30)
    start = [p.data for p in model.parameters()]
    rates = [0.2 / (1 + k) for k in range(12)]
    wanted = []
    for rate in rates:
        loss, slopes = interpreted(hinge_of(model), samples, model.parameters())
        wanted.append(loss)
        for p, slope in zip(model.parameters(), slopes, strict=True):
            p.data -= rate * slope
    end = [p.data for p in model.parameters()]
    for p, x in zip(model.parameters(), start, strict=True):
        p.data = x
    step = compile(hinge_of(model), samples, model.parameters(), backend=backend)
    losses = [step(rates[0]), *step.descend(rates[1:])]
    assert all(like(a, b) for a, b in zip(losses, wanted, strict=True))
    assert all(like(p.data, x) for p, x in zip(model.parameters(), end, strict=True))


@each_backend
def test_no_rates_no_step(backend):
    w = Value(2.0)
    step = compile(lambda x: w * x, [[1.0]], [w], backend=backend)
    assert step.descend([]) == []
    assert (w.data, w.grad) == (2.0, 0.0)


@each_backend
def test_backward_adds_to_what_grad_holds(backend):
    w = Value(2.0)
    step = compile(lambda x: w * x, [[3.0]], [w], backend=backend)
    w.grad = 10.0
    step.backward()
    assert (w.data, w.grad) == (2.0, 13.0)


@each_backend
@pytest.mark.parametrize("make", [lambda p: SGD(p, 0.1, momentum=0.9), lambda p: Adam(p, 0.01)])
def test_optimisers_run_on_it(make, backend):
    ends = []
    for way in ("interpreted", "compiled"):
        model, samples = moons(10)
        parameters = model.parameters()
        optimiser = make(parameters)
        step = compile(hinge_of(model), samples, parameters, backend=backend)
        for _ in range(5):
            if way == "interpreted":
                interpreted(hinge_of(model), samples, parameters)
            else:
                optimiser.zero_grad()
                step.backward()
            optimiser.step()
        ends.append([p.data for p in parameters])
    assert all(abs(a - b) < 1e-9 for a, b in zip(*ends, strict=True))


@each_backend
def test_batches_are_taken_in_turn(backend):
    w = Value(1.0)
    step = compile(lambda x: w * x, [[1.0]], [w], backend=backend)
    step.load([[1.0], [2.0], [3.0], [4.0], [9.0]], batch=2)
    assert step.descend([0.0] * 4) == [1.5, 3.5, 9.0, 1.5]
    step.load([[5.0]])
    assert step(0.0) == 5.0


@each_backend
def test_outputs(backend):
    w = Value(2.0)

    def loss(x):
        return (w * x) ** 2, w * x, w * 10, x, Value(1.0)

    step = compile(loss, [[1.0], [2.0], [3.0]], [w], backend=backend)
    step.backward()
    assert step.outputs() == [[2.0, 4.0, 6.0], [20.0] * 3, [1.0, 2.0, 3.0], [1.0] * 3]
    step.load([[-1.0]])
    step.backward()
    assert step.outputs() == [[-2.0], [20.0], [-1.0], [1.0]]


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_float32_is_near_and_no_nearer(backend):
    model, samples = moons(40)
    loss, slopes = interpreted(hinge_of(model), samples, model.parameters())
    near, found = compiled(hinge_of(model), samples, model.parameters(), backend, dtype="float32")
    assert 0 < abs(near - loss) < 1e-5 * max(1.0, loss)
    scale = max(map(abs, slopes))
    assert 1e-12 < max(abs(a - b) for a, b in zip(found, slopes, strict=True)) / scale < 1e-5


def test_plain_python_has_no_float32():
    w = Value(1.0)
    with pytest.raises(ValueError, match="float64, not float32"):
        compile(lambda x: w * x, [[1.0]], [w], backend="python", dtype="float32")


# ---- infinities and NaN ----


@each_backend
@pytest.mark.parametrize("odd", [INF, -INF, NAN])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_odd_inputs_spread_alike(odd, activation, backend):
    model, samples = moons(11, activation=activation)
    samples[4] = ((odd, 1.0), 1)
    check(hinge_of(model), samples, model.parameters(), backend)


@each_backend
@pytest.mark.parametrize("odd", [INF, -INF, NAN])
@pytest.mark.parametrize("place", [0, 2, 30, -1])
def test_odd_parameters_spread_alike(odd, place, backend):
    model, samples = moons(5)
    model.parameters()[place].data = odd
    check(hinge_of(model), samples, model.parameters(), backend)


@each_backend
@pytest.mark.parametrize("odd", [INF, -INF, NAN, 0.0])
@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid", "relu", "abs"])
def test_odd_operands(name, odd, backend):
    w = Value(0.5)
    check(lambda x: w * getattr(x + w * 0.0, name)(), [[odd], [1.0]], [w], backend)


@each_backend
@pytest.mark.parametrize("n", [-1, 0, 0.5, 2, 3, -0.5])
@pytest.mark.parametrize("odd", [INF, -INF, NAN, 0.0])
def test_odd_powers(n, odd, backend):
    w = Value(0.5)
    check(lambda x: w * x**n, [[odd], [1.0]], [w], backend)


@each_backend
def test_zero_times_infinity_is_not_dropped(backend):
    w = Value(0.5)
    loss, _ = compiled(lambda x: w + 0.0 * x, [[INF]], [w], backend)
    assert loss != loss


@each_backend
def test_padding_adds_nothing(backend):
    """1 / x is infinite where x is 0: a machine that fills up its last block with zeros must not add that."""
    w = Value(2.0)
    check(lambda x: w / x, [[0.5]] * 3, [w], backend)


# ---- what is refused ----


def refusals(w):
    return {
        "data": lambda x: x if x.data > 0 else -x,
        "grad": lambda x: x * w.grad,
        "<": lambda x: x if x < 0 else w,
        "<=": lambda x: x if x <= 0 else w,
        ">": lambda x: x if x > 0 else w,
        ">=": lambda x: x if w >= x else w,
        "round": lambda x: x * round(w, 2),
        "format": lambda x: x * len(f"{w:.2f}"),
        "detach": lambda x: x * w.detach(),
        "backward": lambda x: (x * w).backward() or w,
    }


@pytest.mark.parametrize("name", refusals(Value(1.0)))
def test_a_read_number_is_refused(name):
    w = Value(1.0)
    with pytest.raises(TracingError, match="the number of a Value while the loss is traced"):
        compile(refusals(w)[name], [[1.0]], [w], backend="python")
    assert Value(2.0) > 1 and Value(3.0).detach().data == 3.0  # afterwards all is as before


def test_chance_is_refused():
    rng = random.Random(0)
    w = Value(1.0)
    with pytest.raises(TracingError, match="two samples make different graphs"):
        compile(lambda x: w * x * rng.random(), [[1.0]], [w], backend="python")


def test_length_is_a_path():
    w = Value(1.0)
    with pytest.raises(TracingError, match="two samples make different graphs"):
        compile(lambda x: sum(x) * w, [([1.0],), ([1.0, 2.0],)], [w], backend="python")


def test_sample_of_another_shape_is_refused():
    w = Value(1.0)
    step = compile(lambda x, y: x[0] * w + y, [([1.0, 2.0], 3.0)], [w], backend="python")
    step.load([([4.0, 5.0], 6.0)])
    with pytest.raises(ValueError, match=r"sample 1 has another shape than the one traced: \(\[4.0\], \[5.0, 6.0\]\)"):
        step.load([([4.0, 5.0], 6.0), ([4.0], [5.0, 6.0])])


def test_a_sample_may_be_one_number():
    w = Value(1.0)
    assert compile(lambda x: x * w, [3.0, 5.0], [w], backend="python")(0.0) == 4.0


def test_text_is_no_sample():
    with pytest.raises(TypeError, match="a Value holds one real number, not str"):
        compile(lambda x: x, [["1.0"]], [Value(1.0)], backend="python")


@pytest.mark.parametrize("choice", [{"reduction": "max"}, {"dtype": "float16"}, {"backend": "abacus"}])
def test_no_such_choice(choice):
    w = Value(1.0)
    with pytest.raises(ValueError, match="no such choice"):
        compile(lambda x: w * x, [[1.0]], [w], **choice)


def test_nothing_to_move():
    with pytest.raises(ValueError, match="give parameters"):
        compile(lambda x: x, [[1.0]], [])


def test_computed_parameters_and_inputs():
    w = Value(1.0)
    with pytest.raises(ValueError, match="leaves alone"):
        compile(lambda x: w * x, [[1.0]], [w * 2])
    with pytest.raises(ValueError, match="leaves alone"):
        compile(w * 2, [w * 2], [w])


def test_nothing_to_trace():
    with pytest.raises(ValueError, match="no sample to trace the loss with"):
        compile(lambda x: x, [], [Value(1.0)])


def test_penalty_with_an_input():
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(ValueError, match="a penalty is made from the parameters alone"):
        compile(w * x, [x], [w], penalty=w * x)


def test_unknown_operation(monkeypatch):
    monkeypatch.setitem(RULES, "cube", lambda g, y, a: (g * 3 * a * a,))
    w = Value(2.0)
    with pytest.raises(LookupError, match="`cube` has no entry in FUNCTIONS"):
        compile(Value(8.0, (w,), "cube"), [], [w], backend="python")


def test_own_backward():
    w = Value(2.0)
    out = w * 3
    out._backward = lambda: None
    with pytest.raises(TypeError, match="_backward of its own"):
        compile(out, [], [w], backend="python")


@pytest.mark.parametrize("module", ["micrograd", "micrograd.compile"])
def test_importing_brings_no_arrays(module):
    code = f"import {module}, sys; print({{'numpy', 'micrograd.layers', 'micrograd.native', 'micrograd.compile'}} & {{*sys.modules}} - {{{module!r}}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


# ---- the program itself ----


def test_the_same_line_has_one_place():
    a, b = Value(2.0), Value(3.0)
    program = Program([], [a, b])
    first, second, turned = program.trace(a * b, a * b, b * a)
    assert first == second == turned


def test_constants_are_folded():
    a = Value(2.0)
    program = Program([], [a])
    for root, wanted in [(Value(2.0) * 3 + 4, 10.0), (Value(4.0) ** 0.5, 2.0), (Value(0.0).exp(), 1.0),
                         (Value(0.0).sigmoid(), 0.5), (Value(-1.0).relu(), 0.0), (highest([Value(1.0), Value(2.0)]), 2.0)]:
        [place] = program.trace(root)
        assert program.known(place) == wanted


def test_what_changes_nothing_is_dropped():
    a = Value(2.0)
    program = Program([], [a])
    assert program.trace(a * 1, 1 * a, a + 0, 0 + a, a**1, a**1.0) == [program.place_of[a]] * 6


def test_zero_times_something_is_kept():
    a = Value(2.0)
    program = Program([], [a])
    [place] = program.trace(a * 0.0)
    assert program.code[place][0] == "*"


def test_zeros_of_both_signs_and_nan_are_constants_of_their_own():
    program = Program([], [])
    assert program.constant(0.0) != program.constant(-0.0)
    assert program.constant(NAN) == program.constant(-NAN)


def test_highest_of_nan():
    assert FUNCTIONS["highest"](1.0, NAN) != FUNCTIONS["highest"](1.0, NAN)
    assert FUNCTIONS["highest"](NAN, 1.0) != FUNCTIONS["highest"](NAN, 1.0)


def test_dead_code_is_not_in_the_source():
    w, x = Value(2.0), Value(1.0)
    program = Program([x], [w])
    program.trace((w * x).exp())
    program.results = program.trace(w * w)
    assert "exp" not in python_source(program)


def test_a_sum_that_doubles_itself_stays_small():
    """x + x, and that twice, ...: taken apart it would have 2 ** 60 terms."""
    w = Value(1.0)

    def loss(x):
        for _ in range(60):
            x = x + w
            x = x + x * 0.5 + x.tanh()
        return x

    step = compile(loss, [[1.0]], [w], backend="numpy")
    assert len(step.program.code) < 2000
    check(loss, [[-40.0]], [w], "numpy")


def test_a_long_chain_needs_no_recursion():
    w = Value(1.0)

    def loss(x):
        for _ in range(5000):
            x = x * w
        return x

    step = compile(loss, [[1.0]], [w], backend="numpy")
    assert step.backward() == 1.0
    assert w.grad == 5000.0


def test_fold_gives_back_what_unfold_took():
    numbers = []
    sample = [1.0, [2.0, (3.0, [])], 4]
    shape = unfold(sample, numbers)
    assert numbers == [1.0, 2.0, 3.0, 4.0]
    assert fold(shape, numbers) == [1.0, [2.0, [3.0, []]], 4.0]


@pytest.mark.parametrize("places, n, k, wanted", [
    ([7], 1, 1, (0, 0)),
    ([4, 6, 8], 3, 1, (2, 0)),
    ([4, 2], 1, 2, (0, -2)),
    ([0, 1, 2, 3, 4, 5], 2, 3, (3, 1)),
    ([0, 3, 1, 4, 2, 5], 3, 2, (1, 3)),  # the same, turned over
    ([5, 5, 5, 5], 2, 2, (0, 0)),
    ([0, 1, 3, 2], 2, 2, None),
    ([0, 2, 3], 3, 1, None),
])
def test_even_steps(places, n, k, wanted):
    assert even_steps(places, n, k) == wanted


def test_functions_of_rows_read_rows_alone():
    """What is the same for all samples comes as a product with one; what is 1 for all, as one itself."""
    w, x = Value(2.0), Value(1.0)
    program = Program([x], [w])
    [place] = program.trace(x ** w)
    op, base, exponent = program.code[place]
    assert (op, base) == ("**", program.place_of[x])
    assert program.varies[exponent] and set(program.operands(exponent)) == {program.place_of[w], program.one}
    assert program.varying([program.constant(1.0)]) == [program.one]


def groups_of(sizes):
    model, samples = moons(4, sizes)
    program = compile(hinge_of(model), samples, model.parameters(), backend="python").program
    return Layers(program), sums_of_products(program)


def test_a_neuron_is_one_sum_of_products():
    _, nodes = groups_of((8, 8, 1))
    assert sum(op == "sums" and len(a) == 9 for _, op, a, _ in nodes) == 8 + 1


def test_a_layer_is_one_matrix_product():
    layers, _ = groups_of((8, 8, 8, 1))
    sizes = [(n, k) for op, _, n, k, *_ in layers.each if op == "matmul"]
    assert sizes == [(8, 3), (8, 9), (8, 9), (1, 9), (8, 1), (8, 8), (8, 8)]


def test_derivatives_of_a_layer_lie_as_its_parameters_do():
    layers, _ = groups_of((8, 8, 1))
    first = layers.gradients[0]
    assert layers.gradients == list(range(first, first + layers.parameters))


def test_more_neurons_make_no_more_groups():
    assert len(groups_of((8, 8, 1))[0].each) == len(groups_of((20, 20, 1))[0].each)
