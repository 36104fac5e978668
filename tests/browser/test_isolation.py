"""Several people at once: nobody ever sees what another one does.

Each has a browser of its own (a context: no shared cookies, storage or cache). Clicks are
interleaved, and where it matters all are sent before any is answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import TIMEOUT_MS, App
from tests.browser.parts import (
    expect_parameter,
    gallery,
    grid,
    ids,
    panel,
    parameters,
    results,
    settled,
)
from tests.browser.test_browse import tree
from tests.browser.test_shop_the_look import photo as photo_file
from tests.browser.test_shop_the_look import upload

PEOPLE = 6
Arrive = Callable[..., list[Page]]

# Everything on a page that another person's clicks could change, as soon as it stands still:
# what a run leaves out goes only some time after its end.
STATE = """async () => {
  const counted = /^shown to|^generic/ // known only some time after the start
  const running = "[data-testid=stApp]:not([data-test-script-state=notRunning])"
  const read = () => {
    const roots = [document, ...[...document.querySelectorAll("*")]
      .map(node => node.shadowRoot).filter(Boolean)]
    const all = what => roots.flatMap(root => [...root.querySelectorAll(what)])
    return {
      address: location.href,
      tiles: all(".tile").map(tile => tile.dataset.id),
      badges: all(".badge").map(badge => badge.textContent).filter(text => !counted.test(text)),
      pressed: all("[aria-pressed=true], [aria-current=true]").map(node => node.ariaLabel),
      chosen: all("[role=radio][aria-checked=true]").map(node => node.textContent),
      fields: all("input:not([type=file])").map(input => input.value),
      buttons: all("[data-testid=stMain] button").map(button => button.textContent),
      alerts: all("[role=alert]").map(alert => alert.textContent),
      parts: all("[class*=st-key-]").map(node => node.className.match(/st-key-\\S+/)[0]),
    }
  }
  let [seen, alike] = [null, 0]
  while (alike < 4) {
    await new Promise(done => setTimeout(done, 60))
    const now = JSON.stringify(read())
    alike = now === seen && !document.querySelector(running) ? alike + 1 : 0
    seen = now
  }
  return JSON.parse(seen)
}"""
CLICK = """selector => {
  const roots = [document, ...[...document.querySelectorAll("*")]
    .map(node => node.shadowRoot).filter(Boolean)]
  roots.map(root => root.querySelector(selector)).find(Boolean).click()
}"""


@pytest.fixture(scope="module")
def browsers(chromium: Browser) -> Iterator[list[BrowserContext]]:
    made = [chromium.new_context(viewport={"width": 1100, "height": 700}) for _ in range(PEOPLE)]
    for context in made:
        context.set_default_timeout(TIMEOUT_MS)
    yield made
    for context in made:
        context.close()


@pytest.fixture
def arrive(app: App, browsers: list[BrowserContext]) -> Iterator[Arrive]:
    """Opens addresses, each in a browser of its own; a test fails on errors in any."""
    pages: list[Page] = []
    faults: list[str] = []

    def come(*paths: str) -> list[Page]:
        new = [context.new_page() for context in browsers[: len(paths)]]
        pages.extend(new)
        for page, path in zip(new, paths, strict=True):
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(app.url + path, wait_until="commit")
        for page in new:
            expect(page.locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
            settled(page)
        return new

    yield come
    for page in pages:
        page.close()
    assert not faults


def state(page: Page) -> dict[str, Any]:
    seen: dict[str, Any] = page.evaluate(STATE)
    return seen


def test_what_one_does_in_browse_the_other_never_sees(arrive: Arrive) -> None:
    one, other = arrive("/browse?browse_seed=5", "/browse?browse_seed=5")
    at_first = state(other)
    assert state(one) == at_first  # a view is shared by its address

    one.get_by_role("searchbox").fill("dress")
    expect_parameter(one, "browse_search", "dress")
    assert state(other) == at_first
    tree(one).nth(2).click()
    expect(one).to_have_url(re.compile("browse_category="))
    one.get_by_role("radio", name="All").click()
    expect_parameter(one, "browse_view", "all")
    grid(one).locator(".tile").first.click()
    expect(panel(one)).to_be_visible()
    assert state(other) == at_first

    # a rerun of the other's own in the middle of it brings nothing of the first's
    mine = state(one)
    other.get_by_role("button", name="Page 2", exact=True).click()
    expect_parameter(other, "browse_page", "2")
    settled(other)
    assert parameters(other) == {"browse_seed": "5", "browse_page": "2"}
    expect(panel(other)).to_have_count(0)
    expect(other.get_by_role("searchbox")).to_have_value("")
    other.go_back()
    first = str(at_first["tiles"][0])
    expect(grid(other).locator(".tile").first).to_have_attribute("data-id", first)
    assert state(other) == at_first
    assert state(one) == mine


def test_the_same_look_is_each_ones_own(arrive: Arrive) -> None:
    """Answers are remembered for all; steps, scoring and what moved are not."""
    one, other = arrive("/shop_the_look", "/shop_the_look")
    scene = ids(gallery(one))[0]
    for page in (one, other):
        gallery(page).locator(".tile").first.click()
        expect(results(page).locator(".tile")).to_have_count(10)
    at_first = state(other)
    assert state(one) == at_first

    liked, list_at_first = ids(results(one))[4], ids(results(other))
    one.locator(f'.act.more[data-of="{liked}"]').click()
    expect_parameter(one, "look_steps", f"more.{liked}")
    expect(results(one).locator(".badge.moved").first).to_be_visible()
    settled(one)  # an open list closes when a run ends
    one.get_by_role("button", name="Adjust").click()
    one.get_by_role("combobox", name="Scoring").click()
    one.get_by_role("option").nth(2).click()
    expect(one).to_have_url(re.compile("look_scoring="))
    mine = state(one)
    assert state(other) == at_first

    results(other).locator(".tile").nth(3).click()  # a rerun that changes no list
    expect(panel(other)).to_be_visible()
    settled(other)
    assert parameters(other) == {"look_scene": scene, "look_item": list_at_first[3]}
    assert ids(results(other)) == list_at_first
    expect(results(other).locator(".badge.moved")).to_have_count(0)
    expect(other.locator(".act.more[aria-pressed=true]")).to_have_count(0)
    expect(panel(one)).to_have_count(0)
    assert state(one) == mine


def test_an_upload_is_seen_by_nobody_without_its_address(app: App, arrive: Arrive) -> None:
    one, other = arrive("/shop_the_look", "/shop_the_look")
    at_first = state(other)
    upload(one, "mine.jpg", b"<html>")
    expect(one.get_by_role("alert")).to_contain_text("cannot be used as a photo")
    assert state(other) == at_first
    upload(one, "mine.jpg", photo_file(app, one))
    expect(results(one).locator(".tile")).to_have_count(10)
    expect(one.get_by_role("alert")).to_have_count(0)
    mine, shown = state(one), ids(results(one))
    photo = parameters(one)["look_photo"]
    assert state(other) == at_first

    gallery(other).locator(".tile").nth(3).click()  # a rerun of the other's
    expect(results(other).locator(".tile")).to_have_count(10)
    settled(other)
    assert "look_photo" not in parameters(other)
    assert photo not in other.content()
    assert ids(gallery(other)) == ids(gallery(one))  # the catalogue's looks, and no upload
    assert state(one) == mine

    # by its address it is shared, which is meant; the other's steps stay the other's
    other.goto(one.url)
    expect(results(other).locator(".tile")).to_have_count(10)
    settled(other)
    assert ids(results(other)) == shown
    liked = shown[2]
    other.locator(f'.act.more[data-of="{liked}"]').click()
    expect_parameter(other, "look_steps", f"more.{liked}")
    assert state(one) == mine


def test_six_at_once_each_end_where_they_went(arrive: Arrive) -> None:
    seeds = range(1, PEOPLE + 1)
    pages = arrive(*(f"/browse?browse_seed={seed}" for seed in seeds))
    wanted = [ids(grid(page))[seed] for page, seed in zip(pages, seeds, strict=True)]
    paths = [
        tree(page).nth(seed).get_attribute("data-path")
        for page, seed in zip(pages, seeds, strict=True)
    ]
    assert len({*wanted}) == len({*paths}) == PEOPLE

    for page, product in zip(pages, wanted, strict=True):  # nobody waits for anybody
        page.evaluate(CLICK, f'.tile[data-id="{product}"]')
    for page, product in zip(pages, wanted, strict=True):
        expect(panel(page).get_by_text(product)).to_be_visible()
    for page, path in zip(pages, paths, strict=True):
        page.evaluate(CLICK, f'.line[data-path="{path}"]')
    for page, path, product, seed in zip(pages, paths, wanted, seeds, strict=True):
        expect(page.locator(f'.line[data-path="{path}"][aria-current=true]')).to_be_attached()
        settled(page)
        assert parameters(page) == {
            "browse_seed": str(seed),
            "item": product,
            "browse_category": path,
        }
        expect(panel(page).get_by_text(product)).to_be_visible()
    lists = [ids(grid(page)) for page in pages]
    assert len({*map(tuple, lists)}) == PEOPLE
    pages[-1].reload()  # what one sees is what the address says, to anybody
    expect(grid(pages[-1]).locator(".tile").first).to_be_visible()
    settled(pages[-1])
    assert ids(grid(pages[-1])) == lists[-1]
