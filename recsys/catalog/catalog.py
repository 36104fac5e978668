"""What can be recommended: products, scenes, and the pairs that say what goes with what.

A ``Catalog`` is immutable and validated once, when a reader builds it. Outside the house
people speak of ids; inside, everything is a row number. Products and scenes are sorted by
id, so "ties by product id" is "ties by row", which is what an exact top-k gives for free.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NewType

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.images import MAX_BYTES
from recsys.errors import RequestError

ProductId = NewType("ProductId", str)
SceneId = NewType("SceneId", str)

CATEGORY_SEPARATOR = "|"

_HASHED_BYTES = 1 << 18  # of a picture in memory at a time, by each of four threads


@dataclass(frozen=True, slots=True)
class Product:
    """One thing that can be recommended. ``category`` is a path, levels separated by ``|``."""

    id: ProductId
    category: str
    image: Path | None
    title: str = ""
    brand: str = ""
    price: float | None = None
    url: str = ""

    @property
    def leaf(self) -> str:
        """The last level of the category path, the one that people call the category."""
        return self.category.rsplit(CATEGORY_SEPARATOR, 1)[-1]

    @property
    def label(self) -> str:
        """A title to show: the product's own, or its category where it has none."""
        return self.title or self.leaf or self.id


@dataclass(frozen=True, slots=True)
class Scene:
    """One photo of a look."""

    id: SceneId
    image: Path | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the files that was left out or repaired, and what to do about it.

    Attributes:
        kind: short stable name, e.g. ``unknown-product``; counted by it.
        where: file, and line number where there is one, e.g. ``fashion.json:17``.
        field: the field at fault, e.g. ``bbox``; empty where the whole line is.
        detail: what was found.
        remedy: how to mend it.
    """

    kind: str
    where: str
    field: str
    detail: str
    remedy: str


@dataclass(frozen=True)
class LoadReport:
    """What reading a catalogue left out: counts by kind and the first few examples of each."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: tuple[Problem, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def lines(self) -> list[str]:
        """One readable line a kind, most frequent first."""
        first: dict[str, Problem] = {}
        for problem in self.examples:
            first.setdefault(problem.kind, problem)
        lines = []
        for kind, count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            example = first.get(kind)
            tail = ""
            if example is not None:
                at_field = f", field {example.field}" if example.field else ""
                tail = f" (first: {example.where}{at_field}: {example.detail}; {example.remedy})"
            lines.append(f"{count} × {kind}{tail}")
        return lines


