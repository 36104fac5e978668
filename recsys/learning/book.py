"""The towers of the book: two separate small CNNs, one vector a picture.

Bischof and Yee, chapter 5: 3×3 convolutions of stride 2 with a residual, batch normalisation,
swish, 1×1 convolutions, average pooling; widths 16-32-64-128, dense to 64. The total stride is
256, so what is left of a 512-pixel picture is a map of 2×2.
"""

from __future__ import annotations

from itertools import pairwise

import jax
from flax import nnx

from recsys.learning.towers import Conv, Linear, TowerConfig, TwoTower, centred, mean_pool

Array = jax.Array


class _BookStage(nnx.Module):
    def __init__(self, width_in: int, width: int, *, rngs: nnx.Rngs) -> None:
        self.shortcut = Conv(width_in, width, (3, 3), (2, 2), rngs=rngs)
        self.conv1 = Conv(width_in, width, (3, 3), (2, 2), rngs=rngs)
        self.conv2 = Conv(width, width, (1, 1), rngs=rngs)
        self.conv3 = Conv(width, width, (1, 1), rngs=rngs)
        self.norm1 = nnx.BatchNorm(width, use_bias=False, rngs=rngs)
        self.norm2 = nnx.BatchNorm(width, use_bias=False, rngs=rngs)
        self.norm3 = nnx.BatchNorm(width, use_bias=False, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        shortcut = self.shortcut(x)
        x = nnx.swish(self.norm1(self.conv1(x)))
        x = nnx.swish(self.norm2(self.conv2(x)))
        x = self.norm3(self.conv3(x)) + shortcut
        return mean_pool(x, window=3, stride=2)


class BookCNN(nnx.Module):
    """Pictures in −1 to 1 ``[B, H, W, 3]`` → vectors ``float32 [B, D]``."""

    def __init__(self, widths: tuple[int, ...], dim: int, *, rngs: nnx.Rngs) -> None:
        sizes = (3, *widths)
        stages = [_BookStage(before, after, rngs=rngs) for before, after in pairwise(sizes)]
        self.stages = nnx.List(stages)
        self.dense = Linear(widths[-1], dim, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        for stage in self.stages:
            x = stage(x)
        return self.dense(x.mean((1, 2)))


class BookTowers(TwoTower):
    """One CNN for scenes, another for products; R = 1."""

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        self.scene_cnn = BookCNN(config.widths, config.embedding_dim, rngs=rngs)
        self.product_cnn = BookCNN(config.widths, config.embedding_dim, rngs=rngs)

    def scene_vectors(self, scenes: Array) -> Array:
        return self.scene_cnn(centred(scenes))[:, None, :]

    def product_vectors(self, products: Array) -> Array:
        return self.product_cnn(centred(products))
