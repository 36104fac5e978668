"""From the lists of an audit to its figures, each beside what chance would give. Arrays only.

What the figures are and how they are computed stands in ``recsys.evaluation.exposure`` and
``recsys.evaluation.ranking``; here they are put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation import exposure
from recsys.evaluation.bootstrap import Interval, Terms, interval, resample
from recsys.evaluation.ranking import (
    Positives,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

QUALITY = ("recall", "ndcg", "mrr")
_NOT_SHOWN = 0  # the rank of what is in no list, as ``recsys.evaluation.ranking`` reads it


@dataclass(frozen=True)
class Figure:
    """One number; None where there is no data, which is not 0.

    Attributes:
        chance: what lists drawn at random would give; None where there is no such level.
        low, high: its 95 % interval over scenes, where resampling scenes is sound.
    """

    value: float | None
    chance: float | None = None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, float | None]:
        return {"value": self.value, "chance": self.chance, "low": self.low, "high": self.high}


@dataclass(frozen=True, eq=False)
class Chance:
    """What lists drawn at random give at one Q, k and P; the same for every setting."""

    expected: float | None
    concentration: exposure.Concentration
    coverage: float | None
    personalisation: float | None
    lorenz: Floats | None

    @classmethod
    def of(cls, scenes: int, k: int, products: int, seed: int = 0) -> Chance:
        drawn = exposure.counts_by_chance(scenes, k, products, seed=seed)
        return cls(
            expected=exposure.expected_times_shown(scenes, k, products),
            concentration=exposure.concentration_by_chance(drawn, scenes),
            coverage=exposure.coverage_by_chance(scenes, k, products),
            personalisation=exposure.personalisation_by_chance(k, products),
            lorenz=exposure.lorenz_by_chance(drawn),
        )


@dataclass(frozen=True, eq=False)
class Reference:
    """What is the same for every setting over the same scenes and products.

    Attributes:
        positives: what is right for each scene.
        unseen: ``bool [Q]`` scenes that may say how good the lists are.
        frequencies: ``int64 [P]`` training pairs.
        norms: ``float64 [P]`` lengths of the product vectors.
        looks: ``float32 [P, B]`` what products look like to no model; None where not known.
    """

    positives: Positives
    unseen: Bools
    frequencies: Ints
    norms: Floats
    looks: NDArray[np.floating] | None = None

    @cached_property
    def tail(self) -> Bools | None:
        return exposure.tail(self.frequencies)

    @cached_property
    def diversity_by_chance(self) -> float | None:
        return None if self.looks is None else exposure.intra_list_diversity_by_chance(self.looks)

    @cached_property
    def wanted(self) -> Ints:
        """``int64 [P]``: scenes that each product is known to be right for."""
        return np.bincount(self.positives.product, minlength=self.positives.products)

    @cached_property
    def unseen_positives(self) -> Positives:
        """What is right for the unseen scenes, renumbered."""
        place = np.cumsum(self.unseen) - 1
        inside = self.unseen[self.positives.scene]
        return Positives(
            place[self.positives.scene[inside]].astype(np.int64),
            self.positives.product[inside],
            int(np.count_nonzero(self.unseen)),
            self.positives.products,
        )


@dataclass(frozen=True, eq=False)
class PerScene:
    """Figures that are means over scenes, one number a scene: NaN where there is no data.

    Attributes:
        recall, ndcg, mrr: ``float64 [Q]``.
        popularity: mean training pairs of the list's products, ``float64 [Q]``.
        tail: share of the list that is of the tail, ``float64 [Q]``.
    """

    recall: Floats
    ndcg: Floats
    mrr: Floats
    popularity: Floats
    tail: Floats

    @classmethod
    def of(cls, lists: NDArray[np.integer], k: int, reference: Reference) -> PerScene:
        rank = ranks_in(lists, reference.positives)
        is_tail = reference.tail
        return cls(
            recall=recall_at_k(rank, reference.positives, k),
            ndcg=ndcg_at_k(rank, reference.positives, k),
            mrr=reciprocal_rank(rank, reference.positives),
            popularity=_mean_of_each(lists, reference.frequencies.astype(np.float64)),
            tail=(
                np.full(len(lists), np.nan)
                if is_tail is None or not is_tail.any()
                else _mean_of_each(lists, is_tail.astype(np.float64))
            ),
        )


def ranks_in(lists: NDArray[np.integer], positives: Positives) -> Ints:
    """The place from 1 of every positive in its scene's list, ``int64 [N]``; 0 if not in it."""
    hit = lists[positives.scene] == positives.product[:, None]
    found = hit.any(axis=1) if lists.shape[1] else np.zeros(len(hit), np.bool_)
    rank = np.full(len(found), _NOT_SHOWN, np.int64)
    rank[found] = hit[found].argmax(axis=1) + 1
    return rank


def quality(per_scene: PerScene, reference: Reference, k: int, seed: int) -> dict[str, Figure]:
    """``recall``, ``ndcg`` and ``mrr`` over the unseen scenes, with intervals."""
    chosen = reference.unseen
    terms = {name: Terms.of_scenes(getattr(per_scene, name)[chosen]) for name in QUALITY}
    draws = resample(terms, seed=seed)
    found = {name: interval(terms[name].value, draws[name]) for name in QUALITY}
    chance = {"recall": recall_by_chance(reference.unseen_positives, k)}
    return {name: _with_interval(found[name], chance.get(name)) for name in QUALITY}


