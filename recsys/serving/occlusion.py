"""Which parts of a photo a product's score hangs on: hide each in turn, and see how it falls.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2.
Finer than the model's own regions, and honest about what a region draws from its surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.images import fit_image, fitted_box
from recsys.catalog.pixels import SCENE_FILL
from recsys.errors import RequestError
from recsys.retrieval.selection import pooled
from recsys.serving.looks import cut_out
from recsys.serving.request import Box, Request

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder
    from recsys.serving.server import Server

PATCHES = 96
"""Most patches in a map. With the photo as it is one batch of one shape, so compiled once."""

_PATCH_CELLS = 1.5  # side of a patch in cells: neighbours overlap by half a cell


@dataclass(frozen=True, eq=False)
class OcclusionMap:
    """How much of a product's score goes when a patch of the photo is hidden.

    Attributes:
        product: its id.
        score: pooled similarity to the photo as it is, before corrections.
        drops: ``float32 [rows, columns]`` score less what is left of it with the patch around
            that cell grey; negative where hiding helps.
        boxes: the cells, row by row, in 0–1 of the photo; they tile what was looked at.
    """

    product: str
    score: float
    drops: NDArray[np.float32]
    boxes: tuple[Box, ...]

    @property
    def levels(self) -> NDArray[np.float32]:
        """Drops from 0, none or a gain, to 1, the largest one."""
        largest = float(self.drops.max(initial=0.0))
        if largest <= 0:
            return np.zeros_like(self.drops)
        return np.asarray(np.clip(self.drops / np.float32(largest), 0, 1), np.float32)


def occlusion_map(server: Server, request: Request, product: str) -> OcclusionMap:
    """The map of one product for a request for a scene: likes, dislikes and focus count.

    Costs one batch of ``PATCHES + 1`` photos: about 0.3 s on two CPU cores for the preset
    ``regions``, and a second more the first time.

    Raises RequestError for an unknown product, one without a picture, and as
    ``Server.recommend`` does.
    """
    if request.kind != "scene":
        raise RequestError(f"kind: expected a request for a scene, found {request.kind}")
    query = server.query(request)
    assert server.model is not None and server.ranker is not None  # noqa: PT018 (query raises)
    row = server.rows_with_vectors([product])
    model = server.model
    whole: Box = (0.0, 0.0, 1.0, 1.0)
    area = request.focus if model.regions == 1 and request.focus is not None else whole
    image = cut_out(server.photo(request), area)
    rows, columns = grid_for(image.shape[0], image.shape[1])
    canvases = _hidden(image, rows, columns, model)
    vectors = server.moved(request, model.embed_scenes_together(canvases))
    sims = vectors @ server.ranker.search_vectors(row)[0]
    scores = pooled(sims, model.tau, query.looking_at)
    count = rows * columns
    drops = (scores[0] - scores[1 : count + 1]).reshape(rows, columns)
    boxes = tuple(
        _within(area, (x / columns, y / rows, (x + 1) / columns, (y + 1) / rows))
        for y in range(rows)
        for x in range(columns)
    )
    return OcclusionMap(product, float(scores[0]), drops, boxes)


def grid_for(height_px: int, width_px: int) -> tuple[int, int]:
    """Rows and columns of cells, at most ``PATCHES`` and as square as can be, 2 at least."""
    best, shape = np.inf, (2, 2)
    for rows in range(2, PATCHES // 2 + 1):
        columns = PATCHES // rows
        ratio = (height_px / rows) / (width_px / columns)
        # how far from square, and what is left unused of the batch
        fault = abs(np.log(ratio)) + 1.0 - rows * columns / PATCHES
        if fault < best:
            best, shape = fault, (rows, columns)
    return shape


def _hidden(
    image: NDArray[np.uint8], rows: int, columns: int, model: Embedder
) -> NDArray[np.uint8]:
    """The photo on its canvas as it is, then once for each patch in grey, then again to fill."""
    size = (model.scene_height_px, model.scene_width_px)
    top, left, height, width = fitted_box(image.shape[0], image.shape[1], *size)
    canvas = fit_image(image, *size, fill=SCENE_FILL)
    canvases = np.repeat(canvas[None], PATCHES + 1, axis=0)
    for place in range(rows * columns):
        y, x = divmod(place, columns)
        y0, y1 = _patch(y, rows, height)
        x0, x1 = _patch(x, columns, width)
        canvases[place + 1, top + y0 : top + y1, left + x0 : left + x1] = SCENE_FILL
    return canvases


def _patch(cell: int, cells: int, size_px: int) -> tuple[int, int]:
    """Pixels of a patch around the middle of a cell, at least one."""
    middle = (cell + 0.5) * size_px / cells
    half = _PATCH_CELLS * size_px / cells / 2
    start = min(size_px - 1, max(0, round(middle - half)))
    return start, min(size_px, max(start + 1, round(middle + half)))


def _within(area: Box, part: Box) -> Box:
    """A box in 0–1 of an area as one in 0–1 of what the area lies in."""
    left, top, right, bottom = area
    width, height = right - left, bottom - top
    return (
        left + part[0] * width,
        top + part[1] * height,
        left + part[2] * width,
        top + part[3] * height,
    )
