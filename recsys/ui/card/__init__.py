"""One product large, with its facts and actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from recsys.ui.shared import CHROME, DOM, joined
from recsys.ui.thumbnails import image_base

_HERE = Path(__file__).parent
_TEXT_LIMIT = 2_000

_component = st.components.v2.component(
    "recsys_card",
    html='<section class="card square"></section>\n',
    css=joined(CHROME, _HERE / "card.css"),
    js=joined(DOM, _HERE / "card.js"),
)


@dataclass(frozen=True, slots=True)
class Action:
    """A button on the card. With an icon it sits on the picture and listens to a key:
    ``close`` to Escape, ``previous`` and ``next`` to the arrows; a card with these two also
    while nothing on the page is focused.
    """

    id: str
    label: str
    icon: Literal["", "close", "previous", "next"] = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows; all texts may be any text.

    Attributes:
        id: what it is about; a new one scrolls into view where it opens off screen.
        label: the region's name for a screen reader.
        image: name from ``ThumbnailStore.name``; empty shows "No picture".
        facts: pairs of term and value.
    """

    id: str
    label: str
    title: str
    subtitle: str = ""
    image: str = ""
    alt: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def record(self, actions: Sequence[Action]) -> dict[str, Any]:
        """What the browser gets."""
        return {
            "id": self.id,
            "label": self.label[:_TEXT_LIMIT],
            "title": self.title[:_TEXT_LIMIT],
            "subtitle": self.subtitle[:_TEXT_LIMIT],
            "base": image_base(),
            "image": self.image,
            "alt": self.alt[:_TEXT_LIMIT],
            "facts": [[term, value[:_TEXT_LIMIT]] for term, value in self.facts],
            "actions": [
                {
                    "id": action.id,
                    "label": action.label[:_TEXT_LIMIT],
                    "icon": action.icon,
                    "disabled": action.disabled,
                }
                for action in actions
            ],
        }


def card(
    content: Card,
    *,
    key: str,
    actions: Sequence[Action],
    on_action: Callable[[str], None],
) -> None:
    """Shows a card; ``on_action`` is called with an action's id before the page runs again."""
    offered = {action.id for action in actions if not action.disabled}

    def acted() -> None:
        value = st.session_state[key].get("acted")
        if isinstance(value, str) and value in offered:
            on_action(value)

    _component(key=key, data=content.record(actions), on_acted_change=acted)
