"""The charts of the popularity page: what is picked in one is marked in all, and on the wall;
and a catalogue that means harm stays text in them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recsys.workspace import LivePointer, Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import expect_no_traceback, expect_parameter, parameters, settled
from tests.browser.popularity_parts import (
    BLUE,
    VERMILION,
    card,
    chart,
    drag,
    expect_painted,
    first_ids,
    open_popularity,
    painted,
    press,
    wall,
)
from tests.support.planted import write_planted
from tests.support.shop import HOSTILE
from tests.support.tiny_bundle import write_bundle

CHARTS = ("lorenz", "histogram", "norm", "seen", "categories")


@pytest.fixture
def page(app: App, open_tab: OpenTab) -> Page:
    return open_popularity(app, open_tab, "?popularity_scoring=dot&popularity_view=charts")


def expect_all_marked(page: Page) -> None:
    """Every chart marks what is picked."""
    for name in CHARTS:
        expect_painted(page, name, VERMILION)


def picked_count(page: Page) -> int:
    strip = page.locator(".st-key-popularity_strip")
    text = strip.get_by_text(re.compile(r"^[\d,]+ products? picked")).inner_text()
    return int(text.split()[0].replace(",", ""))


def test_five_charts_have_a_name_a_table_and_a_picture_to_save(page: Page) -> None:
    for name in CHARTS:
        expect(chart(page, name)).to_be_visible()
    for word in ("Lorenz curve", "Histogram", "Norm of the vector", "Training looks", "Bars by"):
        menu = page.get_by_role("button", name=re.compile(f"Show data: {word}"))
        expect(menu).to_have_count(1)
        save = page.get_by_role("button", name=re.compile(f"Download as PNG: {word}"))
        expect(save).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="All products (CSV)").click()
    table = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(table) == 521
    assert table[0].startswith("product,title,category,times_shown")
    times = [int(line.rsplit(",", 8)[1]) for line in table[1:6]]
    assert times == sorted(times, reverse=True)


def test_a_drag_in_one_marks_all_and_the_wall(page: Page) -> None:
    for name in CHARTS:
        expect_painted(page, name, BLUE)
        expect_painted(page, name, VERMILION, there=False)
    drag(page, chart(page, "norm"), (0.55, 0.05), (0.97, 0.35))
    expect(page).to_have_url(re.compile("popularity_pick="))
    assert re.fullmatch(
        r"shown:[\d.]+_[\d.]+,norm:[\d.]+_[\d.]+", parameters(page)["popularity_pick"]
    )
    expect_all_marked(page)
    settled(page)
    count = picked_count(page)
    assert 10 < count < 200
    shown = first_ids(page.locator(".st-key-popularity_picked"))
    assert len(shown) == min(12, count)
    page.get_by_role("button", name=f"All {count} on the wall").click()
    expect_parameter(page, "popularity_view", None)
    expect(page.locator(".st-key-popularity_strip")).to_have_count(0)  # it says so as well
    expect(page.get_by_text(f"{count} products picked")).to_be_visible()
    assert first_ids(wall(page))[: len(shown)] == shown
    page.reload()
    expect(page.get_by_text(f"{count} products picked")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("^shown .* norm")).click()
    expect_parameter(page, "popularity_pick", None)
    expect(page.get_by_text("products picked")).to_have_count(0)


def test_a_drag_along_the_lorenz_curve_picks_a_stretch_of_the_order(page: Page) -> None:
    expect_painted(page, "lorenz", BLUE)
    drag(page, chart(page, "lorenz"), (0.9, 0.5), (0.995, 0.6))
    expect(page).to_have_url(re.compile("popularity_pick=rank"))
    expect_all_marked(page)
    low, high = re.findall(r"[\d.]+", parameters(page)["popularity_pick"])
    assert 0.5 < float(low) < float(high) <= 1.2


def test_a_bar_is_picked_and_taken_back(page: Page) -> None:
    bars = chart(page, "histogram")
    expect_painted(page, "histogram", BLUE)
    left = min(across for across, _ in painted(bars, BLUE))
    place = next(at for at in painted(bars, BLUE)[::-1] if at[0] < left + 6)
    never = page.get_by_text(re.compile(r"^\d+ products are never shown"))
    number = int(never.inner_text().split()[0])
    press(bars, (left + 5, place[1] - 4))
    expect_parameter(page, "popularity_pick", "shown%3A0_0")
    assert picked_count(page) == number
    expect_painted(page, "histogram", VERMILION)
    settled(page)
    press(chart(page, "histogram"), (left + 5, place[1] - 4))
    expect_parameter(page, "popularity_pick", None)


def test_a_category_is_picked_by_its_bar_and_in_the_box(page: Page) -> None:
    bars = chart(page, "categories")
    expect_painted(page, "categories", BLUE)
    across, down = painted(bars, BLUE)[0]  # the topmost bar
    press(bars, (across + 4, down + 4))
    expect(page).to_have_url(re.compile("popularity_category="))
    expect_all_marked(page)
    page.get_by_text("Pick by numbers").click()
    box = page.get_by_role("combobox", name="Category")
    expect(box).to_have_value(re.compile("Bags"))


def test_a_click_on_a_mark_opens_its_product_and_marks_it_everywhere(page: Page) -> None:
    expect_painted(page, "norm", BLUE)
    place = painted(chart(page, "norm"), BLUE)[0]
    width = chart(page, "norm").evaluate("canvas => canvas.width")
    press(chart(page, "norm"), (place[0], place[1] + 3))
    expect(page).to_have_url(re.compile("popularity_item="))
    opened = parameters(page)["popularity_item"]
    expect(card(page).get_by_role("heading")).to_be_visible()
    for name in ("lorenz", "norm", "seen"):  # in a bar one product may be less than a pixel
        expect_painted(page, name, VERMILION)
    card(page).get_by_role("button", name="Close").click()
    expect(card(page)).to_have_count(0)
    expect_painted(page, "norm", VERMILION, there=False)
    settled(page)
    expect(chart(page, "norm")).to_have_js_property("width", width)  # as wide as before
    expect_painted(page, "norm", BLUE)  # and drawn again
    press(chart(page, "norm"), (place[0], place[1] + 3))  # the same one again
    expect_parameter(page, "popularity_item", opened)


def test_picks_by_numbers_need_no_mouse(page: Page) -> None:
    page.locator("summary", has_text="Pick by numbers").focus()
    page.keyboard.press("Enter")
    slider = page.get_by_role("slider", name="Times shown").first
    expect(slider).to_be_visible()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect_parameter(page, "popularity_pick", "shown%3A5_230")
    expect_all_marked(page)


# a catalogue that means harm


@pytest.fixture(scope="module")
def hostile_app(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    """Hostile titles and categories, and a real model, if an untrained one."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile-charts"))
    folder = write_planted(workspace.datasets_dir / "planted", scenes=40, products=60)
    details = json.loads((folder / "planted-products.json").read_text("utf-8"))
    for number, record in enumerate(details.values()):
        text = HOSTILE[number % len(HOSTILE)]
        # one mark may lie on another, so that any must do harm if it can
        record["title"] = text if text.startswith("=") and number < 7 else f"{HOSTILE[0]} {text}"
        record["brand"] = text
    (folder / "planted-products.json").write_text(json.dumps(details), "utf-8")
    categories = json.loads((folder / "planted-cat.json").read_text("utf-8"))
    for number, product in enumerate(categories):
        categories[product] = f"All|{HOSTILE[number % len(HOSTILE)].replace('|', '/')}"
    (folder / "planted-cat.json").write_text(json.dumps(categories), "utf-8")
    write_bundle(workspace.models_dir / "tiny")
    workspace.set_live(LivePointer("tiny", "planted", "2026-05-03T14:02:00+00:00"))
    return start_app(workspace.root)


