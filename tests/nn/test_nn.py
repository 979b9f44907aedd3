"""Neurons, layers and networks: what they compute, what they own, what they refuse, and how they are kept."""

from __future__ import annotations

import copy
import functools
import inspect
import json
import math
import os
import pickle
import random
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd import nn
from micrograd.engine import Value
from micrograd.gradcheck import gradcheck
from micrograd.nn import MLP, Layer, Module, Neuron

small = st.floats(-3, 3)
briefly = settings(deadline=None, max_examples=50)  # a busy machine may pause anywhere
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def give(module, numbers):
    """Write numbers over a module's parameters, in their order."""
    for p, x in zip(module.parameters(), numbers, strict=True):
        p.data = float(x)
    return module


def numbers_of(module):
    return [p.data for p in module.parameters()]


def gradients_of(module):
    return [p.grad for p in module.parameters()]


# A neuron


def test_lecture_neuron_has_its_known_output_and_gradients():
    neuron = give(Neuron(2, activation="tanh"), (-3.0, 1.0, 6.8813735870195432))
    x = [Value(2.0), Value(0.0)]
    y = neuron(x)
    y.backward()
    assert y.data == pytest.approx(math.sqrt(0.5), abs=1e-15)
    assert gradients_of(neuron) == pytest.approx([1.0, 0.0, 0.5], abs=1e-14)
    assert [xi.grad for xi in x] == pytest.approx([-1.5, 0.5], abs=1e-14)


BENDS = {
    "relu": lambda z: max(z, 0.0),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "linear": lambda z: z,
}


def test_every_named_activation_is_known_here():
    assert set(nn.ACTIVATIONS) == set(BENDS)


@pytest.mark.parametrize("activation", BENDS)
@briefly
@given(w=st.lists(small, min_size=1, max_size=5), b=small, seed=st.integers(0, 99))
def test_a_neuron_bends_its_weighted_sum(activation, w, b, seed):
    x = [random.Random(seed).uniform(-3, 3) for _ in w]
    exact = sum((Fraction(wi) * Fraction(xi) for wi, xi in zip(w, x, strict=True)), Fraction(b))
    neuron = give(Neuron(len(w), activation=activation), [*w, b])
    assert neuron(x).data == pytest.approx(BENDS[activation](float(exact)), rel=1e-9, abs=1e-12)


def test_all_gradients_are_one_number_shared_out():
    neuron = give(Neuron(3, activation="linear"), (2.0, -5.0, 7.0, 1.0))
    x = [Value(10.0), Value(20.0), Value(0.0)]
    (3 * neuron(x)).backward()
    assert gradients_of(neuron) == [30.0, 60.0, 0.0, 3.0]
    assert [xi.grad for xi in x] == [6.0, -15.0, 21.0]


def test_one_value_given_twice_gets_both_parcels():
    neuron = give(Neuron(2, activation="linear"), (2.0, -5.0, 1.0))
    a = Value(7.0)
    (10 * neuron([a, a])).backward()
    assert a.grad == -30.0


def test_a_relu_neuron_that_is_off_passes_nothing():
    neuron = give(Neuron(2), (1.0, -2.0, 0.0))
    neuron([1.0, 3.0]).backward()
    assert gradients_of(neuron) == [0.0, 0.0, 0.0]


def test_weights_are_drawn_one_by_one_between_minus_1_and_1_and_the_bias_is_0():
    rng = random.Random(11)
    neuron = Neuron(5, rng=random.Random(11))
    assert numbers_of(neuron) == [rng.uniform(-1, 1) for _ in range(5)] + [0.0]


def test_weights_fill_the_whole_range():
    weights = [w.data for w in Neuron(2000, rng=random.Random(1)).w]
    assert -1 <= min(weights) < -0.99 and 0.99 < max(weights) <= 1


def test_without_a_generator_the_shared_one_is_used_as_in_the_classic():
    random.seed(1337)
    drawn = [random.uniform(-1, 1) for _ in range(4)]
    random.seed(1337)
    first, second = Neuron(2), Neuron(2)
    assert [w.data for w in first.w + second.w] == drawn


def test_a_generator_of_ones_own_leaves_the_shared_one_alone():
    random.seed(5)
    before = random.getstate()
    MLP(2, [3, 1], rng=random.Random(0))
    assert random.getstate() == before


