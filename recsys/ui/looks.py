"""The photo that is being shopped: a scene of the catalogue, or a visitor's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.serving.server import Request, Response
from recsys.ui import uploads
from recsys.ui.resources import Live
from recsys.ui.uploads import Photo
from recsys.workspace import Workspace


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
    """The look that a URL names; None where it names none.

    Raises RequestError where there is no such scene, or the photo is gone.
    """
    if photo_id:
        photo = uploads.find_photo(photo_id, Workspace.default())
        return Look(photo.id, photo.path, photo, ())
    if scene_id:
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
    uploads.forget_photo(photo_id, Workspace.default())


def shop(live: Live, look: Look, k: int, category: str) -> Response:
    """The products that go with a look, best first.

    Raises:
        RequestError: there is no model to ask, or the scene has no photo.
        ImageError: the photo cannot be read.
    """
    wanted = category or None
    if look.photo is None:
        if look.image is None:
            raise RequestError(f"the photo of look {look.id} is missing", "Pick another look below")
        return live.recommend(Request("scene", scene=look.id, k=k, category=wanted))
    photo = look.photo
    return live.remembered(
        ("photo", photo.id, k, category),
        lambda: live.server.recommend(Request("scene", image=photo.pixels(), k=k, category=wanted)),
    )


def gallery(live: Live, count: int, seed: int, *, known: bool) -> NDArray[np.int64]:
    """Rows ``int64 [≤ count]`` of scenes with a photo, drawn at random; the same seed draws
    the same.

    Args:
        known: only scenes with products known to be in them.
    """
    order = np.random.default_rng(seed).permutation(len(live.catalog.scenes))
    rows: list[int] = []
    for row in order.tolist():
        if len(rows) == count:
            break
        matches = len(live.catalog.products_of(row))
        if live.catalog.scenes[row].image is not None and (matches or not known):
            rows.append(row)
    return np.array(rows, np.int64)
