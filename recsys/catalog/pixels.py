"""The decoded-pixel cache: every picture of a catalogue at one size, decoded once.

``uint8 [N, H, W, 3]`` in one memory-mapped file, keyed by what it was made from, so that
training and embedding never decode twice and never mix up two states of the data. A row holds
exactly what ``fit_image(decode_image(path), …)`` gives for one picture alone.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.atomic import new_folder, write_json
from recsys.catalog.catalog import Catalog, Problem
from recsys.catalog.images import DECODER_VERSION, decode_image, fit_image, fitted_box
from recsys.errors import DataError, ImageError
from recsys.workspace import Workspace

PRODUCT_FILL = 255  # products stand on white
SCENE_FILL = 128

Progress = Callable[[int, int], None]

_FORMAT = 1
_LEFTOVER_AGE_S = 24 * 3600.0  # no build writes nothing for a day
_EXAMPLES = 3  # unreadable pictures that are named; the rest are counted
_CHUNK = 64  # rows decoded between two calls of progress; bounds what waits in memory
_THREADS = min(4, os.cpu_count() or 1)  # a decoder may need some 350 MB for a hostile picture


@dataclass(frozen=True)
class Pixels:
    """Decoded pictures of one kind, one row an item.

    Attributes:
        array: ``uint8 [N, H, W, 3]``, read-only; letterboxed by ``fit_image``. A row without a
            usable picture is the fill colour throughout.
        valid: ``bool [N]``, whether the row shows a picture.
        content: ``int32 [N, 4]`` top, left, height, width in pixels: where on the canvas the
            picture lies; zeros where there is none.
        problems: the pictures that are there and cannot be read. Those that are missing
            altogether are in the catalogue's own report.
    """

    array: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    content: NDArray[np.int32]
    problems: tuple[Problem, ...]

    def canvas_boxes(
        self, rows: NDArray[np.integer], boxes: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Boxes of pictures as boxes of their letterboxed canvases.

        Args:
            rows: ``[n]`` rows of this array.
            boxes: ``float32 [n, 4]`` left, top, right, bottom in 0–1 of the picture.

        Returns:
            ``float32 [n, 4]`` the same in 0–1 of the canvas; NaN stays NaN.
        """
        height, width = self.array.shape[1:3]
        area = self.content[rows].astype(np.float32)
        start = area[:, [1, 0, 1, 0]]
        extent = area[:, [3, 2, 3, 2]]
        canvas = np.array([width, height, width, height], np.float32)
        mapped: NDArray[np.float32] = (start + np.asarray(boxes, np.float32) * extent) / canvas
        return mapped


def problem_lines(*pixels: Pixels) -> list[str]:
    """What of these pictures cannot be read, one line a kind in the style of a load report's.

    Args:
        pixels: any number of kinds; a picture that is in several of them is told once.

    Returns:
        e.g. ``2 × unreadable-image (first: images/a.jpg: …; images/b.jpg: …)``, most frequent
        first; empty where every picture that is there can be read.
    """
    found: dict[str, dict[str, Problem]] = {}
    for problem in (problem for each in pixels for problem in each.problems):
        found.setdefault(problem.kind, {}).setdefault(problem.where, problem)
    kinds = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_line(len(problems), kind, list(problems.values())) for kind, problems in kinds]


def unreadable_lines(
    catalog: Catalog, products: Collection[str], scenes: Collection[str]
) -> list[str]:
    """The same, told from the ids that do have vectors: no picture cache is needed.

    Args:
        products, scenes: ids of a table of embeddings, which has a row for each picture that
            can be read. Of the others only the first few are decoded, for the reason.
    """
    of_products, of_scenes = set(products), set(scenes)
    images = [
        product.image
        for product in catalog.products
        if product.image is not None and product.id not in of_products
    ] + [
        scene.image
        for scene in catalog.scenes
        if scene.image is not None and scene.id not in of_scenes
    ]
    if not images:
        return []
    decoded = (_decode(image, 1, 1, 0)[2] for image in images[:_EXAMPLES])
    problems = [problem for problem in decoded if problem is not None]
    return [_line(len(images), "unreadable-image", problems)]


def _line(count: int, kind: str, problems: Sequence[Problem]) -> str:
    shown = problems[:_EXAMPLES]
    told = "; ".join(f"{each.where}: {each.detail}; {each.remedy}" for each in shown)
    return f"{count} × {kind}" + (f" (first: {told})" if told else "")


def product_pixels(
    catalog: Catalog, size_px: int, workspace: Workspace, progress: Progress | None = None
) -> Pixels:
    """Products on white squares, ``uint8 [P, size_px, size_px, 3]``; decoded where not cached.

    Args:
        progress: called with (done, total) rows while decoding, not on a hit.

    Raises:
        DataError: the cache cannot be written (a full disk).
    """
    images = [product.image for product in catalog.products]
    key = f"products-{catalog.products_fingerprint}-{size_px}x{size_px}"
    return _cached(key, images, (size_px, size_px), PRODUCT_FILL, workspace, progress)


def scene_pixels(
    catalog: Catalog,
    height_px: int,
    width_px: int,
    workspace: Workspace,
    progress: Progress | None = None,
) -> Pixels:
    """Scenes on grey canvases, ``uint8 [S, height_px, width_px, 3]``; as ``product_pixels``."""
    images = [scene.image for scene in catalog.scenes]
    key = f"scenes-{catalog.scenes_fingerprint}-{height_px}x{width_px}"
    return _cached(key, images, (height_px, width_px), SCENE_FILL, workspace, progress)