@pytest.mark.parametrize("view", ["wall", "never", "charts", "compare"])
def test_hostile_text_stays_text(hostile_app: App, open_tab: OpenTab, view: str) -> None:
    page = open_popularity(
        hostile_app, open_tab, f"?popularity_k=2&popularity_view={view}&popularity_pick=shown:0_9"
    )
    page.on("request", lambda request: _only_ours(request.url, hostile_app.url))
    if view == "charts":
        drawing = chart(page, "norm")
        expect_painted(page, "norm", VERMILION)
        across, down = painted(drawing, VERMILION)[0]
        drawing.hover(position={"x": across, "y": down + 3})
        tip = page.locator("#vg-tooltip-element")
        expect(tip).to_contain_text("<img src=x onerror=alert(1)>")
        assert tip.locator("img, script, a").count() == 0
        with page.expect_download() as download:
            page.get_by_role("button", name="All products (CSV)").click()
        cells = Path(download.value.path()).read_text("utf-8-sig")
        assert "'=HYPERLINK" in cells
        assert ",=HYPERLINK" not in cells
    else:
        expect(page.locator(".tile").first).to_be_visible()
        page.locator(".tile").first.click()
        expect(page.locator(".st-key-popularity_panel")).to_be_visible()
        settled(page)
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    expect_no_traceback(page)


def _only_ours(requested: str, ours: str) -> None:
    assert requested.startswith((ours, "data:", "blob:")), requested
