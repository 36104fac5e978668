"""What is asked of the server and what it answers, one form for all kinds of recommendation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError

Kind = Literal["random", "popular", "scene", "similar"]
Box = tuple[float, float, float, float]

_MAX_SEED = 2**63 - 1


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

    Raises RequestError.
    """

    kind: Kind
    k: int = 10
    scene: str | None = None
    image: NDArray[np.uint8] | None = None
    product: str | None = None
    seed: int = 0
    category: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise RequestError(
                f"no kind of recommendation {self.kind!r}",
                f"Choose one of: {', '.join(get_args(Kind))}",
            )
        check_k(self.k)
        if not _is_integer(self.seed) or not 0 <= self.seed <= _MAX_SEED:
            raise RequestError(f"a seed is a whole number from 0 to {_MAX_SEED}, not {self.seed!r}")
        if self.kind == "scene" and (self.scene is None) == (self.image is None):
            raise RequestError("what goes with a scene needs a scene's id or a photo, one of them")
        if self.kind != "scene" and (self.scene is not None or self.image is not None):
            raise RequestError(f"a {self.kind} recommendation takes no scene and no photo")
        if (self.kind == "similar") != (self.product is not None):
            needs = "needs" if self.kind == "similar" else "takes no"
            raise RequestError(f"a {self.kind} recommendation {needs} product")
        if self.image is not None:
            _check_image(self.image)


@dataclass(frozen=True)
class Reason:
    """Why a product is in a list.

    Attributes:
        region: where in the photo it was found, left, top, right, bottom in 0–1 of the photo;
            None where the model looks at the photo as a whole, and in batches.
        count: how many training scenes it was paired with, for kind ``popular``.
    """

    region: Box | None = None
    count: int | None = None


@dataclass(frozen=True)
class Item:
    """A place in a list: rank 1 is the best. Random order has no scores."""

    product: str
    score: float | None
    rank: int
    reason: Reason


@dataclass(frozen=True)
class Response:
    """One list, best first.

    Attributes:
        kind, k, scene, product, category: of the request; scene is None for a photo.
        products: ids, unique, at most k.
        scores: descending, finite; None for kind ``random``.
        candidates: how many products were in the running.
        model: id of the model that ranked, None where none was needed.
        regions, counts: one reason a product, see ``Reason``; None where there are none.
    """

    kind: Kind
    k: int
    products: tuple[str, ...]
    scores: tuple[float, ...] | None
    candidates: int
    scene: str | None = None
    product: str | None = None
    category: str | None = None
    model: str | None = None
    regions: tuple[Box | None, ...] | None = None
    counts: tuple[int, ...] | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The list place by place; made when asked for, since batches hold millions."""
        items = []
        for place, product in enumerate(self.products):
            score = None if self.scores is None else self.scores[place]
            region = None if self.regions is None else self.regions[place]
            count = None if self.counts is None else self.counts[place]
            items.append(Item(product, score, place + 1, Reason(region, count)))
        return tuple(items)

    def to_json(self) -> dict[str, Any]:
        """For ``json.dumps``: scene and list as ids, scores beside them, null for random."""
        nothing: list[float | None] = [None] * len(self.products)
        return {
            "scene": self.scene,
            "products": list(self.products),
            "scores": nothing if self.scores is None else list(self.scores),
            "kind": self.kind,
            "product": self.product,
            "category": self.category,
            "model": self.model,
            "k": self.k,
            "candidates": self.candidates,
        }


def check_k(k: object) -> None:
    """Raises RequestError unless k is a whole number of at least 1."""
    if not _is_integer(k) or not isinstance(k, (int, np.integer)) or k < 1:
        raise RequestError(f"k is a whole number of at least 1, not {k!r}")


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _check_image(image: NDArray[np.uint8]) -> None:
    sound = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3
    if not sound or image.shape[2] != 3 or 0 in image.shape:
        found = f"{image.dtype} {list(image.shape)}" if isinstance(image, np.ndarray) else "none"
        raise RequestError(f"a photo is uint8 [H, W, 3] with at least one pixel, found {found}")
