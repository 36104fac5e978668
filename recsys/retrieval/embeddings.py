"""The vectors of a data set by a model: memory-mapped rows, their ids, and where they are from.

A folder of ``products.npy`` ``[P, D]`` and ``scenes.npy`` ``[S, R, D]``, both float32,
``products.txt`` and ``scenes.txt`` with one id a line, and ``meta.json`` with the fingerprints
of the model and the data. Only what has a readable picture has a row. A table that no longer
belongs to the model or the data is refused with the command that makes it anew.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys.atomic import new_folder, write_json, write_text
from recsys.catalog.catalog import Catalog
from recsys.catalog.images import DECODER_VERSION, decode_image, fit_image
from recsys.catalog.pixels import SCENE_FILL, product_pixels, scene_pixels
from recsys.errors import ImageError, ModelError, StaleError
from recsys.retrieval.embedder import Embedder, Score
from recsys.workspace import Workspace

Progress = Callable[[int, int], None]

_FORMAT = 1
_FIRST_DECODER = 1  # of tables from before they said which
_BATCH = 64  # pictures embedded between two calls of progress
_FILES = ("products.npy", "products.txt", "scenes.npy", "scenes.txt", "meta.json")


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """The vectors of one data set by one model; read-only, rows in id order.

    Attributes:
        folder: where it lies.
        products: ``float32 [P, D]``.
        scenes: ``float32 [S, R, D]``; None in a table that leaves them out to stay small.
        product_ids, scene_ids: the id of each row.
        meta: the content of ``meta.json``.
    """

    folder: Path
    products: NDArray[np.float32]
    scenes: NDArray[np.float32] | None
    product_ids: tuple[str, ...]
    scene_ids: tuple[str, ...]
    meta: dict[str, Any]

    @property
    def score(self) -> Score:
        return "dot" if self.meta["score"] == "dot" else "cosine"

    @property
    def tau(self) -> float:
        return float(self.meta["tau"])

    def scene_vectors(
        self, rows: NDArray[np.integer], model: Embedder, catalog: Catalog
    ) -> NDArray[np.float32]:
        """Region vectors ``float32 [n, R, D]`` of rows of ``scene_ids``, stored or made now.

        Raises ImageError where a photo is to be read anew and can no longer be.
        """
        if self.scenes is not None:
            return np.asarray(self.scenes[rows])
        shape = (model.scene_height_px, model.scene_width_px)
        canvases = np.zeros((len(rows), *shape, 3), np.uint8)
        for position, row in enumerate(rows):
            image = catalog.scenes[catalog.scene_row(self.scene_ids[row])].image
            if image is None:
                raise ImageError(f"the scene {self.scene_ids[row]} has no picture any more")
            canvases[position] = fit_image(decode_image(image), *shape, fill=SCENE_FILL)
        return model.embed_scenes(canvases)

    @classmethod
    def build(
        cls,
        model: Embedder,
        catalog: Catalog,
        workspace: Workspace,
        out: Path,
        progress: Progress | None = None,
        *,
        with_scenes: bool = True,
    ) -> EmbeddingTable:
        """Embeds every product and scene with a readable picture; the folder appears whole.

        Args:
            out: the folder to make, replaced where it is a table already.
            progress: called with (done, total) pictures; decoding counts as half of the way.
            with_scenes: False leaves the scenes' vectors out, which are most of a table's size;
                they are then made when they are needed.

        Raises ModelError where ``out`` is something else than a table, or vectors are not
        finite; DataError where the pixel cache cannot be written.
        """
        _refuse_to_replace(out)
        count = {"products": len(catalog.products), "scenes": len(catalog.scenes)}
        report = _Stages(progress, 2 * sum(count.values()))
        products = product_pixels(
            catalog, model.product_size_px, workspace, report.stage(count["products"])
        )
        scenes = scene_pixels(
            catalog,
            model.scene_height_px,
            model.scene_width_px,
            workspace,
            report.stage(count["scenes"]),
        )
        product_rows, scene_rows = np.flatnonzero(products.valid), np.flatnonzero(scenes.valid)
        with new_folder(out) as folder:
            _write_vectors(
                folder / "products.npy",
                (model.embedding_dim,),
                len(product_rows),
                _embedded(model.embed_products, products.array, product_rows),
                report.stage(count["products"]),
            )
            if with_scenes:
                _write_vectors(
                    folder / "scenes.npy",
                    (model.regions, model.embedding_dim),
                    len(scene_rows),
                    _embedded(model.embed_scenes, scenes.array, scene_rows),
                    report.stage(count["scenes"]),
                )
            product_ids = (catalog.products[row].id for row in product_rows)
            scene_ids = (catalog.scenes[row].id for row in scene_rows)
            write_text(folder / "products.txt", "".join(f"{name}\n" for name in product_ids))
            write_text(folder / "scenes.txt", "".join(f"{name}\n" for name in scene_ids))
            meta = _meta(model, catalog)
            meta["with_scenes"] = with_scenes
            meta["products_without_picture"] = count["products"] - len(product_rows)
            meta["scenes_without_picture"] = count["scenes"] - len(scene_rows)
            write_json(folder / "meta.json", meta)
        report.finish()
        return cls.load(out)

    @classmethod
    def load(cls, folder: Path) -> EmbeddingTable:
        """Opens a table without reading its vectors into memory.

        Raises ModelError where a file is missing, cannot be read, or does not fit the others.
        """
        if not folder.is_dir():
            raise ModelError(
                f"no embeddings in {folder}",
                "Make them with: python -m recsys embed --model ID --data NAME --out DIR",
            )
        try:
            meta = json.loads((folder / "meta.json").read_text("utf-8"))
            if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
                raise ValueError(f"meta.json is not of format {_FORMAT}")
            _check_meta(meta)
            dim, regions = int(meta["dim"]), int(meta["regions"])
            product_ids = _read_ids(folder / "products.txt")
            scene_ids = _read_ids(folder / "scenes.txt")
            products = _read_vectors(folder / "products.npy", (len(product_ids), dim))
            scenes = None
            if meta.get("with_scenes", True):
                scenes = _read_vectors(folder / "scenes.npy", (len(scene_ids), regions, dim))
        except KeyError as error:
            raise _damaged(folder, f"meta.json lacks {error.args[0]!r}") from error
        except OSError as error:
            name = Path(error.filename or folder).name
            raise _damaged(folder, f"{name}: {error.strerror or error}") from error
        except (ValueError, TypeError, EOFError) as error:
            raise _damaged(folder, str(error)) from error
        return cls(folder, products, scenes, product_ids, scene_ids, meta)

    def check(
        self,
        model: Embedder,
        catalog: Catalog,
        *,
        model_arg: str | None = None,
        data_arg: str | None = None,
    ) -> None:
        """Refuses a table of another model, other data, or pictures decoded otherwise.

        Args:
            model_arg, data_arg: how the person named them, for the command in the message;
                the model's id and the catalogue's name where not given.

        Raises StaleError, which says what differs and how to make the table anew.
        """
        data = self.meta["data"]
        decoder = self.meta.get("decoder", _FIRST_DECODER)
        compared = (
            ("the model", self.meta["model"], model.fingerprint),
            ("the products", data["products"], catalog.products_fingerprint),
            ("the scenes", data["scenes"], catalog.scenes_fingerprint),
            ("the decoder of pictures", decoder, DECODER_VERSION),
        )
        changed = [name for name, made_from, now in compared if made_from != now]
        if changed:
            command = _embed_command(
                model_arg or model.id, data_arg or catalog.source or catalog.name
            )
            raise StaleError(
                f"the embeddings in {self.folder} are stale: {' and '.join(changed)} changed "
                f"since they were made ({self.meta.get('created', 'at an unknown time')})",
                f"Make them anew with: {command}",
            )


def open_or_build(
    model: Embedder,
    model_dir: Path,
    catalog: Catalog,
    data_dir: Path,
    workspace: Workspace,
    progress: Progress | None = None,
    *,
    model_arg: str | None = None,
    data_arg: str | None = None,
) -> EmbeddingTable:
    """The table of a model and a data set: the one on disk, or a new one where there is none.

    Raises StaleError where there is one that no longer fits, ModelError where it is damaged;
    both name the command that makes it anew.
    """
    folder = workspace.embeddings_dir(model_dir, data_dir)
    if not folder.exists():
        return EmbeddingTable.build(model, catalog, workspace, folder, progress)
    try:
        table = EmbeddingTable.load(folder)
    except ModelError as error:
        command = _embed_command(model_arg or model.id, data_arg or catalog.source or catalog.name)
        raise ModelError(error.message, f"Make them anew with: {command}") from error
    table.check(model, catalog, model_arg=model_arg, data_arg=data_arg)
    return table


def _embed_command(model: str, data: str) -> str:
    return f"python -m recsys embed --model {shlex.quote(model)} --data {shlex.quote(data)}"


def _damaged(folder: Path, detail: str) -> ModelError:
    return ModelError(
        f"the embeddings in {folder} are damaged: {detail}",
        "Make them anew with: python -m recsys embed --model ID --data NAME --out DIR",
    )


# making


class _Stages:
    """One count of progress over several stages of work."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._before = 0

    def stage(self, length: int) -> Progress:
        start, self._before = self._before, self._before + length

        def report(done: int, _: int) -> None:
            if self._progress is not None:
                self._progress(start + done, self._total)

        return report

    def finish(self) -> None:
        if self._progress is not None:
            self._progress(self._total, self._total)


