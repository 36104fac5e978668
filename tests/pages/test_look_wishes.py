"""Everything that can be asked of a look is in the URL, and what the URL says is asked."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from recsys.serving.scoring import Correction
from recsys.serving.server import Request
from recsys.ui import resources, scorings
from recsys.ui.resources import live
from recsys.workspace import Workspace
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.support.shop import HOSTILE, planted_workspace

GRID = "look_results"
SCENE = "studio-004"


def opened(open_page: OpenPage, **parameters: str) -> AppTest:
    return open_page("shop_the_look", look_scene=SCENE, **parameters)


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption).replace("\\", "")


def test_a_url_says_it_all(open_page: OpenPage) -> None:
    app = opened(
        open_page,
        look_k="20",
        look_focus="0,0,0.5,0.7",
        look_steps="more.product-001,less.product-002",
        look_diversity="40",
        look_scoring="shrink",
    )
    expected = live().server.recommend(
        Request(
            "scene",
            scene=SCENE,
            k=20,
            focus=(0, 0, 0.5, 0.7),
            liked=("product-001",),
            disliked=("product-002",),
            diversity=0.4,
            scoring=Correction("norm-shrink"),
        )
    )
    assert tile_ids(app, GRID) == list(expected.products)
    card = component(app, "look_card")
    assert card is not None
    assert card["focus"] == [0, 0, 0.5, 0.7]
    assert set(card["heat"]["found"]) >= set(expected.products)
    assert len(card["known"]) == len(live().catalog.pairs_of_scene(live().catalog.scene_row(SCENE)))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("look_focus", "0.5,0,0.1,1", "is no part of a photo, so the whole photo is looked at"),
        ("look_focus", "a", "“a” is no part of a photo"),
        ("look_steps", "more.../x", "is no list of likes, so none counts"),
        ("look_steps", "more.no-such-product", ""),
        ("look_diversity", "900", "“900” is no diversity from 0 to 100"),
        ("look_scoring", "magic", "“magic” is no scoring, so products are scored as served"),
        ("look_strength", "0.5", "“0.5” is no strength, since this scoring takes none"),
        ("look_view", "sideways", "“sideways” is no view, so tiles are shown"),
        ("look_from", "-3", "“-3” is no price, so there is no lowest one"),
        ("look_k", "7000", "“7000” is no number from 10 to 100, so the best 10 are shown"),
        ("look_category", "Nope", "“Nope” is no category here, so all are shown"),
        ("look_leak", "no-such-product", "“no-such-product” is no product with a box in this look"),
    ],
)
def test_nonsense_in_the_url_is_as_good_as_nothing_and_said(
    open_page: OpenPage, name: str, value: str, said: str
) -> None:
    app = opened(open_page, **{name: value})
    plain = live().server.recommend(Request("scene", scene=SCENE, k=10))
    assert messages(app) == ""
    assert tile_ids(app, GRID) == list(plain.products)
    assert said in notes(app)
    app.slider(key="look_price").set_range(10, 60).run()
    assert app.query_params["look_to"] == "60"
    assert (app.query_params.get(name) == value) == (not said)


def test_any_number_from_ten_to_a_hundred(open_page: OpenPage) -> None:
    app = opened(open_page, look_k="37")
    assert len(tile_ids(app, GRID)) == 37
    app.number_input(key="look_k").set_value(52).run()
    assert app.query_params["look_k"] == "52"
    expected = live().server.recommend(Request("scene", scene=SCENE, k=52))
    assert tile_ids(app, GRID) == list(expected.products)
    app.number_input(key="look_k").set_value(10).run()
    assert "look_k" not in app.query_params


def test_the_strength_of_a_scoring_by_slider(open_page: OpenPage) -> None:
    app = opened(open_page)
    app.selectbox(key="look_scoring").select("shrink").run()
    assert app.slider(key="look_strength").value == 0.5  # its usual one
    before = tile_ids(app, GRID)
    app.slider(key="look_strength").set_value(0.0).run()
    assert app.query_params["look_strength"] == "0"
    asked = Request("scene", scene=SCENE, k=10, scoring=Correction("norm-shrink", 0.0))
    assert tile_ids(app, GRID) == list(live().server.recommend(asked).products)
    assert (tile_ids(app, GRID) != before) == ("moved" in captions(app) or "new" in captions(app))
    assert "0: none, length counts in full. 1: all, length does not count." in notes(app)
    app.slider(key="look_strength").set_value(0.5).run()
    assert "look_strength" not in app.query_params
    app.slider(key="look_strength").set_value(0.8).run()
    app.selectbox(key="look_scoring").select("nnn").run()  # another range, so its usual one
    assert "look_strength" not in app.query_params
    assert app.slider(key="look_strength").max == 2.0
    app.selectbox(key="look_scoring").select("cosine").run()
    assert [slider.key for slider in app.slider] == ["look_diversity", "look_price"]


def test_every_scoring_can_be_chosen(open_page: OpenPage) -> None:
    app = opened(open_page)
    for name in scorings.BY_URL:
        app.selectbox(key="look_scoring").select(name).run()
        assert not app.exception
        assert messages(app) == ""
        correction = Correction(scorings.BY_URL[name])
        expected = live().server.recommend(Request("scene", scene=SCENE, k=10, scoring=correction))
        assert tile_ids(app, GRID) == list(expected.products)


def test_bounds_of_the_price_in_either_order(open_page: OpenPage) -> None:
    one = opened(open_page, look_from="40", look_to="60")
    assert tile_ids(one, GRID) == tile_ids(opened(open_page, look_from="60", look_to="40"), GRID)
    assert one.slider(key="look_price").value == (40, 60)


def test_steps_can_be_taken_back_one_by_one(open_page: OpenPage) -> None:
    app = opened(open_page, look_steps="more.product-001,less.product-002,more.product-003")
    app.button(key="look_step_1").click().run()
    assert app.query_params["look_steps"] == "more.product-001,more.product-003"
    app.button(key="look_undo").click().run()
    assert app.query_params["look_steps"] == "more.product-001"
    app.button(key="look_undo").click().run()
    assert "look_steps" not in app.query_params


def test_prices_and_diversity_by_slider(open_page: OpenPage) -> None:
    app = opened(open_page)
    app.slider(key="look_price").set_range(40, 60).run()
    prices = [
        live().catalog.products[live().catalog.product_row(product)].price
        for product in tile_ids(app, GRID)
    ]
    assert prices
    assert all(price is not None and 40 <= price <= 60 for price in prices)
    app.slider(key="look_diversity").set_value(55).run()
    assert app.query_params["look_diversity"] == "55"
    assert app.query_params["look_from"] == "40"


def test_what_moved_is_said(open_page: OpenPage) -> None:
    app = opened(open_page)
    assert "moved" not in captions(app)
    app.slider(key="look_diversity").set_value(80).run()
    assert "moved" in captions(app)
    data = component(app, GRID)
    assert data is not None
    badges = [badge for tile in data["tiles"] for badge in tile["badges"]]
    assert any(kind == "moved" for _, kind in badges)


def test_the_whole_look_and_tabs(open_page: OpenPage) -> None:
    request = Request("scene", scene=SCENE, k=10)
    app = opened(open_page, look_view="look")
    assert tile_ids(app, GRID) == list(live().server.whole_look(request).products)
    lists = live().server.recommend_by_category(request)
    app = opened(open_page, look_view="tabs")
    first, second, *_ = lists
    assert tile_ids(app, GRID) == list(lists[first].products)
    app.get_by_key("look_tab").set_value(second).run()
    assert tile_ids(app, GRID) == list(lists[second].products)
    assert app.query_params["look_tab"] == second


def test_a_finer_map_of_the_open_product(open_page: OpenPage) -> None:
    product = tile_ids(opened(open_page), GRID)[0]
    app = opened(open_page, look_item=product, look_fine="on")
    card = component(app, "look_card")
    assert card is not None
    assert list(card["heat"]["found"]) == [product]
    assert len(card["heat"]["boxes"]) > 50
    assert card["pinned"] == product


def test_the_leak_test_is_three_lists(open_page: OpenPage) -> None:
    app = opened(open_page)
    app.button(key="look_leak_run").click().run()
    assert messages(app) == ""
    for arm in ("whole", "without", "only"):
        assert len(tile_ids(app, f"look_leak_tiles_{arm}")) == 6
    text = "\n".join(block.value for block in app.markdown)
    assert text.count("place") == 3


def test_two_visitors_do_not_see_each_others_moves(open_page: OpenPage) -> None:
    one, other = opened(open_page), opened(open_page, look_diversity="80")
    one.slider(key="look_diversity").set_value(80).run()
    other.run()
    assert tile_ids(one, GRID) == tile_ids(other, GRID)
    assert "moved" in captions(one)
    assert "moved" not in captions(other)


def test_texts_that_mean_harm_stay_text(open_page: OpenPage) -> None:
    shutil.rmtree(Workspace.default().datasets_dir)
    planted_workspace(Workspace.default(), hostile=True)
    resources._opened.clear()
    steps = ",".join(f"more.product-{number:03d}" for number in range(len(HOSTILE)))
    app = opened(open_page, look_steps=steps, look_view="tabs", look_leak="product-000")
    assert not app.exception
    for number, text in enumerate(HOSTILE):
        label = app.button(key=f"look_step_{number}").label
        shown = label.replace("\\", "").replace("\u2060", "").removeprefix("More: ")
        assert " ".join(text.replace("\u202e", "").split()).startswith(
            shown.removesuffix("…").rstrip()
        )
        assert "<" not in label.replace("\\<", "")
