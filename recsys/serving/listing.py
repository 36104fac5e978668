"""The catalogue page by page: searched, filtered, counted and sorted, for Browse."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Generic, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import CATEGORY_SEPARATOR, Catalog
from recsys.errors import RequestError
from recsys.serving.collector import prices_of, within_prices
from recsys.serving.request import check_prices

Sort = Literal["title", "price", "price-down", "popularity", "shown", "shown-least", "random"]
PER_PAGE = 48

Key = TypeVar("Key")
Value = TypeVar("Value")

_MAX_TEXT = 200  # characters of a search that count
_REMEMBERED = 64


@dataclass(frozen=True)
class ListingQuery:
    """What Browse shows; checked when it is made. Hashable.

    Attributes:
        text: all its words must occur in a product's title, id, brand or category; neither
            case nor accents matter.
        category: only products at or below it, see ``Catalog.in_category``; empty for all.
        min_price, max_price: bounds, inclusive; a product without a price is then left out.
        sort: ``price-down`` is dearest first; without a price comes last either way.
            ``shown`` is most shown first, ``popularity`` most paired. Ties by id.
        seed: for ``random``.
        page: from 1; beyond the last page is the last page.
        per_page: 1 to 1,000.

    Raises RequestError naming the field.
    """

    text: str = ""
    category: str = ""
    min_price: float | None = None
    max_price: float | None = None
    sort: Sort = "title"
    seed: int = 0
    page: int = 1
    per_page: int = PER_PAGE

    def __post_init__(self) -> None:
        check_prices(self.min_price, self.max_price)
        if self.sort not in get_args(Sort):
            raise RequestError(
                f"sort: no order {str(self.sort)[:80]!r}",
                f"Choose one of: {', '.join(get_args(Sort))}",
            )
        for name, low, high in (("page", 1, None), ("per_page", 1, 1000), ("seed", 0, 2**63 - 1)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or value < low or (high is not None and value > high):
                bound = "" if high is None else f" to {high:,}"
                raise RequestError(f"{name} is a whole number from {low}{bound}, not {value!r}")


@dataclass(frozen=True)
class ListingPage:
    """One page.

    Attributes:
        products: rows of its products, in order.
        page, last: the page shown and the last there is, from 1.
        first: the place of its first product in the whole list, from 1.
        total: products in the whole list.
        category_counts: products at or below every category path and every upper part of one,
            under all filters but the category: what a choice of it would show. Sorted by path.
    """

    products: tuple[int, ...]
    page: int
    last: int
    first: int
    total: int
    category_counts: dict[str, int]


class Listing:
    """A catalogue prepared for listing; build it once, ask it from any thread.

    Args:
        popularity: pairs of each product, ``int64 [P]``, as ``Server.popularity``.
        shown: times shown, ``int64 [P]``; None where nobody has counted. Then sorting by it
            raises RequestError.
    """

    def __init__(
        self,
        catalog: Catalog,
        popularity: NDArray[np.int64],
        shown: NDArray[np.int64] | None = None,
    ) -> None:
        self._catalog = catalog
        self._popularity = popularity
        self._shown = shown
        self._matches: _Memory[tuple[str, ...], NDArray[np.bool_]] = _Memory()
        self._orders: _Memory[tuple[str, int], NDArray[np.int64]] = _Memory()

    @property
    def has_prices(self) -> bool:
        """Whether any product has a price."""
        return not bool(np.isnan(self._prices).all())

    @property
    def price_range(self) -> tuple[float, float] | None:
        """The lowest and the highest price; None where there are none."""
        known = self._prices[~np.isnan(self._prices)]
        return (float(known.min()), float(known.max())) if len(known) else None

    def page(self, query: ListingQuery) -> ListingPage:
        """The page asked for, or the last one where there are not so many.

        Raises RequestError for an unknown category, and for an order by times shown where
        nobody has counted.
        """
        counted = self._matching(query.text) & within_prices(
            self._prices, query.min_price, query.max_price
        )
        allowed = counted
        if query.category:
            allowed = counted & self._catalog.in_category(query.category)
        order = self._order(query.sort, query.seed)
        rows = order[allowed[order]]
        last = max(1, -(-len(rows) // query.per_page))
        page = min(query.page, last)
        start = (page - 1) * query.per_page
        return ListingPage(
            tuple(rows[start : start + query.per_page].tolist()),
            page,
            last,
            start + 1,
            len(rows),
            self._counts(counted),
        )

    # how

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        return prices_of(self._catalog)

    @cached_property
    def _haystacks(self) -> list[str]:
        """All that is searched of each product; no word reaches across a line."""
        return [
            plain("\n".join((item.title, item.id, item.brand, item.category)))
            for item in self._catalog.products
        ]

    @cached_property
    def _levels(self) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
        """Every category path and upper part, sorted, and for each path those it lies in."""
        names = {part for path in self._catalog.categories for part in _upper_parts(path)}
        ordered = tuple(sorted(names))
        place = {name: number for number, name in enumerate(ordered)}
        inside = [
            np.array([place[part] for part in _upper_parts(path)], np.int64)
            for path in self._catalog.categories
        ]
        return ordered, inside

    def _matching(self, text: str) -> NDArray[np.bool_]:
        # the longest word first: it leaves the fewest products for the others
        words = sorted(set(plain(text[:_MAX_TEXT]).split()), key=lambda word: (-len(word), word))
        return self._matches.get(tuple(words), lambda: self._search(words))

    def _search(self, words: list[str]) -> NDArray[np.bool_]:
        rows: list[int] | range = range(len(self._catalog.products))
        haystacks = self._haystacks if words else []
        for word in words:
            rows = [row for row in rows if word in haystacks[row]]
        mask = np.zeros(len(self._catalog.products), np.bool_)
        mask[list(rows)] = True
        return mask

    def _order(self, sort: Sort, seed: int) -> NDArray[np.int64]:
        key = (sort, seed if sort == "random" else 0)
        return self._orders.get(key, lambda: self._sorted(*key))

    def _sorted(self, sort: str, seed: int) -> NDArray[np.int64]:
        count = len(self._catalog.products)
        if sort == "random":  # the same shuffle as ``Server.recommend`` gives for a seed
            return np.random.default_rng(seed).permutation(count)
        if sort == "title":
            titles = [plain(item.label) for item in self._catalog.products]
            return np.array(sorted(range(count), key=titles.__getitem__), np.int64)
        if sort in ("price", "price-down"):
            signed = self._prices if sort == "price" else -self._prices
            return np.argsort(signed, kind="stable")  # NaN goes last
        if sort == "popularity":
            return np.argsort(-self._popularity, kind="stable")
        if self._shown is None:
            raise RequestError(
                "sort: it has not been counted yet how often products are shown",
                "Count it first; that takes some seconds",
            )
        return np.argsort(self._shown if sort == "shown-least" else -self._shown, kind="stable")

    def _counts(self, allowed: NDArray[np.bool_]) -> dict[str, int]:
        names, inside = self._levels
        paths = np.bincount(
            self._catalog.category_of[allowed], minlength=len(self._catalog.categories)
        )
        totals = np.zeros(len(names), np.int64)
        for count, parts in zip(paths.tolist(), inside, strict=True):
            totals[parts] += count
        return dict(zip(names, totals.tolist(), strict=True))


class _Memory(Generic[Key, Value]):
    """The last few values that were made; two may make the same, none waits for another."""

    def __init__(self) -> None:
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > _REMEMBERED:
                self._values.popitem(last=False)
        return value


def plain(text: str) -> str:
    """A text as it is searched and sorted: without case, accents, or width of letters."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def _upper_parts(path: str) -> list[str]:
    """A category path and every upper part of it."""
    levels = path.split(CATEGORY_SEPARATOR)
    return [CATEGORY_SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels))]
