# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [0c58130de672]
"""Neural networks made of values: neurons, layers, perceptrons."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from math import isfinite, sqrt
from operator import methodcaller, mul
from pathlib import Path
from typing import Any

from micrograd.arguments import Chance, generator, in_order, is_real, is_whole
from micrograd.engine import Value


class Module:
    """Something with parameters: a neuron, a layer, a network.

    A module of one's own derives from this class and lists its `parameters`.
    """

    def parameters(self) -> list[Value]:
        """The values that training may change, always in the same order."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def __repr__(self) -> str:
        count = len(self.parameters())
        return f'{type(self).__name__} with {count} parameters'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, whole or not at all.

        Of an activation of one's own the file keeps the name alone.

        Raises:
            ValueError: a parameter is infinite or NaN, which JSON has not,
                or an activation is a lambda, which has no name.
            OSError: the file cannot be written; it is then as it was.
        """
        numbers = [float(p.data) for p in self.parameters()]
        if not all(map(isfinite, numbers)):
            raise ValueError('not saved: a parameter is infinite or not a number')
        model = repr(self)
        if '<lambda>' in model:
            raise ValueError('not saved: an activation is a lambda, and could '
                             'not be told from another one: name it, by def')
        stored = {'model': model, 'parameters': numbers}
        write_whole(Path(path), json.dumps(stored))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take the parameters from a file that `save` wrote for such a model.

        Raises:
            ValueError: it is no such file, or of another model.
            OSError: it cannot be read.

        After an error the model is as it was.
        """
        parameters = self.parameters()
        model, numbers = read_parameters(Path(path))
        if model != repr(self):
            raise ValueError(f'{path} is of another model: '
                             f'{difference(model, repr(self))}')
        if len(numbers) != len(parameters):
            raise ValueError(f'{path} is of another model: '
                             f'it has {len(numbers)} parameters, '
                             f'not {len(parameters)}')
        for p, x in zip(parameters, numbers, strict=True):
            p.data = x


Activation = Callable[[Value], Value]


def linear(v: Value) -> Value:
    """v as it is: no bend at all."""
    return v


ACTIVATIONS: dict[str, Activation] = {
    'relu': Value.relu,
    'tanh': Value.tanh,
    'sigmoid': Value.sigmoid,
    'linear': linear,
}


def find_activation(activation: str | Activation) -> tuple[str, Activation]:
    """What an activation is called in a neuron's `repr`, and its function.

    Raises:
        ValueError: no activation has this name.
    """
    if callable(activation):
        name = getattr(activation, '__name__', type(activation).__name__)
        own = vars(Value).get(name) is activation  # Value.relu: v.relu
        return name, methodcaller(name) if own else activation
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(f'unknown activation {activation!r}: '
                         f'choose {", ".join(ACTIVATIONS)}, or give a function')
    name = 'ReLU' if activation == 'relu' else activation.title()
    return name, find_activation(ACTIVATIONS[activation])[1]


class Neuron(Module):
    """A weighted sum of its inputs and a bias, bent by an activation.

    Args:
        nin: how many inputs, at least one.
        nonlin: False for a neuron that never bends, whatever the activation.
        activation: 'relu', 'tanh', 'sigmoid', 'linear',
            or a function from Value to Value.
        rng: where the weights are drawn from, uniformly between -1 and 1:
            a seed, a generator, or None for the one that all share.

    Raises:
        ValueError: no inputs, or no such activation.
        TypeError: nonlin says neither yes nor no, or there is no such rng.
    """

    def __init__(self, nin: int, nonlin: bool = True,
                 activation: str | Activation = 'relu',
                 rng: Chance = None) -> None:
        if not is_whole(nin):
            raise ValueError(f'a neuron needs at least one input, not {nin!r}')
        if nonlin not in (True, False):
            raise TypeError(f'nonlin is True or False, not {nonlin!r}: '
                            f'for another bend say activation={nonlin!r}')
        self.nonlin = nonlin
        bend = activation if nonlin else 'linear'
        self.name, self.activation = find_activation(bend)
        uniform = generator(rng).uniform
        self.w = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f'{self.name}Neuron({len(self.w)})'

    def __call__(self, x: Iterable[Value | float]) -> Value:
        inputs = x if type(x) is list else in_order(x, 'inputs')
        if len(inputs) != len(self.w):
            raise ValueError(f'a neuron with {len(self.w)} weights '
                             f'was given {len(inputs)} inputs')
        y = self.activation(sum(map(mul, self.w, inputs), self.b))
        if not isinstance(y, Value):
            raise TypeError(f'the activation {self.name} gave '
                            f'{type(y).__name__}, not Value: the graph would '
                            'end there. Make it of what values can do')
        return y


