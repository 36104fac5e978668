"""What a visitor asks of the page, as the URL says it: every choice is a query parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from recsys.catalog.splits import PARTS, Part
from recsys.evaluation.audit import Setting
from recsys.serving.scoring import Correction
from recsys.ui import scorings, state
from recsys.ui.popularity.pick import Pick, pick_of
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.workspace import is_name

View = Literal["wall", "never", "charts", "compare", "front"]
VIEWS: dict[View, str] = {
    "wall": "Crowding",
    "never": "Never shown",
    "charts": "Charts",
    "compare": "Side by side",
    "front": "Price of each cure",
}
PART_LABELS: dict[Part, str] = {
    "all": "All looks",
    "train": "Training looks",
    "validation": "Validation looks",
    "test": "Test looks",
}
CAUSES = ("truly frequent", "large norm", "close to the mean scene", "no single cause")
CAPS = (0.0, 20.0, 10.0, 5.0, 3.0, 2.0, 1.5, 1.0)
"""Offered exposure caps, in multiples of the mean; 0 is none."""

_CAP = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")

LEAST_K, MOST_K, USUAL_K = 1, 100, 10


def _cap_of(text: str) -> float | None:
    if not _CAP.fullmatch(text):
        return None
    return float(text) if 1 <= float(text) <= 1000 or float(text) == 0 else None


def _strength(name: str, scoring: str) -> Parameter[float | None]:
    return replace(scorings.strength_of(scoring), name=name)


def _model(name: str) -> Parameter[str]:
    return Parameter(name, "", lambda text: text if is_name(text) else None).told(
        "model's id", "the live model is shown"
    )


VIEW = state.choice("popularity_view", tuple(VIEWS), "wall").told("view", "the wall is shown")
PART = state.choice("popularity_looks", PARTS, "all").told(
    "part of the data", "all looks are counted"
)
K = state.number("popularity_k", USUAL_K, LEAST_K, MOST_K).told(
    f"number from {LEAST_K} to {MOST_K}", f"lists of {USUAL_K} are counted"
)
MODEL = _model("popularity_model")
SCORING = state.choice("popularity_scoring", scorings.SCORINGS, scorings.AS_SERVED).told(
    "scoring", "products are scored as served"
)
DIVERSITY = state.number("popularity_diversity", 0, 0, 100).told(
    "diversity from 0 to 100", "the order is by score alone"
)
CAP = Parameter("popularity_cap", 0.0, _cap_of, lambda cap: f"{cap:g}").told(
    "cap from 1 to 1000", "there is none"
)
ITEM = state.identifier("popularity_item").told("product", "none is open")
NEVER = state.identifier("popularity_never").told("product", "none is open")
PAGE = state.number("popularity_page", 1, low=1, high=1_000_000).told(
    "page", "the first one is shown"
)
CAUSE = state.choice("popularity_cause", ("", *CAUSES), "").told(
    "cause", "products of every cause are shown"
)
PICK = Parameter[Pick | None]("popularity_pick", None, pick_of).told(
    "range of products", "none is picked"
)
OTHER_MODEL = _model("popularity_other_model")
OTHER_SCORING = state.choice("popularity_other_scoring", ("auto", *scorings.SCORINGS), "auto").told(
    "scoring", "the usual other one is shown"
)
MEASURE = state.choice(
    "popularity_measure", ("effective_catalogue", "coverage", "excess_gini"), "effective_catalogue"
).told("measure", "the effective catalogue is shown")

RANGE = state.choice("popularity_range", ("near", "all"), "near").told(
    "range", "settings near the best are shown"
)


@dataclass(frozen=True)
class Side:
    """One way to make all lists: a model and a scoring.

    Attributes:
        model: its id; empty for the live one.
        scoring: as the URL says it, see ``recsys.ui.scorings``.
        strength: of the scoring, None where it has none.
        diversity: in percent.
        cap: in multiples of the mean, 0 for none.
    """

    model: str = ""
    scoring: str = scorings.AS_SERVED
    strength: float | None = None
    diversity: int = 0
    cap: float = 0.0


@dataclass(frozen=True)
class Asked:
    """Everything that decides what the page shows.

    Attributes:
        view: which part of the page is open.
        part, k: over which looks, and how long the lists are.
        this: what is looked at.
        other: what it stands beside; its scoring is ``auto`` where none was chosen.
        category: of the products that are picked, empty for all.
        pick: ranges of the products that are picked, None for all.
    """

    view: View
    part: Part
    k: int
    this: Side
    other: Side
    category: str
    pick: Pick | None


def strength(scoring: str) -> Parameter[float | None]:
    """The strength of the scoring that is looked at."""
    return _strength("popularity_strength", scoring)


def other_strength(scoring: str) -> Parameter[float | None]:
    """The strength of the scoring beside it."""
    return _strength("popularity_other_strength", scoring)


def category_of(names: tuple[str, ...]) -> Parameter[str]:
    """The category that is picked: one of these, or none."""
    return state.choice("popularity_category", ("", *names), "").told(
        "category", "products of all are shown"
    )


def read_asked(categories: tuple[str, ...]) -> Asked:
    """What the URL asks."""
    scoring, other = SCORING.read(), OTHER_SCORING.read()
    return Asked(
        view=VIEW.read(),
        part=PART.read(),
        k=K.read(),
        this=Side(
            model=MODEL.read(),
            scoring=scoring,
            strength=strength(scoring).read(),
            diversity=DIVERSITY.read(),
            cap=CAP.read(),
        ),
        other=Side(OTHER_MODEL.read(), other, other_strength(other).read()),
        category=category_of(categories).read(),
        pick=PICK.read(),
    )


def parameters(categories: tuple[str, ...]) -> list[Parameter[Any]]:
    """All of them, to tell of those that make no sense."""
    return [
        *(VIEW, PART, K, MODEL, SCORING, DIVERSITY, CAP, PAGE, CAUSE, PICK),
        *(OTHER_MODEL, OTHER_SCORING, MEASURE, RANGE),
        strength(SCORING.read()),
        other_strength(OTHER_SCORING.read()),
        category_of(categories),
    ]


def setting_of(side: Side, live: Live, k: int, part: Part) -> Setting:
    """What is audited. "As served" is the live correction for the live model, and the own score
    for any other.
    """
    correction: Correction | None = None
    if side.scoring in scorings.BY_URL:
        found = scorings.scoring_of(side.scoring, side.strength)
        correction = cast("Correction", found)
    elif side.scoring == scorings.AS_SERVED and not side.model:
        correction = served_correction(live)
    return Setting(
        correction=correction,
        diversity=side.diversity / 100,
        cap=side.cap or None,
        k=k,
        part=part,
    )


def served_correction(live: Live) -> Correction | None:
    """The correction that the shop serves now; None for the model's own score."""
    return None if live.server.live is None else live.server.live.correction


def is_served(side: Side, live: Live) -> bool:
    """Whether this is just what the shop serves now."""
    mine = setting_of(side, live, USUAL_K, "all")
    return not side.model and mine == Setting(served_correction(live))


def usual_other(asked: Asked, live: Live) -> Side:
    """What stands beside where nothing was chosen: what is served now, or, where that is what is
    looked at, the score that tells the most: the inner product beside cosine, or the reverse.
    """
    if asked.other.scoring != "auto" or asked.other.model:
        scoring = asked.other.scoring
        return replace(asked.other, scoring=scorings.AS_SERVED if scoring == "auto" else scoring)
    if not is_served(asked.this, live):
        return Side()
    table = live.server.table
    ranks_by_dot = table is not None and table.score == "dot"
    return Side(scoring="cosine" if ranks_by_dot else "dot")
