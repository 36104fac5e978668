"""The popularity page over the planted catalogue: every figure counted again, every empty case."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.errors import StaleError
from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_words import value_text
from recsys.serving.scoring import Correction
from recsys.serving.server import Request, Server
from recsys.ui import resources, roles
from recsys.ui.background import Background
from recsys.ui.popularity.headline import MAIN, NO_DATA
from recsys.workspace import LivePointer, Workspace
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.support.planted import write_planted
from tests.support.shop import NAME, SINCE, planted_pointer

LONG_S = 30.0


@pytest.fixture(autouse=True)
def _on_the_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing configured, whoever is on the machine itself is an operator."""
    monkeypatch.setattr(roles, "is_local", lambda: True)


def metrics(app: AppTest) -> list[str]:
    return [metric.value for metric in app.metric]


def texts(app: AppTest) -> str:
    """Everything said in running text, as a reader sees it."""
    said = [*app.header, *app.markdown, *app.subheader, *app.caption]
    return read("\n".join(one.value for one in said))


def read(text: str) -> str:
    """Markdown as a reader sees it."""
    return text.replace("\\", "").replace("\u2060", "")


def labels(app: AppTest) -> list[str]:
    return [read(button.label) for button in app.button]


def counted(k: int) -> tuple[Counter[str], Counter[str], int]:
    """Times shown, times right, and lists, by asking the server scene by scene."""
    server = resources.live().server
    catalog = server.catalog
    shown: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row, scene in enumerate(catalog.scenes):
        found = server.recommend(Request("scene", scene=scene.id, k=k)).products
        true = {catalog.products[product].id for product in catalog.products_of(row)}
        shown.update(found)
        right.update(product for product in found if product in true)
    return shown, right, len(catalog.scenes)


def test_the_wall_shows_what_the_server_shows(open_page: OpenPage) -> None:
    app = open_page("popularity")
    shown, right, scenes = counted(10)
    wall = component(app, "popularity_wall")
    assert wall is not None
    expected = sorted((-shown[name], name) for name in (f"product-{n:03}" for n in range(60)))
    assert [tile["id"] for tile in wall["tiles"]] == [name for _, name in expected[:24]]
    for tile in wall["tiles"]:
        name = tile["id"]
        assert tile["note"] == f"shown {shown[name]}×, right {right[name]}×"
        share = f"{100 * shown[name] / scenes:.0f} % of looks"
        assert tile["badges"][0][0] == share
        assert share in tile["label"]
        assert "training look" in tile["remark"]
        assert "percentile" in tile["remark"]
        assert f"by chance {scenes * 10 / 60:.1f}×" in tile["remark"]
    top = max(shown.values())
    assert metrics(app)[MAIN.index("largest_share")] == f"{100 * top / scenes:.1f} %"
    never = sum(not shown[f"product-{n:03}"] for n in range(60))
    assert metrics(app)[MAIN.index("never_shown")] == str(never)


@pytest.mark.parametrize(
    ("parameters", "setting"),
    [
        ({}, Setting()),
        ({"popularity_scoring": "dot"}, Setting(Correction("dot"))),
        (
            {"popularity_scoring": "nnn", "popularity_strength": "1.25", "popularity_k": "3"},
            Setting(Correction("nnn", 1.25), k=3),
        ),
        (
            {"popularity_looks": "validation", "popularity_diversity": "40"},
            Setting(diversity=0.4, part="validation"),
        ),
        ({"popularity_cap": "1.5", "popularity_k": "5"}, Setting(cap=1.5, k=5)),
    ],
)
def test_the_figures_are_those_of_the_setting_in_the_url(
    open_page: OpenPage, parameters: dict[str, str], setting: Setting
) -> None:
    app = open_page("popularity", **parameters)
    audit = Auditor(resources.live().server, Workspace.default()).audit(setting)
    expected = [audit.figures[key].value for key in MAIN]
    assert metrics(app) == [
        NO_DATA if value is None else value_text(key, value)
        for key, value in zip(MAIN, expected, strict=True)
    ]
    for metric, key in zip(app.metric, MAIN, strict=True):
        assert metric.help
        assert "Formula" in metric.help
        chance = audit.figures[key].chance
        if audit.figures[key].value is not None and chance is not None:
            assert metric.delta == f"by chance {value_text(key, chance)}"


