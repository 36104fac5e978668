"""The product panel: where Previous and Next lead."""

from __future__ import annotations

import pytest

from recsys.ui.product import beside


@pytest.mark.parametrize(
    ("now", "by", "found"),
    [
        ("b", 1, "c"),
        ("b", -1, "a"),
        ("c", -1, "b"),  # not from what was drawn
        ("a", -1, ""),
        ("d", 1, ""),
        ("elsewhere", 1, "c"),
        ("", -1, "a"),
    ],
)
def test_one_goes_on_from_where_one_is(now: str, by: int, found: str) -> None:
    assert beside(("a", "b", "c", "d"), now, "b", by) == found


def test_what_is_not_on_the_page_has_no_neighbours() -> None:
    assert beside((), "a", "a", 1) == ""
    assert beside(("b", "c"), "a", "a", 1) == ""
