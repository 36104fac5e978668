from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.retrieval.corrections import NAMES, STRENGTHS, Bank, Correction, fit
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.retrieval.topk import top_k
from recsys.serving import scoring
from recsys.serving.request import Request
from recsys.serving.scoring import Scorings
from recsys.serving.server import Server
from tests.support.fake_model import FakeModel
from tests.support.planted import TEST_SCENES

TRAIN = frozenset({"studio-000", "studio-001", "studio-003", "studio-004"})


@pytest.fixture
def trained(planted: Catalog, planted_table: EmbeddingTable) -> Server:
    return Server(planted, FakeModel(scenes_seen=TRAIN), planted_table)


def ask(server: Server, scoring: Correction | None, scene: str = "studio-005") -> Any:
    return server.recommend(Request("scene", scene=scene, k=24, scoring=scoring))


def ordered(server: Server, scoring: Correction | None) -> Any:
    """A list as products and scores, without the scoring's name."""
    response = ask(server, scoring)
    return response.products, response.scores


def test_cosine_changes_nothing_where_that_is_served(server: Server, dot_server: Server) -> None:
    assert ordered(server, Correction("cosine")) == ordered(server, None)
    assert ordered(dot_server, Correction("dot")) == ordered(dot_server, None)


@pytest.mark.parametrize("name", ["popularity", "nnn", "inverted-softmax"])
def test_strength_zero_changes_nothing(server: Server, dot_server: Server, name: Any) -> None:
    for one in (server, dot_server):
        assert ordered(one, Correction(name, 0)) == ordered(one, None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["server", "dot_server", "plain_server"])
def test_every_correction_gives_a_whole_list(
    which: str, name: Any, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(which)
    response = ask(server, Correction(name))
    assert sorted(response.products) == [item.id for item in server.catalog.products]
    assert response.scores is not None
    assert np.isfinite(response.scores).all()


def test_the_bank_is_training_scenes_without_their_own_pairs(
    trained: Server, planted: Catalog, planted_table: EmbeddingTable
) -> None:
    """The same list as from the parts, put together by hand."""
    names = sorted(TRAIN)
    assert planted_table.scenes is not None
    places = [planted_table.scene_ids.index(name) for name in names]
    pairs = [
        (position, int(product))
        for position, name in enumerate(names)
        for product in planted.products_of(planted.scene_row(name))
    ]
    bank = Bank(
        np.asarray(planted_table.scenes[places]),
        np.array([scene for scene, _ in pairs]),
        np.array([product for _, product in pairs]),
    )
    for correction in (Correction("nnn", 0.7), Correction("inverted-softmax", 5)):
        fitted = fit(correction, planted_table.products, None, bank, score="cosine", tau=200.0)
        row = planted_table.scene_ids.index("studio-005")
        expected = top_k(
            planted_table.scenes[row][None],
            planted_table.products,
            24,
            score="cosine",
            tau=200.0,
            scale=fitted.scale,
            offset=fitted.offset,
        )
        response = ask(trained, correction)
        rows = [planted.product_row(product) for product in response.products]
        assert rows == expected.rows[0].tolist()


def test_no_test_scene_is_in_the_bank_of_a_model_trained_elsewhere(
    planted: Catalog, planted_table: EmbeddingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    inside = EmbeddingTable.scene_vectors

    def spy(self: EmbeddingTable, rows: Any, *rest: Any) -> Any:
        seen.append([self.scene_ids[row] for row in rows])
        return inside(self, rows, *rest)

    monkeypatch.setattr(EmbeddingTable, "scene_vectors", spy)
    server = Server(planted, FakeModel(), planted_table)
    ask(server, Correction("nnn"))
    ask(server, Correction("nnn", 1))
    assert len(seen) == 1
    assert len(seen[0]) > 3
    assert not set(seen[0]) & set(TEST_SCENES)
    monkeypatch.setattr(scoring, "BANK_SCENES", 3)
    ask(Server(planted, FakeModel(), planted_table), Correction("nnn"))
    assert len(seen[1]) == 3


def test_popularity_pushes_frequent_products_down(trained: Server, planted: Catalog) -> None:
    counts = trained.popularity
    lists = [ask(trained, scoring).products for scoring in (None, Correction("popularity", 1))]
    frequent = [item.id for row, item in enumerate(planted.products) if counts[row] > 1]
    places = [sum(products.index(name) for name in frequent) for products in lists]
    assert places[1] > places[0]


def test_what_was_fitted_is_remembered(trained: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Correction] = []

    def counting(correction: Correction, *rest: Any, **named: Any) -> Any:
        calls.append(correction)
        return fit(correction, *rest, **named)

    monkeypatch.setattr(scoring, "fit", counting)
    for _ in range(3):
        for name in STRENGTHS:
            ask(trained, Correction(name))
    assert len(calls) == len(STRENGTHS)


def test_a_bank_of_nothing(planted: Catalog, planted_table: EmbeddingTable) -> None:
    bare = EmbeddingTable(
        planted_table.folder,
        planted_table.products,
        np.empty((0, 6, 3), np.float32),
        planted_table.product_ids,
        (),
        planted_table.meta,
    )
    scorings = Scorings(planted, FakeModel(), bare, lambda: np.zeros(24, np.int64))
    with pytest.raises(RequestError, match="scoring: this correction compares with training"):
        scorings.fitted(Correction("nnn"))
    assert scorings.fitted(Correction("cosine")) is not None
    assert scorings.fitted(None) is None


def test_together_with_everything_else(trained: Server) -> None:
    request = Request(
        "scene",
        scene="studio-005",
        k=5,
        scoring=Correction("nnn"),
        focus=(0, 0, 1, 0.5),
        liked=("product-001",),
        disliked=("product-002",),
        diversity=0.4,
        min_price=11,
        categories=("Plain", "Dotted"),
        exclude=("product-004",),
    )
    response = trained.recommend(request)
    assert len(response.products) == 5
    assert not {"product-000", "product-002", "product-004"} & set(response.products)
    assert response == trained.recommend(request)
