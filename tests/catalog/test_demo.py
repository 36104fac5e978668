"""The demo catalogue: repeatable, complete, popular as Zipf says, and learnable by eye."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.demo import DemoPlan, plan_demo, write_demo
from recsys.catalog.demo.kinds import KINDS
from recsys.catalog.demo.products import Product
from recsys.catalog.demo.scene import scene_picture
from recsys.catalog.demo.shop import PRODUCT_PX, product_picture
from recsys.errors import RecsysError

SMALL = {"products": 24, "scenes": 10}


@pytest.fixture(scope="module")
def full_plan() -> DemoPlan:
    return plan_demo(0)


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "small"
    write_demo(out, seed=3, **SMALL)
    return out


def _fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _pairs(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "demo.json").read_text("utf-8").splitlines()]


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    small_demo: Path, tmp_path: Path
) -> None:
    write_demo(tmp_path / "again", seed=3, **SMALL)
    assert _fingerprint(tmp_path / "again") == _fingerprint(small_demo)
    write_demo(tmp_path / "other", seed=4, products=3, scenes=2)
    other, first = _fingerprint(tmp_path / "other"), _fingerprint(small_demo)
    assert sum(name.startswith("images") for name in other) == 5
    assert not set(other) & {name for name in first if name.startswith("images")}
    assert not set(other.values()) & set(first.values())  # other bytes, not only other names


def test_a_product_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = plan_demo(5, 24, 3), plan_demo(5, 60, 9)
    assert [p.id for p in few.products] == [p.id for p in many.products[:24]]
    assert [p.looks for p in few.products] == [p.looks for p in many.products[:24]]


def test_files_hold_what_the_format_promises(small_demo: Path) -> None:
    categories = json.loads((small_demo / "demo-cat.json").read_text("utf-8"))
    details = json.loads((small_demo / "demo-products.json").read_text("utf-8"))
    truth = json.loads((small_demo / "demo-truth.json").read_text("utf-8"))
    assert set(categories) == set(details) == set(truth["products"])
    assert len(categories) == SMALL["products"]
    assert len(set(categories.values())) >= 12
    for name, path in categories.items():
        assert len(name) == 32
        int(name, 16)
        assert 2 <= len(path.split("|")) <= 3
        assert details[name]["title"]
        assert details[name]["brand"]
        assert details[name]["price"] > 0
    for file in small_demo.glob("*.json"):
        assert file.read_bytes().endswith(b"\n")
    assert "python -m recsys demo --seed 3" in (small_demo / "README.md").read_text("utf-8")
    for name in categories:
        with Image.open(small_demo / "images" / f"{name}.webp") as picture:
            assert picture.size == (PRODUCT_PX, PRODUCT_PX)
    for name in truth["scenes"]:
        with Image.open(small_demo / "images" / f"{name}.webp") as picture:
            assert picture.size == (256, 384)


def test_every_pair_names_a_known_product_and_scene_and_a_real_box(small_demo: Path) -> None:
    truth = json.loads((small_demo / "demo-truth.json").read_text("utf-8"))
    pairs = _pairs(small_demo)
    assert len(pairs) >= 2 * SMALL["scenes"]
    assert len({(p["product"], p["scene"]) for p in pairs}) == len(pairs)
    for pair in pairs:
        assert pair["product"] in truth["scenes"][pair["scene"]]["worn"]
        left, top, right, bottom = pair["bbox"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1


def test_boxes_lie_where_things_are_worn(full_plan: DemoPlan) -> None:
    middles = defaultdict(list)
    for scene in full_plan.scenes[:8]:
        _, boxes = scene_picture(scene, full_plan.products)
        for index, (_, top, _, bottom) in boxes.items():
            middles[full_plan.products[index].slot].append((top + bottom) / 2)
    mean = {slot: sum(values) / len(values) for slot, values in middles.items()}
    assert mean["top"] < mean["bottom"] < mean["shoes"]


def test_the_full_plan_is_large_and_varied(full_plan: DemoPlan) -> None:
    assert len(full_plan.products) >= 480
    assert len(full_plan.scenes) >= 900
    assert len({p.category for p in full_plan.products}) >= 12
    assert len({p.style for p in full_plan.products}) >= 6
    assert {p.style for p in full_plan.products} == {s.style for s in full_plan.scenes}
    patterns = {p.pattern for p in full_plan.products}
    assert {"plain", "breton", "gingham", "tartan", "dots", "floral"} <= patterns
    assert len({s.place for s in full_plan.scenes}) >= 4
    assert len({s.person.skin for s in full_plan.scenes}) >= 5
    assert len({s.person.hair for s in full_plan.scenes}) >= 8
    names = [p.id for p in full_plan.products] + [s.id for s in full_plan.scenes]
    assert len(set(names)) == len(names)


def test_no_two_products_look_alike(full_plan: DemoPlan) -> None:
    twins = [looks for looks, n in Counter(p.looks for p in full_plan.products).items() if n > 1]
    assert len(twins) <= len(full_plan.products) // 50


def test_outfits_are_whole_and_mostly_of_one_style(full_plan: DemoPlan) -> None:
    products = full_plan.products
    strangers = pieces = 0
    worn: set[int] = set()
    for scene in full_plan.scenes:
        slots = [products[i].slot for i in scene.worn]
        assert len(slots) == len(set(slots))
        assert "shoes" in slots
        assert ("dress" in slots) != ("top" in slots and "bottom" in slots)
        strangers += sum(products[i].style != scene.style for i in scene.worn)
        pieces += len(slots)
        assert all(products[i].suits(scene.masculine) for i in scene.worn)
        worn |= set(scene.worn)
    assert 4 <= pieces / len(full_plan.scenes) <= 6
    assert 0 < strangers / pieces < 0.05
    assert len(worn) >= 0.97 * len(products)


def _popularity_slope(counts: dict[tuple[str, str], list[tuple[int, int]]]) -> float:
    """Slope of log share of wears on log rank, pooled over groups of at least six products."""
    by_rank: dict[int, list[float]] = defaultdict(list)
    for members in counts.values():
        if len(members) < 6:
            continue
        total = sum(n for _, n in members)
        harmonic = sum(1 / rank for rank, _ in members)
        for rank, n in members:
            by_rank[rank].append(n / total * harmonic)
    ranks = sorted(by_rank)
    means = [sum(by_rank[r]) / len(by_rank[r]) for r in ranks]
    return float(np.polyfit(np.log(ranks), np.log(means), 1)[0])


def _grouped(plan: DemoPlan, wears: Counter[int]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    groups: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for product in plan.products:
        groups[product.style, product.slot].append((product.rank, wears[product.index]))
    return groups


def test_popularity_follows_zipf_within_style_and_slot(full_plan: DemoPlan) -> None:
    wears = Counter(index for scene in full_plan.scenes for index in scene.worn)
    slope = _popularity_slope(_grouped(full_plan, wears))
    assert -1.3 < slope < -0.75

    uniform = Counter({product.index: 10 for product in full_plan.products})
    assert abs(_popularity_slope(_grouped(full_plan, uniform))) < 0.3


def _features(product: Product) -> np.ndarray[Any, np.dtype[np.float64]]:
    colours = np.asarray(product.colours[:3], dtype=np.float64) / 255
    weights = (1.0, 0.0, 0.0) if product.pattern == "plain" else (0.6, 0.25, 0.15)
    return np.asarray(weights) @ colours


def test_style_shows_in_colours_and_patterns(full_plan: DemoPlan) -> None:
    products = [p for p in full_plan.products if p.slot in ("top", "bottom", "dress", "outer")]
    points = np.stack([_features(p) for p in products])
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    style = np.array([p.style for p in products])
    same = (style[:, None] == style[None]) & ~np.eye(len(products), dtype=bool)
    apart = style[:, None] != style[None]
    assert distance[same].mean() < 0.97 * distance[apart].mean()

    pattern = np.array([p.pattern for p in products])
    printed = (pattern[:, None] != "plain") & (pattern[None] != "plain")
    alike = pattern[:, None] == pattern[None]
    assert alike[same & printed].mean() > 2 * alike[apart & printed].mean()

    kind = np.array([p.kind for p in products])
    shared = kind[:, None] == kind[None]
    assert shared[same].mean() > 1.5 * shared[apart].mean()


def test_products_stand_on_white_and_fill_their_picture(full_plan: DemoPlan) -> None:
    for kind in ("tee", "trench", "maxi", "jeans", "gogo boots", "tote", "sun hat", "belt"):
        product = next(p for p in full_plan.products if p.kind == kind)
        pixels = np.asarray(product_picture(product), dtype=np.int64)
        corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.min() >= 250, kind
        inked = (pixels.min(axis=-1) < 235).mean()
        assert 0.05 < inked < 0.85, kind


def test_every_kind_can_be_painted_alone() -> None:
    plan = plan_demo(1, 24, 1)
    assert {KINDS[p.kind].slot for p in plan.products} >= {"top", "shoes", "bag", "hat", "belt"}
    for product in plan.products:
        assert math.isfinite(float(np.asarray(product_picture(product)).mean()))


def test_what_is_worn_has_the_colours_of_its_shop_picture(full_plan: DemoPlan) -> None:
    products = full_plan.products
    nearer = total = 0
    for scene in full_plan.scenes[100:114]:
        picture, boxes = scene_picture(scene, products)
        pixels = np.asarray(picture, dtype=np.float64)
        for index, (left, top, right, bottom) in boxes.items():
            product = products[index]
            if product.slot not in ("top", "bottom", "dress", "outer"):
                continue
            h, w = pixels.shape[:2]
            # The middle of the box, so that the place behind the person counts for little.
            x0, x1 = left + 0.3 * (right - left), right - 0.3 * (right - left)
            y0, y1 = top + 0.25 * (bottom - top), bottom - 0.25 * (bottom - top)
            patch = pixels[int(y0 * h) : int(y1 * h) + 1, int(x0 * w) : int(x1 * w) + 1]
            colour = patch.reshape(-1, 3).mean(axis=0) / 255
            own = np.linalg.norm(colour - _features(product))
            rivals = [p for p in products if p.slot == product.slot and p.index != index][::5]
            nearer += sum(own < np.linalg.norm(colour - _features(p)) for p in rivals)
            total += len(rivals)
    assert nearer / total > 0.72


def test_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", "utf-8")
    with pytest.raises(RecsysError, match="new or empty folder"):
        write_demo(tmp_path, products=1, scenes=1)
    assert (tmp_path / "mine.txt").read_text("utf-8") == "keep me"


def test_refuses_a_demo_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecsysError, match="at least one product"):
        write_demo(tmp_path / "none", products=0, scenes=1)


def test_reports_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_demo(tmp_path / "tiny", products=2, scenes=1, progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]
