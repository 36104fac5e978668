"""The live pointer decides what answers, on every run, and every way it can fail is told."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable

import pytest
import streamlit as st
from PIL import Image

from recsys.errors import DataError, ModelError, StaleError
from recsys.serving.server import Request, Response, Server
from recsys.ui import resources
from recsys.ui.answers import answer
from recsys.ui.looks import Look, find_look, keep_photo
from recsys.ui.wish import Wish
from recsys.workspace import LivePointer, Workspace
from tests.support.pictures import encoded
from tests.support.planted import write_planted
from tests.support.shop import NAME, SINCE, planted_pointer, planted_server, planted_workspace


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "open_server", planted_server)
    monkeypatch.setattr(resources, "open_pointer", planted_pointer)
    # the demo may ship or not: these tests are about the workspace
    monkeypatch.setattr("recsys.workspace.DEMO_DATA_DIR", Workspace.default().root / "none")


@pytest.fixture
def count_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened: list[str] = []

    def counting(pointer: LivePointer, workspace: Workspace, **_: object) -> Server:
        opened.append(pointer.data)
        return planted_pointer(pointer, workspace)

    monkeypatch.setattr(resources, "open_pointer", counting)
    return opened


def test_what_is_promoted_answers(workspace: Workspace) -> None:
    planted_workspace(workspace)
    live = resources.live()
    assert (live.catalog.name, live.model_id, live.since) == (NAME, "fake", SINCE)
    assert live.problem is None


def test_it_is_opened_once(workspace: Workspace, count_opened: list[str]) -> None:
    planted_workspace(workspace)
    assert resources.live() is resources.live()
    assert count_opened == [NAME]


def test_a_promotion_is_seen_at_once(workspace: Workspace) -> None:
    planted_workspace(workspace)
    before = resources.live()
    workspace.set_live(LivePointer("fake-2", NAME, "2026-06-01T00:00:00+00:00"))
    assert resources.live().model_id == "fake-2"
    assert before.model_id == "fake"


def test_how_often_products_are_shown_is_counted_once(workspace: Workspace) -> None:
    planted_workspace(workspace)
    live = resources.live()
    assert live.exposure is None
    live.count_exposure()
    live.count_exposure()
    end = time.monotonic() + 20
    while live.exposure is None or live.counting:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert live.exposure.scenes == 30
    assert live.exposure.shown.sum() == 30 * live.exposure.k

    st.cache_resource.clear()  # as after a restart
    again = resources.live()
    assert again is not live
    again.count_exposure()
    assert not again.counting
    assert again.exposure is not None
    assert again.exposure.shown.tolist() == live.exposure.shown.tolist()


def test_what_is_not_in_use_is_prepared_once(workspace: Workspace) -> None:
    planted_workspace(workspace)
    workspace.live_path.write_text("not a pointer")
    first, second = resources.live(), resources.live()
    assert first.problem is not None
    assert first.listing is second.listing


def test_changed_data_is_seen_at_once(workspace: Workspace) -> None:
    folder = planted_workspace(workspace)
    assert len(resources.live().catalog.products) == 60
    write_planted(folder, scenes=4, products=12)
    assert len(resources.live().catalog.products) == 12


def test_one_of_several_catalogues_in_a_folder(workspace: Workspace) -> None:
    folder = planted_workspace(workspace)
    (folder / "other-cat.json").write_text('{"only": "Planted|One"}')
    workspace.set_live(LivePointer("fake", str(folder / "planted-cat.json"), SINCE))
    live = resources.live()
    assert live.problem is None
    assert len(live.catalog.products) == 60


def test_an_empty_workspace_says_how_to_begin() -> None:
    with pytest.raises(DataError, match=r"no catalogue.*python -m recsys demo"):
        resources.live()


def test_without_a_promotion_the_first_data_set_is_shown(workspace: Workspace) -> None:
    write_planted(workspace.datasets_dir / "b")
    write_planted(workspace.datasets_dir / "a")
    live = resources.live()
    assert (live.catalog.name, live.model_id, live.since) == ("a", "", "")


@pytest.mark.parametrize(
    "error",
    [
        StaleError("the embeddings are of other data", "python -m recsys embed --model fake"),
        ModelError("the model is gone"),
    ],
)
def test_a_model_that_does_not_open_leaves_the_catalogue(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: ModelError
) -> None:
    planted_workspace(workspace)

    def fails(pointer: LivePointer, workspace: Workspace, **_: object) -> Server:
        raise error

    monkeypatch.setattr(resources, "open_pointer", fails)
    live = resources.live()
    assert live.problem is error
    assert (live.catalog.name, live.model_id) == (NAME, "")
    assert live.recommend(Request("popular", k=3)).products


def test_a_data_set_that_is_gone_leaves_another(workspace: Workspace) -> None:
    shutil.rmtree(planted_workspace(workspace))
    write_planted(workspace.datasets_dir / "other")
    live = resources.live()
    assert live.catalog.name == "other"
    assert isinstance(live.problem, DataError)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model": "x"}'])
def test_a_damaged_pointer_leaves_the_catalogue(workspace: Workspace, content: str) -> None:
    planted_workspace(workspace)
    workspace.live_path.write_text(content)
    live = resources.live()
    assert live.catalog.name == NAME
    assert isinstance(live.problem, ModelError)
    workspace.live_path.write_text(json.dumps({"model": "fake", "data": NAME, "since": ""}))
    assert resources.live().problem is None


def test_answers_are_remembered_and_bounded(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_ANSWERS_KEPT", 3)
    planted_workspace(workspace)
    live = resources.live()
    first = live.recommend(Request("random", seed=1))
    assert live.recommend(Request("random", seed=1)) is first
    for seed in range(2, 6):
        live.recommend(Request("random", seed=seed))
    again = live.recommend(Request("random", seed=1))
    assert again is not first
    assert again == first


def different_requests() -> list[Request]:
    return [
        Request("random", k=7),
        Request("random", k=8),
        Request("random", k=7, seed=1),
        Request("random", k=7, category="Planted|Plain"),
        Request("popular", k=7),
        Request("scene", k=7, scene="studio-001"),
        Request("scene", k=7, scene="studio-002"),
        Request("similar", k=7, product="product-001"),
        Request("similar", k=7, product="product-002"),
    ]


@pytest.mark.parametrize("make", [different_requests])
def test_no_answer_is_given_to_another_question(
    workspace: Workspace, make: Callable[[], list[Request]]
) -> None:
    planted_workspace(workspace)
    live = resources.live()
    for request in make() + make():
        assert live.recommend(request) == live.server.recommend(request)


def test_photos_are_told_apart_and_answered_once(workspace: Workspace) -> None:
    planted_workspace(workspace)
    live = resources.live()
    answers = {}
    for name, colour in (("red", (240, 20, 20)), ("blue", (20, 20, 240))):
        content = encoded(Image.new("RGB", (80, 120), colour), "PNG")
        look = find_look(live, "", keep_photo(content))
        assert look is not None

        def shop(wish: Wish, look: Look = look) -> Response:
            return answer(live, look, wish).responses[0]

        answers[name] = shop(Wish())
        assert shop(Wish()) is answers[name]
        assert shop(Wish(k=5)).products == answers[name].products[:5]
        plain = shop(Wish(category="Planted|Plain")).products
        assert all(
            live.catalog.in_category("Planted|Plain")[live.catalog.product_row(p)] for p in plain
        )
    assert answers["red"].products != answers["blue"].products


def test_warming_up_needs_no_model(workspace: Workspace) -> None:
    write_planted(workspace.datasets_dir / "a")
    resources.live().warm_up()
    planted_workspace(workspace)
    resources.live().warm_up()