def test_parameters_are_the_weights_then_the_bias():
    neuron = Neuron(3)
    assert neuron.parameters() == [*neuron.w, neuron.b]


@pytest.mark.parametrize("given", [[], [1.0], [1.0, 2.0, 3.0]])
def test_a_wrong_number_of_inputs_is_an_error_that_says_both(given):
    with pytest.raises(ValueError, match=f"^a neuron with 2 weights was given {len(given)} inputs$"):
        Neuron(2)(given)


def test_a_neuron_may_have_hundreds_of_inputs():
    neuron = give(Neuron(300, activation="linear"), [0.5] * 300 + [1.0])
    assert neuron([2.0] * 300).data == 301.0


NETS = [lambda: Neuron(2, rng=1), lambda: Layer(2, 3, rng=1), lambda: MLP(2, [3, 1], rng=1)]
SAME_INPUTS = {
    "tuple": lambda: (1.0, 2.0),
    "generator": lambda: (x for x in (1.0, 2.0)),
    "map": lambda: map(float, "12"),
    "values of a dict": lambda: {"a": 1.0, "b": 2.0}.values(),
    "range": lambda: range(1, 3),
}


def plain(out):
    return [v.data for v in (out if isinstance(out, list) else [out])]


@pytest.mark.parametrize("make", NETS, ids=["neuron", "layer", "network"])
@pytest.mark.parametrize("inputs", SAME_INPUTS.values(), ids=SAME_INPUTS)
def test_inputs_may_come_as_anything_with_an_order(make, inputs):
    assert plain(make()(inputs())) == plain(make()([1.0, 2.0]))


def test_an_array_of_numpy_is_a_list_of_inputs_if_it_has_one_dimension():
    numpy = pytest.importorskip("numpy")
    model = MLP(2, [3, 1], rng=1)
    assert plain(model(numpy.array([1.0, 2.0]))) == plain(model([1.0, 2.0]))
    for wrong in (numpy.ones((2, 5)), numpy.array(1.0)):
        with pytest.raises(TypeError, match=r"^inputs come in a list, in their order: not array\("):
            model(wrong)


@pytest.mark.parametrize("make", NETS, ids=["neuron", "layer", "network"])
@pytest.mark.parametrize("wrong", [{1.0, 2.0}, frozenset([1.0, 2.0]), {0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}.keys(), "12", b"12",
                                   1.0, Value(1.0), None], ids=repr)
def test_inputs_without_an_order_are_refused(make, wrong):
    with pytest.raises(TypeError, match=f"^inputs come in a list, in their order: not {re.escape(repr(wrong)[:60])}"):
        make()(wrong)


def test_an_input_that_is_no_number_is_an_error():
    with pytest.raises(TypeError, match="of type .Value."):
        Neuron(1)(["1.0"])


@pytest.mark.parametrize("nin", [0, -1, 2.5, "2", True, None])
def test_a_neuron_without_inputs_is_an_error(nin):
    with pytest.raises(ValueError, match=f"^a neuron needs at least one input, not {nin!r}$"):
        Neuron(nin)


def test_a_refused_neuron_draws_nothing():
    rng = random.Random(3)
    for wrong in (lambda: Neuron(0, rng=rng), lambda: Neuron(2, activation="no", rng=rng)):
        with pytest.raises(ValueError):
            wrong()
    assert rng.random() == random.Random(3).random()


# Activations


@pytest.mark.parametrize("activation, name", [("relu", "ReLU"), ("tanh", "Tanh"), ("sigmoid", "Sigmoid"), ("linear", "Linear")])
def test_repr_says_the_activation_and_the_inputs(activation, name):
    assert repr(Neuron(4, activation=activation)) == f"{name}Neuron(4)"


def test_reprs_of_the_classic():
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Neuron(2, nonlin=False)) == repr(Neuron(2, False)) == "LinearNeuron(2)"
    assert repr(Layer(2, 2, nonlin=False)) == "Layer of [LinearNeuron(2), LinearNeuron(2)]"
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"


def test_a_straight_neuron_stays_straight_whatever_the_activation():
    neuron = give(Neuron(1, nonlin=False, activation="tanh"), (1.0, 0.0))
    assert neuron([-50.0]).data == -50.0 and neuron.nonlin is False


def test_a_bent_neuron_remembers_that_it_is():
    assert Neuron(1).nonlin is True


def softplus(v):
    return (1 + v.exp()).log()


