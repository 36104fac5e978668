"""Shop-the-Look files → Catalog.

The format of the Shop-the-Look data set (Kang, Kim, Leskovec, Rosenberg, McAuley, "Complete
the Look: Scene-based Complementary Product Recommendation", CVPR 2019), in one folder:

- ``BASE-cat.json``: one object, product id → category path (levels separated by ``|``).
- ``BASE.json``: JSON lines ``{"product": ID, "scene": ID, "bbox": [left, top, right, bottom]}``;
  the box is optional, normalised to 0–1, origin top left. Without this file there are no scenes.
- ``images/ID.jpg`` (or jpeg, png, webp, gif) of products and scenes.
- ``BASE-products.json``, optional and our own: one object, product id →
  ``{"title", "brand", "price", "url"}``, each of them optional.

What a file gets wrong in one entry is left out or repaired, counted and reported; only a file
that cannot be read as a whole is an error. Pictures may be links, as tools for large data lay
them; an id never becomes a path before it was checked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from reprlib import Repr
from typing import Any

import numpy as np

from recsys.catalog.catalog import Catalog, Product, ProductId, Scene, SceneId
from recsys.catalog.fields import (
    UNCATEGORISED,
    Problems,
    read_box,
    read_category,
    read_price,
    read_text,
    read_url,
)
from recsys.catalog.jsonfiles import JsonLine, JsonObject, read_json_lines, read_json_object
from recsys.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
CATEGORIES_SUFFIX = "-cat.json"
PRODUCTS_SUFFIX = "-products.json"
FORMAT_HELP = (
    "A data set is a folder with BASE-cat.json, BASE.json and images/ID.jpg in the "
    "Shop-the-Look format"
)

_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_ID_REMEDY = "Use 1 to 128 letters, digits, '-' and '_'"

_NO_BOX = (np.nan,) * 4
_Box = tuple[float, float, float, float]


def is_item_id(value: object) -> bool:
    """Whether a value may be the id of a product or scene: 1–128 of ``A–Z a–z 0–9 _ -``."""
    return isinstance(value, str) and 0 < len(value) <= 128 and _ID_CHARACTERS.issuperset(value)


def stl_bases(folder: Path) -> list[str]:
    """Base names of the catalogues in a folder, e.g. ``["fashion", "home"]``."""
    names = (path.name for path in folder.glob(f"*{CATEGORIES_SUFFIX}") if path.is_file())
    return sorted(name.removesuffix(CATEGORIES_SUFFIX) for name in names)


def read_stl(folder: Path, name: str | None = None, *, base: str | None = None) -> Catalog:
    """Reads a folder in the Shop-the-Look format.

    Args:
        folder: holds ``BASE-cat.json`` and the rest.
        name: of the catalogue; the folder's own where it is not given.
        base: which catalogue, where the folder holds several.

    Returns:
        The catalogue. Products are all ids of the category file, scenes all of the pairs file;
        ``report`` counts what was left out or repaired, with the first examples of each.

    Raises:
        DataError: no catalogue in the folder, several and none chosen, a file that is not
            what it should be as a whole, or no usable product in it.
    """
    folder = Path(folder)
    base = _choose_base(folder, base)
    problems = Problems()
    pictures = _Pictures(folder / "images", problems)
    categories = _read_categories(folder / f"{base}{CATEGORIES_SUFFIX}", problems)
    details = _read_details(folder / f"{base}{PRODUCTS_SUFFIX}", categories, problems)
    products = [
        Product(
            id=ProductId(product_id),
            category=categories[product_id],
            image=pictures.of(product_id, "product"),
            **details.get(product_id, {}),
        )
        for product_id in sorted(categories)
    ]
    scene_ids, pairs = _read_pairs(folder / f"{base}.json", categories, problems)
    scenes = [Scene(SceneId(scene), pictures.of(scene, "scene")) for scene in sorted(scene_ids)]
    scene_rows = {scene.id: row for row, scene in enumerate(scenes)}
    product_rows = {product.id: row for row, product in enumerate(products)}
    keys = sorted(pairs)  # by scene, then product, whatever the order in the file
    return Catalog(
        name or folder.resolve().name,
        products,
        scenes,
        np.array([scene_rows[SceneId(scene)] for scene, _ in keys], np.int32),
        np.array([product_rows[ProductId(product)] for _, product in keys], np.int32),
        np.array([pairs[key] for key in keys], np.float32).reshape(-1, 4),
        problems.report(),
    )


def _choose_base(folder: Path, base: str | None) -> str:
    if not folder.is_dir():
        raise DataError(f"no folder {folder}", FORMAT_HELP)
    bases = stl_bases(folder)
    if base is not None:
        if base not in bases:
            found = ", ".join(bases) or "none"
            raise DataError(
                f"no {base}{CATEGORIES_SUFFIX} in {folder}", f"Catalogues there: {found}"
            )
        return base
    if not bases:
        raise DataError(
            f"expected a file *{CATEGORIES_SUFFIX} in {folder}, found none", FORMAT_HELP
        )
    if len(bases) > 1:
        raise DataError(
            f"{folder} holds {len(bases)} catalogues: {', '.join(bases)}",
            f"Choose one by its category file: {folder / (bases[0] + CATEGORIES_SUFFIX)}",
        )
    return bases[0]


# products


def _read_categories(path: Path, problems: Problems) -> dict[str, str]:
    categories: dict[str, str] = {}
    entries = read_json_object(path, "product id → category path")
    for product_id, value in _checked_ids(entries, problems):
        category = read_category(value)
        if category != value:
            where = partial(entries.where, product_id)
            if category == UNCATEGORISED:
                text = f"{product_id} has no category path but {_shown(value)}"
                remedy = f"It is listed under {UNCATEGORISED}; give it a path of text"
            else:
                text = f"{product_id} has the category path {_shown(value)}"
                remedy = f"It is read as {_shown(category)}"
            problems.add("bad-category", where, "category", text, remedy)
        categories[product_id] = category
    if not categories:
        raise DataError(
            f"no usable product in {path}: "
            + ("; ".join(problems.report().lines()) or "the object is empty"),
            'Expected {"PRODUCT-ID": "Upper level|Lower level", …}',
        )
    return categories


def _read_details(
    path: Path, categories: dict[str, str], problems: Problems
) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    details: dict[str, dict[str, Any]] = {}
    entries = read_json_object(path, "product id → title, brand, price, url")
    for product_id, value in _checked_ids(entries, problems):
        where = partial(entries.where, product_id)
        if product_id not in categories:
            remedy = "Add it to the category file, or remove it here"
            problems.add("unknown-product", where, "", f"no product {product_id}", remedy)
            continue
        if not isinstance(value, JsonObject):
            text = f"{product_id} has {_shown(value)} instead of an object"
            problems.add("bad-details", where, "", text, 'Expected {"title": "…", …}')
            continue
        fields: dict[str, Any] = {}
        for key, raw in value.pairs:
            reader = _DETAIL_READERS.get(key)
            if key in fields:
                text = f"{product_id} has the field {key} twice"
                problems.add("duplicate-field", where, key, text, "The first one is used")
            elif reader is None:
                known = ", ".join(_DETAIL_READERS)
                text = f"{product_id} has the unknown field {_shown(key)}"
                problems.add("unknown-field", where, key[:40], text, f"Known fields: {known}")
            elif raw is not None:
                read, remedy = reader(raw)
                if remedy:
                    text = f"{product_id} has {_shown(raw)}"
                    problems.add(f"bad-{key}", where, key, text, remedy)
                fields[key] = read
        details[product_id] = fields
    return details


_DETAIL_READERS = {"title": read_text, "brand": read_text, "price": read_price, "url": read_url}


def _checked_ids(entries: JsonObject, problems: Problems) -> Iterator[tuple[str, object]]:
    """The entries with a usable id, each id once; the first one stays."""
    seen: set[str] = set()
    for item_id, value in entries.pairs:
        if not is_item_id(item_id):
            where = partial(entries.where, item_id)
            problems.add("bad-id", where, "product", f"the id {_shown(item_id)}", _ID_REMEDY)
        elif item_id in seen:
            where = partial(entries.where, item_id, last=True)
            text = f"{item_id} was there before"
            problems.add("duplicate-id", where, "product", text, "The first one is used")
        else:
            seen.add(item_id)
            yield item_id, value


# scenes and pairs


def _read_pairs(
    path: Path, categories: dict[str, str], problems: Problems
) -> tuple[set[str], dict[tuple[str, str], _Box]]:
    scenes: set[str] = set()
    pairs: dict[tuple[str, str], _Box] = {}
    if not path.exists():
        return scenes, pairs
    for line in read_json_lines(path):
        if line.fault:
            problems.add("bad-line", line.where, "", line.fault, line.remedy)
            continue
        product, scene = line.record.get("product"), line.record.get("scene")
        fault = _bad_id(line, problems, "product") or _bad_id(line, problems, "scene")
        if fault or not isinstance(product, str) or not isinstance(scene, str):
            continue
        for key in line.record.keys() - _PAIR_FIELDS:
            text, known = f"the unknown field {_shown(key)}", ", ".join(sorted(_PAIR_FIELDS))
            problems.add("unknown-field", line.where, key[:40], text, f"Known fields: {known}")
        scenes.add(scene)
        if product not in categories:
            remedy = "Add it to the category file; the pair is left out"
            problems.add("unknown-product", line.where, "product", f"no product {product}", remedy)
            continue
        box = _pair_box(line, problems)
        known_box = pairs.get((scene, product))
        if known_box is not None:
            text = f"the pair of scene {scene} and product {product} was there before"
            problems.add("duplicate-pair", line.where, "", text, "It counts once")
        if known_box is None or known_box is _NO_BOX:
            pairs[scene, product] = box
    return scenes, pairs


_PAIR_FIELDS = frozenset({"product", "scene", "bbox"})


def _bad_id(line: JsonLine, problems: Problems, field: str) -> bool:
    value = line.record.get(field)
    if is_item_id(value):
        return False
    if field not in line.record:
        text = f"no field {field}"
        problems.add("bad-line", line.where, field, text, 'Expected {"product": …, "scene": …}')
    else:
        problems.add("bad-id", line.where, field, f"the id {_shown(value)}", _ID_REMEDY)
    return True


def _pair_box(line: JsonLine, problems: Problems) -> _Box:
    value = line.record.get("bbox")
    if value is None:
        return _NO_BOX
    box = read_box(value)
    if box is None:
        remedy = "Expected [left, top, right, bottom] within 0–1; the pair is kept without a box"
        problems.add("bad-box", line.where, "bbox", f"the box {_shown(value)}", remedy)
        return _NO_BOX
    return box


# pictures


class _Pictures:
    """The picture files of a folder, listed once: asking for 40,000 one by one takes seconds."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems
        self._names: dict[str, list[str]] = {}
        if folder.is_dir():
            with os.scandir(folder) as entries:
                for entry in entries:
                    stem, suffix = os.path.splitext(entry.name)
                    if suffix.lower() in IMAGE_SUFFIXES and entry.is_file():
                        self._names.setdefault(stem, []).append(entry.name)

    def of(self, item_id: str, what: str) -> Path | None:
        """The picture of a product or scene; None, and counted, where there is none."""
        names = self._names.get(item_id)
        where = f"{self._folder.name}/{item_id}"
        if names is None:
            kind = "missing-image" if what == "product" else "missing-scene-image"
            text = f"no picture of the {what}"
            remedy = f"Put one there as {item_id}.jpg, or png, webp, gif"
            self._problems.add(kind, where, "image", text, remedy)
            return None
        if len(names) > 1:
            names.sort(key=lambda name: (IMAGE_SUFFIXES.index(Path(name).suffix.lower()), name))
            text = f"{len(names)} pictures of one id: {', '.join(names)}"
            self._problems.add("several-images", where, "image", text, f"{names[0]} is used")
        return self._folder / names[0]


_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60


def _shown(value: object) -> str:
    """A value from a file, short and on one line, for a message."""
    return "an object" if isinstance(value, JsonObject) else _REPR.repr(value)
