from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from recsys.errors import RequestError
from recsys.retrieval.corrections import Correction
from recsys.serving.request import Request
from recsys.serving.server import Response, Server

VARIANTS: list[dict[str, Any]] = [
    {},
    {"scoring": Correction("nnn")},
    {"liked": ("product-007",), "focus": (0, 0, 1, 0.5)},
    {"min_price": 20, "exclude": ("product-020",)},
    {"category": "Plain"},
    {"diversity": 0.5},
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: ",".join(variant) or "plain")
class TestAgainstOneListACategory:
    def test_tabs(self, server: Server, variant: dict[str, Any]) -> None:
        request = Request("scene", scene="studio-001", k=3, **variant)
        tabs = server.recommend_by_category(request)
        assert set(tabs) <= set(server.catalog.categories)
        for category, tab in tabs.items():
            others = tuple(
                item.id for item in server.catalog.products if item.category != category
            )  # Plain holds Plain|Small, which is a tab of its own
            alone = dataclasses.replace(request, exclude=(*request.exclude, *others))
            _same(tab, server.recommend(alone))
            assert tab.category == category
        bests = [(tab.scores or ())[0] for tab in tabs.values()]
        assert bests == sorted(bests, reverse=True)

    def test_the_whole_look(self, server: Server, variant: dict[str, Any]) -> None:
        request = Request("scene", scene="studio-001", k=100, **variant)
        look = server.whole_look(request)
        tabs = server.recommend_by_category(request)
        assert look.products == tuple(tab.products[0] for tab in tabs.values())
        assert look.scores == tuple((tab.scores or ())[0] for tab in tabs.values())
        assert look.regions == tuple((tab.regions or ())[0] for tab in tabs.values())
        assert look.candidates == sum(tab.candidates for tab in tabs.values())
        for k in (1, 2):
            shorter = server.whole_look(dataclasses.replace(request, k=k))
            assert shorter.products == look.products[:k]


def _same(one: Response, other: Response) -> None:
    assert one.products == other.products
    assert one.scores == other.scores
    assert one.regions == other.regions
    assert one.candidates == other.candidates


def test_nothing_left(server: Server) -> None:
    request = Request("scene", scene="studio-001", min_price=1e9)
    assert server.recommend_by_category(request) == {}
    assert server.whole_look(request).products == ()


def test_a_plain_tower(plain_server: Server) -> None:
    request = Request("scene", scene="studio-001")
    assert plain_server.whole_look(request).regions is None


def test_for_scenes_only(server: Server, bare_server: Server) -> None:
    for ask in (server.recommend_by_category, server.whole_look):
        with pytest.raises(RequestError, match="expected a request for a scene, found popular"):
            ask(Request("popular"))
    with pytest.raises(RequestError, match="no model is live"):
        bare_server.whole_look(Request("scene", scene="studio-001"))


def test_rank_of(server: Server, dot_server: Server) -> None:
    for one in (server, dot_server):
        for variant in VARIANTS[:-1]:
            request = Request("scene", scene="studio-001", k=24, **variant)
            products = one.recommend(request).products
            for item in one.catalog.products:
                expected = products.index(item.id) + 1 if item.id in products else None
                assert one.rank_of(request, item.id) == expected
    with pytest.raises(RequestError, match="no product"):
        server.rank_of(Request("scene", scene="studio-001"), "nobody")
    with pytest.raises(RequestError, match="found popular"):
        server.rank_of(Request("popular"), "product-001")
