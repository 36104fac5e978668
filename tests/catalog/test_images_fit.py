from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recsys.catalog.images import (
    decode_image,
    encode_webp,
    fit_image,
    fitted_box,
    placeholder_webp,
    thumbnail_webp,
)
from recsys.errors import ImageError
from tests.support.pictures import gradient

RED = (200, 30, 40)


# fitting


@settings(max_examples=150, deadline=None)
@given(
    image=st.tuples(st.integers(1, 500), st.integers(1, 500)),
    canvas=st.tuples(st.integers(1, 300), st.integers(1, 300)),
)
def test_the_fitted_box_lies_centred_inside_and_keeps_proportions(
    image: tuple[int, int], canvas: tuple[int, int]
) -> None:
    top, left, height, width = fitted_box(*image, *canvas)
    assert top >= 0
    assert left >= 0
    assert top + height <= canvas[0]
    assert left + width <= canvas[1]
    assert abs(2 * top + height - canvas[0]) <= 1  # centred
    assert abs(2 * left + width - canvas[1]) <= 1
    assert height == canvas[0] or width == canvas[1]  # as large as it can be
    scale = min(canvas[0] / image[0], canvas[1] / image[1])
    assert abs(height - image[0] * scale) <= 1
    assert abs(width - image[1] * scale) <= 1


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (7, 200), (1, 1), (400, 300)])
def test_fit_image_letterboxes(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), RED, np.uint8)
    fitted = fit_image(image, 50, 36, 128)
    top, left, height, width = fitted_box(*shape, 50, 36)
    inside = np.zeros((50, 36), bool)
    inside[top : top + height, left : left + width] = True
    assert fitted.shape == (50, 36, 3)
    assert fitted.dtype == np.uint8
    assert (fitted[inside] == RED).all()  # plain stays plain up to the edge
    assert (fitted[~inside] == 128).all()
    np.testing.assert_array_equal(fitted, fit_image(image.copy(), 50, 36, 128))


def test_an_image_that_fits_is_not_touched() -> None:
    image = gradient(50, 36)
    fitted = fit_image(image, 50, 36, 0)
    np.testing.assert_array_equal(fitted, image)
    assert not np.shares_memory(fitted, image)


def test_a_white_ground_stays_white_when_shrunk() -> None:
    image = np.full((300, 300, 3), 255, np.uint8)
    image[100:200, 100:200] = 0
    fitted = fit_image(image, 96, 96, 255)
    assert fitted[:30].min() == 255
    assert fitted[40:56, 40:56].max() == 0


# for the browser


def test_thumbnails_from_every_source(tmp_path: Path) -> None:
    image = gradient(300, 600)
    path = tmp_path / "picture.png"
    Image.fromarray(image).save(path)
    for source in (image, path, path.read_bytes()):
        thumbnail = thumbnail_webp(source, 120)
        decoded = decode_image(thumbnail)
        assert decoded.shape == (60, 120, 3)
        assert len(thumbnail) < 6000
        expected = np.asarray(Image.fromarray(image).resize((120, 60))).astype(int)
        assert np.abs(decoded.astype(int) - expected)[..., :2].mean() < 6
    assert decode_image(thumbnail_webp(gradient(20, 10), 240)).shape == (20, 10, 3)
    with pytest.raises(ImageError, match="plain text"):
        thumbnail_webp(b"text")


def test_the_placeholder_is_a_picture_of_the_size_asked_for() -> None:
    decoded = decode_image(placeholder_webp(240))
    assert decoded.shape == (240, 240, 3)
    assert decoded.std() > 3  # something is drawn
    assert len(placeholder_webp(240)) < 4000
    assert decode_image(placeholder_webp(16)).shape == (16, 16, 3)


def test_lossless_webp_keeps_every_value() -> None:
    image = gradient(33, 21)
    np.testing.assert_array_equal(decode_image(encode_webp(image, lossless=True)), image)
