from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.retrieval.reranking import mmr
from recsys.serving.diversity import POOL, diversified
from recsys.serving.query import Query
from recsys.serving.request import Request
from recsys.serving.server import Server

quick = settings(max_examples=60, deadline=None)


def greedy(relevance: list[float], similarity: list[list[float]], diversity: float) -> list[int]:
    """As Carbonell and Goldstein wrote it, from scratch at every step."""
    chosen: list[int] = []
    while len(chosen) < len(relevance):
        best, best_value = -1, -np.inf
        for candidate in range(len(relevance)):
            if candidate in chosen:
                continue
            near = max((similarity[candidate][other] for other in chosen), default=0.0)
            value = (1 - diversity) * relevance[candidate] - diversity * near
            if value > best_value:
                best, best_value = candidate, value
        chosen.append(best)
    return chosen


@st.composite
def lists(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count = draw(st.integers(0, 15))
    vectors = rng.normal(size=(count, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    relevance = np.sort(rng.normal(size=count))[::-1]
    if draw(st.booleans()):
        relevance = np.round(relevance)  # ties
    return relevance, vectors @ vectors.T


class TestDiversified:
    @quick
    @given(lists(), st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    def test_against_the_definition(
        self, problem: tuple[np.ndarray, np.ndarray], diversity: float
    ) -> None:
        relevance, similarity = problem
        found = diversified(relevance, similarity, diversity)
        assert found.tolist() == greedy(relevance.tolist(), similarity.tolist(), diversity)

    @quick
    @given(lists())
    def test_none_changes_nothing(self, problem: tuple[np.ndarray, np.ndarray]) -> None:
        relevance, similarity = problem
        assert diversified(relevance, similarity, 0).tolist() == list(range(len(relevance)))


def ask(server: Server, **arguments: object) -> tuple[str, ...]:
    return server.recommend(Request("scene", scene="studio-002", **arguments)).products  # type: ignore[arg-type]


class TestInTheServer:
    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_none_changes_nothing(self, which: str, request: pytest.FixtureRequest) -> None:
        server: Server = request.getfixturevalue(which)
        assert ask(server, k=24, diversity=0.0) == ask(server, k=24)

    def test_the_best_stays_first_and_shorter_lists_are_beginnings(self, server: Server) -> None:
        whole = ask(server, k=24, diversity=0.6)
        assert whole[0] == ask(server, k=1)[0]
        assert whole != ask(server, k=24)
        assert sorted(whole) == sorted(ask(server, k=24))
        for k in (1, 3, 10):
            assert ask(server, k=k, diversity=0.6) == whole[:k]

    def test_lists_become_more_diverse(self, server: Server) -> None:
        def likeness(products: tuple[str, ...]) -> float:
            rows = server.rows_with_vectors(products)
            assert server.ranker is not None
            vectors = server.ranker.unit_vectors(rows)
            return float((vectors @ vectors.T).mean())

        values = [likeness(ask(server, k=6, diversity=d)) for d in (0.0, 0.5, 1.0)]
        assert values[2] < values[0]
        assert values[1] <= values[0] + 1e-6

    def test_against_the_definition(self, server: Server) -> None:
        plain = server.recommend(Request("scene", scene="studio-002", k=24))
        assert plain.scores is not None
        assert server.ranker is not None
        vectors = server.ranker.unit_vectors(server.rows_with_vectors(plain.products))
        exact = vectors.astype(float)
        order = greedy(list(plain.scores), (exact @ exact.T).tolist(), 0.3)
        response = server.recommend(Request("scene", scene="studio-002", k=24, diversity=0.3))
        assert list(response.products) == [plain.products[place] for place in order]
        assert response.scores == tuple(plain.scores[place] for place in order)
        assert response.regions == tuple((plain.regions or ())[place] for place in order)

    def test_similar_products_too(self, server: Server) -> None:
        plain = server.recommend(Request("similar", product="product-004", k=23))
        diverse = server.recommend(Request("similar", product="product-004", k=23, diversity=0.7))
        assert sorted(plain.products) == sorted(diverse.products)
        assert plain.products != diverse.products
        assert plain.products[0] == diverse.products[0]

    def test_an_empty_list(self, server: Server) -> None:
        assert ask(server, diversity=0.5, min_price=1e9) == ()

    def test_only_the_pool_is_reordered(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert POOL == 100
        monkeypatch.setattr("recsys.serving.ranker.POOL", 6)
        plain, diverse = ask(server, k=24), ask(server, k=24, diversity=1.0)
        assert sorted(plain[:6]) == sorted(diverse[:6])
        assert plain[:6] != diverse[:6]
        assert plain[6:] == diverse[6:]
        assert ask(server, k=3, diversity=1.0) == diverse[:3]

    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_many_lists_at_once_are_those_lists(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        """What an audit counts is what the shop shows."""
        server: Server = request.getfixturevalue(which)
        ranker, table = server.ranker, server.table
        assert ranker is not None
        assert table is not None
        assert table.scenes is not None
        everything = np.ones(len(server.catalog.products), np.bool_)
        scenes = np.asarray(table.scenes)
        pools = list(ranker.rank_for_scenes(scenes, everything, POOL))
        found = mmr(
            np.stack([ranked.rows for ranked in pools]),
            np.stack([ranked.scores for ranked in pools if ranked.scores is not None]),
            ranker.unit_vectors(np.arange(len(everything))),
            0.4,
            7,
            lengths_count=table.score == "dot",
        )
        for vectors, rows in zip(scenes, found, strict=True):
            query = Query(vectors, ())
            alone = ranker.rank_for_scene(query, everything, 7, diversity=0.4)
            assert alone.rows.tolist() == rows.tolist()
