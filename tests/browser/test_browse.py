"""Browse as a person does: shuffle, rank, filter, turn pages, open a product, go back."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.parts import (
    expect_no_sideways_scroll,
    expect_other_tiles,
    expect_parameter,
    expect_tiles,
    grid,
    ids,
    panel,
    parameters,
    settled,
)


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
    expect_other_tiles(page, before)
    after = ids(grid(page))
    assert ids(grid(visit(f"/browse?browse_seed={parameters(page)['browse_seed']}"))) == after
    page.go_back()
    expect_tiles(grid(page), before)


def test_popular_counts_on_every_tile(visit: OpenTab) -> None:
    page = visit("/browse")
    page.get_by_text("Popular", exact=True).click()
    expect(grid(page).locator(".badge").first).to_contain_text("look")
    badges = grid(page).locator(".badge:first-child").all_inner_texts()
    counts = [int(text.split()[0].replace(",", "")) for text in badges]
    assert len(counts) == 48
    assert counts == sorted(counts, reverse=True)
    page.go_back()
    counted = grid(page).locator(".badge").filter(has_text=re.compile("looks?$"))
    expect(counted).to_have_count(0)


def tree(page: Page) -> Locator:
    return page.locator(".st-key-browse_facets .line")


def test_a_category_filters(visit: OpenTab) -> None:
    page = visit("/browse")
    line = tree(page).nth(2)
    count = line.locator(".number").inner_text()
    line.click()
    expect(page).to_have_url(re.compile("browse_category="))
    expect(page.get_by_text(re.compile(rf"of {count}$"))).to_be_visible()
    tiles = grid(page).locator(".tile")
    expect(tiles).to_have_count(min(48, int(count.replace(",", ""))))
    expect(tree(page).nth(2)).to_have_attribute("aria-current", "true")
    page.reload()
    expect(page.get_by_text(re.compile(rf"of {count}$"))).to_be_visible()
    page.go_back()
    expect_parameter(page, "browse_category", None)
    expect(tree(page).first).to_have_attribute("aria-current", "true")


def test_search_as_you_type_is_one_step_of_the_history(visit: OpenTab) -> None:
    page = visit("/browse?browse_page=2&browse_view=all")
    field = page.get_by_role("searchbox", name="Search products")
    steps = page.evaluate("history.length")
    field.press_sequentially("dre", delay=60)
    expect(page.locator(".st-key-browse_facets .line").first).not_to_contain_text("520")
    field.press_sequentially("ss", delay=250)
    expect_parameter(page, "browse_search", "dress")
    expect_parameter(page, "browse_page", None)
    total = page.locator(".st-key-summary").get_by_text(re.compile(r"of \d+$"))
    expect(total).to_be_visible()
    # the field writes the address itself; this is the server's answer
    expect(page.get_by_role("button", name=re.compile("“dress”"))).to_be_visible()
    settled(page)
    expect(field).to_have_value("dress")
    expect(field).to_be_focused()  # it stayed where one types
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    expect_parameter(page, "browse_search", None)
    expect_parameter(page, "browse_page", "2")
    expect(field).to_have_value("")
    page.go_forward()
    expect(field).to_have_value("dress")
    page.get_by_role("button", name=re.compile("“dress”")).click()
    expect_parameter(page, "browse_search", None)
    expect(field).to_have_value("")


def test_nothing_found_leads_back(visit: OpenTab) -> None:
    page = visit("/browse")
    page.get_by_role("searchbox").fill("nothing is called so (and it's 100% sure)*~")
    page.get_by_role("button", name="Show everything").click()
    expect(grid(page).locator(".tile")).to_have_count(48)
    assert parameters(page) == {}


def test_all_by_price_within_a_range(visit: OpenTab) -> None:
    page = visit("/browse?browse_view=all&browse_sort=price")
    page.get_by_role("textbox", name="Lowest price").fill("40")
    expect_parameter(page, "browse_from", "40")
    page.get_by_role("textbox", name="Highest price").fill("60")
    page.keyboard.press("Enter")
    expect_parameter(page, "browse_to", "60")
    chip = page.get_by_role("button", name=re.compile("Price 40 to 60"))
    expect(chip).to_be_visible()
    settled(page)  # it stands above the list, and comes before it
    notes = grid(page).locator(".note:not(.remark)").all_inner_texts()
    prices = [float(note.split()[-1].replace(",", "")) for note in notes]
    assert prices == sorted(prices)
    assert prices[0] >= 40
    assert prices[-1] <= 60
    chip.click()
    expect_parameter(page, "browse_from", None)
    expect(page.get_by_role("textbox", name="Lowest price")).to_have_value("")


def test_filters_fold_away_on_a_phone(visit: OpenTab) -> None:
    page = visit("/browse", width=380, height=760)
    expect(tree(page).first).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    tree(page).nth(3).click()
    expect(page).to_have_url(re.compile("browse_category="))
    expect(page.get_by_role("button", name="Filters, 1 set")).to_be_visible()
    expect_no_sideways_scroll(page)


def test_a_product_is_used_as_a_filter(visit: OpenTab) -> None:
    page = visit("/browse?browse_page=3")
    product = ids(grid(page))[0]
    grid(page).locator(".tile").first.click()
    panel(page).get_by_role("button", name=re.compile("^Show only")).first.click()
    expect(page).to_have_url(re.compile("browse_category="))
    expect_parameter(page, "browse_page", None)
    expect_parameter(page, "item", product)
    expect(panel(page).get_by_text(product)).to_be_visible()
    only = panel(page).get_by_role("button", name=re.compile("^Show only"))
    expect(only).to_have_count(1)  # the category is a filter by now; its brand is left
    only.click()
    expect(page).to_have_url(re.compile("browse_search="))


def test_next_turns_the_page(visit: OpenTab) -> None:
    page = visit("/browse?browse_seed=2")
    last = ids(grid(page))[-1]
    second = ids(grid(visit("/browse?browse_seed=2&browse_page=2")))
    page = visit(f"/browse?browse_seed=2&item={last}")
    panel(page).get_by_role("button", name="Next product").click()
    expect_parameter(page, "item", second[0])
    expect_parameter(page, "browse_page", "2")
    expect(panel(page).get_by_text(second[0])).to_be_visible()
    panel(page).get_by_role("button", name="Previous product").click()
    expect_parameter(page, "item", last)
    expect_parameter(page, "browse_page", None)


def test_a_panel_says_how_often_it_is_shown(visit: OpenTab) -> None:
    page = visit("/browse?browse_view=popular")
    grid(page).locator(".tile").first.click()
    said = panel(page).get_by_text(
        re.compile(r"in the top 10 of [\d,]+ looks?, (under )?\d+ % of all")
    )
    expect(said).to_be_visible(timeout=120_000)
    expect(panel(page).get_by_text(re.compile(r"percentile$"))).to_be_visible()


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
