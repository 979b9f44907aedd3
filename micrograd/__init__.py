# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [3bee9ccf2546, book f1cb09db5659]
"""micrograd: automatic differentiation of scalars, built in a book."""

from micrograd.engine import Value

__all__ = ['Value']
