"""What ships in assets/demo is what the code draws, fits together, and is small enough."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.demo import plan_demo
from recsys.catalog.demo.plan import DemoPlan
from recsys.catalog.demo.scene import scene_picture
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


def test_pictures_are_those_that_the_code_draws(plan: DemoPlan) -> None:
    """Within what another build of the WebP encoder may change; byte identity is per Pillow."""
    drawn = [(item.id, product_picture(item)) for item in plan.products[:3]]
    drawn += [(item.id, scene_picture(item, plan.products)[0]) for item in plan.scenes[:3]]
    for name, picture in drawn:
        shipped = Image.open(DEMO_DATA_DIR / "images" / f"{name}.webp").convert("RGB")
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=80, method=4)
        again = Image.open(buffer).convert("RGB")
        assert shipped.size == again.size
        difference = np.asarray(shipped, np.float64) - np.asarray(again, np.float64)
        assert np.abs(difference).mean() < 2.0


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
    rivals = [baseline["recall@10"]["high"] for baseline in _baselines(report)]
    assert figures["low"] > 2 * max(rivals)


def _baselines(report: dict[str, dict[str, dict[str, dict[str, float]]]]) -> list[dict]:
    return [rival.get("figures", rival) for rival in report["baselines"].values()]
