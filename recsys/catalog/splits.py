"""The deterministic split by scene: training, validation and test never share a look.

A scene's part follows from its id alone, so it is the same on every machine, for any order of
files, and stays when other scenes come or go. Photos that are nearly the same picture (one
uploaded twice, re-compressed, resized) count as one: all of them go where the group's smallest
id goes.

Nearly the same is: difference hashes (dHash: N. Krawetz, "Kind of Like That", 2013; 64 bits,
one for each of 8 × 8 neighbours, whether brightness rises to the right) at most 4 bits apart,
and the 8 × 8 colours behind them at most ``MAX_COLOUR_RMS`` apart. The hash alone sees no
colour and takes all plain pictures for one; drawn scenes before the same wall would chain into
one group. In ccp-looks a single pair of 799 photos passes, 4.8 apart, and no two different
photos are closer than 17.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recsys.catalog.catalog import Catalog
from recsys.catalog.pixels import Pixels, Progress, scene_pixels
from recsys.workspace import Workspace

Part = Literal["train", "validation", "test", "all"]
PARTS: tuple[Part, ...] = ("train", "validation", "test", "all")

TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1
MAX_HAMMING_BITS = 4
MAX_COLOUR_RMS = 16.0  # of 255, over 8 × 8 colours

_SIDE_PX = 32
_BLOCK = 64  # rows compared with all later ones at a time: 26 MB for 50,000 scenes
_VERIFY = 8192  # candidate pairs whose colours are compared at a time


@dataclass(frozen=True)
class Split:
    """Scene rows by part.

    Attributes:
        train, validation, test: ``int32``, ascending; disjoint, together all scenes. A part
            can be empty where there are few scenes.
        groups: how many groups of two or more near-duplicate scenes there are.
    """

    train: NDArray[np.int32]
    validation: NDArray[np.int32]
    test: NDArray[np.int32]
    groups: int

    def rows(self, part: Part) -> NDArray[np.int32]:
        """Scene rows ``int32`` of a part, ascending; ``all`` is every scene.

        Raises ValueError for any other name.
        """
        if part == "train":
            return self.train
        if part == "validation":
            return self.validation
        if part == "test":
            return self.test
        if part == "all":
            return np.sort(np.concatenate((self.train, self.validation, self.test)))
        raise ValueError(f"no part {part!r}; the parts are {', '.join(PARTS)}")


def split_scenes(
    catalog: Catalog, workspace: Workspace | None = None, progress: Progress | None = None
) -> Split:
    """Splits a catalogue's scenes 80/10/10; near-duplicates stay together.

    Scenes without a readable picture or without pairs have a part too, by their id alone.

    Args:
        workspace: keeps the small pictures that are compared; without one they are decoded
            again on every call.
        progress: called with (done, total) while pictures are decoded.
    """
    if workspace is not None:
        pixels = scene_pixels(catalog, _SIDE_PX, _SIDE_PX, workspace, progress)
        groups = near_duplicates(pixels)
    else:
        with TemporaryDirectory(prefix="recsys-split-") as folder:
            pixels = scene_pixels(catalog, _SIDE_PX, _SIDE_PX, Workspace(Path(folder)), progress)
            groups = near_duplicates(pixels)
            del pixels  # some systems delete no file that is still mapped
    parts = np.array([_part_number(catalog.scenes[first].id) for first in groups], np.int64)
    train, validation, test = (np.flatnonzero(parts == n).astype(np.int32) for n in range(3))
    sizes = np.bincount(groups, minlength=1)
    return Split(train, validation, test, int((sizes > 1).sum()))


def part_of(scene_id: str) -> Part:
    """The part that an id gives a scene that has no near-duplicates."""
    return PARTS[_part_number(scene_id)]


def _part_number(scene_id: str) -> int:
    digest = hashlib.blake2b(scene_id.encode(), digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    return int(share >= TRAIN_SHARE) + int(share >= TRAIN_SHARE + VALIDATION_SHARE)


def near_duplicates(pixels: Pixels) -> NDArray[np.int64]:
    """The first row ``int64 [N]`` of each row's group of nearly identical pictures.

    A row without a picture, or with one like no other, is its own group.
    """
    parent = list(range(len(pixels.valid)))
    rows = np.flatnonzero(pixels.valid)
    if len(rows) > 1:
        hashes, colours = _looks(pixels, rows)
        # Identical pictures first (a host's "not available" picture can be there by thousands):
        # what is left to compare pair by pair is small then.
        looks = np.concatenate((hashes[:, None].view(np.uint8), colours), axis=1)
        _, first, inverse = np.unique(looks, axis=0, return_index=True, return_inverse=True)
        for row, same in zip(rows, rows[first][inverse.reshape(-1)], strict=True):
            _join(parent, int(row), int(same))
        distinct = np.sort(first)
        for a, b in _close_pairs(hashes[distinct], colours[distinct]):
            _join(parent, int(rows[distinct[a]]), int(rows[distinct[b]]))
    return np.array([_root(parent, row) for row in range(len(parent))], np.int64)


def _looks(pixels: Pixels, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """dHash ``uint64 [n]`` and colours ``uint8 [n, 192]`` of pictures without their margins."""
    hashes = np.empty(len(rows), np.uint64)
    colours = np.empty((len(rows), 8 * 8 * 3), np.uint8)
    for position, row in enumerate(rows):
        top, left, height, width = pixels.content[row]
        picture = pixels.array[row, top : top + height, left : left + width]
        image = Image.fromarray(np.ascontiguousarray(picture))
        grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX))
        hashes[position] = np.packbits(grey[:, 1:] > grey[:, :-1]).view(np.uint64)[0]
        colours[position] = np.asarray(image.resize((8, 8), Image.Resampling.BOX)).reshape(-1)
    return hashes, colours


def _close_pairs(
    hashes: NDArray[np.uint64], colours: NDArray[np.uint8]
) -> list[tuple[np.int64, np.int64]]:
    """Positions of all pairs that are near-duplicates."""
    found: list[tuple[np.int64, np.int64]] = []
    for start in range(0, len(hashes), _BLOCK):
        bits = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        rows, columns = np.nonzero(bits <= MAX_HAMMING_BITS)
        later = rows < columns
        a, b = rows[later] + start, columns[later] + start
        for part in range(0, len(a), _VERIFY):
            i, j = a[part : part + _VERIFY], b[part : part + _VERIFY]
            apart = colours[i].astype(np.float32) - colours[j].astype(np.float32)
            near = np.square(apart).mean(axis=1) <= MAX_COLOUR_RMS**2
            found.extend(zip(i[near], j[near], strict=True))
    return found


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _join(parent: list[int], a: int, b: int) -> None:
    """Makes two groups one; its root is the smaller row, so the smaller id."""
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)
