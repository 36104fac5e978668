"""A look and a wish → the list, why each product is in it, and how it moved."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.errors import RequestError
from recsys.serving.messages import Response
from recsys.serving.moves import Move, moves
from recsys.serving.occlusion import OcclusionMap, occlusion_map
from recsys.serving.reasons import HeatMap, heat_maps
from recsys.serving.request import Box, Request
from recsys.ui.looks import Look, photo_pixels
from recsys.ui.photo import Found, Heat
from recsys.ui.resources import Live
from recsys.ui.wish import Wish

BEFORE = "look_before"

_ROWS = ("upper", "middle", "lower")
_COLUMNS = ("left", "middle", "right")


@dataclass(frozen=True)
class Answer:
    """What goes with a look.

    Attributes:
        request: what the server was asked.
        responses: one list; by category, one a category with the best item's first.
        tabs: the categories of ``responses``; empty where there is one list.
    """

    request: Request
    responses: tuple[Response, ...]
    tabs: tuple[str, ...] = ()

    def of(self, tab: str) -> Response:
        """The list of a tab, or the first."""
        return self.responses[self.tabs.index(tab) if tab in self.tabs else 0]


def request_for(live: Live, look: Look, wish: Wish) -> Request:
    """The server's question. Products in the steps that are gone count for nothing.

    Raises RequestError where the scene has no photo, ImageError where it cannot be read.
    """
    if look.photo is None and look.image is None:
        raise RequestError(f"the photo of look {look.id} is missing", "Pick another look below")
    known = live.catalog.has_product
    return Request(
        "scene",
        k=wish.k,
        scene=look.id if look.photo is None else None,
        image=None if look.photo is None else photo_pixels(look.photo),
        category=wish.category or None,
        min_price=wish.low,
        max_price=wish.high,
        hide_generic=generic_share(live) if wish.hide_generic else None,
        focus=wish.focus,
        scoring=wish.asked_scoring,
        liked=tuple(product for product in wish.liked if known(product)),
        disliked=tuple(product for product in wish.disliked if known(product)),
        diversity=wish.diversity / 100,
    )


def answer(live: Live, look: Look, wish: Wish) -> Answer:
    """The list or lists that a wish asks for.

    Raises:
        RequestError: there is no model to ask, or the scene has no photo.
        ImageError: the photo cannot be read.
    """
    request = request_for(live, look, wish)
    if wish.view == "tabs":
        lists = live.server.recommend_by_category(request)
        return Answer(request, tuple(lists.values()), tuple(lists))
    ask = live.server.whole_look if wish.view == "look" else live.server.recommend
    # not by the request's own key, which reads all of a photo: its id is a digest already
    key = ("look", look.photo is None, look.id, wish)
    response = live.remembered(key, lambda: ask(request))
    return Answer(request, (response,))


# why this one


def heat_of(live: Live, request: Request, products: Sequence[str]) -> Heat | None:
    """Where each product was found; None for a model that sees a photo as a whole."""
    maps = heat_maps(live.server, request, products)
    if not maps or len(maps[0].boxes) < 2:
        return None
    on_photo = [number for number, box in enumerate(maps[0].boxes) if box is not None]
    boxes = tuple(box for box in maps[0].boxes if box is not None)
    return Heat(
        boxes,
        {found.product: _found(live, found, on_photo) for found in maps},
        "how well each part of the photo fits",
    )


def _found(live: Live, heat: HeatMap, on_photo: list[int]) -> Found:
    box = heat.boxes[heat.winner]
    return Found(
        title=live.catalog.product(heat.product).label,
        levels=tuple(heat.levels.reshape(-1)[on_photo].tolist()),
        winner=None if box is None else on_photo.index(heat.winner),
        place="Found beside the photo" if box is None else f"Found in {place_of(box)}",
    )


def place_of(box: Box) -> str:
    """Where the middle of a box lies, in words: "the upper left", "the middle"."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    row, column = _ROWS[min(2, int(3 * y))], _COLUMNS[min(2, int(3 * x))]
    if row == column:
        return "the middle"
    return f"the {row} {column}"


def finer_heat(
    live: Live, request: Request, product: str, session: MutableMapping[Any, Any]
) -> Heat:
    """How a product's score falls as each patch of the photo is hidden.

    The last map is kept in the visitor's session. Raises RequestError.
    """
    asked = ("fine", live.model_id, product, request.key)
    kept = session.get("look_fine_map")
    if kept is None or kept[0] != asked:
        kept = (asked, occlusion_map(live.server, request, product))
        session["look_fine_map"] = kept
    drawn: OcclusionMap = kept[1]
    best = int(np.argmax(drawn.drops))
    levels = drawn.levels.reshape(-1)
    title = live.catalog.product(product).label
    place = f"Hangs on {place_of(drawn.boxes[best])}" if levels.any() else "Hangs on no one part"
    found = Found(title, tuple(levels.tolist()), best if levels.any() else None, place)
    return Heat(drawn.boxes, {product: found}, "how far the score falls without it")


# what moved


def moved(
    session: MutableMapping[Any, Any], look: Look, wish: Wish, response: Response
) -> dict[str, Move]:
    """How each product came to its place since the list before, in this visitor's session.

    Only between lists that differ by order: by focus, steps, scoring or diversity. Empty where
    there is none to compare with.
    """
    kept = session.get(BEFORE)
    alike = (look.id, wish.comparable, response.category)
    before: Response | None = None
    if kept is not None and kept["alike"] == alike:
        before = kept["before"] if kept["wish"] == wish else kept["now"]
    session[BEFORE] = {"alike": alike, "wish": wish, "now": response, "before": before}
    if before is None:
        return {}
    return {move.product: move for move in moves(before, response).shown}


# is this about my photo?


def generic_share(live: Live) -> float:
    """Above this share of scenes a product is generic: a tenth, and thrice its fair share."""
    exposure = live.exposure
    if exposure is None:
        raise RequestError(
            "it has not been counted yet how often each product is shown",
            "Wait a little and reload the page",
        )
    return min(1.0, max(0.1, 3 * exposure.k / max(1, len(live.catalog.products))))


def share_text(share: float) -> str:
    """To what share of looks something is shown, as people read it."""
    if share == 0:
        return "shown to no look of these"
    return f"shown to {'under 1' if share < 0.01 else f'{100 * share:.0f}'} % of looks"
