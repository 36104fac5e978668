"""How well recommendations rank: recall, MRR, NDCG, AUC. Arrays in, arrays out.

Notation: Q scenes, P products (the whole candidate catalogue), N positives, that is pairs
(q, i) of a scene and a product that is right for it, R_q the set of right products of scene
q. ``scores[q, i]`` is higher for a better product. Products are ranked by score, ties by the
lower row, which is the order that the shop shows.

Everything follows from a handful of numbers a positive, its rank and its share of beaten
negatives, so a catalogue is measured chunk by chunk and no ``[Q, P]`` array outlives its
chunk. The full catalogue is ranked, never a sample of it: sampled figures disagree with full
ones even in expectation (Krichene & Rendle, "On Sampled Metrics for Item Recommendation",
KDD 2020).

A figure without data is NaN here and null in reports, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK_CELLS = 4_000_000
"""Cells of a ``[pairs, P]`` comparison at a time: about 16 MB an operand."""


@dataclass(frozen=True)
class Positives:
    """Which products are right for which scenes.

    Attributes:
        scene: ``int64 [N]`` positions in 0…scenes−1, ascending.
        product: ``int64 [N]`` positions in 0…products−1, ascending within a scene.
        scenes, products: Q and P.
    """

    scene: Ints
    product: Ints
    scenes: int
    products: int

    def __post_init__(self) -> None:
        keys = self.scene * self.products + self.product
        inside = len(keys) == 0 or (
            self.scene.min() >= 0
            and self.scene.max() < self.scenes
            and self.product.min() >= 0
            and self.product.max() < self.products
        )
        if self.scene.shape != self.product.shape or not inside or np.any(np.diff(keys) <= 0):
            raise ValueError("positives must be unique pairs inside Q × P, in ascending order")

    @classmethod
    def from_mask(cls, mask: NDArray[np.bool_]) -> Positives:
        """From a relevance mask ``bool [Q, P]``."""
        scene, product = np.nonzero(mask)
        return cls(scene.astype(np.int64), product.astype(np.int64), *mask.shape)

    @property
    def counts(self) -> Ints:
        """``int64 [Q]``: |R_q|."""
        return np.bincount(self.scene, minlength=self.scenes)

    def between(self, start: int, stop: int) -> slice:
        """Where the positives of the scenes ``start … stop − 1`` stand among the N."""
        first, last = np.searchsorted(self.scene, (start, stop))
        return slice(int(first), int(last))


@dataclass(frozen=True)
class PairFigures:
    """What was measured of each positive; all ``[N]``, NaN where there is no data.

    Attributes:
        rank: ``int64``, 1 for the top of the list.
        lenient_rank: ``int64``, the best rank of the positive and its look-alikes.
        auc: ``float64``, share of the scene's negatives scored lower, ties ½.
        within_auc: the same over negatives of the positive's category.
        correct: 1, ½ (a tie) or 0: whether it beats its one contrast product.
    """

    rank: Ints
    lenient_rank: Ints
    auc: Floats
    within_auc: Floats
    correct: Floats


@dataclass(frozen=True)
class LookAlikes:
    """Products that count as right in the lenient figures where one of them is.

    Attributes:
        start: ``int64 [P + 1]``; the look-alikes of product i are
            ``member[start[i] : start[i + 1]]``.
        member: ``int64`` product positions.
    """

    start: Ints
    member: Ints

    @classmethod
    def none(cls, products: int) -> LookAlikes:
        return cls(np.zeros(products + 1, np.int64), np.zeros(0, np.int64))

    @classmethod
    def from_pairs(cls, a: Ints, b: Ints, products: int) -> LookAlikes:
        """From pairs of products that look alike, in one or both directions."""
        keys = np.unique(np.concatenate((a * products + b, b * products + a)))
        one, other = keys // max(products, 1), keys % max(products, 1)
        one, other = one[one != other], other[one != other]
        start = np.concatenate(([0], np.cumsum(np.bincount(one, minlength=products))))
        return cls(start.astype(np.int64), other.astype(np.int64))


def measure(
    chunks: Iterable[NDArray[np.floating]],
    positives: Positives,
    *,
    category: NDArray[np.integer] | None = None,
    contrast: NDArray[np.integer] | None = None,
    alike: LookAlikes | None = None,
) -> PairFigures:
    """Measures every positive against the full catalogue, a chunk of scenes at a time.

    Args:
        chunks: scores ``[q, P]`` of consecutive scenes; together they cover all Q.
        positives: what is right; the others of a scene are masked where one is compared.
        category: ``[P]``; without it within-category figures are NaN.
        contrast: ``[N]`` a negative product for each positive, −1 where there is none.
        alike: look-alikes for the lenient rank; without it that is the strict rank.

    Raises:
        ValueError: scores of another shape, not a number, or for too few scenes.
    """
    total = len(positives.scene)
    parts: list[PairFigures] = []
    begin = 0
    for scores in chunks:
        end = begin + len(scores)
        if scores.ndim != 2 or scores.shape[1] != positives.products or end > positives.scenes:
            raise ValueError(
                f"expected score chunks [q, {positives.products}] for {positives.scenes} scenes "
                f"in all, found {scores.shape} after {begin} scenes"
            )
        if np.isnan(scores).any():
            raise ValueError(f"scores of the scenes {begin}–{end - 1} are not numbers (NaN)")
        span = positives.between(begin, end)
        local = Positives(
            positives.scene[span] - begin, positives.product[span], len(scores), positives.products
        )
        opponents = contrast[span] if contrast is not None else None
        parts.append(_measure_chunk(scores, local, category, opponents, alike))
        begin = end
    if begin != positives.scenes:
        raise ValueError(f"expected scores for {positives.scenes} scenes, found {begin}")
    if not parts:
        empty = np.zeros(0)
        return PairFigures(empty.astype(np.int64), empty.astype(np.int64), empty, empty, empty)
    joined = PairFigures(
        rank=np.concatenate([part.rank for part in parts]),
        lenient_rank=np.concatenate([part.lenient_rank for part in parts]),
        auc=np.concatenate([part.auc for part in parts]),
        within_auc=np.concatenate([part.within_auc for part in parts]),
        correct=np.concatenate([part.correct for part in parts]),
    )
    assert len(joined.rank) == total
    return joined


def _measure_chunk(
    scores: NDArray[np.floating],
    positives: Positives,
    category: NDArray[np.integer] | None,
    contrast: NDArray[np.integer] | None,
    alike: LookAlikes | None,
) -> PairFigures:
    rank = pair_ranks(scores, positives.scene, positives.product)
    return PairFigures(
        rank=rank,
        lenient_rank=_lenient_ranks(scores, positives, rank, alike),
        auc=pair_auc(scores, positives),
        within_auc=(
            np.full(len(rank), np.nan)
            if category is None
            else pair_auc(scores, positives, category=category)
        ),
        correct=_against(scores, positives, contrast),
    )


def pair_ranks(
    scores: NDArray[np.floating], scene: NDArray[np.integer], product: NDArray[np.integer]
) -> Ints:
    """Rank ``int64 [n]`` of given products in the full lists of given scenes.

    rank(q, i) = 1 + #{j: s_qj > s_qi} + #{j < i: s_qj = s_qi}, the position of product i
    when scene q's products are ordered by (−score, row).

    >>> scores = np.array([[0.5, 0.9, 0.5, 0.1]])
    >>> pair_ranks(scores, np.array([0, 0, 0, 0]), np.arange(4)).tolist()
    [2, 1, 3, 4]
    """
    ranks = np.empty(len(scene), np.int64)
    columns = np.arange(scores.shape[1])
    for block in _blocks(len(scene), scores.shape[1]):
        rows = scores[scene[block]]
        own = scores[scene[block], product[block]][:, None]
        ahead = (rows > own) | ((rows == own) & (columns < product[block][:, None]))
        ranks[block] = 1 + np.count_nonzero(ahead, axis=1)
    return ranks


def pair_auc(
    scores: NDArray[np.floating],
    positives: Positives,
    *,
    category: NDArray[np.integer] | None = None,
) -> Floats:
    """Area under the ROC curve of each positive alone, ``float64 [N]``.

    AUC(q, i) = (#{j: s_qj < s_qi} + ½ #{j: s_qj = s_qi}) / n over the n negatives j of scene
    q, that is all products but R_q; with ``category`` ``[P]`` over the negatives of product
    i's category only. NaN where there is no such negative.

    >>> positives = Positives.from_mask(np.array([[True, False, True, False, False]]))
    >>> pair_auc(np.array([[0.5, 0.9, 0.7, 0.5, 0.1]]), positives).tolist()
    [0.5, 0.6666666666666666]
    """
    result = np.full(len(positives.scene), np.nan)
    right = np.zeros(scores.shape, bool)
    right[positives.scene, positives.product] = True
    for block in _blocks(len(result), scores.shape[1]):
        scene, product = positives.scene[block], positives.product[block]
        rows, own = scores[scene], scores[scene, product][:, None]
        negative = ~right[scene]
        if category is not None:
            negative &= category == category[product][:, None]
        count = np.count_nonzero(negative, axis=1)
        below = np.count_nonzero((rows < own) & negative, axis=1)
        level = np.count_nonzero((rows == own) & negative, axis=1)
        np.divide(below + 0.5 * level, count, out=result[block], where=count > 0)
    return result


def draw_contrast(
    positives: Positives, category: NDArray[np.integer], *, seed: int, keys: NDArray[np.integer]
) -> Ints:
    """One negative product of each positive's category, ``int64 [N]``; −1 where none is.

    For binary accuracy as "Complete the Look" reports it (Kang et al., CVPR 2019): of a
    right product and one wrong product of its category, is the right one scored higher? The
    draw depends on the seed and on the scene's key (``keys [Q]``) only, so every recommender
    meets the same opponents.
    """
    drawn = np.full(len(positives.scene), -1, np.int64)
    members = {int(value): np.flatnonzero(category == value) for value in np.unique(category)}
    for scene in range(positives.scenes):
        span = positives.between(scene, scene + 1)
        right = positives.product[span]
        rng = np.random.default_rng((seed, int(keys[scene])))
        for position, product in enumerate(right, start=span.start):
            rivals = np.setdiff1d(members[int(category[product])], right, assume_unique=True)
            if len(rivals):
                drawn[position] = rng.choice(rivals)
    return drawn


# figures a scene, from the ranks of its positives (a rank of 0 means: not in the list)


def recall_at_k(rank: NDArray[np.integer], positives: Positives, k: int) -> Floats:
    """Share of a scene's right products in the first k, ``float64 [Q]``.

    recall@k(q) = |{i ∈ R_q: rank(q, i) ≤ k}| / min(k, |R_q|), so 1 can be reached where
    there are more right products than places. NaN where R_q is empty.

    >>> positives = Positives.from_mask(np.array([[True, True, True], [False, False, False]]))
    >>> recall_at_k(np.array([1, 3, 2]), positives, 2).tolist()
    [1.0, nan]
    """
    _check_k(k)
    places = np.minimum(k, positives.counts)
    # Two look-alikes can stand in for one another, so a lenient count may pass the places.
    hits = np.minimum(_per_scene((rank >= 1) & (rank <= k), positives), places)
    return _ratio(hits, places)


def reciprocal_rank(rank: NDArray[np.integer], positives: Positives) -> Floats:
    """One over the rank of a scene's first right product, ``float64 [Q]``; its mean is MRR.

    RR(q) = 1 / min over i ∈ R_q of rank(q, i); 0 where none is listed, NaN where R_q is empty.

    >>> positives = Positives.from_mask(np.array([[True, True, False]]))
    >>> reciprocal_rank(np.array([3, 2]), positives).tolist()
    [0.5]
    """
    best = np.zeros(positives.scenes)
    listed = rank >= 1
    np.maximum.at(best, positives.scene[listed], 1.0 / rank[listed])
    return np.where(positives.counts > 0, best, np.nan)


def ndcg_at_k(rank: NDArray[np.integer], positives: Positives, k: int) -> Floats:
    """Normalised discounted cumulative gain of the first k, ``float64 [Q]``.

    NDCG@k(q) = Σ_{i ∈ R_q, rank ≤ k} 1/log2(rank + 1) / Σ_{r=1}^{min(k, |R_q|)} 1/log2(r + 1):
    gains are 1, and the ideal list holds all right products first, retrieved or not, cut at
    k (Järvelin & Kekäläinen, TOIS 2002). NaN where R_q is empty.

    >>> positives = Positives.from_mask(np.array([[True, True, False, False, False]]))
    >>> ndcg_at_k(np.array([2, 5]), positives, 5).round(4).tolist()
    [0.6241]
    """
    _check_k(k)
    listed = (rank >= 1) & (rank <= k)
    gains = np.where(listed, 1.0 / np.log2(np.maximum(rank, 1) + 1.0), 0.0)
    longest = max(1, min(k, positives.products))
    ideal = np.concatenate(([0.0], np.cumsum(1.0 / np.log2(np.arange(1, longest + 1) + 1.0))))
    return _ratio(_per_scene(gains, positives), ideal[np.minimum(longest, positives.counts)])


# helpers


def _lenient_ranks(
    scores: NDArray[np.floating], positives: Positives, rank: Ints, alike: LookAlikes | None
) -> Ints:
    best = rank.copy()
    if alike is None or not len(alike.member):
        return best
    width = alike.start[positives.product + 1] - alike.start[positives.product]
    owner = np.repeat(np.arange(len(rank)), width)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(width) - width, width)
    members = alike.member[alike.start[positives.product[owner]] + within]
    np.minimum.at(best, owner, pair_ranks(scores, positives.scene[owner], members))
    return best


def _against(
    scores: NDArray[np.floating], positives: Positives, contrast: NDArray[np.integer] | None
) -> Floats:
    result = np.full(len(positives.scene), np.nan)
    if contrast is not None:
        there = contrast >= 0
        scene = positives.scene[there]
        own, other = scores[scene, positives.product[there]], scores[scene, contrast[there]]
        result[there] = (own > other) + 0.5 * (own == other)
    return result


def _blocks(pairs: int, products: int) -> Iterable[slice]:
    size = max(1, _BLOCK_CELLS // max(1, products))
    return (slice(begin, begin + size) for begin in range(0, pairs, size))


def _per_scene(values: NDArray[np.floating] | NDArray[np.bool_], positives: Positives) -> Floats:
    sums = np.bincount(positives.scene, weights=values, minlength=positives.scenes)
    return sums.astype(np.float64)


def _ratio(numerator: Floats, denominator: NDArray[np.number]) -> Floats:
    result = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, found {k}")