class Doubled:
    def __call__(self, v):
        return v * 2


@pytest.mark.parametrize("activation, name", [(softplus, "softplus"), (Doubled(), "Doubled"), (Value.exp, "exp"),
                                              (functools.partial(softplus), "partial")])
def test_any_function_from_value_to_value_is_an_activation(activation, name):
    neuron = give(Neuron(1, activation=activation), (3.0, 0.5))
    assert repr(neuron) == f"{name}Neuron(1)"
    assert neuron([2.0]).data == activation(Value(6.5)).data


def test_an_unknown_activation_is_an_error_that_names_the_known_ones():
    with pytest.raises(ValueError, match="^unknown activation 'gelu': choose relu, tanh, sigmoid, linear, or give a function$"):
        Neuron(2, activation="gelu")


@pytest.mark.parametrize("activation", [None, 3, ["tanh"], {}])
def test_what_is_no_activation_at_all_is_an_error_that_names_it(activation):
    with pytest.raises(ValueError, match=f"^unknown activation {re.escape(repr(activation))}: choose relu,"):
        Neuron(2, activation=activation)


@pytest.mark.parametrize("make", [lambda word: Neuron(2, word), lambda word: Layer(2, 3, word)], ids=["neuron", "layer"])
@pytest.mark.parametrize("word", ["tanh", "nonsense", "", softplus, None])
def test_an_activation_in_the_place_of_nonlin_is_refused(make, word):
    with pytest.raises(TypeError, match=f"^nonlin is True or False, not {re.escape(repr(word))}: .* say activation="):
        make(word)


@pytest.mark.parametrize("yes, no", [(True, False), (1, 0)])
def test_nonlin_is_true_or_false_in_the_second_place_as_in_the_classic(yes, no):
    assert (Neuron(2, yes).name, Neuron(2, no).name) == ("ReLU", "Linear")


@pytest.mark.parametrize("activation, gave", [(lambda v: math.tanh(v.data), "float"), (lambda v: v.data, "float"), (lambda v: None, "NoneType"),
                                              (lambda v: [v], "list")])
@pytest.mark.parametrize("call", [lambda f: Neuron(2, activation=f)([1.0, 2.0]), lambda f: MLP(2, [3, 1], f)([1.0, 2.0]),
                                  lambda f: MLP(2, [1], last_activation=f)([1.0, 2.0])], ids=["neuron", "network", "last"])
def test_an_activation_that_leaves_the_graph_is_refused(activation, gave, call):
    with pytest.raises(TypeError, match=rf"^the activation \S+ gave {gave}, not Value: the graph would end there"):
        call(activation)


def test_an_activation_may_return_a_value_of_a_class_of_ones_own():
    class Named(Value):
        pass

    assert type(Neuron(1, activation=lambda v: Named(v.data, (v,), "named"))([1.0])) is Named


def test_linear_hands_back_the_very_value():
    v = Value(1.0)
    assert nn.linear(v) is v


# A layer


def test_a_layer_says_what_its_neurons_say():
    layer = Layer(2, 3, activation="tanh", rng=random.Random(2))
    x = [0.5, -1.0]
    assert [v.data for v in layer(x)] == [neuron(x).data for neuron in layer.neurons]


def test_a_layer_of_one_returns_the_value_itself_and_its_outputs_a_list():
    layer = Layer(2, 1)
    assert isinstance(layer([1.0, 2.0]), Value)
    assert isinstance(layer.outputs([1.0, 2.0]), list) and len(layer.outputs([1.0, 2.0])) == 1


def test_parameters_of_a_layer_are_those_of_its_neurons_in_order():
    layer = Layer(2, 2)
    first, second = layer.neurons
    assert layer.parameters() == first.parameters() + second.parameters()


def test_a_layer_hands_its_wishes_to_every_neuron():
    assert repr(Layer(3, 2, activation="sigmoid")) == "Layer of [SigmoidNeuron(3), SigmoidNeuron(3)]"
    assert repr(Layer(3, 1, nonlin=False, activation="sigmoid")) == "Layer of [LinearNeuron(3)]"


@pytest.mark.parametrize("nout", [0, -2, 1.0, "3", [3], None])
def test_a_layer_without_neurons_is_an_error(nout):
    with pytest.raises(ValueError, match=f"^a layer needs at least one neuron, not {re.escape(repr(nout))}$"):
        Layer(2, nout)


