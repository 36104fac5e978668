"""A tiny catalogue with a known answer, in the Shop-the-Look format.

Each product is a patch of a colour of its own on white: plain, striped or dotted. Each scene
is a grey ground that shows its products as the same patches in its boxes, and nothing else.
So the products that go with a scene are the ones whose colours it shows.
"""

from __future__ import annotations

import colorsys
import json
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

SCENE_HEIGHT_PX, SCENE_WIDTH_PX = 120, 80
PRODUCT_SIZE_PX = 64
GROUND = (128, 128, 128)
CATEGORIES = ("Planted|Plain", "Planted|Striped", "Planted|Dotted", "Planted|Plain|Small")
BASE = "planted"
_GRID_ROWS, _GRID_COLUMNS = 3, 2

# Ids decide the parts; with these names the first twelve scenes fill all three.
VALIDATION_SCENES = ("studio-002", "studio-006", "studio-008")
TEST_SCENES = ("studio-005", "studio-009")


@dataclass(frozen=True)
class PlantedProduct:
    """What is true of a product: its id, its colour and its category."""

    id: str
    colour: tuple[int, int, int]
    category: str


def planted_products(products: int = 24) -> list[PlantedProduct]:
    """The products by id; their hues lie evenly around the circle, in three brightnesses."""
    planted = []
    for number in range(products):
        value = (0.95, 0.7, 0.45)[number % 3]
        red, green, blue = colorsys.hsv_to_rgb(number / products, 0.9, value)
        colour = (round(red * 255), round(green * 255), round(blue * 255))
        category = CATEGORIES[number % len(CATEGORIES)]
        planted.append(PlantedProduct(f"product-{number:03d}", colour, category))
    return planted


def planted_pairs(scenes: int = 12, products: int = 24, seed: int = 0) -> dict[str, list[str]]:
    """Scene id → ids of its products, two to four of them in the order of its boxes.

    Every product is in a scene where there are places enough, and popular ones in several.
    """
    rng = random.Random(seed)
    ids = [product.id for product in planted_products(products)]
    order = rng.sample(ids, len(ids))
    pairs: dict[str, list[str]] = {}
    for number in range(scenes):
        own = order[2 * number % len(order) :][:2]
        extra = rng.sample(ids[: max(1, len(ids) // 4)], 1)
        extra += rng.sample(ids, rng.randrange(2)) if len(ids) > 1 else []
        pairs[f"studio-{number:03d}"] = list(dict.fromkeys(own + extra))
    return pairs


def planted_box(position: int) -> tuple[float, float, float, float]:
    """The box of a scene's product by its place in the list: left, top, right, bottom in 0–1."""
    row, column = divmod(position, _GRID_COLUMNS)
    left, top = column / _GRID_COLUMNS + 0.05, row / _GRID_ROWS + 0.05
    return (left, top, left + 1 / _GRID_COLUMNS - 0.1, top + 1 / _GRID_ROWS - 0.1)


def write_planted(folder: Path, scenes: int = 12, products: int = 24, seed: int = 0) -> Path:
    """Writes the catalogue into a folder (made where it is missing) and returns the folder."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    planted = {product.id: product for product in planted_products(products)}
    for product in planted.values():
        image = Image.new("RGB", (PRODUCT_SIZE_PX, PRODUCT_SIZE_PX), "white")
        margin = PRODUCT_SIZE_PX // 8
        side = PRODUCT_SIZE_PX - margin
        _patch(image, (margin, margin, side, side), product)
        image.save(images / f"{product.id}.png")
    lines = []
    for scene, shown in planted_pairs(scenes, products, seed).items():
        image = Image.new("RGB", (SCENE_WIDTH_PX, SCENE_HEIGHT_PX), GROUND)
        for position, product_id in enumerate(shown):
            box = planted_box(position)
            left, right = (round(side * SCENE_WIDTH_PX) for side in box[::2])
            top, bottom = (round(side * SCENE_HEIGHT_PX) for side in box[1::2])
            _patch(image, (left, top, right, bottom), planted[product_id])
            bbox = [round(side, 6) for side in box]
            lines.append(json.dumps({"product": product_id, "scene": scene, "bbox": bbox}))
        image.save(images / f"{scene}.png")
    (folder / f"{BASE}.json").write_text("\n".join(lines) + "\n", "utf-8")
    categories = {product.id: product.category for product in planted.values()}
    (folder / f"{BASE}-cat.json").write_text(json.dumps(categories, indent=1), "utf-8")
    details = {
        product.id: {
            "title": f"{product.category.split('|')[1]} patch {product.id[-3:]}",
            "brand": ("North", "South")[number % 2],
            "price": 10.0 + number,
            "url": f"https://shop.example/{product.id}",
        }
        for number, product in enumerate(planted.values())
    }
    (folder / f"{BASE}-products.json").write_text(json.dumps(details, indent=1), "utf-8")
    return folder


def _patch(image: Image.Image, box: tuple[int, int, int, int], product: PlantedProduct) -> None:
    """Fills a box, right and bottom exclusive, with a product's colour and pattern."""
    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, right - 1, bottom - 1), fill=product.colour)
    light = tuple(min(255, channel + 50) for channel in product.colour)
    if "Striped" in product.category:
        for y in range(top + 3, bottom - 1, 8):
            draw.rectangle((left, y, right - 1, y + 1), fill=light)
    elif "Dotted" in product.category:
        for y in range(top + 3, bottom - 3, 8):
            for x in range(left + 3, right - 3, 8):
                draw.rectangle((x, y, x + 1, y + 1), fill=light)
