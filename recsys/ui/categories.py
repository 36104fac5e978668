"""The tree of categories as the options of a select box."""

from __future__ import annotations

from collections.abc import Callable

from recsys.catalog.catalog import CATEGORY_SEPARATOR
from recsys.ui.resources import Live


def category_options(live: Live) -> list[str]:
    """All levels of the category tree as paths, upper ones before what is below them; the
    first option, an empty text, is everything. A single root is left out: it says nothing.
    """
    counts = live.category_counts
    total = len(live.catalog.products)
    paths = sorted(counts, key=lambda path: path.casefold().split(CATEGORY_SEPARATOR))
    return ["", *(path for path in paths if counts[path] < total or len(counts) == 1)]


def category_label(live: Live) -> Callable[[str], str]:
    """Labels for ``category_options``: the level's name and how many products it holds."""
    counts = live.category_counts
    roots = {path.count(CATEGORY_SEPARATOR) for path in category_options(live)[1:]}
    base = min(roots, default=0)

    def label(path: str) -> str:
        if not path:
            return f"All categories ({len(live.catalog.products):,})"
        depth = path.count(CATEGORY_SEPARATOR) - base
        leaf = path.rsplit(CATEGORY_SEPARATOR, 1)[-1]
        # figure spaces: ordinary ones at the front would be collapsed
        return "\u2007\u2007" * depth + f"{leaf} ({counts[path]:,})"

    return label
