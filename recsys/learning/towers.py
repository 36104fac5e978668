"""The two towers: pictures in, vectors out. Knows no file and no loss.

A scene becomes R region vectors, a product one vector, all of D numbers. What goes with what
is the pooled score of ``pooled_scores``: how well the product fits the region that it fits best,
as a soft maximum. With R = 1 that is the plain two-tower model of the textbook.

Sources: Bischof and Yee, "Building Recommendation Systems in Python and JAX", chapter 5 (the
book's towers); Liu et al., "A ConvNet for the 2020s", 2022 (patch stem, residual blocks
normalised per pixel).
"""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from recsys.errors import ConfigError

Array = jax.Array
Padding = str | tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TowerConfig:
    """The shape of a pair of towers; two models of one configuration have the same parameters.

    Attributes:
        kind: ``regions`` (shared trunk, R region vectors) or ``book`` (two separate CNNs, R = 1).
        scene_height_px, scene_width_px, product_size_px: what pictures are fitted into.
        embedding_dim: D.
        widths: channels of each stage; the stage's first step halves the resolution.
        depths: residual blocks in each stage (``regions`` only).
        stem_px: side of the square patches that the stem turns into pixels (``regions`` only).
        grid_px: side in pixels of the cell that one region stands for (``regions`` only).
    """

    kind: Literal["regions", "book"] = "regions"
    scene_height_px: int = 240
    scene_width_px: int = 160
    product_size_px: int = 64
    embedding_dim: int = 64
    widths: tuple[int, ...] = (48, 96, 160)
    depths: tuple[int, ...] = (0, 1, 2)
    stem_px: int = 4
    grid_px: int = 32

    def __post_init__(self) -> None:
        if self.kind not in ("regions", "book"):
            raise ConfigError(f"tower kind {self.kind!r} is unknown", "Use regions or book")
        if min(self.scene_height_px, self.scene_width_px, self.product_size_px) < 16:
            raise ConfigError("pictures must be at least 16 pixels on a side")
        if max(self.scene_height_px, self.scene_width_px, self.product_size_px) > 1024:
            raise ConfigError("pictures must be at most 1,024 pixels on a side")
        if not 2 <= self.embedding_dim <= 1024:
            raise ConfigError(f"embedding_dim must be 2 to 1024, not {self.embedding_dim}")
        if not self.widths or min(self.widths) < 1 or max(self.widths) > 2048:
            raise ConfigError("widths must be one or more numbers from 1 to 2048")
        if self.kind == "regions":
            if len(self.depths) != len(self.widths):
                raise ConfigError("depths must have one number for each of widths")
            if min(self.depths) < 0 or max(self.depths) > 64:
                raise ConfigError("depths must be numbers from 0 to 64")
            if not 1 <= self.stem_px <= 64:
                raise ConfigError(f"stem_px must be 1 to 64, not {self.stem_px}")
            if not 1 <= self.grid_px <= 1024:
                raise ConfigError(f"grid_px must be 1 to 1024, not {self.grid_px}")
            if self.grid_px % self.stride_px:
                raise ConfigError(
                    f"grid_px must be a multiple of the trunk's stride of {self.stride_px}"
                )
            sides = (self.scene_height_px, self.scene_width_px, self.product_size_px)
            if any(side % self.stride_px for side in sides):
                raise ConfigError(
                    f"picture sides must be multiples of the trunk's stride of {self.stride_px}"
                )

    @property
    def stride_px(self) -> int:
        """Pixels of the picture to one cell of the trunk's last feature map."""
        return int(self.stem_px * 2 ** (len(self.widths) - 1))

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of regions; (1, 1) for the book's towers."""
        if self.kind == "book":
            return 1, 1
        return -(-self.scene_height_px // self.grid_px), -(-self.scene_width_px // self.grid_px)

    @property
    def regions(self) -> int:
        rows, columns = self.grid
        return rows * columns


class TwoTower(nnx.Module):
    """What every pair of towers can do. Pictures are ``uint8`` or ``float32`` in 0–255."""

    config: TowerConfig

    @abstractmethod
    def scene_vectors(self, scenes: Array) -> Array:
        """``[B, H, W, 3]`` → region vectors ``float32 [B, R, D]``, not normalised."""

    @abstractmethod
    def product_vectors(self, products: Array) -> Array:
        """``[B, s, s, 3]`` → vectors ``float32 [B, D]``, not normalised."""


def centred(pixels: Array) -> Array:
    """0–255 of any type → ``float32`` in −1 to 1."""
    return pixels.astype(jnp.float32) / 127.5 - 1.0


def safe_norm(vectors: Array) -> Array:
    """Euclidean norms over the last axis, kept as an axis; the gradient at zero is finite.

    ``sqrt`` has an infinite slope at zero, which turns a zero vector's gradient into NaN; the
    floor keeps both the value (within 1e-6) and the slope harmless.
    """
    return jnp.sqrt(jnp.sum(jnp.square(vectors), axis=-1, keepdims=True) + 1e-12)


def normalised(vectors: Array) -> Array:
    """Vectors of length one over the last axis; a zero vector stays zero."""
    return vectors / safe_norm(vectors)


def pooled_scores(regions: Array, products: Array, tau: float) -> Array:
    """Soft maximum over regions: ``[Q, R, D]`` and ``[P, D]`` → ``float32 [Q, P]``.

    ``(1/τ) log Σ_r exp(τ s_r·p)``. With R = 1 this is the plain inner product.
    """
    similarity = jnp.einsum("qrd,pd->qpr", regions, products, precision=jax.lax.Precision.HIGHEST)
    if regions.shape[1] == 1:
        return similarity[..., 0]
    return jax.nn.logsumexp(tau * similarity, axis=-1) / tau


def lecun_normal(
    key: Array, shape: tuple[int, ...], dtype: Any = jnp.float32, out_sharding: Any = None
) -> Array:
    """Flax's default kernels, drawn by NumPy: normal, cut off at two deviations, 1/√fan-in.

    JAX compiles a sampler for every shape of kernel, ten seconds before the first step.
    """
    seed = jax.random.key_data(key)
    if isinstance(seed, jax.core.Tracer):
        like = jax.ShapeDtypeStruct(shape, dtype)  # type: ignore[no-untyped-call]
        return jax.pure_callback(lambda bits: _truncated_normal(bits, shape, dtype), like, seed)
    return jnp.asarray(_truncated_normal(seed, shape, dtype))


def _truncated_normal(seed: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    rng = np.random.default_rng(np.asarray(seed).tolist())
    numbers = rng.standard_normal(shape)
    while (beyond := np.abs(numbers) > 2).any():
        numbers[beyond] = rng.standard_normal(int(beyond.sum()))
    deviation = 0.8796256610342398  # of what is left of a normal distribution cut off at 2
    return (numbers / deviation / math.sqrt(math.prod(shape[:-1]))).astype(dtype)


Conv = functools.partial(nnx.Conv, kernel_init=lecun_normal)
Linear = functools.partial(nnx.Linear, kernel_init=lecun_normal)


class _Block(nnx.Module):
    """Residual block: per-pixel norm, 3×3, swish, 1×1. The last kernel starts at zero."""

    def __init__(self, width: int, *, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.mix = Conv(width, width, (3, 3), rngs=rngs)
        self.out = Conv(width, width, (1, 1), kernel_init=nnx.initializers.zeros_init(), rngs=rngs)

    def __call__(self, x: Array) -> Array:
        return x + self.out(nnx.swish(self.mix(self.norm(x))))


class _Down(nnx.Module):
    """Halves the resolution: per-pixel norm and a 2×2 convolution of stride 2."""

    def __init__(self, width_in: int, width_out: int, *, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(width_in, rngs=rngs)
        self.conv = Conv(width_in, width_out, (2, 2), (2, 2), padding="VALID", rngs=rngs)

    def __call__(self, x: Array) -> Array:
        return self.conv(self.norm(x))


class Trunk(nnx.Module):
    """A small convolutional net that keeps spatial detail: stride 16 by default.

    The early layers are where pixels are many, so they are narrow and few: a stem that turns
    patches into pixels by one matrix product, then residual blocks at strides 8 and 16.
    """

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        patch = (config.stem_px, config.stem_px)
        self.stem = Conv(3, config.widths[0], patch, patch, padding="VALID", rngs=rngs)
        stages: list[nnx.Module] = []
        previous = config.widths[0]
        for position, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            if position:
                stages.append(_Down(previous, width, rngs=rngs))
            stages.extend(_Block(width, rngs=rngs) for _ in range(depth))
            previous = width
        self.stages = nnx.List(stages)
        self.norm = nnx.LayerNorm(previous, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        """Pictures in −1 to 1 ``[B, H, W, 3]`` → features ``[B, H/stride, W/stride, C]``."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.norm(x)


class RegionTowers(TwoTower):
    """One trunk, two heads: every cell of a coarse grid over the scene is a vector of its own."""

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        width = config.widths[-1]
        self.trunk = Trunk(config, rngs=rngs)
        self.scene_head = Linear(2 * width, config.embedding_dim, rngs=rngs)
        self.product_head = Linear(2 * width, config.embedding_dim, rngs=rngs)

    def scene_vectors(self, scenes: Array) -> Array:
        features = self.trunk(centred(scenes))
        cell = self.config.grid_px // self.config.stride_px
        # Cells start at the top left, as boxes and region_boxes count them; "SAME" would
        # centre a grid that overhangs the picture by two cells or more.
        overhang = tuple((0, -side % cell) for side in features.shape[1:3])
        padding = ((0, 0), *overhang, (0, 0))
        means = mean_pool(features, cell, cell, padding=padding)
        pooled = jnp.concatenate([means, _max_pool(features, (cell, cell), overhang)], axis=-1)
        vectors = self.scene_head(pooled)
        return vectors.reshape(vectors.shape[0], -1, vectors.shape[-1])

    def product_vectors(self, products: Array) -> Array:
        return self.product_head(self._pooled(products))

    def whole_vectors(self, crops: Array) -> Array:
        """A cut-out of a scene ``[B, s, s, 3]`` as one region → vectors ``float32 [B, D]``."""
        return self.scene_head(self._pooled(crops))

    def _pooled(self, pictures: Array) -> Array:
        features = self.trunk(centred(pictures))
        greatest = _max_pool(features, features.shape[1:3], ((0, 0), (0, 0)))[:, 0, 0]
        return jnp.concatenate([features.mean((1, 2)), greatest], axis=-1)


def mean_pool(features: Array, window: int, stride: int, *, padding: Padding = "SAME") -> Array:
    """Means over square windows of ``[B, H, W, C]``; cells beyond the border do not count."""
    ones = jnp.ones((1, *features.shape[1:3], 1), features.dtype)
    sums = _window_sum(features, window, stride, padding)
    return sums / _window_sum(ones, window, stride, padding)


def _window_sum(features: Array, window: int, stride: int, padding: Padding) -> Array:
    zero = np.zeros((), features.dtype)  # a constant, or JAX does not see a plain sum in it
    sizes, strides = (1, window, window, 1), (1, stride, stride, 1)
    return jax.lax.reduce_window(features, zero, jax.lax.add, sizes, strides, padding)


def _max_pool(
    features: Array, window: tuple[int, ...], padding: tuple[tuple[int, int], ...]
) -> Array:
    """Maxima over windows that do not overlap; the gradient goes to the first cell that has it.

    Not by ``max``: its gradient looks for the cells that equal the maximum and divides by their
    number. A compiler may compute the features twice, rounded differently, and then that is 0/0.
    """
    return nnx.max_pool(features, window, window, padding=padding)
