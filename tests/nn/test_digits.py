"""The handwritten digits, where scikit-learn is installed; a clear word where it is not."""

from __future__ import annotations

import sys

import pytest

from micrograd.data import load_digits


def test_the_digits_are_images_between_paper_and_ink():
    pytest.importorskip("sklearn")
    images, digits = load_digits()
    assert len(images) == len(digits) == 1797
    assert {len(image) for image in images} == {64}
    assert min(map(min, images)) == 0.0 and max(map(max, images)) == 1.0
    assert set(digits) == set(range(10))
    assert {type(x) for image in images for x in image} == {float} and {type(d) for d in digits} == {int}


def test_the_first_digits_count_up():
    pytest.importorskip("sklearn")
    images, digits = load_digits()
    assert digits[:10] == list(range(10))
    # The first is a nought: ink around, paper in its middle.
    assert images[0][3 * 8 + 3] == images[0][4 * 8 + 4] == 0.0
    assert images[0][1 * 8 + 2] > 0.7


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match="^the digits come with scikit-learn: pip install scikit-learn$"):
        load_digits()
