"""The table of runs on the training page: found, sorted, ticked, compared."""

from __future__ import annotations

import inspect
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys import processes
from recsys.atomic import write_json
from recsys.learning import jobs
from recsys.learning import runs as learning_runs
from recsys.learning.runs import Run
from recsys.ui.training import asked, compare, listing
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.pages.training_parts import labels, press, read
from tests.support.runs import write_run

local = training_parts.local
going = training_parts.going


def test_without_runs_it_leads_to_the_first(open_page: OpenPage) -> None:
    app = open_page("train")
    assert "There are no runs yet" in messages(app)
    press(app, "Start the first one")
    assert app.query_params["train_view"] == "new"
    assert "Estimate time and memory" in labels(app)


def rows(app: AppTest) -> list[dict[str, Any]]:
    """The table's rows; none where there is no table."""
    data = component(app, "train_table")
    return [] if data is None else data["rows"]


def names(app: AppTest) -> list[str]:
    return [row["name"] for row in rows(app)]


def test_the_list_is_found_and_sorted(open_page: OpenPage) -> None:
    write_run("one", recall=0.1, name="Zebra")
    write_run("second", recall=0.3, name="apple", day=2)
    write_run("third-one", recall=0.2, phase="stopped", step=20, day=3)

    def shown(**parameters: str) -> list[str]:
        return names(open_page("train", **parameters))

    assert shown() == ["third-one", "apple", "Zebra"]
    assert shown(train_sort="recall") == ["apple", "third-one", "Zebra"]
    assert shown(train_sort="name") == ["apple", "third-one", "Zebra"]
    assert shown(train_find="zeb") == ["Zebra"]
    assert shown(train_find="planted stopped") == ["third-one"]
    assert shown(train_show="ended") == ["third-one"]
    assert shown(train_show="progress") == []
    jobs.archive("second", Workspace.default())
    assert shown() == ["third-one", "Zebra"]
    assert shown(train_archived="yes") == ["third-one", "apple", "Zebra"]


def test_every_order_has_its_reverse_and_what_is_unknown_is_last(open_page: OpenPage) -> None:
    write_run("b", recall=0.2, step=20, day=2, preset="book")
    write_run("a", recall=0.3, step=30, day=1, phase="stopped", data_name="street")
    folder = write_run("c", step=10, day=3)
    told = json.loads((folder / "state.json").read_text())
    write_json(folder / "state.json", {**told, "metrics": {"excess_gini": 0.1}})

    def shown(order: str) -> str:
        return "".join(names(open_page("train", train_sort=order)))

    assert [shown("newest"), shown("newest_reversed")] == ["cba", "abc"]
    assert [shown("name"), shown("name_reversed")] == ["abc", "cba"]
    assert [shown("steps"), shown("steps_reversed")] == ["abc", "cba"]
    assert [shown("recall"), shown("recall_reversed")] == ["abc", "bac"]
    assert [shown("even"), shown("even_reversed")] == ["cba", "bac"]  # the newer of equals first
    assert [shown("what"), shown("what_reversed")] == ["bca", "acb"]
    assert [shown("state"), shown("state_reversed")] == ["acb", "cba"]
    table = component(open_page("train", train_sort="recall_reversed"), "train_table")
    assert table is not None
    assert (table["says"], table["order"]) == (
        "3 runs · lowest recall@10 first",
        "recall_reversed",
    )
    headers = {column["title"]: column for column in table["columns"]}
    assert headers["Recall@10"]["sorts"] == ["recall", "recall_reversed"]
    assert {order for column in table["columns"] for order in column["sorts"]} == set(asked.SORTS)
    figures = {row["id"]: row["cells"] for row in table["rows"]}
    assert figures["c"]["validation_recall@10"] == "–"
    assert figures["a"]["validation_recall@10"] == "0.300"
    assert figures["a"]["what"] == "regions · street"


def test_filters_by_data_set_and_preset(open_page: OpenPage) -> None:
    write_run("one", preset="book")
    write_run("two", day=2)
    assert not {"Data set", "Preset"} <= {box.label for box in open_page("train").selectbox}
    write_run("three", day=3, data_name="street")
    app = open_page("train")
    boxes = {box.label: box for box in app.selectbox}
    boxes["Data set"].set_value("street")
    app.run()
    assert names(app) == ["three"]
    assert app.query_params["train_from"] == "street"
    assert names(open_page("train", train_preset="regions")) == ["three", "two"]
    assert names(open_page("train", train_preset="regions", train_from="planted")) == ["two"]
    none = open_page("train", train_preset="gone")
    assert "No run is like this" in messages(none)
    press(none, "Show all runs")
    assert names(none) == ["three", "two", "one"]


def test_ticks_are_in_the_address(open_page: OpenPage) -> None:
    write_run("one")
    write_run("two", name="<img src=x onerror=alert(1)>")
    app = open_page("train", train_with="two,gone,one")
    table = component(app, "train_table")
    assert table is not None
    assert table["ticked"] == ["two", "one"]  # in the order of their choice, the first being first
    assert table["most"] == asked.MOST_COMPARED
    assert {row["id"]: row["name"] for row in table["rows"]}["two"] == (
        "<img src=x onerror=alert(1)>"  # as it is: the browser sets it as text
    )


