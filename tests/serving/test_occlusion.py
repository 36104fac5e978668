from __future__ import annotations

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.images import fit_image
from recsys.errors import RequestError
from recsys.learning.bundle import load_model
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.occlusion import PATCHES, grid_for, occlusion_map
from recsys.serving.request import Request
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.retrieval import oracles
from tests.support.planted import planted_pairs
from tests.support.tiny_bundle import write_bundle

SCENE = Request("scene", scene="studio-003")
SHOWN = planted_pairs()["studio-003"]


@pytest.fixture(scope="module")
def real(planted: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Towers with their first weights, 48 × 32: anything that depends on pixels shows."""
    home = tmp_path_factory.mktemp("real")
    model = load_model(write_bundle(home / "tiny"))
    table = EmbeddingTable.build(model, planted, Workspace(home), home / "table")
    return Server(planted, model, table)


def test_the_score_falls_where_the_product_is(dot_server: Server) -> None:
    for position, product in enumerate(SHOWN):
        found = occlusion_map(dot_server, SCENE, product)
        assert found.drops.shape == (12, 8)
        y, x = np.unravel_index(int(found.drops.argmax()), found.drops.shape)
        left, top, right, bottom = found.boxes[int(y) * 8 + int(x)]
        row, column = divmod(position, 2)
        assert column / 2 <= (left + right) / 2 <= (column + 1) / 2
        assert row / 3 <= (top + bottom) / 2 <= (row + 1) / 3
        assert found.levels.max() == 1
        assert found.levels.min() == 0


def test_against_one_photo_at_a_time(real: Server) -> None:
    """Every patch hidden by hand, embedded alone, scored in plain Python."""
    found = occlusion_map(real, SCENE, "product-005")
    rows, columns = found.drops.shape
    assert real.model is not None
    assert real.table is not None
    canvas = fit_image(real.photo(SCENE), 48, 32, fill=128)
    product = real.table.products[5].tolist()

    def score(image: np.ndarray) -> float:
        assert real.model is not None
        vectors = real.model.embed_scenes(image[None])[0].tolist()
        return oracles.pooled(vectors, product, "cosine", real.model.tau)

    assert found.score == pytest.approx(score(canvas), abs=1e-4)
    for y, x in ((0, 0), (5, 3), (11, 7), (3, 7)):
        hidden = canvas.copy()
        top, left = (y + 0.5) * 48 / rows, (x + 0.5) * 32 / columns
        half_y, half_x = 0.75 * 48 / rows, 0.75 * 32 / columns
        hidden[
            max(0, round(top - half_y)) : round(top + half_y),
            max(0, round(left - half_x)) : round(left + half_x),
        ] = 128
        assert found.drops[y, x] == pytest.approx(score(canvas) - score(hidden), abs=1e-4)


def test_grey_on_grey_changes_nothing(real: Server) -> None:
    grey = np.full((60, 40, 3), 128, np.uint8)
    found = occlusion_map(real, Request("scene", image=grey), "product-000")
    assert np.abs(found.drops).max() < 1e-4
    assert occlusion_map(real, Request("scene", image=grey), "product-000").levels.max() <= 1


@pytest.mark.parametrize("size", [(120, 80), (80, 120), (100, 100), (10, 300), (300, 10), (1, 1)])
def test_cells_tile_the_photo(real: Server, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    found = occlusion_map(real, Request("scene", image=image), "product-000")
    rows, columns = found.drops.shape
    assert rows * columns <= PATCHES
    assert np.isfinite(found.drops).all()
    assert found.boxes[0][:2] == (0, 0)
    assert found.boxes[-1][2:] == (1, 1)
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in found.boxes)
    assert area == pytest.approx(1)


def test_the_grid_follows_the_photo() -> None:
    assert grid_for(240, 160) == (12, 8)
    assert grid_for(160, 240) == (8, 12)
    for height in (1, 20, 333, 2048):
        for width in (1, 50, 777, 2048):
            rows, columns = grid_for(height, width)
            assert rows >= 2
            assert columns >= 2
            assert PATCHES // 2 < rows * columns <= PATCHES


def test_focus_and_likes(dot_server: Server, plain_server: Server) -> None:
    focus = (0.0, 0.0, 0.5, 1 / 3)
    request = Request("scene", scene="studio-003", focus=focus)
    found = occlusion_map(dot_server, request, SHOWN[0])
    outside = [index for index, box in enumerate(found.boxes) if box[0] >= 0.6 or box[1] >= 0.5]
    assert (found.drops.reshape(-1)[outside] == 0).all()
    # A photo seen as a whole: the cells lie in the focus.
    found = occlusion_map(plain_server, request, SHOWN[0])
    assert found.boxes[0][:2] == (0, 0)
    assert found.boxes[-1][2:] == pytest.approx((0.5, 1 / 3))
    liked = Request("scene", scene="studio-003", liked=(SHOWN[1],))
    assert occlusion_map(dot_server, liked, SHOWN[0]).score != pytest.approx(
        occlusion_map(dot_server, SCENE, SHOWN[0]).score
    )


def test_one_batch(real: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    inside = real.model.embed_scenes_together  # type: ignore[union-attr]

    def counting(pixels: np.ndarray) -> np.ndarray:
        calls.append(pixels.shape)
        return inside(pixels)

    monkeypatch.setattr(real.model, "embed_scenes_together", counting)
    for size in ((120, 80), (50, 90), (7, 7)):
        occlusion_map(real, Request("scene", image=np.zeros((*size, 3), np.uint8)), "product-000")
    assert calls == [(PATCHES + 1, 48, 32, 3)] * 3


def test_together_is_one_by_one_within_rounding(real: Server) -> None:
    assert real.model is not None
    pixels = np.random.default_rng(0).integers(0, 255, (5, 48, 32, 3), np.uint8)
    alone = real.model.embed_scenes(pixels)
    together = real.model.embed_scenes_together(pixels)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    with pytest.raises(ValueError, match="expected uint8"):
        real.model.embed_scenes_together(pixels[:, :-1])


def test_refused(server: Server, bare_server: Server) -> None:
    with pytest.raises(RequestError, match="no product 'nobody'"):
        occlusion_map(server, SCENE, "nobody")
    with pytest.raises(RequestError, match="found random"):
        occlusion_map(server, Request("random"), "product-000")
    with pytest.raises(RequestError, match="no model is live"):
        occlusion_map(bare_server, SCENE, "product-000")
