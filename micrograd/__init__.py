# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [20681cf0acaa, book 1ac346405b7a]
"""micrograd: automatic differentiation of scalars, built step by step in a book."""

from micrograd.engine import Value

__all__ = ['Value']
