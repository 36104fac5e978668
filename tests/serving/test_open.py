from __future__ import annotations

from pathlib import Path

import pytest

from recsys.errors import DataError, ModelError, StaleError
from recsys.learning import bundle
from recsys.serving import open as serving_open
from recsys.serving.open import live_for, open_server
from recsys.serving.server import Request
from recsys.workspace import LivePointer, Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted

SINCE = "2025-01-01T00:00:00+00:00"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with the data set ``planted``; bundles load as fake models of their name."""
    workspace = Workspace(tmp_path / "workspace")
    write_planted(workspace.datasets_dir / "planted")

    def load(folder: Path) -> FakeModel:
        text = (folder / "model.json").read_text()
        return FakeModel(id=folder.name, fingerprint=f"{folder.name} {text}")

    monkeypatch.setattr(bundle, "load_model", load)
    return workspace


def add_model(workspace: Workspace, name: str, text: str = "{}") -> None:
    folder = workspace.models_dir / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(text)


def test_without_a_model(workspace: Workspace) -> None:
    server = open_server("planted", None, workspace)
    assert server.model is None
    assert len(server.recommend(Request("random", k=5)).products) == 5


def test_a_model_by_id_makes_its_embeddings_once(workspace: Workspace) -> None:
    add_model(workspace, "m-1")
    seen: list[tuple[int, int]] = []
    server = open_server("planted", "m-1", workspace, lambda *step: seen.append(step))
    assert seen[-1] == (72, 72)
    assert server.model is not None
    assert server.model.id == "m-1"
    seen.clear()
    open_server("planted", "m-1", workspace, lambda *step: seen.append(step))
    assert seen == []


def test_by_path(workspace: Workspace, tmp_path: Path) -> None:
    folder = write_planted(tmp_path / "elsewhere")
    add_model(workspace, "m-1")
    server = open_server(str(folder), str(workspace.models_dir / "m-1"), workspace)
    assert server.catalog.name == "elsewhere"
    assert server.recommend(Request("scene", scene="studio-000")).model == "m-1"


def test_the_live_model_of_this_data(workspace: Workspace, tmp_path: Path) -> None:
    add_model(workspace, "m-1")
    add_model(workspace, "m-2")
    other = write_planted(tmp_path / "other")
    workspace.set_live(LivePointer("m-1", "planted", SINCE))
    server = open_server("planted", None, workspace)
    assert server.model is not None
    assert server.model.id == "m-1"
    # One named by the person goes first; other data is none of the live model's business.
    server = open_server("planted", "m-2", workspace)
    assert server.model is not None
    assert server.model.id == "m-2"
    assert open_server(str(other), None, workspace).model is None
    workspace.set_live(LivePointer("m-2", str(other), SINCE))
    assert open_server("planted", None, workspace).model is None
    server = open_server(str(other), None, workspace)
    assert server.model is not None
    assert server.model.id == "m-2"


def test_live_for(workspace: Workspace, tmp_path: Path) -> None:
    folder = workspace.datasets_dir / "planted"
    assert live_for(folder, workspace) is None
    pointer = LivePointer("m-1", "planted", SINCE)
    workspace.set_live(pointer)
    assert live_for(folder, workspace) == pointer
    assert live_for(tmp_path, workspace) is None
    workspace.set_live(LivePointer("m-1", "gone", SINCE))
    assert live_for(folder, workspace) is None
    # A category file stands for one of the catalogues in its folder.
    file = str(folder / "planted-cat.json")
    workspace.set_live(LivePointer("m-1", file, SINCE))
    assert live_for(Path(file), workspace) is not None


def test_a_live_model_that_is_gone(workspace: Workspace) -> None:
    workspace.set_live(LivePointer("m-9", "planted", SINCE))
    with pytest.raises(ModelError, match="m-9 is live since 2025") as caught:
        open_server("planted", None, workspace)
    assert "recsys promote" in caught.value.remedy


def test_a_live_model_whose_embeddings_are_stale(workspace: Workspace) -> None:
    add_model(workspace, "m-1")
    workspace.set_live(LivePointer("m-1", "planted", SINCE))
    open_server("planted", None, workspace)
    add_model(workspace, "m-1", text='{"retrained": true}')
    with pytest.raises(StaleError, match="the model changed") as caught:
        open_server("planted", None, workspace)
    assert caught.value.remedy.endswith("python -m recsys embed --model m-1 --data planted")


def test_data_that_changed(workspace: Workspace) -> None:
    add_model(workspace, "m-1")
    open_server("planted", "m-1", workspace)
    images = workspace.datasets_dir / "planted" / "images"
    (images / "product-000.png").unlink()
    with pytest.raises(StaleError, match="the products changed"):
        open_server("planted", "m-1", workspace)


def test_unknown_names(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no data set 'nothing'"):
        open_server("nothing", None, workspace)
    with pytest.raises(ModelError, match="no model 'm-7'"):
        open_server("planted", "m-7", workspace)


def test_the_demo_has_a_model_of_its_own(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = write_planted(tmp_path / "demo" / "data")
    model = tmp_path / "demo" / "model"
    for module in ("recsys.workspace", "recsys.serving.open", "recsys.catalog.datasets"):
        monkeypatch.setattr(f"{module}.DEMO_DATA_DIR", demo)
    for module in ("recsys.workspace", "recsys.serving.open"):
        monkeypatch.setattr(f"{module}.DEMO_MODEL_DIR", model)
    assert serving_open.open_server("demo", None, workspace).model is None
    model.mkdir()
    (model / "model.json").write_text("{}")
    server = serving_open.open_server("demo", None, workspace)
    assert server.model is not None
    assert server.catalog.name == "demo"
    add_model(workspace, "m-1")
    workspace.set_live(LivePointer("m-1", "demo", SINCE))
    server = serving_open.open_server("demo", None, workspace)
    assert server.model is not None
    assert server.model.id == "m-1"
