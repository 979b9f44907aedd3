"""The bar that a reader's notebook shows and a page does not."""

from __future__ import annotations

import builtins
import sys
from types import SimpleNamespace

import pytest
from figures.progress import progress


@pytest.fixture
def bars(monkeypatch):
    """Every bar that would be shown, by its words."""
    shown = []

    def tqdm(items, desc, leave):
        shown.append(desc)
        return items

    module = SimpleNamespace(tqdm=tqdm)
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(auto=module))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.delattr(builtins, "extend", raising=False)
    return shown


def test_shows_a_bar_to_a_reader(bars):
    assert list(progress(range(3), "seeds")) == [0, 1, 2]
    assert bars == ["seeds"]


def test_is_silent_while_the_book_is_built(bars, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert list(progress(range(3))) == [0, 1, 2]
    assert bars == []


def test_is_silent_while_a_chapter_runs(bars, monkeypatch):
    monkeypatch.setattr(builtins, "extend", lambda cls: cls, raising=False)
    assert list(progress(range(3))) == [0, 1, 2]
    assert bars == []


def test_goes_without_a_bar_where_none_is_installed(bars, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert list(progress(iter("ab"))) == ["a", "b"]
    assert bars == []
