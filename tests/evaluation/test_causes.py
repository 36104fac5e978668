"""Causes of hubs: the stated rule on counts, and planted hubs whose cause is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys.evaluation import exposure
from recsys.evaluation.causes import HubCause, hub_causes
from recsys.retrieval.corrections import Bank, Correction, Fitted, fit, fit_centred, unit_regions
from recsys.retrieval.corrections_served import corrected_top_k
from recsys.retrieval.topk import ProductIndex

quick = settings(max_examples=40, deadline=None)
K, TAU = 5, 10.0


def one(
    shown: int, cosine: int, centred: int, frequency: int | None = None, products: int = 101
) -> HubCause:
    """The causes of product 0 in a catalogue whose chance level is 10."""
    total = 10 * products

    def counts(of_first: int) -> NDArray[np.int64]:
        others = np.full(products, (total - of_first) // (products - 1), np.int64)
        others[0] = of_first
        others[1] += total - others.sum()
        return others

    frequencies = None
    if frequency is not None:
        frequencies = counts(frequency)
    found = hub_causes(
        counts(shown),
        counts(cosine),
        counts(centred),
        frequencies=frequencies,
        products=np.array([0]),
    )
    return found[0]


class TestRule:
    def test_large_norm(self) -> None:
        found = one(110, 30, 20, frequency=10)
        assert found.by_chance == 10
        assert found.from_norm == pytest.approx(0.8)  # 80 of the 100 beyond chance
        assert found.from_mean_scene == pytest.approx(0.1)
        assert found.from_frequency == 0
        assert found.causes == ("large norm",)
        assert found.main == "large norm"

    def test_close_to_the_mean_scene(self) -> None:
        found = one(110, 105, 10, frequency=30)
        assert found.from_mean_scene == pytest.approx(0.95)
        assert found.causes == ("close to the mean scene",)

    def test_truly_frequent(self) -> None:
        found = one(110, 110, 100, frequency=90)
        assert found.by_frequency == pytest.approx(90)
        assert found.from_frequency == pytest.approx(0.8)
        assert found.causes == ("truly frequent",)

    def test_several_the_largest_first(self) -> None:
        assert one(110, 60, 10, frequency=90).causes == (
            "truly frequent",
            "large norm",
            "close to the mean scene",
        )
        assert one(110, 10, 10, frequency=90).causes == ("large norm", "truly frequent")

    def test_of_equals_demand_comes_first_then_the_norm(self) -> None:
        assert one(110, 0, 0, frequency=400).causes == ("truly frequent", "large norm")
        assert one(110, 60, 10).causes == ("large norm", "close to the mean scene")

    def test_none_of_these(self) -> None:
        found = one(110, 80, 50, frequency=40)
        assert found.causes == ()
        assert found.main is None
        assert found.from_norm == pytest.approx(0.3)

    def test_no_length_is_blamed_where_lengths_do_not_count(self) -> None:
        counts = np.array([40, 5, 5, 5, 5, 0])
        cosine = np.array([5, 15, 10, 10, 10, 10])
        centred = np.full(6, 10)
        (blamed,) = hub_causes(counts, cosine, centred)
        assert blamed.main == "large norm"
        (found,) = hub_causes(counts, cosine, centred, lengths_count=False)
        assert (found.from_norm, found.main) == (0, None)

    def test_what_another_correction_hides_is_no_cause(self) -> None:
        """Served by something that shows it less than cosine does."""
        found = one(40, 200, 30)
        assert found.from_norm == 0
        assert found.from_mean_scene == pytest.approx(10 / 30)

    def test_not_beyond_chance(self) -> None:
        found = one(10, 5, 0, frequency=10)
        assert (found.from_norm, found.from_mean_scene, found.from_frequency) == (None,) * 3
        assert found.main is None

    def test_what_is_not_known(self) -> None:
        found = one(110, 105, 10)
        assert found.frequency is None
        assert found.by_frequency is None
        assert found.from_frequency is None
        assert found.norm_percentile is None
        assert found.mean_score_percentile is None
        nobody = np.zeros(3, np.int64)
        assert hub_causes(nobody, nobody, nobody, frequencies=nobody) == ()
        assert hub_causes(nobody[:0], nobody[:0], nobody[:0]) == ()
        counts = np.array([9, 0, 0])
        found = hub_causes(
            counts, counts, counts, norms=np.array([np.nan, 1, 2]), frequencies=nobody
        )[0]
        assert found.norm_percentile is None
        assert found.frequency == 0
        assert found.by_frequency is None

    def test_every_hub_the_most_shown_first(self) -> None:
        counts = np.array([6, 0, 9, 6, 0, 1, 0, 0])
        found = hub_causes(counts, counts, counts)
        assert [hub.product for hub in found] == [2, 0, 3]

    @quick
    @given(st.integers(0, 10**6))
    def test_order_of_products_changes_no_cause(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        served, cosine, centred = (
            rng.multinomial(60, rng.dirichlet(np.full(9, 0.4))) for _ in "abc"
        )
        norms, frequencies = rng.random(9), rng.integers(0, 9, 9)
        order = rng.permutation(9)
        found = hub_causes(served, cosine, centred, norms=norms, frequencies=frequencies)
        moved = hub_causes(
            served[order],
            cosine[order],
            centred[order],
            norms=norms[order],
            frequencies=frequencies[order],
        )
        plain = {hub.product: vars(hub) | {"product": 0} for hub in found}
        again = {int(order[hub.product]): vars(hub) | {"product": 0} for hub in moved}
        assert plain == again

    def test_refused(self) -> None:
        counts = np.array([3, 0])
        with pytest.raises(ValueError, match=r"found 3 showings of 2, 3 showings of 2, 4 showings"):
            hub_causes(counts, counts, np.array([4, 0]))
        with pytest.raises(ValueError, match="for each of 2 products"):
            hub_causes(counts, counts, counts, norms=np.ones(3))


# Planted: clusters of scenes that share a direction, products in every cluster, and three hubs.

LONG, MEAN, FREQUENT = 0, 1, 2
CLUSTERS, DIM = 30, 64


def planted(regions: int, seed: int = 0) -> tuple[NDArray[np.float32], Any, NDArray[np.int64]]:
    """Products ``[P, D]``, a sampler of scenes, and training frequencies.

    Cluster 0 has a fifth of all scenes and one product, the frequent one, which the training
    pairs know. The long one is an ordinary product of cluster 1 with eight times the length;
    the mean one lies where all scenes lie and belongs nowhere.
    """
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.normal(size=(DIM, DIM)))[0][: CLUSTERS + 1]
    shared, centres = centres[-1], centres[:-1]

    def near(cluster: int, spread: float = 0.04) -> NDArray[np.float64]:
        return np.asarray(centres[cluster] + spread * rng.normal(size=DIM))

    others = [near(1 + number % (CLUSTERS - 1)) for number in range(20 * (CLUSTERS - 1))]
    products = np.array([8 * near(1), shared, near(0), *others])
    odds = np.full(CLUSTERS, 0.8 / (CLUSTERS - 1))
    odds[0] = 0.2

    def scenes(count: int) -> NDArray[np.float32]:
        clusters = rng.choice(CLUSTERS, count, p=odds)
        found = np.array([[near(c) + 1.2 * shared for _ in range(regions)] for c in clusters])
        if regions > 1:  # one region shows the look, the others what all photos share
            found[:, 1:] = 0.1 * rng.normal(size=found[:, 1:].shape) + 1.2 * shared
        return unit_regions(found.astype(np.float32))

    frequencies = np.ones(len(products), np.int64)
    frequencies[FREQUENT] = len(products) // 20
    return products.astype(np.float32), scenes, frequencies


@pytest.mark.parametrize(
    ("regions", "score", "seed"),
    [(1, "cosine", 0), (1, "cosine", 1), (1, "dot", 0), (2, "cosine", 0), (4, "cosine", 1)],
)
def test_planted_hubs_are_told_apart(regions: int, score: Any, seed: int) -> None:
    products, scenes, frequencies = planted(regions, seed)
    shop, bank = scenes(400), Bank(scenes(200), np.zeros(0, np.int64), np.zeros(0, np.int64))
    index = ProductIndex(products, score=score, tau=TAU)

    def counts(fitted: Fitted) -> NDArray[np.int64]:
        return exposure.times_shown(corrected_top_k(index, shop, K, fitted).rows, len(products))

    centred = fit_centred(products, bank, score=score, tau=TAU)
    served = counts(fit(Correction("dot"), products, score=score, tau=TAU))
    found = {
        hub.product: hub
        for hub in hub_causes(
            served,
            counts(fit(Correction("cosine"), products, score=score, tau=TAU)),
            counts(centred),
            norms=np.linalg.norm(products, axis=1),
            mean_scores=centred.offset,
            frequencies=frequencies,
        )
    }
    assert set(found) >= {LONG, MEAN, FREQUENT}
    assert found[LONG].main == "large norm"
    assert found[MEAN].main == "close to the mean scene"
    assert found[FREQUENT].main == "truly frequent"
    assert found[LONG].norm_percentile == pytest.approx(1, abs=0.001)
    assert found[MEAN].mean_score_percentile == pytest.approx(1, abs=0.001)
    assert found[FREQUENT].frequency_percentile == pytest.approx(1, abs=0.001)
    assert "large norm" not in found[MEAN].causes + found[FREQUENT].causes
    assert "close to the mean scene" not in found[LONG].causes
    assert "truly frequent" not in found[LONG].causes + found[MEAN].causes
