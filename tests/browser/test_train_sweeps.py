"""A sweep in a real browser: asked for, watched, stopped, resumed, brushed, its best trained."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from recsys import processes
from recsys.learning import runs, sweeps
from recsys.learning.sweeps import Sweep, Trial
from recsys.workspace import DEMO_MODEL_DIR, Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import (
    expect_no_sideways_scroll,
    expect_no_traceback,
    expect_parameter,
    parameters,
    settled,
)
from tests.browser.test_train import SLOW_MS, SMALL, button, fill, open_train

TRIALS = 6
PATIENT_MS = 3 * SLOW_MS
"""For what takes seconds on a machine that does nothing else."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace for all tests here; what still goes on at the end is killed."""
    workspace = Workspace(tmp_path_factory.mktemp("sweeps") / "workspace")
    yield workspace
    folders = map(workspace.sweep_dir, workspace.sweep_ids())
    for folder in (*folders, *map(workspace.job_dir, workspace.job_ids())):
        processes.kill(folder)


@pytest.fixture(scope="module")
def shop(start_app: StartApp, home: Workspace) -> App:
    if not (DEMO_MODEL_DIR / "model.json").is_file():
        pytest.skip("assets/demo holds no model")
    return start_app(home.root)


def rows(page: Page) -> Locator:
    """The trials that the table shows."""
    return page.locator(".scroller tbody tr:not([hidden])")


def numbers(page: Page) -> list[int]:
    return [int(text) for text in rows(page).locator(".trial").all_inner_texts()]


def kept(page: Page) -> dict[str, tuple[float, float]]:
    """The ranges that the URL says are kept."""
    parts = parameters(page)["train_kept"].split(",")
    ranges = [part.split("~") for part in parts]
    return {key: (float(low), float(high)) for key, low, high in ranges}


def passes(trial: Trial, ranges: dict[str, tuple[float, float]]) -> bool:
    """Whether a trial lies within all ranges, with the tolerance of six digits."""
    for key, (low, high) in ranges.items():
        value = trial.value if key == "recall" else trial.params[key]
        if value is None or not low * (1 - 1e-4) <= value <= high * (1 + 1e-4):
            return False
    return True


def drag(page: Page, axis: int, start: float, end: float) -> None:
    """Drags along an upright axis, from one share of its height to another."""
    strip = page.locator(f".strip[data-axis='{axis}']")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + start * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + end * box["height"], steps=6)
    page.mouse.up()


@pytest.mark.timeout(900)  # six trials, stopped and resumed, and a training
def test_a_sweep_from_the_form_to_a_run(shop: App, home: Workspace, open_tab: OpenTab) -> None:
    page = open_train(shop, open_tab, "?train_view=sweeps")
    expect(page.get_by_text("There are no sweeps yet")).to_be_visible(timeout=SLOW_MS)
    button(page, "New sweep")
    ask(page)
    sweep_id = parameters(page)["train_sweep"]
    assert home.sweep_ids() == [sweep_id]  # of two clicks

    # watched, and found again after a reload
    expect(rows(page).nth(1)).to_be_visible(timeout=PATIENT_MS)
    page.reload()
    expect(rows(page).nth(2)).to_be_visible(timeout=PATIENT_MS)

    # stopped and resumed
    button(page, "Stop")
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=SLOW_MS)
    stopped = sweeps.read_sweep(home, sweep_id)
    assert stopped.state == "stopped"
    assert 1 <= stopped.ended < TRIALS
    button(page, "Resume")
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=SLOW_MS)
    badge = page.locator(".stMarkdownBadge", has_text="finished")
    expect(badge).to_be_visible(timeout=PATIENT_MS)
    expect(page.get_by_text("6 of 6", exact=True)).to_be_visible(timeout=SLOW_MS)
    expect(rows(page)).to_have_count(TRIALS)
    sweep = sweeps.read_sweep(home, sweep_id)
    assert sweep.state == "finished"
    expect(page.get_by_text("What it printed")).to_be_visible(timeout=SLOW_MS)  # the last of it
    settled(page)
    brushed(page, sweep)
    picked(page, sweep)

    # the best at full length is a run
    button(page, "Train the best at full length")
    length = page.locator(f".st-key-train_best_by_{sweep_id}")
    length.get_by_text("Steps", exact=True).click()
    fill(page, "Steps", "8")
    page.get_by_role("button", name="Train it").dblclick()
    expect(page).to_have_url(re.compile("train_run="), timeout=SLOW_MS)
    run_id = parameters(page)["train_run"]
    assert home.job_ids() == [run_id]
    run = runs.read_run(home, run_id)
    best = sweep.best_trial
    assert best is not None
    assert {key: run.config[key] for key in best.params} == dict(best.params)
    assert (run.origin, run.steps) == (sweep_id, 8)
    expect(page.get_by_text(f"the best settings of the sweep {sweep_id}")).to_be_visible(
        timeout=SLOW_MS
    )
    expect_no_traceback(page)


