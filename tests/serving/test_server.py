from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.catalog import Catalog
from recsys.catalog.images import decode_image
from recsys.catalog.stl import read_stl
from recsys.errors import RequestError, StaleError
from recsys.retrieval.corrections import Correction
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.ranker import Ranked
from recsys.serving.server import Request, Response, Server, _check_rules
from recsys.workspace import Workspace
from tests.retrieval import oracles
from tests.support.fake_model import FakeModel
from tests.support.planted import planted_pairs, planted_products, write_planted

REQUESTS: dict[str, dict[str, Any]] = {
    "random": {"kind": "random", "seed": 7},
    "popular": {"kind": "popular"},
    "scene": {"kind": "scene", "scene": "studio-003"},
    "similar": {"kind": "similar", "product": "product-004"},
}


def ask(server: Server, **arguments: Any) -> Response:
    return server.recommend(Request(**arguments))


@pytest.mark.parametrize("name", REQUESTS)
class TestEveryKind:
    """The contract of a list, whoever ranks it."""

    @pytest.mark.parametrize("k", [1, 3, 10, 24, 10**6])
    def test_unique_known_ids_at_most_k(self, server: Server, name: str, k: int) -> None:
        response = ask(server, **REQUESTS[name], k=k)
        assert len(response.products) == min(k, response.candidates)
        assert len(set(response.products)) == len(response.products)
        assert all(server.catalog.has_product(product) for product in response.products)
        assert response.candidates == (23 if name == "similar" else 24)
        assert response.k == k

    def test_deterministic(self, server: Server, planted: Catalog, name: str) -> None:
        again = Server(planted, FakeModel(), server.table)
        assert ask(server, **REQUESTS[name]) == ask(server, **REQUESTS[name])
        assert ask(server, **REQUESTS[name]) == ask(again, **REQUESTS[name])

    def test_a_longer_list_begins_with_the_shorter(self, server: Server, name: str) -> None:
        whole = ask(server, **REQUESTS[name], k=100).products
        for k in (1, 5, 20):
            assert ask(server, **REQUESTS[name], k=k).products == whole[:k]

    def test_a_filter_leaves_the_order_of_what_it_lets_through(
        self, server: Server, name: str
    ) -> None:
        whole = ask(server, **REQUESTS[name], k=100).products
        category = {product.id: product.category for product in planted_products()}
        kept = [product for product in whole if category[product] == "Planted|Striped"]
        response = ask(server, **REQUESTS[name], k=4, category="striped")
        assert list(response.products) == kept[:4]
        assert response.candidates == len(kept)

    def test_a_category_holds_what_is_below_it(self, server: Server, name: str) -> None:
        response = ask(server, **REQUESTS[name], k=100, category="Plain")
        category = {product.id: product.category for product in planted_products()}
        found = {category[product] for product in response.products}
        assert found == {"Planted|Plain", "Planted|Plain|Small"}

    def test_scores_descend_and_items_agree(self, server: Server, name: str) -> None:
        response = ask(server, **REQUESTS[name], k=24)
        assert [item.product for item in response.items] == list(response.products)
        assert [item.rank for item in response.items] == list(range(1, len(response.items) + 1))
        scores = [item.score for item in response.items]
        if name == "random":
            assert set(scores) == {None}
        else:
            assert scores == sorted(scores, reverse=True)
            assert all(np.isfinite(score) for score in scores)

    def test_json(self, server: Server, name: str) -> None:
        response = ask(server, **REQUESTS[name], k=5)
        record = json.loads(json.dumps(response.to_json(), allow_nan=False))
        assert record["products"] == list(response.products)
        assert len(record["scores"]) == 5
        assert all((score is None) == (name == "random") for score in record["scores"])
        assert record["scene"] == ("studio-003" if name == "scene" else None)
        assert record["kind"] == name
        assert record["model"] == ("fake" if name in ("scene", "similar") else None)
        assert record["scoring"] == ("model" if name == "scene" else None)

    def test_an_unknown_category(self, server: Server, name: str) -> None:
        with pytest.raises(RequestError, match="no category 'Hats'"):
            ask(server, **REQUESTS[name], category="Hats")