def figures(
    lists: NDArray[np.integer],
    k: int,
    reference: Reference,
    chance: Chance,
    *,
    shown_dot: Ints | None = None,
    shown_cosine: Ints | None = None,
    seed: int = 0,
) -> tuple[dict[str, Figure], PerScene]:
    """Every figure of one audit, and those a scene that are means over scenes.

    Args:
        lists: ``int [Q, k]`` positions, −1 where a list is shorter.
        shown_dot, shown_cosine: ``int64 [P]`` times shown under either score.
    """
    scenes, products = len(lists), reference.positives.products
    shown = exposure.times_shown(lists, products)
    now, by_chance = exposure.concentration(shown, scenes), chance.concentration
    norms = exposure.norm_diagnosis(
        reference.norms,
        reference.frequencies if reference.frequencies.any() else None,
        shown,
        shown_dot,
        shown_cosine,
    )
    true = exposure.true_popularity(reference.positives, reference.frequencies)
    popular_by_chance = exposure.popularity_by_chance(reference.frequencies)
    found = {
        "top_share": Figure(now.top_share, by_chance.top_share),
        "never_shown": Figure(
            float(np.count_nonzero(shown == 0)) if shown.any() else None,
            missed(chance.coverage, products),
        ),
        "excess_gini": Figure(exposure.excess_gini(now.gini, by_chance.gini), 0.0),
        "gini": Figure(now.gini, by_chance.gini),
        "coverage": Figure(now.coverage, chance.coverage),
        "hub_share": Figure(now.hub_share, by_chance.hub_share),
        "largest_share": Figure(now.largest_share, by_chance.largest_share),
        "robin_hood": Figure(now.robin_hood, by_chance.robin_hood),
        "effective_catalogue": Figure(now.effective_catalogue, by_chance.effective_catalogue),
        "skewness": Figure(now.skewness, by_chance.skewness),
        "personalisation": Figure(now.personalisation, chance.personalisation),
        "intra_list_diversity": Figure(
            None
            if reference.looks is None
            else exposure.intra_list_diversity(lists, reference.looks),
            reference.diversity_by_chance,
        ),
        "average_popularity": Figure(
            _if(true, exposure.average_popularity(lists, reference.frequencies)),
            _if(true, popular_by_chance),
        ),
        "popularity_lift": Figure(
            exposure.popularity_lift(lists, reference.positives, reference.frequencies),
            exposure.lift(popular_by_chance, true),
        ),
        "tail_share": Figure(
            exposure.average_tail_share(lists, reference.tail),
            exposure.tail_share_by_chance(reference.tail),
        ),
        "norm_attributable": Figure(norms.norm_attributable),
        "norm_and_shown": Figure(norms.norm_and_shown, 0.0),
        "norm_and_frequency": Figure(norms.norm_and_frequency, 0.0),
        "frequency_and_shown": Figure(norms.frequency_and_shown, 0.0),
        "norm_variation": Figure(norms.norm_variation),
    }
    per_scene = PerScene.of(lists, k, reference)
    found |= quality(per_scene, reference, k, seed)
    found |= _opportunity(lists, k, reference)
    return found, per_scene


def _opportunity(lists: NDArray[np.integer], k: int, reference: Reference) -> dict[str, Figure]:
    """Whether head and tail are found alike, on the unseen scenes."""
    positives = reference.unseen_positives
    right = exposure.right_counts(lists[reference.unseen], positives)
    wanted = np.bincount(positives.product, minlength=positives.products)
    head, tail = exposure.group_recall(right, wanted, reference.tail)
    by_chance = min(k, positives.products) / max(1, positives.products)
    return {
        "recall_head": Figure(head, None if head is None else by_chance),
        "recall_tail": Figure(tail, None if tail is None else by_chance),
        "pop_reo": Figure(exposure.pop_reo(right, wanted, reference.tail), 0.0),
    }


def recall_by_chance(positives: Positives, k: int) -> float | None:
    """Of lists drawn at random: the mean over scenes of |R| · (k/P) / min(k, |R|)."""
    sizes = positives.counts
    sizes = sizes[sizes > 0].astype(np.float64)
    if not len(sizes):
        return None
    width = min(k, positives.products)
    return float((sizes * width / positives.products / np.minimum(k, sizes)).mean())


def _mean_of_each(lists: NDArray[np.integer], weights: Floats) -> Floats:
    lengths = exposure.list_lengths(lists)
    sums = np.append(weights, 0.0)[lists].sum(axis=1)
    means = np.full(len(lists), np.nan)
    np.divide(sums, lengths, out=means, where=lengths > 0)
    return means


def missed(coverage: float | None, products: int) -> float | None:
    """How many products are in no list."""
    return None if coverage is None else (1.0 - coverage) * products


def _if(known: float | None, value: float | None) -> float | None:
    return value if known else None


def _with_interval(found: Interval, chance: float | None) -> Figure:
    known = found.to_json()
    return Figure(known["value"], chance, known["low"], known["high"])
