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


def recall_of(checked: Validation, trainer: Trainer) -> float:
    evaluation = checked.evaluate(*trainer.exported(trainer.initial_state()))
    assert evaluation is not None
    return evaluation.figures["validation_recall@10"]


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
    recall = recall_of(checked, trainer)
    expected = slow_recall(config, trainer, range(PRODUCTS), training=False)
    assert recall == pytest.approx(expected)
    # measuring again changes nothing, and nothing is learnt from it
    assert recall_of(checked, trainer) == recall


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
    assert checked.evaluate(*trainer.exported(trainer.initial_state())) is None


def test_exposure_and_spread_by_plain_loops() -> None:
    trainer = Trainer(REGIONS)
    checked = validation(REGIONS, PAIRS)
    evaluation = checked.evaluate(*trainer.exported(trainer.initial_state()))
    assert evaluation is not None
    assert evaluation.scenes.tolist() == [1, 4, 9, 12, 19]  # all, there being fewer than eight
    shown = [0] * PRODUCTS
    for products in evaluation.products:
        for row in products:
            shown[row] += 1
    assert evaluation.figures["coverage"] == sum(count > 0 for count in shown) / PRODUCTS
    assert evaluation.figures["largest_share"] == max(shown) / 5
    assert evaluation.figures["excess_gini"] < 1
    towers = trainer._towers(trainer.initial_state().params, trainer.initial_state().statistics)
    goods = np.asarray(towers.product_vectors(jax.numpy.asarray(pixels(REGIONS)[1])), np.float64)
    goods /= np.linalg.norm(goods, axis=1, keepdims=True)
    pairs = [1 - float(a @ b) for a in goods for b in goods]
    assert evaluation.figures["embedding_spread"] == pytest.approx(np.mean(pairs), abs=1e-5)


def test_the_kept_lists_are_the_best_of_fixed_scenes() -> None:
    trainer = Trainer(REGIONS)
    pairs = [(scene, scene) for scene in range(SCENES)]
    checked = validation(REGIONS, pairs)
    evaluation = checked.evaluate(*trainer.exported(trainer.initial_state()))
    assert evaluation is not None
    assert len(evaluation.scenes) == 8
    assert evaluation.scenes[0] == 0
    assert evaluation.scenes[-1] == SCENES - 1
    assert evaluation.products.shape == evaluation.scores.shape == (8, 10)
    assert (np.diff(evaluation.scores, axis=1) <= 0).all()
    assert (evaluation.right == (evaluation.products == evaluation.scenes[:, None])).all()