# A network


def test_only_the_last_layer_is_straight():
    assert [layer.neurons[0].name for layer in MLP(2, [3, 3, 1], activation="tanh").layers] == ["Tanh", "Tanh", "Linear"]


def test_only_the_last_layer_is_straight_of_hundreds():
    assert [layer.neurons[0].name for layer in MLP(1, [1] * 300).layers] == ["ReLU"] * 299 + ["Linear"]


@briefly
@given(nin=st.integers(1, 4), nouts=sizes)
def test_number_of_parameters_is_weights_and_biases_of_all_layers(nin, nouts):
    counted = sum(n_out * (n_in + 1) for n_in, n_out in zip([nin, *nouts], nouts, strict=False))
    assert len(MLP(nin, nouts).parameters()) == counted


def test_the_demo_s_network_has_337_parameters():
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337


@briefly
@given(nin=st.integers(1, 4), nouts=sizes, seed=st.integers(0, 99))
def test_weights_are_drawn_in_the_order_of_the_parameters(nin, nouts, seed):
    rng, drawn = random.Random(seed), []
    for n_in, n_out in zip([nin, *nouts], nouts, strict=False):
        for _ in range(n_out):
            drawn += [rng.uniform(-1, 1) for _ in range(n_in)] + [0.0]
    assert numbers_of(MLP(nin, nouts, rng=random.Random(seed))) == drawn


@pytest.mark.parametrize("nouts", [[1, 3], [3, 1, 1, 2], [1, 1]])
def test_a_layer_of_one_may_stand_anywhere(nouts):
    out = MLP(2, nouts)([1.0, -1.0])
    assert (1 if isinstance(out, Value) else len(out)) == nouts[-1]


def test_sizes_may_come_as_anything_with_an_order():
    assert repr(MLP(2, (2, 1))) == repr(MLP(2, [2, 1])) == repr(MLP(2, iter([2, 1])))


@pytest.mark.parametrize("wrong", [4, {4, 1}, "41", None])
def test_sizes_that_are_no_list_are_refused(wrong):
    with pytest.raises(TypeError, match=f"^sizes of layers come in a list, in their order: not {wrong!r}$"):
        MLP(2, wrong)


@pytest.mark.parametrize("bend, name", [("tanh", "Tanh"), ("relu", "ReLU"), (softplus, "softplus"), ("linear", "Linear")])
def test_the_last_layer_bends_too_if_asked_to(bend, name):
    model = MLP(2, [3, 2], "sigmoid", last_activation=bend)
    assert [layer.neurons[0].name for layer in model.layers] == ["Sigmoid", name]
    assert {neuron.name for neuron in model.layers[-1].neurons} == {name}


def test_a_network_of_one_layer_bends_as_its_last_layer_does():
    model = give(MLP(1, [1], "relu", last_activation="tanh"), (1.0, 0.0))
    assert model([0.5]).data == math.tanh(0.5) and MLP(1, [1], "tanh")([0.5])._op != "tanh"


def test_sizes_are_not_changed():
    nouts = [2, 1]
    MLP(2, nouts)
    assert nouts == [2, 1]


def test_a_network_without_layers_is_an_error():
    with pytest.raises(ValueError, match="^a network needs at least one layer$"):
        MLP(2, [])


@pytest.mark.parametrize("nin, nouts", [(0, [1]), (2, [0]), (2, [3, 0, 1])])
def test_a_network_with_an_empty_layer_is_an_error(nin, nouts):
    with pytest.raises(ValueError, match="at least one"):
        MLP(nin, nouts)


def test_a_wrong_number_of_inputs_to_a_network_is_an_error():
    with pytest.raises(ValueError, match="2 weights was given 3 inputs"):
        MLP(2, [4, 1])([1.0, 2.0, 3.0])


XOR = {(0, 0): 0.0, (0, 1): 1.0, (1, 0): 1.0, (1, 1): 0.0}


def test_xor_by_hand_is_exact():
    model = give(MLP(2, [2, 1]), [1, 1, 0, 1, 1, -1, 1, -2, 0])
    assert {case: model(case).data for case in XOR} == XOR


