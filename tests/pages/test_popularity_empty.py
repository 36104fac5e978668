"""The popularity page where there is little or nothing to count, and while it is being counted."""

from __future__ import annotations

import json
import shutil
import threading

import pytest
import streamlit as st

from recsys.evaluation.audit import Auditor
from recsys.ui import resources
from recsys.ui.background import Background
from recsys.ui.popularity.headline import MAIN, NO_DATA
from recsys.workspace import LivePointer, Workspace
from tests.pages.conftest import OpenPage, component, messages, notes
from tests.pages.popularity_parts import labels, metrics, texts
from tests.support.planted import write_planted
from tests.support.shop import NAME, SINCE

LONG_S = 30.0


def replant(*, scenes: int = 30, products: int = 60) -> None:
    workspace = Workspace.default()
    folder = workspace.datasets_dir / NAME
    shutil.rmtree(folder)
    write_planted(folder, scenes=scenes, products=products)
    workspace.set_live(LivePointer("fake", NAME, SINCE))
    st.cache_resource.clear()


def test_no_model_says_how_to_get_one(open_page: OpenPage) -> None:
    Workspace.default().live_path.unlink()
    app = open_page("popularity")
    assert f"python -m recsys train --data {NAME}" in messages(app)
    assert not app.metric


def test_no_looks_says_so(open_page: OpenPage) -> None:
    replant(scenes=0)
    app = open_page("popularity")
    assert "no looks with a photo" in messages(app)
    assert not app.metric


def test_a_part_without_looks_says_so(open_page: OpenPage) -> None:
    replant(scenes=2)
    app = open_page("popularity", popularity_looks="validation")
    assert "None of the validation looks has a readable photo. Choose other looks" in messages(app)


def test_few_looks_read_as_too_little_data_and_not_as_no_problem(open_page: OpenPage) -> None:
    replant(scenes=4, products=12)
    app = open_page("popularity", popularity_k="2")
    assert "Too little data" in texts(app)


def test_fewer_products_than_a_list_is_long(open_page: OpenPage) -> None:
    replant(scenes=4, products=8)
    app = open_page("popularity")
    assert "every list shows all of them" in messages(app)
    app = open_page("popularity", popularity_k="100")
    assert "Count lists of 1" in labels(app)


def test_without_known_products_nothing_is_right_or_wrong(open_page: OpenPage) -> None:
    replant(scenes=5)
    folder = Workspace.default().datasets_dir / NAME
    for line in (folder / "planted.json").read_text("utf-8").splitlines():
        (folder / "images" / f"{json.loads(line)['product']}.png").unlink(missing_ok=True)
    app = open_page("popularity", popularity_k="3")
    wall = component(app, "popularity_wall")
    assert wall is not None
    assert all("right: not known" in tile["note"] for tile in wall["tiles"])
    assert metrics(app)[MAIN.index("recall")] == NO_DATA
    assert "nothing says how good the lists are" in notes(app)
    app.query_params["popularity_view"] = "charts"
    app.run()
    assert not app.exception
    app.query_params["popularity_view"] = "compare"
    app.run()
    assert not app.exception
    assert NO_DATA in app.table[1].value.iloc[0].tolist()


# long work, and what goes wrong


def test_while_it_prepares_the_page_tells_how_far_it_is(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    prepare = Auditor.prepare

    def slow(self: Auditor, progress: object = None) -> None:
        if callable(progress):
            progress(3, 30)
        assert may_end.wait(LONG_S)
        prepare(self)

    monkeypatch.setattr(Auditor, "prepare", slow)
    monkeypatch.setattr("recsys.ui.popularity.audits._BRIEF_S", 0.05)
    app = open_page("popularity")
    assert not app.metric
    assert "happens once" in notes(app)
    may_end.set()
    work = resources.desk(resources.live()).begin()
    assert isinstance(work, Background)
    assert work.wait(LONG_S)
    app.run()
    assert app.metric


def test_what_cannot_be_prepared_is_told_and_can_be_tried_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Auditor.prepare

    def full(self: Auditor, progress: object = None) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Auditor, "prepare", full)
    app = open_page("popularity")
    assert "No space left on device" in messages(app)
    monkeypatch.setattr(Auditor, "prepare", prepare)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert app.metric
