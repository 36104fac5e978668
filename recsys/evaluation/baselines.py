"""Recommenders that learn nothing: what a trained model has to beat. Arrays in, scores out.

Each gives scores as a model does, higher is better, so the same ranking code measures all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Scores = NDArray[np.float32]

HUE_BINS, SATURATION_BINS, VALUE_BINS = 16, 4, 8
COLOUR_BINS = HUE_BINS * SATURATION_BINS * VALUE_BINS
"""Of the binnings tried (RGB, Lab and HSV), finer HSV found more; this one is middling, and
its recall@10 on real looks is that of the sketch which the project started from."""

PRODUCT_SIZE_PX = 64
SCENE_HEIGHT_PX, SCENE_WIDTH_PX = 96, 64
"""Sizes of the pictures that histograms are taken from, whatever sizes a model reads."""

_WHITE = 245
_LEAST_SHARE = 0.02


def random_scores(keys: NDArray[np.integer], products: int, *, seed: int) -> Scores:
    """A fresh random order a scene: ``float32 [q, products]``.

    ``keys [q]`` number the scenes; the order depends on the seed and the key only, so it is
    the same however scenes are chunked.
    """
    orders = [np.random.default_rng((seed, int(key))).permutation(products) for key in keys]
    if not orders:
        return np.zeros((0, products), np.float32)
    return np.stack(orders).astype(np.float32)


def popular_scores(counts: NDArray[np.integer], scenes: int) -> Scores:
    """Every scene gets the most paired products: ``float32 [scenes, P]`` from counts ``[P]``."""
    return np.broadcast_to(counts.astype(np.float32), (scenes, len(counts)))


def colour_histograms(
    pixels: NDArray[np.uint8], content: NDArray[np.integer], *, on_white: bool
) -> NDArray[np.float32]:
    """Joint HSV histograms, square roots of shares: ``float32 [N, COLOUR_BINS]``.

    Args:
        pixels: ``uint8 [N, H, W, 3]``.
        content: ``[N, 4]`` top, left, height, width of the picture on its canvas; a row of
            zeros is no picture and gives zeros.
        on_white: near-white pixels are background (products stand on white). A picture that
            is nearly all white, a white shirt on white, keeps every pixel.
    """
    result = np.zeros((len(pixels), COLOUR_BINS), np.float32)
    for row, (top, left, height, width) in enumerate(content):
        picture = np.ascontiguousarray(pixels[row, top : top + height, left : left + width])
        if not picture.size:
            continue
        hsv = np.asarray(Image.fromarray(picture).convert("HSV")).reshape(-1, 3)
        if on_white:
            subject = np.any(picture.reshape(-1, 3) < _WHITE, axis=1)
            if np.count_nonzero(subject) >= _LEAST_SHARE * len(subject):
                hsv = hsv[subject]
        hue, saturation, value = hsv.astype(np.int64).T
        bins = (hue * HUE_BINS // 256) * SATURATION_BINS + saturation * SATURATION_BINS // 256
        bins = bins * VALUE_BINS + value * VALUE_BINS // 256
        result[row] = np.sqrt(np.bincount(bins, minlength=COLOUR_BINS) / len(bins))
    return result


def colour_scores(scenes: NDArray[np.float32], products: NDArray[np.float32]) -> Scores:
    """Bhattacharyya coefficients ``float32 [q, P]`` of two sets of histograms.

    score(q, i) = Σ_b √(h_q(b) h_i(b)), 1 for equal shares and 0 for no colour in common
    (Bhattacharyya 1943; one minus it is the squared Hellinger distance).
    """
    return scenes @ products.T
