"""One audit: the lists of all scenes under one setting, and all that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.evaluation import exposure
from recsys.evaluation.audit_figures import Chance, Figure, PerScene, Reference
from recsys.evaluation.audit_scenes import Sample
from recsys.evaluation.audit_setting import Setting
from recsys.evaluation.audit_views import CategoryRow, NeverShown, Place, Showing
from recsys.evaluation.audit_words import Headline
from recsys.evaluation.causes import NO_SINGLE, HubCause

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ByProduct:
    """What is known of each product; arrays ``[P]`` in id order.

    Attributes:
        shown: ``int64`` lists that hold it.
        share: ``float64`` share of scenes that it is shown to, 0–1.
        shown_known, right, wanted: ``int64``: over scenes whose products are known, the lists
            that hold it, those of them that it is right for, and all scenes that it is right
            for.
        shown_unseen, right_unseen: the same over the unseen scenes alone.
        frequency: ``int64`` training pairs.
        norm: ``float64`` length of its vector. norm_percentile: 0–1, where that stands.
        category: ``int32`` position in ``Audit.category_names``.
        hub: ``bool``, shown at least twice as often as the mean product.
        shown_dot, shown_cosine: ``int64`` times shown under either score, without re-ranking.
        shown_centred: by cosine less the mean score over the bank; None where there is no bank.
    """

    shown: Ints
    share: Floats
    shown_known: Ints
    right: Ints
    wanted: Ints
    shown_unseen: Ints
    right_unseen: Ints
    frequency: Ints
    norm: Floats
    norm_percentile: Floats
    category: NDArray[np.int32]
    hub: NDArray[np.bool_]
    shown_dot: Ints
    shown_cosine: Ints
    shown_centred: Ints | None


@dataclass(frozen=True, eq=False)
class Audit:
    """Everything about one setting. Q scenes and P products, both in id order; not changed.

    Attributes:
        model, model_fingerprint, data_fingerprint: what it is of.
        setting: how the lists are ordered.
        catalog, sample, reference, chance: what is the same for other settings.
        lists: ``int32 [Q, k]`` positions of products, best first, −1 where a list is shorter.
        figures: see ``recsys.evaluation.audit_words.FIGURES``.
        per_scene: those figures that are means over scenes.
        headline: whether there is a problem.
        by_product: see there.
        causes: of every hub, by position of the product.
        cap: how often a product may be shown; None without a cap. over_cap: places that had to
            be filled beyond it.
        find_never_shown: makes ``shelf``.
    """

    model: str
    model_fingerprint: str
    data_fingerprint: str
    setting: Setting
    catalog: Catalog
    sample: Sample
    reference: Reference
    chance: Chance
    lists: NDArray[np.int32]
    figures: Mapping[str, Figure]
    per_scene: PerScene
    headline: Headline
    by_product: ByProduct
    causes: Mapping[int, HubCause]
    cap: int | None
    over_cap: int
    find_never_shown: Callable[[Audit], tuple[NeverShown, ...]]

    # names

    @property
    def data(self) -> str:
        return self.catalog.name

    @cached_property
    def scenes(self) -> tuple[str, ...]:
        """Ids ``[Q]``."""
        return tuple(self.catalog.scenes[row].id for row in self.sample.scene_rows)

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Ids ``[P]``."""
        return tuple(self.catalog.products[row].id for row in self.sample.product_rows)

    @property
    def category_names(self) -> tuple[str, ...]:
        """Paths; ``by_product.category`` is a position in it."""
        return self.catalog.categories

    def position_of(self, product: str) -> int:
        """A product's position. Raises RequestError where it is unknown or has no picture."""
        return self._position("product", self._product_positions, product)

    def scene_position(self, scene: str) -> int:
        """A scene's position. Raises RequestError where it is not in this audit."""
        return self._position("scene", self._scene_positions, scene)

    # what is shown

    @property
    def expected(self) -> float | None:
        """How often chance shows any one product."""
        return self.chance.expected

    def cause_of(self, position: int) -> str:
        """A hub's main cause, or that there is no single one; empty for what is no hub."""
        cause = self.causes.get(position)
        return "" if cause is None else cause.main or NO_SINGLE

    @cached_property
    def order_by_shown(self) -> Ints:
        """``int64 [P]`` positions, the most shown product first, ties in order of id."""
        return np.argsort(-self.by_product.shown, kind="stable")

    def shown_to(self, product: str) -> tuple[Showing, ...]:
        """Every scene that received a product, by rank. Raises RequestError."""
        scenes, places = np.nonzero(self.lists == self.position_of(product))
        order = np.lexsort((scenes, places))
        position = self.position_of(product)
        return tuple(
            Showing(self.scenes[scene], int(place) + 1, self._is_right(int(scene), position))
            for scene, place in zip(scenes[order], places[order], strict=True)
        )

    def list_of(self, scene: str) -> tuple[Place, ...]:
        """The list of a scene. Raises RequestError."""
        position = self.scene_position(scene)
        return self.places(position, self.lists[position])

    def places(self, scene: int, rows: NDArray[np.integer]) -> tuple[Place, ...]:
        """Positions of products as the places of a scene's list."""
        return tuple(
            Place(self.products[row], rank, self._is_right(scene, int(row)))
            for rank, row in enumerate(rows[rows >= 0], start=1)
        )

    @cached_property
    def shelf(self) -> tuple[NeverShown, ...]:
        """The products in nobody's list, those that came nearest first; worked out when asked."""
        return self.find_never_shown(self)

    # how good

    @property
    def unseen_scenes(self) -> int:
        """How many scenes say how good the lists are."""
        return int(np.count_nonzero(self.sample.unseen))

    @property
    def quality_note(self) -> str:
        """Over which scenes recall and its like are counted."""
        count = self.unseen_scenes
        if not count:
            return (
                "None of these scenes is known to be unseen by the model, so nothing says how "
                "good the lists are"
            )
        part = self.sample.unseen_part
        if part == "validation":
            return (
                f"Over {count:,} validation scenes, which the model was not trained on, but "
                "which may have had a say in choosing it"
            )
        if part == "test":
            return f"Over {count:,} scenes of the test part, which the model has never seen"
        text = f"Over {count:,} scenes that the model has never seen"
        if self.sample.kept_for_bank:
            text += f", without the {self.sample.kept_for_bank:,} that corrections compare with"
        return text

    @property
    def right_note(self) -> str:
        """Over which scenes "right" is counted."""
        known = int(np.count_nonzero(self.sample.known))
        text = f"Counted over the {known:,} of {len(self.lists):,} scenes whose products are known"
        if self.sample.trained_on:
            text += (
                f"; the model was trained on {self.sample.trained_on:,} of them, so it looks "
                "better there than it is"
            )
        return text

    # curves and categories

    @cached_property
    def lorenz(self) -> Floats | None:
        """Share of all showings that the least shown products have, ``float64 [P + 1]``."""
        return exposure.lorenz(self.by_product.shown)

    @property
    def lorenz_chance(self) -> Floats | None:
        """The same of lists drawn at random."""
        return self.chance.lorenz

    @cached_property
    def lorenz_demand(self) -> Floats | None:
        """The same of what was right for the audited scenes: demand is uneven too."""
        return exposure.lorenz(self.by_product.wanted)

    @cached_property
    def categories(self) -> tuple[CategoryRow, ...]:
        """One row a category with products, most shown first."""
        rows = self.by_product
        names = self.category_names

        def by_category(weights: NDArray[np.generic]) -> NDArray[np.float64]:
            sums = np.bincount(rows.category, weights=weights, minlength=len(names))
            return sums.astype(np.float64)

        products = by_category(np.ones(len(rows.category)))
        shown, wanted = by_category(rows.shown), by_category(rows.wanted)
        covered, hubs = by_category(rows.shown > 0), by_category(rows.hub)
        found = [
            CategoryRow(
                category=names[at],
                products=int(products[at]),
                covered=int(covered[at]),
                hubs=int(hubs[at]),
                shown=int(shown[at]),
                share_of_products=float(products[at] / products.sum()),
                share_of_shown=_share(shown[at], shown.sum()),
                share_of_demand=_share(wanted[at], wanted.sum()),
            )
            for at in np.flatnonzero(products)
        ]
        return tuple(sorted(found, key=lambda row: (-row.shown, row.category)))

    # how

    @cached_property
    def _product_positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.products)}

    @cached_property
    def _scene_positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.scenes)}

    def _position(self, what: str, positions: dict[str, int], name: str) -> int:
        if name not in positions:
            raise RequestError(
                f"no {what} {name[:80]!r} with a picture in this audit of {self.data}",
                f"Choose a {what} of the data set that has a readable picture",
            )
        return positions[name]

    @cached_property
    def _pairs(self) -> frozenset[tuple[int, int]]:
        pairs = self.sample.positives
        return frozenset(zip(pairs.scene.tolist(), pairs.product.tolist(), strict=True))

    def _is_right(self, scene: int, product: int) -> bool | None:
        return (scene, product) in self._pairs if self.sample.known[scene] else None


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None
