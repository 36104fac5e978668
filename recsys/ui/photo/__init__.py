"""The photo that is shopped: where in it each product was found, and a box to focus on.

Everything that a hover needs is sent with the photo, so pointing at a tile shows its heat map
without asking the server. The tiles tell an id and nothing else (``tiles.py``, ``points_to``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.ui.card import Action
from recsys.ui.shared import CHROME, DOM, joined
from recsys.ui.thumbnails import image_base

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in 0–1 of the photo."""

_HERE = Path(__file__).parent
_TEXT_LIMIT = 300

_component = st.components.v2.component(
    "recsys_photo",
    html='<section class="photo"></section>\n',
    css=joined(CHROME, _HERE / "photo.css"),
    js=joined(DOM, _HERE / "photo.js", _HERE / "heat.js", _HERE / "focus.js"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where one product was found.

    Attributes:
        title: the product's; any text.
        levels: one for each box of the heat map, from 0, the worst fit, to 1, the best.
        winner: position of the best box; None draws no frame.
        place: in words, e.g. "upper left".
    """

    title: str
    levels: tuple[float, ...]
    winner: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Heat maps that share their boxes.

    Attributes:
        boxes: where the regions lie on the photo.
        found: by product id.
        note: what the colours mean, in a line.
    """

    boxes: tuple[Box, ...]
    found: Mapping[str, Found]
    note: str

    def record(self) -> dict[str, Any]:
        """What the browser gets: levels in whole percent."""
        return {
            "boxes": [[round(side, 4) for side in box] for box in self.boxes],
            "note": self.note,
            "found": {
                product: {
                    "title": found.title[:_TEXT_LIMIT],
                    "levels": [round(100 * level) for level in found.levels],
                    "winner": found.winner,
                    "place": found.place,
                }
                for product, found in self.found.items()
            },
        }


@dataclass(frozen=True, slots=True)
class KnownBox:
    """A part of the photo that is known to show a product."""

    label: str
    box: Box


def photo(
    *,
    key: str,
    look_id: str,
    label: str,
    facts: str,
    image: str,
    alt: str,
    actions: Sequence[Action],
    on_action: Callable[[str], None],
    on_focus: Callable[[str], None],
    focus: Box | None = None,
    known: Sequence[KnownBox] = (),
    heat: Heat | None = None,
    pinned: str = "",
) -> None:
    """Shows the photo. An action ``upload`` opens the page's uploader and reports nothing.

    Args:
        key: unique on the page; also the name that tiles point to.
        look_id: a new one scrolls into view where it opens off screen.
        label, facts: what it is and what is known of it, below the picture.
        image: name from ``ThumbnailStore.name``; empty shows "No picture".
        on_action: called with an action's id before the page runs again.
        on_focus: called with four comma-separated numbers in 0–1, or an empty text. What comes
            is from a browser: check it.
        focus: the part that is looked at.
        known: boxes to click.
        heat: what to show for which product; None where no tile can point here.
        pinned: id of the product whose heat map is shown until another is pointed at.
    """
    offered = {action.id for action in actions}

    def acted() -> None:
        value = st.session_state[key].get("acted")
        if isinstance(value, str) and value in offered:
            on_action(value)

    def focused() -> None:
        value = st.session_state[key].get("focus")
        if isinstance(value, str):
            on_focus(value)

    _component(
        key=key,
        data={
            "key": key,
            "id": look_id,
            "label": label,
            "facts": facts,
            "base": image_base(),
            "image": image,
            "alt": alt,
            "actions": [[action.id, action.label, action.icon] for action in actions],
            "focus": None if focus is None else list(focus),
            "known": [[box.label[:_TEXT_LIMIT], list(box.box)] for box in known],
            "heat": None if heat is None else heat.record(),
            "pinned": pinned,
        },
        on_acted_change=acted,
        on_focus_change=focused,
    )
