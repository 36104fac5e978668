from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from recsys import workspace as module
from recsys.errors import DataError, ModelError
from recsys.workspace import LiveCorrection, LivePointer, Workspace, is_name


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace without the demo that ships beside it."""
    for name in ("DEMO_DATA_DIR", "DEMO_MODEL_DIR"):
        monkeypatch.setattr(module, name, tmp_path / "no-demo" / name)
    return Workspace(tmp_path / "home")


def _model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.json").write_text("{}")
    return folder


@pytest.mark.parametrize("name", ["a", "demo", "regions-4f2a9c", "A.b_c-9", "x" * 80])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-x", "a/b", "a\\b", "a b", "a..b", "é", "a\n", "x" * 81]
)
def test_no_names(name: str) -> None:
    assert not is_name(name)


def test_the_environment_names_the_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "x" / ".." / "here"))
    assert Workspace.default().root == tmp_path / "here"
    for empty in ("", "  "):
        monkeypatch.setenv("RECSYS_HOME", empty)
        assert Workspace.default().root == module.PROJECT_DIR / "workspace"
    monkeypatch.delenv("RECSYS_HOME")
    assert (module.PROJECT_DIR / "recsys" / "workspace.py").is_file()


def test_looking_creates_nothing(workspace: Workspace) -> None:
    assert workspace.dataset_names() == []
    assert workspace.model_ids() == []
    assert workspace.live() is None
    assert workspace.new_id("x").startswith("x-")
    assert not workspace.root.exists()


# data sets


def test_a_data_set_by_name_or_path(workspace: Workspace, tmp_path: Path) -> None:
    autumn = workspace.datasets_dir / "autumn"
    autumn.mkdir(parents=True)
    (workspace.datasets_dir / ".autumn.part").mkdir()
    (workspace.datasets_dir / "file").write_text("")
    assert workspace.dataset_names() == ["autumn"]
    assert workspace.resolve_dataset("autumn") == autumn
    assert workspace.resolve_dataset(str(tmp_path / "home" / ".." / "home")) == workspace.root
    with pytest.raises(DataError, match=r"no data set 'winter'.*Known data sets: autumn"):
        workspace.resolve_dataset("winter")
    one_of_several = tmp_path / "summer-cat.json"
    one_of_several.write_text("{}")
    assert workspace.resolve_catalog(str(one_of_several)) == one_of_several
    assert workspace.resolve_catalog("autumn") == autumn
    for nothing in ("winter", str(tmp_path / "gone.json"), "x" * 5000, "~nobody/x", "a\0b"):
        with pytest.raises(DataError):
            workspace.resolve_catalog(nothing)


def test_the_demo_is_a_data_set_and_a_model_where_it_ships(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data, model = tmp_path / "assets" / "data", _model(tmp_path / "assets" / "model")
    data.mkdir()
    monkeypatch.setattr(module, "DEMO_DATA_DIR", data)
    monkeypatch.setattr(module, "DEMO_MODEL_DIR", model)
    assert workspace.dataset_names() == ["demo"]
    assert workspace.resolve_dataset("demo") == data
    assert workspace.resolve_model("demo") == model
    assert workspace.embeddings_dir(_model(workspace.models_dir / "m"), data).name == "demo"


# models


def test_a_model_by_id_or_path(workspace: Workspace, tmp_path: Path) -> None:
    inside, outside = _model(workspace.models_dir / "m-1"), _model(tmp_path / "bundle")
    (workspace.models_dir / "half").mkdir()
    assert workspace.model_ids() == ["m-1"]
    assert workspace.resolve_model("m-1") == inside
    assert workspace.resolve_model(str(outside)) == outside
    with pytest.raises(ModelError, match=r"no model 'm-2'.*Known models: m-1\. Train one"):
        workspace.resolve_model("m-2")
    (workspace.jobs_dir / "m-2").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"has not finished.*train --resume m-2"):
        workspace.resolve_model("m-2")


@pytest.mark.parametrize("hostile", ["../m", "/etc", "", "a/b", "..", "a\x00"])
def test_ids_never_become_paths_unchecked(workspace: Workspace, hostile: str) -> None:
    for method in (workspace.model_dir, workspace.job_dir):
        with pytest.raises(ModelError, match="is not an id"):
            method(hostile)


def test_new_ids_are_names_and_not_taken(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.models_dir / "p-aaaaaa").mkdir(parents=True)
    (workspace.jobs_dir / "p-bbbbbb").mkdir(parents=True)
    tokens = iter(["aaaaaa", "bbbbbb", "cccccc"])
    monkeypatch.setattr(module.secrets, "token_hex", lambda _: next(tokens))
    assert workspace.new_id("p") == "p-cccccc"
    assert is_name("p-cccccc")


def test_embeddings_lie_with_the_bundle_or_in_the_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    inside, outside = _model(workspace.models_dir / "m"), _model(tmp_path / "bundle")
    one, two = tmp_path / "x" / "data", tmp_path / "y" / "data"
    places = [
        workspace.embeddings_dir(model, data) for model in (inside, outside) for data in (one, two)
    ]
    assert len(set(places)) == 4  # folders of the same name are told apart
    assert [inside in place.parents for place in places] == [True, True, False, False]
    assert all(workspace.root in place.parents for place in places)
    assert all(is_name(place.name) for place in places)
    shipped = outside / "embeddings" / places[2].name
    shipped.mkdir(parents=True)
    assert workspace.embeddings_dir(outside, one) == shipped


# the live pointer


def test_the_live_pointer_is_swapped_whole(workspace: Workspace) -> None:
    for model in ("a", "b"):
        pointer = LivePointer(model, "demo", "2025-01-01T00:00:00Z")
        workspace.set_live(pointer)
        assert workspace.live() == pointer
    assert [path.name for path in workspace.root.iterdir()] == ["live.json"]


CORRECTION = LiveCorrection("nnn", 0.5, "nnn-0a1b2c", "model", "products", "bank")


def test_the_live_pointer_with_a_correction(workspace: Workspace) -> None:
    for correction in (CORRECTION, replace(CORRECTION, name="cosine", strength=None, bank="")):
        pointer = LivePointer("a", "demo", "2025-01-01T00:00:00Z", correction)
        workspace.set_live(pointer)
        assert workspace.live() == pointer
    path = workspace.correction_path(CORRECTION.vectors)
    assert path == workspace.root / "corrections" / "nnn-0a1b2c.npz"


def test_a_live_pointer_from_before_corrections(workspace: Workspace) -> None:
    workspace.root.mkdir()
    workspace.live_path.write_text('{"model": "a", "data": "demo", "since": "2025"}')
    assert workspace.live() == LivePointer("a", "demo", "2025")


@pytest.mark.parametrize(
    "wrong",
    [
        "nnn",
        [],
        {},
        {**asdict(CORRECTION), "vectors": "../../etc/passwd"},
        {**asdict(CORRECTION), "vectors": None},
        {**asdict(CORRECTION), "strength": "0.5"},
        {**asdict(CORRECTION), "strength": True},
        {**asdict(CORRECTION), "strength": float("nan")},
        {**asdict(CORRECTION), "strength": 10**400},
        {**asdict(CORRECTION), "name": 3},
    ],
)
def test_a_damaged_live_correction_is_an_error_with_a_remedy(
    workspace: Workspace, wrong: object
) -> None:
    workspace.root.mkdir()
    record = {"model": "a", "data": "demo", "since": "2025", "correction": wrong}
    workspace.live_path.write_text(json.dumps(record))
    with pytest.raises(ModelError, match=r"cannot be read.*recsys promote"):
        workspace.live()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b'{"model": "m"}', b"\xff\xfe"])
def test_a_damaged_live_pointer_is_an_error_with_a_remedy(
    workspace: Workspace, content: bytes
) -> None:
    workspace.root.mkdir()
    workspace.live_path.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be read.*recsys promote"):
        workspace.live()
