"""The panel of one product, on every page that shows products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import streamlit as st

from recsys.errors import RequestError
from recsys.serving.server import Request
from recsys.ui.card import Action, card
from recsys.ui.frame import not_in_catalogue
from recsys.ui.messages import explain
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change
from recsys.ui.thumbnails import base_path
from recsys.ui.tiles import tiles
from recsys.ui.views import product_card, product_tile, scene_tile

_SIMILAR = 6
_SCENES = 6


def product_panel(
    live: Live,
    item: Parameter[str],
    *,
    neighbours: Sequence[str] = (),
    filter_by: Parameter[str] | None = None,
    search_by: Parameter[str] | None = None,
    from_the_start: dict[Parameter[Any], Any] | None = None,
    on_move: Callable[[str], dict[Parameter[Any], Any]] = lambda _: {},
) -> None:
    """The product that the URL names: picture, facts, what is similar, the looks it is in.

    Args:
        item: the parameter that names it; the panel's buttons and tiles change it.
        neighbours: ids around it on the page, for Previous and Next.
        filter_by: the page's category parameter, where "use as filter" makes sense.
        search_by: the page's search, where its brand can be a filter too.
        from_the_start: what else changes with a filter, e.g. back to page one.
        on_move: further changes when Previous or Next leads to the product it is given.
    """
    product_id = item.read()
    if not live.catalog.has_product(product_id):
        fault = not_in_catalogue(live, "product", product_id, "Pick one from the list")
        explain(fault, heading="No such product")
        st.button("Close", key="panel_close", on_click=lambda: change({item: ""}))
        return
    row = live.catalog.product_row(product_id)
    product = live.catalog.products[row]
    category, brand = product.category, " ".join(product.brand.split())
    before, after = (beside(neighbours, product_id, product_id, by) for by in (-1, 1))
    actions = [
        Action("previous", "Previous product", "previous", disabled=not before),
        Action("next", "Next product", "next", disabled=not after),
        Action("close", "Close", "close"),
    ]
    if filter_by is not None and filter_by.read() != category:
        actions.append(Action("filter", f"Show only {product.leaf}"))
    if search_by is not None and brand and search_by.read() != brand:
        actions.append(Action("brand", f"Show only {brand}"))

    def act(action: str) -> None:
        others = from_the_start or {}
        if action == "filter" and filter_by is not None:
            change({filter_by: category, **others})
        elif action == "brand" and search_by is not None:
            change({search_by: brand, **others})
        elif action in ("previous", "next"):
            # from where one is now: a key pressed before this one may have led on already
            to = beside(neighbours, item.read(), product_id, 1 if action == "next" else -1)
            if to:
                change({item: to, **on_move(to)})
        else:
            change({item: ""})

    card(product_card(live, row), key="panel_card", actions=actions, on_action=act)
    _similar(live, product_id, item)
    _looks(live, row)


def beside(neighbours: Sequence[str], now: str, drawn: str, by: int) -> str:
    """The id so many places on from ``now``, or from ``drawn`` where that is not among them.

    Empty where there is none.
    """
    start = now if now in neighbours else drawn
    if start not in neighbours:
        return ""
    at = neighbours.index(start) + by
    return neighbours[at] if 0 <= at < len(neighbours) else ""


def _similar(live: Live, product_id: str, item: Parameter[str]) -> None:
    if live.server.model is None:
        return
    try:
        response = live.recommend(Request(kind="similar", product=product_id, k=_SIMILAR))
    except RequestError:  # a product without a picture has no place among the vectors
        return
    if not response.items:
        return
    st.subheader("Similar", anchor=False)
    rows = [live.catalog.product_row(entry.product) for entry in response.items]
    tiles(
        [product_tile(live.catalog.products[other]) for other in rows],
        key="panel_similar",
        label="Similar products",
        size="small",
        on_pick=lambda picked: change({item: picked}),
    )


def _looks(live: Live, row: int) -> None:
    scenes = live.catalog.scenes_of(row)[:_SCENES]
    if not len(scenes):
        return
    st.subheader("Goes with these looks", anchor=False)
    tiles(
        [scene_tile(live, int(scene), href=look_link(live, int(scene))) for scene in scenes],
        key="panel_looks",
        label="Looks with this product",
        shape="portrait",
        size="small",
    )


def look_link(live: Live, scene_row: int) -> str:
    """Where a look is shopped. A real link: Streamlit's own switch of pages would put two
    entries into the browser's history and lose the view on Back.
    """
    return f"{base_path()}/shop_the_look?look_scene={quote(live.catalog.scenes[scene_row].id)}"
