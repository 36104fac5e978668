"""A model against another: counted by hand, and as a process."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from recsys import processes
from recsys.evaluation import contest
from recsys.evaluation.contest import by_category, grouped
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Request, Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel
from tests.support.shop import NAME, planted_server, planted_workspace


def blind(own: Server, workspace: Workspace) -> Server:
    """A model that sees other colours than there are, so that it finds other products."""
    fake = FakeModel(id="other", tau=2.0)
    table = EmbeddingTable.build(fake, own.catalog, workspace, workspace.root / "other")
    return Server(own.catalog, fake, replace(table, products=table.products[::-1].copy()))


@pytest.fixture
def workspace() -> Workspace:
    return Workspace.default()


@pytest.fixture
def own(workspace: Workspace) -> Server:
    planted_workspace(workspace)
    return planted_server(NAME, "fake", workspace)


def test_categories_are_counted_pair_by_pair(own: Server, workspace: Workspace) -> None:
    servers = [own, blind(own, workspace)]
    found = by_category(servers, "all", workspace)
    catalog = own.catalog
    hits: list[dict[str, list[bool]]] = [defaultdict(list), defaultdict(list)]
    for number, server in enumerate(servers):
        for row, scene in enumerate(catalog.scenes):
            # every right product on its own: the others of the look are out of the race
            right = [catalog.products[product].id for product in catalog.products_of(row)]
            ranked = server.recommend(Request("scene", scene=scene.id, k=60)).products
            for product in right:
                race = [name for name in ranked if name == product or name not in right]
                path = catalog.categories[catalog.category_of[catalog.product_row(product)]]
                hits[number][path].append(race.index(product) < contest.K)
    assert set(found) == set(hits[0])
    for path, one in found.items():
        shares = [sum(side[path]) / len(side[path]) for side in hits]
        assert one["pairs"] == len(hits[0][path])
        assert one["new"]["value"] == pytest.approx(shares[0])
        assert one["live"]["value"] == pytest.approx(shares[1])
        assert one["difference"]["value"] == pytest.approx(shares[0] - shares[1])
        assert one["difference"]["low"] <= one["difference"]["value"] <= one["difference"]["high"]
    assert any(one["difference"]["value"] > 0 for one in found.values())


def test_groups_are_few() -> None:
    paths = [f"Home|Room {number % 5}|Thing {number}" for number in range(40)]
    assert set(grouped(paths)) == {f"Home|Room {number}" for number in range(5)}
    assert grouped(["A|B", "A|C"]) == ["A|B", "A|C"]
    assert grouped(["A", "A|C"]) == ["A", "A|C"]
    assert set(grouped([f"A|{number}" for number in range(40)])) == {"A"}
    assert grouped([]) == []


def test_it_tells_how_far_it_is_and_why_it_failed(own: Server, workspace: Workspace) -> None:
    assert contest.look(workspace, "one", NAME, "fake").stage == "none"
    contest.begin(workspace, "nothing-there", NAME, "")
    contest.begin(workspace, "nothing-there", NAME, "")  # is the same one
    folder = next((workspace.cache_dir / "contests").iterdir())
    processes.wait(folder, 60)
    found = contest.look(workspace, "nothing-there", NAME, "")
    assert found.stage == "failed"
    assert "no model 'nothing-there'" in found.reason
