"""The parts of the popularity page as its tests name them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App, OpenTab
from tests.browser.parts import settled

PREPARED_MS = 180_000
"""The first visit of a fresh workspace looks at every photo."""


def open_popularity(app: App, open_tab: OpenTab, query: str = "", **options: object) -> Page:
    """Opens the page and waits until its figures are there."""
    page: Page = open_tab(f"{app.url}/popularity{query}", **options)
    expect(page.locator(".st-key-popularity_figures").first).to_be_visible(timeout=PREPARED_MS)
    settled(page)
    return page


def wall(page: Page) -> Locator:
    return page.locator(".st-key-popularity_wall")


def shelf(page: Page) -> Locator:
    return page.locator(".st-key-popularity_shelf")


def card(page: Page) -> Locator:
    return page.locator(".st-key-popularity_card")


def figures(page: Page) -> dict[str, str]:
    """The figures at the head of the page, by title."""
    found = page.locator(".st-key-popularity_figures [data-testid=stMetric]")
    expect(found).to_have_count(6)
    titles = found.locator("[data-testid=stMetricLabel]").all_inner_texts()
    values = found.locator("[data-testid=stMetricValue]").all_inner_texts()
    return {title.strip(): value.strip() for title, value in zip(titles, values, strict=True)}


def figure(page: Page, title: str) -> Locator:
    """The value of one figure at the head of the page."""
    return (
        page.locator(".st-key-popularity_figures [data-testid=stMetric]")
        .filter(has_text=title)
        .locator("[data-testid=stMetricValue]")
    )


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"[class*=st-key-popularity_{name}_] canvas.marks")


BLUE, VERMILION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)

_FIND = """(canvas, [red, green, blue]) => {
  const { width, height } = canvas
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  const box = canvas.getBoundingClientRect()
  const found = []
  for (let at = 0; at < data.length; at += 4) {
    const far = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green)
      + Math.abs(data[at + 2] - blue)
    if (far > 24) continue
    const row = Math.floor(at / 4 / width)
    found.push([(at / 4 - row * width) / width * box.width, row / height * box.height])
  }
  return found
}"""


def painted(drawing: Locator, colour: tuple[int, int, int]) -> list[tuple[float, float]]:
    """Where a chart has a colour, in CSS pixels from its corner, row by row from the top."""
    found: list[tuple[float, float]] = drawing.evaluate(_FIND, list(colour))
    return [(across, down) for across, down in found]


def expect_painted(page: Page, name: str, colour: tuple[int, int, int], there: bool = True) -> None:
    """Waits until a chart has a colour, or has it no more; it may be drawn afresh meanwhile."""
    page.wait_for_function(
        f"""([name, colour, there]) => {{
          const place = `[class*=st-key-popularity_${{name}}_] canvas.marks`
          const canvas = document.querySelector(place)
          return canvas && canvas.width && (({_FIND})(canvas, colour).length > 3) === there
        }}""",
        arg=[name, list(colour), there],
    )


def press(drawing: Locator, place: tuple[float, float]) -> None:
    """Clicks on a place of a chart."""
    drawing.click(position={"x": place[0], "y": place[1]})


def first_ids(tiles: Locator) -> list[str]:
    """The ids in a grid, once it is there."""
    expect(tiles.locator(".tile").first).to_be_visible()
    found: list[str] = tiles.locator(".tile").evaluate_all("all => all.map(t => t.dataset.id)")
    return found


def choose(page: Page, label: str) -> None:
    """Presses one of the pills or segments."""
    page.get_by_role("radio", name=label, exact=True).click()


def drag(page: Page, over: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drags over a part of a chart, in 0–1 of its box."""
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    places = [
        (box["x"] + across * box["width"], box["y"] + down * box["height"])
        for across, down in (start, end)
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()
