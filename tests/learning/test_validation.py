from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from recsys.learning import validation as module
from recsys.learning.config import TrainConfig
from recsys.learning.steps import Trainer
from recsys.learning.validation import Validation
from tests.learning.tiny import tiny, tiny_book

# Shallow towers compile quickly; what they embed is of no account here.
REGIONS = tiny("stem_px=16", "widths=8", "depths=0")
SCENES, PRODUCTS = 20, 40
PAIRS = [(1, 0), (1, 3), (4, 3), (4, 5), (4, 7), (9, 11), (12, 0), (19, 39)]


def pixels(config: TrainConfig) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    tower = config.tower
    scene = (SCENES, tower.scene_height_px, tower.scene_width_px, 3)
    product = (PRODUCTS, tower.product_size_px, tower.product_size_px, 3)
    return rng.integers(0, 256, scene).astype(np.uint8), rng.integers(0, 256, product).astype(
        np.uint8
    )


def validation(config: TrainConfig, pairs: Any, usable: Any = None) -> Validation:
    scenes, products = pixels(config)
    pair_scene, pair_product = np.array(pairs, np.int32).reshape(-1, 2).T
    usable = np.ones(PRODUCTS, bool) if usable is None else usable
    return Validation(config, scenes, products, pair_scene, pair_product, usable)


def slow_recall(config: TrainConfig, trainer: Trainer, candidates: Any, *, training: bool) -> float:
    """Recall@10 one scene at a time, by plain loops over vectors of length one."""
    state = trainer.initial_state()
    towers = trainer._towers(state.params, state.statistics)
    if not training:
        towers.eval()
    scenes, products = pixels(config)
    goods = np.asarray(towers.product_vectors(jax.numpy.asarray(products)), np.float64)
    found = []
    for scene in sorted({row for row, _ in PAIRS}):
        own = {product for row, product in PAIRS if row == scene}
        view = towers.scene_vectors(jax.numpy.asarray(scenes[scene][None]))
        regions = np.asarray(view, np.float64)[0]
        if config.score == "cosine":
            regions = regions / np.linalg.norm(regions, axis=-1, keepdims=True)
        scores = {}
        for row in candidates:
            vector = goods[row]
            if config.score == "cosine":
                vector = vector / np.linalg.norm(vector)
            sims = config.tau * (regions @ vector)
            scores[row] = float(np.log(np.exp(sims - sims.max()).sum()) + sims.max())
        best = sorted(candidates, key=lambda row: -scores[row])[:10]
        found.append(len(own & set(best)) / len(own))
    return float(np.mean(found))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(REGIONS, id="regions"),
        pytest.param(tiny_book("widths=4", preset="book-fixed"), id="book-fixed"),
    ],
)
def test_agrees_with_the_oracle(config: TrainConfig) -> None:
    trainer = Trainer(config)
    checked = validation(config, PAIRS)
    assert checked.scene_rows.tolist() == [1, 4, 9, 12, 19]
    assert checked.candidates.tolist() == list(range(PRODUCTS))
    recall = checked.recall_at_10(*trainer.exported(trainer.initial_state()))
    expected = slow_recall(config, trainer, range(PRODUCTS), training=False)
    assert recall == pytest.approx(expected)
    # measuring again changes nothing, and nothing is learnt from it
    assert checked.recall_at_10(*trainer.exported(trainer.initial_state())) == recall


def test_products_without_a_picture_are_no_candidates() -> None:
    usable = np.ones(PRODUCTS, bool)
    usable[[2, 20, 38]] = False
    candidates = validation(REGIONS, PAIRS, usable).candidates.tolist()
    assert candidates == [row for row in range(PRODUCTS) if usable[row]]


def test_large_catalogues_are_sampled_but_hold_every_positive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_CANDIDATES", 12)
    monkeypatch.setattr(module, "MAX_SCENES", 3)
    checked = validation(REGIONS, PAIRS)
    assert len(checked.scene_rows) == 3
    assert len(checked.candidates) == 12
    own = {product for scene, product in PAIRS if scene in checked.scene_rows}
    assert own <= set(checked.candidates.tolist())
    assert len(set(checked.candidates.tolist())) == 12
    again = validation(REGIONS, PAIRS)
    assert again.scene_rows.tolist() == checked.scene_rows.tolist()
    assert again.candidates.tolist() == checked.candidates.tolist()


def test_more_positives_than_room_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CANDIDATES", 3)
    own = {product for _, product in PAIRS}
    assert set(validation(REGIONS, PAIRS).candidates.tolist()) == own


def test_without_scenes_there_is_nothing_to_say() -> None:
    trainer = Trainer(REGIONS)
    checked = validation(REGIONS, [])
    assert checked.recall_at_10(*trainer.exported(trainer.initial_state())) is None
