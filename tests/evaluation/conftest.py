"""The planted catalogue, and the fake model that serves it."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("evaluation"))


@pytest.fixture(scope="module")
def catalog(workspace: Workspace) -> Catalog:
    return read_stl(write_planted(workspace.datasets_dir / "planted"), "planted")


def serve(catalog: Catalog, workspace: Workspace, **said: Any) -> Server:
    model = FakeModel(**said)
    table = EmbeddingTable.build(model, catalog, workspace, workspace.root / "t" / model.id)
    return Server(catalog, model, table)


@pytest.fixture(scope="module")
def server(catalog: Catalog, workspace: Workspace) -> Server:
    train = split_scenes(catalog, workspace).rows("train")
    return serve(
        catalog,
        workspace,
        id="mean-colour",
        scenes_seen=frozenset(catalog.scenes[row].id for row in train),
        info={"preset": "regions", "trained_on": {"fingerprint": catalog.fingerprint}},
    )
