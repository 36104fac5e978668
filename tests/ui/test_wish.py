"""What the URL asks of a look: only what is sound counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recsys.ui import wish
from recsys.ui.wish import Step, box_of, parse_box, stepped, steps_of, steps_text

IDS = some.text("abcXYZ019_-", min_size=1, max_size=12)
STEPS = some.lists(
    some.builds(Step, IDS, some.booleans()), max_size=12, unique_by=lambda step: step.product
).map(tuple)


@given(STEPS)
def test_steps_survive_the_url(steps: tuple[Step, ...]) -> None:
    assert steps_of(steps_text(steps)) == steps


@given(STEPS, IDS, some.booleans())
def test_the_same_click_twice_is_none(steps: tuple[Step, ...], product: str, more: bool) -> None:
    before = tuple(step for step in steps if step.product != product)
    once = stepped(before, product, more)
    assert once == (*before, Step(product, more))
    assert stepped(once, product, more) == before
    turned = stepped(once, product, not more)
    assert turned == (*before, Step(product, not more))


@given(some.text(max_size=60))
def test_any_text_is_no_error(text: str) -> None:
    steps_of(text)
    assert parse_box(text) in (None, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0,0,1",
        "0.5,0,0.2,1",
        "0,0,0,0",
        "0,0,1,2",
        "-0.1,0,1,1",
        "nan,0,1,1",
        "0,0,1,1,1",
        "٠,0,1,1",
    ],
)
def test_what_is_no_box(text: str) -> None:
    assert parse_box(text) is None


def test_a_box() -> None:
    assert box_of("0.12,0,1,0.5") == (0.12, 0.0, 1.0, 0.5)


def test_too_many_steps_lose_the_oldest() -> None:
    steps = tuple(Step(f"p{number}", True) for number in range(wish.MOST_STEPS + 5))
    assert steps_of(steps_text(steps)) == steps[5:]


def test_too_long_and_too_short_lists_are_none() -> None:
    assert [wish.K.parse(text) for text in ("10", "37", "100")] == [10, 37, 100]
    assert [wish.K.parse(text) for text in ("9", "101", "0", "-1", "1e1", "x")] == [None] * 6