def ask(page: Page) -> None:
    """Fills the form in, and starts with two clicks where one would do."""
    go = page.get_by_role("button", name="Start the sweep")
    expect(go).to_be_visible(timeout=SLOW_MS)  # the last of the form
    expect(page.get_by_role("button", name="Start the textbook's search")).to_be_visible()
    card = page.locator(".st-key-train_sweep_card_embedding_dim")
    card.get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)
    page.get_by_text("What all trials share").click()
    for label, text in SMALL.items():
        fill(page, label, text)
    fill(page, "Trials", "0")
    expect(page.get_by_text("Trials must be 1 to 1,000, not 0")).to_be_visible()
    expect(go).to_have_count(0)
    fill(page, "Trials", str(TRIALS))
    fill(page, "Steps of each trial", "10")
    fill(page, "Lowest learning rate", "0.9")  # above the highest
    expect(page.get_by_text("must go from a lower to a higher value")).to_be_visible()
    expect(go).to_have_count(0)
    fill(page, "Lowest learning rate", "0.001")
    expect(page.get_by_role("spinbutton", name="Trials")).to_have_value(str(TRIALS))
    go.dblclick(timeout=SLOW_MS)
    expect(page).to_have_url(re.compile("train_sweep="), timeout=SLOW_MS)


def brushed(page: Page, sweep: Sweep) -> None:
    """Two axes narrow the table together; keys do what the mouse does; all can be cleared."""
    by_number = {trial.number: trial for trial in sweep.trials}
    drag(page, 0, 0.05, 0.62)
    expect(page).to_have_url(re.compile("train_kept=learning_rate"))
    first = kept(page)
    expected = {one.number for one in sweep.trials if passes(one, first)}
    assert 0 < len(expected) < TRIALS
    expect(page.get_by_text(f"{len(expected)} of {TRIALS} trials kept")).to_be_visible()
    assert set(numbers(page)) == expected

    low = page.get_by_role("slider", name="Recall@10, lowest kept")
    low.focus()
    for _ in range(4):
        low.press("PageUp")
    page.wait_for_function(  # a pause between two presses is enough to tell the server
        """low => (new URL(location).searchParams.get("train_kept") ?? "").split(",").some(part =>
          part.startsWith("recall~") &&
          Math.abs(Number(part.split("~")[1]) - low) <= 1e-5 * Math.abs(low))""",
        arg=float(str(low.get_attribute("aria-valuenow"))),
        timeout=SLOW_MS,
    )
    both = kept(page)
    assert both.keys() == {"learning_rate", "recall"}
    assert {number for number, one in by_number.items() if passes(one, both)} == set(numbers(page))
    assert low.get_attribute("aria-valuenow") == f"{both['recall'][0]:g}"

    page.reload()  # the URL keeps it
    expect(page.get_by_text("trials kept")).to_be_visible(timeout=SLOW_MS)
    assert kept(page) == both
    page.get_by_role("button", name="Clear all").click()
    expect_parameter(page, "train_kept", None)
    expect(rows(page)).to_have_count(TRIALS)
    page.go_back()
    expect(page.get_by_text("trials kept")).to_be_visible(timeout=SLOW_MS)
    settled(page)
    page.go_forward()
    expect_parameter(page, "train_kept", None)
    expect(rows(page)).to_have_count(TRIALS)
    settled(page)
    expect(rows(page)).to_have_count(TRIALS)


