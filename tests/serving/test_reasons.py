from __future__ import annotations

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.reasons import heat_maps
from recsys.serving.request import Request
from recsys.serving.server import Server
from tests.retrieval import oracles
from tests.support.planted import planted_pairs

SHOWN = planted_pairs()["studio-003"]
SCENE = Request("scene", scene="studio-003", k=24)


def test_every_region_of_every_product(
    server: Server, planted: Catalog, planted_table: EmbeddingTable
) -> None:
    products = [item.id for item in planted.products]
    maps = heat_maps(server, SCENE, products)
    assert planted_table.scenes is not None
    regions = planted_table.scenes[planted_table.scene_ids.index("studio-003")]
    for row, found in enumerate(maps):
        assert found.product == products[row]
        assert found.scores.shape == (3, 2)
        exact = [
            oracles.similarity(region, planted_table.products[row], "cosine") for region in regions
        ]
        assert found.scores.reshape(-1) == pytest.approx(exact, abs=1e-6)
        assert found.boxes == server.look(SCENE).boxes
        assert found.looking_at.all()


def test_the_winner_is_the_reason_in_the_list(server: Server) -> None:
    response = server.recommend(SCENE)
    maps = heat_maps(server, SCENE, response.products)
    assert tuple(found.boxes[found.winner] for found in maps) == response.regions
    for position, product in enumerate(SHOWN):
        (found,) = heat_maps(server, SCENE, [product])
        assert found.winner == position
        assert found.levels.reshape(-1)[position] == 1
        assert found.levels.min() == 0


def test_a_focus_says_what_counts(server: Server) -> None:
    request = Request("scene", scene="studio-003", focus=(0, 0, 0.5, 1))
    (found,) = heat_maps(server, request, [SHOWN[1]])
    assert found.looking_at.tolist() == [[True, False]] * 3
    assert found.winner % 2 == 0
    (whole,) = heat_maps(server, SCENE, [SHOWN[1]])
    np.testing.assert_array_equal(found.scores, whole.scores)


def test_beside_the_photo_there_is_nothing(server: Server) -> None:
    wide = np.full((40, 80, 3), 200, np.uint8)
    (found,) = heat_maps(server, Request("scene", image=wide), ["product-000"])
    assert np.isnan(found.scores[[0, 2]]).all()
    assert np.isfinite(found.scores[1]).all()
    assert found.boxes[0] is None
    assert (found.levels[[0, 2]] == 0).all()


def test_a_plain_tower_has_one_region(plain_server: Server) -> None:
    (found,) = heat_maps(plain_server, SCENE, ["product-000"])
    assert found.scores.shape == (1, 1)
    assert found.boxes == ((0.0, 0.0, 1.0, 1.0),)
    request = Request("scene", scene="studio-003", focus=(0, 0, 0.5, 0.5))
    (found,) = heat_maps(plain_server, request, ["product-000"])
    assert found.boxes == ((0.0, 0.0, 0.5, 0.5),)


def test_likes_count(server: Server) -> None:
    liked = Request("scene", scene="studio-003", liked=("product-010",))
    (before,) = heat_maps(server, SCENE, ["product-010"])
    (after,) = heat_maps(server, liked, ["product-010"])
    shown = before.scores != 0  # a cell that shows nothing stays nothing
    assert (after.scores[shown] >= before.scores[shown] - 1e-6).all()
    assert (after.scores[shown] > before.scores[shown] + 1e-3).any()


def test_refused(server: Server, bare_server: Server) -> None:
    assert heat_maps(server, SCENE, []) == ()
    with pytest.raises(RequestError, match="no product 'nobody'"):
        heat_maps(server, SCENE, ["nobody"])
    with pytest.raises(RequestError, match="found random"):
        heat_maps(server, Request("random"), ["product-000"])
    with pytest.raises(RequestError, match="no model is live"):
        heat_maps(bare_server, SCENE, ["product-000"])
