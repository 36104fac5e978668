"""The table of runs in a real browser: sorted, filtered, ticked, compared; by hand and by keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from recsys.catalog.datasets import open_dataset
from recsys.ui.training import asked
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import expect_no_sideways_scroll, expect_parameter, settled
from tests.support.runs import write_run

HOSTILE = "<b>bold</b> :red[x] [link](https://example.com) $x$"
COUNT = 8


@pytest.fixture(scope="module")
def shop(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    if not (DEMO_MODEL_DIR / "model.json").is_file():
        pytest.skip("assets/demo holds no model")
    workspace = Workspace(tmp_path_factory.mktemp("runs") / "workspace")
    _, path = open_dataset(DEMO_NAME, workspace)
    for number in range(COUNT):
        about: dict[str, Any] = {"data": str(path), "data_name": DEMO_NAME}
        if number == 3:
            about |= {"phase": "stopped", "saved": (20, 60.0), "name": HOSTILE}
        write_run(
            f"run-{number}",
            day=number + 1,
            recall=0.1 + 0.1 * ((number * 5) % COUNT),
            preset="book" if number % 2 else "regions",
            workspace=workspace,
            **about,
        )
    return start_app(workspace.root)


def open_list(shop: App, open_tab: OpenTab, query: str = "", **options: object) -> Page:
    page = open_tab(f"{shop.url}/train{query}", **options)
    expect(table(page)).to_be_visible(timeout=60_000)
    return page


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="Training runs")


def column(page: Page, title: str) -> Locator:
    return table(page).get_by_role("columnheader", name=title)


def ids(page: Page) -> list[str]:
    found: list[str] = (
        table(page).locator("tbody tr").evaluate_all("all => all.map(row => row.dataset.id)")
    )
    return found


def tick_of(page: Page, run_id: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Compare {run_id}", exact=True)


def test_headers_sort_both_ways_and_say_so(shop: App, open_tab: OpenTab) -> None:
    page = open_list(shop, open_tab)
    newest = [f"run-{number}" for number in reversed(range(COUNT))]
    assert ids(page) == newest
    expect(column(page, "Made")).to_have_attribute("aria-sort", "descending")
    column(page, "Recall@10").get_by_role("button").click()
    expect(column(page, "Recall@10")).to_have_attribute("aria-sort", "descending")
    expect(column(page, "Made")).not_to_have_attribute("aria-sort", re.compile(".*"))
    expect(page.get_by_role("status").filter(has_text="best recall@10 first")).to_be_visible()
    best = sorted(newest, key=lambda name: -((int(name[-1]) * 5) % COUNT))
    assert ids(page) == best
    expect_parameter(page, "train_sort", "recall")
    page.keyboard.press("Enter")  # the header has kept the focus
    expect(column(page, "Recall@10")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("status").filter(has_text="lowest recall@10 first")).to_be_visible()
    assert ids(page) == best[::-1]
    page.go_back()
    expect_parameter(page, "train_sort", "recall")
    expect(column(page, "Recall@10")).to_have_attribute("aria-sort", "descending")
    assert ids(page) == best


def test_ticked_runs_are_compared(shop: App, open_tab: OpenTab) -> None:
    page = open_list(shop, open_tab)
    compare = page.get_by_role("button", name=re.compile("Compare . runs"))
    expect(compare).to_have_count(0)
    for run_id in ("run-5", "run-2", "run-7"):  # quicker than the server answers
        tick_of(page, run_id).check()
    expect(compare).to_have_text("Compare 3 runs")
    tick_of(page, "run-5").uncheck()
    expect(page.get_by_role("status").filter(has_text="2 runs ticked")).to_be_visible()
    expect_parameter(page, "train_with", "run-2%2Crun-7")
    page.reload()
    expect(tick_of(page, "run-2")).to_be_checked()
    expect(tick_of(page, "run-5")).not_to_be_checked()
    page.get_by_text("Ended early", exact=True).click()
    expect(
        page.get_by_role("status").filter(has_text="2 runs ticked, 2 of them not shown here")
    ).to_be_visible()
    page.get_by_role("radio", name="All", exact=True).first.click()
    compare.click()
    expect(page.get_by_role("heading", name="Figures")).to_be_visible(timeout=60_000)
    expect_parameter(page, "train_view", "compare")
    expect_parameter(page, "train_with", "run-2%2Crun-7")
    page.go_back()
    expect(tick_of(page, "run-7")).to_be_checked()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(compare).to_have_count(0)
    expect_parameter(page, "train_with", None)


def test_no_more_can_be_ticked_than_can_be_compared(shop: App, open_tab: OpenTab) -> None:
    chosen = [f"run-{number}" for number in range(asked.MOST_COMPARED)]
    chosen.remove("run-3")
    page = open_list(shop, open_tab, f"?train_with={','.join([*chosen, 'run-6'])}")
    expect(tick_of(page, "run-7")).to_be_disabled()
    expect(page.get_by_role("status").filter(has_text="as many as fit")).to_be_visible()
    tick_of(page, "run-0").uncheck()
    expect(tick_of(page, "run-7")).to_be_enabled()


def test_by_keys_alone(shop: App, open_tab: OpenTab) -> None:
    page = open_list(shop, open_tab)
    tick_of(page, "run-7").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # its name
    page.keyboard.press("Tab")  # the next row
    page.keyboard.press("Space")
    expect_parameter(page, "train_with", "run-7%2Crun-6")
    expect(tick_of(page, "run-6")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_parameter(page, "train_run", "run-6")
    expect(page.get_by_role("heading", name="run-6")).to_be_visible()


def test_names_are_text_and_links_open_elsewhere_too(shop: App, open_tab: OpenTab) -> None:
    page = open_list(shop, open_tab)
    link = table(page).get_by_role("link", name=HOSTILE, exact=True)
    expect(link).to_have_text(HOSTILE)
    assert link.locator("*").count() == 0
    assert str(link.get_attribute("href")).endswith("/train?train_run=run-3")
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    opened.value.close()
    expect_parameter(page, "train_run", None)


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_barriers(shop: App, open_tab: OpenTab, dark: bool) -> None:
    ticked = "?train_with=run-1,run-3"
    for width in (1280, 380):
        page = open_list(shop, open_tab, ticked, dark=dark, width=width)
        expect(page.get_by_role("button", name="Compare 2 runs")).to_be_in_viewport()
        settled(page)
        expect_no_sideways_scroll(page)
        assert violations(page) == []
    order = page.get_by_role("combobox", name="Order", exact=True)  # no headers to click there
    order.select_option(label="Oldest first")
    expect_parameter(page, "train_sort", "newest_reversed")
    expect(table(page).locator("tbody tr").first).to_have_attribute("data-id", "run-0")
    page = open_tab(f"{shop.url}/train{ticked}&train_view=compare", dark=dark)
    expect(page.get_by_text("What differs")).to_be_visible(timeout=60_000)
    settled(page)
    assert violations(page) == []  # what is chosen there is in the accent's colour


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_primary_buttons_can_be_read(shop: App, open_tab: OpenTab, dark: bool) -> None:
    page = open_tab(f"{shop.url}/train?train_run=run-3", dark=dark)
    resume = page.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible(timeout=60_000)
    settled(page)
    assert violations(page) == []
    resume.hover()
    page.wait_for_function(
        """() => {
          const button = document.querySelector('[data-testid=stBaseButton-primary]')
          const linear = p => p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4
          const shine = text => {
            const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(p => linear(p / 255))
            return 0.2126 * r + 0.7152 * g + 0.0722 * b
          }
          const { color, backgroundColor } = getComputedStyle(button)
          const [low, high] = [shine(color), shine(backgroundColor)].sort((a, b) => a - b)
          return (high + 0.05) / (low + 0.05) >= 4.5
        }"""
    )