def test_a_long_list_has_pages(open_page: OpenPage) -> None:
    for number in range(listing.PER_PAGE + 2):
        write_run(f"run-{number:02}", day=1 + number % 28)
    assert len(rows(open_page("train"))) == listing.PER_PAGE
    assert len(rows(open_page("train", train_page="2"))) == 2
    assert len(rows(open_page("train", train_page="99"))) == 2


def test_two_runs_side_by_side(open_page: OpenPage) -> None:
    write_run("one", recall=0.1, name="First")
    write_run("two", recall=0.3, name="Second", learning_rate=0.001, steps=60, step=60, day=2)
    app = open_page("train", train_view="compare", train_with="one,two")
    tables = [one.value for one in app.table]
    figures = tables[0]
    assert [read(name) for name in figures["Run"]] == ["First", "Second"]
    assert list(figures["Steps"]) == ["40", "60"]
    # both looks gain exactly 0.2, so every draw does
    assert (
        figures["Against the first, same looks"][1] == "+0.200 (+0.200 to +0.200): better, 2 looks"
    )
    differs = {read(key): (a, b) for key, a, b in tables[1].itertuples(index=False)}
    assert read(differs["Learning rate"][0]) == "0.004"
    assert read(differs["Learning rate"][1]) == "**0.001**"
    assert read(differs["Budget, steps"][1]) == "**60**"
    assert "Weight decay" not in differs
    assert tile_ids(app, "train_beside_0") == ["look-studio-003", "product-007", "product-001"]


def test_runs_of_alike_names_stay_apart(open_page: OpenPage) -> None:
    """What would tell them apart stands where a heading is cut."""
    long = "Regions, cosine, long budget, learning rate from the last sweep"
    ids = ("regions-aaaaaa", "regions-bbbbbb", "regions-cccccc", "regions-dddddd")
    names = (long, f"{long} (copy)", f"{long} (copy)", "Setting")
    for number, (run_id, name) in enumerate(zip(ids, names, strict=True)):
        write_run(run_id, name=name, learning_rate=0.001 * (number + 1), augment=number > 0)
    app = open_page("train", train_view="compare", train_with=",".join(ids))
    figures, differs = (one.value for one in list(app.table)[:2])
    columns = [read(name) for name in differs.columns]
    assert len(set(columns)) == len(columns) == 5
    assert all(f"({run_id})" in name for run_id, name in zip(ids, columns[1:], strict=True))
    assert len({read(name) for name in figures["Run"]}) == 4
    rates = dict(zip(differs["Setting"], differs.itertuples(index=False), strict=True))
    assert [read(value) for value in rates["Learning rate"][1:]] == [
        *("0.001", "**0.002**", "**0.003**", "**0.004**")
    ]
    assert [read(value) for value in rates["Augmentation"][1:]] == ["off", *["**on**"] * 3]


@pytest.mark.parametrize("most", [28, 60])
@pytest.mark.parametrize(
    "names",
    [
        ("a", "b"),
        ("a", "a", "a"),
        ("x" * 80, "x" * 79 + "y", "x" * 27),
        ("a", "a", "a (run-0)"),
        ("two  words", "two words"),
    ],
)
def test_titles_are_short_and_each_is_another(names: tuple[str, ...], most: int) -> None:
    runs = [Run(f"run-{number}", "finished", name) for number, name in enumerate(names)]
    titles = compare.titles_of(runs, most)
    assert len(set(titles)) == len(titles)
    assert all(len(title) <= most for title in titles)
    if names == ("a", "b"):
        assert titles == names


def test_only_runs_in_progress_are_read_again(
    going: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write_run(f"run-{number}")
    going.enter_context(processes.enrolled(write_run("mine", phase="training", step=10)))
    workspace = Workspace.default()
    known = listing.news(learning_runs.list_runs(workspace))
    starts = learning_runs.starts(workspace)
    read_again: list[str] = []
    saved_step = learning_runs._saved_step

    def counting(folder: Path) -> int | None:
        read_again.append(folder.name)  # once for each run that is read
        return saved_step(folder)

    monkeypatch.setattr(learning_runs, "_saved_step", counting)
    monkeypatch.setattr(st, "rerun", lambda: pytest.fail("nothing has changed"))
    in_progress = inspect.unwrap(listing.in_progress)  # without a page there are no fragments
    in_progress(workspace, known, starts)
    assert read_again == ["mine"]
    asked_for: list[bool] = []
    monkeypatch.setattr(st, "rerun", lambda: asked_for.append(True))
    write_run("new")
    in_progress(workspace, known, starts)
    assert asked_for


def test_choosing_runs_to_compare(open_page: OpenPage) -> None:
    assert "not yet two runs" in messages(open_page("train", train_view="compare"))
    write_run("one")
    write_run("two")
    app = open_page("train", train_view="compare", train_with="one,gone")
    assert "Choose two runs or more" in messages(app)
    assert "No longer there: gone." in notes(app)
    app.multiselect[0].set_value(["one", "two"])
    app.run()
    assert app.query_params["train_with"] == "one,two"
    assert "What differs" in [heading.value for heading in app.header]
