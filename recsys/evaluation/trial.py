"""What is measured: which scenes, among which products, and what is right for each.

Every recommender of one evaluation meets the same trial, so their figures can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import Part, Split
from recsys.errors import DataError
from recsys.evaluation.ranking import LookAlikes, Positives, draw_contrast

Rows = NDArray[np.int64]

MAX_LOOK_ALIKES = 100
"""Products in a group of look-alikes; in real looks a box stands for ten at most."""


@dataclass(frozen=True)
class Trial:
    """Scenes, candidates and right answers; positions in it are not rows of the catalogue.

    Attributes:
        part: which part of the data the scenes are from.
        scene_rows: ``int64 [Q]`` catalogue rows of the scenes, ascending.
        product_rows: ``int64 [P]`` catalogue rows of the candidates, ascending: every product
            with a picture.
        positives: what is right, in positions of the two.
        category: ``int32 [P]``.
        contrast: ``int64 [N]`` one wrong product of each positive's category, −1 for none.
        alike: products that share a box with one another in some scene, or a set of labels.
        large_groups: boxes and sets of labels with too many products to tell anything.
        train_counts: ``int64 [P]`` pairs with scenes that the model was fitted to.
        seen: ``bool [N]``, whether the positive's product has such a pair.
        seen_scenes: how many of the Q scenes the model was fitted to.
        copied_scenes: how many more show nearly the same picture as one that it was fitted to.
        left_out: how many scenes of the part are not measured, by reason.
        products_without_picture, positives_without_picture: what cannot be recommended.
    """

    part: Part
    scene_rows: Rows
    product_rows: Rows
    positives: Positives
    category: NDArray[np.int32]
    contrast: Rows
    alike: LookAlikes
    large_groups: int
    train_counts: Rows
    seen: NDArray[np.bool_]
    seen_scenes: int
    copied_scenes: int
    left_out: dict[str, int]
    products_without_picture: int
    positives_without_picture: int


def plan(
    catalog: Catalog,
    part: Part,
    split: Split,
    *,
    pictured_scenes: NDArray[np.integer],
    pictured_products: NDArray[np.integer],
    scenes_seen: frozenset[str],
    fitted: frozenset[str] | None = None,
    copies: NDArray[np.bool_] | None = None,
    copies_fitted: NDArray[np.bool_] | None = None,
    of_rivals: NDArray[np.bool_] | None = None,
    labels: Mapping[str, Hashable] | None = None,
    seed: int = 0,
) -> Trial:
    """Chooses the scenes of a part that can be measured, and counts those that cannot.

    A scene needs a readable picture and at least one product with one. Of ``all`` scenes
    those that a model was fitted to are left out, and so are copies of their photos: what it
    has seen says nothing about what it can do. Of ``test`` scenes those are left out that a
    rival was fitted to: they would make it look better than it is.

    Args:
        pictured_scenes, pictured_products: catalogue rows with a readable picture.
        scenes_seen: ids of the scenes that any of the compared models was fitted to.
        fitted: ids that the evaluated model was fitted to, where others are compared too.
        copies: ``bool [S]``, scenes that show nearly the same picture as one that any of the
            compared models was fitted to, under whatever id; None where nothing is known.
        copies_fitted: the same for the evaluated model alone.
        of_rivals: ``bool [S]``, scenes that one of the other models was fitted to, or that show
            nearly the same picture as one of those.
        labels: product id → its labels, where the data tells; the same labels look alike.

    Raises:
        DataError: nothing is left to measure.
    """
    fitted = scenes_seen if fitted is None else fitted
    unknown = np.zeros(len(catalog.scenes), bool)
    copies = unknown if copies is None else copies
    copies_fitted = copies if copies_fitted is None else copies_fitted
    seen_rows = np.array([s in scenes_seen for s in (scene.id for scene in catalog.scenes)], bool)
    train_rows = [row for row, scene in enumerate(catalog.scenes) if scene.id in fitted]
    column = np.full(len(catalog.products), -1, np.int64)
    product_rows = np.sort(np.asarray(pictured_products, np.int64))
    column[product_rows] = np.arange(len(product_rows))
    pictured = np.zeros(len(catalog.scenes), bool)
    pictured[pictured_scenes] = True
    paired = np.bincount(catalog.pair_scene, minlength=len(catalog.scenes)) > 0
    usable_pair = column[catalog.pair_product] >= 0
    answerable = np.bincount(catalog.pair_scene[usable_pair], minlength=len(catalog.scenes)) > 0

    rows = split.rows(part).astype(np.int64)
    left_out: dict[str, int] = {}

    def keep(reason: str, fits: NDArray[np.bool_]) -> None:
        nonlocal rows
        if dropped := int(np.count_nonzero(~fits[rows])):
            left_out[reason] = dropped
        rows = rows[fits[rows]]

    keep("without pairs", paired)
    keep("without a readable picture", pictured)
    keep("without a product that has a picture", answerable)
    if part == "all":
        keep("seen in training", ~seen_rows)
        keep("copies of training photos", ~copies)
    if part == "test" and of_rivals is not None:
        keep("seen in training by what is compared", ~of_rivals)
    if not len(rows):
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise DataError(
            f"no scene to measure in the part {part} of {catalog.name} "
            f"({reasons or 'the part is empty'})",
            "Choose another --split, or give data with pairs of scenes and products",
        )

    place = np.full(len(catalog.scenes), -1, np.int64)
    place[rows] = np.arange(len(rows))
    inside = place[catalog.pair_scene] >= 0
    scene, product = place[catalog.pair_scene[inside]], column[catalog.pair_product[inside]]
    known = product >= 0
    order = np.lexsort((product[known], scene[known]))
    positives = Positives(scene[known][order], product[known][order], len(rows), len(product_rows))
    category = catalog.category_of[product_rows]
    counts = catalog.popularity(np.array(train_rows, np.int64))[product_rows].astype(np.int64)
    was_fitted = np.zeros(len(catalog.scenes), bool)
    was_fitted[train_rows] = True
    alike, large_groups = _look_alikes(catalog, column, len(product_rows), labels or {})
    return Trial(
        part=part,
        scene_rows=rows,
        product_rows=product_rows,
        positives=positives,
        category=category,
        contrast=draw_contrast(positives, category, seed=seed, keys=rows),
        alike=alike,
        large_groups=large_groups,
        train_counts=counts,
        seen=counts[positives.product] > 0,
        seen_scenes=int(np.count_nonzero(was_fitted[rows])),
        copied_scenes=int(np.count_nonzero(copies_fitted[rows] & ~was_fitted[rows])),
        left_out=left_out,
        products_without_picture=len(catalog.products) - len(product_rows),
        positives_without_picture=int(np.count_nonzero(~known)),
    )


def _look_alikes(
    catalog: Catalog, column: Rows, products: int, labels: Mapping[str, Hashable]
) -> tuple[LookAlikes, int]:
    """Products that one box of one scene stands for, or that are labelled the same.

    And the number of groups that are left out: of n products each has n − 1 look-alikes, so
    one box with a whole catalogue in it would link everything with everything.
    """
    groups: dict[Hashable, list[int]] = {}
    boxed = ~np.isnan(catalog.pair_box).any(axis=1) & (column[catalog.pair_product] >= 0)
    for pair in np.flatnonzero(boxed):
        box = (int(catalog.pair_scene[pair]), catalog.pair_box[pair].tobytes())
        groups.setdefault(("box", box), []).append(int(column[catalog.pair_product[pair]]))
    for row, product in enumerate(catalog.products):
        if product.id in labels and column[row] >= 0:
            groups.setdefault(("labels", labels[product.id]), []).append(int(column[row]))
    usable = [members for members in groups.values() if len(members) <= MAX_LOOK_ALIKES]
    large = len(groups) - len(usable)
    links = [link for members in usable for link in combinations(members, 2)]
    if not links:
        return LookAlikes.none(products), large
    pairs = np.array(links, np.int64)
    return LookAlikes.from_pairs(pairs[:, 0], pairs[:, 1], products), large


def demo_labels(folder: Path) -> dict[str, Hashable]:
    """Style, silhouette and pattern of each product that the demo's ground truth tells.

    Empty for any other data set: only what was drawn knows what it shows.
    """
    try:
        record = json.loads((folder / "demo-truth.json").read_text("utf-8"))
        return {
            str(product): (str(truth["style"]), str(truth["silhouette"]), str(truth["pattern"]))
            for product, truth in record["products"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
