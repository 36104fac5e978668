"""The front: what every cure costs, measured once, kept, and found again."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.errors import DataError
from recsys.evaluation import front as module
from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_figures import Reference
from recsys.evaluation.audit_words import difference_text, value_text
from recsys.evaluation.front import (
    find_front,
    frequency_is_a_hint,
    front_path,
    grid,
    known_front,
    recommended,
)
from recsys.evaluation.front_render import render
from recsys.evaluation.front_result import ByChance, Front, FrontPoint, Value
from recsys.evaluation.ranking import Positives
from recsys.retrieval.corrections import NAMES
from recsys.workspace import Workspace
from tests.evaluation.conftest import serve
from tests.support.planted import write_planted

CHANCE = ByChance(
    recall=0.01,
    excess_gini=0.0,
    gini=0.5,
    coverage=0.2,
    effective_catalogue=20.0,
    top_share=0.1,
    largest_share=0.1,
    never_shown=8.0,
)
SMALL: dict[Any, Any] = {"dot": (None,), "nnn": (0.5, 1.0), "qb-norm": (20.0,)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("front"))


@pytest.fixture(scope="module")
def auditor(home: Workspace) -> Auditor:
    catalog = read_stl(write_planted(home.datasets_dir / "front", 60, 40), "front")
    train = split_scenes(catalog, home).rows("train")
    server = serve(
        catalog,
        home,
        id="front",
        tau=3.0,
        scenes_seen=frozenset(catalog.scenes[row].id for row in train),
        info={"trained_on": {"fingerprint": catalog.fingerprint}},
    )
    return Auditor(server, home)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRENGTHS", SMALL)
    monkeypatch.setattr(module, "DIVERSITIES", (0.4,))
    monkeypatch.setattr(module, "CAPS", (1.0, 2.0))


def test_the_grid_has_every_cure() -> None:
    settings = grid(7)
    assert settings[0] == Setting(k=7, part="validation")
    named = {setting.correction.name for setting in settings if setting.correction}
    assert named == set(NAMES)
    assert any(setting.diversity for setting in settings)
    assert any(setting.cap for setting in settings)
    assert len(set(settings)) == len(settings)


@pytest.mark.usefixtures("small")
class TestFigures:
    def test_are_those_of_an_audit_of_validation_scenes(
        self, auditor: Auditor, home: Workspace
    ) -> None:
        steps: list[tuple[int, int]] = []
        front = find_front(auditor, home, 5, lambda *step: steps.append(step))
        assert [point.scoring for point in front.points] == [
            *("model", "dot", "nnn=0.5", "nnn=1", "qb-norm=20"),
            *("model", "model", "model"),
        ]
        for point in front.points:
            setting = replace(point.setting(5), part="validation")
            figures = auditor.audit(setting).figures
            assert point.servable == setting.servable
            for key in ("excess_gini", "gini", "coverage", "effective_catalogue", "top_share"):
                assert getattr(point, key) == pytest.approx(figures[key].value), (setting, key)
            assert point.never_shown == pytest.approx(figures["never_shown"].value)
            recall = figures["recall"]
            assert point.recall == Value(recall.value, recall.low, recall.high)
            own = front.points[0].recall.value
            assert point.recall.value is not None
            assert own is not None
            assert point.gain.value == pytest.approx(point.recall.value - own)
        assert front.points[0].gain == Value(0.0, 0.0, 0.0)
        for key, value in asdict(front.by_chance).items():
            assert value == pytest.approx(figures[key].chance), key
        validation = split_scenes(auditor.server.catalog, home).rows("validation")
        assert front.scenes == front.unseen_scenes == len(validation)
        assert front.recommended is not None
        done = [step for step, _ in steps]
        assert done == sorted(done)
        assert steps[-1][0] == steps[-1][1]

    def test_lists_longer_than_the_pool(
        self, auditor: Auditor, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "POOL", 10)
        front = find_front(auditor, home, 25)
        for point in front.points:
            setting = replace(point.setting(25), part="validation")
            recall = auditor.audit(setting).figures["recall"]
            assert point.recall.value == pytest.approx(recall.value), setting

    def test_as_json_and_as_a_table(self, auditor: Auditor, home: Workspace) -> None:
        front = find_front(auditor, home, 5)
        found = json.loads(json.dumps(front.record(), allow_nan=False))
        assert len(found["points"]) == len(front.points)
        console = Console(width=150, record=True, file=io.StringIO())
        console.print(render(front))
        text = console.export_text()
        assert "recall@5" in text
        assert "Recommended: " in text
        assert text.count("→") == 1
        assert f"by chance {value_text('recall', front.by_chance.recall)}" in " ".join(text.split())
        lost = [point.gain.value for point in front.points if (point.gain.value or 0) < -0.001]
        assert lost
        for value in lost:
            assert difference_text("recall", value) in text
            assert f"{value:.3f}" not in text
        empty = replace(front, recommended=None)
        console.print(render(empty))
        assert "nothing is recommended" in console.export_text()


@pytest.mark.usefixtures("small")
class TestKept:
    def test_found_again(
        self, auditor: Auditor, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        front = find_front(auditor, home, 3)
        assert known_front(auditor.server, home, 3) == front
        assert known_front(auditor.server, home, 4) is None
        monkeypatch.setattr(module, "measure_front", lambda *_: pytest.fail("measured again"))
        assert find_front(auditor, home, 3) == front

    def test_another_model_data_or_grid_is_another(
        self, auditor: Auditor, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        catalog = auditor.server.catalog
        paths = {front_path(auditor.server, home, 3)}
        paths.add(front_path(serve(catalog, home, id="x", fingerprint="other"), home, 3))
        other = read_stl(write_planted(home.datasets_dir / "other", 30, 40), "front")
        paths.add(front_path(serve(other, home, id="y"), home, 3))
        monkeypatch.setattr(module, "CAPS", (1.0,))
        paths.add(front_path(auditor.server, home, 3))
        assert len(paths) == 4

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: "",
            lambda text: text[:200],
            lambda text: "[]",
            lambda text: "{}",
            lambda text: text.replace('"gini"', '"gina"'),
            lambda text: text.replace('"k": 3', '"k": 4'),
            lambda text: text.replace('"recommended": ', '"recommended": 1'),
        ],
    )
    def test_a_damaged_one_is_measured_anew(
        self, auditor: Auditor, home: Workspace, damage: Any
    ) -> None:
        front = find_front(auditor, home, 3)
        path = front_path(auditor.server, home, 3)
        text = path.read_text()
        path.write_text(damage(text))
        assert path.read_text() != text
        assert known_front(auditor.server, home, 3) is None
        again = find_front(auditor, home, 3)
        assert again.points == front.points
        assert known_front(auditor.server, home, 3) == again

    @pytest.mark.parametrize(
        "change",
        [
            lambda content: content["points"][0].update(scoring="magic"),
            lambda content: content["points"][0].update(cap=-3),
            lambda content: content["points"][0]["recall"].update(value="0.5"),
            lambda content: content.update(recommended=99),
            lambda content: content.update(points=3),
            lambda content: content.pop("scenes"),
            lambda content: content.pop("by_chance"),
            lambda content: content["by_chance"].update(recall="0.5"),
        ],
    )
    def test_a_sound_file_of_nonsense_is_none(
        self, auditor: Auditor, home: Workspace, change: Any
    ) -> None:
        content = find_front(auditor, home, 3).record()
        content = json.loads(json.dumps(content))
        change(content)
        path = front_path(auditor.server, home, 3)
        kept = path.read_text()
        path.write_text(json.dumps({"content": content, "digest": module._digest(content)}))
        try:
            assert known_front(auditor.server, home, 3) is None
        finally:
            path.write_text(kept)

    def test_whoever_stops_it_leaves_nothing(self, auditor: Auditor, home: Workspace) -> None:
        def stop(done: int, total: int) -> None:
            if done > total / 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            find_front(auditor, home, 2, stop)
        assert known_front(auditor.server, home, 2) is None


def test_no_validation_scene(home: Workspace) -> None:
    catalog = read_stl(write_planted(home.datasets_dir / "two", scenes=2), "two")
    with pytest.raises(DataError, match="no scene of the part validation"):
        find_front(Auditor(serve(catalog, home, id="two"), home), home)


def point(
    recall: float | None, excess: float | None, servable: bool = True, suspect: bool = False
) -> FrontPoint:
    return FrontPoint(
        scoring="model",
        diversity=0.0,
        cap=None if servable else 2.0,
        servable=servable,
        suspect=suspect,
        recall=Value(recall, None, None),
        gain=Value(None, None, None),
        excess_gini=excess,
        gini=None,
        coverage=None,
        effective_catalogue=None,
        top_share=None,
        largest_share=None,
        never_shown=0,
    )


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        ([point(0.5, 0.3), point(0.496, 0.1), point(0.49, 0.0)], 1),
        ([point(0.5, 0.3), point(0.4949, 0.1)], 0),
        ([point(0.5, 0.1), point(0.51, 0.1)], 1),  # of equals the better
        ([point(0.5, 0.1), point(0.5, 0.1)], 0),
        # what cannot be served is neither the best nor recommended
        ([point(0.5, 0.3), point(0.9, 0.0, servable=False)], 0),
        ([point(0.5, 0.3), point(0.9, 0.0, suspect=True)], 0),
        ([point(None, 0.1), point(0.2, 0.5)], 1),
        ([point(None, 0.1), point(0.5, None)], None),
        ([point(0.0, 0.4), point(0.0, 0.2)], 1),
        ([], None),
    ],
)
def test_the_recommended_point(points: list[FrontPoint], chosen: int | None) -> None:
    assert recommended(points) == chosen


def test_a_front_says_what_it_is_of(auditor: Auditor, home: Workspace) -> None:
    found: Front = replace(
        Front("m", "f", "d", "f", "now", 10, 5, 5, 40, CHANCE, (point(0.5, 0.2),), 0),
        recommended=0,
    )
    assert found.points[found.recommended or 0].setting(10) == Setting()
    assert np.isfinite(found.record()["points"][0]["recall"]["value"])


@pytest.mark.parametrize(
    ("frequencies", "right", "is_hint"),
    [
        ([1, 1, 1, 0, 0, 0], [3, 4, 5], True),  # every product is of one look
        ([1, 1, 1, 0, 0, 0], [0, 3, 4], False),
        ([3, 2, 1, 1, 1, 0], [0, 1, 5], False),
        ([0, 0, 0, 0, 0, 0], [0, 1, 5], False),  # a model trained elsewhere: nothing to tell by
        ([1, 1, 1, 0, 0, 0], [], False),
    ],
)
def test_where_frequency_tells_what_cannot_be_right(
    frequencies: list[int], right: list[int], is_hint: bool
) -> None:
    scenes = np.arange(len(right))
    reference = Reference(
        positives=Positives(scenes, np.array(right, np.int64), len(right), 6),
        unseen=np.ones(len(right), np.bool_),
        frequencies=np.array(frequencies),
        norms=np.ones(6),
    )
    assert frequency_is_a_hint(reference) == is_hint


@pytest.mark.usefixtures("small")
def test_a_suspect_cure_is_shown_and_not_recommended(
    auditor: Auditor, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STRENGTHS", {"popularity": (0.1,)})
    assert not module.measure_front(auditor).notes
    monkeypatch.setattr(module, "frequency_is_a_hint", lambda _: True)
    front = module.measure_front(auditor)
    assert [p.suspect for p in front.points] == [p.scoring != "model" for p in front.points]
    assert front.recommended == 0
    assert module.HINT in front.notes
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(render(front))
    assert "not recommended" in " ".join(console.export_text().split())