class Layer(Module):
    """Neurons side by side, all with the same inputs.

    Args:
        nin: how many inputs.
        nout: how many neurons, and so how many outputs; at least one.
        nonlin, activation: as for a `Neuron`.
        rng: as for a `Neuron`; all neurons draw from the same.
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True,
                 activation: str | Activation = 'relu',
                 rng: Chance = None) -> None:
        if not is_whole(nout):
            raise ValueError(f'a layer needs at least one neuron, not {nout!r}')
        rng = generator(rng)
        self.neurons = [Neuron(nin, nonlin, activation, rng)
                        for _ in range(nout)]

    def outputs(self, x: Iterable[Value | float]) -> list[Value]:
        """What the neurons say: always a list, also of one neuron."""
        inputs = in_order(x, 'inputs')
        return [neuron(inputs) for neuron in self.neurons]

    def __call__(self, x: Iterable[Value | float]) -> Any:
        """What the neurons say: a list, or of one neuron the Value itself."""
        out = self.outputs(x)
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layer after layer, the last one straight.

    Args:
        nin: how many inputs.
        nouts: how many neurons each layer has; at least one layer.
        activation: of all layers but the last; 'relu' if not given.
        rng: as for a `Neuron`; weights are drawn in the order of `parameters`.
        last_activation: of the last layer; 'linear', no bend, if not given.
    """

    def __init__(self, nin: int, nouts: Iterable[int],
                 activation: str | Activation = 'relu',
                 rng: Chance = None, *,
                 last_activation: str | Activation = 'linear') -> None:
        sizes = [nin, *in_order(nouts, 'sizes of layers')]
        if len(sizes) < 2:
            raise ValueError('a network needs at least one layer')
        bends = [activation] * (len(sizes) - 2) + [last_activation]
        rng = generator(rng)
        self.layers = [
            Layer(n, nout, bend != 'linear', bend, rng)
            for bend, (n, nout) in zip(bends, pairwise(sizes), strict=True)]

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"

    def __call__(self, x: Iterable[Value | float]) -> Any:
        """What the last layer says: a list, or of one neuron the Value itself."""
        for layer in self.layers[:-1]:
            x = layer.outputs(x)
        return self.layers[-1](x)


def read_parameters(path: Path) -> tuple[str, list[float]]:
    """What `Module.save` wrote: the model's `repr`, and its numbers.

    Raises:
        ValueError: the file is truncated, not JSON, or JSON of something else.
        OSError: it cannot be read.
    """
    try:
        stored = json.loads(path.read_text(encoding='utf-8'), parse_int=float)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path} is not JSON, or a part of it: {error}') from None
    match stored:
        case {'model': str(model), 'parameters': [*numbers]} if all(
                type(x) is float and isfinite(x) for x in numbers):
            return model, numbers
    raise ValueError(f'{path} holds no model with a list of finite numbers')


def difference(theirs: str, ours: str) -> str:
    """Where the reprs of two models part: in which layer, at which neuron."""
    there, here = ([layer.split(', ') for layer in
                    re.findall(r'Layer of \[(.*?)\]', model)]
                   for model in (theirs, ours))
    if there and here and len(there) != len(here):
        return f'it has {len(there)} layers, not {len(here)}'
    for i, (a, b) in enumerate(zip(there, here, strict=False), 1):
        if len(a) != len(b):
            return f'its layer {i} has {len(a)} neurons, not {len(b)}'
        for j, (one, other) in enumerate(zip(a, b, strict=True), 1):
            if one != other:
                return f'neuron {j} of its layer {i} is {one}, not {other}'
    at = max(0, len(os.path.commonprefix([theirs, ours])) - 20)
    return f'it is {theirs[at:at + 60]}, not {ours[at:at + 60]}'


def write_whole(path: Path, text: str) -> None:
    """Give a file a new text, or leave it as it was if that fails."""
    target = path.resolve()
    draft = target.with_name(f'{target.name}.part')
    try:
        with open(draft, 'w', encoding='utf-8') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def initialise(model: MLP, gain: float = 1.0, rng: Chance = None) -> None:
    """Draw weights anew, so that signals keep their size in deep networks.

    Weights are uniform with mean 0 and variance gain² / inputs; biases are 0.

    Args:
        model: the network.
        gain: 1 for straight layers and tanh, the root of 2 for ReLU.
        rng: as for a `Neuron`.

    Raises:
        ValueError: the gain is not positive, or not finite.

    Source: He and others, "Delving deep into rectifiers", 2015.
    """
    if not (is_real(gain) and gain > 0 and isfinite(gain)):
        raise ValueError(f'a gain is a finite number above 0: not {gain!r}')
    uniform = generator(rng).uniform
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    for neuron in neurons:
        reach = gain * sqrt(3 / len(neuron.w))
        for w in neuron.w:
            w.data = uniform(-reach, reach)
        neuron.b.data = 0.0


__all__ = ['ACTIVATIONS', 'Layer', 'MLP', 'Module', 'Neuron', 'initialise']
