"""What a visitor asks of a look, as the URL says it: every choice is a query parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from recsys.errors import RequestError
from recsys.serving.request import Box, checked_box
from recsys.serving.scoring import Correction, Name
from recsys.ui import state
from recsys.ui.state import Parameter

VIEWS = {"tiles": "Tiles", "look": "Whole look", "tabs": "By category"}
SCORINGS: dict[str, tuple[str, Name | None]] = {
    "": ("As the model serves", None),
    "cosine": ("By direction only (cosine)", "cosine"),
    "dot": ("Length counts too (dot product)", "dot"),
    "shrink": ("Lengths half corrected (norm shrink)", "norm-shrink"),
    "clip": ("Great lengths cut (norm clip)", "norm-clip"),
    "nnn": ("Fewer that suit every photo (NNN)", "nnn"),
    "softmax": ("Rivals for each photo (inverted softmax)", "inverted-softmax"),
    "rare": ("Less of what is frequent (popularity penalty)", "popularity"),
}
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


K = state.one_of("look_k", (10, 20, 50, 100), 10)
VIEW = state.choice("look_view", tuple(VIEWS), "tiles")
FOCUS = Parameter("look_focus", "", parse_box)
STEPS = Parameter("look_steps", "", lambda text: steps_text(steps_of(text)) or None)
SCORING = state.choice("look_scoring", tuple(SCORINGS), "")
DIVERSITY = state.number("look_diversity", 0, 0, 100)
LOW = state.amount("look_from")
HIGH = state.amount("look_to")
GENERIC = state.choice("look_generic", ("show", "hide"), "show")

ABOUT_ONE_LOOK: tuple[Parameter[Any], ...] = (FOCUS, STEPS)
"""What makes no sense for another photo."""


@dataclass(frozen=True)
class Wish:
    """Everything that decides a list for a look. Percent for ``diversity``; see ``Request``."""

    k: int = 10
    category: str = ""
    focus: Box | None = None
    steps: tuple[Step, ...] = ()
    scoring: str = ""
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
    def correction(self) -> Correction | None:
        name = SCORINGS[self.scoring][1]
        return None if name is None else Correction(name)

    @property
    def comparable(self) -> Wish:
        """What two lists must share for "what moved" to mean something."""
        return replace(self, focus=None, steps=(), scoring="", diversity=0, hide_generic=False)


def read_wish(category: str) -> Wish:
    """What the URL asks; a price range that ends before it begins is none."""
    low, high = LOW.read(), HIGH.read()
    if low is not None and high is not None and low > high:
        low = high = None
    return Wish(
        k=K.read(),
        category=category,
        focus=box_of(FOCUS.read()) if FOCUS.read() else None,
        steps=steps_of(STEPS.read()),
        scoring=SCORING.read(),
        diversity=DIVERSITY.read(),
        low=low,
        high=high,
        hide_generic=GENERIC.read() == "hide",
        view=VIEW.read(),
    )
