"""What is open on the page below its figures: one view, and the panel of one product."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.evaluation.audit import Audit, Auditor
from recsys.ui.popularity import asked, charts, compare, front, hubs, shelf
from recsys.ui.popularity.asked import Asked
from recsys.ui.resources import Live

_STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")


def styles() -> None:
    """The page's own layout."""
    st.html(f"<style>{_STYLE}</style>")


def view(live: Live, auditor: Auditor, audit: Audit, wish: Asked) -> list[str]:
    """Shows the view that is open; returns the products that a panel can page through."""
    if wish.view == "never":
        shelf.shelf(live, audit)
        return []
    if wish.view == "compare":
        compare.compare_view(live, wish, audit)
        return []
    if wish.view == "front":
        front.front_view(live, auditor, wish)
        return []
    products = charts.products_of(live, audit, wish, asked.ITEM.read())
    words = charts.picked_words(wish.pick, wish.category)
    if wish.view == "charts":
        charts.charts_view(live, audit, products, words)
        rows = audit.order_by_shown[products.picked[audit.order_by_shown]]
        return [audit.products[row] for row in rows[: charts.PICKED_TILES]]
    shown = hubs.wall(live, audit, products.picked if words else None, words)
    return [audit.products[row] for row in shown]


def panel(live: Live, auditor: Auditor, audit: Audit, ids: list[str]) -> None:
    """The panel of the product that the URL names, on the wall or on the shelf."""
    if asked.VIEW.read() == "never" and asked.NEVER.read():
        shelf.panel(live, auditor, audit)
    else:
        hubs.panel(live, audit, ids)


def has_panel() -> bool:
    """Whether a product is open in a view that shows products."""
    view_ = asked.VIEW.read()
    if view_ == "front":
        return False
    return bool(asked.NEVER.read() if view_ == "never" else asked.ITEM.read())
