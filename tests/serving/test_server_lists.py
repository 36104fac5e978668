"""Popular and random lists."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from recsys.catalog.catalog import Catalog
from recsys.catalog.stl import read_stl
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Request, Response, Server
from tests.support.fake_model import FakeModel
from tests.support.planted import planted_pairs, planted_products, write_planted


def ask(server: Server, **arguments: Any) -> Response:
    return server.recommend(Request(**arguments))


class TestPopular:
    @staticmethod
    def expected(scenes: set[str] | None) -> list[tuple[str, int]]:
        count: Counter[str] = Counter()
        for scene, shown in planted_pairs().items():
            if scenes is None or scene in scenes:
                count.update(shown)
        ids = [product.id for product in planted_products()]
        return sorted(((name, count[name]) for name in ids), key=lambda pair: (-pair[1], pair[0]))

    def test_counts_all_pairs_without_a_model(self, bare_server: Server) -> None:
        response = ask(bare_server, kind="popular", k=24)
        found = [(item.product, item.reason.count) for item in response.items]
        assert found == self.expected(None)
        assert [item.score for item in response.items] == [count for _, count in found]

    def test_counts_training_scenes_only_with_one(
        self, planted: Catalog, planted_table: EmbeddingTable
    ) -> None:
        seen = {"studio-001", "studio-004", "studio-010"}
        server = Server(planted, FakeModel(scenes_seen=frozenset(seen)), planted_table)
        response = ask(server, kind="popular", k=24)
        found = [(item.product, item.reason.count) for item in response.items]
        assert found == self.expected(seen)

    def test_a_model_trained_elsewhere_counts_all(
        self, planted: Catalog, planted_table: EmbeddingTable
    ) -> None:
        model = FakeModel(scenes_seen=frozenset({"of", "another", "catalogue"}))
        response = ask(Server(planted, model, planted_table), kind="popular", k=24)
        assert list(response.products) == [name for name, _ in self.expected(None)]

    def test_without_pairs_by_id(self, tmp_path: Path) -> None:
        server = Server(read_stl(write_planted(tmp_path / "bare", scenes=0), "bare"))
        response = ask(server, kind="popular", k=100)
        assert list(response.products) == [product.id for product in planted_products()]
        assert {item.reason.count for item in response.items} == {0}


class TestRandom:
    def test_seeds_differ(self, bare_server: Server) -> None:
        lists = {ask(bare_server, kind="random", seed=seed, k=24).products for seed in range(20)}
        assert len(lists) == 20

    def test_every_product_comes_first_about_equally_often(self, bare_server: Server) -> None:
        firsts = Counter(
            ask(bare_server, kind="random", seed=seed, k=1).products[0] for seed in range(2400)
        )
        assert len(firsts) == 24
        assert 60 < min(firsts.values()) <= max(firsts.values()) < 145  # 100 expected, σ = 10

    def test_the_shuffle_of_seed_zero_stays(self, bare_server: Server) -> None:
        # Links to a shuffled view carry the seed, so its order must not change unnoticed.
        first = ask(bare_server, kind="random", k=4).products
        assert first == ("product-018", "product-004", "product-021", "product-010")