def _cached(
    key: str,
    images: Sequence[Path | None],
    size: tuple[int, int],
    fill: int,
    workspace: Workspace,
    progress: Progress | None,
) -> Pixels:
    folder = workspace.cache_dir / "pixels" / f"{key}-v{_FORMAT}.{DECODER_VERSION}"
    shape = (len(images), *size, 3)
    found = _load(folder, shape)
    if found is not None:
        return found
    _sweep(folder.parent)
    try:
        with new_folder(folder) as temporary:
            _build(temporary, images, shape, fill, progress)
    except OSError as error:
        found = _built_by_another(error, folder, shape)
        if found is not None:
            return found
        raise DataError(
            f"the pixel cache {folder} cannot be written ({error.strerror or error})",
            "Free some space, or set RECSYS_HOME to a folder with space",
        ) from None
    found = _load(folder, shape)
    if found is None:
        raise DataError(f"the pixel cache {folder} cannot be read back", "Check the disk")
    return found


def _sweep(caches: Path) -> None:
    """Removes what killed builds left, of whatever data: other states of it come back no more."""
    oldest = time.time() - _LEFTOVER_AGE_S
    for left in caches.glob(".*"):
        with contextlib.suppress(OSError):
            touched = [file.lstat().st_mtime for file in (left, *left.iterdir())]
            if max(touched) < oldest:
                shutil.rmtree(left, ignore_errors=True)


def _built_by_another(
    error: OSError, folder: Path, shape: tuple[int, int, int, int]
) -> Pixels | None:
    """The same cache from another process that got in the way of ours: as good as ours."""
    if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
        for _ in range(20):  # it may be about to rename its folder into place
            found = _load(folder, shape)
            if found is not None:
                return found
            time.sleep(0.1)
    return None


def _build(
    folder: Path,
    images: Sequence[Path | None],
    shape: tuple[int, int, int, int],
    fill: int,
    progress: Progress | None,
) -> None:
    valid = np.zeros(len(images), np.bool_)
    content = np.zeros((len(images), 4), np.int32)
    problems: list[Problem] = []
    checksum = 0
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    # Written in order and not through a map: a full disk is then an error and not a crash.
    with (folder / "pixels.npy").open("wb") as file, ThreadPoolExecutor(_THREADS) as pool:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(images), _CHUNK):
            chunk = images[start : start + _CHUNK]
            decoded = pool.map(lambda image: _decode(image, shape[1], shape[2], fill), chunk)
            for row, (pixels, box, problem) in enumerate(decoded, start):
                if box is not None:
                    valid[row], content[row] = True, box
                if problem is not None:
                    problems.append(problem)
                checksum = zlib.crc32(pixels.data, checksum)
                file.write(pixels.data)
            if progress is not None:
                progress(start + len(chunk), len(images))
    np.save(folder / "valid.npy", valid)
    np.save(folder / "content.npy", content)
    record = {
        "checksum": checksum,
        "problems": [asdict(problem) for problem in problems],
        "shape": list(shape),
        "small_checksum": _small_checksum(valid, content),
    }
    write_json(folder / "meta.json", record)


def _decode(
    image: Path | None, height_px: int, width_px: int, fill: int
) -> tuple[NDArray[np.uint8], tuple[int, int, int, int] | None, Problem | None]:
    problem = None
    if image is not None:
        try:
            picture = decode_image(image)
        except ImageError as error:
            where = f"{image.parent.name}/{image.name}"
            detail = error.message.removeprefix(f"{image.name}: ")
            problem = Problem("unreadable-image", where, "image", detail, error.remedy)
        else:
            box = fitted_box(picture.shape[0], picture.shape[1], height_px, width_px)
            return fit_image(picture, height_px, width_px, fill), box, None
    return np.full((height_px, width_px, 3), fill, np.uint8), None, problem


def _load(folder: Path, shape: tuple[int, int, int, int]) -> Pixels | None:
    """The cache in a folder; None where there is none, or one that was damaged."""
    try:
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
        array = _map(folder / "pixels.npy", shape)
        valid = np.load(folder / "valid.npy", allow_pickle=False)
        content = np.load(folder / "content.npy", allow_pickle=False)
        problems = tuple(Problem(**problem) for problem in meta["problems"])
        sound = (
            array.shape == shape
            and array.dtype == np.uint8
            and valid.shape == shape[:1]
            and valid.dtype == np.bool_
            and content.shape == (shape[0], 4)
            and content.dtype == np.int32
            and meta["small_checksum"] == _small_checksum(valid, content)
            and meta["checksum"] == _checksum(array)
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    return Pixels(array, valid, content, problems) if sound else None


def _map(path: Path, shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    if 0 in shape:  # nothing cannot be mapped
        return np.zeros(shape, np.uint8)
    array: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _checksum(array: NDArray[np.uint8]) -> int:
    checksum = 0
    for start in range(0, len(array), 256):
        checksum = zlib.crc32(np.ascontiguousarray(array[start : start + 256]).data, checksum)
    return checksum


def _small_checksum(valid: NDArray[np.bool_], content: NDArray[np.int32]) -> int:
    return zlib.crc32(content.tobytes(), zlib.crc32(valid.tobytes()))
