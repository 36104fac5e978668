"""Pages run without a browser, over the planted catalogue and the model that sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.ui import resources, roles
from recsys.workspace import PROJECT_DIR, Workspace
from tests.support.shop import planted_pointer, planted_server, planted_workspace

MAIN = PROJECT_DIR / "recsys" / "ui" / "navigation.py"

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setattr(resources, "open_server", planted_server)
    monkeypatch.setattr(resources, "open_pointer", planted_pointer)
    monkeypatch.setattr("recsys.workspace.DEMO_DATA_DIR", Workspace.default().root / "none")
    planted_workspace(Workspace.default())


@pytest.fixture
def on_the_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing configured, whoever is on the machine itself is an operator."""
    monkeypatch.setattr(roles, "is_local", lambda: True)


@pytest.fixture
def open_page() -> OpenPage:
    def run(page: str = "browse", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.run()
        app.switch_page(f"../../pages/{page}.py")
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return run


def component(app: AppTest, key: str) -> dict[str, Any] | None:
    """What a tile grid or a card was given to show; None where it is not on the page."""
    for element in app.get("bidi_component"):
        if element.key == key:
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return None


def tile_ids(app: AppTest, key: str) -> list[str]:
    """The ids in a grid, in order; empty where there is no such grid."""
    data = component(app, key)
    return [] if data is None else [tile["id"] for tile in data["tiles"]]


def messages(app: AppTest) -> str:
    """Everything said in boxes, as a reader sees it."""
    boxes = [*app.error, *app.info, *app.warning]
    text = "\n".join(box.value for box in boxes)
    return text.replace("\\", "").replace("\u2060", "")


def notes(app: AppTest) -> str:
    """Everything said quietly, as a reader sees it."""
    return "\n".join(c.value for c in app.caption).replace("\\", "").replace("\u2060", "")
