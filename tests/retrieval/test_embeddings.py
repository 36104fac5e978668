from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.images import DECODER_VERSION, decode_image, fit_image
from recsys.catalog.stl import read_stl
from recsys.errors import ModelError, StaleError
from recsys.retrieval.embeddings import EmbeddingTable, open_or_build
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return write_planted(tmp_path / "planted")


@pytest.fixture
def catalog(data_dir: Path) -> Catalog:
    return read_stl(data_dir, "planted")


@pytest.fixture
def table(catalog: Catalog, workspace: Workspace, tmp_path: Path) -> EmbeddingTable:
    return EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "table")


def edit_meta(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    meta = json.loads((folder / "meta.json").read_text())
    change(meta)
    (folder / "meta.json").write_text(json.dumps(meta))


class TestWithoutScenes:
    def test_it_is_smaller_and_gives_the_same_vectors(
        self, table: EmbeddingTable, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        model = FakeModel()
        small = EmbeddingTable.build(
            model, catalog, workspace, tmp_path / "small", with_scenes=False
        )
        assert not (small.folder / "scenes.npy").exists()
        assert small.scenes is None
        assert small.scene_ids == table.scene_ids
        rows = np.array([5, 0, 11])
        assert (
            small.scene_vectors(rows, model, catalog) == table.scene_vectors(rows, model, catalog)
        ).all()

    def test_the_server_gives_the_same_lists(
        self, table: EmbeddingTable, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        model = FakeModel()
        small = EmbeddingTable.build(
            model, catalog, workspace, tmp_path / "small", with_scenes=False
        )
        lists = [
            [response.to_json() for response in server.recommend_scenes(range(12), 5)]
            for server in (Server(catalog, model, table), Server(catalog, model, small))
        ]
        assert lists[0] == lists[1]
        assert len(lists[0]) == 12


class TestBuild:
    def test_the_folder_holds_what_it_promises(
        self, table: EmbeddingTable, catalog: Catalog
    ) -> None:
        files = {path.name for path in table.folder.iterdir()}
        assert files == {"products.npy", "products.txt", "scenes.npy", "scenes.txt", "meta.json"}
        products = np.load(table.folder / "products.npy", allow_pickle=False)
        scenes = np.load(table.folder / "scenes.npy", allow_pickle=False)
        assert products.shape == (24, 3)
        assert scenes.shape == (12, 6, 3)
        assert products.dtype == scenes.dtype == np.float32
        ids = (table.folder / "products.txt").read_text().splitlines()
        assert ids == [product.id for product in catalog.products]
        ids = (table.folder / "scenes.txt").read_text().splitlines()
        assert ids == [scene.id for scene in catalog.scenes]
        meta = json.loads((table.folder / "meta.json").read_text())
        assert meta["model"] == "fake-fingerprint"
        assert meta["model_id"] == "fake"
        assert meta["data"] == {
            "name": "planted",
            "products": catalog.products_fingerprint,
            "scenes": catalog.scenes_fingerprint,
        }
        assert (meta["score"], meta["tau"], meta["dim"]) == ("cosine", 200.0, 3)
        assert (meta["regions"], meta["grid"]) == (6, [3, 2])
        assert np.shape(meta["region_boxes"]) == (6, 4)
        assert meta["products_without_picture"] == meta["scenes_without_picture"] == 0

    def test_rows_are_the_models_own_vectors(self, table: EmbeddingTable, catalog: Catalog) -> None:
        model = FakeModel()
        for row, product in enumerate(catalog.products):
            assert product.image is not None
            canvas = fit_image(decode_image(product.image), 64, 64, fill=255)
            assert (table.products[row] == model.embed_products(canvas[None])[0]).all()
        for row, scene in enumerate(catalog.scenes):
            assert scene.image is not None
            canvas = fit_image(decode_image(scene.image), 120, 80, fill=128)
            assert (table.scenes[row] == model.embed_scenes(canvas[None])[0]).all()

    def test_building_again_gives_the_same_bytes(
        self, table: EmbeddingTable, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        again = EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "again")
        for name in ("products.npy", "products.txt", "scenes.npy", "scenes.txt"):
            assert (table.folder / name).read_bytes() == (again.folder / name).read_bytes()

    def test_vectors_are_memory_mapped_and_read_only(self, table: EmbeddingTable) -> None:
        assert isinstance(table.products, np.memmap)
        assert isinstance(table.scenes, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            table.products[0, 0] = 1

    def test_what_has_no_readable_picture_has_no_row(
        self, data_dir: Path, workspace: Workspace, tmp_path: Path
    ) -> None:
        (data_dir / "images" / "product-003.png").unlink()
        (data_dir / "images" / "product-007.png").write_bytes(b"no picture")
        (data_dir / "images" / "studio-001.png").unlink()
        catalog = read_stl(data_dir, "planted")
        table = EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "table")
        assert len(table.products) == len(table.product_ids) == 22
        assert not {"product-003", "product-007"} & set(table.product_ids)
        assert "studio-001" not in table.scene_ids
        assert table.meta["products_without_picture"] == 2
        assert table.meta["scenes_without_picture"] == 1
        table.check(FakeModel(), catalog)

    def test_progress_ends_at_its_total(
        self, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        seen: list[tuple[int, int]] = []

        def progress(done: int, total: int) -> None:
            seen.append((done, total))

        for out in ("cold", "warm"):  # warm: pictures are decoded already
            seen.clear()
            EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / out, progress)
            assert {total for _, total in seen} == {2 * (24 + 12)}
            assert [done for done, _ in seen] == sorted(done for done, _ in seen)
            assert seen[-1][0] == seen[-1][1]

    def test_a_catalogue_without_scenes(self, tmp_path: Path, workspace: Workspace) -> None:
        catalog = read_stl(write_planted(tmp_path / "bare", scenes=0), "bare")
        table = EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "table")
        assert table.scenes.shape == (0, 6, 3)
        assert table.products.shape == (24, 3)

    def test_a_table_is_replaced_and_nothing_else_is(
        self, table: EmbeddingTable, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        EmbeddingTable.build(FakeModel(fingerprint="new"), catalog, workspace, table.folder)
        assert EmbeddingTable.load(table.folder).meta["model"] == "new"
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "wedding.jpg").write_bytes(b"precious")
        with pytest.raises(ModelError, match=r"'wedding.jpg'.*will not be replaced"):
            EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "photos")
        with pytest.raises(ModelError, match="is a file"):
            EmbeddingTable.build(
                FakeModel(), catalog, workspace, tmp_path / "photos" / "wedding.jpg"
            )
        assert (tmp_path / "photos" / "wedding.jpg").read_bytes() == b"precious"

    def test_vectors_that_are_not_finite_leave_nothing_behind(
        self, catalog: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        class Diverged(FakeModel):
            def embed_products(self, pixels: np.ndarray) -> np.ndarray:
                return super().embed_products(pixels) * np.float32(np.nan)

        with pytest.raises(ModelError, match="not finite"):
            EmbeddingTable.build(Diverged(), catalog, workspace, tmp_path / "out" / "table")
        assert list((tmp_path / "out").iterdir()) == []


class TestStale:
    def test_a_fitting_table_passes(self, table: EmbeddingTable, catalog: Catalog) -> None:
        table.check(FakeModel(), catalog)

    def test_another_model(self, table: EmbeddingTable, catalog: Catalog) -> None:
        with pytest.raises(StaleError, match="the model changed") as caught:
            table.check(FakeModel(fingerprint="retrained", id="regions-1"), catalog)
        expected = "python -m recsys embed --model regions-1 --data planted"
        assert expected in caught.value.remedy

    def test_another_picture(self, table: EmbeddingTable, data_dir: Path) -> None:
        images = data_dir / "images"
        (images / "product-000.png").write_bytes((images / "product-001.png").read_bytes())
        with pytest.raises(StaleError, match="stale: the products changed") as caught:
            table.check(
                FakeModel(), read_stl(data_dir, "x"), model_arg="a b", data_arg="../my data"
            )
        assert "embed --model 'a b' --data '../my data'" in caught.value.remedy

    def test_another_scene_and_model(self, table: EmbeddingTable, data_dir: Path) -> None:
        (data_dir / "images" / "studio-000.png").unlink()
        with pytest.raises(StaleError, match="the model and the scenes changed"):
            table.check(FakeModel(fingerprint="new"), read_stl(data_dir, "planted"))

    def test_pictures_decoded_otherwise(
        self, table: EmbeddingTable, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert table.meta["decoder"] == DECODER_VERSION
        edit_meta(table.folder, lambda meta: meta.pop("decoder"))  # as in older tables
        older = EmbeddingTable.load(table.folder)
        older.check(FakeModel(), catalog)
        monkeypatch.setattr("recsys.retrieval.embeddings.DECODER_VERSION", DECODER_VERSION + 1)
        for stale in (table, older):
            with pytest.raises(StaleError, match="the decoder of pictures changed"):
                stale.check(FakeModel(), catalog)


class TestDamage:
    @pytest.mark.parametrize("name", ["products.npy", "scenes.npy", "meta.json", "products.txt"])
    @pytest.mark.parametrize("keep", [0, 10, -7])
    def test_half_a_file(self, table: EmbeddingTable, name: str, keep: int) -> None:
        path = table.folder / name
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ModelError, match="damaged") as caught:
            EmbeddingTable.load(table.folder)
        assert "recsys embed" in caught.value.remedy

    @pytest.mark.parametrize("name", ["products.npy", "scenes.txt", "meta.json"])
    def test_a_missing_file(self, table: EmbeddingTable, name: str) -> None:
        (table.folder / name).unlink()
        with pytest.raises(ModelError, match=f"damaged: {name}"):
            EmbeddingTable.load(table.folder)

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no embeddings in"):
            EmbeddingTable.load(tmp_path / "nowhere")

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((24, 3), np.float64),
            np.zeros((23, 3), np.float32),
            np.zeros((24, 4), np.float32),
            np.full((24, 3), np.nan, np.float32),
        ],
        ids=["dtype", "rows", "dim", "nan"],
    )
    def test_another_array(self, table: EmbeddingTable, array: np.ndarray) -> None:
        np.save(table.folder / "products.npy", array)
        with pytest.raises(ModelError, match=r"products\.npy"):
            EmbeddingTable.load(table.folder)

    def test_nothing_is_unpickled(self, table: EmbeddingTable) -> None:
        hostile = np.array([[print]], object)
        np.save(table.folder / "products.npy", hostile, allow_pickle=True)
        with pytest.raises(ModelError, match=r"products\.npy cannot be read"):
            EmbeddingTable.load(table.folder)

    def test_an_archive_in_the_place_of_an_array(self, table: EmbeddingTable) -> None:
        np.savez(table.folder / "products.npz", a=np.zeros(3))
        (table.folder / "products.npz").rename(table.folder / "products.npy")
        with pytest.raises(ModelError, match=r"products\.npy"):
            EmbeddingTable.load(table.folder)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda meta: meta.pop("tau"), "lacks 'tau'"),
            (lambda meta: meta["data"].pop("scenes"), "lacks 'scenes'"),
            (lambda meta: meta.update(format=2), "format 1"),
            (lambda meta: meta.update(tau=-1), "tau -1"),
            (lambda meta: meta.update(score="euclid"), "euclid"),
            (lambda meta: meta.update(regions=7), r"scenes\.npy"),
            (lambda meta: meta.update(model=None), "fingerprint"),
            (lambda meta: meta.update(data=[]), "damaged"),
        ],
    )
    def test_meta_that_does_not_fit(
        self, table: EmbeddingTable, change: Callable[[dict[str, Any]], object], message: str
    ) -> None:
        edit_meta(table.folder, change)
        with pytest.raises(ModelError, match=message):
            EmbeddingTable.load(table.folder)

    @pytest.mark.parametrize("text", ["b\na\n", "a\na\n", "a\nb"])
    def test_ids_out_of_order(self, table: EmbeddingTable, text: str) -> None:
        (table.folder / "products.txt").write_text(text)
        with pytest.raises(ModelError, match=r"products\.txt"):
            EmbeddingTable.load(table.folder)


