"""Audits: the lists that the server gives, and figures as anyone computes from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.evaluation.audit_words import FIGURES
from recsys.evaluation.report import evaluate
from recsys.retrieval.corrections import NAMES, Correction
from recsys.serving.request import Request
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.evaluation import audit_oracle as oracle
from tests.evaluation.conftest import serve
from tests.support.planted import write_planted

SCENES, PRODUCTS = 60, 40


@pytest.fixture(scope="module")
def many(workspace: Workspace) -> Catalog:
    folder = write_planted(workspace.datasets_dir / "many", SCENES, PRODUCTS)
    return read_stl(folder, "many")


def trained(catalog: Catalog, workspace: Workspace, **said: Any) -> Server:
    train = split_scenes(catalog, workspace).rows("train")
    return serve(
        catalog,
        workspace,
        scenes_seen=frozenset(catalog.scenes[row].id for row in train),
        info={"trained_on": {"fingerprint": catalog.fingerprint}},
        **said,
    )


@pytest.fixture(scope="module")
def auditors(many: Catalog, workspace: Workspace) -> dict[str, Auditor]:
    """Of a model that ranks by cosine, by the inner product, and without regions."""
    servers = {
        "cosine": trained(many, workspace, id="cosine", tau=3.0),
        "dot": trained(many, workspace, id="dot", score="dot", tau=3.0, fingerprint="by dot"),
        "plain": trained(many, workspace, id="plain", region_grid=(1, 1), fingerprint="plain"),
    }
    return {name: Auditor(server, workspace) for name, server in servers.items()}


@pytest.fixture(scope="module")
def auditor(auditors: dict[str, Auditor]) -> Auditor:
    return auditors["cosine"]


def served(auditor: Auditor, setting: Setting, scene: str, k: int | None = None) -> Any:
    return auditor.server.recommend(
        Request(
            "scene",
            scene=scene,
            k=setting.k if k is None else k,
            scoring=setting.correction or "model",
            diversity=setting.diversity,
        )
    ).products


def lists_of(audit: Audit) -> dict[str, tuple[str, ...]]:
    return {s: tuple(place.product for place in audit.list_of(s)) for s in audit.scenes}


class TestLists:
    @pytest.mark.parametrize("name", ["cosine", "dot", "plain"])
    @pytest.mark.parametrize("correction", [None, *(Correction(name) for name in NAMES)])
    def test_are_those_of_the_server(
        self, auditors: dict[str, Auditor], name: str, correction: Correction | None
    ) -> None:
        for setting in (
            Setting(correction),
            Setting(correction, k=1),
            Setting(correction, k=100),
            Setting(correction, diversity=0.4, k=5),
            Setting(correction, diversity=1),
        ):
            audit = auditors[name].audit(setting)
            assert audit.lists.shape == (SCENES, min(setting.k, PRODUCTS))
            for scene, found in lists_of(audit).items():
                assert found == served(auditors[name], setting, scene), (setting, scene)

    @pytest.mark.parametrize("m", [1, 1.5, 3])
    def test_a_cap_is_its_definition(self, auditor: Auditor, m: float) -> None:
        for correction in (None, Correction("nnn")):
            setting = Setting(correction, cap=m, k=6)
            audit = auditor.audit(setting)
            orders = [served(auditor, setting, scene, PRODUCTS) for scene in audit.scenes]
            expected = oracle.capped(orders, 6, PRODUCTS, m)
            assert [list(found) for found in lists_of(audit).values()] == expected
            assert audit.cap is not None
            assert audit.over_cap >= 0
            if audit.over_cap == 0:
                assert audit.by_product.shown.max() <= audit.cap

    def test_a_part_has_the_same_lists(self, auditor: Auditor, workspace: Workspace) -> None:
        whole = lists_of(auditor.audit(Setting()))
        split = split_scenes(auditor.server.catalog, workspace)
        for part in ("train", "validation", "test"):
            audit = auditor.audit(Setting(part=part))  # type: ignore[arg-type]
            rows = split.rows(part)  # type: ignore[arg-type]
            assert audit.scenes == tuple(auditor.server.catalog.scenes[row].id for row in rows)
            assert lists_of(audit) == {scene: whole[scene] for scene in audit.scenes}

    def test_diversity_under_a_cap_keeps_both(self, auditor: Auditor) -> None:
        audit = auditor.audit(Setting(diversity=0.3, cap=1.2))
        assert audit.cap is not None
        assert audit.by_product.shown.max() <= audit.cap + audit.over_cap
        assert all(len(set(found)) == 10 for found in lists_of(audit).values())
        loose = auditor.audit(Setting(diversity=0.3, cap=1000))
        assert lists_of(loose) == lists_of(auditor.audit(Setting(diversity=0.3)))


@pytest.fixture(scope="module")
def audit(auditor: Auditor) -> Audit:
    return auditor.audit(Setting(Correction("dot"), k=5))


class TestFigures:
    """From the lists as strings, by other formulas."""

    def test_exposure(self, audit: Audit) -> None:
        lists = lists_of(audit)
        shown = oracle.times_shown(lists, audit.products)
        counts = list(shown.values())
        total = sum(counts)
        figures = {key: audit.figures[key].value for key in FIGURES}
        assert audit.by_product.shown.tolist() == counts
        assert total == SCENES * 5
        assert figures["gini"] == pytest.approx(oracle.gini(counts))
        assert figures["never_shown"] == counts.count(0)
        assert figures["coverage"] == pytest.approx(1 - counts.count(0) / PRODUCTS)
        assert figures["largest_share"] == max(counts) / SCENES
        assert figures["top_share"] == max(counts) / total  # 1 % of 40 products is one
        assert figures["effective_catalogue"] == pytest.approx(oracle.effective_catalogue(counts))
        mean = total / PRODUCTS
        assert figures["hub_share"] == pytest.approx(
            sum(n for n in counts if n >= 2 * mean) / total
        )
        assert figures["robin_hood"] == pytest.approx(
            sum(abs(n - mean) for n in counts) / 2 / total
        )
        pairs = [
            len(set(a) & set(b)) / 5
            for at, a in enumerate(lists.values())
            for b in list(lists.values())[:at]
        ]
        assert figures["personalisation"] == pytest.approx(1 - sum(pairs) / len(pairs))

    def test_popularity(self, auditor: Auditor, audit: Audit, many: Catalog) -> None:
        frequency = dict.fromkeys(audit.products, 0)
        right = self.right(many)
        assert auditor.server.model is not None
        for scene in auditor.server.model.scenes_seen:
            for product in right[scene]:
                frequency[product] += 1
        assert audit.by_product.frequency.tolist() == list(frequency.values())
        lists = lists_of(audit)
        shown = oracle.average_popularity(lists, frequency)
        true = oracle.average_popularity(
            {scene: sorted(products) for scene, products in right.items()}, frequency
        )
        assert audit.figures["average_popularity"].value == pytest.approx(shown)
        assert audit.figures["popularity_lift"].value == pytest.approx(shown / true - 1)
        assert audit.figures["average_popularity"].chance == pytest.approx(
            sum(frequency.values()) / PRODUCTS
        )

    def test_quality_is_counted_over_test_scenes_alone(
        self, audit: Audit, many: Catalog, workspace: Workspace
    ) -> None:
        test = [many.scenes[row].id for row in split_scenes(many, workspace).rows("test")]
        lists, right = lists_of(audit), self.right(many)
        assert audit.unseen_scenes == len(test)
        assert f"Over {len(test)} scenes of the test part" in audit.quality_note
        for key, expected in (
            ("recall", oracle.recall(lists, right, test)),
            ("ndcg", oracle.ndcg(lists, right, test)),
            ("mrr", oracle.mrr(lists, right, test)),
        ):
            figure = audit.figures[key]
            assert figure.value == pytest.approx(expected), key
            assert figure.low is not None
            assert figure.high is not None
            assert figure.low <= expected <= figure.high

    def test_recall_is_that_of_evaluate(self, auditor: Auditor, workspace: Workspace) -> None:
        report = evaluate(auditor.server, "test", workspace=workspace).record
        found = auditor.audit(Setting()).figures["recall"]
        expected = report["figures"]["recall@10"]
        assert [found.value, found.low, found.high] == [
            pytest.approx(expected[name]) for name in ("value", "low", "high")
        ]

    def test_right_and_wanted(self, auditor: Auditor, audit: Audit, many: Catalog) -> None:
        lists, right = lists_of(audit), self.right(many)
        for at, product in enumerate(audit.products):
            hits = [s for s in lists if product in lists[s] and product in right[s]]
            assert audit.by_product.right[at] == len(hits)
            assert audit.by_product.wanted[at] == sum(product in found for found in right.values())
            showings = audit.shown_to(product)
            assert [(found.scene, found.rank) for found in showings] == sorted(
                ((s, lists[s].index(product) + 1) for s in lists if product in lists[s]),
                key=lambda pair: (pair[1], pair[0]),
            )
            assert [found.scene for found in showings if found.right] == [
                found.scene for found in showings if found.scene in hits
            ]
        assert auditor.server.model is not None
        trained_on = len(auditor.server.model.scenes_seen)
        assert f"over the {SCENES} of {SCENES} scenes" in audit.right_note
        assert f"the model was trained on {trained_on} of them" in audit.right_note

    def test_times_shown_under_either_score(self, auditor: Auditor, audit: Audit) -> None:
        for name, counts in (
            ("dot", audit.by_product.shown_dot),
            ("cosine", audit.by_product.shown_cosine),
        ):
            other = auditor.audit(Setting(Correction(name), k=5))  # type: ignore[arg-type]
            assert counts.tolist() == other.by_product.shown.tolist()
        lost = np.maximum(audit.by_product.shown_dot - audit.by_product.shown_cosine, 0).sum()
        assert audit.figures["norm_attributable"].value == pytest.approx(lost / (5 * SCENES))

    def test_categories_add_up(self, audit: Audit) -> None:
        rows = audit.categories
        assert sum(row.products for row in rows) == PRODUCTS
        assert sum(row.shown for row in rows) == 5 * SCENES
        assert sum(row.share_of_shown or 0 for row in rows) == pytest.approx(1)
        assert sum(row.share_of_demand or 0 for row in rows) == pytest.approx(1)
        assert PRODUCTS - sum(row.covered for row in rows) == len(audit.shelf)
        assert [row.shown for row in rows] == sorted((row.shown for row in rows), reverse=True)
        plain = next(row for row in rows if row.category == "Planted|Plain")
        members = [p.id for p in audit.catalog.products if p.category == "Planted|Plain"]
        shown = oracle.times_shown(lists_of(audit), audit.products)
        assert plain.shown == sum(shown[name] for name in members)

    def test_curves(self, audit: Audit) -> None:
        for curve in (audit.lorenz, audit.lorenz_chance, audit.lorenz_demand):
            assert curve is not None
            assert curve.shape == (PRODUCTS + 1,)
            assert (curve[0], curve[-1]) == (0, pytest.approx(1))
        assert audit.lorenz is not None
        area = np.trapezoid(audit.lorenz, dx=1 / PRODUCTS)
        assert audit.figures["gini"].value == pytest.approx(1 - 2 * area)

    def test_hubs_have_causes(self, audit: Audit) -> None:
        assert set(audit.causes) == set(np.flatnonzero(audit.by_product.hub).tolist())
        assert {cause.main for cause in audit.causes.values()} & {"large norm"}

    @pytest.mark.parametrize(
        "setting",
        [
            Setting(),
            Setting(Correction("popularity", 0.5)),
            Setting(Correction("inverted-softmax", 80.0)),
            Setting(Correction("nnn")),
            Setting(diversity=0.7),
            Setting(Correction("dot"), diversity=0.7),
            Setting(cap=2),
        ],
        ids=lambda setting: setting.text,
    )
    def test_no_hub_is_put_down_to_a_length_that_does_not_count(
        self, auditor: Auditor, setting: Setting
    ) -> None:
        found = auditor.audit(setting)
        assert all("large norm" not in cause.causes for cause in found.causes.values())

    def test_the_own_score_of_a_model_by_dot_counts_lengths(
        self, auditors: dict[str, Auditor]
    ) -> None:
        causes = auditors["dot"].audit(Setting()).causes.values()
        assert any(cause.main == "large norm" for cause in causes)

    @staticmethod
    def right(catalog: Catalog) -> dict[str, set[str]]:
        return {
            scene.id: {catalog.products[p].id for p in catalog.products_of(row)}
            for row, scene in enumerate(catalog.scenes)
        }
