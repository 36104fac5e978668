"""What the popularity page changes in the shop: for operators, told, and never unseen."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys.errors import StaleError
from recsys.serving.server import Server
from recsys.ui import resources, roles
from recsys.workspace import LiveCorrection, LivePointer, Workspace
from tests.pages.conftest import OpenPage, messages, notes
from tests.pages.popularity_parts import labels, read
from tests.support.shop import NAME, SINCE, planted_pointer

pytestmark = pytest.mark.usefixtures("on_the_machine_itself")


def test_a_stale_correction_is_told_while_the_own_score_is_served(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(pointer: LivePointer, workspace: Workspace, **options: object) -> Server:
        on_stale = options["on_stale"]
        assert callable(on_stale)
        on_stale(StaleError("the live correction nnn=0.5 is stale", "Fit it anew"))
        return planted_pointer(pointer, workspace)

    monkeypatch.setattr(resources, "open_pointer", stale)
    app = open_page("popularity")
    assert "The promoted correction is not in use" in messages(app)
    assert "nnn=0.5 is stale" in messages(app)
    assert "Served now: Model's own score" in notes(app)
    assert app.metric


def test_a_correction_that_is_not_in_use_can_be_taken_back(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.default()
    correction = LiveCorrection("nnn", 0.5, "nnn-0", "model", "products", "bank")
    workspace.set_live(LivePointer("fake", NAME, SINCE, correction))

    def opened(pointer: LivePointer, workspace: Workspace, **options: object) -> Server:
        if pointer.correction is not None:
            on_stale = options["on_stale"]
            assert callable(on_stale)
            on_stale(StaleError("the live correction nnn=0.5 is stale", "Fit it anew"))
        return planted_pointer(pointer, workspace)

    monkeypatch.setattr(resources, "open_pointer", opened)
    monkeypatch.setattr(Workspace, "resolve_model", lambda *_: workspace.model_dir("fake"))
    app = open_page("popularity")
    assert "The promoted correction is not in use" in messages(app)
    press(app, "Serve the model's own scores")
    assert not app.exception
    pointer = workspace.live()
    assert pointer is not None
    assert (pointer.model, pointer.correction) == ("fake", None)
    assert "not in use" not in messages(app)
    assert "The shop serves this now: Model's own score." in read(app.success[0].value)
    assert "Serve the model's own scores" not in labels(app)


def test_what_takes_a_while_is_told_at_once(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("popularity", popularity_scoring="nnn")
    monkeypatch.setattr("recsys.ui.going_live.promotion.promote", lambda *_, **__: None)
    press(app, "Use this in the shop")
    assert [read(toast.value) for toast in app.toast] == ["Putting into the shop: NNN 0.5…"]
    assert "The shop serves this now: NNN 0.5." in read(app.success[0].value)


def press(app: AppTest, label: str) -> None:
    next(one for one, said in zip(app.button, labels(app), strict=True) if said == label).click()
    app.run()


def use(app: AppTest) -> AppTest:
    button = next(one for one in app.button if one.label == "Use this in the shop")
    return button.click().run()


def test_nobody_undoes_what_they_did_not_see(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_scoring="nnn")
    workspace = Workspace.default()
    other = LivePointer("fake-2", NAME, "2026-06-01T00:00:00+00:00")
    workspace.set_live(other)
    use(app)
    assert "Something else was put live meanwhile" in messages(app)
    assert workspace.live() == other


def test_a_disk_that_is_full_changes_nothing_and_is_told(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("popularity", popularity_scoring="nnn")
    workspace = Workspace.default()
    before = workspace.live()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recsys.ui.going_live.promotion.promote", full)
    use(app)
    assert "Nothing was changed" in messages(app)
    assert "No space left on device" in messages(app)
    assert workspace.live() == before


def test_only_an_operator_changes_the_shop(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("popularity", popularity_scoring="nnn")
    before = Workspace.default().live()
    monkeypatch.setattr(roles, "is_operator", lambda: False)
    use(app)  # drawn while the role was there, pressed when it was gone
    assert "only an operator" in messages(app).lower()
    assert Workspace.default().live() == before
    assert "Use this in the shop" not in labels(app)
    assert "Only an operator can change what the shop serves" in notes(app)