class TestScene:
    def test_finds_what_the_photo_shows(self, server: Server) -> None:
        for scene, shown in planted_pairs().items():
            response = ask(server, kind="scene", scene=scene, k=len(shown))
            assert set(response.products) == set(shown)

    def test_says_where(self, server: Server) -> None:
        shown = planted_pairs()["studio-003"]
        response = ask(server, kind="scene", scene="studio-003", k=len(shown))
        for item in response.items:
            row, column = divmod(shown.index(item.product), 2)
            expected = (column / 2, row / 3, (column + 1) / 2, (row + 1) / 3)
            assert item.reason.region == pytest.approx(expected, abs=1e-6)

    def test_by_id_by_file_and_in_a_batch(self, server: Server) -> None:
        batch = server.recommend_scenes(range(12), k=24)
        for scene, together in zip(server.catalog.scenes, batch, strict=True):
            assert scene.image is not None
            by_id = ask(server, kind="scene", scene=scene.id, k=24)
            by_file = ask(server, kind="scene", image=decode_image(scene.image), k=24)
            assert by_id.products == by_file.products == together.products
            assert by_id.scores == by_file.scores == together.scores
            assert together.scene == by_id.scene == scene.id
            assert by_file.scene is None
            assert by_id.regions == by_file.regions

    def test_a_look_is_embedded_once(self, planted: Catalog, server: Server) -> None:
        model = FakeModel()
        server = Server(planted, model, server.table)
        image = np.random.default_rng(0).integers(0, 255, (50, 40, 3), np.uint8)
        for _ in range(3):
            ask(server, kind="scene", scene="studio-001")
            ask(server, kind="scene", image=image)
        assert model.scenes_embedded == 2
        ask(server, kind="scene", image=image[::-1])
        # The same bytes in another shape are another photo.
        ask(server, kind="scene", image=image.reshape(40, 50, 3))
        assert model.scenes_embedded == 4

    def test_regions_are_places_on_the_photo_not_on_its_canvas(self, server: Server) -> None:
        # A wide photo fills just the middle row of cells of the tall canvas.
        image = np.full((40, 80, 3), 128, np.uint8)
        boxes = server.look(Request("scene", image=image)).boxes
        assert boxes[:2] == boxes[4:] == (None, None)
        assert boxes[2] == pytest.approx((0, 0, 0.5, 1), abs=1e-6)
        assert boxes[3] == pytest.approx((0.5, 0, 1, 1), abs=1e-6)
        # A square one: the outer cells show a quarter of their height.
        boxes = server.look(Request("scene", image=image[:, :40])).boxes
        assert boxes[0] == pytest.approx((0, 0, 0.5, 0.25), abs=1e-6)
        assert boxes[5] == pytest.approx((0.5, 0.75, 1, 1), abs=1e-6)

    def test_a_plain_tower_tells_no_region(self, planted: Catalog, tmp_path: Path) -> None:
        model = FakeModel(region_grid=(1, 1))
        table = EmbeddingTable.build(model, planted, Workspace(tmp_path), tmp_path / "table")
        server = Server(planted, model, table)
        response = ask(server, kind="scene", scene="studio-000")
        assert {item.reason.region for item in response.items} == {None}

    @pytest.mark.parametrize("damage", ["missing", "broken"])
    def test_without_a_readable_picture(self, tmp_path: Path, damage: str) -> None:
        folder = write_planted(tmp_path / "planted")
        path = folder / "images" / "studio-004.png"
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:100])
        catalog = read_stl(folder, "planted")
        table = EmbeddingTable.build(FakeModel(), catalog, Workspace(tmp_path), tmp_path / "table")
        server = Server(catalog, FakeModel(), table)
        with pytest.raises(RequestError, match="studio-004"):
            ask(server, kind="scene", scene="studio-004")
        responses = list(server.recommend_scenes(range(12), k=3))
        assert len(responses) == 11
        assert server.scenes_without_picture == ("studio-004",)
        assert "studio-004" not in {response.scene for response in responses}

    def test_an_unknown_scene(self, server: Server) -> None:
        with pytest.raises(RequestError, match="no scene 'studio-999'"):
            ask(server, kind="scene", scene="studio-999")


class TestBatch:
    def test_order_filter_and_repeats(self, server: Server) -> None:
        responses = list(server.recommend_scenes([5, 0, 5], k=3, category="Dotted"))
        assert [response.scene for response in responses] == [
            "studio-005",
            "studio-000",
            "studio-005",
        ]
        assert responses[0] == responses[2]
        alone = ask(server, kind="scene", scene="studio-000", k=3, category="Dotted")
        assert responses[1].products == alone.products
        assert responses[1].candidates == alone.candidates == 6

    @pytest.mark.parametrize("scoring", [None, "model", Correction("nnn"), Correction("qb-norm")])
    def test_a_scoring_as_one_by_one(self, server: Server, scoring: Any) -> None:
        for scene, together in zip(
            server.catalog.scenes,
            server.recommend_scenes(range(12), 5, scoring=scoring),
            strict=True,
        ):
            alone = ask(server, kind="scene", scene=scene.id, k=5, scoring=scoring)
            assert together.products == alone.products
            assert together.scores == alone.scores
            assert together.scoring == alone.scoring

    def test_more_scenes_than_one_round(self, server: Server) -> None:
        rows = [row % 12 for row in range(150)]
        responses = list(server.recommend_scenes(rows, k=2))
        assert [response.scene for response in responses] == [f"studio-{row:03d}" for row in rows]

    def test_no_scenes(self, server: Server) -> None:
        assert list(server.recommend_scenes([], k=3)) == []

    def test_what_is_refused_before_the_first_response(
        self, server: Server, bare_server: Server
    ) -> None:
        with pytest.raises(RequestError, match="k is a whole number"):
            server.recommend_scenes([0], k=0)
        with pytest.raises(RequestError, match="from 0 to 11"):
            server.recommend_scenes([12], k=1)
        with pytest.raises(RequestError, match="no category"):
            server.recommend_scenes([0], k=1, category="Hats")
        with pytest.raises(RequestError, match="no model is live"):
            bare_server.recommend_scenes([0], k=1)