def _refuse_to_replace(out: Path) -> None:
    """A mistyped ``--out`` must not cost anyone a folder of other things."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ModelError(f"{out} is a file, expected a folder", "Choose another --out")
    others = sorted({path.name for path in out.iterdir()} - set(_FILES))
    if others:
        raise ModelError(
            f"{out} holds {others[0]!r}, which is no part of an embedding table, "
            "so it will not be replaced",
            "Choose a folder that is new or empty",
        )


def _embedded(
    embed: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(rows), _BATCH):
        yield embed(np.ascontiguousarray(pixels[rows[start : start + _BATCH]]))


def _write_vectors(
    path: Path,
    shape: tuple[int, ...],
    rows: int,
    batches: Iterator[NDArray[np.float32]],
    progress: Progress,
) -> None:
    """Writes ``float32 [rows, *shape]`` a batch at a time."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, *shape)}
    done = 0
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for batch in batches:
            vectors = np.ascontiguousarray(batch, "<f4")
            if vectors.shape[1:] != shape:
                raise ModelError(
                    f"the model gave vectors {list(vectors.shape[1:])}, it promises {list(shape)}"
                )
            if not np.isfinite(vectors).all():
                raise ModelError(
                    f"the model gives vectors that are not finite ({path.stem} {done} to "
                    f"{done + len(vectors) - 1})",
                    "Its training diverged: train again with a lower learning rate",
                )
            file.write(vectors.data)
            done += len(vectors)
            progress(done, rows)


