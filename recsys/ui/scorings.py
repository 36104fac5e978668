"""The scorings that a visitor can choose, in plain words, and what their strengths mean.

A scoring that is not described here is still offered, under its own name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from recsys.serving.request import Scoring
from recsys.serving.scoring import NAMES, STRENGTHS, Correction, Name
from recsys.ui.state import Parameter

AS_SERVED = ""
OWN = "model"
"""The model's own score, where a correction of it is live."""

_STRENGTH = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


@dataclass(frozen=True)
class Words:
    """How one scoring is told.

    Attributes:
        label: in the list of scorings, with the name that papers use.
        means: what it does, in a sentence.
        strength: what its slider sets.
        least, most: what the ends of the slider mean.
    """

    label: str
    means: str = ""
    strength: str = "Strength"
    least: str = "off"
    most: str = "in full"


_AS_SERVED = Words("As it is served")
_OWN = Words("The model's own score", "Without the correction that is live.")

# By the name in the URL: short, since such addresses are sent around.
_SHORT: dict[str, str] = {
    "norm-shrink": "shrink",
    "norm-clip": "clip",
    "inverted-softmax": "softmax",
    "popularity": "rare",
    "qb-norm": "qb",
}
_WORDS: dict[str, Words] = {
    "cosine": Words(
        "By direction only (cosine)",
        "How alike photo and product are. The length of a product's vector does not count.",
    ),
    "dot": Words(
        "Length counts too (dot product)",
        "A product with a long vector gets a better place in every list.",
    ),
    "norm-shrink": Words(
        "Length counts in part (norm shrink)",
        "The longer a product's vector, the more of its score is taken back.",
        "How much of the length is taken back",
        "none, length counts in full",
        "all, length does not count",
    ),
    "norm-clip": Words(
        "Great lengths cut (norm clip)",
        "The longest vectors count as if they were shorter.",
        "How many are cut",
        "none, length counts in full",
        "all, to the same length",
    ),
    "popularity": Words(
        "Less of what is frequent (popularity penalty)",
        "Products that were in many training looks are held back.",
        "What being frequent costs",
        "nothing",
        "so much that the rarest come first",
    ),
    "nnn": Words(
        "Fewer that suit every photo (NNN)",
        "Each product gives up a part of what it scores with the training looks that it fits best.",
        "How much it gives up",
        "nothing",
        "twice what it scores there",
    ),
    "inverted-softmax": Words(
        "Rivals for each photo (inverted softmax)",
        "A product that fits many training looks well is held back.",
        "How sharply looks are told apart",
        "off",
        "only the training look that it fits best counts",
    ),
    "qb-norm": Words(
        "Rivals only where one crowds (QB-Norm)",
        "As inverted softmax, but only for photos whose best product crowds other lists too.",
        "How sharply looks are told apart",
        "off",
        "only the training look that it fits best counts",
    ),
}

BY_URL: dict[str, Name] = {_SHORT.get(name, name): name for name in NAMES}
"""What stands in the URL → the correction."""

SCORINGS: tuple[str, ...] = (AS_SERVED, OWN, *BY_URL)


def offered(is_corrected: bool, chosen: str) -> tuple[str, ...]:
    """The scorings to choose from; the model's own beside what is served only where a correction
    is live, since it is the same otherwise.
    """
    return tuple(name for name in SCORINGS if name != OWN or is_corrected or chosen == OWN)


def words(scoring: str) -> Words:
    """How a scoring is told, by what stands for it in the URL."""
    if scoring not in BY_URL:
        return _OWN if scoring == OWN else _AS_SERVED
    name = BY_URL[scoring]
    return _WORDS.get(name) or Words(name.replace("-", " ").capitalize())


def label(scoring: str) -> str:
    """Its place in the list of scorings."""
    return words(scoring).label


def scoring_of(scoring: str, strength: float | None) -> Scoring | None:
    """What the server is asked for; None for what is served anyway."""
    if scoring not in BY_URL:
        return "model" if scoring == OWN else None
    name = BY_URL[scoring]
    return Correction(name, strength if name in STRENGTHS else None)


def has_strength(scoring: str) -> bool:
    """Whether there is something to set."""
    return scoring in BY_URL and BY_URL[scoring] in STRENGTHS


def strength_of(scoring: str) -> Parameter[float | None]:
    """The strength of one scoring in the URL; absent, its usual one. None where it has none."""
    known = STRENGTHS.get(BY_URL[scoring]) if scoring in BY_URL else None
    if known is None:
        nothing: Parameter[float | None] = Parameter("look_strength", None, lambda _: None)
        return nothing.told("strength, since this scoring takes none", "it is left out")

    def parse(text: str) -> float | None:
        if not _STRENGTH.fullmatch(text):
            return None
        return float(text) if known.low <= float(text) <= known.high else None

    def write(value: float) -> str:
        return f"{value:.3f}".rstrip("0").rstrip(".")

    usual: float | None = known.default
    return Parameter("look_strength", usual, parse, write).told(
        f"strength from {known.low:g} to {known.high:g}", f"the usual {known.default:g} counts"
    )


class Range(NamedTuple):
    """The slider of a strength."""

    low: float
    high: float
    step: float
    format: str


def range_of(scoring: str) -> Range:
    """For a scoring that has a strength."""
    known = STRENGTHS[BY_URL[scoring]]
    span = known.high - known.low
    step = 0.01 if span <= 1 else 0.05 if span <= 10 else 1.0
    return Range(float(known.low), float(known.high), step, "%.0f" if step >= 1 else "%.2f")


def ends_of(scoring: str) -> str:
    """What the two ends of the slider mean, in a line."""
    known, said = STRENGTHS[BY_URL[scoring]], words(scoring)
    return f"{known.low:g}: {said.least}. {known.high:g}: {said.most}."
