"""The price of each cure on the page: asked for, measured, told, and a way to every point."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_words import value_text
from recsys.evaluation.front import find_front
from recsys.evaluation.front_job import FrontJob
from recsys.evaluation.front_result import Front, FrontPoint, Value
from recsys.serving.scoring import Correction
from recsys.ui import resources, roles
from recsys.ui.popularity import front as front_page
from recsys.ui.popularity import front_chart
from recsys.ui.popularity.asked import read_asked
from recsys.ui.popularity.front_spec import BY_CHANCE
from recsys.ui.popularity.names import in_looks
from recsys.workspace import Workspace
from tests.pages.conftest import OpenPage, messages, notes

pytestmark = pytest.mark.usefixtures("on_the_machine_itself")


@pytest.fixture
def measured(open_page: OpenPage) -> Front:
    """The front of the planted catalogue, as the background process would have kept it."""
    open_page("popularity")
    return find_front(Auditor(resources.live().server, Workspace.default()), Workspace.default())


def texts(app: AppTest) -> str:
    return "\n".join(one.value for one in app.markdown).replace("\\", "").replace("\u2060", "")


def test_it_is_offered_where_nobody_has_measured(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def start(*_: object, **options: object) -> FrontJob:
        asked.append(options)
        return FrontJob("running")

    monkeypatch.setattr(front_page, "start_front", start)
    app = open_page("popularity", popularity_view="front", popularity_k="5")
    next(one for one in app.button if one.label == "Measure every cure").click().run()
    assert asked == [{"model": "fake", "data": "planted", "k": 5}]


def test_how_far_it_is_and_the_way_to_stop_it(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[int] = []
    running = FrontJob("running", done=30, total=120, doing="measuring every cure")
    monkeypatch.setattr(front_page, "front_job", lambda *_: running)
    monkeypatch.setattr(front_page, "stop_front", lambda *_: stopped.append(1))
    app = open_page("popularity", popularity_view="front")
    (progress,) = app.get("progress")
    assert "25%" in progress.proto.text.replace("\\", "")
    next(one for one in app.button if one.label == "Stop").click().run()
    assert stopped == [1]


def test_why_it_failed_is_told_with_what_it_printed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = FrontJob("failed", reason="it was killed: out of memory", log=("line one",))
    monkeypatch.setattr(front_page, "front_job", lambda *_: failed)
    app = open_page("popularity", popularity_view="front")
    assert "out of memory" in messages(app)
    assert app.code[0].value == "line one"
    assert any(one.label == "Measure every cure" for one in app.button)


def test_a_disk_that_is_full_is_told(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> FrontJob:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(front_page, "start_front", full)
    app = open_page("popularity", popularity_view="front")
    next(one for one in app.button if one.label == "Measure every cure").click().run()
    assert "No space left on device" in messages(app)


def test_the_recommended_point_is_told_and_every_point_is_in_the_table(
    open_page: OpenPage, measured: Front
) -> None:
    app = open_page("popularity", popularity_view="front")
    assert measured.recommended is not None
    best = measured.points[measured.recommended]
    assert f"Recommended: {front_chart.name_of(best)}." in texts(app)
    table = app.table[1].value
    assert len(table) == len(measured.points)
    marked = [name for name in table["Setting"] if name.startswith("★")]
    assert len(marked) == 1
    assert "validation looks" in notes(app)
    for note in measured.notes:
        assert in_looks(note) in messages(app)


def test_every_point_leads_to_its_own_setting(open_page: OpenPage, measured: Front) -> None:
    app = open_page("popularity", popularity_view="front")
    box = next(one for one in app.selectbox if one.label == "See the wall of a point")
    assert len(box.options) == len(measured.points)
    chosen = [
        next(n for n, one in enumerate(measured.points) if test(one.setting(10)))
        for test in (
            lambda setting: setting.correction == Correction("nnn", 0.75),
            lambda setting: setting.cap == 1.5,
            lambda setting: setting.diversity == 0.3,
            lambda setting: setting.correction == Correction("dot"),
        )
    ]
    for number in chosen:
        app = open_page("popularity", popularity_view="front")
        box = next(one for one in app.selectbox if one.label == "See the wall of a point")
        box.select_index(number).run()
        assert not app.exception
        assert "popularity_view" not in app.query_params
        setting = measured.points[number].setting(10)
        audit = Auditor(resources.live().server, Workspace.default()).audit(setting)
        gini = audit.figures["excess_gini"].value
        assert app.metric[2].value == f"{gini:.3f}"


@pytest.mark.parametrize("measure", sorted(front_chart.MEASURES))
@pytest.mark.parametrize("reach", ["near", "all"])
def test_chance_is_drawn_and_told(
    open_page: OpenPage, measured: Front, measure: str, reach: str
) -> None:
    chance = replace(measured.by_chance, recall=0.0125, excess_gini=0.0, coverage=0.5)
    told = replace(measured, by_chance=chance)
    app = open_page(
        "popularity",
        popularity_view="front",
        popularity_measure=measure,
        popularity_range=reach,
    )
    level = getattr(measured.by_chance, measure)
    name = front_chart.MEASURES[measure].lower()
    assert f"by chance {name} is {value_text(measure, level)}" in notes(app)
    assert "measured on the" in notes(app)
    assert "validation looks, whichever looks are chosen above" in notes(app)
    asked = read_asked(resources.live().catalog.categories)
    rows = front_chart.front_table(resources.live(), asked, told, measure)
    (at,) = [n for n, cure in enumerate(rows["cure"]) if cure == BY_CHANCE]
    assert rows["bought"][at] == getattr(chance, measure)
    assert not rows["mark"][at]
    assert len({len(column) for column in rows.values()}) == 1
    others = [value for n, value in enumerate(rows["bought"]) if n != at]
    if rows["bought"][at] <= min(others):
        assert front_chart.chance_is_left(rows)
    if rows["bought"][at] >= max(others):
        assert not front_chart.chance_is_left(rows)


def test_a_point_that_gains_nothing_sure_is_told(
    open_page: OpenPage, measured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = measured.points[0]
    other = next(n for n, one in enumerate(measured.points) if one.servable and n)

    def told(gain: Value, excess: float) -> str:
        best = replace(measured.points[other], gain=gain, excess_gini=excess)
        points = tuple(best if n == other else one for n, one in enumerate(measured.points))
        found = replace(measured, points=points, recommended=other)
        monkeypatch.setattr(front_page, "front_job", lambda *_: FrontJob("done", found))
        return texts(open_page("popularity", popularity_view="front"))

    assert own.excess_gini is not None
    words = "neither more even than the model's own score nor surely better"
    assert words in told(Value(0.01, -0.01, 0.03), own.excess_gini + 0.01)
    assert words not in told(Value(0.02, 0.01, 0.03), own.excess_gini + 0.01)
    assert words not in told(Value(0.01, -0.01, 0.03), own.excess_gini - 0.01)


def test_a_point_is_named_and_known_again() -> None:
    point = FrontPoint
    fields = dict.fromkeys(point.__dataclass_fields__)
    fields |= {"scoring": "inverted-softmax=20", "diversity": 0.0, "servable": True}
    soft = point(**fields)  # type: ignore[arg-type]
    assert front_chart.name_of(soft) == "Inverted softmax 20"
    assert front_chart.same(soft, Setting(Correction("inverted-softmax", 20.0), part="test", k=3))
    assert not front_chart.same(soft, Setting(Correction("inverted-softmax", 20.0), cap=2.0))
    own = point(**{**fields, "scoring": "model"})  # type: ignore[arg-type]
    assert front_chart.name_of(own) == "Model's own score"
    assert front_chart.same(own, Setting())


def test_only_an_operator_measures(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(front_page, "start_front", lambda *_, **__: started.append(1))
    app = open_page("popularity", popularity_view="front")
    button = next(one for one in app.button if one.label == "Measure every cure")
    monkeypatch.setattr(roles, "is_operator", lambda: False)
    button.click().run()  # drawn while the role was there, pressed when it was gone
    assert "only an operator" in messages(app).lower()
    assert not started
    assert "Measure every cure" not in [one.label for one in app.button]
    assert "An operator can" in notes(app)


def test_what_misleads_is_told_and_drawn_hollow(
    open_page: OpenPage, measured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = tuple(
        replace(one, suspect=one.scoring.startswith("popularity")) for one in measured.points
    )
    told = replace(measured, points=points, notes=("A penalty finds what cannot be right",))
    monkeypatch.setattr(front_page, "front_job", lambda *_: FrontJob("done", told))
    app = open_page("popularity", popularity_view="front", popularity_range="all")
    assert "A penalty finds what cannot be right." in messages(app)
    assert "some are misleading here" in notes(app)
    asked = read_asked(resources.live().catalog.categories)
    rows = front_chart.front_table(resources.live(), asked, told, "coverage")
    solid = dict(zip(rows["setting"], rows["solid"], strict=True))
    assert solid["Model's own score"]
    assert not any(is_solid for name, is_solid in solid.items() if name.startswith("Popularity"))
    assert not any(is_solid for name, is_solid in solid.items() if name.startswith("Exposure"))


def test_near_the_best_means_of_what_can_be_chosen(open_page: OpenPage, measured: Front) -> None:
    """A recall that misleads must not push what is recommended out of sight."""
    points = tuple(
        replace(one, suspect=True, recall=Value(0.9, 0.8, 1.0))
        if one.scoring.startswith("popularity")
        else replace(one, recall=Value(0.1 if one.scoring == "dot" else 0.4, 0.05, 0.5))
        for one in measured.points
    )
    told = replace(measured, points=points)
    open_page("popularity")
    asked = read_asked(resources.live().catalog.categories)
    rows = front_chart.front_table(resources.live(), asked, told, "coverage")
    assert told.recommended is not None
    assert front_chart.name_of(points[told.recommended]) in rows["setting"]
    assert "Dot" not in rows["setting"]
    assert not any(name.startswith("Popularity") for name in rows["setting"])
    assert "recommended" in " ".join(rows["mark"])
    assert len(front_chart.families(told)) == 11
