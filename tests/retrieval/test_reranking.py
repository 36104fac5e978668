from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.retrieval import reranking
from recsys.retrieval.reranking import (
    POOL,
    capped_lists,
    comparable,
    exposure_cap,
    mmr,
    mmr_order,
)

quick = settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, 10**6)


# Definitions in plain Python, from scratch at every step.


def greedy(scores: list[float], vectors: list[list[float]], diversity: float, k: int) -> list[int]:
    """Places in the order of Carbonell and Goldstein's MMR, cosines summed one by one."""
    chosen: list[int] = []
    while len(chosen) < min(k, len(scores)):
        values = {}
        for place in range(len(scores)):
            if place not in chosen:
                near = [
                    sum(a * b for a, b in zip(vectors[place], vectors[other], strict=True))
                    for other in chosen
                ]
                penalty = max(near, default=0.0)
                values[place] = (1 - diversity) * scores[place] - diversity * penalty
        chosen.append(max(values, key=lambda place: (values[place], -place)))
    return chosen


def round_robin(candidates: list[list[int]], k: int, cap: int) -> tuple[list[list[int]], int]:
    """Lists and how many places are over the cap; counts are taken anew at every place."""
    lists: list[list[int]] = [[] for _ in candidates]
    over = 0
    for _ in range(k):
        for line, mine in zip(candidates, lists, strict=True):
            shown = {p: sum(p in other for other in lists) for p in line}
            left = [p for p in line if p not in mine]
            free = [p for p in left if shown[p] < cap]
            if free:
                mine.append(free[0])
            elif left:
                over += 1
                mine.append(min(left, key=lambda p: shown[p]))
    return lists, over


def random_candidates(seed: int) -> tuple[np.ndarray, int]:
    """Rows best first that agree much, some scenes with few, sometimes nobody or nothing."""
    rng = np.random.default_rng(seed)
    scenes, products = int(rng.integers(0, 8)), int(rng.integers(0, 12))
    width = int(rng.integers(0, products + 3))
    rows = np.full((scenes, width), -1, np.int32)
    appeal = rng.normal(size=products)
    for line in rows:
        count = min(width, products if rng.random() < 0.5 else int(rng.integers(0, products + 1)))
        order = np.argsort(-(appeal + rng.normal(size=products)))
        line[:count] = order[:count]
    return rows, products


def unpadded(rows: np.ndarray) -> list[list[int]]:
    return [[int(row) for row in line if row >= 0] for line in rows]


class TestMMR:
    @quick
    @given(SEEDS, st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.integers(1, 9), st.booleans())
    def test_against_the_definition(
        self, seed: int, diversity: float, k: int, lengths_count: bool
    ) -> None:
        rows, products = random_candidates(seed)
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(products, 4))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        scores = -np.sort(rng.normal(size=rows.shape) * 5, axis=1)
        found = mmr(rows, scores, vectors, diversity, k, lengths_count=lengths_count)
        assert found.shape == (len(rows), min(k, rows.shape[1]))
        for line, values, result in zip(unpadded(rows), scores, unpadded(found), strict=True):
            relevance = values[: len(line)].tolist()
            if lengths_count and line:
                largest = max(map(abs, relevance))
                relevance = [value / largest for value in relevance]
            order = greedy(relevance, vectors[line].tolist(), diversity, k)
            assert result == [line[place] for place in order]

    def test_only_the_pool_is_reordered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert POOL == 100
        monkeypatch.setattr(reranking, "POOL", 5)
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(30, 3))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        rows = np.argsort(rng.random((4, 30)), axis=1)[:, :12]
        scores = -np.sort(rng.random((4, 12)), axis=1)
        found = mmr(rows, scores, vectors, 0.9, 8)
        assert (np.sort(found[:, :5], axis=1) == np.sort(rows[:, :5], axis=1)).all()
        assert not (found[:, :5] == rows[:, :5]).all()
        assert (found[:, 5:] == rows[:, 5:8]).all()
        assert (mmr(rows, scores, vectors, 0.9, 3) == found[:, :3]).all()

    def test_chunks_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(30, 3)).astype(np.float32)
        rows = np.argsort(rng.random((9, 30)), axis=1)[:, :12]
        scores = -np.sort(rng.random((9, 12)), axis=1)
        whole = mmr(rows, scores, vectors, 0.5, 6)
        monkeypatch.setattr(reranking, "_CHUNK_CELLS", 300)  # two scenes at a time
        assert (mmr(rows, scores, vectors, 0.5, 6) == whole).all()

    def test_none_changes_nothing_and_all_goes_far(self) -> None:
        vectors = np.array([[1, 0], [0.99, math.sqrt(1 - 0.99**2)], [0, 1]])
        rows, scores = np.array([[0, 1, 2]]), np.array([[0.9, 0.8, 0.1]])
        assert mmr(rows, scores, vectors, 0.0, 3).tolist() == [[0, 1, 2]]
        assert mmr(rows, scores, vectors, 1.0, 3).tolist() == [[0, 2, 1]]

    def test_order_of_many_at_once(self) -> None:
        rng = np.random.default_rng(1)
        relevance = -np.sort(rng.random((5, 7)), axis=1)
        similarity = rng.random((5, 7, 7))
        together = mmr_order(relevance, similarity, 0.4)
        for q in range(5):
            alone = mmr_order(relevance[q : q + 1], similarity[q : q + 1], 0.4)
            assert (alone[0] == together[q]).all()
            assert sorted(alone[0].tolist()) == list(range(7))
        assert (mmr_order(relevance, similarity, 0.4, 3) == together[:, :3]).all()

    def test_comparable(self) -> None:
        assert comparable(np.array([[4.0, -8.0], [0.0, 0.0]])).tolist() == [[0.5, -1], [0, 0]]
        known = np.array([[True, False]])
        assert comparable(np.array([[4.0, -np.inf]]), known).tolist() == [[1, 0]]
        assert comparable(np.zeros(0)).shape == (0,)

    def test_refused(self) -> None:
        vectors = np.eye(3)
        with pytest.raises(ValueError, match="a score a candidate"):
            mmr(np.array([[0, 1]]), np.zeros((1, 3)), vectors, 0.5, 2)
        with pytest.raises(ValueError, match="rows from 0 to 2"):
            mmr(np.array([[0, 3]]), np.zeros((1, 2)), vectors, 0.5, 2)
        with pytest.raises(ValueError, match=r"candidates must be int \[Q, M\]"):
            mmr(np.zeros((1, 2)), np.zeros((1, 2)), vectors, 0.5, 2)  # type: ignore[arg-type]


