"""Whole journeys, there and back again: every click is a step that Back undoes and Forward
makes again.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from recsys.workspace import LivePointer, Workspace
from tests.browser.conftest import TIMEOUT_MS, OpenTab, StartApp
from tests.browser.parts import (
    expect_other_tiles,
    expect_parameter,
    gallery,
    grid,
    ids,
    panel,
    parameters,
    results,
    settled,
)
from tests.support.planted import write_planted
from tests.support.shop import NAME, SINCE, planted_workspace
from tests.support.tiny_bundle import write_bundle


def expect_list(tiles: Locator, products: list[str]) -> None:
    """Waits until a grid shows just these, in order."""
    expect(tiles.locator(".tile")).to_have_count(len(products))
    for place, product in enumerate(products):
        expect(tiles.locator(".tile").nth(place)).to_have_attribute("data-id", product)


def test_random_product_similar_and_all_the_way_back(visit: OpenTab) -> None:
    page = visit("/browse")
    first = ids(grid(page))
    page.get_by_role("button", name="Shuffle").click()
    expect_other_tiles(page, first)
    settled(page)
    shuffled = ids(grid(page))
    seed = parameters(page)["browse_seed"]
    grid(page).locator(".tile").nth(5).click()
    expect(panel(page).get_by_text(shuffled[5])).to_be_visible()
    similar = page.locator(".st-key-panel_similar .tile")
    expect(similar.nth(2)).to_be_visible()
    liked = str(similar.nth(2).get_attribute("data-id"))
    similar.nth(2).click()
    expect(panel(page).get_by_text(liked)).to_be_visible()
    settled(page)
    further = str(similar.nth(1).get_attribute("data-id"))
    similar.nth(1).click()
    expect_parameter(page, "item", further)

    page.go_back()
    expect(panel(page).get_by_text(liked)).to_be_visible()
    page.go_back()
    expect(panel(page).get_by_text(shuffled[5])).to_be_visible()
    expect_list(grid(page), shuffled)  # the same shuffle all the while
    page.go_back()
    expect(panel(page)).to_have_count(0)
    expect_parameter(page, "browse_seed", seed)
    page.go_back()
    expect_list(grid(page), first)
    assert parameters(page) == {}
    for product in (None, shuffled[5], liked, further):
        page.go_forward()
        expect_parameter(page, "item", product)
    expect(panel(page).get_by_text(further)).to_be_visible()
    expect_list(grid(page), shuffled)


def test_random_popular_all_and_back(visit: OpenTab) -> None:
    page = visit("/browse?browse_seed=4")
    lists = {"random": ids(grid(page))}

    def choose(order: str, name: str) -> None:
        page.locator(".st-key-browse_view").get_by_text(name, exact=True).click()
        expect_parameter(page, "browse_view", order)
        before = lists[list(lists)[-1]]
        expect(grid(page).locator(".tile").first).not_to_have_attribute("data-id", before[0])
        settled(page)
        lists[order] = ids(grid(page))

    choose("popular", "Popular")
    choose("all", "All")
    page.get_by_role("combobox", name="Sort by").click()
    page.get_by_role("option", name="Price, highest first").click()
    expect_parameter(page, "browse_sort", "price-down")
    expect(grid(page).locator(".tile").first).not_to_have_attribute("data-id", lists["all"][0])
    settled(page)
    dearest = ids(grid(page))

    page.go_back()
    expect_list(grid(page), lists["all"])
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    page.go_back()
    expect_list(grid(page), lists["popular"])
    expect(page.get_by_role("radio", name="Popular")).to_be_checked()
    page.go_back()
    expect_list(grid(page), lists["random"])
    expect(page.get_by_role("button", name="Shuffle")).to_be_visible()
    for _ in range(3):
        page.go_forward()
    expect_list(grid(page), dearest)
    expect(page.get_by_role("combobox", name="Sort by")).to_be_visible()


def draw(page: Page, box: tuple[float, float, float, float]) -> None:
    """Draws a focus with the mouse."""
    stage = page.locator(".st-key-look_card .stage").bounding_box()
    assert stage is not None
    left, top, right, bottom = (
        stage["xy"[side % 2]] + box[side] * stage[("width", "height")[side % 2]]
        for side in range(4)
    )
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2, steps=4)
    page.mouse.move(right, bottom, steps=4)
    page.mouse.up()


def test_a_look_a_focus_likes_and_all_the_way_back(visit: OpenTab) -> None:
    page = visit("/shop_the_look?look_show=known")
    gallery(page).locator(".tile").nth(1).click()
    tiles = results(page)
    expect(tiles.locator(".tile")).to_have_count(10)
    expect(page.locator(".st-key-look_card .stage.loaded")).to_be_visible()
    settled(page)  # the photo stands where it will stay
    whole = ids(tiles)

    draw(page, (0.2, 0.6, 0.8, 0.95))
    page.wait_for_url("**look_focus=**")
    focus = parameters(page)["look_focus"]
    expect(tiles.locator(".badge.moved").first).to_be_visible()
    settled(page)
    focused = ids(tiles)

    page.locator(f'.act.more[data-of="{focused[3]}"]').click()
    expect_parameter(page, "look_steps", f"more.{focused[3]}")
    expect(page.get_by_role("button", name="More:")).to_be_visible()
    settled(page)
    liked = ids(tiles)
    page.locator(f'.act.less[data-of="{liked[-1]}"]').click()
    expect(tiles.locator(f'.tile[data-id="{liked[-1]}"]')).to_have_count(0)
    settled(page)
    both = ids(tiles)
    page.get_by_role("button", name="Undo").click()
    expect_parameter(page, "look_steps", f"more.{focused[3]}")
    expect_list(tiles, liked)

    page.go_back()  # undoes the undo
    expect_list(tiles, both)
    expect(page.get_by_role("button", name="Less:")).to_be_visible()
    page.go_back()
    expect_list(tiles, liked)
    page.go_back()
    expect_list(tiles, focused)
    expect(page.get_by_role("button", name="More:")).to_have_count(0)
    expect(page.locator(".st-key-look_card .focus")).to_be_visible()
    page.go_back()
    expect_list(tiles, whole)
    expect(page.locator(".st-key-look_card .focus")).to_be_hidden()
    page.go_back()
    expect(tiles).to_have_count(0)
    for _ in range(5):
        page.go_forward()
    expect_list(tiles, liked)
    assert parameters(page)["look_focus"] == focus
    page.reload()
    expect_list(tiles, liked)


def test_a_scoring_its_strength_and_what_moved(visit: OpenTab) -> None:
    page = visit("/shop_the_look?look_show=known")
    gallery(page).locator(".tile").first.click()
    tiles = results(page)
    expect(tiles.locator(".tile")).to_have_count(10)
    settled(page)  # an open list closes when a run ends
    served = ids(tiles)
    page.get_by_role("button", name="Adjust").click()
    page.get_by_role("combobox", name="Scoring").click()
    page.get_by_role("option", name="Length counts in part").click()
    expect_parameter(page, "look_scoring", "shrink")
    settled(page)
    slider = page.get_by_role("slider", name="How much of the length is taken back")
    expect(slider).to_have_value("0.5")
    slider.press("Home")  # by keyboard, as far as it goes
    expect_parameter(page, "look_strength", "0")
    settled(page)
    expect(tiles.locator(".badge.moved").first).to_be_visible()
    expect(page.get_by_text("moved").first).to_be_visible()
    assert ids(tiles) != served
    by_length = ids(tiles)
    expect(tiles.locator(".meter.relative")).to_have_count(10)  # lengths have no scale

    page.go_back()
    expect_parameter(page, "look_strength", None)
    page.go_back()
    expect_list(tiles, served)
    expect(tiles.locator(".meter.relative")).to_have_count(0)
    page.go_forward()
    page.go_forward()
    expect_list(tiles, by_length)
    page.reload()
    expect_list(tiles, by_length)
    expect(page.get_by_role("button", name="Adjust (1)")).to_be_visible()


def test_the_catalogue_changes_under_a_visitors_hands(
    start_app: StartApp, open_tab: OpenTab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("promotion"))
    planted_workspace(workspace)
    write_bundle(workspace.models_dir / "tiny")
    workspace.set_live(LivePointer("tiny", NAME, SINCE))
    app = start_app(workspace.root)
    page = open_tab(f"{app.url}/shop_the_look?look_scene=studio-020&look_k=20")
    expect(results(page).locator(".tile")).to_have_count(20, timeout=TIMEOUT_MS)
    results(page).locator(".tile").last.click()
    expect(panel(page)).to_be_visible()

    write_planted(workspace.datasets_dir / "other", scenes=6, products=12)
    workspace.set_live(LivePointer("tiny", "other", "2026-06-01T08:00:00+00:00"))
    page.get_by_role("button", name="Shuffle").click()
    said = page.get_by_role("status").filter(has_text="That look cannot")
    expect(said).to_contain_text("The catalogue changed while you were here", timeout=TIMEOUT_MS)
    expect(said).to_contain_text("the data set other has been live since")
    expect(gallery(page).locator(".tile")).to_have_count(6)
    page.get_by_role("button", name="Show the looks there are").click()
    expect(said).to_have_count(0)
    expect_parameter(page, "look_scene", None)
    expect_parameter(page, "look_item", None)
    settled(page)
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(12)
    assert parameters(page)["look_k"] == "20"
