"""Putting live and going back from a page: nobody undoes what they did not see."""

from __future__ import annotations

import pytest

from recsys import promotions
from recsys.errors import ModelError, RequestError
from recsys.serving import promotion
from recsys.ui import going_live, roles
from recsys.ui.resources import Live
from recsys.workspace import LivePointer, Workspace
from tests.support.shop import NAME, planted_pointer, planted_server, planted_workspace


def test_back_from_a_model_that_is_gone_is_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two clicks would otherwise go one further, since the page saw no model."""
    workspace = Workspace.default()
    planted_workspace(workspace)
    monkeypatch.setattr(roles, "require_operator", lambda: None)
    monkeypatch.setattr(promotion, "open_pointer", planted_pointer)
    monkeypatch.setattr(going_live.tracking, "send_outstanding", lambda _: None)
    for model in ("one", "two"):
        workspace.model_dir(model).mkdir(parents=True)
        (workspace.model_dir(model) / "model.json").write_text("{}")
    for at, model in enumerate(("one", "two", "gone")):
        promotions.swap(workspace, LivePointer(model, NAME, f"2026-06-0{at + 1}"), "ada")
    server = planted_server(NAME, "fake", workspace)
    seen = Live(server, "", ModelError("it is gone"), pointer=workspace.live())
    assert going_live.go_back(seen, workspace).model == "two"
    with pytest.raises(RequestError, match="meanwhile"):
        going_live.go_back(seen, workspace)
    now = workspace.live()
    assert now is not None
    assert now.model == "two"
