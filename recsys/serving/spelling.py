"""Scorings as people type and read them: ``nnn=0.5``, ``cosine``, ``model``."""

from __future__ import annotations

from recsys.errors import RequestError
from recsys.retrieval.corrections import NAMES, STRENGTHS, Correction
from recsys.serving.request import Scoring

FORM = "NAME[=STRENGTH]"


def parse_correction(text: str) -> Correction:
    """What ``nnn`` or ``nnn=0.5`` means; without a strength the correction's default holds.

    Raises RequestError, which names the corrections and the range of a strength.
    """
    name, equals, number = text.strip().partition("=")
    known = next((known for known in NAMES if known == name), None)
    if known is None:
        raise RequestError(
            f"no correction {text[:80]!r}", f"Give {FORM}, with NAME one of: {', '.join(NAMES)}"
        )
    if not equals:
        return Correction(known)
    try:
        strength = float(number)
    except ValueError:
        raise RequestError(
            f"the strength of {name} is a number, not {number[:80]!r}", _range_of(known)
        ) from None
    return Correction(known, strength)


def parse_scoring(text: str) -> Scoring:
    """As ``parse_correction``; ``model`` is the model's own score. Raises RequestError."""
    return "model" if text.strip() == "model" else parse_correction(text)


def scoring_text(scoring: Scoring | None) -> str:
    """What ``parse_scoring`` reads back as the same; None is the model's own score."""
    if scoring is None or isinstance(scoring, str):
        return "model"
    return spelled(scoring.name, scoring.strength)


def spelled(name: str, strength: float | None) -> str:
    """A correction by its name and strength, whether or not there is such a one."""
    return name if strength is None else f"{name}={_number(strength)}"


def scoring_words(scoring: Scoring | None) -> str:
    """For a sentence: ``nnn 0.5``, ``cosine``, ``the model's own score``."""
    if scoring is None or isinstance(scoring, str):
        return "the model's own score"
    return scoring_text(scoring).replace("=", " ")


def _range_of(name: str) -> str:
    known = next((range_ for key, range_ in STRENGTHS.items() if key == name), None)
    if known is None:
        return f"{name} takes none"
    return f"Give one from {known.low:g} to {known.high:g}, e.g. {name}={known.default:g}"


def _number(value: float) -> str:
    """As short as it can be, and read back as the same number."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
