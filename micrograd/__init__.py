# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [20681cf0acaa, book 758e379ef38b]
"""micrograd: automatic differentiation of scalars, built step by step in a book."""

from micrograd.engine import Value

__all__ = ['Value']
