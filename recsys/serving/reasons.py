"""Why these: where in the photo each product of a list was found, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.retrieval.selection import winning_regions
from recsys.serving.request import Box, Request

if TYPE_CHECKING:
    from recsys.serving.server import Server


@dataclass(frozen=True, eq=False)
class HeatMap:
    """How well one product fits every region of a photo.

    Attributes:
        product: its id.
        scores: ``float32 [rows, columns]`` similarity to each region of the model's grid, with
            likes and dislikes; NaN for one that lies beside the photo, on the letterbox.
        boxes: where each region lies on the photo, row by row; None beside it. A model that
            looks at the photo as a whole has one region, and it is the whole photo or the focus.
        looking_at: ``bool [rows, columns]``, the regions that count: all but with a focus.
        winner: position in ``boxes`` of the best region that counts.
    """

    product: str
    scores: NDArray[np.float32]
    boxes: tuple[Box | None, ...]
    looking_at: NDArray[np.bool_]
    winner: int

    @property
    def levels(self) -> NDArray[np.float32]:
        """The scores from 0, the worst on the photo, to 1, the best; 0 beside it."""
        if np.isnan(self.scores).all():
            return np.zeros_like(self.scores)
        low, high = np.nanmin(self.scores), np.nanmax(self.scores)
        spread = high - low if high > low else np.float32(1)
        return np.asarray(np.nan_to_num((self.scores - low) / spread, nan=0.0), np.float32)


def heat_maps(server: Server, request: Request, products: Sequence[str]) -> tuple[HeatMap, ...]:
    """One heat map a product, for a request for a scene; a page asks for all its tiles in one.

    Raises RequestError for an unknown product, one without a picture, and as
    ``Server.recommend`` does.
    """
    if request.kind != "scene":
        raise RequestError(f"kind: expected a request for a scene, found {request.kind}")
    query = server.query(request)
    assert server.model is not None and server.ranker is not None  # noqa: PT018 (query raises)
    rows = server.rows_with_vectors(products)
    if not len(rows):
        return ()
    sims = server.ranker.region_scores(query, rows)
    count = len(query.boxes)
    grid = server.model.region_grid if count > 1 else (1, 1)
    boxes: tuple[Box | None, ...] = query.boxes
    if count == 1:
        boxes = (request.focus or (0.0, 0.0, 1.0, 1.0),)
    counting = np.ones(count, np.bool_) if query.looking_at is None else query.looking_at
    winners = winning_regions(sims, query.looking_at)
    sims[:, [box is None for box in boxes]] = np.nan
    return tuple(
        HeatMap(product, scores.reshape(grid), boxes, counting.reshape(grid), int(winner))
        for product, scores, winner in zip(products, sims, winners, strict=True)
    )
