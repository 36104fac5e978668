"""Parts of the pages as tests name them, and what is true of a page as a whole."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

LOADED = """() => {
  const roots = [document, ...[...document.querySelectorAll('*')]
    .map(node => node.shadowRoot).filter(Boolean)]
  const images = roots.flatMap(root => [...root.querySelectorAll('img')])
  const seen = images.filter(image => {
    const box = image.getBoundingClientRect()
    return box.width && box.top < innerHeight && box.bottom > 0
  })
  return { seen: seen.length, loaded: seen.filter(i => i.complete && i.naturalWidth > 0).length }
}"""


AT_REST = """() => {
  const roots = [document, ...[...document.querySelectorAll("*")]
    .map(node => node.shadowRoot).filter(Boolean)]
  return roots.flatMap(root => root.getAnimations()).every(
    a => a.playState !== "running" || a.effect.getComputedTiming().iterations === Infinity
  )
}"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def settled(page: Page) -> None:
    """Waits until no run is under way. An open list closes when a run ends, or on scrolling."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def grid(page: Page) -> Locator:
    return page.locator(".st-key-browse_tiles")


def results(page: Page) -> Locator:
    return page.locator(".st-key-look_results")


def gallery(page: Page) -> Locator:
    return page.locator(".st-key-look_gallery")


def panel(page: Page) -> Locator:
    return page.locator(".st-key-panel_card")


def ids(tiles: Locator) -> list[str]:
    found: list[str] = tiles.locator(".tile").evaluate_all("all => all.map(t => t.dataset.id)")
    return found


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def expect_parameter(page: Page, name: str, value: str | None) -> None:
    """Waits until the URL says so; None: until it says nothing."""
    if value is None:
        expect(page).not_to_have_url(re.compile(rf"[?&]{name}="))
    else:
        expect(page).to_have_url(re.compile(rf"[?&]{name}={re.escape(value)}(&|$)"))


def expect_tiles(tiles: Locator, wanted: list[str]) -> None:
    """Waits until these are shown, in this order: the address is often changed before."""
    expect(tiles.locator(".tile")).to_have_count(len(wanted))
    for place, one in enumerate(wanted):
        expect(tiles.locator(".tile").nth(place)).to_have_attribute("data-id", one)


def expect_other_tiles(page: Page, before: list[str], place: str = "browse_tiles") -> None:
    """By all of them: one in 520 shuffles of the demo leaves the first where it was."""
    page.wait_for_function(
        """([before, place]) => {
          const root = document.querySelector(`.st-key-${place}`)
          if (!root) return false
          const all = [root, ...root.querySelectorAll("*")].flatMap(node =>
            [...(node.shadowRoot?.querySelectorAll(".tile") ?? [])])
          return all.length && all.map(tile => tile.dataset.id).join() !== before.join()
        }""",
        arg=[before, place],
    )


def expect_pictures(page: Page, at_least: int) -> None:
    """Waits until every picture on screen has really come."""
    page.wait_for_function(
        f"() => {{ const n = ({LOADED})(); return n.seen >= {at_least} && n.loaded === n.seen }}"
    )


def expect_no_sideways_scroll(page: Page) -> None:
    too_wide = page.evaluate(
        """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
        .filter(node => node && node.scrollWidth > node.clientWidth + 1)
        .map(node => `${node.tagName} ${node.scrollWidth} > ${node.clientWidth}`)"""
    )
    assert too_wide == []


def expect_no_traceback(page: Page) -> None:
    text = page.locator("body").inner_text()
    for sign in ("Traceback", 'File "', "recsys/", "site-packages"):
        assert sign not in text
