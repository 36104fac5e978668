"""The never-shown shelf: where a product comes nearest, what blocks it, and the list without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.catalog.stl import read_stl
from recsys.errors import RequestError
from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.evaluation.audit_shelf import blockers, nearest_scenes
from recsys.retrieval.corrections import Correction
from recsys.serving.request import Request
from recsys.workspace import Workspace
from tests.evaluation.conftest import serve
from tests.support.planted import write_planted

DOT = Correction("dot")


@pytest.fixture(scope="module")
def auditor(workspace: Workspace) -> Auditor:
    catalog = read_stl(write_planted(workspace.datasets_dir / "shelf", 25, 40), "shelf")
    return Auditor(serve(catalog, workspace, id="shelf", tau=3.0), workspace)


@pytest.fixture(scope="module")
def audit(auditor: Auditor) -> Audit:
    return auditor.audit(Setting(DOT, k=3))


def test_nearest_against_every_rank_of_the_server(auditor: Auditor, audit: Audit) -> None:
    never = {found.product: found for found in audit.shelf}
    assert set(never) == {
        product
        for product, shown in zip(audit.products, audit.by_product.shown, strict=True)
        if shown == 0
    }
    assert len(never) > 3
    for product, found in never.items():
        ranks = {
            scene: auditor.server.rank_of(Request("scene", scene=scene, scoring=DOT), product)
            for scene in audit.scenes
        }
        assert found.rank == min(rank for rank in ranks.values() if rank)
        assert ranks[found.scene] == found.rank
        assert found.places_to_go == found.rank - 3
        shown = {p: len(audit.shown_to(p)) for p in (q.product for q in audit.list_of(found.scene))}
        assert found.blocker_shown == max(shown.values())
        assert found.blocker is not None
        assert shown[found.blocker] == found.blocker_shown
    ranks_in_order = [found.rank for found in audit.shelf]
    assert ranks_in_order == sorted(ranks_in_order)


@pytest.mark.parametrize(
    "setting", [Setting(DOT, k=3), Setting(k=3), Setting(DOT, k=3, diversity=0.5)]
)
def test_a_list_without_a_product_is_the_servers(auditor: Auditor, setting: Setting) -> None:
    audit = auditor.audit(setting)
    for scene in audit.scenes[:6]:
        gone = audit.list_of(scene)[1].product
        found = auditor.without(audit, scene, gone)
        request = Request(
            "scene",
            scene=scene,
            k=3,
            scoring=setting.correction or "model",
            diversity=setting.diversity,
            exclude=(gone,),
        )
        assert tuple(p.product for p in found) == auditor.server.recommend(request).products
        assert [place.rank for place in found] == [1, 2, 3]


def test_the_next_in_line_gets_the_blockers_place(auditor: Auditor, audit: Audit) -> None:
    first = audit.shelf[0]
    assert first.places_to_go == 1
    assert first.blocker is not None
    found = [place.product for place in auditor.without(audit, first.scene, first.blocker)]
    assert found[-1] == first.product
    assert first.blocker not in found


def test_under_a_cap_nobody_gets_what_is_at_it(auditor: Auditor) -> None:
    audit = auditor.audit(Setting(DOT, k=3, cap=1.5))
    assert audit.cap is not None
    full = {
        product
        for product, shown in zip(audit.products, audit.by_product.shown, strict=True)
        if shown >= audit.cap
    }
    for scene in audit.scenes:
        before = [place.product for place in audit.list_of(scene)]
        after = [p.product for p in auditor.without(audit, scene, before[0])]
        assert set(before[1:]) <= set(after)
        assert before[0] not in after
        assert not (set(after) - set(before)) & full


def test_unknown_names(auditor: Auditor, audit: Audit) -> None:
    with pytest.raises(RequestError, match="no scene 'nowhere' with a picture in this audit"):
        auditor.without(audit, "nowhere", audit.products[0])
    with pytest.raises(RequestError, match="no product 'nothing'"):
        auditor.without(audit, audit.scenes[0], "nothing")
    with pytest.raises(RequestError, match="no product"):
        audit.shown_to("nothing")


def test_everything_is_shown(auditor: Auditor) -> None:
    assert auditor.audit(Setting(k=40)).shelf == ()


@given(
    seed=st.integers(0, 1000),
    scenes=st.integers(1, 6),
    products=st.integers(1, 12),
    k=st.integers(1, 14),
)
def test_nearest_by_hand(seed: int, scenes: int, products: int, k: int) -> None:
    """Few different scores, so that there are ties of every kind."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (scenes, products)).astype(np.float32)
    wanted = np.flatnonzero(rng.random(products) < 0.6)
    found = nearest_scenes(iter(scores), wanted, k)
    for at, product in enumerate(wanted):
        best: tuple[int, float, int] | None = None
        for scene, row in enumerate(scores.tolist()):
            order = sorted(range(products), key=lambda p, row=row: (-row[p], p))
            gap = np.inf if k > products else row[order[k - 1]] - row[product]
            candidate = (order.index(product) + 1, gap, scene)
            best = candidate if best is None else min(best, candidate)
        assert best is not None
        assert (found.rank[at], found.scene[at]) == (best[0], best[2])
        assert np.isnan(found.gap[at]) if np.isinf(best[1]) else found.gap[at] == best[1]


def test_blockers_by_hand() -> None:
    lists = np.array([[0, 1, 2], [3, 4, -1], [-1, -1, -1]])
    shown = np.array([5, 9, 9, 1, 0])
    # of equals the one furthest down; a short list's empty places block nothing
    assert blockers(lists, shown, np.array([0, 1, 2, -1])).tolist() == [2, 3, -1, -1]
    assert blockers(np.empty((2, 0), np.int32), shown, np.array([0])).tolist() == [-1]
