from __future__ import annotations

from pathlib import Path

import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.stl import read_stl
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted


@pytest.fixture(scope="session")
def planted_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("serving") / "planted")


@pytest.fixture(scope="session")
def planted(planted_dir: Path) -> Catalog:
    return read_stl(planted_dir, "planted")


@pytest.fixture(scope="session")
def planted_table(planted: Catalog, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingTable:
    home = tmp_path_factory.mktemp("serving-home")
    return EmbeddingTable.build(FakeModel(), planted, Workspace(home), home / "table")


@pytest.fixture
def server(planted: Catalog, planted_table: EmbeddingTable) -> Server:
    return Server(planted, FakeModel(), planted_table)


@pytest.fixture
def bare_server(planted: Catalog) -> Server:
    """No model is live."""
    return Server(planted)


@pytest.fixture(scope="session")
def plain_server(planted: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The model looks at a photo as a whole: R = 1."""
    return server_of(planted, FakeModel(region_grid=(1, 1)), tmp_path_factory)


@pytest.fixture(scope="session")
def dot_server(planted: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The model ranks by the inner product."""
    return server_of(planted, FakeModel(score="dot"), tmp_path_factory)


def server_of(
    catalog: Catalog, model: FakeModel, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    home = tmp_path_factory.mktemp("home")
    table = EmbeddingTable.build(model, catalog, Workspace(home), home / "table")
    return Server(catalog, model, table)
