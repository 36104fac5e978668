"""What is asked of the server: one form for all kinds of recommendation, checked when made."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.retrieval.corrections import Correction
from recsys.serving.photo_digest import photo_digest

Kind = Literal["random", "popular", "scene", "similar"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in 0–1 of the photo."""
Scoring = Correction | Literal["model"]
"""A correction of the scores, or the model's own score."""

_MAX_SEED = 2**63 - 1
_MAX_IDS = 10_000


@dataclass(frozen=True, eq=False)
class Request:
    """One question; checked when it is made, so that whoever holds one holds a sound one.

    Attributes:
        kind: ``random``, ``popular``, ``scene`` (what goes with a photo), or ``similar``.
        k: how many products at most, at least 1; may be more than there are.
        scene: a scene's id, for kind ``scene``.
        image: or else a photo ``uint8 [H, W, 3]``, as ``decode_image`` gives it.
        product: a product's id, for kind ``similar``.
        seed: 0 to 2⁶³ − 1; the same seed shuffles the same way (kind ``random``).
        category: only products at or below this category; see ``Catalog.in_category``.
        categories: only products at or below any of these; beside ``category``, both count.
        min_price, max_price: only products with a price from and up to; either may be None.
        exclude: ids of products to leave out; one that is not there is left out already.
        hide_generic: leaves out products shown to more than this share of scenes, 0–1; see
            ``recsys.serving.exposure_counts``.
        focus: a part of the photo to answer for, left, top, right, bottom in 0–1 of the photo
            (kind ``scene``, as all that follow but diversity).
        scoring: a correction of the scores, or ``model`` for the model's own; None is what is
            served: the live correction where there is one, else the model's own.
        liked, disliked: ids of products that the query moves to and away from. What is disliked
            is not shown again.
        diversity: 0 to 1, for kinds ``scene`` and ``similar``: 0 orders by score alone, 1 by
            unlikeness to what stands before alone.

    Raises RequestError naming the field.
    """

    kind: Kind
    k: int = 10
    scene: str | None = None
    image: NDArray[np.uint8] | None = None
    product: str | None = None
    seed: int = 0
    category: str | None = None
    categories: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None
    exclude: tuple[str, ...] = ()
    hide_generic: float | None = None
    focus: Box | None = None
    scoring: Scoring | None = None
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    diversity: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise RequestError(
                f"no kind of recommendation {self.kind!r}",
                f"Choose one of: {', '.join(get_args(Kind))}",
            )
        check_k(self.k)
        if not _is_integer(self.seed) or not 0 <= self.seed <= _MAX_SEED:
            raise RequestError(f"a seed is a whole number from 0 to {_MAX_SEED}, not {self.seed!r}")
        self._check_subject()
        for name in ("categories", "exclude", "liked", "disliked"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        self._check_filters()
        self._check_query()

    def _check_subject(self) -> None:
        if self.kind == "scene" and (self.scene is None) == (self.image is None):
            raise RequestError("what goes with a scene needs a scene's id or a photo, one of them")
        if self.kind != "scene" and (self.scene is not None or self.image is not None):
            raise RequestError(f"a {self.kind} recommendation takes no scene and no photo")
        if (self.kind == "similar") != (self.product is not None):
            needs = "needs" if self.kind == "similar" else "takes no"
            raise RequestError(f"a {self.kind} recommendation {needs} product")
        if self.image is not None:
            _check_image(self.image)

    def _check_filters(self) -> None:
        check_prices(self.min_price, self.max_price)
        if self.hide_generic is not None:
            _check_share("hide_generic", self.hide_generic)

    def _check_query(self) -> None:
        if self.kind != "scene":
            for name in ("focus", "scoring", "liked", "disliked"):
                if getattr(self, name) not in (None, ()):
                    raise RequestError(f"{name}: a {self.kind} recommendation takes none")
        _check_share("diversity", self.diversity)
        if self.diversity and self.kind not in ("scene", "similar"):
            raise RequestError(f"diversity: a {self.kind} recommendation takes none")
        if self.scoring is not None:
            check_scoring(self.scoring)
        if self.focus is not None:
            object.__setattr__(self, "focus", checked_box("focus", self.focus))
        both = sorted(set(self.liked) & set(self.disliked))
        if both:
            raise RequestError(f"liked and disliked: {both[0][:80]!r} is in both")

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Hashable; two requests with the same key get the same answer from one server."""
        return tuple(
            photo_digest(self.image)
            if field.name == "image" and self.image is not None
            else getattr(self, field.name)
            for field in fields(self)
        )


def check_k(k: object) -> None:
    """Raises RequestError unless k is a whole number of at least 1."""
    if not _is_integer(k) or not isinstance(k, (int, np.integer)) or k < 1:
        raise RequestError(f"k is a whole number of at least 1, not {k!r}")


def check_scoring(scoring: object) -> None:
    """Raises RequestError unless it is a correction or ``model``."""
    named = isinstance(scoring, str) and scoring == "model"
    if not named and not isinstance(scoring, Correction):
        raise RequestError(f"scoring: expected a Correction or 'model', found {scoring!r:.80}")


def check_prices(min_price: float | None, max_price: float | None) -> None:
    """Raises RequestError naming ``min_price`` or ``max_price`` unless they make a range."""
    for name, price in (("min_price", min_price), ("max_price", max_price)):
        if price is not None and not (is_number(price) and price >= 0):
            raise RequestError(f"{name} is a number of at least 0, not {price!r}")
    if min_price is not None and max_price is not None and min_price > max_price:
        raise RequestError(f"min_price {min_price:g} is above max_price {max_price:g}")


def checked_box(name: str, box: object) -> Box:
    """A box as four floats. Raises RequestError naming the field where it is none."""
    sides = tuple(box) if isinstance(box, Iterable) and not isinstance(box, (str, bytes)) else ()
    if len(sides) == 4 and all(is_number(side) for side in sides):
        left, top, right, bottom = (float(side) for side in sides)
        if 0 <= left < right <= 1 and 0 <= top < bottom <= 1:
            return left, top, right, bottom
    raise RequestError(
        f"{name} is a box left, top, right, bottom in 0–1 of the photo, not {box!r:.80}"
    )


def is_number(value: object) -> bool:
    """Whether a value is a finite number; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return math.isfinite(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _check_share(name: str, value: object) -> None:
    if not is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
        raise RequestError(f"{name} is a number from 0 to 1, not {value!r}")


def _texts(name: str, values: object) -> tuple[str, ...]:
    """Each text once, in order, so that liking twice is liking."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise RequestError(f"{name} is a list of texts, not {values!r:.80}")
    texts = list(values)
    if not all(isinstance(text, str) for text in texts) or len(texts) > _MAX_IDS:
        raise RequestError(f"{name} is a list of at most {_MAX_IDS:,} texts")
    return tuple(dict.fromkeys(texts))


def _check_image(image: NDArray[np.uint8]) -> None:
    sound = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3
    if not sound or image.shape[2] != 3 or 0 in image.shape:
        found = f"{image.dtype} {list(image.shape)}" if isinstance(image, np.ndarray) else "none"
        raise RequestError(f"a photo is uint8 [H, W, 3] with at least one pixel, found {found}")
