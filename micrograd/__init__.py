# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [8d3facda34e6, book 4cab3bd5e876]
"""micrograd: automatic differentiation of scalars, built in a book."""

from micrograd.engine import Value

__all__ = ['Value']

__version__ = '0.1.0'
