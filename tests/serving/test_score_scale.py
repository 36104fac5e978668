"""What a score of nothing in common is, against the formula written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.serving.facts import POPULAR_PART, FactBook, score_of_nothing
from recsys.serving.request import Box, Request
from recsys.serving.scoring import Correction, Name
from recsys.serving.server import Server
from tests.serving.conftest import server_of
from tests.support.fake_model import FakeModel


def log_mean_exp(server: Server, request: Request, product: str) -> float:
    """The soft maximum by mean over the regions that count, region by region."""
    assert server.model is not None
    query = server.query(request)
    assert server.ranker is not None
    vector = server.ranker.unit_vectors(server.rows_with_vectors([product]))[0]
    counted = [
        float(region @ vector)
        for number, region in enumerate(query.vectors)
        if query.looking_at is None or query.looking_at[number]
    ]
    tau = server.model.tau
    peak = max(counted)
    total = sum(math.exp(tau * (cosine - peak)) for cosine in counted)
    return peak + math.log(total / len(counted)) / tau


@pytest.mark.parametrize("focus", [None, (0.0, 0.0, 0.5, 0.4), (0.0, 0.0, 1.0, 0.7)])
@pytest.mark.parametrize("tau", [5.0, 200.0])
def test_a_score_less_nothing_is_a_cosine(
    planted: Catalog, tmp_path_factory: pytest.TempPathFactory, focus: Box | None, tau: float
) -> None:
    server = server_of(planted, FakeModel(tau=tau), tmp_path_factory)
    request = Request("scene", scene="studio-004", k=24, focus=focus)
    response = server.recommend(request)
    nothing = score_of_nothing(server, request, response)
    assert nothing is not None
    for item in response.items:
        assert item.score is not None
        cosine = item.score - nothing
        assert cosine == pytest.approx(log_mean_exp(server, request, item.product), abs=1e-5)
        assert -1.0001 <= cosine <= 1.0001


@pytest.mark.parametrize(
    ("name", "is_cosine"), [("cosine", True), ("dot", False), ("norm-shrink", False)]
)
def test_corrected_scores_have_no_scale(server: Server, name: Name, is_cosine: bool) -> None:
    request = Request("scene", scene="studio-004", scoring=Correction(name))
    found = score_of_nothing(server, request, server.recommend(request))
    assert (found is not None) == is_cosine


def test_neither_have_inner_products_and_other_lists(server: Server, dot_server: Server) -> None:
    similar = Request("similar", product="product-001")
    assert score_of_nothing(server, similar, server.recommend(similar)) is None
    request = Request("scene", scene="studio-004")
    assert score_of_nothing(dot_server, request, dot_server.recommend(request)) is None


def test_what_is_popular_is_so_with_all_that_have_as_many_pairs(server: Server) -> None:
    book = FactBook(server)
    counts = server.popularity
    popular = np.array([book.is_popular(row) for row in range(len(counts))])
    assert counts[popular].min() > counts[~popular].max()
    assert popular.sum() >= math.ceil(POPULAR_PART * len(counts))
