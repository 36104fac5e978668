"""Single values from data files: what is usable is returned, what is not is named.

Text stays text: markup in a title is kept as it is and shown as it is, never interpreted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from recsys.catalog.catalog import CATEGORY_SEPARATOR, LoadReport, Problem

UNCATEGORISED = "Uncategorised"
MAX_TEXT = 500  # characters of a title, brand or category path
MAX_URL = 2000
MAX_PRICE = 1e9
EXAMPLES_A_KIND = 5

# Control characters, line and paragraph separators, marks that turn the direction of all text
# after them, and halves of surrogate pairs, which cannot be written as UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Problems:
    """Counts what was left out or repaired, and keeps the first examples of each kind."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: list[Problem] = []

    def add(
        self, kind: str, where: str | Callable[[], str], field: str, detail: str, remedy: str
    ) -> None:
        """Counts a problem. ``where`` may be how to find the place, which can take a search."""
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        if count < EXAMPLES_A_KIND:
            place = where if isinstance(where, str) else where()
            self._examples.append(Problem(kind, place, field, detail, remedy))

    def report(self) -> LoadReport:
        return LoadReport(dict(self._counts), tuple(self._examples))


def clean_text(text: str) -> str:
    """A text on one line that can be shown and written as UTF-8."""
    if text.isprintable() and not _UNSAFE.search(text):
        return text.strip()
    return _UNSAFE.sub(" ", text).strip()


def read_text(value: object) -> tuple[str, str]:
    """A title or brand, and what was done about it; empty where nothing had to be."""
    if not isinstance(value, str):
        return "", "Expected text; it is left out"
    text = clean_text(value)
    if len(text) > MAX_TEXT:
        return text[: MAX_TEXT - 1] + "…", f"It is cut to {MAX_TEXT} characters"
    return text, "Control characters are left out" if text != value.strip() else ""


def read_price(value: object) -> tuple[float | None, str]:
    """A price, and what was done about it; empty where nothing had to be."""
    remedy = "Expected a number of at least 0, without a currency; it is left out"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, remedy
    if not 0 <= value <= MAX_PRICE:  # not-a-number is out of every range
        return None, remedy
    return float(value), ""


def read_url(value: object) -> tuple[str, str]:
    """A web address, and what was done about it; empty where nothing had to be."""
    remedy = "Expected an address that begins with https:// or http://; it is left out"
    if not isinstance(value, str) or len(value) > MAX_URL:
        return "", remedy
    if value == "":
        return "", ""
    if clean_text(value) != value or any(mark in value for mark in " <>\"'`\\"):
        return "", remedy
    try:
        parts = urlsplit(value)
    except ValueError:
        return "", remedy
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "", remedy
    return value, ""


def read_category(value: object) -> str:
    """A category path without empty levels; ``UNCATEGORISED`` where it is not text."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return UNCATEGORISED
    levels = (clean_text(level) for level in value.split(CATEGORY_SEPARATOR))
    return CATEGORY_SEPARATOR.join(level for level in levels if level) or UNCATEGORISED


def read_box(value: object) -> tuple[float, float, float, float] | None:
    """A box ``[left, top, right, bottom]`` in 0–1 with an inside; None for anything else."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    for side in value:
        # A truth value is an int to Python, and no coordinate; not-a-number fails the range.
        if type(side) not in (float, int) or not 0 <= side <= 1:
            return None
    left, top, right, bottom = map(float, value)
    # Boxes are kept as float32: one thinner than that can tell would have no inside.
    if min(right - left, bottom - top) < 1e-6:
        return None
    return left, top, right, bottom
