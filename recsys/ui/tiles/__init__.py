"""The clickable picture grid: one component for products and scenes, on every page.

Tiles are real buttons in a list; one of them is in the tab order and the arrow keys, Home and
End move between them. Text reaches the page by ``textContent`` alone, so what a catalogue
says is never markup. Pictures come from ``/img`` and are loaded when they scroll into view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from recsys.ui.shared import CHROME, DOM, ROVING, joined
from recsys.ui.thumbnails import image_base

Shape = Literal["square", "portrait"]
Size = Literal["normal", "small"]
BadgeKind = Literal["plain", "good", "rank", "moved", "quiet"]
Icon = Literal["more", "less", "where"]

_HERE = Path(__file__).parent
_TEXT_LIMIT = 300  # letters; two clamped lines hold fewer

_component = st.components.v2.component(
    "recsys_tiles",
    html='<ul class="tiles" role="list"></ul>\n',
    css=joined(CHROME, _HERE / "tiles.css", _HERE / "acts.css"),
    js=joined(DOM, ROVING, _HERE / "tiles.js", _HERE / "acts.js"),
)


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words on a picture's corner."""

    text: str
    kind: BadgeKind = "plain"

    @property
    def spoken(self) -> str:
        """As a screen reader should say it: a bare number or an arrow says little."""
        if self.kind == "rank":
            return f"place {self.text}"
        return self.text.replace("▲", "up ").replace("▼", "down ")


@dataclass(frozen=True, slots=True)
class Act:
    """A small button on every tile of a grid; ``where`` pins a tile and reports nothing."""

    id: Icon
    label: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture to pick.

    Attributes:
        id: what a click reports; unique in its grid.
        title, note, remark: below the picture, each in a line or two; any text.
        image: name from ``ThumbnailStore.name``; empty shows "No picture".
        alt: what the picture shows.
        badges: on the picture, first to last.
        score: length of the score bar in 0–1; None draws none.
        score_text: the figure beside the title.
        score_means: what the bar says, for whoever points at it.
        is_relative: whether the bar only compares within the list; drawn quieter.
        href: another page of the app that a click opens instead of reporting it.
        spoken: said by a screen reader beside what is seen.
        pressed: acts that are on for this tile.
    """

    id: str
    title: str
    note: str = ""
    remark: str = ""
    image: str = ""
    alt: str = ""
    badges: tuple[Badge, ...] = ()
    score: float | None = None
    score_text: str = ""
    score_means: str = ""
    is_relative: bool = False
    href: str = ""
    spoken: str = ""
    pressed: tuple[Icon, ...] = ()

    def record(self) -> dict[str, Any]:
        """What the browser gets; its label is what a screen reader says."""
        title = _short(self.title)
        spoken = [
            title or self.alt,
            self.note,
            self.remark,
            *(badge.spoken for badge in self.badges),
        ]
        if self.score_text:
            spoken.append(f"score {self.score_text}")
        spoken.append(self.spoken)
        return {
            "id": self.id,
            "title": title,
            "note": _short(self.note),
            "remark": _short(self.remark),
            "label": _short(", ".join(part for part in spoken if part)) or self.id,
            "image": self.image,
            "alt": _short(self.alt),
            "badges": [[_short(badge.text), badge.kind] for badge in self.badges],
            "score": None if self.score is None else min(max(self.score, 0.0), 1.0),
            "scoreText": self.score_text,
            "scoreMeans": self.score_means,
            "isRelative": self.is_relative,
            "href": self.href,
            "pressed": list(self.pressed),
        }


def tiles(
    items: Sequence[Tile],
    *,
    key: str,
    label: str,
    on_pick: Callable[[str], None] = lambda _: None,
    view: str = "",
    selected: str = "",
    shape: Shape = "square",
    size: Size = "normal",
    acts: Sequence[Act] = (),
    on_act: Callable[[str, str], None] = lambda *_: None,
    points_to: str = "",
) -> None:
    """Shows a grid of tiles.

    Args:
        items: in the order shown.
        key: unique on the page; the grid keeps its focus under it from run to run.
        label: what the whole list is, for a screen reader.
        on_pick: called with a tile's id when it is clicked, before the page runs again.
        view: names what the list is of; when it changes, the list's top is brought back into
            view, as a new page of results should be.
        selected: id of the tile to mark; empty for none.
        shape: products are square on white, scenes are upright and fill their frame.
        size: ``small`` for grids inside a panel.
        acts: small buttons on every tile.
        on_act: called with a tile's id and an act's, before the page runs again.
        points_to: key of the photo that shows, without a rerun, where the tile under the
            pointer or the focus was found.
    """
    shown = {item.id for item in items}
    offered = {act.id for act in acts}

    def picked() -> None:
        value = st.session_state[key].get("picked")
        if isinstance(value, str) and value in shown:
            on_pick(value)

    def acted() -> None:
        value = st.session_state[key].get("acted")
        if isinstance(value, dict) and value.get("id") in shown and value.get("act") in offered:
            on_act(value["id"], value["act"])

    _component(
        key=key,
        data={
            "label": label,
            "base": image_base(),
            "shape": shape,
            "size": size,
            "selected": selected,
            "view": view,
            "acts": [[act.id, act.label] for act in acts],
            "pointsTo": points_to,
            "tiles": [item.record() for item in items],
        },
        on_picked_change=picked,
        on_acted_change=acted,
    )


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"