class TestSimilar:
    def test_nearest_colour_first_and_never_itself(
        self, server: Server, planted_table: EmbeddingTable
    ) -> None:
        vectors = planted_table.products
        exact = [oracles.similarity(vector, vectors[12], "cosine") for vector in vectors]
        others = [row != 12 for row in range(24)]
        for k in (1, 5, 23):
            products = ask(server, kind="similar", product="product-012", k=k).products
            rows = [server.catalog.product_row(product) for product in products]
            assert oracles.is_top_k(rows, exact, others, k, within=1e-6)

    def test_always_by_cosine(self, planted: Catalog, server: Server, tmp_path: Path) -> None:
        model = FakeModel(score="dot", fingerprint="by-dot")
        table = EmbeddingTable.build(model, planted, Workspace(tmp_path), tmp_path / "table")
        by_dot = Server(planted, model, table)
        request = Request("similar", product="product-005", k=23)
        assert by_dot.recommend(request).products == server.recommend(request).products
        assert max(by_dot.recommend(request).scores or ()) <= 1 + 1e-6

    def test_a_product_without_a_picture(self, tmp_path: Path) -> None:
        folder = write_planted(tmp_path / "planted")
        (folder / "images" / "product-004.png").unlink()
        catalog = read_stl(folder, "planted")
        table = EmbeddingTable.build(FakeModel(), catalog, Workspace(tmp_path), tmp_path / "table")
        server = Server(catalog, FakeModel(), table)
        with pytest.raises(RequestError, match="product-004 has no readable picture"):
            ask(server, kind="similar", product="product-004")
        # Rows of the table and of the catalogue now differ; what ranks must not mix them up.
        for scene, shown in planted_pairs().items():
            wanted = set(shown) - {"product-004"}
            response = ask(server, kind="scene", scene=scene, k=len(wanted))
            assert set(response.products) == wanted
            assert response.candidates == 23
        similar = ask(server, kind="similar", product="product-005", k=100).products
        assert len(similar) == 22
        assert not {"product-004", "product-005"} & set(similar)
        # Neither random nor popular needs vectors.
        assert "product-004" in ask(server, kind="random", k=100).products
        assert "product-004" in ask(server, kind="popular", k=100).products

    def test_an_unknown_product(self, server: Server) -> None:
        with pytest.raises(RequestError, match="no product 'product-999'"):
            ask(server, kind="similar", product="product-999")


class TestWithoutAModel:
    @pytest.mark.parametrize("name", ["scene", "similar"])
    def test_says_how_to_get_one(self, bare_server: Server, name: str) -> None:
        with pytest.raises(RequestError, match="no model is live") as caught:
            ask(bare_server, **REQUESTS[name])
        assert "recsys train --data planted" in caught.value.remedy
        assert "recsys promote" in caught.value.remedy

    def test_an_empty_catalogue_answers_with_nothing(self) -> None:
        empty = np.empty(0, np.int32)
        server = Server(Catalog("empty", [], [], empty, empty, np.empty((0, 4), np.float32)))
        for kind in ("random", "popular"):
            response = ask(server, kind=kind)
            assert response.products == ()
            assert response.candidates == 0

    def test_a_model_needs_its_table(self, planted: Catalog, planted_table: EmbeddingTable) -> None:
        with pytest.raises(ValueError, match="a model and its table"):
            Server(planted, FakeModel(), None)
        with pytest.raises(StaleError, match="the model changed"):
            Server(planted, FakeModel(fingerprint="retrained"), planted_table)


def test_requests_and_responses_cannot_be_changed(server: Server) -> None:
    request = Request("random")
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.k = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        server.recommend(request).k = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rows", "scores", "message"),
    [
        ([0, 1, 2], None, "for k = 2"),
        ([0, 3], None, "not in the running"),
        ([-1], None, "not in the running"),
        ([1, 1], None, "twice"),
        ([0, 1], [1.0, 2.0], "descending"),
        ([0], [np.nan], "finite"),
        ([0, 1], [1.0], "one a product"),
    ],
)
def test_a_broken_ranker_is_caught(rows: list[int], scores: Any, message: str) -> None:
    allowed = np.array([True, True, True, False])
    ranked = Ranked(np.array(rows), None if scores is None else np.array(scores, np.float32))
    with pytest.raises(RuntimeError, match=message):
        _check_rules(ranked, allowed, k=2)


def test_photos_of_any_size_are_taken(server: Server, tmp_path: Path) -> None:
    for size in ((1, 1), (3000, 2), (2, 3000), (500, 700)):
        path = tmp_path / "photo.png"
        Image.new("RGB", size, (200, 30, 30)).save(path)
        response = ask(server, kind="scene", image=decode_image(path), k=3)
        assert len(response.products) == 3
