"""The filters of a list: the tree of categories with counts, and a range of prices.

A narrow column beside the list where there is room, a button that unfolds it where there is
not. Text reaches the page by ``textContent`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.ui.shared import CHROME, DOM, FIELD, ROVING, joined

_HERE = Path(__file__).parent
_TEXT_LIMIT = 200

_component = st.components.v2.component(
    "recsys_facets",
    html='<section class="facets"></section>\n',
    css=joined(CHROME, FIELD, _HERE / "facets.css"),
    js=joined(DOM, ROVING, _HERE / "facets.js"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree; ``path`` is what a click reports, empty for everything."""

    path: str
    label: str
    depth: int
    count: int


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The prices there are, and those chosen; None where no bound is."""

    least: float
    most: float
    low: float | None = None
    high: float | None = None


def facets(
    tree: Sequence[Branch],
    *,
    key: str,
    selected: str,
    prices: PriceRange | None,
    active: int,
    on_category: Callable[[str], None],
    on_prices: Callable[[str, str], None],
) -> None:
    """Shows the filters.

    Args:
        tree: in the order shown, upper levels before what is below them.
        selected: the path that is chosen.
        prices: None where products have no prices.
        active: how many filters are set, said on the button that unfolds them.
        on_category: called with a path of the tree.
        on_prices: called with what stands in the two fields, any text.
    """
    paths = {branch.path for branch in tree}

    def picked() -> None:
        value = st.session_state[key].get("picked")
        path = value.get("path") if isinstance(value, dict) else None
        if isinstance(path, str) and path in paths:
            on_category(path)

    def priced() -> None:
        value = st.session_state[key].get("priced")
        if isinstance(value, list) and len(value) == 2:
            low, high = (str(bound)[:20] for bound in value)
            on_prices(low, high)

    data: dict[str, Any] = {
        "selected": selected,
        "active": active,
        "tree": [
            {
                "path": branch.path,
                "label": branch.label[:_TEXT_LIMIT],
                "depth": branch.depth,
                "count": f"{branch.count:,}",
            }
            for branch in tree
        ],
        "prices": None if prices is None else _price_record(prices),
    }
    _component(key=key, data=data, on_picked_change=picked, on_priced_change=priced)


def amount_text(amount: float | None) -> str:
    """A price as one types it: ``20``, ``19.9``; empty where there is none."""
    return "" if amount is None else f"{amount:.2f}".rstrip("0").rstrip(".")


def _price_record(prices: PriceRange) -> dict[str, str]:
    return {
        "least": amount_text(prices.least),
        "most": amount_text(prices.most),
        "low": amount_text(prices.low),
        "high": amount_text(prices.high),
    }
