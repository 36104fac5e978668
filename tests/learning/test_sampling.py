from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.catalog import pixels
from recsys.learning import sampling
from recsys.learning.sampling import (
    Window,
    box_window,
    overlap,
    random_window,
    region_weights,
)

HEIGHT, WIDTH = 96, 64
NOWHERE = np.full((1, 4), np.nan, np.float32)

windows = st.builds(
    Window,
    left=st.floats(-12, 12),
    top=st.floats(-18, 18),
    width=st.floats(0.8 * WIDTH, 1.25 * WIDTH),
    height=st.floats(0.8 * HEIGHT, 1.25 * HEIGHT),
    flip=st.booleans(),
)
parts = st.floats(0, 1, width=32)


@st.composite
def boxes(draw: st.DrawFn, most: int = 6) -> Any:
    """Boxes 0–1, some without area and some missing."""
    count = draw(st.integers(1, most))
    rows = []
    for _ in range(count):
        x, y = sorted((draw(parts), draw(parts))), sorted((draw(parts), draw(parts)))
        missing = draw(st.integers(0, 4)) == 0
        rows.append([np.nan] * 4 if missing else [x[0], y[0], x[1], y[1]])
    return np.array(rows, np.float32)


class TestWindow:
    @settings(max_examples=60, deadline=None)
    @given(window=windows, left=st.integers(20, 36), top=st.integers(30, 56))
    def test_a_painted_dot_and_its_box_move_together(
        self, window: Window, left: int, top: int
    ) -> None:
        side = 8
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        picture[top : top + side, left : left + side] = 255
        box = np.array([[left, top, left + side, top + side]], np.float32)
        box /= np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32)
        cut = window.cut(picture, HEIGHT, WIDTH, 0)[..., 0].astype(np.float64)
        moved = window.move(box, HEIGHT, WIDTH)[0] * [WIDTH, HEIGHT, WIDTH, HEIGHT]
        assert cut.max() == 255
        across, down = cut.sum(axis=0), cut.sum(axis=1)
        centre_x = (across * (np.arange(WIDTH) + 0.5)).sum() / across.sum()
        centre_y = (down * (np.arange(HEIGHT) + 0.5)).sum() / down.sum()
        assert centre_x == pytest.approx((moved[0] + moved[2]) / 2, abs=0.7)
        assert centre_y == pytest.approx((moved[1] + moved[3]) / 2, abs=0.7)
        # and it is as large as its box
        assert cut.sum() / 255 == pytest.approx(
            (moved[2] - moved[0]) * (moved[3] - moved[1]), rel=0.25
        )

    def test_the_whole_picture_is_the_identity(self) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        box = np.array([[0.1, 0.2, 0.6, 0.9]], np.float32)
        whole = Window(0, 0, WIDTH, HEIGHT)
        np.testing.assert_array_equal(whole.cut(picture, HEIGHT, WIDTH, 0), picture)
        np.testing.assert_allclose(whole.move(box, HEIGHT, WIDTH), box, rtol=1e-6)

    def test_flipping_twice_is_the_identity(self) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        box = np.array([[0.1, 0.2, 0.6, 0.9]], np.float32)
        flip = Window(0, 0, WIDTH, HEIGHT, flip=True)
        once = flip.cut(picture, HEIGHT, WIDTH, 0)
        np.testing.assert_array_equal(once, picture[:, ::-1])
        np.testing.assert_array_equal(flip.cut(once.copy(), HEIGHT, WIDTH, 0), picture)
        twice = flip.move(flip.move(box, HEIGHT, WIDTH), HEIGHT, WIDTH)
        np.testing.assert_allclose(twice, box, rtol=1e-5)

    def test_outside_is_the_fill(self) -> None:
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        cut = Window(-16, 0, WIDTH, HEIGHT).cut(picture, HEIGHT, WIDTH, 77)
        assert (cut[:, :15] == 77).all()
        assert (cut[:, 17:] == 0).all()

    @settings(deadline=None)
    @given(window=windows, box=boxes())
    def test_boxes_stay_in_the_picture_and_in_order(self, window: Window, box: Any) -> None:
        moved = window.move(box, HEIGHT, WIDTH)
        missing = np.isnan(box).any(axis=1)
        assert np.isnan(moved[missing]).all()
        there = moved[~missing]
        assert ((there >= 0) & (there <= 1)).all()
        assert (there[:, 0] <= there[:, 2]).all()
        assert (there[:, 1] <= there[:, 3]).all()

    def test_random_windows_keep_their_promises(self) -> None:
        rng = np.random.default_rng(0)
        drawn = [random_window(rng, HEIGHT, WIDTH, zoom=0.2, shift=0.1) for _ in range(400)]
        for window in drawn:
            assert np.exp(-0.2) - 1e-9 <= window.width / WIDTH <= np.exp(0.2) + 1e-9
            assert window.width / WIDTH == pytest.approx(window.height / HEIGHT)
            assert abs(window.left + window.width / 2 - WIDTH / 2) <= 0.1 * WIDTH + 1e-9
            assert abs(window.top + window.height / 2 - HEIGHT / 2) <= 0.1 * HEIGHT + 1e-9
        assert 150 < sum(window.flip for window in drawn) < 250

    @given(box=boxes(most=1), seed=st.integers(0, 99))
    def test_a_box_window_is_a_square_around_the_box(self, box: Any, seed: int) -> None:
        box = np.nan_to_num(box[0], nan=0.5)
        window = box_window(np.random.default_rng(seed), box, HEIGHT, WIDTH, margin=0.2)
        width, height = (box[2] - box[0]) * WIDTH, (box[3] - box[1]) * HEIGHT
        assert window.width == window.height
        side = max(width, height, 8.0)
        assert side * (1 - 1e-6) <= window.width <= side * 1.4 * (1 + 1e-6)
        centre = (box[0] + box[2]) / 2 * WIDTH, (box[1] + box[3]) / 2 * HEIGHT
        assert window.left + window.width / 2 == pytest.approx(centre[0], abs=1e-3)
        assert window.top + window.height / 2 == pytest.approx(centre[1], abs=1e-3)