def expect_parameter_key(page: Page, key: str) -> None:
    expect(page).to_have_url(re.compile(rf"train_kept=[^&]*{key}"))


def picked(page: Page, sweep: Sweep) -> None:
    """The table is sorted by any column; a trial shows its curve."""
    by_rate = sorted(sweep.trials, key=lambda trial: float(trial.params["learning_rate"]))
    header = page.get_by_role("columnheader", name="Learning rate")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert numbers(page) == [trial.number for trial in by_rate]
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    assert numbers(page) == [trial.number for trial in reversed(by_rate)]
    number = by_rate[0].number
    page.get_by_role("button", name=f"Trial {number}: show its curve").click()
    expect_parameter(page, "train_trial", str(number))
    expect(page.get_by_role("heading", name=f"Trial {number}")).to_be_visible()
    button(page, "Close")
    expect_parameter(page, "train_trial", None)


DOWN = "document.querySelector('[data-testid=stMain]').scrollTop"


def swipe(page: Page, on: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger from one place to another, both in shares of an element's width and height."""
    box = on.bounding_box()
    assert box is not None
    ways = end[0] - start[0], end[1] - start[1]
    steps = [(start[0] + n * ways[0] / 5, start[1] + n * ways[1] / 5) for n in range(6)]
    session = page.context.new_cdp_session(page)
    for number, (across, down) in enumerate(steps):
        x, y = box["x"] + across * box["width"], box["y"] + down * box["height"]
        kind = "touchMove" if number else "touchStart"
        points = [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def open_sweep(
    shop: App, home: Workspace, open_tab: OpenTab, query: str = "", **options: object
) -> Page:
    """The sweep that the first test has left."""
    if not home.sweep_ids():
        pytest.skip("the sweep was not made")
    address = f"?train_view=sweeps&train_sweep={home.sweep_ids()[0]}{query}"
    page = open_train(shop, open_tab, address, **options)
    expect(page.locator(".grip").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("What it printed")).to_be_visible(timeout=SLOW_MS)
    return page


@pytest.mark.parametrize("dark", [False, True])
def test_no_barriers(shop: App, home: Workspace, open_tab: OpenTab, dark: bool) -> None:
    page = open_sweep(
        shop,
        home,
        open_tab,
        "&train_trial=1&train_kept=recall~0~1,weight_decay~0.01~0.4",
        dark=dark,
    )
    expect(page.get_by_role("heading", name="Trial 1")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW_MS)
    settled(page)
    assert violations(page) == []
    form = open_train(shop, open_tab, "?train_view=sweeps&train_sweep_new=yes", dark=dark)
    expect(form.locator(".st-key-train_sweep_start_own")).to_be_visible(timeout=SLOW_MS)
    settled(form)
    assert violations(form) == []


def violations(page: Page) -> list[object]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def test_it_fits_a_phone(shop: App, home: Workspace, open_tab: OpenTab) -> None:
    page = open_sweep(shop, home, open_tab, width=380, height=800)
    expect(page.locator("svg.lying")).to_be_visible()  # axes below one another
    expect_no_sideways_scroll(page)
    strip = page.locator(".strip[data-axis='1']")
    strip.hover()  # in view, and at rest
    before = page.evaluate(DOWN)
    swipe(page, strip, (0.5, 0.5), (0.5, -4.0))  # up: the page is scrolled, nothing is kept
    page.wait_for_function(f"before => {DOWN} !== before", arg=before)
    assert "train_kept" not in parameters(page)
    strip.hover()
    swipe(page, strip, (0.2, 0.5), (0.8, 0.5))
    expect(page.get_by_text("trials kept")).to_be_visible()
    expect_parameter_key(page, "weight_decay")
    ranges = kept(page)
    sweep = sweeps.read_sweep(home, home.sweep_ids()[0])
    expected = {trial.number for trial in sweep.trials if passes(trial, ranges)}
    assert set(numbers(page)) == expected
    for query in ("?train_view=sweeps", "?train_view=sweeps&train_sweep_new=yes"):
        page = open_train(shop, open_tab, query, width=380, height=800)
        settled(page)
        expect_no_sideways_scroll(page)
