from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from recsys.errors import DataError, ModelError, StaleError
from recsys.learning import bundle
from recsys.retrieval.corrections import Correction
from recsys.serving import open as serving_open
from recsys.serving.open import live_for, open_pointer, open_server
from recsys.serving.promotion import promote
from recsys.serving.server import Request, Server
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


class TestLiveCorrection:
    @pytest.fixture
    def live(self, workspace: Workspace) -> LivePointer:
        """``m-1`` is live with a correction."""
        add_model(workspace, "m-1")
        server = open_server("planted", "m-1", workspace)
        return promote(
            server,
            workspace,
            model="m-1",
            data="planted",
            who="me",
            correction=Correction("nnn", 2),
        )

    def test_is_served_where_the_live_model_answers(
        self, workspace: Workspace, live: LivePointer
    ) -> None:
        request = Request("scene", scene="studio-005", k=24)
        named = open_server("planted", "m-1", workspace)
        assert named.live is None
        assert named.recommend(request).scoring == "model"
        corrected = named.recommend(replace(request, scoring=Correction("nnn", 2)))
        for server in (
            open_server("planted", None, workspace),
            open_server(str(workspace.datasets_dir / "planted"), None, workspace),
            open_pointer(live, workspace),
        ):
            found = server.recommend(request)
            assert found.scoring == "nnn=2"
            assert found.products == corrected.products
        assert corrected.products != named.recommend(request).products

    def test_other_data_is_none_of_its_business(
        self, workspace: Workspace, live: LivePointer, tmp_path: Path
    ) -> None:
        other = write_planted(tmp_path / "other")
        assert open_server(str(other), None, workspace).live is None

    def test_a_pointer_is_opened_whatever_is_live_by_now(
        self, workspace: Workspace, live: LivePointer
    ) -> None:
        workspace.set_live(LivePointer("m-1", "planted", SINCE))
        assert open_server("planted", None, workspace).live is None
        assert open_pointer(live, workspace).live is not None
        assert open_pointer(replace(live, correction=None), workspace).live is None

    def test_stale_is_raised_or_told(self, workspace: Workspace, live: LivePointer) -> None:
        add_model(workspace, "m-1", text='{"retrained": true}')
        bundle = workspace.resolve_model("m-1")
        rmtree(workspace.embeddings_dir(bundle, workspace.resolve_dataset("planted")))
        for opened in (
            lambda **how: open_server("planted", None, workspace, **how),
            lambda **how: open_pointer(live, workspace, **how),
        ):
            with pytest.raises(StaleError, match="the live correction nnn=2 is stale") as caught:
                opened()
            assert caught.value.remedy.endswith(
                "promote --model m-1 --data planted --correction nnn=2"
            )
            told: list[ModelError] = []
            server = opened(on_stale=told.append)
            assert [str(error) for error in told] == [str(caught.value)]
            assert server.live is None
            answer = server.recommend(Request("scene", scene="studio-005"))
            assert answer.scoring == "model"

    def test_damaged_is_told_too(self, workspace: Workspace, live: LivePointer) -> None:
        assert live.correction is not None
        workspace.correction_path(live.correction.vectors).write_bytes(b"")
        with pytest.raises(ModelError, match="are damaged"):
            open_server("planted", None, workspace)
        told: list[ModelError] = []
        open_server("planted", None, workspace, on_stale=told.append)
        assert len(told) == 1

    def test_what_else_is_wrong_is_not_told_but_raised(
        self, workspace: Workspace, live: LivePointer
    ) -> None:
        add_model(workspace, "m-1", text='{"retrained": true}')  # its embeddings are stale now
        with pytest.raises(StaleError, match="embeddings"):
            open_server("planted", None, workspace, on_stale=lambda _: None)

    def test_a_failed_promotion_leaves_what_was(
        self, workspace: Workspace, live: LivePointer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        server = open_server("planted", "m-1", workspace)
        monkeypatch.setattr("recsys.serving.live_scoring.write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            promote(
                server,
                workspace,
                model="m-1",
                data="planted",
                who="me",
                correction=Correction("cosine"),
            )
        assert workspace.live() == live
        with pytest.raises(ModelError, match="no model to put live"):
            promote(Server(server.catalog), workspace, model="m-1", data="planted", who="me")
        assert workspace.live() == live
