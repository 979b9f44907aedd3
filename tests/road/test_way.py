"""The way through a book: the road leads past its workshops, and offers them."""

from __future__ import annotations

from road.way import APPENDICES, Way, way

PARTS = [("", ["preface"]), ("One", ["a", "saw", "b"]), ("Two", ["c", "plane", "lathe", "d", "forge"]), (APPENDICES, ["words"])]
WORKSHOPS = {"saw", "plane", "lathe", "forge"}


def test_the_road_leads_past_a_workshop_and_offers_it() -> None:
    assert way("a", PARTS, WORKSHOPS) == Way(back="preface", on="b", offered=("saw",))
    assert way("b", PARTS, WORKSHOPS) == Way(back="a", on="c")


def test_all_workshops_in_a_row_are_offered() -> None:
    assert way("c", PARTS, WORKSHOPS) == Way(back="b", on="d", offered=("plane", "lathe"))


def test_a_workshop_says_where_the_road_goes_on() -> None:
    assert way("plane", PARTS, WORKSHOPS) == way("lathe", PARTS, WORKSHOPS) == Way(is_workshop=True, rejoins="d")


def test_where_the_road_ends_the_reading_order_goes_on() -> None:
    """Into a workshop: what is left is the appendices, which are no road."""
    assert way("d", PARTS, WORKSHOPS) == Way(back="c")
    assert way("forge", PARTS, WORKSHOPS) == Way(is_workshop=True)


def test_an_appendix_and_a_page_outside_the_book_keep_their_neighbours() -> None:
    assert way("words", PARTS, WORKSHOPS) == way("search", PARTS, WORKSHOPS) == Way()
