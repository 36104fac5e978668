"""Baselines: deterministic, blind where they should be, and colour sees colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation import baselines


def canvas(height: int, width: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def test_random_orders_are_permutations_that_follow_seed_and_scene() -> None:
    scores = baselines.random_scores(np.array([4, 9]), 50, seed=1)
    assert sorted(scores[0].tolist()) == list(range(50))
    np.testing.assert_array_equal(baselines.random_scores(np.array([9]), 50, seed=1)[0], scores[1])
    assert not np.array_equal(scores[0], scores[1])
    assert not np.array_equal(baselines.random_scores(np.array([4]), 50, seed=2)[0], scores[0])
    assert baselines.random_scores(np.array([], int), 3, seed=0).shape == (0, 3)


def test_random_orders_are_fair() -> None:
    scores = baselines.random_scores(np.arange(2000), 10, seed=0)
    first = np.bincount(scores.argmax(axis=1), minlength=10)
    assert first.min() > 140
    assert first.max() < 260


def test_popular_is_the_same_for_every_scene() -> None:
    scores = baselines.popular_scores(np.array([0, 5, 2]), 2)
    np.testing.assert_array_equal(scores, [[0, 5, 2], [0, 5, 2]])


def histograms(
    pictures: list[NDArray[np.uint8]], *, margin: int = 0, on_white: bool = False
) -> NDArray[np.float32]:
    pixels = np.stack(pictures)
    height, width = pixels.shape[1:3]
    content = np.array([[0, margin, height, width - margin]] * len(pixels))
    return baselines.colour_histograms(pixels, content, on_white=on_white)


def test_a_garment_is_found_by_its_colour() -> None:
    colours = [(200, 20, 20), (20, 160, 40), (30, 40, 190), (230, 200, 40)]
    products, scenes = [], []
    for colour in colours:
        product = canvas(20, 20, (255, 255, 255))
        product[5:15, 5:15] = colour
        products.append(product)
        scene = canvas(30, 20, (90, 90, 90))
        scene[:, :3] = colours[0]  # beside the picture
        scene[10:25, 6:14] = colour
        scenes.append(scene)
    scores = baselines.colour_scores(
        histograms(scenes, margin=3), histograms(products, on_white=True)
    )
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert np.all(scores[1:, 0] == 0)
    assert np.all(scores >= 0)
    assert np.all(scores <= 1 + 1e-6)


def test_background_does_not_count() -> None:
    small, large = canvas(20, 20, (255, 255, 255)), canvas(20, 20, (255, 255, 255))
    small[8:12, 8:12] = (200, 20, 20)
    large[1:19, 1:19] = (200, 20, 20)
    first, second = histograms([small, large], on_white=True)
    np.testing.assert_allclose(first, second)


def test_white_on_white_keeps_its_pixels() -> None:
    shirt = histograms([canvas(10, 10, (255, 255, 255))], on_white=True)
    assert np.square(shirt).sum() == 1.0


def test_no_picture_has_no_colour() -> None:
    pixels = canvas(10, 10, (128, 128, 128))[None]
    nothing = baselines.colour_histograms(pixels, np.zeros((1, 4), int), on_white=False)
    assert not nothing.any()
