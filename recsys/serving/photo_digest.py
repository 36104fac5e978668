"""What stands for a photo where answers are remembered: a digest of its pixels.

A page asks again about the same photo at every click, and a photo of 12 MB takes longer to hash
than its list takes to make. So the digest of an array that nobody can write is remembered with
the array itself, and is worked out once for as long as that lives.
"""

from __future__ import annotations

import hashlib
import weakref
from threading import Lock

import numpy as np
from numpy.typing import NDArray

_digests: dict[int, tuple[weakref.ref[NDArray[np.uint8]], str]] = {}
_lock = Lock()


def photo_digest(image: NDArray[np.uint8]) -> str:
    """Shape and hash of a photo ``uint8 [H, W, 3]``: the same bytes may be another photo."""
    if not _is_fixed(image):
        return _hashed(image)
    key = id(image)  # of this array until it goes, and then the entry goes too
    with _lock:
        known = _digests.get(key)
        if known is not None and known[0]() is image:
            return known[1]
    digest = _hashed(image)

    def forget(gone: weakref.ref[NDArray[np.uint8]]) -> None:
        kept = _digests.get(key)
        if kept is not None and kept[0] is gone:
            _digests.pop(key, None)

    with _lock:
        _digests[key] = (weakref.ref(image, forget), digest)
    return digest


def _is_fixed(image: NDArray[np.uint8]) -> bool:
    """Whether an array owns its pixels and nobody can write them: a view may change unseen."""
    return image.base is None and not image.flags.writeable


def _hashed(image: NDArray[np.uint8]) -> str:
    digest = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16)
    return f"{image.shape[0]}x{image.shape[1]} {digest.hexdigest()}"
