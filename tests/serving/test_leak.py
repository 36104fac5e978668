from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.serving.leak import known_boxes, leak_test, without_box
from recsys.serving.request import Request
from recsys.serving.server import Server
from tests.support.planted import GROUND, planted_box, planted_pairs


def scene(name: str, k: int = 24) -> Request:
    return Request("scene", scene=name, k=k)


class TestLeakTest:
    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_three_lists_and_three_ranks(self, which: str, request: pytest.FixtureRequest) -> None:
        server: Server = request.getfixturevalue(which)
        product = planted_pairs()["studio-003"][0]
        test = leak_test(server, scene("studio-003"), product)
        assert [arm.name for arm in test.arms] == ["whole", "without", "only"]
        assert test.box == pytest.approx(planted_box(0), abs=1e-5)
        for arm in test.arms:
            assert arm.rank is not None
            assert arm.response.products[arm.rank - 1] == product
            asked = Request("scene", image=arm.image, k=24)
            assert arm.response.products == server.recommend(asked).products
        assert test.whole.response == server.recommend(scene("studio-003"))
        assert test.only.rank == 1

    def test_a_model_that_matches_pixels_needs_the_product(self, server: Server) -> None:
        """The planted answer: with its patch gone, nothing of a product's colour is left."""
        ranks = []
        for name, shown in planted_pairs().items():
            for product in shown:
                test = leak_test(server, scene(name), product)
                assert test.whole.rank is not None
                assert test.without.rank is not None
                assert test.whole.rank <= len(shown)
                ranks.append((test.whole.rank, test.without.rank))
        assert sum(after for _, after in ranks) > 2 * sum(before for before, _ in ranks)

    def test_the_product_is_cut_out(self, server: Server) -> None:
        product = planted_pairs()["studio-003"][1]
        test = leak_test(server, scene("studio-003"), product)
        assert test.whole.image.shape == test.without.image.shape == (120, 80, 3)
        left, top, right, bottom = (
            round(side * size) for side, size in zip(test.box, (80, 120, 80, 120), strict=True)
        )
        assert test.only.image.shape == (bottom - top, right - left, 3)
        np.testing.assert_array_equal(test.only.image, test.whole.image[top:bottom, left:right])
        assert (test.without.image[top:bottom, left:right] == GROUND).all()
        outside = np.ones((120, 80), bool)
        outside[top:bottom, left:right] = False
        np.testing.assert_array_equal(test.without.image[outside], test.whole.image[outside])

    def test_filters_hold_and_focus_does_not(self, server: Server) -> None:
        product = planted_pairs()["studio-003"][0]
        row = server.catalog.product_row(product)
        price = server.catalog.products[row].price
        assert price is not None
        asked = dataclasses.replace(scene("studio-003", 5), focus=(0, 0, 0.1, 0.1))
        assert (
            leak_test(server, asked, product).whole.response
            == leak_test(server, scene("studio-003", 5), product).whole.response
        )
        test = leak_test(server, dataclasses.replace(asked, min_price=price + 1), product)
        assert [arm.rank for arm in test.arms] == [None] * 3
        assert all(product not in arm.response.products for arm in test.arms)

    def test_refused(self, server: Server, bare_server: Server) -> None:
        shown = planted_pairs()["studio-003"]
        stranger = next(
            item.id for item in server.catalog.products if item.id not in shown
        )  # fmt: skip
        with pytest.raises(RequestError, match=f"has no box of the product '{stranger}'"):
            leak_test(server, scene("studio-003"), stranger)
        with pytest.raises(RequestError, match="no scene 'nowhere'"):
            leak_test(server, scene("nowhere"), shown[0])
        image = np.zeros((4, 4, 3), np.uint8)
        with pytest.raises(RequestError, match="needs a scene of the data set"):
            leak_test(server, Request("scene", image=image), shown[0])
        with pytest.raises(RequestError, match="no model is live"):
            leak_test(bare_server, scene("studio-003"), shown[0])


def test_known_boxes(planted: Catalog) -> None:
    for name, shown in planted_pairs().items():
        expected = {product: planted_box(place) for place, product in enumerate(shown)}
        found = known_boxes(planted, name)
        assert set(found) == set(expected)
        assert list(found) == sorted(found)
        for product, box in found.items():
            assert box == pytest.approx(expected[product], abs=1e-5)


def test_pairs_without_a_box(planted: Catalog) -> None:
    boxes = planted.pair_box.copy()
    boxes[:] = np.nan
    bare = Catalog(
        "bare", planted.products, planted.scenes, planted.pair_scene, planted.pair_product, boxes
    )
    assert known_boxes(bare, "studio-003") == {}


class TestWithoutBox:
    def test_is_filled_with_the_mean_of_what_is_around(self) -> None:
        rng = np.random.default_rng(0)
        image = rng.integers(0, 255, (40, 60, 3), np.uint8)
        found = without_box(image, (0.5, 0.5, 0.7, 0.9))  # x 30 to 42, y 20 to 36
        ring = [
            image[y, x].astype(float)
            for y in range(16, 40)
            for x in range(27, 45)
            if not (20 <= y < 36 and 30 <= x < 42)
        ]
        expected = np.round(np.mean(ring, axis=0))
        assert (found[20:36, 30:42] == expected).all()
        found[20:36, 30:42] = image[20:36, 30:42]
        np.testing.assert_array_equal(found, image)

    def test_a_box_over_everything_is_grey(self) -> None:
        image = np.full((4, 4, 3), 7, np.uint8)
        assert (without_box(image, (0, 0, 1, 1)) == 128).all()
        assert (image == 7).all()

    @pytest.mark.parametrize("box", [(0.99, 0.99, 1, 1), (0, 0, 0.001, 0.001), (0, 0.2, 1, 0.3)])
    def test_edges(self, box: tuple[float, float, float, float]) -> None:
        image = np.full((10, 10, 3), 7, np.uint8)
        assert (without_box(image, box) == 7).all()
