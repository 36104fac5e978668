"""A look and a wish: the list, where each product was found, and what moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.serving.moves import Move
from recsys.serving.scoring import Correction
from recsys.serving.server import Request
from recsys.ui import results
from recsys.ui.answers import answer, finer_heat, heat_of, moved, place_of, share_text
from recsys.ui.looks import Look, find_look, gallery
from recsys.ui.resources import Live
from recsys.ui.tiles import Badge
from recsys.ui.wish import Step, Wish

SCENE = "studio-004"


@pytest.fixture
def look(live: Live) -> Look:
    found = find_look(live, SCENE, "")
    assert found is not None
    return found


def test_a_wish_reaches_the_server_whole(live: Live, look: Look) -> None:
    wish = Wish(
        k=20,
        category="Planted|Plain",
        focus=(0.0, 0.0, 0.5, 0.4),
        steps=(Step("product-000", True), Step("product-004", False), Step("gone", True)),
        scoring="nnn",
        strength=0.75,
        diversity=25,
        low=1.0,
        high=500.0,
    )
    asked = answer(live, look, wish).request
    assert (asked.k, asked.category, asked.focus) == (20, "Planted|Plain", wish.focus)
    assert (asked.liked, asked.disliked) == (("product-000",), ("product-004",))
    assert asked.scoring == Correction("nnn", 0.75)
    assert (asked.diversity, asked.min_price, asked.max_price) == (0.25, 1.0, 500.0)


def test_views_are_the_servers(live: Live, look: Look) -> None:
    request = Request("scene", scene=SCENE, k=10)
    assert answer(live, look, Wish()).responses == (live.server.recommend(request),)
    assert answer(live, look, Wish(view="look")).responses == (live.server.whole_look(request),)
    by_category = answer(live, look, Wish(view="tabs"))
    assert dict(zip(by_category.tabs, by_category.responses, strict=True)) == (
        live.server.recommend_by_category(request)
    )
    assert by_category.of("no such") is by_category.responses[0]


def test_what_is_in_the_photo_is_found_where_it_is(live: Live, look: Look) -> None:
    row = live.catalog.scene_row(SCENE)
    heat = heat_of(live, answer(live, look, Wish()).request, look.matches)
    assert heat is not None
    for pair in live.catalog.pairs_of_scene(row):
        product = str(live.catalog.products[live.catalog.pair_product[pair]].id)
        left, top, right, bottom = live.catalog.pair_box[pair]
        found = heat.found[product]
        assert found.winner is not None
        box = heat.boxes[found.winner]
        assert left <= (box[0] + box[2]) / 2 <= right
        assert top <= (box[1] + box[3]) / 2 <= bottom
        assert max(found.levels) == found.levels[found.winner] == 1.0
        assert len(found.levels) == len(heat.boxes)


def test_the_finer_map_is_made_once(
    live: Live, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    session: dict[Any, Any] = {}
    request = answer(live, look, Wish()).request
    product = look.matches[0]
    heat = finer_heat(live, request, product, session)
    assert len(heat.boxes) == len(heat.found[product].levels) > 50
    monkeypatch.setattr("recsys.ui.answers.occlusion_map", None)
    assert finer_heat(live, request, product, session) == heat


def test_what_moved_is_told_until_something_else_is_asked(live: Live, look: Look) -> None:
    session: dict[Any, Any] = {}

    def come(wish: Wish) -> dict[str, Move]:
        return moved(session, look, wish, answer(live, look, wish).responses[0])

    plain, diverse = Wish(), Wish(diversity=80)
    assert come(plain) == {}
    before = answer(live, look, plain).responses[0].products
    after = answer(live, look, diverse).responses[0].products
    came = come(diverse)
    assert list(came) == list(after)
    for place, product in enumerate(after, start=1):
        rank = before.index(product) + 1 if product in before else None
        assert (came[product].before, came[product].after) == (rank, place)
    assert come(diverse) == came  # a rerun that changes nothing
    assert come(Wish(scoring="nnn"))  # another order of the same
    assert come(Wish(scoring="nnn", strength=2.0))
    assert come(Wish(k=20)) == {}  # another list, not another order


@pytest.mark.parametrize(
    ("move", "text"),
    [
        (Move("a", 5, 2), "▲3"),
        (Move("a", 1, 3), "▼2"),
        (Move("a", None, 3), "new"),
        (Move("a", 3, 3), None),
        (None, None),
    ],
)
def test_badges_of_moves(move: Move | None, text: str | None) -> None:
    assert results.moved_badge(move) == (None if text is None else Badge(text, "moved"))


def test_what_nearly_every_look_gets_is_generic(live: Live, look: Look) -> None:
    from recsys.serving.exposure_counts import Exposure

    found = answer(live, look, Wish())
    response = found.responses[0]
    shown = np.zeros(len(live.catalog.products), np.int64)
    shown[live.catalog.product_row(response.products[0])] = 30
    live.server.exposure = Exposure(shown, 30)
    first, second, *_ = results.shown_tiles(live, look, Wish(), found.request, response, None, {})
    assert Badge("generic", "quiet") in first.badges
    assert "shown to 100 % of looks" in first.remark
    assert Badge("generic", "quiet") not in second.badges
    hidden = answer(live, look, Wish(hide_generic=True)).responses[0].products
    assert response.products[0] not in hidden
    assert len(hidden) == 10


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0.0, 0.0, 0.2, 0.2), "the upper left"),
        ((0.4, 0.4, 0.6, 0.6), "the middle"),
        ((0.4, 0.8, 0.6, 1.0), "the lower middle"),
        ((0.9, 0.4, 1.0, 0.6), "the middle right"),
    ],
)
def test_places_in_words(box: tuple[float, float, float, float], words: str) -> None:
    assert place_of(box) == words


def test_shares_in_words() -> None:
    assert [share_text(share) for share in (0, 0.004, 0.24)] == [
        "shown to no look of these",
        "shown to under 1 % of looks",
        "shown to 24 % of looks",
    ]


def test_looks_are_found_by_what_is_in_them(live: Live) -> None:
    everything = gallery(live, 30, 0, known=False)
    assert set(gallery(live, 30, 0, known=False, search=SCENE)) == {live.catalog.scene_row(SCENE)}
    product = live.catalog.products[int(live.catalog.products_of(int(everything[0]))[0])]
    rows = gallery(live, 30, 0, known=False, search=f"  {product.id.upper()} ")
    assert set(rows) == set(live.catalog.scenes_of(live.catalog.product_row(product.id)))
    assert not len(gallery(live, 30, 0, known=False, search="no-such-thing"))
