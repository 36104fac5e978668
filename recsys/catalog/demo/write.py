"""Writes a demo to a folder: pictures, pairs, categories, titles and the ground truth."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from recsys.catalog.demo.garment import Small
from recsys.catalog.demo.plan import DemoPlan, plan_demo
from recsys.catalog.demo.products import Product
from recsys.catalog.demo.scene import Box, scene_picture
from recsys.catalog.demo.shop import product_picture
from recsys.errors import RecsysError

Progress = Callable[[int, int], None]
_SCENE_QUALITY = 80
_PRODUCT_QUALITY = 82
_README = """# Demo catalogue

{products} products and {scenes} scenes in {styles} hidden styles, every picture drawn by code from
seed {seed}: no photograph and no downloaded art is in it. The same seed gives the same files, byte
for byte, on the same release of Pillow. `demo.json` pairs products with the scenes they are worn
in, `demo-cat.json` gives their categories, `demo-products.json` their titles, brands and prices
(all made up), and `demo-truth.json` the styles, colours and patterns that were drawn. To draw it
again:

    python -m recsys demo --seed {seed} --out DIR
"""


def write_demo(
    out: Path,
    seed: int = 0,
    *,
    products: int = 520,
    scenes: int = 960,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a demo catalogue into the folder `out`, creating it.

    `progress` is called with (pictures done, pictures in all) after every picture.

    Raises RecsysError if `out` is a file or a folder with something in it, or a size is below one.
    """
    if products < 1 or scenes < 1:
        raise RecsysError(
            f"A demo needs at least one product and one scene, found {products} and {scenes}",
            "Ask for at least 1 of each",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RecsysError(
            f"Expected a new or empty folder to draw into, found something at {out}",
            "Choose another folder, or empty this one first",
        )
    plan = plan_demo(seed, products, scenes)
    images = out / "images"
    images.mkdir(parents=True, exist_ok=True)
    total = products + scenes
    for done, product in enumerate(plan.products, start=1):
        _save(product_picture(product), images / f"{product.id}.webp", _PRODUCT_QUALITY)
        if progress is not None:
            progress(done, total)
    boxes: list[dict[int, Box]] = []
    for done, scene in enumerate(plan.scenes, start=products + 1):
        picture, found = scene_picture(scene, plan.products)
        _save(picture, images / f"{scene.id}.webp", _SCENE_QUALITY)
        boxes.append(found)
        if progress is not None:
            progress(done, total)
    _write_tables(out, plan, boxes)


def _save(picture: Image.Image, path: Path, quality: int) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    path.write_bytes(buffer.getvalue())


def _write_tables(out: Path, plan: DemoPlan, boxes: Sequence[dict[int, Box]]) -> None:
    lines = []
    for scene, found in zip(plan.scenes, boxes, strict=True):
        for index in sorted(found):
            pair = {
                "product": plan.products[index].id,
                "scene": scene.id,
                "bbox": [round(edge, 4) for edge in found[index]],
            }
            lines.append(json.dumps(pair, sort_keys=True) + "\n")
    _write_text(out / "demo.json", "".join(lines))
    _write_json(out / "demo-cat.json", {p.id: p.category for p in plan.products})
    _write_json(
        out / "demo-products.json",
        {p.id: {"title": p.title, "brand": p.brand, "price": p.price} for p in plan.products},
    )
    _write_json(
        out / "demo-truth.json",
        {
            "seed": plan.seed,
            "products": {p.id: product_truth(p) for p in plan.products},
            "scenes": {
                s.id: {
                    "style": s.style,
                    "place": s.place,
                    "light": s.light,
                    "crossed": s.crossed,
                    "obstacle": s.obstacle,
                    "worn": [plan.products[i].id for i in s.worn],
                }
                for s in plan.scenes
            },
        },
    )
    readme = _README.format(
        products=len(plan.products),
        scenes=len(plan.scenes),
        styles=len({p.style for p in plan.products}),
        seed=plan.seed,
    )
    _write_text(out / "README.md", readme)


def product_truth(product: Product) -> dict[str, object]:
    """What was drawn: style, slot, silhouette, pattern, colours (RGB, the main one first)."""
    shown = product.colours[:1] if product.pattern == "plain" else product.colours[:3]
    design = {"design": product.cut.design} if isinstance(product.cut, Small) else {}
    return {
        "style": product.style,
        "slot": product.slot,
        "silhouette": product.kind,
        "pattern": product.pattern,
        "finish": product.finish,
        "colours": [list(colour) for colour in shown],
        "rank": product.rank,
        **design,
    }


def _write_json(path: Path, value: object) -> None:
    _write_text(path, json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
