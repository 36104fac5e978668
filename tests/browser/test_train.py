"""Training in a real browser: start, watch, reload, stop, resume, compare, put live, go back."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from recsys import processes
from recsys.learning import runs
from recsys.workspace import DEMO_MODEL_DIR, Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import expect_no_sideways_scroll, expect_no_traceback, parameters, settled

SLOW_MS = 120_000
SMALL = {
    "Looks a step": "4",
    "Embedding size": "8",
    "Look height": "96",
    "Look width": "64",
    "Product size": "32",
}
"""Settings with which a step takes a moment."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace for all tests here; what still trains at the end is killed."""
    workspace = Workspace(tmp_path_factory.mktemp("training") / "workspace")
    yield workspace
    for run_id in workspace.job_ids():
        processes.kill(workspace.job_dir(run_id))


@pytest.fixture(scope="module")
def shop(start_app: StartApp, home: Workspace) -> App:
    if not (DEMO_MODEL_DIR / "model.json").is_file():
        pytest.skip("assets/demo holds no model")
    return start_app(home.root)


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("spinbutton", name=label)
    field.fill(text)
    field.press("Enter")


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=SLOW_MS)


def open_train(shop: App, open_tab: OpenTab, query: str = "", **options: object) -> Page:
    page = open_tab(f"{shop.url}/train{query}", **options)
    expect(page.get_by_role("heading", level=1)).to_have_text("Training", timeout=SLOW_MS)
    return page


def start(page: Page, *, measure: bool) -> str:
    """Starts what the form says, measured before or not, with two clicks where one would do."""
    if measure:
        button(page, "Estimate time and memory")
    go = page.get_by_role("button", name="Start training")
    expect(go).to_be_enabled(timeout=SLOW_MS)
    go.dblclick()
    expect(page).to_have_url(re.compile("train_run="), timeout=SLOW_MS)
    return parameters(page)["train_run"]


