from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.stl import read_stl
from recsys.errors import RequestError
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.exposure_counts import Exposure
from recsys.serving.facts import FactBook
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import planted_pairs, write_planted


def test_every_product(server: Server, planted: Catalog, planted_table: EmbeddingTable) -> None:
    server.exposure = Exposure(np.arange(24), 12)
    book = FactBook(server)
    lengths = [float(np.linalg.norm(vector.astype(float))) for vector in planted_table.products]
    pairs = planted_pairs()
    counts = [
        sum(item.id in shown for shown in pairs.values()) for item in planted.products
    ]  # fmt: skip
    for row, item in enumerate(planted.products):
        facts = book.facts(item.id)
        assert facts.product == item.id
        assert facts.products == 24
        assert facts.pairs == counts[row]
        assert facts.popularity_rank == 1 + sum(
            (-count, other) < (-counts[row], row) for other, count in enumerate(counts)
        )
        assert facts.scenes == tuple(
            name for name, shown in pairs.items() if item.id in shown
        )  # fmt: skip
        assert facts.norm == pytest.approx(lengths[row])
        below = sum(length < lengths[row] for length in lengths)
        same = sum(length == lengths[row] for length in lengths)
        assert facts.norm_percentile == pytest.approx(100 * (below + same / 2) / 24)
        assert facts.times_shown == row
        assert facts.share_shown == pytest.approx(row / 12)
        assert facts.exposure_k == 10


def test_what_is_not_known(server: Server, bare_server: Server) -> None:
    facts = FactBook(server).facts("product-003")
    assert facts.times_shown is None
    assert facts.share_shown is None
    facts = FactBook(bare_server).facts("product-003")
    assert facts.norm is None
    assert facts.norm_percentile is None
    with pytest.raises(RequestError, match="no product"):
        FactBook(server).facts("nobody")


def test_a_product_without_a_picture(tmp_path: Path) -> None:
    folder = write_planted(tmp_path / "planted")
    (folder / "images" / "product-004.png").unlink()
    catalog = read_stl(folder, "planted")
    table = EmbeddingTable.build(FakeModel(), catalog, Workspace(tmp_path), tmp_path / "table")
    book = FactBook(Server(catalog, FakeModel(), table))
    assert book.facts("product-004").norm is None
    percentiles = [book.facts(item.id).norm_percentile for item in catalog.products]
    known = [value for value in percentiles if value is not None]
    assert len(known) == 23
    assert np.mean(known) == pytest.approx(50)
