# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [20681cf0acaa, book e6cfaa7cf2c5]
"""micrograd: automatic differentiation of scalars, built step by step in a book."""

from micrograd.engine import Value

__all__ = ['Value']