def slow_region_weights(box: Any, grid: tuple[int, int], cell_y: float, cell_x: float) -> Any:
    """Areas, one cell at a time."""
    rows, columns = grid
    areas = []
    for row in range(rows):
        for column in range(columns):
            left, right = max(box[0], column * cell_x), min(box[2], (column + 1) * cell_x)
            top, bottom = max(box[1], row * cell_y), min(box[3], (row + 1) * cell_y)
            areas.append(max(0.0, right - left) * max(0.0, bottom - top))
    return [area / sum(areas) if sum(areas) > 1e-9 else 0.0 for area in areas]


class TestRegionWeights:
    GRIDS = st.sampled_from([((3, 2), 1 / 3, 1 / 2), ((8, 5), 32 / 240, 32 / 160), ((1, 1), 1, 1)])

    @given(box=boxes(), shape=GRIDS)
    def test_agrees_with_the_oracle(self, box: Any, shape: Any) -> None:
        grid, cell_y, cell_x = shape
        weights = region_weights(box, grid, cell_y, cell_x)
        assert weights.shape == (len(box), grid[0] * grid[1])
        assert weights.dtype == np.float32
        for row, one in zip(weights, box, strict=True):
            expected = slow_region_weights([float(side) for side in one], grid, cell_y, cell_x)
            if np.isnan(one).any():
                expected = [0.0] * len(row)
            np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-5)

    @given(box=boxes(), shape=GRIDS)
    def test_rows_sum_to_one_or_are_zero(self, box: Any, shape: Any) -> None:
        sums = region_weights(box, *shape).sum(axis=1)
        area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
        for total, size in zip(sums, area, strict=True):
            if np.isnan(size):
                assert total == 0
            elif size > 1e-6:
                assert total == pytest.approx(1, rel=1e-5)
            else:
                assert total == pytest.approx(0) or total == pytest.approx(1, rel=1e-5)

    def test_a_box_in_one_cell_is_that_cell(self) -> None:
        box = np.array([[0.6, 0.4, 0.9, 0.6]], np.float32)
        np.testing.assert_allclose(region_weights(box, (3, 2), 1 / 3, 0.5), [[0, 0, 0, 1, 0, 0]])


def slow_overlap(a: Any, b: Any) -> float:
    if np.isnan(a).any() or np.isnan(b).any():
        return 0.0
    width = max(0.0, float(min(a[2], b[2])) - float(max(a[0], b[0])))
    height = max(0.0, float(min(a[3], b[3])) - float(max(a[1], b[1])))
    areas = [(float(c[2]) - float(c[0])) * (float(c[3]) - float(c[1])) for c in (a, b)]
    union = sum(areas) - width * height
    return width * height / union if union > 1e-9 else 0.0


@given(a=boxes(), b=boxes())
def test_overlap_agrees_with_the_oracle(a: Any, b: Any) -> None:
    found = overlap(a, b)
    assert found.shape == (len(a), len(b))
    sizes = [(box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) for box in (a, b)]
    for i, j in np.ndindex(found.shape):
        if sizes[0][i] < 1e-6 and sizes[1][j] < 1e-6:
            continue  # too small for single precision to say
        assert found[i, j] == pytest.approx(slow_overlap(a[i], b[j]), rel=1e-3, abs=1e-4)


def test_overlap_of_missing_boxes_is_none() -> None:
    box = np.array([[0.1, 0.1, 0.5, 0.5]], np.float32)
    assert overlap(NOWHERE, box) == 0
    assert overlap(NOWHERE, NOWHERE) == 0
    assert overlap(box, box) == pytest.approx(1)


def test_the_border_is_that_of_the_pixel_cache() -> None:
    """Two rooms that never import each other must fill borders alike."""
    assert (sampling.SCENE_FILL, sampling.PRODUCT_FILL) == (pixels.SCENE_FILL, pixels.PRODUCT_FILL)
