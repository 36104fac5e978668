from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from recsys.errors import ConfigError
from recsys.learning.steps import build_towers
from recsys.learning.towers import (
    RegionTowers,
    TowerConfig,
    TwoTower,
    mean_pool,
    normalised,
    pooled_scores,
    safe_norm,
)
from tests.learning.tiny import tiny, tiny_book


@pytest.fixture(scope="module")
def towers() -> RegionTowers:
    built = build_towers(tiny().tower)
    assert isinstance(built, RegionTowers)
    return built


SHAPES = [
    pytest.param(TowerConfig(), 40, id="default"),
    pytest.param(tiny().tower, 6, id="tiny"),
    pytest.param(tiny("grid_px=32", "scene_height_px=80").tower, 3, id="overhanging"),
    pytest.param(tiny("stem_px=8", "widths=8,8", "depths=1,0", "grid_px=16").tower, 6, id="stem-8"),
    pytest.param(tiny("widths=8", "depths=1", "grid_px=16").tower, 6, id="one-stage"),
    pytest.param(tiny_book().tower, 1, id="book"),
    pytest.param(tiny_book("scene_height_px=50", "scene_width_px=37").tower, 1, id="book-odd"),
]


@pytest.mark.parametrize(("config", "regions"), SHAPES)
def test_output_shapes(config: TowerConfig, regions: int) -> None:
    """Only shapes are computed, so that the default size costs nothing."""

    def both(scenes: Any, products: Any) -> Any:
        towers: TwoTower = build_towers(config)
        return towers.scene_vectors(scenes), towers.product_vectors(products)

    size = config.product_size_px
    scenes = jax.ShapeDtypeStruct((2, config.scene_height_px, config.scene_width_px, 3), np.uint8)
    products = jax.ShapeDtypeStruct((5, size, size, 3), np.uint8)
    scene_vectors, product_vectors = jax.eval_shape(both, scenes, products)
    assert scene_vectors.shape == (2, regions, config.embedding_dim)
    assert product_vectors.shape == (5, config.embedding_dim)
    assert scene_vectors.dtype == product_vectors.dtype == jnp.float32
    assert config.regions == regions == math.prod(config.grid)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "forest"}, "kind 'forest' is unknown"),
        ({"scene_height_px": 8}, "at least 16 pixels"),
        ({"product_size_px": 2048}, "at most 1,024 pixels"),
        ({"embedding_dim": 1}, "embedding_dim must be 2 to 1024, not 1"),
        ({"widths": ()}, "widths must be one or more"),
        ({"widths": (8, 0, 8)}, "widths must be one or more"),
        ({"depths": (1, 1)}, "one number for each of widths"),
        ({"depths": (1, -1, 0)}, "depths must be numbers from 0"),
        ({"depths": (0, 1, 10**6)}, "depths must be numbers from 0"),
        ({"stem_px": 0}, "stem_px must be 1 to 64, not 0"),
        ({"grid_px": 0}, "grid_px must be 1 to 1024, not 0"),
        ({"grid_px": -16}, "grid_px must be 1 to 1024, not -16"),
        ({"grid_px": 24}, "grid_px must be a multiple of the trunk's stride of 16"),
        ({"scene_width_px": 100}, "sides must be multiples of the trunk's stride of 16"),
    ],
)
def test_a_shape_that_cannot_be_is_an_error(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        dataclasses.replace(TowerConfig(), **values)


class TestPooledScores:
    def test_agrees_with_the_oracle(self) -> None:
        rng = np.random.default_rng(0)
        regions, products = rng.normal(size=(3, 4, 5)), rng.normal(size=(6, 5))
        pooled = pooled_scores(
            jnp.asarray(regions, jnp.float32), jnp.asarray(products, jnp.float32), 2.5
        )
        for q in range(3):
            for p in range(6):
                terms = [math.exp(2.5 * float(regions[q, r] @ products[p])) for r in range(4)]
                expected = math.log(sum(terms)) / 2.5
                assert float(pooled[q, p]) == pytest.approx(expected, rel=1e-4, abs=1e-5)

    def test_one_region_is_the_inner_product(self) -> None:
        rng = np.random.default_rng(1)
        scenes = rng.normal(size=(3, 1, 5)).astype(np.float32)
        products = rng.normal(size=(6, 5)).astype(np.float32)
        pooled = pooled_scores(jnp.asarray(scenes), jnp.asarray(products), 10.0)
        np.testing.assert_allclose(np.asarray(pooled), scenes[:, 0] @ products.T, rtol=1e-5)

    @pytest.mark.parametrize("tau", [0.5, 10.0, 1000.0])
    def test_lies_between_the_maximum_and_log_r_above(self, tau: float) -> None:
        rng = np.random.default_rng(2)
        regions = normalised(jnp.asarray(rng.normal(size=(4, 6, 8)), jnp.float32))
        products = normalised(jnp.asarray(rng.normal(size=(9, 8)), jnp.float32))
        pooled = np.asarray(pooled_scores(regions, products, tau))
        best = np.einsum("qrd,pd->qpr", np.asarray(regions), np.asarray(products)).max(-1)
        assert (pooled >= best - 1e-5).all()
        assert (pooled <= best + math.log(6) / tau + 1e-5).all()

    def test_extremes_stay_finite(self) -> None:
        huge = jnp.full((2, 3, 4), 1e4)
        pooled = pooled_scores(huge, jnp.concatenate([huge[0], -huge[0]]), 10.0)
        assert np.isfinite(np.asarray(pooled)).all()


class TestNorms:
    def test_the_gradient_at_zero_is_finite(self) -> None:
        zero = jnp.zeros((2, 3))
        for function in (safe_norm, normalised):
            gradient = jax.grad(lambda v, f=function: jnp.sum(f(v)))(zero)
            assert np.isfinite(np.asarray(gradient)).all()
        assert (np.asarray(normalised(zero)) == 0).all()

    def test_lengths_are_one_whatever_the_scale(self) -> None:
        vectors = jnp.asarray(np.random.default_rng(0).normal(size=(5, 4)), jnp.float32)
        unit = np.asarray(normalised(vectors))
        np.testing.assert_allclose(np.linalg.norm(unit, axis=-1), 1, rtol=1e-5)
        for scale in (1e-2, 1e4):
            scaled = np.asarray(normalised(scale * vectors))
            np.testing.assert_allclose(scaled, unit, rtol=1e-4, atol=1e-6)

    def test_scores_of_normalised_vectors_do_not_depend_on_the_scale(self) -> None:
        rng = np.random.default_rng(3)
        regions = jnp.asarray(rng.normal(size=(2, 3, 4)), jnp.float32)
        products = jnp.asarray(rng.normal(size=(5, 4)), jnp.float32)
        once = pooled_scores(normalised(regions), normalised(products), 10.0)
        many = pooled_scores(normalised(7.0 * regions), normalised(0.3 * products), 10.0)
        np.testing.assert_allclose(np.asarray(many), np.asarray(once), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("window", "stride", "padding"),
    [(2, 2, "SAME"), (3, 2, "SAME"), (4, 4, "SAME"), (2, 2, "END"), (4, 4, "END")],
)
def test_mean_pool_counts_real_cells_alone(window: int, stride: int, padding: str) -> None:
    height, width = 7, 6
    features = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)
    if padding == "SAME":
        pads: Any = "SAME"
        totals = [max((-(-n // stride) - 1) * stride + window - n, 0) for n in (height, width)]
        before = [total // 2 for total in totals]
    else:
        pads = ((0, 0), (0, -height % window), (0, -width % window), (0, 0))
        before = [0, 0]
    pooled = np.asarray(mean_pool(jnp.asarray(features), window, stride, padding=pads))
    for row in range(pooled.shape[1]):
        for column in range(pooled.shape[2]):
            top, left = row * stride - before[0], column * stride - before[1]
            part = features[:, max(top, 0) : top + window, max(left, 0) : left + window]
            np.testing.assert_allclose(
                pooled[:, row, column], part.mean((1, 2)), rtol=1e-4, atol=1e-6
            )


def cell_effects(config: TowerConfig) -> np.ndarray[Any, Any]:
    """How much a bright cell changes each region's vector: ``[R lit, R changed]``."""
    towers = build_towers(config)
    rows, columns = config.grid
    grey = np.full((config.scene_height_px, config.scene_width_px, 3), 128, np.uint8)
    lit = [grey]
    for row in range(rows):
        for column in range(columns):
            picture = grey.copy()
            side = config.grid_px
            # The middle of the cell, or of what lies within the picture.
            bottom = min((row + 1) * side, config.scene_height_px)
            right = min((column + 1) * side, config.scene_width_px)
            picture[row * side + 4 : bottom - 4, column * side + 4 : right - 4] = (250, 30, 90)
            lit.append(picture)
    vectors = np.asarray(towers.scene_vectors(jnp.asarray(np.stack(lit))))
    return np.linalg.norm(vectors[1:] - vectors[:1], axis=-1)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(tiny().tower, id="exact"),
        pytest.param(
            # 10 cells of features in a grid of 4: two hang over at the end, none at the start
            tiny("scene_height_px=160", "scene_width_px=64", "grid_px=64").tower,
            id="overhanging-by-two",
        ),
    ],
)
def test_a_region_sees_its_own_cell(config: TowerConfig) -> None:
    effects = cell_effects(config)
    own = np.diag(effects)
    others = effects - np.diag(own)
    assert (own > 0).all()
    assert (effects.argmax(axis=0) == np.arange(config.regions)).all()
    assert (own > 2 * others.max(axis=0)).all()


class TestTowers:
    def test_pixels_of_any_type_give_the_same(self, towers: RegionTowers) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (2, 48, 32, 3)).astype(np.uint8)
        from_bytes = towers.scene_vectors(jnp.asarray(pixels))
        from_floats = towers.scene_vectors(jnp.asarray(pixels, jnp.float32))
        np.testing.assert_array_equal(np.asarray(from_bytes), np.asarray(from_floats))

    def test_pictures_of_a_batch_do_not_see_each_other(self, towers: RegionTowers) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
        both = np.asarray(towers.product_vectors(jnp.asarray(pixels)))
        other = pixels.copy()
        other[1] = 0
        with_other = np.asarray(towers.product_vectors(jnp.asarray(other)))
        np.testing.assert_allclose(with_other[0], both[0], rtol=1e-5, atol=1e-6)
        assert not np.allclose(with_other[1], both[1])

    def test_a_crop_goes_through_the_scene_head(self, towers: RegionTowers) -> None:
        pixels = np.random.default_rng(2).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
        crops = np.asarray(towers.whole_vectors(jnp.asarray(pixels)))
        products = np.asarray(towers.product_vectors(jnp.asarray(pixels)))
        assert crops.shape == products.shape
        assert not np.allclose(crops, products)
        head, towers.scene_head = towers.scene_head, towers.product_head
        try:
            same = np.asarray(towers.whole_vectors(jnp.asarray(pixels)))
        finally:
            towers.scene_head = head
        np.testing.assert_allclose(same, products, rtol=1e-5, atol=1e-6)

    def test_a_scene_of_one_cell_is_that_cell(self) -> None:
        """The whole-picture view and a one-cell grid are the same pooling."""
        config = tiny("scene_height_px=32", "scene_width_px=32", "grid_px=32").tower
        towers = build_towers(config)
        assert isinstance(towers, RegionTowers)
        pixels = np.random.default_rng(3).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
        np.testing.assert_allclose(
            np.asarray(towers.scene_vectors(jnp.asarray(pixels)))[:, 0],
            np.asarray(towers.whole_vectors(jnp.asarray(pixels))),
            rtol=1e-5,
            atol=1e-6,
        )

    def test_gradients_are_finite_however_it_is_compiled(self) -> None:
        """Code that is not optimised may compute features twice, rounded differently."""
        graph, params, rest = nnx.split(build_towers(tiny().tower), nnx.Param, ...)
        rng = np.random.default_rng(5)
        params = jax.tree.map(
            lambda leaf: leaf + jnp.asarray(rng.normal(0, 0.1, leaf.shape), leaf.dtype), params
        )
        pixels = jnp.asarray(rng.integers(0, 256, (12, 32, 32, 3)), jnp.uint8)

        def squares(params: Any) -> jax.Array:
            towers = nnx.merge(graph, params, rest)
            return jnp.sum(jnp.square(towers.product_vectors(pixels)))

        lowered = jax.jit(jax.grad(squares)).lower(params)
        plain = lowered.compile(compiler_options={"xla_backend_optimization_level": 0})
        found, expected = plain(params), lowered.compile()(params)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-2, equal_nan=False)

    def test_the_seed_decides_the_weights(self) -> None:
        pixels = jnp.asarray(np.random.default_rng(4).integers(0, 256, (1, 32, 32, 3)), jnp.uint8)
        config = tiny().tower
        first, again, other = (
            np.asarray(build_towers(config, seed).product_vectors(pixels)) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)
