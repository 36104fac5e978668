"""Whatever opens on the two pages, opened: for screen readers, in light and in dark, by keyboard.

Popovers are found, not listed: one that is added to a page is looked at too.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.parts import (
    AT_REST,
    TWO_FRAMES,
    expect_parameter,
    expect_pictures,
    gallery,
    grid,
    ids,
    panel,
    results,
    settled,
)
from tests.browser.test_shop_the_look import upload

THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


# Streamlit draws open lists and tooltips at the end of the document, outside of all landmarks;
# focus stays in the field or the button that they belong to, which names them.
FLOATING = "region"


def body(page: Page) -> Locator:
    return page.get_by_test_id("stPopoverBody").filter(visible=True)


def expect_accessible(page: Page, what: str, *, without: str = "") -> None:
    settled(page)  # half faded in, or out while it is made anew, a text has too little contrast
    page.wait_for_function(AT_REST)
    rules = {without: {"enabled": False}} if without else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules})
    said = [
        f"{what}: {fault['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]
    assert said == []


def look_into_lists(page: Page, place: Locator) -> list[str]:
    """Opens every list of choices in a part of the page; returns their names."""
    names = []
    settled(page)
    for field in place.get_by_role("combobox").all():
        name = str(field.get_attribute("aria-label"))
        field.scroll_into_view_if_needed()
        page.evaluate(TWO_FRAMES)
        field.click()
        expect(page.get_by_role("option").first).to_be_visible()
        expect_accessible(page, name, without=FLOATING)
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        names.append(name)
    return names


def look_into_popovers(page: Page) -> list[str]:
    """Opens every popover, and the lists in it, by keyboard; returns their names."""
    names = []
    settled(page)
    for button in page.get_by_test_id("stPopoverButton").all():
        name = button.get_by_test_id("stMarkdownContainer").inner_text()
        button.press("Enter")
        expect(body(page)).to_be_visible()
        expect(body(page).locator("button, input, [role=slider]").first).to_be_visible()
        expect_accessible(page, name)
        look_into_lists(page, body(page))
        expect(body(page)).to_be_visible()  # Escape closed the list alone
        button.press("Escape")
        expect(body(page)).to_have_count(0)
        names.append(name)
    return names


@THEMES
def test_all_that_opens_in_browse(visit: OpenTab, dark: bool) -> None:
    page = visit("/browse?browse_view=all&browse_from=20", dark=dark)
    expect(page.get_by_role("combobox")).to_be_visible()
    assert look_into_lists(page, page.locator("[data-testid=stMain]")) == ["Sort by"]
    page.locator(".st-key-summary").get_by_role("button").hover()
    expect(page.get_by_role("tooltip")).to_be_visible()
    expect_accessible(page, "a filter's tooltip", without=FLOATING)
    grid(page).locator(".tile").nth(2).click()
    expect(page.get_by_role("tooltip")).to_have_count(0)
    expect(panel(page).get_by_role("heading")).to_be_visible()
    expect(page.locator(".st-key-panel_looks .tile").first).to_be_visible()
    expect_pictures(page, 6)
    expect_accessible(page, "a product's panel")


@THEMES
def test_what_unfolds_on_a_phone(visit: OpenTab, dark: bool) -> None:
    page = visit("/browse", width=380, height=760, dark=dark)
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_role("textbox", name="Lowest price")).to_be_visible()
    expect_accessible(page, "filters")
    page.get_by_test_id("stExpandSidebarButton").click()
    link = page.get_by_role("link", name="Shop the look")
    expect(link).to_be_in_viewport(ratio=1)
    expect_accessible(page, "the menu")
    link.click()
    expect(gallery(page).locator(".tile").first).to_be_visible()
    expect(link).not_to_be_in_viewport()


@THEMES
def test_all_that_opens_beside_a_look(visit: OpenTab, dark: bool) -> None:
    page = visit("/shop_the_look?look_show=known", dark=dark)
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(10)
    expect_pictures(page, 4)
    names = look_into_popovers(page)
    assert {"Adjust", "Download", "Camera"} <= set(names)
    assert look_into_lists(page, page.locator(".st-key-look_controls")) != []

    page.get_by_role("button", name="Focus on a part").click()
    expect(page.locator(".st-key-look_card .focus")).to_be_visible()
    page.wait_for_url("**look_focus=**")  # the box is there before the server knows of it
    expect_accessible(page, "the focus box")
    product = ids(results(page))[3]
    page.locator(f'.act.where[data-of="{product}"]').click()
    expect_accessible(page, "a product that is pinned on the photo")
    results(page).locator(".tile").nth(1).click()
    expect(panel(page).get_by_role("heading")).to_be_visible()
    page.get_by_role("button", name="Run the leak test").click()
    expect(page.locator(".st-key-look_leak_arms .tile").nth(12)).to_be_visible()
    assert len(look_into_lists(page, page.locator("[data-testid=stMain]"))) == 2
    upload(page, "no-photo.jpg", b"<html>")
    expect(page.get_by_role("alert").filter(has_text="cannot be used")).to_be_visible()
    expect_accessible(page, "a message about a bad file")


def beside_a_look(visit: OpenTab) -> tuple[Page, Locator]:
    """A look's results, and the button that opens what can be set about them."""
    page = visit("/shop_the_look")
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(10)
    settled(page)
    return page, page.get_by_role("button", name="Adjust")


