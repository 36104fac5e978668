"""``evaluate`` and ``embed``: anyone can compute the figures from what the commands write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer
from tests.evaluation import oracle
from tests.support.planted import planted_pairs, planted_products

DATA = ("--data", "planted")
FIGURES = ("recall@1", "recall@10", "recall@50", "mrr", "ndcg@10", "auc", "within_category_auc")


def recomputed(scores: dict[str, dict[str, float]]) -> dict[str, float]:
    """Figures from scene → product → score and the data's own truth, in plain Python."""
    products = sorted(product.id for product in planted_products())
    categories = [product.category for product in sorted(planted_products(), key=lambda p: p.id)]
    pairs = planted_pairs()
    table = [[scores[scene][product] for product in products] for scene in sorted(scores)]
    relevant = [{products.index(product) for product in pairs[scene]} for scene in sorted(scores)]
    numbers = [sorted(set(categories)).index(category) for category in categories]
    columns: dict[str, list[float | None]] = {
        "recall@1": oracle.recall(table, relevant, 1),
        "recall@10": oracle.recall(table, relevant, 10),
        "recall@50": oracle.recall(table, relevant, 50),
        "mrr": oracle.reciprocal_rank(table, relevant),
        "ndcg@10": oracle.ndcg(table, relevant, 10),
        "auc": oracle.auc(table, relevant),
        "within_category_auc": oracle.auc(table, relevant, numbers),
    }
    return {
        name: float(np.mean([value for value in values if value is not None]))
        for name, values in columns.items()
    }


def values(figures: dict[str, Any]) -> dict[str, float]:
    return {name: figures[name]["value"] for name in FIGURES}


def test_figures_follow_from_the_recommended_lists(run: Run) -> None:
    lines = run("recommend", *DATA, "--model", "stranger-3", "--scenes", "all", "-k", "24")
    lists = [json.loads(line) for line in lines.stdout.splitlines()]
    scores = {
        found["scene"]: dict(zip(found["products"], found["scores"], strict=True))
        for found in lists
    }
    report = answer(run("evaluate", *DATA, "--model", "stranger-3", "--json"))
    assert report["split"] == "all"
    assert report["counts"]["scenes"] == 12
    assert values(report["figures"]) == pytest.approx(recomputed(scores), abs=1e-12)


def test_figures_follow_from_the_written_vectors(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "vectors"
    written = answer(run("embed", *DATA, "--model", "stranger-3", "--out", out, "--json"))
    scenes, products = np.load(out / "scenes.npy"), np.load(out / "products.npy")
    assert (written["scenes"], written["regions"], written["dim"]) == scenes.shape
    assert (written["products"], written["dim"]) == products.shape
    scene_ids = (out / "scenes.txt").read_text().split()
    product_ids = (out / "products.txt").read_text().split()
    meta = json.loads((out / "meta.json").read_text())
    assert scenes.shape == (len(scene_ids), meta["regions"], meta["dim"])
    assert products.shape == (len(product_ids), meta["dim"])
    assert scenes.dtype == products.dtype == np.float32
    unit = products / np.linalg.norm(products, axis=1, keepdims=True)
    cosines = np.einsum("srd,pd->srp", scenes.astype(np.float64), unit.astype(np.float64))
    pooled = np.log(np.exp(meta["tau"] * cosines).sum(axis=1)) / meta["tau"]
    scores = {
        scene: dict(zip(product_ids, line.tolist(), strict=True))
        for scene, line in zip(scene_ids, pooled, strict=True)
    }
    report = answer(run("evaluate", *DATA, "--model", "stranger-3", "--json"))
    assert values(report["figures"]) == pytest.approx(recomputed(scores), abs=1e-9)


def test_the_default_part_is_unseen(run: Run) -> None:
    own = answer(run("evaluate", *DATA, "--model", "regions-1", "--json"))
    assert own["split"] == "test"
    assert own["counts"]["scenes"] == 2
    whole = answer(run("evaluate", *DATA, "--model", "regions-1", "--split", "all", "--json"))
    assert whole["counts"]["scenes_left_out"] == {"seen in training": 7}


def test_every_figure_has_baselines_and_intervals(run: Run) -> None:
    report = answer(run("evaluate", *DATA, "--model", "stranger-3", "--json"))
    assert set(report["baselines"]) == {"random", "popular", "colour"}
    for figures in (report["figures"], *report["baselines"].values()):
        assert set(FIGURES) < set(figures)
        for name in FIGURES:
            assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]


