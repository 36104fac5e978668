"""Measuring a model against another, and the way there and back, without the pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from recsys import processes
from recsys.errors import ModelError, RequestError
from recsys.learning import tracking
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Request, Server
from recsys.ui.resources import Live
from recsys.ui.training import contest, going_live
from recsys.ui.training.contest import by_category, grouped
from recsys.workspace import LiveCorrection, LivePointer, Workspace
from tests.support.fake_model import FakeModel
from tests.support.shop import NAME, SINCE, planted_pointer, planted_server


def blind(live: Live, workspace: Workspace) -> Server:
    """A model that sees other colours than there are, so that it finds other products."""
    fake = FakeModel(id="other", tau=2.0)
    table = EmbeddingTable.build(fake, live.catalog, workspace, workspace.root / "other")
    return Server(live.catalog, fake, replace(table, products=table.products[::-1].copy()))


def test_categories_are_counted_pair_by_pair(live: Live, workspace: Workspace) -> None:
    servers = [live.server, blind(live, workspace)]
    found = by_category(servers, "all", workspace)
    catalog = live.catalog
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


@pytest.fixture
def shop(live: Live, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose models all open as the stand-in."""
    monkeypatch.setattr(going_live, "open_server", planted_server)
    monkeypatch.setattr(going_live, "open_pointer", planted_pointer)
    for name in ("one", "two"):
        folder = workspace.model_dir(name)
        folder.mkdir(parents=True)
        (folder / "model.json").write_text("{}")
    return workspace


def looking(workspace: Workspace) -> Live:
    """What a person sees now."""
    pointer = workspace.live()
    return Live(planted_server(NAME, "fake", workspace), SINCE, pointer=pointer)


def test_the_way_back_has_the_correction_too(shop: Workspace) -> None:
    correction = LiveCorrection("center", None, "v1", "m", "p", "b")
    shop.set_live(LivePointer("fake", NAME, SINCE, correction))
    going_live.put_live(looking(shop), shop, "one", NAME, "me")
    earlier = going_live.previous(shop)
    assert earlier == LivePointer("fake", NAME, SINCE, correction)
    going_live.go_back(looking(shop), shop, "me")
    now = shop.live()
    assert now is not None
    assert (now.model, now.correction) == ("fake", correction)
    assert now.since != SINCE


def test_what_a_command_put_live_has_a_way_back(shop: Workspace) -> None:
    going_live.put_live(looking(shop), shop, "one", NAME, "me")
    shop.set_live(LivePointer("two", NAME, "2026-07-01T00:00:00+00:00"))
    earlier = going_live.previous(shop)
    assert earlier is not None
    assert earlier.model == "one"


def test_a_crash_between_the_steps_loses_nothing(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever step it ends, a model is live, and what is offered as earlier is another."""
    going_live.put_live(looking(shop), shop, "one", NAME, "me")

    def dies(*_: object, **__: object) -> LivePointer:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(going_live, "promote", dies)
        with pytest.raises(OSError, match="no space"):
            going_live.put_live(looking(shop), shop, "two", NAME, "me")
    now, earlier = shop.live(), going_live.previous(shop)
    assert now is not None
    assert now.model == "one"
    assert earlier is None or earlier.model != "one"
    with monkeypatch.context() as patch:
        patch.setattr(going_live, "_note", dies)
        with pytest.raises(OSError, match="no space"):
            going_live.put_live(looking(shop), shop, "two", NAME, "me")
    now, earlier = shop.live(), going_live.previous(shop)
    assert now is not None
    assert now.model == "two"
    assert earlier is not None
    assert earlier.model == "one"


def test_two_at_once_do_not_undo_each_other(shop: Workspace) -> None:
    seen = looking(shop)
    going_live.put_live(seen, shop, "one", NAME, "first")
    with pytest.raises(RequestError, match="meanwhile"):
        going_live.put_live(seen, shop, "two", NAME, "second")
    with pytest.raises(RequestError, match="meanwhile"):
        going_live.go_back(seen, shop, "second")
    assert [entry.who for entry in tracking.promotions(shop)] == ["first"]


def test_a_model_that_is_gone_is_not_gone_back_to(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_live.put_live(looking(shop), shop, "one", NAME, "me")
    before = shop.live()

    def gone(*_: object, **__: object) -> Server:
        raise ModelError("no model 'fake'")

    monkeypatch.setattr(going_live, "open_pointer", gone)
    with pytest.raises(ModelError):
        going_live.go_back(looking(shop), shop, "me")
    assert shop.live() == before


def test_a_contest_tells_how_far_it_is_and_why_it_failed(shop: Workspace) -> None:
    assert contest.look(shop, "one", NAME, "fake").stage == "none"
    contest.begin(shop, "nothing-there", NAME, "")
    contest.begin(shop, "nothing-there", NAME, "")  # is the same one
    folder = next((shop.cache_dir / "contests").iterdir())
    processes.wait(folder, 60)
    found = contest.look(shop, "nothing-there", NAME, "")
    assert found.stage == "failed"
    assert "no model 'nothing-there'" in found.reason
