"""What a visitor asks of a look, as the URL says it: every choice is a query parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from recsys.errors import RequestError
from recsys.serving.request import Box, Scoring, checked_box
from recsys.ui import scorings, state
from recsys.ui.state import Parameter

VIEWS = {"tiles": "Tiles", "look": "Whole look", "tabs": "By category"}
MOST_STEPS = 30

_STEP = re.compile(r"(more|less)\.([A-Za-z0-9_-]{1,128})")


@dataclass(frozen=True)
class Step:
    """One "more like this" or "less like this"."""

    product: str
    more: bool

    def __str__(self) -> str:
        return f"{'more' if self.more else 'less'}.{self.product}"


def parse_box(text: str) -> str | None:
    """Four numbers in 0–1 with commas between, left, top, right, bottom; None for others."""
    return None if box_of(text) is None else text


def box_of(text: str) -> Box | None:
    """The box that a text means; None where it means none."""
    parts = text.split(",")
    if len(text) > 80 or not all(re.fullmatch(r"[01](\.[0-9]{1,6})?", part) for part in parts):
        return None
    try:
        return checked_box("focus", [float(part) for part in parts])
    except RequestError:
        return None


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps in a text, each product once: a later step takes the place of an earlier."""
    found: dict[str, Step] = {}
    for part in text.split(",")[:MOST_STEPS]:
        match = _STEP.fullmatch(part)
        if match:
            found.pop(match.group(2), None)
            found[match.group(2)] = Step(match.group(2), match.group(1) == "more")
    return tuple(found.values())


def steps_text(steps: tuple[Step, ...]) -> str:
    """Steps as they stand in the URL; the oldest go where there are too many."""
    return ",".join(str(step) for step in steps[-MOST_STEPS:])


def stepped(steps: tuple[Step, ...], product: str, more: bool) -> tuple[Step, ...]:
    """The steps after a click: a new one, or without the one that is clicked again."""
    kept = tuple(step for step in steps if step.product != product)
    clicked = Step(product, more)
    return kept if clicked in steps else (*kept, clicked)


LEAST_K, MOST_K = 10, 100
K = state.number("look_k", LEAST_K, LEAST_K, MOST_K).told(
    f"number from {LEAST_K} to {MOST_K}", f"the best {LEAST_K} are shown"
)
VIEW = state.choice("look_view", tuple(VIEWS), "tiles").told("view", "tiles are shown")
FOCUS = Parameter("look_focus", "", parse_box).told(
    "part of a photo", "the whole photo is looked at"
)
STEPS = Parameter("look_steps", "", lambda text: steps_text(steps_of(text)) or None).told(
    "list of likes", "none counts"
)
SCORING = state.choice("look_scoring", scorings.SCORINGS, scorings.AS_SERVED).told(
    "scoring", "products are scored as served"
)
DIVERSITY = state.number("look_diversity", 0, 0, 100).told(
    "diversity from 0 to 100", "the order is by score alone"
)
LOW = state.amount("look_from").told("price", "there is no lowest one")
HIGH = state.amount("look_to").told("price", "there is no highest one")
GENERIC = state.choice("look_generic", ("show", "hide"), "show").told(
    "choice about generic products", "they are shown"
)

ASKED: tuple[Parameter[Any], ...] = (
    K,
    VIEW,
    FOCUS,
    STEPS,
    SCORING,
    DIVERSITY,
    LOW,
    HIGH,
    GENERIC,
)
"""All of it but the category and the strength, whose values depend on others."""

ABOUT_ONE_LOOK: tuple[Parameter[Any], ...] = (FOCUS, STEPS)
"""What makes no sense for another photo."""


@dataclass(frozen=True)
class Wish:
    """Everything that decides a list for a look.

    Attributes:
        scoring: as the URL says it, see ``recsys.ui.scorings``.
        strength: of the scoring; None for its usual one, or where it has none.
        diversity: in percent.

    For the others see ``Request``.
    """

    k: int = 10
    category: str = ""
    focus: Box | None = None
    steps: tuple[Step, ...] = ()
    scoring: str = scorings.AS_SERVED
    strength: float | None = None
    diversity: int = 0
    low: float | None = None
    high: float | None = None
    hide_generic: bool = False
    view: str = "tiles"

    @property
    def liked(self) -> tuple[str, ...]:
        return tuple(step.product for step in self.steps if step.more)

    @property
    def disliked(self) -> tuple[str, ...]:
        return tuple(step.product for step in self.steps if not step.more)

    @property
    def asked_scoring(self) -> Scoring | None:
        """What the server is asked to score by."""
        return scorings.scoring_of(self.scoring, self.strength)

    @property
    def comparable(self) -> Wish:
        """What two lists must share for "what moved" to mean something."""
        return Wish(self.k, self.category, low=self.low, high=self.high, view=self.view)


def read_wish(category: str) -> Wish:
    """What the URL asks; the bounds of the price in either order, as on Browse."""
    low, high = LOW.read(), HIGH.read()
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Wish(
        k=K.read(),
        category=category,
        focus=box_of(FOCUS.read()) if FOCUS.read() else None,
        steps=steps_of(STEPS.read()),
        scoring=SCORING.read(),
        strength=scorings.strength_of(SCORING.read()).read(),
        diversity=DIVERSITY.read(),
        low=low,
        high=high,
        hide_generic=GENERIC.read() == "hide",
        view=VIEW.read(),
    )
