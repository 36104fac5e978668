"""Browse as a person does: shuffle, rank, filter, turn pages, open a product, go back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.parts import expect_parameter, grid, ids, panel, parameters


def test_random_product_panel_and_back(visit: OpenTab) -> None:
    page = visit("/browse")
    shown = ids(grid(page))
    tile = grid(page).locator(".tile").nth(7)
    tile.click()
    expect_parameter(page, "item", shown[7])
    expect(panel(page).get_by_role("heading")).to_be_visible()
    expect(panel(page).get_by_text(shown[7])).to_be_visible()
    expect(tile).to_have_attribute("aria-current", "true")
    expect(tile).to_be_in_viewport()
    assert ids(grid(page)) == shown

    grid(page).locator(".tile").nth(3).click()
    expect_parameter(page, "item", shown[3])
    expect(panel(page).get_by_text(shown[3])).to_be_visible()

    page.go_back()
    expect_parameter(page, "item", shown[7])
    expect(panel(page).get_by_text(shown[7])).to_be_visible()
    page.go_back()
    expect_parameter(page, "item", None)
    expect(panel(page)).to_have_count(0)
    page.go_forward()
    expect(panel(page).get_by_text(shown[7])).to_be_visible()


def test_a_product_can_be_shared(visit: OpenTab) -> None:
    first = visit("/browse?browse_seed=11")
    product = ids(grid(first))[5]
    page = visit(f"/browse?browse_seed=11&item={product}")
    expect(panel(page).get_by_text(product)).to_be_visible()
    page.reload()
    expect(panel(page).get_by_text(product)).to_be_visible()
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_have_count(0)
    assert parameters(page) == {"browse_seed": "11"}


def test_similar_products_lead_on(visit: OpenTab) -> None:
    page = visit("/browse")
    grid(page).locator(".tile").first.click()
    similar = page.locator(".st-key-panel_similar .tile").first
    product = str(similar.get_attribute("data-id"))
    similar.click()
    expect_parameter(page, "item", product)
    expect(panel(page).get_by_text(product)).to_be_visible()


def test_a_product_leads_to_a_look_that_shows_it(visit: OpenTab) -> None:
    page = visit("/browse?browse_view=popular")
    grid(page).locator(".tile").first.click()
    product = ids(grid(page))[0]
    page.locator(".st-key-panel_looks .tile").first.click()
    expect(page.get_by_role("heading", level=1, name="Shop the look")).to_be_visible()
    expect(page.locator(".st-key-look_worn .tile").first).to_be_visible()
    assert product in ids(page.locator(".st-key-look_worn"))
    page.go_back()
    expect(panel(page).get_by_text(product)).to_be_visible()


def test_shuffle_makes_a_view_of_its_own(visit: OpenTab) -> None:
    page = visit("/browse")
    before = ids(grid(page))
    page.get_by_role("button", name="Shuffle").click()
    expect(page).to_have_url(re.compile("browse_seed="))
    expect(grid(page).locator(".tile").first).not_to_have_attribute("data-id", before[0])
    after = ids(grid(page))
    assert ids(grid(visit(f"/browse?browse_seed={parameters(page)['browse_seed']}"))) == after
    page.go_back()
    expect(grid(page).locator(".tile").first).to_have_attribute("data-id", before[0])


def test_popular_counts_on_every_tile(visit: OpenTab) -> None:
    page = visit("/browse")
    page.get_by_text("Popular", exact=True).click()
    expect(grid(page).locator(".badge").first).to_be_visible()
    badges = grid(page).locator(".badge").all_inner_texts()
    counts = [int(text.split()[0].replace(",", "")) for text in badges]
    assert len(counts) == 48
    assert counts == sorted(counts, reverse=True)
    page.go_back()
    expect(grid(page).locator(".badge")).to_have_count(0)


def test_a_category_filters(visit: OpenTab) -> None:
    page = visit("/browse")
    page.get_by_role("combobox", name="Category").click()
    option = page.get_by_role("option").nth(1)
    count = re.search(r"\(([\d,]+)\)", option.inner_text())
    assert count is not None
    option.click()
    expect(page).to_have_url(re.compile("browse_category="))
    expect(page.get_by_text(re.compile(rf"of {count.group(1)}$"))).to_be_visible()
    tiles = grid(page).locator(".tile")
    expect(tiles).to_have_count(min(48, int(count.group(1).replace(",", ""))))
    page.reload()
    expect(page.get_by_text(re.compile(rf"of {count.group(1)}$"))).to_be_visible()


def test_pages_turn_and_begin_at_their_top(visit: OpenTab) -> None:
    page = visit("/browse")
    first = ids(grid(page))
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect_parameter(page, "browse_page", "2")
    expect(grid(page).locator(".tile").first).not_to_have_attribute("data-id", first[0])
    assert not set(first) & set(ids(grid(page)))
    expect(grid(page).locator(".tile").first).to_be_in_viewport()
    page.go_back()
    expect(grid(page).locator(".tile").first).to_have_attribute("data-id", first[0])
