"""What an audit hands out row by row, under the ids of products and scenes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class _Row:
    """A row that can be told as plain data."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Showing(_Row):
    """One scene that received a product, at ``rank`` from 1.

    ``right`` says whether the product is known to be right for the scene; None where nothing is
    known of the scene.
    """

    scene: str
    rank: int
    right: bool | None


@dataclass(frozen=True)
class Place(_Row):
    """One place of a scene's list; ``right`` as in ``Showing``."""

    product: str
    rank: int
    right: bool | None


@dataclass(frozen=True)
class NeverShown(_Row):
    """A product in nobody's list, and where it comes nearest.

    Attributes:
        product: its id.
        scene: id of the scene that ranks it highest.
        rank: its place there by score, among all candidates.
        gap: what its score lacks to that of the last place shown; None where there is none.
        places_to_go: how many places it lacks; 0 where diversity or a cap alone keeps it out.
        blocker: of the products shown there the one that is shown most often overall.
        blocker_shown: how often that is.
    """

    product: str
    scene: str
    rank: int
    gap: float | None
    places_to_go: int
    blocker: str | None
    blocker_shown: int


@dataclass(frozen=True)
class CategoryRow(_Row):
    """How the products of one category fare; shares are of all, 0–1, None without data.

    Attributes:
        category: its path.
        products, covered, hubs: how many there are, are shown at all, and are hubs.
        shown: times shown, all together.
        share_of_products, share_of_shown, share_of_demand: the last of known pairs of the
            audited scenes.
    """

    category: str
    products: int
    covered: int
    hubs: int
    shown: int
    share_of_products: float
    share_of_shown: float | None
    share_of_demand: float | None
