"""Which scenes, candidates and right answers a trial has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog, Product, ProductId, Scene, SceneId
from recsys.catalog.splits import Split
from recsys.evaluation.trial import MAX_LOOK_ALIKES, Trial, demo_labels, plan


def small_catalog(boxes: list[list[float]] | None = None) -> Catalog:
    """Scenes a–d and products 0–4; a has 0 and 1, b has 1, c has 2, d has none."""
    products = [Product(ProductId(str(n)), "Tops|" + "AABBB"[n], None) for n in range(5)]
    scenes = [Scene(SceneId(name), None) for name in "abcd"]
    nowhere = [[np.nan] * 4] * 4
    return Catalog(
        "small",
        products,
        scenes,
        np.array([0, 0, 1, 2], np.int32),
        np.array([0, 1, 1, 2], np.int32),
        np.array(boxes or nowhere, np.float32),
    )


def planned(catalog: Catalog, *, products: list[int] | None = None, **words: object) -> Trial:
    everything = Split(
        np.arange(4, dtype=np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), 0
    )
    return plan(
        catalog,
        "all",
        everything,
        pictured_scenes=np.arange(4),
        pictured_products=np.array(range(5) if products is None else products),
        scenes_seen=frozenset(words.pop("seen", ())),  # type: ignore[call-overload]
        **words,  # type: ignore[arg-type]
    )


def test_positions_lead_back_to_rows() -> None:
    trial = planned(small_catalog(), products=[0, 2, 4])
    assert trial.scene_rows.tolist() == [0, 2]  # b's only product has no picture, d has no pairs
    assert trial.left_out == {"without pairs": 1, "without a product that has a picture": 1}
    assert trial.product_rows[trial.positives.product].tolist() == [0, 2]
    assert trial.scene_rows[trial.positives.scene].tolist() == [0, 2]
    assert trial.positives_without_picture == 1
    assert trial.products_without_picture == 2
    assert trial.contrast.tolist() == [-1, 2]  # no other A has a picture; 4 is the other B


def test_seen_products_are_those_of_fitted_scenes() -> None:
    trial = planned(small_catalog(), seen=["b"])
    assert trial.left_out["seen in training"] == 1
    assert trial.train_counts.tolist() == [0, 1, 0, 0, 0]
    assert trial.seen.tolist() == [False, True, False]


def test_what_another_model_saw_is_left_out_but_not_counted_as_training() -> None:
    trial = planned(small_catalog(), seen=["b"], fitted=frozenset())
    assert trial.scene_rows.tolist() == [0, 2]
    assert not trial.train_counts.any()


def test_copies_of_training_photos_are_no_fair_scenes() -> None:
    copies = np.array([False, True, True, False])
    trial = planned(small_catalog(), seen=["b"], copies=copies)
    assert trial.scene_rows.tolist() == [0]
    assert trial.left_out == {
        "without pairs": 1,
        "seen in training": 1,
        "copies of training photos": 1,
    }
    assert trial.copied_scenes == 0


@pytest.mark.parametrize("other", [[0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.6]])
def test_products_of_one_box_look_alike(other: list[float]) -> None:
    box = [0.1, 0.1, 0.5, 0.5]
    trial = planned(small_catalog([box, other, box, box]))
    same = other == box
    assert trial.alike.member.tolist() == ([1, 0] if same else [])


def test_products_of_the_same_labels_look_alike() -> None:
    trial = planned(small_catalog(), labels={"1": ("x",), "3": ("x",), "4": ("y",), "9": ("x",)})
    assert trial.alike.member.tolist() == [3, 1]
    assert trial.alike.start.tolist() == [0, 0, 1, 1, 2, 2]


def test_a_box_with_a_whole_catalogue_links_nothing() -> None:
    """Linking ten thousand products with one another would take 50 million pairs."""
    count = 10_000
    products = [Product(ProductId(f"{n:05d}"), "Tops", None) for n in range(count)]
    catalog = Catalog(
        "one box",
        products,
        [Scene(SceneId(name), None) for name in "ab"],
        np.repeat(np.array([0, 1], np.int32), [count, MAX_LOOK_ALIKES]),
        np.concatenate([np.arange(count), np.arange(MAX_LOOK_ALIKES)]).astype(np.int32),
        np.tile(np.array([0.1, 0.1, 0.5, 0.5], np.float32), (count + MAX_LOOK_ALIKES, 1)),
    )
    rows = np.arange(2, dtype=np.int32)
    none = np.zeros(0, np.int32)
    trial = plan(
        catalog,
        "all",
        Split(rows, none, none, 0),
        pictured_scenes=rows,
        pictured_products=np.arange(count),
        scenes_seen=frozenset(),
    )
    assert trial.large_groups == 1
    assert len(trial.alike.member) == MAX_LOOK_ALIKES * (MAX_LOOK_ALIKES - 1)  # of scene b


class TestDemoLabels:
    def test_style_silhouette_and_pattern(self, tmp_path: Path) -> None:
        (tmp_path / "demo-truth.json").write_text(
            '{"products": {"p": {"style": "s", "silhouette": "t", "pattern": "u", "rank": 1}}}'
        )
        assert demo_labels(tmp_path) == {"p": ("s", "t", "u")}

    @pytest.mark.parametrize("text", ["{", "[]", '{"products": []}', '{"products": {"p": {}}}'])
    def test_anything_else_tells_nothing(self, tmp_path: Path, text: str) -> None:
        assert demo_labels(tmp_path) == {}
        (tmp_path / "demo-truth.json").write_text(text)
        assert demo_labels(tmp_path) == {}