class Catalog:
    """Products, scenes and pairs of one data set; rows are positions in id order.

    Args:
        name: how people call the data set.
        products, scenes: sorted by id, ids unique (readers see to both).
        pair_scene, pair_product: ``int32 [N]`` rows; pairs are unique.
        pair_box: ``float32 [N, 4]`` left, top, right, bottom in 0–1 from the top left of the
            oriented photo; NaN where a pair has no box.
        report: what reading left out.

    Attributes:
        source: how a person names the data set to a command, where its name alone will not do.
    """

    source = ""

    def __init__(
        self,
        name: str,
        products: Iterable[Product],
        scenes: Iterable[Scene],
        pair_scene: NDArray[np.int32],
        pair_product: NDArray[np.int32],
        pair_box: NDArray[np.float32],
        report: LoadReport | None = None,
    ) -> None:
        self.name = name
        self.products: tuple[Product, ...] = tuple(products)
        self.scenes: tuple[Scene, ...] = tuple(scenes)
        self.pair_scene = np.asarray(pair_scene, np.int32)
        self.pair_product = np.asarray(pair_product, np.int32)
        self.pair_box = np.asarray(pair_box, np.float32).reshape(-1, 4)
        self.report = report or LoadReport()
        self._product_rows = {product.id: row for row, product in enumerate(self.products)}
        self._scene_rows = {scene.id: row for row, scene in enumerate(self.scenes)}
        if not (len(self.pair_scene) == len(self.pair_product) == len(self.pair_box)):
            raise ValueError("pair_scene, pair_product and pair_box must have one row a pair")
        for name, column, count in (
            ("pair_scene", self.pair_scene, len(self.scenes)),
            ("pair_product", self.pair_product, len(self.products)),
        ):
            if len(column) and not 0 <= column.min() <= column.max() < count:
                raise ValueError(f"{name} must hold rows from 0 to {count - 1}")
        for ids, rows in (
            ([product.id for product in self.products], self._product_rows),
            ([scene.id for scene in self.scenes], self._scene_rows),
        ):
            if len(rows) != len(ids) or any(a >= b for a, b in pairwise(ids)):
                raise ValueError("ids must be unique and in ascending order")

    def __repr__(self) -> str:
        return (
            f"Catalog({self.name!r}, {len(self.products)} products, {len(self.scenes)} scenes, "
            f"{len(self.pair_scene)} pairs)"
        )

    @property
    def argument(self) -> str:
        """What to put behind ``--data`` in a command that a message tells, quoted for a shell."""
        return shlex.quote(self.source or self.name)

    # ids at the border, rows inside

    def product(self, product_id: str) -> Product:
        """The product of an id; raises RequestError as ``product_row`` does."""
        return self.products[self.product_row(product_id)]

    def product_row(self, product_id: str) -> int:
        """Row of a product. Raises RequestError for an unknown id."""
        try:
            return self._product_rows[ProductId(product_id)]
        except KeyError:
            raise RequestError(
                f"no product {product_id[:80]!r} in the data set {self.name}",
                "It may belong to another data set; choose another one",
            ) from None

    def scene_row(self, scene_id: str) -> int:
        """Row of a scene. Raises RequestError for an unknown id."""
        try:
            return self._scene_rows[SceneId(scene_id)]
        except KeyError:
            raise RequestError(
                f"no scene {scene_id[:80]!r} in the data set {self.name}",
                "It may belong to another data set; choose another one",
            ) from None

    def has_product(self, product_id: str) -> bool:
        return product_id in self._product_rows

    def has_scene(self, scene_id: str) -> bool:
        return scene_id in self._scene_rows

    # what goes with what

    def products_of(self, scene_row: int) -> NDArray[np.int32]:
        """Rows ``int32 [n]`` of the products paired with a scene, ascending."""
        starts, order = self._pairs_by_scene
        pairs = order[starts[scene_row] : starts[scene_row + 1]]
        return np.sort(self.pair_product[pairs])

    def scenes_of(self, product_row: int) -> NDArray[np.int32]:
        """Rows ``int32 [n]`` of the scenes paired with a product, ascending."""
        starts, order = self._pairs_by_product
        pairs = order[starts[product_row] : starts[product_row + 1]]
        return np.sort(self.pair_scene[pairs])

    def pairs_of_scene(self, scene_row: int) -> NDArray[np.int64]:
        """Positions ``int64 [n]`` in the pair arrays of a scene's pairs."""
        starts, order = self._pairs_by_scene
        return order[starts[scene_row] : starts[scene_row + 1]]

    def popularity(self, scene_rows: NDArray[np.integer] | None = None) -> NDArray[np.int64]:
        """How many pairs each product has, ``int64 [P]``, over all scenes or over those given."""
        pairs = self.pair_product
        if scene_rows is not None:
            pairs = pairs[np.isin(self.pair_scene, scene_rows)]
        return np.bincount(pairs, minlength=len(self.products))

    @cached_property
    def _pairs_by_scene(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _group(self.pair_scene, len(self.scenes))

    @cached_property
    def _pairs_by_product(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _group(self.pair_product, len(self.products))

    # categories

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """All category paths in use, sorted."""
        return tuple(sorted({product.category for product in self.products}))

    @cached_property
    def category_of(self) -> NDArray[np.int32]:
        """``int32 [P]``: each product's position in ``categories``."""
        index = {category: position for position, category in enumerate(self.categories)}
        return np.array([index[product.category] for product in self.products], np.int32)

    def in_category(self, category: str) -> NDArray[np.bool_]:
        """``bool [P]``: products at or below a category.

        A category is a whole path, any upper part of one, or the name of one level
        (``Skirts``); letters may be of either case. Raises RequestError where nothing matches.
        """
        wanted = category.casefold().strip()
        hits = [_is_at_or_below(path.casefold(), wanted) for path in self.categories]
        if not wanted or not any(hits):
            leaves = sorted({path.rsplit(CATEGORY_SEPARATOR, 1)[-1] for path in self.categories})
            raise RequestError(
                f"no category {category[:80]!r} in the data set {self.name}",
                f"Choose one of: {', '.join(leaves[:20])}",
            )
        return np.array(hits, bool)[self.category_of]

    # fingerprints: what embeddings and pixel caches prove that they were made from

    @cached_property
    def products_fingerprint(self) -> str:
        """Changes when a product's id or the bytes of its picture change."""
        return _fingerprint((product.id, product.image) for product in self.products)

    @cached_property
    def scenes_fingerprint(self) -> str:
        """Changes when a scene's id or the bytes of its photo change."""
        return _fingerprint((scene.id, scene.image) for scene in self.scenes)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything that a model or a report depends on changes."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(self.products_fingerprint.encode())
        digest.update(self.scenes_fingerprint.encode())
        digest.update("\n".join(product.category for product in self.products).encode())
        for array in (self.pair_scene, self.pair_product, self.pair_box):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _is_at_or_below(path: str, wanted: str) -> bool:
    if path == wanted or path.startswith(wanted + CATEGORY_SEPARATOR):
        return True
    return wanted in path.split(CATEGORY_SEPARATOR)


def _group(keys: NDArray[np.int32], groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=groups))))
    return starts, order


def _fingerprint(items: Iterable[tuple[str, Path | None]]) -> str:
    pairs = list(items)
    with ThreadPoolExecutor(max_workers=4) as pool:  # hashing releases the interpreter lock
        hashes = pool.map(_image_digest, (image for _, image in pairs), chunksize=64)
        digest = hashlib.blake2b(digest_size=16)
        for (item_id, _), image_digest in zip(pairs, hashes, strict=True):
            digest.update(item_id.encode())
            digest.update(b"\x00")
            digest.update(image_digest)
    return digest.hexdigest()


def _image_digest(image: Path | None) -> bytes:
    """Of a picture's bytes; of a file too large to be decoded, of its first bytes and its size."""
    if image is None:
        return b"\x00" * 16
    try:
        # Without blocking: a pipe that nobody writes to would hold everything up.
        handle = os.open(image, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb", buffering=0) as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return b"\x01" * 16
            digest = hashlib.blake2b(digest_size=16)
            left = MAX_BYTES
            while left > 0 and (chunk := file.read(min(_HASHED_BYTES, left))):
                digest.update(chunk)
                left -= len(chunk)
            if left <= 0 and status.st_size > MAX_BYTES:
                digest.update(f"\x00{status.st_size} bytes".encode())
        return digest.digest()
    except OSError:
        return b"\x01" * 16
