"""The first minute: any address, and there are pictures."""

from __future__ import annotations

import re
import urllib.request

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import App, OpenTab
from tests.browser.parts import expect_no_traceback, expect_pictures, gallery, grid
from tests.browser.test_access import violations


def test_the_health_endpoint_answers(app: App) -> None:
    with urllib.request.urlopen(f"{app.url}/_stcore/health") as answer:
        assert answer.status == 200


def test_the_start_page_shows_pictures_that_really_load(visit: OpenTab) -> None:
    page = visit("/")
    expect(page.get_by_role("heading", level=1, name="Browse")).to_be_visible()
    assert page.url.endswith("/browse")
    assert grid(page).locator(".tile").count() == 48
    expect_pictures(page, 12)


@pytest.mark.parametrize(
    ("path", "title"), [("/browse", "Browse"), ("/shop_the_look", "Shop the look")]
)
def test_deep_links(visit: OpenTab, path: str, title: str) -> None:
    page = visit(path)
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(page).to_have_title(title)
    expect_pictures(page, 10)


def test_the_start_page_keeps_its_query(visit: OpenTab) -> None:
    page = visit("/?browse_view=popular")
    assert page.url.endswith("/browse?browse_view=popular")
    expect(page.get_by_role("radio", name="Popular")).to_be_checked()


def test_an_unknown_address_says_so_and_leads_on(app: App, open_tab: OpenTab) -> None:
    page = open_tab(app.url + "/shop-the-look?x=1")
    expect(page.get_by_role("heading", level=1, name="There is no such page")).to_be_visible()
    expect(page.get_by_text("/shop-the-look")).to_be_visible()
    expect(page.get_by_text("Did you mean Shop the look?")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)  # Streamlit's own
    expect_no_traceback(page)
    assert violations(page) == ""
    main = page.get_by_role("main")
    main.get_by_role("link", name="Browse").click()
    expect(grid(page).locator(".tile").first).to_be_visible()
    assert page.url.endswith("/browse")
    page.go_back()
    main.get_by_role("link", name="Browse").hover()
    page.wait_for_timeout(800)  # a tooltip would be there by now, over the link above
    expect(page.get_by_test_id("stTooltipContent")).to_have_count(0)
    main.get_by_role("link", name="Shop the look").click()
    expect(gallery(page).locator(".tile").first).to_be_visible()


def test_the_pages_are_linked_at_the_top(visit: OpenTab) -> None:
    page = visit("/")
    page.get_by_role("link", name="Shop the look").click()
    expect(page.get_by_role("heading", level=1, name="Shop the look")).to_be_visible()
    expect(gallery(page).locator(".tile").first).to_be_visible()
    page.get_by_role("link", name="Browse").click()
    expect(grid(page).locator(".tile").first).to_be_visible()
    page.go_back()
    expect(gallery(page).locator(".tile").first).to_be_visible()


def test_the_state_of_the_world_is_visible(visit: OpenTab) -> None:
    page = visit("/")
    expect(page.get_by_text(re.compile(r"Data set demo.+looks.+model"))).to_be_visible()


def test_thumbnails_are_cached_for_good(app: App, visit: OpenTab) -> None:
    page = visit("/")
    source = grid(page).locator("img").first.get_attribute("src")
    with urllib.request.urlopen(app.url + str(source)) as answer:
        assert answer.headers["Content-Type"] == "image/webp"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["ETag"]


def test_a_picture_that_has_not_come_shimmers_and_one_that_cannot_is_said(
    app: App, open_tab: OpenTab
) -> None:
    page = open_tab("about:blank")
    held: list[Route] = []
    released: list[bool] = []

    def spoil(route: Route) -> None:
        route.fulfill(status=200, body=b"no picture", content_type="image/webp")

    page.route("**/img/**", lambda route: spoil(route) if released else held.append(route))
    with page.expect_request("**/img/**"):
        page.goto(app.url + "/browse?browse_seed=77")
    tile = grid(page).locator(".tile").first
    expect(tile.locator(".title")).to_be_visible()
    expect(tile.locator(".picture:not(.loaded)")).to_be_visible()
    name = tile.locator(".picture").evaluate(
        "node => getComputedStyle(node, '::after').animationName"
    )
    assert name == "shimmer"
    assert held
    released.append(True)
    for route in held:
        spoil(route)
    expect(tile.get_by_text("No picture")).to_be_visible()
    expect(tile.locator("img")).to_have_count(0)  # no broken icon
