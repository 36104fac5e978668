"""What a model must say and do for its vectors to be kept, searched and served.

A room of its own, so that tables and search know no tower, and later recommenders can stand
behind the same contract.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Score = Literal["cosine", "dot"]


class Embedder(Protocol):
    """A scene tower and a product tower, exported together.

    ``embed_scenes`` takes ``uint8 [N, scene_height_px, scene_width_px, 3]`` and returns
    ``float32 [N, R, D]``, each scene's vectors the same bits alone and in a batch;
    ``embed_scenes_together`` is the same within rounding, in one call for a fixed N;
    ``embed_products`` takes ``uint8 [N, s, s, 3]`` and returns ``float32 [N, D]``, norms kept.
    ``region_boxes`` are ``float32 [R, 4]`` left, top, right, bottom in 0–1 of the scene's
    canvas; ``scenes_seen`` the ids of the scenes that training saw.
    """

    @property
    def id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def scene_height_px(self) -> int: ...
    @property
    def scene_width_px(self) -> int: ...
    @property
    def product_size_px(self) -> int: ...
    @property
    def embedding_dim(self) -> int: ...
    @property
    def regions(self) -> int: ...
    @property
    def region_grid(self) -> tuple[int, int]: ...
    @property
    def region_boxes(self) -> NDArray[np.float32]: ...
    @property
    def score(self) -> Score: ...
    @property
    def tau(self) -> float: ...
    @property
    def scenes_seen(self) -> frozenset[str]: ...
    def embed_scenes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]: ...
    def embed_scenes_together(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]: ...
    def embed_products(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]: ...
