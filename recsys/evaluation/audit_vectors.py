"""Vectors of every scene of a table: the table's own, or made once and kept in the workspace.

The demo ships without them (docs/decisions/0009), and an audit needs them for every setting.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.atomic import new_folder, write_json
from recsys.catalog.catalog import Catalog
from recsys.catalog.images import DECODER_VERSION
from recsys.errors import ImageError, ModelError
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder

Progress = Callable[[int, int], None]

_FORMAT = 1
_ROUND = 16  # photos decoded and embedded at a time
_READ_BYTES = 1 << 24


def with_scene_vectors(
    table: EmbeddingTable,
    model: Embedder,
    catalog: Catalog,
    workspace: Workspace,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """The table, with the vectors of all its scenes.

    Args:
        progress: called with (done, total) scenes while they are made; may raise, to stop.

    Raises:
        ModelError: a photo cannot be read any more, so the table is out of date.
        OSError: the workspace cannot be written.
    """
    if table.scenes is not None:
        return table
    folder = vectors_folder(table, model, catalog, workspace)
    shape = (len(table.scene_ids), model.regions, model.embedding_dim)
    vectors = _read(folder, shape)
    if vectors is None:
        _make(folder, shape, table, model, catalog, progress)
        vectors = _read(folder, shape)
        if vectors is None:
            raise ModelError(f"the scene vectors in {folder} cannot be read back", "Try again")
    return dataclasses.replace(table, scenes=vectors)


def vectors_folder(
    table: EmbeddingTable, model: Embedder, catalog: Catalog, workspace: Workspace
) -> Path:
    """Where the vectors lie: a name that only this model, these photos and this decoder have."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (
        model.fingerprint,
        catalog.scenes_fingerprint,
        f"{_FORMAT} {DECODER_VERSION} {model.regions} {model.embedding_dim}",
        "\n".join(table.scene_ids),
    ):
        digest.update(part.encode() + b"\0")
    return workspace.cache_dir / "scene-vectors" / digest.hexdigest()


def _make(
    folder: Path,
    shape: tuple[int, int, int],
    table: EmbeddingTable,
    model: Embedder,
    catalog: Catalog,
    progress: Progress | None,
) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    digest = hashlib.blake2b(digest_size=16)
    with new_folder(folder) as making:
        with (making / "scenes.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, shape[0], _ROUND):
                if progress is not None:
                    progress(start, shape[0])
                rows = np.arange(start, min(start + _ROUND, shape[0]))
                try:
                    vectors = table.scene_vectors(rows, model, catalog)
                except ImageError as error:
                    raise ModelError(
                        f"the embeddings in {table.folder} are out of date: {error.message}",
                        "Make them anew with: python -m recsys embed --model ID --data "
                        f"{catalog.argument}",
                    ) from error
                content = np.ascontiguousarray(vectors, "<f4").tobytes()
                digest.update(content)
                file.write(content)
        write_json(making / "meta.json", {"format": _FORMAT, "digest": digest.hexdigest()})
    if progress is not None:
        progress(shape[0], shape[0])


def _read(folder: Path, shape: tuple[int, int, int]) -> NDArray[np.float32] | None:
    """The vectors, memory-mapped; None where there are none or not those that were written."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        path = folder / "scenes.npy"
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        if vectors.dtype != np.dtype("<f4") or vectors.shape != shape:
            return None
        with path.open("rb") as file:
            file.seek(path.stat().st_size - vectors.nbytes)
            digest = hashlib.blake2b(digest_size=16)
            while chunk := file.read(_READ_BYTES):
                digest.update(chunk)
        return vectors if meta["digest"] == digest.hexdigest() else None
    except (OSError, ValueError, LookupError, TypeError, EOFError):
        return None
