"""A visitor's photo → a safe scene that survives a reload.

What comes in is decoded, bounded and written again by us, under the digest of what was
written; the original bytes are never kept, never served, and their file name is never used.
The digest goes into the URL, so a reload finds the photo again and so does whoever the URL
is shared with.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recsys import atomic as files
from recsys.catalog.images import decode_image
from recsys.errors import DataError, RequestError
from recsys.workspace import Workspace

FILE_TYPES = ("jpg", "jpeg", "png", "webp", "gif")
MAX_PHOTOS = 100  # the oldest go first; they are kept without loss, so a few MB each

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Photo:
    """A kept photo: its id is the digest of the file at ``path``."""

    id: str
    path: Path

    def pixels(self) -> NDArray[np.uint8]:
        """``uint8 [H, W, 3]``, bounded as every decoded picture. Raises ImageError if damaged."""
        return decode_image(self.path)


def keep_photo(content: bytes, workspace: Workspace) -> Photo:
    """Decodes and keeps a photo. Raises ImageError for anything but a picture in bounds."""
    pixels = decode_image(content)  # to the same size as every reader, so lists agree
    buffer = io.BytesIO()
    # Lossless, so that a look gets the same list as a file and uploaded; quality and method
    # are effort here, and more of it gains a tenth of the size for twice the time.
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, quality=0, method=0)
    normalised = buffer.getvalue()
    photo_id = hashlib.blake2b(normalised, digest_size=16).hexdigest()
    path = workspace.uploads_dir / f"{photo_id}.webp"
    try:
        if path.is_file():
            path.touch()  # wanted again, so young again
        else:
            files.write_bytes(path, normalised)
            _forget_oldest(workspace)
    except OSError as error:
        raise DataError(
            f"the photo cannot be kept: {error.strerror or 'the disk refused it'}",
            "Free some space, or set RECSYS_HOME to a folder with space",
        ) from error
    return Photo(photo_id, path)


def find_photo(photo_id: str, workspace: Workspace) -> Photo:
    """A photo kept earlier. Raises RequestError where it is gone or never was."""
    path = workspace.uploads_dir / f"{photo_id}.webp"
    if _ID.fullmatch(photo_id) is None or not path.is_file():
        raise RequestError(
            "that photo is not here: it was removed, or uploaded to another workspace",
            "Upload it again, or pick a look below",
        )
    return Photo(photo_id, path)


def forget_photo(photo_id: str, workspace: Workspace) -> None:
    """Deletes a kept photo and its thumbnails; one that is gone already is no error."""
    if _ID.fullmatch(photo_id) is None:
        return
    (workspace.uploads_dir / f"{photo_id}.webp").unlink(missing_ok=True)
    # Thumbnails go by the digest of their source, which is the photo's id.
    for thumbnail in (workspace.cache_dir / "thumbnails").glob(f"{photo_id}-*.webp"):
        thumbnail.unlink(missing_ok=True)


def _forget_oldest(workspace: Workspace) -> None:
    ages = []
    for path in workspace.uploads_dir.glob("*.webp"):
        with contextlib.suppress(OSError):  # another session may be removing it
            ages.append((path.stat().st_mtime_ns, path.stem))
    for _, photo_id in sorted(ages)[:-MAX_PHOTOS]:
        forget_photo(photo_id, workspace)
