"""Catalogue rows → tiles and cards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from recsys.catalog.catalog import Product, ProductId
from recsys.serving.exposure_counts import Exposure
from recsys.serving.server import Request
from recsys.ui import views
from recsys.ui.resources import Live
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import Badge, Tile

SCORES = some.lists(some.floats(-3, 3, allow_nan=False), min_size=1, max_size=8)


@given(SCORES)
def test_bars_are_in_bounds_and_in_order(scores: list[float]) -> None:
    scores.sort(reverse=True)
    bars = [views.bar_length(score, scores[0], scores[-1]) for score in scores]
    assert all(0 <= bar <= 1 for bar in bars)
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == pytest.approx(1.0)


def test_results_carry_rank_score_and_true_matches(live: Live) -> None:
    scene = live.catalog.scenes[3]
    matches = frozenset(str(live.catalog.products[row].id) for row in live.catalog.products_of(3))
    response = live.recommend(Request("scene", scene=scene.id, k=10))
    tiles = views.result_tiles(live, response, matches)
    assert [tile.id for tile in tiles] == list(response.products)
    assert [tile.badges[0].text for tile in tiles] == [str(n) for n in range(1, 11)]
    marked = {tile.id for tile in tiles if Badge("true match", "good") in tile.badges}
    assert marked == matches & set(response.products)
    assert marked, "the planted answer is not in the list"
    assert tiles[0].score == 1.0
    assert [tile.score_text for tile in tiles] == [f"{s:.2f}" for s in response.scores or ()]


def test_a_tile_of_a_list_carries_its_count(live: Live) -> None:
    row = int(live.popularity.argmax())
    text = views.counted(int(live.popularity[row]), "look", "looks")
    assert views.browse_tile(live, row, with_count=True).badges == (Badge(text),)
    assert views.browse_tile(live, row).badges == ()


@pytest.mark.parametrize(("shown", "badge"), [(24, "24 %"), (5, "5 %"), (4, None), (0, None)])
def test_what_is_shown_to_many_says_so(live: Live, shown: int, badge: str | None) -> None:
    live.server.exposure = Exposure(np.full(60, shown, np.int64), 100)
    expected = () if badge is None else (Badge(f"shown to {badge}"),)
    assert views.browse_tile(live, 0).badges == expected
    assert views.browse_tile(live, 0, always_shown=True).badges == (Badge(f"shown to {shown} %"),)


def test_shares_and_places_in_words() -> None:
    assert [views.percent_text(share) for share in (0, 0.004, 0.236, 1)] == [
        "0 %",
        "under 1 %",
        "24 %",
        "100 %",
    ]
    places = [views.ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 100)]
    assert places == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "100th"]
    assert [views.counted(count, "look", "looks") for count in (0, 1, 2300)] == [
        "0 looks",
        "1 look",
        "2,300 looks",
    ]


def test_a_card_says_how_often_it_is_shown_and_how_long_its_vector_is(live: Live) -> None:
    assert "Shown" not in dict(views.product_card(live, 3).facts)
    live.counting = True
    assert dict(views.product_card(live, 3).facts)["Shown"] == "being counted…"
    live.server.exposure = Exposure(np.arange(60, dtype=np.int64), 240)
    facts = dict(views.product_card(live, 3).facts)
    assert facts["Shown"] == "in the top 10 of 3 looks, 1 % of all"
    known = live.facts.facts(live.catalog.products[3].id)
    assert known.norm is not None
    assert facts["Embedding norm"].startswith(f"{known.norm:.2f}, ")
    assert facts["Embedding norm"].endswith(" percentile")


def test_a_product_card_says_what_the_catalogue_says(live: Live) -> None:
    row = int(live.popularity.argmax())
    product = live.catalog.products[row]
    card = views.product_card(live, row)
    facts = dict(card.facts)
    assert (card.title, card.subtitle) == (product.title, product.brand)
    assert facts["Category"] == product.category.replace("|", " › ")
    assert facts["Price"] == f"{product.price:.2f}"
    assert facts["Training pairs"] == views.counted(int(live.popularity[row]), "look", "looks")
    assert facts["Popularity"] == "1 of 60"
    assert card.image == thumbnail_store().name(product.image)


def test_a_product_with_an_id_alone_still_makes_a_tile() -> None:
    tile = views.product_tile(Product(ProductId("x1"), "A|B", None))
    assert (tile.title, tile.note, tile.image) == ("B", "", "")
    assert tile.record()["label"] == "B"


def test_category_counts_add_up(live: Live) -> None:
    counts = live.category_counts
    for path, count in counts.items():
        below = [p for p in live.catalog.products if f"{p.category}|".startswith(f"{path}|")]
        assert count == len(below)
    assert counts["Planted"] == 60


@pytest.mark.parametrize(
    ("since", "text"),
    [
        ("2026-05-03T14:02:00+00:00", "3 May 2026, 14:02"),
        ("2026-12-24T04:05:06.7", "24 Dec 2026, 04:05"),
        ("yesterday", "yesterday"),
    ],
)
def test_since(since: str, text: str) -> None:
    assert views.since_text(since) == text


def test_the_world_in_a_line(live: Live) -> None:
    line = " ".join(views.world_parts(live))
    for part in ("planted", "60 products", "30 looks", "fake", "3 May 2026, 14:02"):
        assert part in line


def test_a_tile_speaks_and_stays_short() -> None:
    record = Tile(
        "id", "t" * 5000, note="North", badges=(Badge("true match"),), score=7.0, score_text="0.9"
    ).record()
    assert len(record["title"]) == 300
    assert record["score"] == 1.0
    spoken = Tile("id", "Coat", "North", badges=(Badge("true match"),), score_text="0.9").record()
    assert spoken["label"] == "Coat, North, true match, score 0.9"
    assert Tile("id", "").record()["label"] == "id"