def step(page: Page) -> int:
    """The step that the page shows; waits until it shows one."""
    shown = page.get_by_text(re.compile(r"Step [\d,]+ of"))
    expect(shown).to_be_visible(timeout=SLOW_MS)
    found = re.search(r"Step ([\d,]+) of", shown.inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def expect_step_beyond(page: Page, before: int) -> None:
    """Waits until the page shows a later step: a worker really trains."""
    page.wait_for_function(
        "was => Number(document.body.innerText.match(/Step ([\\d,]+) of/)?.[1]"
        ".replace(',', '')) > was",
        arg=before,
        timeout=SLOW_MS,
    )


@pytest.mark.timeout(900)  # a real training, stopped and resumed, and both models measured
def test_from_the_first_run_to_a_live_model_and_back(
    shop: App, home: Workspace, open_tab: OpenTab
) -> None:
    # start
    page = open_train(shop, open_tab)
    button(page, "Start the first one")
    expect(page.get_by_role("spinbutton", name="Steps")).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("Pictures", exact=True).click()
    fill(page, "Steps", "5000")
    for label, text in SMALL.items():
        fill(page, label, text)
    first = start(page, measure=True)
    assert home.job_ids() == [first]

    # watch the curve grow, and find it again after a reload
    expect(page.get_by_text("Gradient norm")).to_be_visible(timeout=SLOW_MS)
    before = step(page)
    page.reload()
    expect(page.get_by_text("Gradient norm")).to_be_visible(timeout=SLOW_MS)
    expect_step_beyond(page, before)

    # stop and resume
    button(page, "Stop")
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=SLOW_MS)
    saved = runs.read_run(home, first)
    assert saved.state == "stopped"
    assert saved.saved_step == saved.step
    button(page, "Resume")
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=SLOW_MS)
    assert step(page) >= saved.step
    expect_step_beyond(page, saved.step)  # the record below is the new worker's

    # killed, as where memory runs out: the page says so by itself, and the way on
    worker = processes.read_record(home.job_dir(first) / "worker.json")
    assert worker is not None
    os.kill(int(worker["pid"]), signal.SIGKILL)
    expect(page.get_by_text("This run was killed")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("Resume goes on from there")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=SLOW_MS)

    # a changed copy, to its end
    button(page, "Copy and change")
    expect(page.get_by_role("spinbutton", name="Steps")).to_have_value("5000", timeout=SLOW_MS)
    fill(page, "Steps", "12")
    second = start(page, measure=False)  # what costs the same was measured for the first
    expect(page.get_by_text("What it recommends")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Put it live")).to_be_visible(timeout=SLOW_MS)
    assert runs.read_run(home, second).origin == first

    # further than it was asked to at first; what it has made stays
    button(page, "Train further")
    expect(page.get_by_text("It goes on after step 12, 12 steps more.")).to_be_visible(
        timeout=SLOW_MS
    )
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Train further").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=SLOW_MS)
    # "Put it live" may still stand there from before
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Put it live")).to_be_visible(timeout=SLOW_MS)
    further = runs.read_run(home, second)
    model = f"{second}-2"
    assert (further.step, further.models) == (24, (second, model))

    # side by side, from the list
    page.goto(f"{shop.url}/train")
    for run_id in (second, first):
        row = page.locator(f'tr[data-id="{run_id}"]')
        row.get_by_role("checkbox").check(timeout=SLOW_MS)
    button(page, "Compare 2 runs")
    expect(page.get_by_text("What differs")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("cell", name="5000")).to_be_visible(timeout=SLOW_MS)

    # live, while somebody shops, and back
    page.goto(f"{shop.url}/train?train_run={second}")
    button(page, "Put it live")
    button(page, "Measure against the live model")
    expect(page.get_by_text("By category: right products")).to_be_visible(timeout=2 * SLOW_MS)
    expect(page.get_by_role("button", name="Put it live")).to_be_visible(timeout=SLOW_MS)
    other = open_tab(f"{shop.url}/browse")
    expect(other.get_by_text("model demo")).to_be_visible(timeout=SLOW_MS)
    button(page, "Put it live")
    again = page.get_by_role("button", name="Put it live all the same")
    done = page.get_by_text(re.compile(rf"{model}\)? is live\."))
    expect(again.or_(done).first).to_be_visible(timeout=SLOW_MS)
    if again.is_visible():  # it hardly learnt, so it is asked once more
        again.click(timeout=SLOW_MS)
    expect(done).to_be_visible(timeout=SLOW_MS)
    other.get_by_text("Popular", exact=True).click()
    expect(other.get_by_text(f"model {model}")).to_be_visible(timeout=SLOW_MS)
    button(page, "Go back to demo")
    expect(page.get_by_text("demo is live again")).to_be_visible(timeout=SLOW_MS)
    other.get_by_text("Random", exact=True).click()
    expect(other.get_by_text("model demo")).to_be_visible(timeout=SLOW_MS)
    expect_no_traceback(page)


@pytest.mark.parametrize("view", ["runs", "new", "compare", "live"])
@pytest.mark.parametrize("dark", [False, True])
def test_no_barriers(shop: App, open_tab: OpenTab, view: str, dark: bool) -> None:
    page = open_train(shop, open_tab, f"?train_view={view}", dark=dark)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW_MS)
    if view == "new":
        expect(page.get_by_role("button", name="Estimate time and memory")).to_be_visible(
            timeout=SLOW_MS
        )
    settled(page)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def test_it_fits_a_phone(shop: App, home: Workspace, open_tab: OpenTab) -> None:
    for run_id in home.job_ids()[-1:]:
        page = open_train(shop, open_tab, f"?train_run={run_id}", width=380, height=800)
        expect(page.get_by_text("Settings", exact=True)).to_be_visible(timeout=SLOW_MS)
        settled(page)
        expect_no_sideways_scroll(page)
    for view in ("runs", "new", "live"):
        page = open_train(shop, open_tab, f"?train_view={view}", width=380, height=800)
        settled(page)
        expect_no_sideways_scroll(page)
