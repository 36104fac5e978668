from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from recsys.errors import ModelError
from recsys.learning.bundle import PRODUCT_BATCH, Model, export_model, load_model, read_info
from recsys.learning.config import TrainConfig
from recsys.learning.steps import Trainer
from recsys.learning.towers import normalised
from tests.learning.tiny import tiny, tiny_book

INFO = {
    "id": "regions-abc",
    "preset": "regions",
    "trained_on": {"name": "planted", "train_scenes": ["s-1", "s-2"]},
}


def export(folder: Path, config: TrainConfig, **info: Any) -> Path:
    """A bundle of noisy weights, so that no array is all zeros or ones."""
    trainer = Trainer(config)
    state = trainer.initial_state()
    rng = np.random.default_rng(0)

    def noisy(leaf: Any) -> Any:
        return jnp.asarray(np.asarray(leaf) + rng.uniform(0, 0.1, leaf.shape), jnp.float32)

    weights, statistics = jax.tree.map(noisy, trainer.exported(state))
    export_model(folder, config, weights, statistics, {**INFO, **info})
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("models") / "regions-abc", tiny())


@pytest.fixture(scope="module")
def model(bundle: Path) -> Model:
    return load_model(bundle)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("models") / "book-abc"
    return load_model(export(folder, tiny_book(preset="book-fixed"), id="book-abc"))


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "regions-abc"
    shutil.copytree(bundle, folder)
    return folder


def scenes(model: Model, count: int, seed: int = 0) -> Any:
    shape = (count, model.scene_height_px, model.scene_width_px, 3)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def products(model: Model, count: int, seed: int = 0) -> Any:
    shape = (count, model.product_size_px, model.product_size_px, 3)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


class TestEmbedding:
    def test_shapes_types_and_lengths(self, model: Model, book: Model) -> None:
        vectors = model.embed_scenes(scenes(model, 3))
        assert vectors.shape == (3, 6, 8)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), 1, rtol=1e-5)
        goods = model.embed_products(products(model, 5))
        assert goods.shape == (5, 8)
        assert goods.dtype == np.float32
        assert np.abs(np.linalg.norm(goods, axis=-1) - 1).max() > 0.01  # norms are kept
        raw = book.embed_scenes(scenes(book, 2))
        assert raw.shape == (2, 1, 8)
        assert np.abs(np.linalg.norm(raw, axis=-1) - 1).max() > 0.01  # ranked by dot product

    def test_nothing_in_gives_nothing_out(self, model: Model) -> None:
        assert model.embed_scenes(scenes(model, 0)).shape == (0, 6, 8)
        assert model.embed_products(products(model, 0)).shape == (0, 8)

    def test_a_scene_alone_and_among_others_is_the_same_to_the_last_bit(self, model: Model) -> None:
        pixels = scenes(model, 5)
        together = model.embed_scenes(pixels)
        for place in range(5):
            np.testing.assert_array_equal(
                model.embed_scenes(pixels[place : place + 1])[0], together[place]
            )

    @pytest.mark.parametrize("kind", ["regions", "book"])
    def test_a_product_does_not_depend_on_its_batch(
        self, model: Model, book: Model, kind: str
    ) -> None:
        chosen = book if kind == "book" else model
        pixels = products(chosen, PRODUCT_BATCH + 9)
        together = chosen.embed_products(pixels)
        order = np.random.default_rng(1).permutation(len(pixels))
        np.testing.assert_array_equal(chosen.embed_products(pixels[order]), together[order])
        for place in (0, 13, PRODUCT_BATCH - 1, PRODUCT_BATCH, len(pixels) - 1):
            alone = chosen.embed_products(pixels[place : place + 1])[0]
            np.testing.assert_array_equal(alone, together[place])

    def test_is_what_the_towers_say(self, bundle: Path, model: Model) -> None:
        """Against towers filled by hand from the file."""
        trainer = Trainer(tiny())
        params = trainer.initial_state().params
        with np.load(bundle / "weights.npz", allow_pickle=False) as archive:
            for name in archive.files:
                node, parts = params, name.replace("weights/", "towers/").split("/")
                for part in parts[:-1]:
                    node = node[int(part) if part.isdigit() else part]
                node[parts[-1]] = jnp.asarray(archive[name])
        towers = trainer._towers(params, {})
        pixels = scenes(model, 2)
        expected = normalised(towers.scene_vectors(jnp.asarray(pixels)))
        np.testing.assert_allclose(
            model.embed_scenes(pixels), np.asarray(expected), rtol=1e-4, atol=1e-5
        )

    @pytest.mark.parametrize(
        "pixels",
        [
            np.zeros((1, 32, 48, 3), np.uint8),
            np.zeros((48, 32, 3), np.uint8),
            np.zeros((1, 48, 32, 4), np.uint8),
            np.zeros((1, 48, 32, 3), np.float32),
        ],
    )
    def test_other_pixels_are_refused(self, model: Model, pixels: Any) -> None:
        with pytest.raises(ValueError, match=r"expected uint8 \[N, 48, 32, 3\], found"):
            model.embed_scenes(pixels)
        with pytest.raises(ValueError, match=r"expected uint8 \[N, 32, 32, 3\], found"):
            model.embed_products(pixels)


