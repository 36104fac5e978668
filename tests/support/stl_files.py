"""Small data sets in the Shop-the-Look format, as broken as a test wants them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recsys.catalog.catalog import Catalog

CATEGORIES = {"shoe": "Clothing|Shoes", "hat": "Clothing|Hats"}


def write_stl(
    folder: Path,
    categories: Any = None,
    lines: Sequence[Any] | bytes = b"",
    details: Any = None,
    images: tuple[str, ...] = ("shoe.jpg", "hat.jpg", "look.jpg"),
) -> Path:
    """A data set; texts and bytes are written as they are, all else as JSON."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name in images:
        (folder / "images" / name).write_bytes(b"a picture")
    _dump(folder / "fashion-cat.json", CATEGORIES if categories is None else categories)
    if not isinstance(lines, bytes):
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        lines = "".join(text + "\n" for text in texts).encode()
    (folder / "fashion.json").write_bytes(lines)
    if details is not None:
        _dump(folder / "fashion-products.json", details)
    return folder


def _dump(path: Path, content: Any) -> None:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(content)


def pair(product: Any = "shoe", scene: Any = "look", **more: Any) -> dict[str, Any]:
    return {"product": product, "scene": scene, **more}


def pairs_of(catalog: Catalog) -> list[tuple[str, str]]:
    rows = zip(catalog.pair_scene, catalog.pair_product, strict=True)
    return [(catalog.scenes[s].id, catalog.products[p].id) for s, p in rows]
