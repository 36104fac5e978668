"""A catalogue that means harm, and a promoted model that is gone: text stays text, and the
page goes on.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recsys.workspace import Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import (
    expect_no_sideways_scroll,
    expect_no_traceback,
    expect_pictures,
    grid,
    panel,
)
from tests.support.shop import HOSTILE, NAME, planted_workspace


@pytest.fixture(scope="module")
def hostile_app(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    home = tmp_path_factory.mktemp("hostile")
    planted_workspace(Workspace(home), hostile=True)
    return start_app(home)


def expected_titles() -> list[str]:
    """What is hostile but printable is shown as it is; what turns text around is left out."""
    return [text.replace("\u202e", "") for text in HOSTILE]


@pytest.fixture
def page(hostile_app: App, open_tab: OpenTab) -> Page:
    page: Page = open_tab(hostile_app.url + "/browse")
    page.on("request", lambda request: _only_ours(request.url, hostile_app.url))
    expect(grid(page).locator(".tile").first).to_be_visible()
    return page


def _only_ours(requested: str, ours: str) -> None:
    assert requested.startswith((ours, "data:", "blob:")), requested


@pytest.mark.parametrize(("width", "pictures"), [(380, 2), (1280, 4)])
def test_titles_are_text(page: Page, width: int, pictures: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    titles = grid(page).locator(".title").all_inner_texts()
    for text in expected_titles():
        assert any(title.startswith(text[:290]) for title in titles), text
    expect_pictures(page, pictures)
    expect_no_sideways_scroll(page)
    heights = grid(page).locator(".tile").evaluate_all("all => all.map(t => t.offsetHeight)")
    assert max(heights) < 1.6 * min(heights)


def test_the_panel_shows_text(page: Page) -> None:
    for text in expected_titles():
        title = grid(page).locator(".title").filter(has_text=text[:60]).first
        title.click()
        expect(panel(page).get_by_role("heading")).to_have_text(text)
        expect_no_sideways_scroll(page)


def test_categories_are_text(page: Page) -> None:
    line = page.locator(".st-key-browse_facets .line").filter(has_text="onmouseover")
    expect(line.locator(".label")).to_have_text("<b onmouseover=alert(1)>$x$ **bold**</b>")
    line.click()
    expect(page.get_by_text("of 12", exact=False)).to_be_visible()
    chip = page.locator(".st-key-summary").get_by_role("button")
    expect(chip).to_contain_text("<b onmouseover=alert(1)>$x$ **bold**</b>")
    expect_no_traceback(page)


def test_a_search_is_text(page: Page) -> None:
    field = page.get_by_role("searchbox")
    for text in ("<img src=x onerror=alert(1)>", "$x$ **b** _i_ `c`", "a+b&c=d#%41"):
        field.fill(text)
        chip = page.locator(".st-key-summary").get_by_role("button")
        expect(chip).to_contain_text(text)
        expect(field).to_have_value(text)
    expect_no_traceback(page)


def test_the_model_that_is_gone_is_said_with_the_next_step(page: Page) -> None:
    said = page.get_by_role("alert")
    expect(said).to_contain_text("The promoted model is not in use")
    expect(said).to_contain_text("fake")
    expect(page.get_by_text("no model live")).to_be_visible()
    expect_no_traceback(page)


def test_a_look_without_a_model_says_how_to_get_one(hostile_app: App, open_tab: OpenTab) -> None:
    page = open_tab(f"{hostile_app.url}/shop_the_look?look_scene=studio-003")
    expect(page.get_by_text(f"python -m recsys train --data {NAME}")).to_be_visible()
    expect(page.locator(".st-key-look_worn .tile").first).to_be_visible()
    expect_no_traceback(page)


def test_deleted_data_is_told_and_not_a_traceback(
    start_app: StartApp, open_tab: OpenTab, tmp_path: Path
) -> None:
    folder = planted_workspace(Workspace(tmp_path))
    app = start_app(tmp_path)
    page = open_tab(f"{app.url}/browse")
    expect(grid(page).locator(".tile").first).to_be_visible()
    (folder / "planted-cat.json").unlink()
    page.get_by_role("button", name="Shuffle").click()
    expect(page.get_by_role("alert").first).to_contain_text(NAME)
    expect_no_traceback(page)
