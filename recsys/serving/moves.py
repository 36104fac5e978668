"""What moved between two lists: after another scoring, a filter, a like."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.serving.messages import Response


@dataclass(frozen=True)
class Move:
    """One product's way from one list to the next.

    Attributes:
        product: its id.
        before, after: its rank from 1 in either list; None where it is not in it.
    """

    product: str
    before: int | None
    after: int | None

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def places(self) -> int:
        """Places gained, negative for lost; 0 for what is new or gone."""
        return 0 if self.before is None or self.after is None else self.before - self.after


@dataclass(frozen=True)
class Moves:
    """Attributes:
    shown: one move for each place of the new list, in its order.
    gone: what the new list has no more, in the old order.
    """

    shown: tuple[Move, ...]
    gone: tuple[Move, ...]

    @property
    def changed(self) -> bool:
        """Whether the two lists differ at all."""
        return bool(self.gone) or any(move.before != move.after for move in self.shown)


def moves(before: Response, after: Response) -> Moves:
    """Every product of either list, with its old and its new rank."""
    old = {product: place for place, product in enumerate(before.products, start=1)}
    new = {product: place for place, product in enumerate(after.products, start=1)}
    return Moves(
        tuple(Move(product, old.get(product), place) for product, place in new.items()),
        tuple(Move(product, place, None) for product, place in old.items() if product not in new),
    )
