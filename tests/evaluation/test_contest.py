"""A model against another: counted by hand, and as a process."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys import processes
from recsys.catalog.splits import split_scenes
from recsys.evaluation import contest
from recsys.evaluation.audit import Audit, Auditor
from recsys.evaluation.audit_setting import Setting
from recsys.evaluation.contest import Match, by_category, grouped
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Request, Server
from recsys.serving.spelling import parse_correction
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


def fitted_to(own: Server, workspace: Workspace, name: str, scenes: list[str], data: str) -> Server:
    """A model that says it was trained on these looks of some data."""
    info = {"trained_on": {"fingerprint": data}}
    fake = FakeModel(id=name, fingerprint=name, scenes_seen=frozenset(scenes), info=info)
    folder = workspace.root / f"embeddings-{name}"
    return Server(own.catalog, fake, EmbeddingTable.build(fake, own.catalog, workspace, folder))


def entered(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, servers: dict[str, Server]
) -> None:
    """Makes models known by name that open as these."""
    monkeypatch.setattr("recsys.serving.open.open_server", lambda data, model, *_: servers[model])
    for model in servers:
        (workspace.models_dir / model).mkdir(parents=True)
        (workspace.models_dir / model / "model.json").write_text("{}")


def test_no_look_counts_that_the_live_model_learnt_from(
    own: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = split_scenes(own.catalog, workspace)
    names = [scene.id for scene in own.catalog.scenes]
    train, test = ([names[row] for row in split.rows(part)] for part in ("train", "test"))
    assert len(test) > 1
    new = fitted_to(own, workspace, "new", train, own.catalog.fingerprint)
    live = fitted_to(own, workspace, "live", [*train, test[0]], "elsewhere")
    entered(workspace, monkeypatch, {"new": new, "live": live})
    result = contest.measured(workspace, Match("new", NAME, "live", "nnn=0.5"))
    assert result["part"] == "test"
    assert result["scenes"] == result["served"]["scenes"] == len(test) - 1
    # on all looks: neither what the one learnt from nor what the other did
    elsewhere = fitted_to(own, workspace, "third", [train[0]], "somewhere")
    servers = {"third": elsewhere, "fourth": fitted_to(own, workspace, "fourth", test[:1], "x")}
    entered(workspace, monkeypatch, servers)
    result = contest.measured(workspace, Match("third", NAME, "fourth"))
    assert result["part"] == "all"
    assert result["scenes"] == len(names) - 2


def test_of_many_categories_one_is_not_worse_by_chance() -> None:
    draws = np.random.default_rng(0).normal(2.2, 1.0, 2000)  # 0 is just outside of 95 %
    assert contest.clearly(draws, 1) == "better"
    assert contest.clearly(-draws, 1) == "worse"
    assert contest.clearly(-draws, 12) == ""
    assert contest.clearly(-draws - 3, 12) == "worse"
    assert contest.clearly(np.full(5, np.nan), 1) == ""


@pytest.mark.parametrize(
    "scorings", [("", ""), ("nnn=0.5", "nnn=0.5"), ("", "nnn=0.5"), ("dot", "nnn=0.5")]
)
def test_lists_are_measured_as_they_are_and_would_be_served(
    own: Server, workspace: Workspace, scorings: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {"fake": own, "other": blind(own, workspace)}
    entered(workspace, monkeypatch, others)
    match = Match("fake", NAME, "other", *scorings)
    result = contest.measured(workspace, match)
    corrections = [parse_correction(scoring) if scoring else None for scoring in scorings]
    audits = [
        Auditor(server, workspace).audit(Setting(correction, k=10, part=result["part"]))
        for server, correction in zip(others.values(), corrections, strict=True)
    ]
    unseen = audits[0].sample.unseen & audits[1].sample.unseen
    recalls = [float(audit.per_scene.recall[unseen].mean()) for audit in audits]
    served = result["served"]
    assert served["scenes"] == int(unseen.sum())
    assert [served[side]["value"] for side in ("new", "live")] == pytest.approx(recalls)
    assert served["difference"]["value"] == pytest.approx(recalls[0] - recalls[1])
    assert served["difference"]["low"] <= served["difference"]["value"]
    assert served["difference"]["high"] >= served["difference"]["value"]
    assert [side["value"] for side in result["exposure"]["excess_gini"]] == [
        audit.figures["excess_gini"].value for audit in audits
    ]
    assert result["fingerprint"] == own.catalog.fingerprint
    assert set(result["figures"]["recall@10"]) == {"new", "live", "difference"}
    if match.is_corrected:
        assert_categories_of_lists(result["categories"], audits, unseen)
    else:
        assert result["categories"] == by_category(list(others.values()), result["part"], workspace)


def assert_categories_of_lists(
    found: dict[str, Any], audits: list[Audit], unseen: NDArray[np.bool_]
) -> None:
    """Counted by hand in the very lists."""
    catalog = audits[0].catalog
    hits: list[dict[str, list[bool]]] = [defaultdict(list), defaultdict(list)]
    for number, audit in enumerate(audits):
        ids = [catalog.products[row].id for row in audit.sample.product_rows]
        for at in np.nonzero(unseen)[0]:
            listed = {ids[position] for position in audit.lists[at]}
            for row in catalog.products_of(int(audit.sample.scene_rows[at])):
                path = catalog.categories[catalog.category_of[row]]
                hits[number][path].append(catalog.products[row].id in listed)
    assert set(found) == set(hits[0])
    for path, one in found.items():
        assert one["pairs"] == len(hits[0][path])
        for side, mine in zip(("new", "live"), hits, strict=True):
            assert one[side]["value"] == pytest.approx(np.mean(mine[path]))


def test_groups_are_few() -> None:
    paths = [f"Home|Room {number % 5}|Thing {number}" for number in range(40)]
    assert set(grouped(paths)) == {f"Home|Room {number}" for number in range(5)}
    assert grouped(["A|B", "A|C"]) == ["A|B", "A|C"]
    assert grouped(["A", "A|C"]) == ["A", "A|C"]
    assert set(grouped([f"A|{number}" for number in range(40)])) == {"A"}
    assert grouped([]) == []


def test_it_tells_how_far_it_is_and_why_it_failed(own: Server, workspace: Workspace) -> None:
    assert contest.look(workspace, Match("one", NAME, "fake")).stage == "none"
    match = Match("nothing-there", NAME, "")
    contest.begin(workspace, match)
    contest.begin(workspace, match)  # is the same one
    folder = next((workspace.cache_dir / "contests").iterdir())
    processes.wait(folder, 60)
    found = contest.look(workspace, match)
    assert found.stage == "failed"
    assert "no model 'nothing-there'" in found.reason
