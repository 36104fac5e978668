"""What ships in assets/demo is what the code draws, fits together, and is small enough."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.demo import plan_demo, write
from recsys.catalog.demo.plan import DemoPlan
from recsys.catalog.demo.scene import Box, scene_picture
from recsys.catalog.demo.shop import product_picture
from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.learning.bundle import load_model
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.workspace import DEMO_DATA_DIR, DEMO_MODEL_DIR, Workspace

MAX_BYTES = 15_000_000


@pytest.fixture(scope="module")
def plan() -> DemoPlan:
    return plan_demo(0)


def test_size() -> None:
    files = [path for path in DEMO_DATA_DIR.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES


def test_tables_are_those_of_the_plan(plan: DemoPlan) -> None:
    details = json.loads((DEMO_DATA_DIR / "demo-products.json").read_text("utf-8"))
    expected = {
        product.id: {"title": product.title, "brand": product.brand, "price": product.price}
        for product in plan.products
    }
    assert details == expected
    words = [item["title"].lower().split() for item in details.values()]
    assert not any(a == b for title in words for a, b in pairwise(title))
    assert len(plan.products) >= 480
    assert len(plan.scenes) >= 900
    assert len({product.category for product in plan.products}) >= 12
    assert len({product.style for product in plan.products}) >= 6


@pytest.fixture(scope="module")
def drawn(plan: DemoPlan) -> dict[int, dict[int, Box]]:
    """A few scenes' numbers → the boxes that drawing them gives."""
    return {at: scene_picture(plan.scenes[at], plan.products)[1] for at in (0, 1, 2, 500, 959)}


def test_tables_that_need_no_drawing_are_the_writers_own_bytes(
    plan: DemoPlan, tmp_path: Path
) -> None:
    write._write_tables(tmp_path, plan, [{} for _ in plan.scenes])
    for name in ("demo-cat.json", "demo-products.json", "demo-truth.json", "README.md"):
        assert (tmp_path / name).read_bytes() == (DEMO_DATA_DIR / name).read_bytes(), name


def test_pairs_are_what_each_scene_wears(plan: DemoPlan, drawn: dict[int, dict[int, Box]]) -> None:
    numbers = {product.id: index for index, product in enumerate(plan.products)}
    shipped: dict[str, dict[int, list[float]]] = {scene.id: {} for scene in plan.scenes}
    for line in (DEMO_DATA_DIR / "demo.json").read_text("utf-8").splitlines():
        record = json.loads(line)
        boxes = shipped[record["scene"]]
        assert numbers[record["product"]] not in boxes
        boxes[numbers[record["product"]]] = record["bbox"]
    for scene in plan.scenes:
        assert set(shipped[scene.id]) <= set(scene.worn)
        assert shipped[scene.id]
    for at, boxes_drawn in drawn.items():
        expected = {i: [round(edge, 4) for edge in box] for i, box in boxes_drawn.items()}
        assert shipped[plan.scenes[at].id] == expected


def test_pictures_are_those_that_the_code_draws(plan: DemoPlan, tmp_path: Path) -> None:
    """To the pixel: requirements pin Pillow, and its wheels bring their own WebP encoder."""
    chosen = [
        (item.id, product_picture(item), write._PRODUCT_QUALITY)
        for item in (*plan.products[:3], plan.products[-1])
    ]
    chosen += [
        (item.id, scene_picture(item, plan.products)[0], write._SCENE_QUALITY)
        for item in (*plan.scenes[:3], plan.scenes[-1])
    ]
    for name, picture, quality in chosen:
        write._save(picture, tmp_path / "again.webp", quality)
        shipped, again = (
            np.asarray(Image.open(path).convert("RGB"))
            for path in (DEMO_DATA_DIR / "images" / f"{name}.webp", tmp_path / "again.webp")
        )
        np.testing.assert_array_equal(shipped, again)


def test_catalogue_model_embeddings_and_report_belong_together(tmp_path: Path) -> None:
    catalog = read_stl(DEMO_DATA_DIR, "demo")
    assert catalog.report.total == 0
    model = load_model(DEMO_MODEL_DIR)
    assert model.info["trained_on"]["fingerprint"] == catalog.fingerprint
    table = EmbeddingTable.load(DEMO_MODEL_DIR / "embeddings" / "demo")
    table.check(model, catalog)
    assert len(table.product_ids) == len(catalog.products)
    split = split_scenes(catalog, Workspace(tmp_path))
    unseen = {catalog.scenes[row].id for part in ("validation", "test") for row in split.rows(part)}
    assert not unseen & model.scenes_seen
    report = json.loads((DEMO_MODEL_DIR / "report.json").read_text("utf-8"))
    assert report["split"] == "test"
    figures = report["figures"]["recall@10"]
    assert set(report["baselines"]) == {"random", "popular", "colour"}
    rivals = [baseline["recall@10"]["high"] for baseline in report["baselines"].values()]
    assert figures["low"] > 2 * max(rivals)