def test_other_presets_of_the_same_data_are_measured_along(run: Run) -> None:
    report = answer(run("evaluate", *DATA, "--model", "regions-1", "--split", "all", "--json"))
    (row,) = report["beside"]
    assert (row["model"], row["preset"]) == ("book-2", "book")
    gain = row["difference"]["auc"]
    assert gain["low"] <= gain["value"] <= gain["high"]
    table = run("evaluate", *DATA, "--model", "regions-1")
    assert "book-2" in table.stdout
    assert "colour histogram" in table.stdout
    alone = run("evaluate", *DATA, "--model", "regions-1", "--alone", "--json")
    assert answer(alone)["beside"] == []
    assert answer(run("evaluate", *DATA, "--model", "stranger-3", "--json"))["beside"] == []


def test_models_measured_before_stand_beside(run: Run, shop: Workspace) -> None:
    words = ("evaluate", *DATA, "--split", "validation", "--json")
    answer(run(*words, "--model", "stranger-3"))
    assert not (shop.model_dir("stranger-3") / "report.json").exists()
    report = answer(run(*words, "--model", "regions-1", "--beside", "book-2"))
    assert [row["model"] for row in report["beside"]] == ["book-2", "stranger-3"]
    assert [row["difference"] is None for row in report["beside"]] == [False, True]


def test_the_test_part_of_its_own_data_is_the_models_report(run: Run, shop: Workspace) -> None:
    answer(run("evaluate", *DATA, "--model", "book-2", "--json"))
    kept = json.loads((shop.model_dir("book-2") / "report.json").read_text())
    assert kept["split"] == "test"
    records = answer(run("models", "--json"))
    (record,) = (record for record in records if record["model"] == "book-2")
    assert record["recall@10"] == kept["figures"]["recall@10"]["value"]


def test_a_peer_that_cannot_be_opened_is_told_and_left_out(run: Run, shop: Workspace) -> None:
    weights = shop.model_dir("book-2") / "weights.npz"
    aside = weights.rename(weights.with_name("aside"))
    try:
        result = run("evaluate", *DATA, "--model", "regions-1", "--json")
    finally:
        aside.rename(weights)
    assert answer(result)["figures"]
    assert "book-2 is not measured beside" in result.stderr


def test_beside_and_alone_contradict(run: Run) -> None:
    result = run("evaluate", *DATA, "--model", "regions-1", "--alone", "--beside", "book-2")
    assert result.exit_code == 2


def test_a_model_elsewhere_is_measured_and_left_alone(
    run: Run, shop: Workspace, tmp_path: Path
) -> None:
    bundle = shop.model_dir("stranger-3").rename(tmp_path / "bundle")
    try:
        before = sorted(path.name for path in bundle.iterdir())
        assert answer(run("evaluate", *DATA, "--model", bundle, "--json"))["split"] == "all"
        assert sorted(path.name for path in bundle.iterdir()) == before
    finally:
        bundle.rename(shop.model_dir("stranger-3"))


def test_embed_refuses_to_replace_other_things(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    result = run("embed", *DATA, "--model", "regions-1", "--out", tmp_path)
    assert result.exit_code == 1
    assert "letter.txt" in result.stderr
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_embed_mends_the_models_own_table(run: Run, shop: Workspace) -> None:
    answer(run("embed", *DATA, "--model", "regions-1", "--json"))
    table = shop.embeddings_dir(shop.model_dir("regions-1"), shop.datasets_dir / "planted")
    (table / "meta.json").write_text("{}")
    broken = run("recommend", *DATA, "--model", "regions-1", "--scene", "studio-000")
    assert broken.exit_code == 1
    assert "python -m recsys embed --model regions-1 --data planted" in broken.stderr
    answer(run("embed", *DATA, "--model", "regions-1", "--json"))
    answer(run("recommend", *DATA, "--model", "regions-1", "--scene", "studio-000", "--json"))