@briefly
@given(nouts=sizes, seed=st.integers(0, 99), x=st.tuples(small, small))
def test_a_network_without_bends_is_one_affine_map(nouts, seed, x):
    rng = random.Random(seed)
    model = MLP(2, [*nouts, 1], activation="linear")
    give(model, [rng.uniform(-1, 1) for _ in model.parameters()])
    c = model([0, 0]).data
    a, b = model([1, 0]).data - c, model([0, 1]).data - c
    assert model(x).data == pytest.approx(a * x[0] + b * x[1] + c, abs=1e-9)


@briefly
@given(seed=st.integers(0, 999))
def test_no_network_without_bends_is_better_on_xor_than_a_quarter(seed):
    rng = random.Random(seed)
    model = MLP(2, [3, 1], activation="linear")
    give(model, [rng.uniform(-1, 1) for _ in model.parameters()])
    assert sum((model(case).data - lamp) ** 2 for case, lamp in XOR.items()) / 4 >= 0.25 - 1e-12


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_gradients_by_inputs_pass_the_witness(activation):
    model = MLP(3, [4, 4, 1], activation=activation, rng=random.Random(12))
    gradcheck(lambda a, b, c: 2 * model([a, b, c]), 0.7, -1.3, 2.1)


def test_each_call_builds_a_new_graph_over_the_same_parameters():
    model = MLP(2, [3, 1])
    first, second = model([1.0, 2.0]), model([1.0, 2.0])
    first.backward()
    once = gradients_of(model)
    second.backward()
    assert first is not second and gradients_of(model) == [2 * g for g in once]


def test_zero_grad_empties_every_parameter_and_nothing_else():
    model = MLP(2, [3, 1], rng=random.Random(0))
    before = numbers_of(model)
    model([1.0, 2.0]).backward()
    assert any(gradients_of(model))
    model.zero_grad()
    assert gradients_of(model) == [0.0] * 13 and numbers_of(model) == before
    assert all(type(g) is float for g in gradients_of(model))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "linear"])
def test_pytorch_agrees_on_output_and_every_gradient(activation):
    torch = pytest.importorskip("torch", reason="compared with PyTorch (torch), which is not installed")
    bend = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda t: t}[activation]
    model = MLP(3, [5, 4, 2], activation=activation, rng=random.Random(8))
    give(model, [random.Random(9 + i).uniform(-1, 1) for i in range(len(model.parameters()))])
    x = [0.3, -1.2, 2.5]

    h, tensors = torch.tensor(x, dtype=torch.float64), []
    for layer in model.layers:
        w = torch.tensor([[p.data for p in n.w] for n in layer.neurons], dtype=torch.float64, requires_grad=True)
        b = torch.tensor([n.b.data for n in layer.neurons], dtype=torch.float64, requires_grad=True)
        tensors.append((w, b))
        h = w @ h + b
        h = h if layer is model.layers[-1] else bend(h)
    (3 * h[0] - h[1]).backward()

    out = model(x)
    (3 * out[0] - out[1]).backward()
    theirs = [g for w, b in tensors for row, bias in zip(w.grad.tolist(), b.grad.tolist(), strict=True) for g in [*row, bias]]
    assert [v.data for v in out] == pytest.approx(h.tolist(), rel=1e-12)
    assert gradients_of(model) == pytest.approx(theirs, rel=1e-11, abs=1e-14)


# Modules of any kind


class Scale(Module):
    def __init__(self, *factors):
        self.factors = [Value(f) for f in factors]

    def parameters(self):
        return self.factors


def test_a_module_without_parameters_has_none():
    assert Module().parameters() == [] and repr(Module()) == "Module with 0 parameters"
    Module().zero_grad()


def test_a_module_of_ones_own_says_its_name_and_size():
    assert repr(Scale(1.0, 2.0)) == "Scale with 2 parameters"


def test_neuron_layer_and_network_are_modules():
    assert all(issubclass(kind, Module) for kind in (Neuron, Layer, MLP))


@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
@pytest.mark.parametrize("twin", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copy_answers_alike_and_learns_apart(activation, twin):
    model = MLP(2, [3, 1], activation=activation, rng=random.Random(4))
    other = twin(model)
    assert other([1.0, -2.0]).data == model([1.0, -2.0]).data
    other([1.0, -2.0]).backward()
    assert gradients_of(model) == [0.0] * 13


def test_signatures_are_those_of_the_classic_and_more():
    names = {kind: list(inspect.signature(kind).parameters) for kind in (Neuron, Layer, MLP)}
    assert names[Neuron][:2] == ["nin", "nonlin"]
    assert names[Layer][:3] == ["nin", "nout", "nonlin"]
    assert names[MLP][:2] == ["nin", "nouts"]


# Keeping parameters


@pytest.fixture
def model():
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(21))