def test_a_product_opens_with_every_look_that_received_it(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_k="2")
    first = tile_ids(app, "popularity_wall")[0]
    app.query_params["popularity_item"] = first
    app.run()
    card = component(app, "popularity_card")
    assert card is not None
    server = resources.live().server
    ranks = {}
    for scene in server.catalog.scenes:
        found = server.recommend(Request("scene", scene=scene.id, k=2)).products
        if first in found:
            ranks[scene.id] = found.index(first) + 1
    assert f"In the lists of {len(ranks)} looks" in texts(app)
    looks = component(app, "popularity_received")
    assert looks is not None
    listed = {tile["id"]: tile["badges"][0][0] for tile in looks["tiles"]}
    best = sorted(ranks.items(), key=lambda entry: (entry[1], entry[0]))[:12]
    assert list(listed) == [scene for scene, _ in best]
    assert all(listed[scene] == f"rank {rank}" for scene, rank in best)
    assert all(f"look_scene={tile['id']}" in tile["href"] for tile in looks["tiles"])


def test_the_shelf_names_who_blocks_and_the_list_without_it(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="never", popularity_k="1")
    shelf = tile_ids(app, "popularity_shelf")
    shown, _, _ = counted(1)
    assert shelf
    assert not set(shelf) & set(shown)
    app.query_params["popularity_never"] = shelf[0]
    app.run()
    assert not app.exception
    before, after = (tile_ids(app, f"popularity_{name}") for name in ("before", "after"))
    assert len(before) == len(after) == 1
    assert before != after
    if "Without it, this product would be shown." in texts(app):
        assert after == [shelf[0]]


def test_a_cap_is_explained_and_not_offered_to_the_shop(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_cap="2")
    assert "cannot be served" in texts(app)
    assert "Use this in the shop" not in labels(app)
    app = open_page("popularity", popularity_scoring="nnn")
    assert "Use this in the shop" in labels(app)
    app = open_page("popularity")
    assert "Use this in the shop" not in labels(app)
    assert "This is what the shop serves now" in texts(app)


def test_two_scorings_stand_side_by_side(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="compare")
    auditor = Auditor(resources.live().server, Workspace.default())
    table = app.table[1].value  # the first holds all figures
    assert [read(name) for name in table.columns][1:3] == ["Model's own score", "Dot"]
    row = [read(cell) for cell in table.iloc[0]]
    assert row[0] == "Recall@10"
    audits = [auditor.audit(setting) for setting in (Setting(), Setting(Correction("dot")))]
    values = [audit.figures["recall"].value for audit in audits]
    assert row[1:3] == [value_text("recall", value) for value in values]
    for side, audit in zip(("left", "right"), audits, strict=True):
        order = [audit.products[at] for at in audit.order_by_shown[:12]]
        assert tile_ids(app, f"popularity_wall_{side}") == order


def test_what_the_address_asks_in_vain_is_told(open_page: OpenPage) -> None:
    app = open_page(
        "popularity",
        popularity_k="900",
        popularity_scoring="magic",
        popularity_pick="shown:9_1",
        popularity_item="no-such",
    )
    told = notes(app)
    assert "“900” is no number from 1 to 100" in told
    assert "“magic” is no scoring" in told
    assert "“shown:9_1” is no range of products" in told
    assert "no-such" in messages(app)


def test_a_model_that_is_not_there_is_told(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_model="gone-1")
    assert "gone-1" in messages(app)
    next(button for button in app.button if button.label == "Look at the live model").click().run()
    assert "popularity_model" not in app.query_params
    assert metrics(app)


# what is picked


def test_a_pick_holds_on_the_wall_and_is_taken_back(open_page: OpenPage) -> None:
    shown, _, _ = counted(10)
    middle = sorted(shown.values())[len(shown) // 2]
    expected = {name for name, times in shown.items() if times >= middle}
    app = open_page("popularity", popularity_pick=f"shown:{middle}_1000")
    wall = component(app, "popularity_wall")
    assert wall is not None
    assert {tile["id"] for tile in wall["tiles"]} <= expected
    assert f"{len(expected)} products picked" in notes(app)
    button = next(one for one in app.button if "times" in one.label)
    button.click().run()
    assert "popularity_pick" not in app.query_params
    assert "picked" not in notes(app)


def test_a_category_is_picked_without_a_mouse(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="charts")
    box = next(one for one in app.selectbox if one.label == "Category")
    box.select("Planted|Striped").run()
    assert not app.exception
    assert app.query_params["popularity_category"] == "Planted|Striped"
    catalog = resources.live().catalog
    ids = tile_ids(app, "popularity_picked")
    assert ids
    assert {catalog.products[catalog.product_row(name)].category for name in ids} == {
        "Planted|Striped"
    }


# where there is nothing to show


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
