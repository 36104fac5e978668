"""Every scoring has words, a place in the URL, and a strength that the server takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recsys.serving.scoring import NAMES, STRENGTHS, Correction
from recsys.ui import scorings

CORRECTED = [name for name in scorings.SCORINGS if name in scorings.BY_URL]
WITH_STRENGTH = [name for name in CORRECTED if scorings.has_strength(name)]


def test_every_correction_is_offered_once_and_in_words() -> None:
    assert sorted(scorings.BY_URL.values()) == sorted(NAMES)
    labels = [scorings.label(name) for name in scorings.SCORINGS]
    assert len(set(labels)) == len(labels)
    for name in CORRECTED:
        said = scorings.words(name)
        assert said.means.endswith("."), name
        assert said.label[0].isupper()


def test_the_models_own_score_is_offered_where_something_else_is_live() -> None:
    assert scorings.OWN not in scorings.offered(False, "")
    assert scorings.OWN in scorings.offered(True, "")
    assert scorings.OWN in scorings.offered(False, scorings.OWN)  # a shared link asks for it
    assert scorings.scoring_of(scorings.OWN, None) == "model"
    assert scorings.scoring_of(scorings.AS_SERVED, None) is None


def test_a_correction_that_nobody_described_is_offered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(scorings.BY_URL, "new-form", "new-form")
    monkeypatch.setitem(STRENGTHS, "new-form", STRENGTHS["nnn"])
    assert scorings.label("new-form") == "New form"
    assert scorings.has_strength("new-form")
    assert scorings.ends_of("new-form") == "0: off. 2: in full."


@pytest.mark.parametrize("name", WITH_STRENGTH)
def test_a_strength_comes_back_as_it_was_written(name: str) -> None:
    known = STRENGTHS[scorings.BY_URL[name]]
    strength = scorings.strength_of(name)
    low, high, step, _ = scorings.range_of(name)
    assert (low, high, strength.default) == (known.low, known.high, known.default)
    places = round((high - low) / step)
    for place in range(0, places + 1, max(1, places // 40)):
        value = round(low + place * step, 3)
        assert strength.parse(strength.write(value)) == value
        assert scorings.scoring_of(name, value) == Correction(scorings.BY_URL[name], value)
    assert strength.parse(f"{known.high + 0.1:g}") is None
    assert strength.parse("-0.1") is None


@given(some.text(max_size=12))
def test_any_text_is_a_strength_in_range_or_none(text: str) -> None:
    for name in ("nnn", "softmax"):
        value = scorings.strength_of(name).parse(text)
        low, high, *_ = scorings.range_of(name)
        assert value is None or low <= value <= high


def test_what_takes_no_strength_takes_none() -> None:
    for name in ("cosine", "dot", scorings.AS_SERVED, scorings.OWN):
        assert scorings.strength_of(name).parse("0.5") is None
        assert not scorings.has_strength(name)
    assert scorings.scoring_of("cosine", 0.5) == Correction("cosine")
