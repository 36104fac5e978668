"""The popularity page as a person walks it: seen, explained, cured."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, OpenTab
from tests.browser.parts import (
    expect_no_sideways_scroll,
    expect_other_tiles,
    expect_parameter,
    expect_pictures,
    parameters,
    results,
    settled,
)
from tests.browser.popularity_parts import (
    card,
    choose,
    figure,
    figures,
    first_ids,
    open_popularity,
    shelf,
    wall,
)

VIEWS = ("wall", "never", "charts", "compare", "front")


@pytest.fixture
def open_page(app: App, open_tab: OpenTab) -> OpenTab:
    def go(query: str = "", **options: object) -> Page:
        return open_popularity(app, open_tab, query, **options)

    return go


def test_a_first_visit_reads_as_an_answer(open_page: OpenTab) -> None:
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("Popular items")
    expect(page.locator(".st-key-popularity_verdict")).to_contain_text("popular-item problem")
    expect(page.locator(".st-key-popularity_verdict")).to_contain_text("by chance")
    found = figures(page)
    assert list(found)[:3] == ["Top 1 % takes", "Never shown", "Excess Gini"]
    assert all(re.search(r"\d", value) for value in found.values())
    expect(wall(page).locator(".tile")).to_have_count(24)
    expect_pictures(page, 3)
    names = wall(page).locator(".tile").evaluate_all("all => all.map(t => t.ariaLabel)")
    facts = r"by chance [\d.]+×, \d+ training looks?, norm \d+.. perc"
    pattern = rf"shown \d+×, right \d+×, (?:[a-z ]+; )?{facts}"
    assert all(re.search(pattern, name) for name in names)


def test_every_figure_tells_its_formula_and_its_chance_level(open_page: OpenTab) -> None:
    page = open_page()
    metrics = page.locator(".st-key-popularity_figures [data-testid=stMetric]")
    for number in range(metrics.count()):
        metrics.nth(number).locator(
            "[data-testid=stTooltipHoverTarget], [data-testid=stTooltipIcon]"
        ).first.hover()
        told = page.get_by_role("tooltip")
        expect(told).to_contain_text("Formula:")
        expect(told).to_contain_text(re.compile("chance", re.IGNORECASE))
        page.mouse.move(0, 0)
        expect(told).to_have_count(0)
    page.get_by_text("All figures, with formulas").click()
    rows = page.locator("[data-testid=stTable] tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() >= 20


def test_a_cure_changes_wall_and_figures_and_back_undoes_it(open_page: OpenTab) -> None:
    page = open_page()
    before, served = figures(page), first_ids(wall(page))
    choose(page, "Dot")
    expect_parameter(page, "popularity_scoring", "dot")
    expect(figure(page, "Excess Gini")).not_to_have_text(before["Excess Gini"])
    expect(page.get_by_text("Against what is served now")).to_be_visible()
    expect(page.get_by_text(re.compile("worse")).first).to_be_visible()
    settled(page)
    crowded = figures(page)
    assert float(crowded["Excess Gini"]) > float(before["Excess Gini"])
    expect_other_tiles(page, served, "popularity_wall")
    page.go_back()
    expect_parameter(page, "popularity_scoring", None)
    expect(figure(page, "Excess Gini")).to_have_text(before["Excess Gini"])
    page.go_forward()
    expect(figure(page, "Excess Gini")).to_have_text(crowded["Excess Gini"])
    page.reload()
    expect(figure(page, "Excess Gini")).to_have_text(crowded["Excess Gini"])


def test_a_strength_is_set_and_stays_in_the_url(open_page: OpenTab) -> None:
    page = open_page("?popularity_scoring=nnn")
    usual = figures(page)["Excess Gini"]
    slider = page.get_by_role("slider", name="How much it gives up")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("popularity_strength="))
    expect(figure(page, "Excess Gini")).not_to_have_text(usual)
    choose(page, "Cosine")  # another scoring has another range
    expect_parameter(page, "popularity_strength", None)


def test_a_hub_tells_who_received_it_and_why(open_page: OpenTab) -> None:
    page = open_page("?popularity_scoring=dot")
    first = first_ids(wall(page))[0]
    tile = wall(page).locator(".tile").first
    note = tile.locator(".note").first.inner_text()
    tile.click()
    expect_parameter(page, "popularity_item", first)
    expect(card(page).get_by_role("heading")).to_be_visible()
    times = re.search(r"shown ([\d,]+)×", note)
    assert times is not None
    expect(page.get_by_role("heading", name=f"In the lists of {times[1]} looks")).to_be_visible()
    panel = page.locator(".st-key-popularity_panel")
    expect(panel.get_by_text("Large norm.")).to_be_visible()
    expect(panel.get_by_text("By plain cosine")).to_be_visible()
    looks = page.locator(".st-key-popularity_received")
    expect(looks.locator("a.tile")).to_have_count(12)
    badges = looks.locator(".badge").all_inner_texts()
    assert badges[0] == "rank 1"
    scene = first_ids(looks)[0]
    card(page).get_by_role("button", name="Close").click()
    expect(card(page)).to_have_count(0)
    expect_parameter(page, "popularity_item", None)
    page.go_back()
    looks.locator("a.tile").first.click()  # to the shop, which scores as here
    expect_parameter(page, "look_scene", scene)
    assert parameters(page)["look_scoring"] == "dot"
    expect(results(page).locator(".tile")).to_have_count(10)
    assert first in first_ids(results(page))


def test_the_shelf_shows_who_blocks_and_the_list_without_it(open_page: OpenTab) -> None:
    page = open_page("?popularity_scoring=dot&popularity_view=never")
    tiles = shelf(page).locator(".tile")
    expect(tiles).to_have_count(24)
    nearest = tiles.first
    expect(nearest).to_contain_text("1 place short")
    expect(nearest).to_contain_text("blocked by")
    product = first_ids(shelf(page))[0]
    nearest.click()
    expect_parameter(page, "popularity_never", product)
    after = page.locator(".st-key-popularity_after")
    expect(after.locator(".tile")).to_have_count(10)
    expect(after.get_by_text("now shown")).to_be_visible()
    assert product in first_ids(after)
    before = page.locator(".st-key-popularity_before")
    assert product not in first_ids(before)
    expect(before.get_by_text("blocker", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect_parameter(page, "popularity_never", None)


def test_two_scorings_face_each_other(open_page: OpenTab) -> None:
    page = open_page("?popularity_view=compare")
    sides = [page.locator(f".st-key-popularity_wall_{side}") for side in ("left", "right")]
    for side in sides:
        expect(side.locator(".tile")).to_have_count(12)
    assert first_ids(sides[0]) != first_ids(sides[1])
    recall = (
        page.locator("[data-testid=stTable] tbody tr").filter(has_text=re.compile("^Recall")).last
    )
    expect(recall).to_contain_text(re.compile(r"[+−]0\.\d+ \([+−]0\.\d+ to [+−]0\.\d+\)"))
    boxes = [side.bounding_box() for side in sides]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 60
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_causes_filter_the_wall(open_page: OpenTab) -> None:
    page = open_page("?popularity_scoring=dot&popularity_cause=large norm")
    expect(wall(page).locator(".tile").first).to_be_visible()
    remarks = wall(page).locator(".tile .remark").all_text_contents()
    assert remarks
    assert all("large norm" in found for found in remarks)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(open_page: OpenTab, view: str, dark: bool) -> None:
    page = open_page(f"?popularity_scoring=dot&popularity_view={view}", dark=dark)
    if view in ("wall", "never"):
        (wall(page) if view == "wall" else shelf(page)).locator(".tile").nth(1).click()
        expect(page.locator(".st-key-popularity_panel .tile").first).to_be_visible()
    settled(page)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_never_scrolls_sideways(open_page: OpenTab, view: str) -> None:
    page = open_page(f"?popularity_scoring=dot&popularity_view={view}", width=380, height=760)
    settled(page)
    expect_no_sideways_scroll(page)
    if view in ("wall", "never"):
        (wall(page) if view == "wall" else shelf(page)).locator(".tile").first.click()
        expect(page.locator(".st-key-popularity_panel .tile").first).to_be_visible()
        settled(page)
        expect_no_sideways_scroll(page)