def _meta(model: Embedder, catalog: Catalog) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "model": model.fingerprint,
        "model_id": model.id,
        "data": {
            "name": catalog.name,
            "products": catalog.products_fingerprint,
            "scenes": catalog.scenes_fingerprint,
        },
        "decoder": DECODER_VERSION,
        "score": model.score,
        "tau": float(model.tau),
        "dim": int(model.embedding_dim),
        "regions": int(model.regions),
        "grid": [int(side) for side in model.region_grid],
        "region_boxes": np.asarray(model.region_boxes, np.float64).round(6).tolist(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


# reading


def _check_meta(meta: dict[str, Any]) -> None:
    if meta["score"] not in ("cosine", "dot"):
        raise ValueError(f"meta.json has the score {meta['score']!r}, not 'cosine' or 'dot'")
    tau = float(meta["tau"])
    if not (np.isfinite(tau) and tau > 0):
        raise ValueError(f"meta.json has tau {tau}, not a number above 0")
    for value in (meta["model"], meta["data"]["products"], meta["data"]["scenes"]):
        if not isinstance(value, str):
            raise ValueError("meta.json has a fingerprint that is no text")


def _read_ids(path: Path) -> tuple[str, ...]:
    text = path.read_text("utf-8")
    if text and not text.endswith("\n"):
        raise ValueError(f"{path.name} ends in the middle of a line")
    ids = tuple(text.split("\n")[:-1])
    if any(a >= b for a, b in pairwise(ids)):
        raise ValueError(f"{path.name} is not in ascending order of unique ids")
    return ids


def _read_vectors(path: Path, shape: Sequence[int]) -> NDArray[np.float32]:
    """Maps an array and reads it once through, since half a file maps without complaint."""
    try:
        # Nothing cannot be mapped.
        mode: Literal["r"] | None = None if 0 in shape else "r"
        array = np.load(path, mmap_mode=mode, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path.name} cannot be read as an array: {error}") from error
    if (
        not isinstance(array, np.ndarray)
        or array.dtype != np.float32
        or array.shape != tuple(shape)
    ):
        found = (
            f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else "no array"
        )
        raise ValueError(f"{path.name} is {found}, expected float32 {list(shape)}")
    step = max(1, 2**22 // max(1, int(np.prod(shape[1:]))))
    for start in range(0, len(array), step):
        if not np.isfinite(array[start : start + step]).all():
            raise ValueError(f"{path.name} holds values that are not finite")
    return array
