"""This book's engine, interpreted."""

from __future__ import annotations

from bench.contestants.scalar import Scalar
from micrograd import engine, nn


class Ours(Scalar):
    """As it is."""

    engine, nn = engine, nn