class TestCap:
    @quick
    @given(SEEDS, st.integers(1, 6), st.sampled_from([0.2, 0.7, 1.0, 1.5, 3.0, 50.0]))
    def test_against_the_definition(self, seed: int, k: int, m: float) -> None:
        rows, products = random_candidates(seed)
        found = capped_lists(rows, k, products, m)
        lists, over = round_robin(unpadded(rows), k, found.cap)
        assert unpadded(found.lists) == lists
        assert found.over_cap == over
        assert found.lists.shape == (len(rows), k)
        if over == 0 and found.lists.size:
            shown = np.bincount(found.lists[found.lists >= 0], minlength=products)
            assert shown.max(initial=0) <= found.cap

    @pytest.mark.parametrize(
        ("scenes", "k", "products", "m", "cap"),
        [
            (4000, 10, 40_000, 1.0, 1),
            (4000, 10, 40_000, 1.5, 2),
            (4000, 10, 40_000, 3.0, 3),
            (212, 10, 1044, 2.0, 5),
            (10, 10, 5, 1.0, 10),  # lists are five long
            (100, 1, 10, 0.3, 3),  # 0.3 · 10 is not above 3
            (10, 10, 1000, 0.5, 1),
            (3, 2, 0, 1.0, 1),
        ],
    )
    def test_how_high(self, scenes: int, k: int, products: int, m: float, cap: int) -> None:
        assert exposure_cap(scenes, k, products, m) == cap

    def test_a_cap_of_chance_shows_all_alike_where_all_are_candidates(self) -> None:
        """The tightest that can hold, and the whole catalogue to choose from."""
        rng = np.random.default_rng(0)
        appeal = 2 * rng.normal(size=20)
        rows = np.argsort(-(appeal + rng.normal(size=(40, 20))), axis=1)
        plain = np.bincount(rows[:, :5].ravel(), minlength=20)
        found = capped_lists(rows, 5, 20, 1.0)
        assert plain.max() > 20
        assert found.cap == 10
        assert found.over_cap <= 3
        shown = np.bincount(found.lists.ravel(), minlength=20)
        assert shown.sum() == 200
        assert shown.max() <= 11
        assert all(len(set(line)) == 5 for line in found.lists.tolist())

    def test_no_cap_is_the_plain_list(self) -> None:
        rows = np.argsort(np.random.default_rng(0).random((6, 9)), axis=1)
        found = capped_lists(rows, 4, 9, 100.0)
        assert (found.lists == rows[:, :4]).all()
        assert found.over_cap == 0

    def test_scenes_take_turns(self) -> None:
        rows = np.array([[0, 1, 2, 3], [0, 1, 2, 3]])
        found = capped_lists(rows, 2, 4, 1.0)
        assert found.cap == 1
        assert found.lists.tolist() == [[0, 2], [1, 3]]

    def test_too_few_candidates_are_filled_and_counted(self) -> None:
        """The least shown comes back first, and nothing is shown to one scene twice."""
        rows = np.array([[0, 1, 2], [0, 1, 2], [0, 1, -1]])
        found = capped_lists(rows, 3, 9, 1.0)
        assert found.cap == 1
        assert found.lists.tolist() == [[0, 2, 1], [1, 2, 0], [0, 1, -1]]
        assert found.over_cap == 5  # of eight places, three products once each are under the cap

    @pytest.mark.parametrize("m", [0.0, -1.0, math.nan, math.inf])
    def test_caps_that_are_none(self, m: float) -> None:
        with pytest.raises(ValueError, match="a cap is a number above 0"):
            exposure_cap(1, 1, 1, m)

    def test_refused(self) -> None:
        bad: list[Any] = [np.array([0, 1]), np.array([[5]])]
        for rows in bad:
            with pytest.raises(ValueError, match="candidates must be"):
                capped_lists(rows, 1, 3, 1.0)
