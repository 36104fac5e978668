from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys import workspace as workspace_module
from recsys.catalog.datasets import list_datasets, open_dataset
from recsys.errors import DataError
from recsys.workspace import Workspace
from tests.support.planted import write_planted
from tests.support.stl_files import write_stl


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_by_name_by_folder_and_by_category_file(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_planted(workspace.datasets_dir / "autumn")
    for given in ("autumn", str(folder), str(folder / "planted-cat.json")):
        catalog, path = open_dataset(given, workspace)
        assert (catalog.name, path) == ("autumn", folder)
        assert len(catalog.products) == 24


def test_a_linked_folder_is_one_data_set(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_planted(tmp_path / "shelf" / "looks-2025")
    workspace.datasets_dir.mkdir(parents=True)
    (workspace.datasets_dir / "autumn").symlink_to(folder)
    (tmp_path / "link").symlink_to(folder)
    linked = workspace.datasets_dir / "autumn"
    opened = [
        open_dataset(str(given), workspace)
        for given in ("autumn", linked, folder, tmp_path / "link", folder / "planted-cat.json")
    ]
    assert {path for _, path in opened} == {folder}
    assert {catalog.name for catalog, _ in opened} == {"autumn"}
    bundle = workspace.model_dir("regions-1")
    assert len({workspace.embeddings_dir(bundle, path) for _, path in opened}) == 1


def test_a_category_file_chooses_among_several(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_stl(tmp_path / "both")
    (folder / "home-cat.json").write_text('{"lamp": "Home|Lamps"}')
    with pytest.raises(DataError, match="2 catalogues: fashion, home"):
        open_dataset(str(folder), workspace)
    catalog, path = open_dataset(str(folder / "home-cat.json"), workspace)
    assert [product.id for product in catalog.products] == ["lamp"]
    assert catalog.name == "both/home"
    assert path == folder / "home-cat.json"
    assert open_dataset(str(folder / "fashion-cat.json"), workspace)[1] != path


def test_the_demo_is_called_demo(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = write_planted(tmp_path / "assets" / "data")
    monkeypatch.setattr(workspace_module, "DEMO_DATA_DIR", demo)
    catalog, path = open_dataset("demo", workspace)
    assert (catalog.name, path) == ("demo", demo)
    assert open_dataset(str(demo), workspace)[0].name == "demo"
    assert [record["name"] for record in list_datasets(workspace)] == ["demo"]


@pytest.mark.parametrize(
    "name",
    ["nothing", "../elsewhere", "", " ", "/nowhere", "a\x00b", "x" * 5000, "~no-such-user/x"],
)
def test_unknown_data_sets(name: str, workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no data set") as caught:
        open_dataset(name, workspace)
    assert len(str(caught.value)) < 500
    assert "Known data sets" in caught.value.remedy


def test_a_folder_of_something_else(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match=r"expected a file \*-cat\.json"):
        open_dataset(str(tmp_path / "photos"), workspace)


def test_one_broken_data_set_does_not_hide_the_others(workspace: Workspace) -> None:
    write_planted(workspace.datasets_dir / "good")
    broken = write_planted(workspace.datasets_dir / "broken")
    (broken / "planted-cat.json").write_text("[")
    shutil.copytree(workspace.datasets_dir / "good", workspace.datasets_dir / "less")
    (workspace.datasets_dir / "less" / "images" / "product-000.png").unlink()
    records = {record["name"]: record for record in list_datasets(workspace)}
    expected = {"products": 24, "scenes": 12, "pairs": 42, "categories": 4, "problems": 0}
    assert records["good"].items() >= expected.items()
    assert records["less"]["problems"] == 1
    assert "not JSON" in records["broken"]["error"]
    assert Path(records["broken"]["path"]) == broken
