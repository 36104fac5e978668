from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pytest

from recsys.errors import TrainingError
from recsys.learning.batches import Batch, TrainingData, make_batches
from recsys.learning.config import TrainConfig
from recsys.learning.sampling import region_weights
from tests.learning.tiny import labelled_data, tiny, tiny_book

# Scene 2 has more products than places, scene 7 a single one; product 3 is in four scenes.
PAIRS = {
    0: [0, 3],
    1: [1, 3, 5],
    2: [2, 3, 4, 5, 6],
    4: [3, 7, 8],
    5: [8, 9],
    6: [0, 9, 10],
    7: [11],
}
SCENES, PRODUCTS = 9, 14
PLAIN = tiny("augment=no")


def data_for(config: TrainConfig) -> TrainingData:
    return labelled_data(config, PAIRS, scenes=SCENES, products=PRODUCTS)


def take(data: TrainingData, config: TrainConfig, count: int) -> list[Batch]:
    batches = make_batches(data, config)
    return [next(batches) for _ in range(count)]


def scene_rows(batch: Batch) -> list[int]:
    return [int(row) for row in batch["scenes"][:, 0, 0, 0]]


def product_rows(batch: Batch, name: str = "products") -> list[int]:
    return [int(value) - 100 for value in batch[name][:, 0, 0, 0]]


def assert_same(first: Batch, second: Batch) -> None:
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


CONFIGS = [
    pytest.param(tiny(), id="in-batch"),
    pytest.param(tiny("crop_weight=0.5"), id="crops"),
    pytest.param(tiny_book(), id="book"),
    pytest.param(tiny_book("augment=yes", preset="book-fixed"), id="book-fixed"),
]


@pytest.mark.parametrize("config", CONFIGS)
class TestTheStream:
    def test_the_seed_decides_every_batch(self, config: TrainConfig) -> None:
        data = data_for(config)
        first, again = take(data, config, 5), take(data, config, 5)
        for one, other in zip(first, again, strict=True):
            assert_same(one, other)
        other_seed = take(data, dataclasses.replace(config, seed=1), 5)
        assert any(
            not np.array_equal(one["scenes"], other["scenes"])
            for one, other in zip(first, other_seed, strict=True)
        )

    @pytest.mark.parametrize("taken", [0, 1, 5])
    def test_seek_goes_on_exactly_there(self, config: TrainConfig, taken: int) -> None:
        data = data_for(config)
        stream = make_batches(data, config)
        for _ in range(taken):
            next(stream)
        position = stream.position()
        following = [next(stream) for _ in range(4)]
        fresh = make_batches(data, config)
        fresh.seek(position)
        for expected in following:
            assert_same(next(fresh), expected)

    def test_shapes_and_types_never_change(self, config: TrainConfig) -> None:
        shapes = [
            {name: (value.shape, value.dtype) for name, value in batch.items()}
            for batch in take(data_for(config), config, 5)
        ]
        assert all(shape == shapes[0] for shape in shapes)
        assert shapes[0]["scenes"][1] == np.uint8