class TestOpenOrBuild:
    def test_builds_once_then_opens(
        self, catalog: Catalog, data_dir: Path, workspace: Workspace
    ) -> None:
        bundle = workspace.model_dir("fake")
        bundle.mkdir(parents=True)
        model = FakeModel()
        first = open_or_build(model, bundle, catalog, data_dir, workspace)
        assert first.folder == workspace.embeddings_dir(bundle, data_dir)
        embedded = model.scenes_embedded
        second = open_or_build(model, bundle, catalog, data_dir, workspace)
        assert model.scenes_embedded == embedded > 0
        assert (first.products == second.products).all()

    def test_stale_and_damaged_ones_name_the_command(
        self, catalog: Catalog, data_dir: Path, workspace: Workspace
    ) -> None:
        bundle = workspace.model_dir("fake")
        bundle.mkdir(parents=True)
        table = open_or_build(FakeModel(), bundle, catalog, data_dir, workspace)
        changed = FakeModel(fingerprint="retrained")
        with pytest.raises(StaleError, match="embed --model m-1 --data d-1"):
            open_or_build(
                changed, bundle, catalog, data_dir, workspace, model_arg="m-1", data_arg="d-1"
            )
        (table.folder / "scenes.npy").write_bytes(b"")
        with pytest.raises(ModelError, match="embed --model fake --data planted"):
            open_or_build(FakeModel(), bundle, catalog, data_dir, workspace)
