"""The tree of categories: as the options of a select box, and line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recsys.catalog.catalog import CATEGORY_SEPARATOR
from recsys.ui.facets import Branch
from recsys.ui.resources import Live

_ALL_AT_ONCE = 40


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


def category_tree(live: Live, counts: Mapping[str, int], selected: str) -> list[Branch]:
    """The tree with its counts under the other filters, everything first.

    Lines that nothing is left of are not shown, unless they lead to what is selected. A tree
    of many lines shows its upper level, and what lies around and below the selected one.
    """
    paths = category_options(live)[1:]
    base = min((path.count(CATEGORY_SEPARATOR) for path in paths), default=0)
    total = sum(count for path, count in counts.items() if CATEGORY_SEPARATOR not in path)
    tree = [Branch("", "All categories", 0, total)]
    for path in paths:
        depth = path.count(CATEGORY_SEPARATOR) - base
        upper = path.rsplit(CATEGORY_SEPARATOR, 1)[0] if depth else ""
        count = counts.get(path, 0)
        is_on_the_way = _is_within(selected, path)
        unfolded = len(paths) <= _ALL_AT_ONCE or depth == 0 or _is_within(selected, upper)
        if is_on_the_way or (count and unfolded):
            tree.append(Branch(path, path.rsplit(CATEGORY_SEPARATOR, 1)[-1], depth, count))
    return tree


def _is_within(path: str, upper: str) -> bool:
    return path == upper or path.startswith(upper + CATEGORY_SEPARATOR)
