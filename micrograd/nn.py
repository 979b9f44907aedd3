# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [a0ab14d49b77]
"""Neural networks made of values: neurons, layers, multi-layer perceptrons."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from micrograd.engine import Value


class Module:
    """Something with parameters: a neuron, a layer, a network."""

    def parameters(self) -> list[Value]:
        """The values that training may change, always in the same order."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, whole or not at all."""
        numbers = [p.data for p in self.parameters()]
        if not all(map(isfinite, numbers)):
            raise ValueError('a parameter is infinite or not a number: such a model is not saved')
        target = Path(path)
        draft = target.with_name(target.name + '.part')
        draft.write_text(json.dumps({'model': repr(self), 'parameters': numbers}), encoding='utf-8')
        os.replace(draft, target)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take the parameters from a JSON file that `save` wrote for a model of this shape.

        Raises:
            ValueError: the file is not such a file, or of another shape; the model is then as it was.
        """
        try:
            stored = json.loads(Path(path).read_text(encoding='utf-8'))
            model, numbers = stored['model'], stored['parameters']
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path} is no file of parameters: {error}') from None
        parameters = self.parameters()
        if model != repr(self) or len(numbers) != len(parameters):
            raise ValueError(f'{path} holds the parameters of another model: {model}')
        for p, x in zip(parameters, [number(x) for x in numbers], strict=True):
            p.data = x


Activation = Callable[[Value], Value]

ACTIVATIONS: dict[str, Activation] = {
    'relu': Value.relu,
    'tanh': Value.tanh,
    'sigmoid': Value.sigmoid,
    'linear': lambda v: v,
}


def find_activation(activation: str | Activation) -> tuple[str, Activation]:
    """The name of an activation, as `repr` shows it, and its function."""
    if callable(activation):
        return getattr(activation, '__name__', type(activation).__name__), activation
    if activation not in ACTIVATIONS:
        raise ValueError(f'unknown activation {activation!r}: choose one of {", ".join(ACTIVATIONS)}, or give a function')
    return {'relu': 'ReLU'}.get(activation, activation.title()), ACTIVATIONS[activation]


class Neuron(Module):
    """A weighted sum of its inputs and a bias, bent by an activation.

    Args:
        nin: how many inputs.
        nonlin: False for a neuron that does not bend, whatever the activation.
        activation: 'relu', 'tanh', 'sigmoid', 'linear', or a function from Value to Value.
        rng: where the weights are drawn from, uniformly between -1 and 1; Python's shared one if None.
    """

    def __init__(self, nin: int, nonlin: bool = True, activation: str | Activation = 'relu',
                 rng: random.Random | None = None) -> None:
        uniform = (rng or random).uniform
        self.w = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin
        self.name, self.activation = find_activation(activation if nonlin else 'linear')

    def __call__(self, x: Sequence[Value | float]) -> Value:
        if len(x) != len(self.w):
            raise ValueError(f'a neuron with {len(self.w)} weights was given {len(x)} inputs')
        return self.activation(sum((wi * xi for wi, xi in zip(self.w, x)), self.b))

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f'{self.name}Neuron({len(self.w)})'


class Layer(Module):
    """Neurons side by side, all with the same inputs.

    Args:
        nin: how many inputs.
        nout: how many neurons, and so how many outputs.
        nonlin, activation, rng: as for a `Neuron`.
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True, activation: str | Activation = 'relu',
                 rng: random.Random | None = None) -> None:
        self.neurons = [Neuron(nin, nonlin, activation, rng) for _ in range(nout)]

    def outputs(self, x: Sequence[Value | float]) -> list[Value]:
        """What the neurons say, as a list, also if there is one only."""
        return [neuron(x) for neuron in self.neurons]

    def __call__(self, x: Sequence[Value | float]) -> Value | list[Value]:
        out = self.outputs(x)
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one without activation.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer.
        activation: of all layers but the last; 'relu' if not given.
        rng: as for a `Neuron`.
    """

    def __init__(self, nin: int, nouts: Sequence[int], activation: str | Activation = 'relu',
                 rng: random.Random | None = None) -> None:
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], i != len(nouts) - 1, activation, rng)
                       for i in range(len(nouts))]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        for layer in self.layers[:-1]:
            x = layer.outputs(x)
        return self.layers[-1](x)

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
