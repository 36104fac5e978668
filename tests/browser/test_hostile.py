"""A catalogue that means harm, and a promoted model that is gone: text stays text, and the
page goes on.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from recsys.workspace import LivePointer, Workspace
from tests.browser.conftest import TIMEOUT_MS, App, OpenTab, StartApp
from tests.browser.parts import (
    expect_no_sideways_scroll,
    expect_no_traceback,
    expect_pictures,
    grid,
    panel,
    results,
)
from tests.support.planted import planted_pairs
from tests.support.shop import HOSTILE, NAME, SINCE, planted_workspace
from tests.support.tiny_bundle import write_bundle


@pytest.fixture(scope="module")
def hostile_app(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    home = tmp_path_factory.mktemp("hostile")
    planted_workspace(Workspace(home), hostile=True)
    return start_app(home)


@pytest.fixture(scope="module")
def hostile_shop(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The same catalogue with a model that answers, though it has learnt nothing."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile_shop"))
    planted_workspace(workspace, hostile=True)
    write_bundle(workspace.models_dir / "tiny")
    workspace.set_live(LivePointer("tiny", NAME, SINCE))
    return start_app(workspace.root)


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


# Shop the look, with a model

LIKED = ",".join(f"more.product-{number:03d}" for number in range(len(HOSTILE)))
BOXED = planted_pairs(30, 60)["studio-003"][0]


@pytest.fixture
def look(hostile_shop: App, open_tab: OpenTab) -> OpenTab:
    """Opens a look of the hostile catalogue, on which nothing may be asked of elsewhere."""

    def go(query: str, **options: object) -> Page:
        page: Page = open_tab("about:blank", **options)
        page.on("request", lambda request: _only_ours(request.url, hostile_shop.url))
        page.goto(f"{hostile_shop.url}/shop_the_look?look_scene=studio-003&look_k=60&{query}")
        expect(results(page).locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
        return page

    return go


def as_seen(text: str) -> str:
    """Without the characters that nobody sees."""
    return text.replace("\u2060", "")


@pytest.mark.parametrize("width", [380, 1280])
def test_reasons_steps_and_facts_are_text(look: OpenTab, width: int) -> None:
    page = look(f"look_steps={LIKED}", width=width)
    chips = page.locator(".st-key-look_history").get_by_role("button").filter(has_text="More:")
    expect(chips).to_have_count(len(HOSTILE))
    for chip, text in zip(chips.all_inner_texts(), expected_titles(), strict=True):
        shown = as_seen(chip).split("More: ")[1]
        assert text.startswith(shown.removesuffix("…").rstrip()), chip
    told = page.locator(".st-key-look_card .told")
    for text in expected_titles():
        title = page.locator(".title", has_text=text[:60])
        tile = results(page).locator(".tile").filter(has=title).first
        tile.focus()
        tile.hover()
        expect(told.locator("bdi")).to_have_text(text[:300])
        label = " ".join(str(tile.get_attribute("aria-label")).split())
        assert label.startswith(" ".join(text.split())[:290])
    expect_no_sideways_scroll(page)
    expect(page.get_by_role("main")).not_to_contain_text("Traceback")


def test_moves_views_and_tabs_are_text(look: OpenTab) -> None:
    page = look("look_diversity=40")
    page.get_by_role("button", name="Adjust").click()
    page.get_by_role("slider", name="Diversity").press("ArrowRight")
    expect(results(page).locator(".badge.moved").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("By category", exact=True).click()
    tab = page.locator(".st-key-look_tab").get_by_role("radio").filter(has_text="onmouseover")
    expect(tab).to_have_count(1)
    assert as_seen(tab.inner_text()) == "<b onmouseover=alert(1)>$x$ **bold**</b>"
    tab.click()
    expect(page).to_have_url(re.compile("look_tab="))
    page.get_by_text("Whole look", exact=True).click()
    note = results(page).locator(".note").filter(has_text="onmouseover")
    expect(note).to_have_text("<b onmouseover=alert(1)>$x$ **bold**</b>")
    expect_no_sideways_scroll(page)


def test_the_leak_test_is_text(look: OpenTab) -> None:
    page = look(f"look_leak={BOXED}", width=380)
    title = HOSTILE[int(BOXED[-3:]) % len(HOSTILE)]
    shown = " ".join(title.replace("\u202e", "").split())[:59]
    lines = page.get_by_text(re.compile("place [0-9]+"))
    expect(lines).to_have_count(3)
    for line in lines.all_inner_texts():
        assert as_seen(line).startswith(shown), line
    expect_no_sideways_scroll(page)


def test_the_sheet_is_text_and_asks_for_nothing(look: OpenTab, tmp_path: Path) -> None:
    page = look(f"look_steps={LIKED}&look_category={quote('Planted|Plain')}")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Sheet with pictures").click()
    sheet = tmp_path / "sheet.html"
    coming.value.save_as(sheet)
    asked: list[str] = []
    page = page.context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(sheet.as_uri())
    names = page.locator(".name").all_inner_texts()
    titles = expected_titles()
    assert names
    assert all(any(name.startswith(text[:100]) for text in titles) for name in names)
    assert page.locator("dd").filter(has_text="<img src=x onerror=alert(1)>").count() == 1
    assert page.locator("script, img:not([src^='data:'])").count() == 0
    assert [url for url in asked if not url.startswith(("data:", sheet.as_uri()))] == []
    expect_no_sideways_scroll(page)
    page.close()


def test_an_address_with_markup_in_it_is_text(look: OpenTab) -> None:
    page = look(f"look_scoring={quote('<img src=x onerror=alert(1)>')}&look_view=$x$")
    note = page.get_by_text("From the address:")
    expect(note).to_contain_text("“<img src=x onerror=alert(1)>” is no scoring")
    expect(note).to_contain_text("“$x$” is no view")


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
