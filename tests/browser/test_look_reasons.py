"""Why this one, a focus on a part, more and less like this: as a person would, any device."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import TIMEOUT_MS, App, OpenTab
from tests.browser.parts import (
    AT_REST,
    expect_no_sideways_scroll,
    expect_parameter,
    expect_pictures,
    expect_tiles,
    gallery,
    ids,
    panel,
    parameters,
    results,
    settled,
)
from tests.browser.test_access import expect_focused, tab_to, violations
from tests.browser.test_shop_the_look import photo as photo_file


def look(page: Page) -> Locator:
    return page.locator(".st-key-look_card")


def focus(page: Page) -> Locator:
    return look(page).locator(".focus")


def shown(page: Page, product: str) -> None:
    """Waits until the photo shows where a product was found; an empty id: nothing."""
    expect(look(page).locator(f'.photo[data-shown="{product}"]')).to_be_attached()


@pytest.fixture(scope="module")
def scene(app: App, chromium: Browser) -> str:
    """A look with known matches."""
    page = chromium.new_page()
    page.goto(f"{app.url}/shop_the_look?look_show=known")
    expect(gallery(page).locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
    found = ids(gallery(page))[0]
    page.close()
    return found


@pytest.fixture
def page(visit: OpenTab, scene: str) -> Page:
    page: Page = visit(f"/shop_the_look?look_scene={scene}")
    expect(results(page).locator(".tile")).to_have_count(10)
    expect(look(page).locator(".stage.loaded")).to_be_visible()
    settled(page)
    return page


def test_a_tile_under_the_pointer_shows_where_it_was_found(page: Page) -> None:
    products = ids(results(page))
    page.evaluate(
        """() => {
          const send = WebSocket.prototype.send
          window.sent = 0
          WebSocket.prototype.send = function (...all) {
            window.sent++
            return send.apply(this, all)
          }
        }"""
    )
    shown(page, "")
    for number in (0, 3):
        results(page).locator(".tile").nth(number).hover()
        shown(page, products[number])
        page.wait_for_function(AT_REST)  # the frame glides from where it was
        inside = (
            look(page)
            .locator(".stage > .winner")
            .evaluate(
                """frame => {
              const [a, b] = [frame, frame.parentElement].map(n => n.getBoundingClientRect())
              return a.width > 4 && a.left >= b.left - 3 && a.right <= b.right + 3 &&
                a.top >= b.top - 3 && a.bottom <= b.bottom + 3
            }"""
            )
        )
        assert inside
        colours = (
            look(page)
            .locator(".stage > canvas")
            .evaluate(
                """canvas => new Set(canvas.getContext("2d")
                 .getImageData(0, 0, canvas.width, canvas.height).data).size"""
            )
        )
        assert colours > 20
        expect(look(page).locator(".told strong")).to_contain_text("Found in the")
    page.mouse.move(5, 5)
    shown(page, "")
    assert page.evaluate("window.sent") == 0  # all of it without the server


def test_the_same_by_keyboard_and_pinned(page: Page) -> None:
    products = ids(results(page))
    tab_to(page, products[0])
    shown(page, products[0])
    page.keyboard.press("ArrowRight")
    shown(page, products[1])
    page.keyboard.press("Tab")  # the first of the tile's own buttons
    page.keyboard.press("Enter")
    where = results(page).locator(f'.act.where[data-of="{products[1]}"]')
    expect(where).to_have_attribute("aria-pressed", "true")
    results(page).locator(".tile").nth(4).hover()
    shown(page, products[4])
    page.mouse.move(5, 5)
    shown(page, products[1])
    page.keyboard.press("Escape")
    expect(where).to_have_attribute("aria-pressed", "false")


def test_a_finger_on_a_phone_gets_a_small_photo(app: App, chromium: Browser, scene: str) -> None:
    phone = chromium.new_context(
        viewport={"width": 380, "height": 760}, has_touch=True, is_mobile=True
    )
    page = phone.new_page()
    page.goto(f"{app.url}/shop_the_look?look_scene={scene}")
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)
    expect_no_sideways_scroll(page)
    product = ids(results(page))[5]
    where = results(page).locator(f'.act.where[data-of="{product}"]')
    where.scroll_into_view_if_needed()
    where.tap()
    shown(page, product)
    inset = look(page).locator(".inset")
    expect(inset).to_be_visible()
    expect(inset).to_be_in_viewport(ratio=1)
    where.tap()
    expect(inset).to_be_hidden()
    where.tap()
    expect(inset).to_be_visible()
    results(page).locator(f'.tile[data-id="{product}"]').tap()  # its panel lies where that was
    expect(panel(page).get_by_text(product)).to_be_visible()
    expect(inset).to_be_hidden()
    panel(page).get_by_role("button", name="Close").tap()
    expect(panel(page)).to_have_count(0)

    look(page).locator(".stage").scroll_into_view_if_needed()
    look(page).locator(".stage").tap(position={"x": 60, "y": 80})
    expect_parameter(page, "look_focus", parameters_focus(page))
    expect(focus(page)).to_be_visible()
    phone.close()


def parameters_focus(page: Page) -> str:
    page.wait_for_url("**look_focus=**")
    return parameters(page)["look_focus"].replace(",", "%2C")


def test_a_focus_is_drawn_moved_and_cleared(page: Page) -> None:
    before = ids(results(page))
    box = look(page).locator(".stage").bounding_box()
    assert box is not None
    left, top = box["x"], box["y"]
    page.mouse.move(left + 0.3 * box["width"], top + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(left + 0.5 * box["width"], top + 0.7 * box["height"], steps=4)
    page.mouse.move(left + 0.7 * box["width"], top + 0.9 * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_url("**look_focus=**")
    drawn = [float(side) for side in parameters(page)["look_focus"].split(",")]
    assert drawn == pytest.approx([0.3, 0.5, 0.7, 0.9], abs=0.02)
    expect(results(page).locator(".badge.moved").first).to_be_visible()
    assert ids(results(page)) != before

    page.keyboard.press("ArrowRight")  # the box has the focus
    page.keyboard.press("Shift+ArrowUp")
    # by what the second key changes: on a slow machine each is a step of its own
    page.wait_for_function(
        """bottom => {
          const focus = new URLSearchParams(location.search).get("look_focus")
          return Number(focus.split(",")[3]) !== bottom
        }""",
        arg=drawn[3],
    )
    moved = [float(side) for side in parameters(page)["look_focus"].split(",")]
    assert moved == pytest.approx(
        [drawn[0] + 0.02, drawn[1], drawn[2] + 0.02, drawn[3] - 0.02], abs=0.002
    )
    page.reload()
    expect(focus(page)).to_be_visible()
    focus(page).focus()
    page.keyboard.press("Escape")
    expect_parameter(page, "look_focus", None)
    expect(focus(page)).to_be_hidden()
    expect_tiles(results(page), before)


def test_a_known_part_is_one_click(page: Page) -> None:
    part = look(page).get_by_role("button", name="Focus on ").filter(has_not_text="part").last
    part.click()
    page.wait_for_url("**look_focus=**")
    expect(focus(page)).to_be_visible()
    expect(results(page).locator(".badge.good").first).to_be_visible()


def test_more_and_less_like_this_and_taken_back(page: Page) -> None:
    before = ids(results(page))
    page.locator(f'.act.more[data-of="{before[4]}"]').click()
    expect_parameter(page, "look_steps", f"more.{before[4]}")
    expect(page.locator(f'.act.more[data-of="{before[4]}"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(results(page).locator(".badge.moved").first).to_be_visible()
    place = ids(results(page)).index(before[0])
    page.locator(f'.act.less[data-of="{before[0]}"]').press("Enter")
    expect(results(page).locator(f'.tile[data-id="{before[0]}"]')).to_have_count(0)
    expect_focused(page, ids(results(page))[place])  # what took its place
    expect(page.get_by_role("button", name="More:")).to_be_visible()
    expect(page.get_by_role("button", name="Less:")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(results(page).locator(f'.tile[data-id="{before[0]}"]')).to_have_count(1)
    page.go_back()
    expect(results(page).locator(f'.tile[data-id="{before[0]}"]')).to_have_count(0)
    page.get_by_role("button", name="Start over").click()
    expect_parameter(page, "look_steps", None)
    expect(results(page).locator(f'.tile[data-id="{before[0]}"]')).to_have_count(1)
    expect_tiles(results(page), before)


def test_the_whole_look_and_one_category_at_a_time(page: Page) -> None:
    page.get_by_text("Whole look", exact=True).click()
    expect(page.get_by_text("The best of")).to_be_visible()
    page.get_by_text("By category", exact=True).click()
    tabs = page.locator(".st-key-look_tab button")
    expect(tabs.nth(1)).to_be_visible()
    settled(page)  # they come before their list
    first = ids(results(page))
    tabs.nth(1).click()
    page.wait_for_url("**look_tab=**")
    page.wait_for_function(
        """first => {
          const host = document.querySelector('.st-key-look_results')
          const roots = [...host.querySelectorAll('*')].map(n => n.shadowRoot).filter(Boolean)
          const tile = roots.map(r => r.querySelector('.tile')).find(Boolean)
          return tile && tile.dataset.id !== first
        }""",
        arg=first[0],
    )
    assert not set(ids(results(page))) & set(first)


def test_the_list_is_taken_along(page: Page, tmp_path: Path) -> None:
    products = ids(results(page))

    def download(name: str) -> bytes:
        with page.expect_download() as coming:
            page.get_by_role("button", name=name).click()
        target = tmp_path / coming.value.suggested_filename
        coming.value.save_as(target)
        return target.read_bytes()

    page.get_by_role("button", name="Download").click()
    rows = list(csv.DictReader(io.StringIO(download("Table (CSV)").decode("utf-8-sig"))))
    assert [row["product"] for row in rows] == products
    assert [item["product"] for item in json.loads(download("JSON"))["items"]] == products
    sheet = download("Sheet with pictures").decode()
    assert sheet.count("data:image/webp;base64,") == 11
    assert "http://" not in sheet.split("<style>")[0]


def test_a_pasted_picture_is_shopped(app: App, page: Page) -> None:
    content = list(photo_file(app, page))
    expect(page.locator(".bring input[type=file]")).to_be_attached()  # what listens is there
    page.evaluate(
        """bytes => {
          const held = new DataTransfer()
          held.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" }))
          document.body.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: held, bubbles: true, composed: true }),
          )
        }""",
        content,
    )
    page.wait_for_url("**look_photo=**")
    expect(results(page).locator(".tile")).to_have_count(10)
    expect(page.get_by_role("button", name="Remove this photo")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_all_of_it(visit: OpenTab, scene: str, dark: bool) -> None:
    query = f"look_scene={scene}&look_focus=0.2,0.3,0.8,0.9&look_diversity=30"
    page = visit(f"/shop_the_look?{query}", dark=dark)
    expect(results(page).locator(".tile")).to_have_count(10)
    product = ids(results(page))[2]
    page.locator(f'.act.more[data-of="{product}"]').click()
    page.wait_for_url("**look_steps=**")
    results(page).locator(".tile").nth(1).click()
    expect(panel(page)).to_be_visible()
    look(page).get_by_role("button", name="Finer map").click()
    expect(look(page).locator(".told strong")).to_contain_text("Hangs on", timeout=TIMEOUT_MS)
    page.get_by_role("button", name="Run the leak test").click()
    expect(page.locator(".st-key-look_leak_arms .tile").nth(12)).to_be_visible()
    expect_pictures(page, 4)
    assert violations(page) == ""
