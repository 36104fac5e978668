"""A photo is hashed once for as long as it lives, and never taken for another."""

from __future__ import annotations

import gc
import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys.serving import photo_digest as module
from recsys.serving.photo_digest import photo_digest


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes in bytes of what was hashed."""
    found: list[int] = []
    real = hashlib.blake2b

    def counting(data: memoryview, digest_size: int) -> object:
        found.append(data.nbytes)
        return real(data, digest_size=digest_size)

    monkeypatch.setattr(module.hashlib, "blake2b", counting)
    return found


def photo(seed: int = 0, shape: tuple[int, int] = (8, 6)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)


def test_a_fixed_photo_is_hashed_once(hashed: list[int]) -> None:
    one, other = photo(1), photo(2)
    for image in (one, other):
        image.setflags(write=False)
    digests = [photo_digest(image) for image in (one, other, one, other)]
    assert hashed == [one.nbytes, other.nbytes]
    assert digests[:2] == digests[2:]
    assert digests[0] != digests[1]
    assert photo_digest(photo(1)) == digests[0]  # the same pixels elsewhere


def test_one_that_can_change_is_hashed_again(hashed: list[int]) -> None:
    image = photo()
    before = photo_digest(image)
    image[0, 0, 0] ^= 255
    assert photo_digest(image) != before
    view = image[:4]
    view.setflags(write=False)  # its pixels can be written through the whole
    before = photo_digest(view)
    image[0, 0, 0] ^= 255
    assert photo_digest(view) != before
    assert len(hashed) == 4


def test_the_shape_counts() -> None:
    image = photo(shape=(8, 6))
    assert photo_digest(image) != photo_digest(image.reshape(6, 8, 3))
    assert photo_digest(image[:, ::-1]) != photo_digest(image)  # not contiguous


def test_nothing_is_kept_of_what_is_gone() -> None:
    before = len(module._digests)
    for seed in range(20):
        image = photo(seed)
        image.setflags(write=False)
        assert photo_digest(image) == photo_digest(photo(seed))
        del image
    gc.collect()
    assert len(module._digests) == before
