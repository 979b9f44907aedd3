"""This book's engine, interpreted."""

from __future__ import annotations

from micrograd import engine, nn

from bench.contestants.scalar import Scalar


class Ours(Scalar):
    """As it is."""

    engine, nn = engine, nn
