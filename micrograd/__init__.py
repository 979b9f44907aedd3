# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [20681cf0acaa, book c5643a18b3b3]
"""micrograd: automatic differentiation of scalars, built step by step in a book."""

from micrograd.engine import Value

__all__ = ['Value']