@pytest.fixture
def other():
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(22))


def test_what_was_saved_is_loaded_to_the_last_bit(model, other, tmp_path):
    extremes = [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3, -1e-17]
    give(model, extremes + [1.0] * 7)
    model.save(tmp_path / "m.json")
    other.load(tmp_path / "m.json")
    assert [x.hex() for x in numbers_of(other)] == [x.hex() for x in numbers_of(model)]


def test_the_file_is_json_of_model_and_parameters(model, tmp_path):
    model.save(tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text()) == {"model": repr(model), "parameters": numbers_of(model)}


def test_a_path_may_be_a_string(model, other, tmp_path):
    model.save(str(tmp_path / "m.json"))
    other.load(str(tmp_path / "m.json"))
    assert numbers_of(other) == numbers_of(model)


def test_loading_writes_into_the_same_values_and_leaves_gradients(model, other, tmp_path):
    model.save(tmp_path / "m.json")
    values = other.parameters()
    values[0].grad = 7.0
    other.load(tmp_path / "m.json")
    assert other.parameters() == values and values[0].grad == 7.0


def test_integers_in_the_file_become_floats(tmp_path):
    scale = Scale(1.5, 2.5)
    (tmp_path / "m.json").write_text('{"model": "Scale with 2 parameters", "parameters": [3, -4]}')
    scale.load(tmp_path / "m.json")
    assert numbers_of(scale) == [3.0, -4.0] and all(type(x) is float for x in numbers_of(scale))


