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
import re
from collections.abc import Sequence
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
_HASH_BYTES = 8 + 8 * 8 * 3
_HASH = re.compile(rf"[0-9a-f]{{{2 * _HASH_BYTES}}}")
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
        groups = near_duplicates(_small_pixels(catalog, workspace, progress))
    else:
        with TemporaryDirectory(prefix="recsys-split-") as folder:
            pixels = _small_pixels(catalog, Workspace(Path(folder)), progress)
            groups = near_duplicates(pixels)
            del pixels  # some systems delete no file that is still mapped
    parts = np.array([_part_number(catalog.scenes[first].id) for first in groups], np.int64)
    train, validation, test = (np.flatnonzero(parts == n).astype(np.int32) for n in range(3))
    sizes = np.bincount(groups, minlength=1)
    return Split(train, validation, test, int((sizes > 1).sum()))


def _small_pixels(
    catalog: Catalog, workspace: Workspace, progress: Progress | None = None
) -> Pixels:
    return scene_pixels(catalog, _SIDE_PX, _SIDE_PX, workspace, progress)


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
        looks = _as_bytes(hashes, colours)
        _, first, inverse = np.unique(looks, axis=0, return_index=True, return_inverse=True)
        for row, same in zip(rows, rows[first][inverse.reshape(-1)], strict=True):
            _join(parent, int(row), int(same))
        distinct = np.sort(first)
        for a, b in _close_pairs(hashes[distinct], colours[distinct]):
            _join(parent, int(rows[distinct[a]]), int(rows[distinct[b]]))
    return np.array([_root(parent, row) for row in range(len(parent))], np.int64)


def photo_hashes(
    catalog: Catalog, workspace: Workspace, rows: Sequence[int] | NDArray[np.integer]
) -> list[str]:
    """What ``near`` needs to know of photos, so that a model can say which ones it has seen.

    Returns:
        One text a row: 16 hexadecimal digits of dHash, then 384 of the 8 × 8 colours, the same
        on every machine; empty where a scene has no readable picture.
    """
    wanted = np.asarray(rows, np.int64)
    pixels = _small_pixels(catalog, workspace)
    readable = wanted[pixels.valid[wanted]]
    looks = iter(_as_bytes(*_looks(pixels, readable)))
    return [next(looks).tobytes().hex() if pixels.valid[row] else "" for row in wanted]


def near(hashes: Sequence[str], others: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each photo is nearly the same picture as any of some others.

    Args:
        hashes, others: of ``photo_hashes``. A text that is none of them, as a file may hold
            anything, is near to nothing.

    Returns:
        ``bool [len(hashes)]``, by the same rule that keeps near-duplicates in one part.
    """
    here, (looks, looks_others) = _readable_hashes(hashes), map(_from_hex, (hashes, others))
    found = np.zeros(len(looks), np.bool_)
    hash_a, colour_a = looks[:, :8].copy().view(np.uint64)[:, 0], looks[:, 8:]
    hash_b, colour_b = looks_others[:, :8].copy().view(np.uint64)[:, 0], looks_others[:, 8:]
    for start in range(0, len(looks), _BLOCK):
        bits = np.bitwise_count(hash_a[start : start + _BLOCK, None] ^ hash_b[None, :])
        rows, columns = np.nonzero(bits <= MAX_HAMMING_BITS)
        for part in range(0, len(rows), _VERIFY):
            i, j = rows[part : part + _VERIFY] + start, columns[part : part + _VERIFY]
            found[i[_colours_near(colour_a[i], colour_b[j])]] = True
    result = np.zeros(len(hashes), np.bool_)
    result[here] = found
    return result


def _readable_hashes(hashes: Sequence[str]) -> NDArray[np.int64]:
    usable = [at for at, text in enumerate(hashes) if _HASH.fullmatch(text)]
    return np.array(usable, np.int64)


def _from_hex(hashes: Sequence[str]) -> NDArray[np.uint8]:
    """``uint8 [n, 200]`` of the texts that are hashes."""
    data = bytes.fromhex("".join(text for text in hashes if _HASH.fullmatch(text)))
    return np.frombuffer(data, np.uint8).reshape(-1, _HASH_BYTES)


def _as_bytes(hashes: NDArray[np.uint64], colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``uint8 [n, 200]``: a picture's hash and its colours."""
    return np.concatenate((hashes[:, None].view(np.uint8), colours), axis=1)


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
            same = _colours_near(colours[i], colours[j])
            found.extend(zip(i[same], j[same], strict=True))
    return found


def _colours_near(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """``bool [n]`` of pairs of colours ``uint8 [n, 192]``."""
    apart = a.astype(np.float32) - b.astype(np.float32)
    near_enough: NDArray[np.bool_] = np.square(apart).mean(axis=1) <= MAX_COLOUR_RMS**2
    return near_enough


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _join(parent: list[int], a: int, b: int) -> None:
    """Makes two groups one; its root is the smaller row, so the smaller id."""
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)