IN_BODY = "document.activeElement.closest('[data-testid=stPopoverBody]') !== null"


def test_a_popover_is_entered_and_left_by_keyboard(visit: OpenTab) -> None:
    page, adjust = beside_a_look(visit)
    adjust.press("Enter")
    expect(body(page).get_by_role("slider", name="Diversity")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect_parameter(page, "look_diversity", "5")
    settled(page)
    for _ in range(12):  # it is a part of the page, not a trap
        page.keyboard.press("Tab")
        if not page.evaluate(IN_BODY):
            break
    assert not page.evaluate(IN_BODY)
    if body(page).count():
        page.keyboard.press("Escape")
    expect(body(page)).to_have_count(0)

    adjust.press("Enter")
    expect(body(page).get_by_role("slider", name="Diversity")).to_be_focused()
    page.keyboard.press("Escape")
    expect(body(page)).to_have_count(0)
    expect(adjust).to_be_focused()


@pytest.mark.parametrize("name", ["Adjust", "Download", "Camera"])
def test_every_popover_is_entered_without_a_tab(visit: OpenTab, name: str) -> None:
    page, _ = beside_a_look(visit)
    button = page.get_by_test_id("stPopoverButton").filter(has_text=name)
    button.press("Space")
    page.wait_for_function(IN_BODY)


def test_a_key_that_is_held_presses_nothing_in_a_popover(visit: OpenTab) -> None:
    page, adjust = beside_a_look(visit)
    adjust.focus()
    page.keyboard.down("Enter")
    expect(body(page).get_by_role("slider", name="Diversity")).to_be_visible()
    page.evaluate(TWO_FRAMES)
    expect(adjust).to_be_focused()
    page.keyboard.up("Enter")
    expect(body(page).get_by_role("slider", name="Diversity")).to_be_focused()


def test_a_popover_that_is_opened_by_mouse_leaves_focus_alone(visit: OpenTab) -> None:
    page, adjust = beside_a_look(visit)
    adjust.click()
    expect(body(page).get_by_role("slider", name="Diversity")).to_be_visible()
    page.evaluate(TWO_FRAMES)
    assert not page.evaluate(IN_BODY)


COUNT_CLOSINGS = """() => {
  window.closings = 0
  document.addEventListener("click", event => {
    if (event.target.closest("[data-testid=stSidebarCollapseButton]")) window.closings += 1
  }, true)
}"""


def test_the_menu_on_a_phone_closes_once_on_every_page(visit: OpenTab) -> None:
    page = visit("/browse", width=380, height=760)
    page.evaluate(COUNT_CLOSINGS)
    places = ["Shop the look", "Popular items", "Browse", "Shop the look"]
    for turn, place in enumerate(places, 1):
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_test_id("stSidebarNavLink").filter(has_text=place)
        expect(link).to_be_in_viewport(ratio=1)
        link.click()
        expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()
        expect(link).not_to_be_in_viewport()
        expect(page.locator(".st-key-manners")).to_have_count(1)
        settled(page)
        assert page.evaluate("window.closings") == turn


def test_what_mends_this_takes_no_room(visit: OpenTab) -> None:
    page = visit("/browse")
    part = page.locator(".st-key-manners")
    expect(part).to_have_count(1)
    assert part.bounding_box() is None
    gap = part.evaluate("""node => {
      const top = node.parentElement.getBoundingClientRect().top
      const first = [...node.parentElement.children].find(one => one.offsetHeight)
      return first.getBoundingClientRect().top - top
    }""")
    assert gap == 0