class TestInBatch:
    def test_every_epoch_sees_every_scene_once_in_another_order(self) -> None:
        config = dataclasses.replace(PLAIN, batch_scenes=7)
        epochs = [scene_rows(batch) for batch in take(data_for(config), config, 6)]
        for epoch in epochs:
            assert sorted(epoch) == sorted(PAIRS)
        assert len({tuple(epoch) for epoch in epochs}) > 3

    def test_batches_that_do_not_divide_an_epoch_skip_no_scene(self) -> None:
        stream = [row for batch in take(data_for(PLAIN), PLAIN, 7) for row in scene_rows(batch)]
        assert Counter(stream) == dict.fromkeys(PAIRS, 4)  # 7 batches of 4 are 4 epochs of 7

    def test_products_are_the_scenes_own_each_once(self) -> None:
        for batch in take(data_for(PLAIN), PLAIN, 10):
            scenes, products = scene_rows(batch), product_rows(batch)
            assert batch["own"].tolist() == [n // 3 for n in range(12)]
            for place, scene in enumerate(scenes):
                mine = [
                    products[n] for n in range(3 * place, 3 * place + 3) if batch["weight"][n] > 0
                ]
                assert len(mine) == len(set(mine)) == min(3, len(PAIRS[scene]))
                assert set(mine) <= set(PAIRS[scene])

    def test_fillers_weigh_nothing(self) -> None:
        for batch in take(data_for(PLAIN), PLAIN, 10):
            expected = [min(3, len(PAIRS[scene])) for scene in scene_rows(batch)]
            assert batch["weight"].reshape(-1, 3).sum(axis=1).tolist() == expected
            assert (batch["box_weight"][batch["weight"] == 0] == 0).all()

    def test_a_scene_with_many_products_shows_all_in_time(self) -> None:
        seen = set()
        for batch in take(data_for(PLAIN), PLAIN, 30):
            for place, scene in enumerate(scene_rows(batch)):
                if scene == 2:
                    seen |= set(product_rows(batch)[3 * place : 3 * place + 3])
        assert seen == set(PAIRS[2])

    def test_known_holds_every_pair_of_the_catalogue(self) -> None:
        shared = 0
        for batch in take(data_for(PLAIN), PLAIN, 10):
            scenes, products = scene_rows(batch), product_rows(batch)
            for b, scene in enumerate(scenes):
                for n, product in enumerate(products):
                    assert batch["known"][b, n] == (product in PAIRS[scene])
                    shared += product in PAIRS[scene] and batch["own"][n] != b
        assert shared > 0

    def test_same_holds_equal_products_and_shared_boxes(self) -> None:
        data = data_for(PLAIN)
        boxes = data.pair_box.copy()
        pairs = list(zip(data.pair_scene.tolist(), data.pair_product.tolist(), strict=True))
        boxes[pairs.index((1, 1))] = [0.1, 0.1, 0.5, 0.5]
        boxes[pairs.index((1, 5))] = [0.1, 0.1, 0.5, 0.6]  # almost the same place as 1
        boxes[pairs.index((1, 3))] = [0.6, 0.6, 0.9, 0.9]
        data = dataclasses.replace(data, pair_box=boxes)
        found = 0
        for batch in take(data, PLAIN, 10):
            rows, scenes = product_rows(batch), scene_rows(batch)
            same = batch["same"]
            assert (same == same.T).all()
            assert same.diagonal().all()
            for i, j in np.ndindex(same.shape):
                if rows[i] == rows[j]:
                    assert same[i, j]
                elif scenes[batch["own"][i]] == scenes[batch["own"][j]] == 1:
                    assert same[i, j] == ({rows[i], rows[j]} == {1, 5})
                    found += 1
                elif batch["own"][i] != batch["own"][j]:
                    assert not same[i, j]
        assert found > 0

    def test_products_without_a_box_take_no_part_in_the_box_view(self) -> None:
        data = data_for(PLAIN)
        missing = np.isnan(data.pair_box).any(axis=1)
        boxless = set(zip(data.pair_scene[missing], data.pair_product[missing], strict=True))
        box_of = {
            (int(s), int(p)): box
            for s, p, box in zip(data.pair_scene, data.pair_product, data.pair_box, strict=True)
        }
        counted = Counter[bool]()
        for batch in take(data, PLAIN, 10):
            scenes, products = scene_rows(batch), product_rows(batch)
            for n, product in enumerate(products):
                pair = (scenes[batch["own"][n]], product)
                weight, regions = batch["box_weight"][n], batch["box_regions"][n]
                counted[pair in boxless] += 1
                if pair in boxless:
                    assert weight == 0
                    assert (regions == 0).all()
                else:
                    assert weight == batch["weight"][n]
                    expected = region_weights(box_of[pair][None], (3, 2), 1 / 3, 1 / 2)[0]
                    np.testing.assert_allclose(regions, expected, rtol=1e-6)
        assert min(counted.values()) > 0

    def test_crops_show_the_box(self) -> None:
        config = tiny("augment=no", "crop_weight=0.5")
        data = data_for(config)
        scenes = data.scenes.copy()
        scenes[:, :, :16] = 250  # the left half of every scene is bright
        boxes = np.tile(np.array([[0, 0.1, 0.3, 0.4]], np.float32), (len(data.pair_box), 1))
        boxes[1::2] = np.nan
        data = dataclasses.replace(data, scenes=scenes, pair_box=boxes)
        for batch in take(data, config, 4):
            assert batch["crops"].shape == (12, 32, 32, 3)
            with_box = batch["box_weight"] > 0
            assert (batch["crops"][with_box][:, 10:22, 10:22] == 250).all()
            real = batch["weight"] > 0
            assert (batch["crops"][real & ~with_box] == 128).all()

    def test_augmentation_changes_pictures_and_moves_boxes(self) -> None:
        config = tiny()
        data = data_for(config)
        scenes = data.scenes.copy()
        scenes[:] = 0
        scenes[:, 8:24, 4:12] = 255
        boxes = np.tile(np.array([[4 / 32, 8 / 48, 12 / 32, 24 / 48]], np.float32), (19, 1))
        data = dataclasses.replace(data, scenes=scenes, pair_box=boxes)
        pictures = set()
        for batch in take(data, config, 4):
            for n, own in enumerate(batch["own"]):
                bright = batch["scenes"][own, :, :, 0] == 255
                cells = bright.reshape(3, 16, 2, 16).sum(axis=(1, 3)).ravel()
                shares = cells / cells.sum()
                assert np.abs(shares - batch["box_regions"][n]).max() < 0.25
                pictures.add(batch["scenes"][own].tobytes())
        assert len(pictures) == 16  # never the same picture twice

    def test_a_batch_is_never_larger_than_the_data(self) -> None:
        config = dataclasses.replace(PLAIN, batch_scenes=100)
        (batch,) = take(data_for(config), config, 1)
        assert len(batch["scenes"]) == len(PAIRS)

    @pytest.mark.parametrize("pairs", [{}, {3: [1, 2]}])
    def test_fewer_than_two_scenes_are_an_error(self, pairs: dict[int, list[int]]) -> None:
        data = labelled_data(PLAIN, pairs, scenes=SCENES, products=PRODUCTS)
        with pytest.raises(TrainingError, match=f"at least 2 training scenes.*found {len(pairs)}"):
            make_batches(data, PLAIN)


def triples(batches: list[Batch]) -> list[tuple[int, int, int]]:
    return [
        triple
        for batch in batches
        for triple in zip(
            scene_rows(batch),
            product_rows(batch, "positives"),
            product_rows(batch, "negatives"),
            strict=True,
        )
    ]


class TestTriplets:
    pairs = 19

    def one_epoch_batches(self, preset: str, count: int) -> list[list[tuple[int, int, int]]]:
        config = tiny_book(f"batch_scenes={self.pairs}", preset=preset)
        return [triples([batch]) for batch in take(data_for(config), config, count)]

    @pytest.mark.parametrize("preset", ["book", "book-fixed"])
    def test_every_epoch_sees_every_pair_once(self, preset: str) -> None:
        expected = sorted((scene, product) for scene, own in PAIRS.items() for product in own)
        epochs = self.one_epoch_batches(preset, 3)
        for epoch in epochs:
            assert sorted((scene, positive) for scene, positive, _ in epoch) == expected
        assert epochs[0] != epochs[1]

    def test_a_fresh_negative_is_never_a_known_positive(self) -> None:
        drawn = [triple for epoch in self.one_epoch_batches("book-fixed", 20) for triple in epoch]
        assert all(negative not in PAIRS[scene] for scene, _, negative in drawn)
        # and comes from the training products, each of them at some time
        assert {negative for _, _, negative in drawn} == set(range(12))

    def test_fresh_negatives_change_and_fixed_ones_stay(self) -> None:
        for preset, stays in (("book", True), ("book-fixed", False)):
            epochs = [
                {(scene, positive): negative for scene, positive, negative in epoch}
                for epoch in self.one_epoch_batches(preset, 4)
            ]
            assert all(epoch == epochs[0] for epoch in epochs) == stays

    def test_a_scene_that_goes_with_everything_still_trains(self) -> None:
        config = tiny_book("batch_scenes=2", preset="book-fixed")
        data = labelled_data(config, {0: [0, 1]}, scenes=1, products=4)
        data = dataclasses.replace(data, all_products=np.array([2, 3], np.int32))
        for _, _, negative in triples(take(data, config, 3)):
            assert negative in (0, 1)  # never one of another part's products

    @pytest.mark.parametrize("pairs", [{}, {0: [1]}])
    def test_too_little_data_is_an_error(self, pairs: dict[int, list[int]]) -> None:
        config = tiny_book()
        data: Any = labelled_data(config, pairs, scenes=SCENES, products=PRODUCTS)
        with pytest.raises(TrainingError, match="at least one pair and two products"):
            make_batches(data, config)
