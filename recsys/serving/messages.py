"""What the server answers, one form for all kinds of recommendation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recsys.serving.request import Box, Kind, Request, check_k

__all__ = ["Box", "Item", "Kind", "Reason", "Request", "Response", "check_k"]


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
        scores: finite; descending unless diversity was asked for; None for kind ``random``.
        candidates: how many products were in the running.
        model: id of the model that ranked, None where none was needed.
        scoring: which scoring ordered a list for a scene, as ``--correction`` takes it: ``model``
            for the model's own, else e.g. ``nnn=0.5``; None for the other kinds.
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
    scoring: str | None = None
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
            "scoring": self.scoring,
            "k": self.k,
            "candidates": self.candidates,
        }
