"""What an audit says, beside another, and as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from recsys.catalog.stl import read_stl
from recsys.errors import RequestError
from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.evaluation.audit_compare import compare
from recsys.evaluation.audit_figures import Figure
from recsys.evaluation.audit_json import record
from recsys.evaluation.audit_render import render, render_comparison
from recsys.evaluation.audit_words import (
    FIGURES,
    difference_text,
    figure_text,
    headline,
    title_of,
    value_text,
)
from recsys.retrieval.corrections import Correction
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.evaluation.conftest import serve
from tests.support.planted import write_planted


@pytest.fixture(scope="module")
def auditor(workspace: Workspace) -> Auditor:
    catalog = read_stl(write_planted(workspace.datasets_dir / "words", 60, 40), "words")
    return Auditor(serve(catalog, workspace, id="words", tau=3.0), workspace)


@pytest.fixture(scope="module")
def audit(auditor: Auditor) -> Audit:
    return auditor.audit(Setting())


def drawn(renderable: Any, width: int = 120) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(renderable)
    return stream.getvalue()


class TestHeadline:
    @staticmethod
    def figures(excess: float | None, top: float | None, chance: float | None) -> Any:
        return {
            "excess_gini": Figure(excess, 0.0),
            "top_share": Figure(top, chance),
            "never_shown": Figure(3, 0.4),
            "largest_share": Figure(0.2, 0.03),
        }

    @pytest.mark.parametrize(
        ("excess", "top", "verdict"),
        [
            (0.0, 0.01, "none"),
            (-0.2, 0.005, "none"),
            (0.149, 0.0199, "none"),
            (0.15, 0.01, "some"),
            (0.0, 0.02, "some"),
            (0.349, 0.0499, "some"),
            (0.35, 0.01, "strong"),
            (0.0, 0.05, "strong"),
        ],
    )
    def test_thresholds(self, excess: float, top: float, verdict: str) -> None:
        found = headline(self.figures(excess, top, 0.01), 30, 520)
        assert found.verdict == verdict
        assert len(found.reasons) == 4
        assert "(5 products) take" in found.reasons[0]
        assert "3 of 520 products are never shown" in found.reasons[1]

    @pytest.mark.parametrize(
        ("figures", "scenes"),
        [((0.0, 0.01, 0.01), 29), ((None, None, None), 100), ((0.0, 0.01, None), 100)],
    )
    def test_no_data_never_reads_as_no_bias(self, figures: Any, scenes: int) -> None:
        found = headline(self.figures(*figures), scenes, 520)
        assert found.verdict == "unknown"
        assert "Too little data" in found.text
        assert "no popular-item problem" not in found.text


class TestWords:
    def test_every_figure_has_them(self, audit: Audit) -> None:
        assert list(FIGURES) == [key for key in FIGURES if key in audit.figures]
        assert set(audit.figures) == set(FIGURES)
        for info in FIGURES.values():
            assert info.title
            assert info.formula
            assert info.chance
            assert info.meaning
        assert title_of("recall", 7) == "Recall@7"

    @pytest.mark.parametrize(
        ("key", "value", "text"),
        [
            ("top_share", 0.0982, "9.8 %"),
            ("never_shown", 1234.0, "1,234"),
            ("excess_gini", 0.2294, "0.229"),
            ("effective_catalogue", 435.71, "435.7"),
            ("popularity_lift", -0.351, "−0.35"),
            ("popularity_lift", 0.351, "+0.35"),
            ("excess_gini", -0.5782, "−0.578"),
            ("recall", None, "–"),
        ],
    )
    def test_values(self, key: str, value: float | None, text: str) -> None:
        assert value_text(key, value) == text

    def test_intervals_and_differences(self) -> None:
        assert figure_text("recall", Figure(0.5, 0.02, 0.4, 0.6)) == "0.500 (0.400 to 0.600)"
        assert figure_text("recall", Figure(None)) == "–"
        assert difference_text("coverage", -0.012) == "−1.2 points"
        assert difference_text("never_shown", 4) == "+4"
        assert difference_text("popularity_lift", -0.25) == "−0.25"
        assert difference_text("recall", None) == "–"
        assert difference_text("recall", -0.0421) == "−0.042"
        assert difference_text("recall", -0.0002) == "0.000"


class TestCompare:
    def test_with_itself(self, audit: Audit) -> None:
        found = compare(audit, audit)
        assert set(found.differences) == set(FIGURES)
        assert {d.value for d in found.differences.values()} <= {0.0, None}
        for key in ("recall", "ndcg", "mrr", "average_popularity", "tail_share"):
            assert (found.differences[key].low, found.differences[key].high) in (
                (0, 0),
                (None, None),
            )

    def test_two_settings(self, auditor: Auditor, audit: Audit) -> None:
        other = auditor.audit(Setting(Correction("dot")))
        found = compare(audit, other)
        for key, difference in found.differences.items():
            mine, theirs = audit.figures[key].value, other.figures[key].value
            if mine is None or theirs is None:
                assert difference.value is None
                assert difference.note
                continue
            assert difference.value == pytest.approx(mine - theirs)
            has_interval = key in ("recall", "ndcg", "mrr", "average_popularity", "tail_share")
            assert (difference.low is not None) == has_interval, key
            assert bool(difference.note) != has_interval
            if difference.low is not None and difference.high is not None:
                assert difference.low <= difference.value <= difference.high
        assert "not sound" in found.differences["gini"].note
        gain = found.differences["recall"]
        back = compare(other, audit).differences["recall"]
        assert (gain.low, gain.high) == (-(back.high or 0), -(back.low or 0))

    def test_two_models_over_what_neither_has_seen(
        self, auditor: Auditor, audit: Audit, workspace: Workspace
    ) -> None:
        catalog = auditor.server.catalog
        fair = [s for s, f in zip(audit.scenes, audit.sample.unseen, strict=True) if f]
        rival = serve(
            catalog, workspace, id="rival", scenes_seen=frozenset(fair[::2]), region_grid=(1, 1)
        )
        other = Auditor(rival, workspace).audit(Setting())
        found = compare(audit, other)
        both = audit.sample.unseen & other.sample.unseen
        assert 0 < found.unseen_scenes == both.sum() < audit.unseen_scenes
        assert found.differences["recall"].one == pytest.approx(
            np.nanmean(audit.per_scene.recall[both])
        )

    def test_what_cannot_be_compared(self, auditor: Auditor, audit: Audit) -> None:
        with pytest.raises(RequestError, match="k is 10 on one side and 3 on the other"):
            compare(audit, auditor.audit(Setting(k=3)))
        with pytest.raises(RequestError, match="other lists or products"):
            compare(audit, auditor.audit(Setting(part="train")))


class TestJson:
    def test_holds_everything(self, auditor: Auditor) -> None:
        audit = auditor.audit(Setting(Correction("dot"), k=3))
        found = json.loads(json.dumps(record(audit), allow_nan=False))
        assert {row["product"] for row in found["by_product"]} == set(audit.products)
        shown = [row["shown"] for row in found["by_product"]]
        assert shown == sorted(shown, reverse=True)
        assert sum(shown) == 3 * found["scenes"]["count"] == 180
        assert (
            len(found["never_shown"]) == shown.count(0) == found["figures"]["never_shown"]["value"]
        )
        for hub in found["hubs"]:
            assert len(hub["shown_to"]) == hub["shown"]
            assert hub["shown"] >= 2 * 180 / 40
            assert hub["cause"]["shown"] == hub["shown"]
        assert found["setting"]["scoring"] == "dot"
        for curve in found["lorenz"].values():
            assert len(curve) == 101
        assert all(figure["formula"] for figure in found["figures"].values())

    def test_no_data_is_null(self, server: Server, workspace: Workspace) -> None:
        audit = Auditor(server, workspace).audit(Setting(part="train"))
        found = json.loads(json.dumps(record(audit), allow_nan=False))
        assert found["figures"]["recall"]["value"] is None
        assert found["figures"]["recall"]["low"] is None


class TestTables:
    @pytest.mark.parametrize("width", [80, 120])
    def test_an_audit(self, auditor: Auditor, width: int) -> None:
        audit = auditor.audit(Setting(Correction("dot"), k=3))
        text = drawn(render(audit), width)
        assert audit.headline.text.split(":")[0] in text
        assert max(len(line) for line in text.splitlines()) <= width
        for words in ("by chance", "Shown most", "Never shown: ", "By category", "large"):
            assert words in text
        assert value_text("excess_gini", audit.figures["excess_gini"].value) in text

    def test_a_comparison(self, auditor: Auditor, audit: Audit) -> None:
        text = drawn(render_comparison(compare(audit, auditor.audit(Setting(Correction("dot"))))))
        for words in ("the model's own score", "dot", "difference", "Recall@10", "points"):
            assert words in text

    def test_nothing_from_data_becomes_markup(self, audit: Audit) -> None:
        hostile = "[red]x[/red]"
        products = [replace(p, title=hostile) for p in audit.catalog.products]
        catalog = type(audit.catalog)(
            hostile,
            products,
            audit.catalog.scenes,
            audit.catalog.pair_scene,
            audit.catalog.pair_product,
            audit.catalog.pair_box,
        )
        text = drawn(render(replace(audit, catalog=catalog, model=hostile)))
        assert text.count(hostile) >= 3

    def test_a_cap_that_did_not_hold_is_said(self, audit: Audit) -> None:
        text = drawn(render(replace(audit, cap=4, over_cap=7)))
        assert "7 places were filled beyond the cap of 4" in text