class TestRoundTrip:
    def test_embeddings_are_the_same_to_the_last_bit(self, bundle: Path, model: Model) -> None:
        again = load_model(bundle)
        pixels = scenes(model, 2)
        np.testing.assert_array_equal(again.embed_scenes(pixels), model.embed_scenes(pixels))
        goods = products(model, 3)
        np.testing.assert_array_equal(again.embed_products(goods), model.embed_products(goods))
        assert again.fingerprint == model.fingerprint

    def test_the_same_weights_make_the_same_bytes(self, bundle: Path, tmp_path: Path) -> None:
        again = export(tmp_path / "again", tiny())
        for name in ("weights.npz", "model.json"):
            assert (again / name).read_bytes() == (bundle / name).read_bytes()

    def test_what_it_is_comes_back(self, model: Model, book: Model) -> None:
        assert (model.id, model.preset) == ("regions-abc", "regions")
        assert model.config == tiny()
        assert model.scenes_seen == frozenset({"s-1", "s-2"})
        assert (model.scene_height_px, model.scene_width_px) == (48, 32)
        assert (model.product_size_px, model.embedding_dim) == (32, 8)
        assert (model.regions, model.region_grid) == (6, (3, 2))
        assert (model.score, model.tau) == ("cosine", 10.0)
        assert (book.regions, book.region_grid, book.score) == (1, (1, 1), "dot")

    def test_statistics_come_back(self, book: Model) -> None:
        fresh = Trainer(book.config)
        plain = fresh._towers(fresh.initial_state().params, fresh.initial_state().statistics)
        plain.eval()
        pixels = products(book, 2)
        untouched = np.asarray(plain.product_vectors(jnp.asarray(pixels)))
        assert not np.allclose(book.embed_products(pixels), untouched)

    def test_the_fingerprint_follows_weights_and_settings(
        self, model: Model, tmp_path: Path
    ) -> None:
        others = [tiny("tau=5"), tiny("score=dot"), tiny("seed=3"), tiny("scene_height_px=64")]
        prints = {
            load_model(export(tmp_path / str(n), c)).fingerprint for n, c in enumerate(others)
        }
        assert len(prints | {model.fingerprint}) == 5
        same = load_model(export(tmp_path / "same", tiny("learning_rate=0.5"), id="renamed"))
        assert same.fingerprint == model.fingerprint  # how it was trained changes no embedding

    def test_region_boxes_tile_the_scene_in_reading_order(self, model: Model, book: Model) -> None:
        third = np.float32(1 / 3)
        boxes = model.region_boxes
        assert boxes.dtype == np.float32
        np.testing.assert_allclose(boxes[0], [0, 0, 0.5, third], rtol=1e-6)
        np.testing.assert_allclose(boxes[1], [0.5, 0, 1, third], rtol=1e-6)
        np.testing.assert_allclose(boxes[5], [0.5, 2 * third, 1, 1], rtol=1e-6)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        assert areas.sum() == pytest.approx(1)
        assert book.region_boxes.tolist() == [[0, 0, 1, 1]]

    def test_the_last_row_of_a_grid_that_overhangs_ends_with_the_picture(
        self, tmp_path: Path
    ) -> None:
        config = tiny("scene_height_px=80", "grid_px=32")
        boxes = load_model(export(tmp_path / "m", config)).region_boxes
        np.testing.assert_allclose(boxes[:, 1], [0, 0.4, 0.8], rtol=1e-6)
        np.testing.assert_allclose(boxes[:, 3], [0.4, 0.8, 1], rtol=1e-6)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with np.load(folder / "weights.npz", allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    change(arrays)
    np.savez(folder / "weights.npz", **arrays)


class TestTampering:
    def test_changed_weights_are_refused(self, copy: Path) -> None:
        def nudge(arrays: dict[str, Any]) -> None:
            arrays["weights/product_head/bias"][3] += 1e-6

        rewrite(copy, nudge)
        with pytest.raises(ModelError, match=r"regions-abc are not those that its model\.json"):
            load_model(copy)

    @pytest.mark.parametrize(("key", "value"), [("tau", 2.0), ("score", "dot")])
    def test_a_changed_setting_is_refused(self, copy: Path, key: str, value: Any) -> None:
        record = json.loads((copy / "model.json").read_text())
        record["config"][key] = value
        (copy / "model.json").write_text(json.dumps(record))
        with pytest.raises(ModelError, match=r"not those that its model\.json describes"):
            load_model(copy)

    def test_another_size_is_refused_by_the_arrays_name(self, copy: Path) -> None:
        record = json.loads((copy / "model.json").read_text())
        record["config"]["tower"]["embedding_dim"] = 16
        (copy / "model.json").write_text(json.dumps(record))
        message = r"weights/product_head/bias as float32 \[8\], its configuration needs .*\[16\]"
        with pytest.raises(ModelError, match=message):
            load_model(copy)

    def test_a_missing_array_is_named(self, copy: Path) -> None:
        rewrite(copy, lambda arrays: arrays.pop("weights/trunk/stem/kernel"))
        message = r"lacks the array weights/trunk/stem/kernel \(float32 \[4, 4, 3, 8\]\)"
        with pytest.raises(ModelError, match=message):
            load_model(copy)

    def test_an_extra_array_is_named(self, copy: Path) -> None:
        rewrite(copy, lambda arrays: arrays.update({"weights/door": np.zeros(2, np.float32)}))
        with pytest.raises(ModelError, match="array weights/door that its configuration"):
            load_model(copy)

    @pytest.mark.parametrize("other", [np.zeros(9, np.float32), np.zeros(8, np.float64)])
    def test_an_array_of_another_shape_or_type_is_named(self, copy: Path, other: Any) -> None:
        rewrite(copy, lambda arrays: arrays.update({"weights/scene_head/bias": other}))
        message = rf"weights/scene_head/bias as {other.dtype} \[{other.size}\].*float32 \[8\]"
        with pytest.raises(ModelError, match=message):
            load_model(copy)

    def test_a_pickle_is_refused_and_not_run(self, copy: Path, tmp_path: Path) -> None:
        marker = tmp_path / "executed"

        class Bomb:
            def __reduce__(self) -> Any:
                return Path.touch, (marker,)

        bomb = np.empty(1, object)
        bomb[0] = Bomb()
        rewrite(copy, lambda arrays: arrays.update({"weights/scene_head/bias": bomb}))
        with pytest.raises(ModelError, match="weights of the model regions-abc cannot be read"):
            load_model(copy)
        assert not marker.exists()

    def test_damaged_weights_are_refused(self, copy: Path) -> None:
        path = copy / "weights.npz"
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        for content in (b"", b"PK\x03\x04", whole[:-10], whole[: len(whole) // 2], bytes(flipped)):
            path.write_bytes(content)
            with pytest.raises(ModelError, match="weights of the model regions-abc cannot be read"):
                load_model(copy)
        path.unlink()
        with pytest.raises(ModelError, match="cannot be read: FileNotFoundError"):
            load_model(copy)

    def test_other_files_in_place_of_the_archive_are_refused(self, copy: Path) -> None:
        path = copy / "weights.npz"
        np.save(path.with_suffix(".npy"), np.zeros(3))
        path.with_suffix(".npy").replace(path)
        with pytest.raises(ModelError, match="cannot be read"):
            load_model(copy)
        claim = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 10**3)}
        with zipfile.ZipFile(path, "w") as archive, archive.open("w.npy", "w") as entry:
            np.lib.format.write_array_header_1_0(entry, claim)  # claims 4 PB
        with pytest.raises(ModelError, match="cannot be read"):
            load_model(copy)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '"model"',
            "{}",
            '{"format": 2}',
            '{"format": 1}',
            '{"format": 1, "config": {}}',
            '{"format": 1, "config": [], "fingerprint": "x"}',
            '{"format": 1, "config": {"tower": 3}, "fingerprint": "x"}',
            '{"format": 1, "config": {"learning_rate": "x"}, "fingerprint": "x"}',
            '{"format": 1, "config": {"margin": 1' + "0" * 400 + '}, "fingerprint": "x"}',
            '{"format": 1, "config": {"surprise": 1}, "fingerprint": "x"}',
            '{"format": 1, "config": {}, "fingerprint": 7}',
            '{"format": 1, "config": {}, "fingerprint": "x", "id": ["x"]}',
            '{"format": 1, "config": {}, "fingerprint": "x", "trained_on": "x"}',
            '{"format": 1, "config": {}, "fingerprint": "x", "trained_on": {"train_scenes": 5}}',
            "[" * 100_000,
            "\udcff",
        ],
        ids=range(20),
    )
    def test_garbage_for_a_description_is_refused(self, copy: Path, text: str) -> None:
        (copy / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        for read in (read_info, load_model):
            with pytest.raises(ModelError, match=r"regions-abc has no readable model\.json"):
                read(copy)

    def test_no_description_at_all_is_refused(self, copy: Path) -> None:
        (copy / "model.json").unlink()
        with pytest.raises(ModelError, match=r"no readable model\.json of format 1"):
            load_model(copy)


def test_a_failed_export_leaves_the_old_bundle(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}

    def full_disk(*arguments: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("recsys.learning.bundle.files.write_json", full_disk)
    with pytest.raises(OSError, match="no space"):
        export(copy, tiny("seed=9"))
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
