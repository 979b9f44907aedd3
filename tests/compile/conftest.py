"""What needs a C compiler says so where there is none."""

from __future__ import annotations

import functools

import pytest

from micrograd import native


@functools.cache
def has_compiler() -> bool:
    try:
        return bool(native.compiler())
    except OSError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The mark `native`, and the back end of that name, ask for a compiler."""
    absent = pytest.mark.skip(reason="no C compiler here, and no ziglang")
    for item in items:
        asked = getattr(item, "callspec", None)
        named = asked is not None and asked.params.get("backend") == "native"
        if (named or item.get_closest_marker("native")) and not has_compiler():
            item.add_marker(absent)
