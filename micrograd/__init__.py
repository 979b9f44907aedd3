# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [6ba8dd3ae3ea, book 9af5d1a354ce]
"""micrograd: a scalar automatic-differentiation engine, built step by step in a book."""

from micrograd.engine import Value

__all__ = ['Value']
