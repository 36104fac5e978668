"""Catalogue rows → tiles and cards."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from recsys.catalog.catalog import Product, ProductId
from recsys.serving.exposure_counts import Exposure
from recsys.serving.scoring import Correction
from recsys.serving.server import Request
from recsys.ui import views
from recsys.ui.looks import find_look, keep_photo
from recsys.ui.resources import Live
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import Badge, Tile
from tests.support.pictures import encoded
from tests.support.shop import SINCE

SCORES = some.lists(some.floats(-3, 3, allow_nan=False), min_size=1, max_size=8)


@given(SCORES)
def test_bars_that_compare_are_in_bounds_and_in_order(scores: list[float]) -> None:
    scores.sort(reverse=True)
    bars = views.score_bars(scores, None)
    lengths = [bar.length for bar in bars]
    assert all(0 <= length <= 1 for length in lengths)
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == pytest.approx(1.0)
    assert all(bar.is_relative and "best of this list" in bar.means for bar in bars)


@given(SCORES, SCORES)
def test_bars_of_cosines_say_the_same_in_every_list(one: list[float], other: list[float]) -> None:
    alone = views.score_bars(one, 0.3)
    assert views.score_bars(one + other, 0.3)[: len(one)] == alone
    for score, bar in zip(one, alone, strict=True):
        assert bar.length == min(1.0, max(0.0, score - 0.3))
        assert not bar.is_relative


def test_results_carry_rank_score_and_true_matches(live: Live) -> None:
    scene = live.catalog.scenes[3]
    matches = frozenset(str(live.catalog.products[row].id) for row in live.catalog.products_of(3))
    request = Request("scene", scene=scene.id, k=10)
    response = live.recommend(request)
    tiles = views.result_tiles(live, request, response, matches)
    assert [tile.id for tile in tiles] == list(response.products)
    assert [tile.badges[0].text for tile in tiles] == [str(n) for n in range(1, 11)]
    marked = {tile.id for tile in tiles if Badge("true match", "good") in tile.badges}
    assert marked == matches & set(response.products)
    assert marked, "the planted answer is not in the list"
    nothing = math.log(6) / 200  # six regions, τ = 200
    assert [tile.score for tile in tiles] == pytest.approx(
        [min(1.0, max(0.0, score - nothing)) for score in response.scores or ()]
    )
    assert [tile.score_text for tile in tiles] == [f"{s:.2f}" for s in response.scores or ()]


def test_bars_compare_where_scores_have_no_scale(live: Live) -> None:
    request = Request("scene", scene=live.catalog.scenes[3].id, scoring=Correction("norm-shrink"))
    response = live.recommend(request)
    tiles = views.result_tiles(live, request, response, ())
    assert all(tile.is_relative for tile in tiles)
    assert tiles[0].score == 1.0


def test_what_many_looks_have_is_popular_and_ties_are_not_split(live: Live) -> None:
    counts = live.popularity
    popular = [row for row in range(len(counts)) if live.facts.is_popular(row)]
    assert popular
    least = min(counts[row] for row in popular)
    assert popular == np.flatnonzero(counts >= least).tolist()
    assert least > np.median(counts)
    assert Badge("popular") in views.browse_tile(live, popular[0]).badges
    assert Badge("popular") not in views.browse_tile(live, popular[0], with_count=True).badges
    assert Badge("popular") not in views.browse_tile(live, int(counts.argmin())).badges


def test_a_tile_of_a_list_carries_its_count(live: Live) -> None:
    row = int(live.popularity.argmin())
    text = views.counted(int(live.popularity[row]), "look", "looks")
    assert views.browse_tile(live, row, with_count=True).badges == (Badge(text),)
    assert views.browse_tile(live, row).badges == ()


@pytest.mark.parametrize(("shown", "badge"), [(24, "24 %"), (5, "5 %"), (4, None), (0, None)])
def test_what_is_shown_to_many_says_so(live: Live, shown: int, badge: str | None) -> None:
    live.server.exposure = Exposure(np.full(60, shown, np.int64), 100)
    row = int(live.popularity.argmin())
    expected = () if badge is None else (Badge(f"shown to {badge}"),)
    assert views.browse_tile(live, row).badges == expected
    always = views.browse_tile(live, row, always_shown=True)
    assert always.badges == (Badge(f"shown to {shown} %"),)


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


@pytest.fixture
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_tokyo")
@pytest.mark.parametrize(
    ("since", "text"),
    [
        ("2026-05-03T14:02:00+00:00", "3 May 2026, 23:02"),  # by the clock on the wall
        ("2026-12-24T04:05:06.7", "24 Dec 2026, 04:05"),
        ("yesterday", "yesterday"),
    ],
)
def test_since(since: str, text: str) -> None:
    assert views.since_text(since) == text


def test_a_look_is_told_in_words_and_not_by_its_id(live: Live) -> None:
    matches = live.catalog.products_of(3)
    look = find_look(live, live.catalog.scenes[3].id, "")
    assert look is not None
    known = views.counted(len(matches), "known product", "known products")
    assert views.look_words(look) == ("The look", f"from the catalogue · {known}")
    alt = views.look_alt(live, look)
    assert alt.startswith(f"Look with {live.catalog.products[matches[0]].label}")
    assert look.id not in alt
    photo = keep_photo(encoded(Image.new("RGB", (300, 1200)), "PNG"))
    own = find_look(live, "", photo)
    assert own is not None
    assert own.photo is not None
    os.utime(own.photo.path, (1_780_000_000, 1_780_000_000))
    name, facts = views.look_words(own)
    when = views.time_text(datetime.fromtimestamp(1_780_000_000))
    assert (name, facts) == ("Your photo", f"{when} · 300 × 1,200 pixels")
    assert views.look_alt(live, own) == "Your photo"
    own.photo.path.unlink()
    assert views.look_words(own)[0] == "Your photo"


def test_the_world_in_a_line(live: Live) -> None:
    line = " ".join(views.world_parts(live))
    since = views.since_text(SINCE)
    for part in ("planted", "60 products", "30 looks", "model fake", f"live since {since}"):
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
    badges = (Badge("3", "rank"), Badge("▲2", "moved"), Badge("▼11", "moved"), Badge("popular"))
    spoken = Tile("id", "Coat", badges=badges).record()
    assert spoken["label"] == "Coat, place 3, up 2, down 11, popular"
    assert [text for text, _ in spoken["badges"]] == ["3", "▲2", "▼11", "popular"]
