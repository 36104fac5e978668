"""From a phone to a 4K screen: nothing scrolls sideways, overlaps, is cut off, or grows absurd.

``RECSYS_SCREENSHOTS=FOLDER`` keeps a picture of every state that is looked at.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.parts import (
    AT_REST,
    TWO_FRAMES,
    expect_no_sideways_scroll,
    expect_pictures,
    gallery,
    grid,
    panel,
    results,
)

SCREENSHOTS = os.environ.get("RECSYS_SCREENSHOTS", "")
SIZES = [(380, 760), (768, 1024), (1280, 900), (3840, 2160)]

# What is wrong with the controls on screen, in words. A control is what one can click or type
# in. Its box is what is left of it inside everything that clips; a control that has more box
# than that, sideways, is cut off, and so is text that is wider than its control. Two controls
# overlap where they share more than a few pixels, unless one holds the other or both belong to
# one tile or one photo, where buttons lie on the picture. Text is squeezed where it runs down a
# column of a few letters.
FAULTS = """() => {
  const roots = [document, ...[...document.querySelectorAll("*")]
    .map(node => node.shadowRoot).filter(Boolean)]
  const parent = node => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null
  const chain = node => {
    const all = []
    for (let at = node; at; at = parent(at)) all.push(at)
    return all
  }
  const what = "button, a[href], input:not([type=file]), select, textarea, [role=combobox], " +
    "[role=radio], [role=slider]"
  const name = node => (node.ariaLabel || node.textContent || node.placeholder || node.id ||
    node.tagName).trim().slice(0, 50)
  const faults = []
  const controls = []
  for (const node of roots.flatMap(root => [...root.querySelectorAll(what)])) {
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    const full = node.getBoundingClientRect()
    if (full.width < 2 || full.height < 2) continue // for screen readers alone
    if (chain(node).some(at => at.matches("[data-testid=stSidebar]")) && full.right < 1) continue
    let [left, top, right, bottom] = [full.left, full.top, full.right, full.bottom]
    for (const holder of chain(node).slice(1)) {
      const { overflowX, overflowY } = getComputedStyle(holder)
      const box = holder.getBoundingClientRect()
      if (overflowX !== "visible") {
        left = Math.max(left, box.left)
        right = Math.min(right, box.right)
      }
      if (overflowY !== "visible") {
        top = Math.max(top, box.top)
        bottom = Math.min(bottom, box.bottom)
      }
    }
    if (bottom - top < 2) continue // scrolled away
    if (left > full.left + 2 || right < full.right - 2) faults.push(`cut off: ${name(node)}`)
    if (full.left < -1 || full.right > innerWidth + 1) faults.push(`off the page: ${name(node)}`)
    const clips = getComputedStyle(node).overflowX !== "visible"
    const hidden = node.scrollWidth > node.clientWidth + 1 && !node.matches("input, .tile")
    if (clips && hidden) faults.push(`text cut off: ${name(node)}`)
    controls.push({ node, left, top, right, bottom, fixed: chain(node).some(isFixed) })
  }
  function isFixed(node) {
    return node.matches("header") || /fixed|sticky/.test(getComputedStyle(node).position)
  }
  const group = node => chain(node).find(at => at.matches(".row, .stage, .card, .search, .photo"))
  for (const [at, a] of controls.entries()) {
    for (const b of controls.slice(at + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (width < 3 || height < 3 || a.fixed !== b.fixed) continue
      if (chain(a.node).includes(b.node) || chain(b.node).includes(a.node)) continue
      const shared = group(a.node)
      if (shared && shared === group(b.node)) continue
      faults.push(`overlap by ${width.toFixed()} × ${height.toFixed()}: ${name(a.node)} / ` +
        name(b.node))
    }
  }
  for (const node of roots.flatMap(root => [...root.querySelectorAll("p, dd, dt, h1, h2, span")])) {
    const text = [...node.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim()
    const box = node.getBoundingClientRect()
    const lines = box.height / parseFloat(getComputedStyle(node).fontSize)
    if (text.length > 5 && box.width > 2 && box.width < 60 && lines > 4) {
      faults.push(`squeezed to ${box.width.toFixed()} px: ${name(node)}`)
    }
  }
  return faults
}"""


def expect_in_order(page: Page, name: str, tiles: Locator) -> None:
    """At every size nothing scrolls sideways, overlaps or is cut off, and tiles have a sensible
    size.
    """
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("width => innerWidth === width", arg=width)
        tiles.locator(".tile").first.scroll_into_view_if_needed()
        expect_pictures(page, 1)
        page.evaluate(TWO_FRAMES)  # what watches its own size has heard of it
        page.wait_for_function(AT_REST)  # tiles that glide to their places have arrived
        if SCREENSHOTS:
            page.wait_for_timeout(600)
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{width}.png")
        expect_no_sideways_scroll(page)
        assert page.evaluate(FAULTS) == [], f"{name} at {width}"
        boxes = tiles.locator(".tile").evaluate_all(
            "all => all.map(t => t.getBoundingClientRect()).map(b => [b.left, b.width])"
        )
        widths = [width for _, width in boxes]
        assert min(widths) >= 130
        assert max(widths) <= 420
        assert max(widths) - min(widths) < 2
        assert len({round(left) for left, _ in boxes}) >= 2  # columns


def test_browse(visit: OpenTab) -> None:
    page = visit("/browse?browse_view=all&browse_search=a")
    expect_in_order(page, "browse", grid(page))
    grid(page).locator(".tile").nth(1).click()
    expect(panel(page).get_by_role("heading")).to_be_visible()
    expect(page.locator(".st-key-panel_looks .tile").first).to_be_visible()
    expect_in_order(page, "browse-panel", grid(page))


def test_choosing_a_look(visit: OpenTab) -> None:
    page = visit("/shop_the_look?look_show=known")
    expect_in_order(page, "shop", gallery(page))


def test_a_look_and_all_that_goes_with_it(visit: OpenTab) -> None:
    page = visit("/shop_the_look?look_show=known")
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(10)
    results(page).locator(".act.more").nth(2).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect_in_order(page, "look", results(page))
    page.get_by_role("button", name="Run the leak test").click()
    expect(page.locator(".st-key-look_leak_arms .tile").nth(12)).to_be_visible()
    results(page).locator(".tile").nth(1).click()
    expect(panel(page).get_by_role("heading")).to_be_visible()
    expect_in_order(page, "look-panel", results(page))
