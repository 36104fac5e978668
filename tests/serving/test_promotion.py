"""Putting live and going back, with a real bundle of files and a stand-in that answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys import promotions
from recsys.errors import ModelError, RequestError
from recsys.retrieval.corrections import Correction
from recsys.serving import promotion
from recsys.serving.server import Server
from recsys.workspace import LiveCorrection, LivePointer, Workspace
from tests.support.shop import NAME, SINCE, planted_pointer, planted_server, planted_workspace


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose models all open as the stand-in."""
    workspace = Workspace.default()
    planted_workspace(workspace)
    monkeypatch.setattr(promotion, "open_pointer", planted_pointer)
    for name in ("fake", "one", "two"):
        folder = workspace.model_dir(name)
        folder.mkdir(parents=True)
        (folder / "model.json").write_text("{}")
    return workspace


def put(shop: Workspace, model: str, **changes: object) -> LivePointer:
    server = planted_server(NAME, model, shop)
    return promotion.promote(server, shop, model=model, data=NAME, who="me", **changes)  # type: ignore[arg-type]


def test_the_way_back_has_the_correction_too(shop: Workspace) -> None:
    correction = LiveCorrection("center", None, "v1", "m", "p", "b")
    path = shop.correction_path("v1")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"vectors")
    before = LivePointer("fake", NAME, SINCE, correction)
    shop.set_live(before)
    put(shop, "one", expected=before)
    assert promotions.previous(shop) == before
    promotion.go_back(shop, "me")
    now = shop.live()
    assert now is not None
    assert (now.model, now.correction) == ("fake", correction)
    assert now.since != SINCE
    promotion.go_back(shop, "me")
    again = shop.live()
    assert again is not None
    assert again.model == "one"


def test_what_is_live_already_is_known_by_any_name(shop: Workspace) -> None:
    put(shop, "one")
    now = shop.live()
    asked = {"model": "one", "data": NAME, "correction": None}
    assert promotion.already(shop, **asked) == now  # type: ignore[arg-type]
    by_path = {"model": str(shop.model_dir("one")), "data": str(shop.resolve_dataset(NAME))}
    assert promotion.already(shop, **by_path, correction=None) == now
    for change in ({"model": "two"}, {"correction": Correction("nnn", 0.5)}, {"data": "nowhere"}):
        assert promotion.already(shop, **{**asked, **change}) is None  # type: ignore[arg-type]
    put(shop, "one", correction=Correction("nnn", 0.5))
    assert promotion.already(shop, **asked) is None  # type: ignore[arg-type]
    asked["correction"] = Correction("nnn", 0.5)
    assert promotion.already(shop, **asked) == shop.live()  # type: ignore[arg-type]


def test_two_at_once_do_not_undo_each_other(shop: Workspace) -> None:
    seen = shop.live()
    put(shop, "one", expected=seen)
    with pytest.raises(RequestError, match="meanwhile"):
        put(shop, "two", expected=seen)
    with pytest.raises(RequestError, match="meanwhile"):
        promotion.go_back(shop, "second", expected=seen)
    assert [entry.who for entry in promotions.history(shop)] == ["me"]


def test_a_model_that_is_gone_is_not_gone_back_to(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, "one")
    before = shop.live()

    def gone(*_: object, **__: object) -> Server:
        raise ModelError("no model 'fake'")

    monkeypatch.setattr(promotion, "open_pointer", gone)
    with pytest.raises(ModelError):
        promotion.go_back(shop, "me")
    assert shop.live() == before


def test_a_model_that_goes_while_its_correction_is_fitted_is_not_live(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.live()

    def fitting(*_: object) -> LiveCorrection:
        shutil.rmtree(shop.model_dir("one"))
        return LiveCorrection("nnn", 0.5, "v1", "m", "p", "b")

    monkeypatch.setattr(promotion, "store_live", fitting)
    with pytest.raises(ModelError, match="no model 'one'"):
        put(shop, "one", correction=Correction("nnn", 0.5))
    assert shop.live() == before
    assert promotions.history(shop) == []


def test_a_model_of_a_linked_workspace_is_known_by_its_id(shop: Workspace, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(shop.root)
    linked = Workspace(link)
    server = planted_server(NAME, "one", linked)
    path = str((shop.models_dir / "one").resolve())
    pointer = promotion.promote(server, linked, model=path, data=NAME, who="me")
    assert pointer.model == "one"


def test_with_nothing_before_there_is_no_way_back(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "DEMO_MODEL_DIR", shop.root / "no-demo")
    with pytest.raises(ModelError, match="nothing was live before"):
        promotion.go_back(shop, "me")
