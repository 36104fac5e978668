"""From a photo to what the ranker needs of it: region vectors, and where each region lies."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Scene
from recsys.catalog.images import decode_image, fit_image, fitted_box
from recsys.catalog.pixels import SCENE_FILL
from recsys.errors import ImageError, RequestError
from recsys.serving.messages import Box
from recsys.serving.photo_digest import photo_digest

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder

_REMEMBERED = 256  # looks of some 10 KB; a page asks again for the same look at every click


@dataclass(frozen=True)
class Look:
    """One photo, embedded.

    Attributes:
        vectors: ``float32 [R, D]``.
        boxes: where each region lies, 0–1 of the photo; None for one that lies beside it, on
            the letterbox's border. None throughout for a model without regions.
    """

    vectors: NDArray[np.float32]
    boxes: tuple[Box | None, ...]


class Looks:
    """Embeds photos, the same whether they come by id or as pixels; remembers the last ones."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self._remembered: OrderedDict[str, Look] = OrderedDict()
        self._lock = Lock()

    def of_scene(self, scene: Scene, part: Box | None = None) -> Look:
        """The look of a catalogue's scene, or of a part of it cut out.

        Raises RequestError where its photo is no use.
        """
        key = f"scene {scene.id} {_whole_or(part)}"
        look = self._recall(key)
        if look is None:
            look = self._remember(key, self._embed(cut_out(photo_of(scene), part)))
        return look

    def of_image(self, image: NDArray[np.uint8], part: Box | None = None) -> Look:
        """The look of a photo ``uint8 [H, W, 3]``, as ``decode_image`` gives it, or of a part."""
        key = f"photo {photo_digest(image)} {_whole_or(part)}"
        return self._recall(key) or self._remember(key, self._embed(cut_out(image, part)))

    def _embed(self, image: NDArray[np.uint8]) -> Look:
        model = self._model
        size = (model.scene_height_px, model.scene_width_px)
        canvas = fit_image(image, *size, fill=SCENE_FILL)
        vectors = model.embed_scenes(canvas[None])[0]
        if model.regions == 1:
            return Look(vectors, (None,))
        area = fitted_box(image.shape[0], image.shape[1], *size)
        boxes = tuple(_on_photo(box, area, size) for box in model.region_boxes.tolist())
        return Look(vectors, boxes)

    def _recall(self, key: str) -> Look | None:
        with self._lock:
            look = self._remembered.get(key)
            if look is not None:
                self._remembered.move_to_end(key)
            return look

    def _remember(self, key: str, look: Look) -> Look:
        with self._lock:
            self._remembered[key] = look
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return look


def photo_of(scene: Scene) -> NDArray[np.uint8]:
    """The photo ``uint8 [H, W, 3]`` of a scene. Raises RequestError where it is no use."""
    if scene.image is None:
        raise RequestError(
            f"the scene {scene.id} has no picture in its data set",
            "Choose another scene, or add its file",
        )
    try:
        return decode_image(scene.image)
    except ImageError as error:
        raise RequestError(
            f"the picture of the scene {scene.id} cannot be used: {error.message}",
            "Choose another scene, or mend its file",
        ) from error


def pixel_box(image: NDArray[np.uint8], box: Box) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels, right and bottom exclusive: at least one each."""
    height, width = image.shape[:2]
    left, right = _pixels(box[0], box[2], width)
    top, bottom = _pixels(box[1], box[3], height)
    return left, top, right, bottom


def cut_out(image: NDArray[np.uint8], part: Box | None) -> NDArray[np.uint8]:
    """A part of a photo as a photo; None is all of it."""
    if part is None:
        return image
    left, top, right, bottom = pixel_box(image, part)
    return image[top:bottom, left:right]


def _pixels(low: float, high: float, size: int) -> tuple[int, int]:
    start = min(size - 1, max(0, round(low * size)))
    return start, min(size, max(start + 1, round(high * size)))


def _whole_or(part: Box | None) -> str:
    return "whole" if part is None or part == (0.0, 0.0, 1.0, 1.0) else repr(part)


def _on_photo(
    box: list[float], area: tuple[int, int, int, int], size: tuple[int, int]
) -> Box | None:
    """A box of the canvas as a box of the photo on it; None where less than a pixel is left."""
    top, left, height, width = area
    canvas_height, canvas_width = size
    x = [min(1.0, max(0.0, (side * canvas_width - left) / width)) for side in box[::2]]
    y = [min(1.0, max(0.0, (side * canvas_height - top) / height)) for side in box[1::2]]
    if (x[1] - x[0]) * width < 0.5 or (y[1] - y[0]) * height < 0.5:
        return None
    return (x[0], y[0], x[1], y[1])
