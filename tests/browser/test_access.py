"""For everyone: no mouse, a small screen, dark rooms, screen readers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.parts import (
    AT_REST,
    expect_no_sideways_scroll,
    expect_parameter,
    expect_pictures,
    gallery,
    grid,
    ids,
    panel,
    parameters,
    results,
    settled,
)

FOCUSED = """() => {
  let node = document.activeElement
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement
  return node?.dataset?.id ?? node?.dataset?.action ?? node?.tagName
}"""


def focused(page: Page) -> str:
    return str(page.evaluate(FOCUSED))


def tab_to(page: Page, wanted: str, limit: int = 40) -> None:
    """Presses Tab until something is focused; it must be reachable without a mouse."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            return
    pytest.fail(f"{wanted} was not reached by {limit} presses of Tab")


def expect_focused(page: Page, wanted: str) -> None:
    page.wait_for_function(f"wanted => ({FOCUSED})() === wanted", arg=wanted)


def test_browse_by_keyboard_alone(visit: OpenTab) -> None:
    page = visit("/browse")
    shown = ids(grid(page))
    tab_to(page, shown[0])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_focused(page, shown[2])
    page.keyboard.press("ArrowLeft")
    expect_focused(page, shown[1])
    page.keyboard.press("ArrowDown")
    below = focused(page)
    assert shown.index(below) > 3
    page.keyboard.press("ArrowUp")
    expect_focused(page, shown[1])
    page.keyboard.press("End")
    expect_focused(page, shown[-1])
    expect(grid(page).locator(".tile").last).to_be_in_viewport()
    page.keyboard.press("Home")
    expect_focused(page, shown[0])

    page.keyboard.press("Enter")
    expect_parameter(page, "item", shown[0])
    expect(panel(page).get_by_text(shown[0])).to_be_visible()
    expect_focused(page, shown[0])  # the rerun took it nowhere

    tab_to(page, "next")
    page.keyboard.press("ArrowRight")
    expect_parameter(page, "item", shown[1])
    expect_focused(page, "next")
    tile = grid(page).locator(f'.tile[data-id="{shown[1]}"]')
    expect(tile).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect_focused(page, shown[1])  # back where it came from

    page = visit(f"/browse?item={shown[4]}")  # nothing is focused
    expect(panel(page).get_by_text(shown[4])).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect_parameter(page, "item", shown[5])
    page.keyboard.press("ArrowLeft")
    expect_parameter(page, "item", shown[4])
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)


def test_shop_a_look_by_keyboard_alone(visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    scenes = ids(gallery(page))
    tab_to(page, scenes[0])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(results(page).locator(".tile")).to_have_count(10)
    assert parameters(page)["look_scene"] == scenes[1]


def test_every_tile_and_picture_has_a_name(visit: OpenTab) -> None:
    page = visit("/browse?browse_view=popular")
    names = grid(page).get_by_role("button").evaluate_all("all => all.map(b => b.ariaLabel)")
    assert len(names) == 48
    assert all(re.search(r"\d looks?(, shown to \d+ %)?$", name) for name in names)
    alternatives = grid(page).locator("img").evaluate_all("all => all.map(i => i.alt)")
    assert len(alternatives) == 48
    assert all(alternatives)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_never_scrolls_sideways(visit: OpenTab, dark: bool) -> None:
    page = visit("/browse", width=380, height=760, dark=dark)
    expect_pictures(page, 4)
    expect_no_sideways_scroll(page)
    grid(page).locator(".tile").nth(5).click()
    expect(panel(page).get_by_role("heading")).to_be_in_viewport()  # it came into view
    expect_no_sideways_scroll(page)

    page = visit("/shop_the_look", width=380, height=760, dark=dark)
    expect_no_sideways_scroll(page)
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(10)
    expect(page.locator(".st-key-look_card img")).to_be_in_viewport()
    expect_no_sideways_scroll(page)


def test_the_dark_theme_is_dark_and_ours(visit: OpenTab) -> None:
    def background(page: Page) -> list[int]:
        colour = page.locator("[data-testid=stApp]").evaluate(
            "node => getComputedStyle(node).backgroundColor"
        )
        return [int(part) for part in re.findall(r"\d+", colour)[:3]]

    assert max(background(visit("/browse", dark=True))) < 60
    assert min(background(visit("/browse"))) > 230


PAGES: dict[str, Any] = {
    "browse": "/browse",
    "popular": "/browse?browse_view=all&browse_sort=popularity&browse_search=a&browse_from=1",
    "shop": "/shop_the_look",
}


def violations(page: Page) -> str:
    settled(page)  # what is half faded, or on its way, has too little contrast
    page.wait_for_function(AT_REST)
    result = Axe().run(page, options={"resultTypes": ["violations"]})
    return "" if result.violations_count == 0 else str(result.generate_report())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", list(PAGES))
def test_axe_finds_nothing(visit: OpenTab, name: str, dark: bool) -> None:
    page = visit(PAGES[name], dark=dark)
    expect_pictures(page, 6)
    assert violations(page) == ""
    page.locator(".tile").nth(1).click()  # and with a product's panel, or a look's results
    opened = results(page).locator(".tile").nth(9) if name == "shop" else panel(page)
    expect(opened).to_be_visible()
    expect_pictures(page, 6)
    assert violations(page) == ""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "path",
    ["/browse?browse_category=none&item=gone&browse_page=99", "/shop_the_look?look_scene=gone"],
)
def test_axe_finds_nothing_where_a_link_is_old(visit: OpenTab, path: str, dark: bool) -> None:
    page = visit(path, dark=dark)
    expect(page.get_by_role("status").filter(has_text="has no").first).to_be_visible()
    expect_pictures(page, 4)
    assert violations(page) == ""


def test_an_upload_and_the_length_of_a_list_by_keyboard(visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    expect(gallery(page).locator(".tile").first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for _ in range(12):
        page.keyboard.press("Tab")
        if focused_label(page) == "Upload a photo":
            break
    assert focused_label(page) == "Upload a photo"
    with page.expect_file_chooser():
        page.keyboard.press("Enter")
    gallery(page).locator(".tile").first.focus()
    page.keyboard.press("Enter")
    expect(results(page).locator(".tile")).to_have_count(10)
    page.get_by_role("spinbutton", name="How many").focus()
    page.keyboard.press("ArrowUp")  # ten more
    page.keyboard.press("Enter")
    expect(results(page).locator(".tile")).to_have_count(20)


def focused_label(page: Page) -> str:
    return str(
        page.evaluate(
            """() => {
              let node = document.activeElement
              while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement
              return node?.ariaLabel ?? ""
            }"""
        )
    )
