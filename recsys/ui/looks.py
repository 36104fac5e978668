"""The photo that is being shopped: a scene of the catalogue, or a visitor's own."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.ui import uploads
from recsys.ui.resources import Live
from recsys.ui.uploads import Photo
from recsys.workspace import Workspace

_PIXELS_KEPT = 4  # photos of up to 12 MB
_pixels: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Look:
    """One photo to shop.

    Attributes:
        id: what stands for it in the URL.
        image: the picture's file; None where the catalogue's photo is missing.
        photo: the visitor's photo; None for a scene of the catalogue.
        matches: ids of the products known to be in it.
    """

    id: str
    image: Path | None
    photo: Photo | None
    matches: tuple[str, ...]


def find_look(live: Live, scene_id: str, photo_id: str) -> Look | None:
    """The look that a URL names; None where it names none, or a scene that is not there.

    Raises RequestError where the photo is gone.
    """
    if photo_id:
        photo = uploads.find_photo(photo_id, Workspace.default())
        return Look(photo.id, photo.path, photo, ())
    if scene_id and live.catalog.has_scene(scene_id):
        row = live.catalog.scene_row(scene_id)
        known = live.catalog.products_of(row)
        matches = tuple(str(live.catalog.products[product].id) for product in known)
        return Look(scene_id, live.catalog.scenes[row].image, None, matches)
    return None


def keep_photo(content: bytes) -> str:
    """Keeps an uploaded photo; returns its id. Raises ImageError where it is none."""
    return uploads.keep_photo(content, Workspace.default()).id


def forget_photo(photo_id: str) -> None:
    """Deletes an uploaded photo."""
    with _lock:
        _pixels.pop(photo_id, None)
    uploads.forget_photo(photo_id, Workspace.default())


def photo_pixels(photo: Photo) -> NDArray[np.uint8]:
    """``uint8 [H, W, 3]``, read-only; the last few are remembered, by content.

    Raises ImageError where the file is damaged, RequestError where it is gone.
    """
    with _lock:
        known = _pixels.get(photo.id)
        if known is not None:
            _pixels.move_to_end(photo.id)
            return known
    pixels = photo.pixels()
    pixels.setflags(write=False)
    with _lock:
        _pixels[photo.id] = pixels
        while len(_pixels) > _PIXELS_KEPT:
            _pixels.popitem(last=False)
    return pixels


@functools.lru_cache(maxsize=2)
def _searched(catalog: Catalog) -> tuple[str, ...]:
    """What is searched of each scene: its id, and what its known products are called."""
    words = [
        f"{product.id} {product.title} {product.brand} {product.category}".casefold()
        for product in catalog.products
    ]
    return tuple(
        " \n".join([scene.id.casefold(), *(words[item] for item in catalog.products_of(row))])
        for row, scene in enumerate(catalog.scenes)
    )


def gallery(
    live: Live, count: int, seed: int, *, known: bool, search: str = ""
) -> NDArray[np.int64]:
    """Rows ``int64 [≤ count]`` of scenes with a photo, drawn at random; the same seed draws
    the same.

    Args:
        known: only scenes with products known to be in them.
        search: only scenes with all these words in their id or their known products' texts.
    """
    wanted = search.casefold().split()
    texts = _searched(live.catalog) if wanted else ()
    order = np.random.default_rng(seed).permutation(len(live.catalog.scenes))
    rows: list[int] = []
    for row in order.tolist():
        if len(rows) == count:
            break
        matches = len(live.catalog.products_of(row))
        if wanted and not all(word in texts[row] for word in wanted):
            continue
        if live.catalog.scenes[row].image is not None and (matches or not known):
            rows.append(row)
    return np.array(rows, np.int64)