def test_integers_in_the_model_are_saved(tmp_path):
    scale = Scale(1.0)
    scale.factors[0].data = 3
    scale.save(tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text().endswith("[3.0]}")


def test_a_module_of_ones_own_is_saved_and_loaded(tmp_path):
    Scale(1.0, 2.0).save(tmp_path / "m.json")
    scale = Scale(0.0, 0.0)
    scale.load(tmp_path / "m.json")
    assert numbers_of(scale) == [1.0, 2.0]


def test_hundreds_of_parameters_are_saved_and_loaded(tmp_path):
    model, other = MLP(2, [16, 16, 1]), MLP(2, [16, 16, 1])
    model.save(tmp_path / "m.json")
    other.load(tmp_path / "m.json")
    assert numbers_of(other) == numbers_of(model)


def test_saving_replaces_an_older_file_and_leaves_no_draft(model, other, tmp_path):
    model.save(tmp_path / "m.json")
    other.save(tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text())["parameters"] == numbers_of(other)
    assert os.listdir(tmp_path) == ["m.json"]


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need a privilege on Windows")
def test_saving_through_a_link_writes_what_it_points_to(model, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    model.save(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink() and "parameters" in (tmp_path / "real.json").read_text()


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan])
def test_a_model_that_is_not_finite_is_not_saved(model, tmp_path, wrong):
    (tmp_path / "m.json").write_text("old")
    model.parameters()[4].data = wrong
    with pytest.raises(ValueError, match="^not saved: a parameter is infinite or not a number$"):
        model.save(tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text() == "old" and os.listdir(tmp_path) == ["m.json"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failing_save_leaves_the_old_file_and_no_draft(model, tmp_path, monkeypatch, failing):
    def full(*_):
        raise OSError("no space left")

    (tmp_path / "m.json").write_text("old")
    monkeypatch.setattr(nn.os, failing, full)
    with pytest.raises(OSError, match="no space left"):
        model.save(tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text() == "old" and os.listdir(tmp_path) == ["m.json"]


def test_the_draft_is_on_the_disk_before_it_takes_the_name(model, tmp_path, monkeypatch):
    done, replace = [], os.replace
    monkeypatch.setattr(nn.os, "fsync", lambda file: done.append(os.fstat(file).st_size))
    monkeypatch.setattr(nn.os, "replace", lambda *a: (done.append("replace"), replace(*a)))
    model.save(tmp_path / "m.json")
    assert done == [len(whole(model)), "replace"]


def test_saving_into_a_folder_that_is_not_there_is_an_error(model, tmp_path):
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "no" / "m.json")


def test_loading_a_file_that_is_not_there_is_an_error(model, tmp_path):
    with pytest.raises(FileNotFoundError):
        model.load(tmp_path / "m.json")


def whole(model):
    return json.dumps({"model": repr(model), "parameters": numbers_of(model)})


def with_parameters(text):
    return lambda model: json.dumps({"model": repr(model), "parameters": "here"}).replace('"here"', text)


NOT_JSON = {
    "empty": lambda m: "",
    "cut off": lambda m: whole(m)[:-20],
    "cut off by one": lambda m: whole(m)[:-1],
    "prose": lambda m: "my network",
    "two": lambda m: whole(m) * 2,
    "too deep": lambda m: "[" * 200_000,
}
NO_MODEL = {
    "a list": lambda m: "[1, 2, 3]",
    "a number": lambda m: "3",
    "null": lambda m: "null",
    "nothing in it": lambda m: "{}",
    "no parameters": lambda m: json.dumps({"model": repr(m)}),
    "no model": lambda m: json.dumps({"parameters": numbers_of(m)}),
    "a model that is a number": lambda m: json.dumps({"model": 3, "parameters": numbers_of(m)}),
    "a NaN": with_parameters("[" + "1.0, " * 12 + "NaN]"),
    "an infinity": with_parameters("[Infinity" + ", 1.0" * 12 + "]"),
    "an overflow": with_parameters("[1e999" + ", 1.0" * 12 + "]"),
    "an endless integer": with_parameters("[1" + "0" * 400 + ", 1.0" * 12 + "]"),
    "a word": with_parameters("[" + "1.0, " * 12 + '"x"]'),
    "a truth": with_parameters("[" + "1.0, " * 12 + "true]"),
    "a null": with_parameters("[null" + ", 1.0" * 12 + "]"),
    "a list in the list": with_parameters("[[1.0]" + ", 1.0" * 12 + "]"),
    "text for a list": with_parameters('"1234567890123"'),
    "a table for a list": with_parameters("{}"),
}
OTHERS = {
    "too few": with_parameters("[1.0, 2.0]"),
    "too many": with_parameters("[" + "1.0, " * 13 + "1.0]"),
    "another shape": lambda m: whole(MLP(2, [4, 1], activation="tanh")),
    "another activation": lambda m: whole(MLP(2, [3, 1])),
    "an activation of one's own": lambda m: whole(MLP(2, [3, 1], activation=softplus)),
    "as many, arranged otherwise": lambda m: json.dumps({"model": repr(MLP(1, [6, 1])), "parameters": [1.0] * 13}),
}


def refused(model, tmp_path, text, message):
    path = tmp_path / "m.json"
    path.write_text(text)
    before = numbers_of(model)
    with pytest.raises(ValueError, match=message) as raised:
        model.load(path)
    assert str(path) in str(raised.value) and raised.value.__cause__ is None
    assert numbers_of(model) == before and path.read_text() == text


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON)
def test_a_file_that_is_not_json_is_refused_and_changes_nothing(model, tmp_path, text):
    refused(model, tmp_path, text(model), "is not JSON, or a part of it: ")


@pytest.mark.parametrize("text", NO_MODEL.values(), ids=NO_MODEL)
def test_json_of_something_else_is_refused_and_changes_nothing(model, tmp_path, text):
    refused(model, tmp_path, text(model), "holds no model with a list of finite numbers$")


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_parameters_of_another_model_are_refused_and_change_nothing(model, tmp_path, text):
    refused(model, tmp_path, text(model), "is of another model: ")


WHERE = {
    "layers": (MLP(2, [3, 3, 1]), MLP(2, [3, 1]), "it has 3 layers, not 2"),
    "neurons": (MLP(2, [3, 16, 1]), MLP(2, [3, 8, 1]), "its layer 2 has 16 neurons, not 8"),
    "inputs": (MLP(3, [3, 1]), MLP(2, [3, 1]), r"neuron 1 of its layer 1 is ReLUNeuron\(3\), not ReLUNeuron\(2\)"),
    "bends": (MLP(2, [3, 1], "tanh"), MLP(2, [3, 1]), r"neuron 1 of its layer 1 is TanhNeuron\(2\), not ReLUNeuron\(2\)"),
    "the last bend": (MLP(2, [3, 1], last_activation="tanh"), MLP(2, [3, 1]),
                      r"neuron 1 of its layer 2 is TanhNeuron\(3\), not LinearNeuron\(3\)"),
    "not even a network": (Neuron(2), MLP(2, [1]), r"it is ReLUNeuron\(2\), not MLP of \[Layer of \[LinearNeuron\(2\)\]\]"),
}


@pytest.mark.parametrize("theirs, ours, where", WHERE.values(), ids=WHERE)
def test_a_refusal_says_where_the_models_part(theirs, ours, where, tmp_path):
    refused(ours, tmp_path, whole(theirs), f"m.json is of another model: {where}$")


def test_one_neuron_that_differs_is_named(tmp_path):
    theirs, ours = MLP(2, [5, 1]), MLP(2, [5, 1])
    theirs.layers[0].neurons[3] = Neuron(2, activation="tanh")
    refused(ours, tmp_path, whole(theirs), r"neuron 4 of its layer 1 is TanhNeuron\(2\), not ReLUNeuron\(2\)$")


def test_a_refusal_counts_parameters_where_the_shapes_agree(model, tmp_path):
    refused(model, tmp_path, with_parameters("[1.0, 2.0]")(model), "is of another model: it has 2 parameters, not 13$")


class Tall(Scale):
    def __repr__(self):
        return f"Tall of [{', '.join(str(f.data) for f in self.factors)}]"


def test_reprs_of_ones_own_are_quoted_from_where_they_part(tmp_path):
    theirs, ours = Tall(*range(40), 7), Tall(*range(40), 8)
    refused(ours, tmp_path, whole(theirs), r"it is .{10,20}39\.0, 7\.0\], not .{10,20}39\.0, 8\.0\]$")


def test_a_model_with_a_lambda_is_not_saved_as_it_could_not_be_told_from_another(tmp_path):
    (tmp_path / "m.json").write_text("old")
    model = MLP(2, [3, 1], activation=lambda v: v * 2)
    with pytest.raises(ValueError, match="^not saved: an activation is a lambda, .*: name it, by def$"):
        model.save(tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text() == "old" and os.listdir(tmp_path) == ["m.json"]


def test_a_file_is_read_as_utf_8(tmp_path):
    class Käse(Scale):
        pass

    (tmp_path / "m.json").write_bytes('{"model": "Käse with 1 parameters", "parameters": [4.0]}'.encode())
    scale = Käse(1.0)
    scale.load(tmp_path / "m.json")
    assert numbers_of(scale) == [4.0]


def test_bytes_that_are_no_text_are_refused(model, tmp_path):
    (tmp_path / "m.json").write_bytes(b"\xff\xfe\x00model")
    with pytest.raises(ValueError, match="is not JSON"):
        model.load(tmp_path / "m.json")


@briefly
@given(cut=st.integers(0, 10_000))
def test_no_part_of_a_file_is_taken_for_the_whole(cut, tmp_path_factory):
    model = MLP(1, [2, 1], rng=random.Random(1))
    text = whole(model)
    path = tmp_path_factory.getbasetemp() / "part.json"
    path.write_text(text[: cut % len(text)])
    before = numbers_of(model)
    with pytest.raises(ValueError):
        model.load(path)
    assert numbers_of(model) == before


# Where two models differ


@pytest.mark.parametrize("one, other, said", [
    (MLP(2, [3, 1]), MLP(2, [3, 2, 1]), "it has 2 layers, not 3"),
    (MLP(2, [3, 2, 1]), MLP(2, [3, 1]), "it has 3 layers, not 2"),
    (MLP(2, [3, 1]), MLP(2, [4, 1]), "its layer 1 has 3 neurons, not 4"),
    (MLP(2, [4, 1]), MLP(2, [3, 1]), "its layer 1 has 4 neurons, not 3"),
    (MLP(2, [3, 1]), MLP(3, [3, 1]), "neuron 1 of its layer 1 is ReLUNeuron(2), not ReLUNeuron(3)"),
    (MLP(3, [3, 1]), MLP(2, [3, 1]), "neuron 1 of its layer 1 is ReLUNeuron(3), not ReLUNeuron(2)"),
])
def test_it_is_said_where_two_models_differ(one, other, said):
    assert nn.difference(repr(one), repr(other)) == said


def test_of_other_models_what_stands_around_the_first_difference_is_shown():
    one, other = "a" * 30 + "b" * 90, "a" * 30 + "c" * 90
    assert nn.difference(one, other) == f"it is {'a' * 20 + 'b' * 40}, not {'a' * 20 + 'c' * 40}"
