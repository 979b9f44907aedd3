# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [b79b26cf151c]
"""Small data sets to learn from, in pure Python, the same for the same seed."""

from __future__ import annotations

import math
import random

Points = list[tuple[float, float]]


def make_moons(n: int = 100, noise: float = 0.1, rng: random.Random | None = None) -> tuple[Points, list[int]]:
    """Two half circles that interlock.

    Args:
        n: how many points, in turn from the upper and the lower moon.
        noise: the standard deviation of what is added to each coordinate.
        rng: where the noise is drawn from; a new one with seed 0 if None.

    Returns:
        The points, and for each the number of its moon, 0 or 1.
    """
    rng = rng or random.Random(0)
    ...
