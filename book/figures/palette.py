"""The colours of every drawing in the book, by what they mean.

They are the light page's; the page gives each its counterpart at night when it takes a
drawing in.  A colour that is not here stays as it is in both schemes.
"""

from __future__ import annotations

INK = "#23262b"
PAPER = "#ffffff"
CODE_PAPER = "#faf8f4"
FAINT = "#6a7078"
RULE = "#d9d5cc"
ACCENT = "#0b6a62"

DATA = "#1a5fa8"  # a value
GRAD = "#b3401a"  # a gradient
THIRD = "#6d4a9c"
FOURTH = "#8a6400"
