"""How often each product is shown: in the lists of all scenes, counted once and kept.

The k-occurrence N of the hubness literature (Radovanović et al., "Hubs in Space", 2010): in how
many scenes' top k a product stands, lists as they are served, without filters. It depends on the
model, the data and the live correction alone, so it is kept in the workspace under the
fingerprints of all three.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
import zipfile
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.atomic import write_bytes
from recsys.errors import RequestError
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.serving.server import Server

K = 10
"""Length of the lists that are counted."""

Progress = Callable[[int, int], None]

_FORMAT = 1
_BROKEN = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class Exposure:
    """Times shown over all scenes with a readable photo.

    Attributes:
        shown: ``int64 [P]`` lists that hold each of the catalogue's products.
        scenes: how many lists there are.
        k: their length.
    """

    shown: NDArray[np.int64]
    scenes: int
    k: int = K

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Share of scenes ``float64 [P]``, 0–1, that each product is shown to; 0 of none."""
        return self.shown / max(1, self.scenes)

    def share_of_scenes(self, product_row: int) -> float:
        """Share of scenes, 0–1, that a product is shown to."""
        return float(self.shares[product_row])


def count_exposure(server: Server, k: int = K) -> Generator[tuple[int, int], None, Exposure]:
    """Counts step by step: yields (done, total) scenes, returns the result.

    Whoever counts may stop between two steps; a step takes milliseconds, or some more where
    the scenes' vectors are made on the way. Raises RequestError without a model.
    """
    shown = np.zeros(len(server.catalog.products), np.int64)
    total = len(server.catalog.scenes)
    scenes = 0
    yield 0, total
    for response in server.recommend_scenes(range(total), k):
        rows = [server.catalog.product_row(product) for product in response.products]
        shown[rows] += 1  # no product is in a list twice
        scenes += 1
        yield scenes, total
    yield total, total
    return Exposure(shown, scenes, k)


class ExposureBook:
    """The exposure of one server, counted when first asked for. Any thread may ask.

    Args:
        server: whose lists are counted; its ``exposure`` is set once they are.
        workspace: where the counts are kept.
    """

    def __init__(self, server: Server, workspace: Workspace) -> None:
        self._server = server
        self._path = exposure_path(server, workspace)
        self._lock = threading.Lock()

    def known(self) -> Exposure | None:
        """What was counted before; None where nothing was, or the file is of no use."""
        if self._server.exposure is None:
            self._server.exposure = read_exposure(self._path, self._server)
        return self._server.exposure

    def counted(self, progress: Progress | None = None) -> Exposure:
        """The exposure, counted now where it must be; others who ask wait for the one count.

        Raises RequestError without a model.
        """
        with self._lock:
            known = self.known()
            if known is not None:
                return known
            counting = count_exposure(self._server)
            while True:
                try:
                    step = next(counting)
                except StopIteration as stop:
                    exposure: Exposure = stop.value
                    break
                if progress is not None:
                    progress(*step)
            self._server.exposure = exposure
            with contextlib.suppress(OSError):  # a full disk costs the next start some seconds
                write_exposure(self._path, exposure)
            return exposure


def exposure_path(server: Server, workspace: Workspace) -> Path:
    """Where the counts of a model as it is served lie. Raises RequestError without a model."""
    if server.model is None:
        raise RequestError("no model is live, so there are no lists to count")
    digest = hashlib.blake2b(digest_size=16)
    catalog = server.catalog
    for part in (
        server.model.fingerprint,
        catalog.products_fingerprint,
        catalog.scenes_fingerprint,
        "" if server.live is None else server.live.vectors,
        f"{_FORMAT} {K}",
    ):
        digest.update(part.encode() + b"\0")
    return workspace.cache_dir / "exposure" / f"{digest.hexdigest()}.npz"


def write_exposure(path: Path, exposure: Exposure) -> None:
    """Keeps counts; the file appears whole or not at all. Raises OSError."""
    stream = io.BytesIO()
    facts = np.array([exposure.scenes, exposure.k], np.int64)
    np.savez_compressed(stream, allow_pickle=False, shown=exposure.shown, facts=facts)
    write_bytes(path, stream.getvalue())


def read_exposure(path: Path, server: Server) -> Exposure | None:
    """Counts that were kept; None where there are none or they cannot be right."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            shown, facts = archive["shown"], archive["facts"]
        scenes, k = (int(fact) for fact in facts)
        if shown.dtype != np.int64 or shown.shape != (len(server.catalog.products),):
            return None
    except _BROKEN:
        return None
    sound = (
        k == K
        and 0 <= scenes <= len(server.catalog.scenes)
        and (not len(shown) or 0 <= shown.min() <= shown.max() <= scenes)
        and shown.sum() <= scenes * k
    )
    return Exposure(shown, scenes, k) if sound else None
