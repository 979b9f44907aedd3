"""An engine of the classic's shape, in our words: closures, sets, and a recursive order.

The contestant is the published package; this one can be read beside it, and the tests
hold it to the losses that everybody is checked against.
"""

from __future__ import annotations

from collections.abc import Callable


class Value:
    """A number with operands, and a closure that knows how to send gradients back to them."""

    def __init__(self, data: float, operands: tuple[Value, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self._prev = set(operands)
        self._backward: Callable[[], None] = lambda: None

    def __add__(self, other: Value | float) -> Value:
        that = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + that.data, (self, that))

        def send() -> None:
            self.grad += out.grad
            that.grad += out.grad

        out._backward = send
        return out

    def __mul__(self, other: Value | float) -> Value:
        that = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * that.data, (self, that))

        def send() -> None:
            self.grad += that.data * out.grad
            that.grad += self.data * out.grad

        out._backward = send
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self) -> Value:
        out = Value(max(self.data, 0.0), (self,))

        def send() -> None:
            self.grad += (out.data > 0) * out.grad

        out._backward = send
        return out

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(value: Value) -> None:
            if value not in seen:
                seen.add(value)
                for operand in value._prev:
                    visit(operand)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value._backward()
