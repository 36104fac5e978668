from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import RequestError
from recsys.retrieval.corrections import NAMES, STRENGTHS, Correction
from recsys.serving.spelling import parse_correction, parse_scoring, scoring_text, scoring_words


@given(name=st.sampled_from(NAMES), share=st.floats(0, 1))
def test_what_is_written_is_read_back_as_the_same(name: str, share: float) -> None:
    known = STRENGTHS.get(name)  # type: ignore[call-overload]
    strength = None if known is None else known.low + share * (known.high - known.low)
    correction = Correction(name, strength)  # type: ignore[arg-type]
    assert parse_correction(scoring_text(correction)) == correction
    assert parse_scoring(scoring_text(correction)) == correction


def test_forms() -> None:
    assert parse_correction("nnn") == Correction("nnn", 0.5)
    assert parse_correction(" nnn=0.25 ") == Correction("nnn", 0.25)
    assert parse_correction("cosine") == Correction("cosine")
    assert parse_scoring("model") == "model"
    assert scoring_text(None) == scoring_text("model") == "model"
    assert scoring_text(Correction("inverted-softmax", 20)) == "inverted-softmax=20"
    assert scoring_words(Correction("nnn")) == "nnn 0.5"
    assert scoring_words(Correction("cosine")) == "cosine"
    assert scoring_words(None) == scoring_words("model") == "the model's own score"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no correction ''.*NAME one of: dot, cosine"),
        ("model=1", "no correction 'model=1'"),
        ("NNN", "no correction 'NNN'"),
        ("=0.5", "no correction"),
        ("nnn=", "the strength of nnn is a number, not ''.*from 0 to 2, e.g. nnn=0.5"),
        ("nnn=much", "the strength of nnn is a number, not 'much'"),
        ("cosine=much", "cosine takes none"),
        ("cosine=1", "cosine takes no strength"),
        ("nnn=3", "a number from 0 to 2, not 3.0"),
        ("nnn=nan", "a number from 0 to 2, not nan"),
        ("nnn=0.5=1", "not '0.5=1'"),
        ("x" * 500, "no correction 'x{80}'"),
    ],
)
def test_what_means_nothing(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_correction(text)
