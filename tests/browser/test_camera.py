"""The camera: Chromium's fake one, which turns a wheel on green, and one that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import CHROMIUM, TIMEOUT_MS, App
from tests.browser.parts import expect_no_traceback, gallery, ids, parameters, results
from tests.browser.test_access import violations
from tests.browser.test_shop_the_look import photo as photo_file
from tests.browser.test_shop_the_look import upload

FAKE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"  # without it a headless browser refuses

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browsers(chromium: Browser) -> Iterator[dict[str, Browser]]:
    """Browsers with the fake camera: where it may be used, and where not."""
    flags = {"allowed": [FAKE, ALLOWED], "refused": [FAKE]}
    made = {
        name: chromium.browser_type.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *some]
        )
        for name, some in flags.items()
    }
    yield made
    for browser in made.values():
        browser.close()


@pytest.fixture
def shop(app: App, browsers: dict[str, Browser]) -> Iterator[OpenPage]:
    """Opens Shop the look and notes every time that the page asks for a camera."""
    pages: list[Page] = []

    def go(which: str, *, width: int = 1280) -> Page:
        page = browsers[which].new_page(viewport={"width": width, "height": 860})
        pages.append(page)
        page.add_init_script(
            """window.asked = 0
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
            navigator.mediaDevices.getUserMedia = (...all) => { window.asked++; return ask(...all) }
            """
        )
        page.goto(f"{app.url}/shop_the_look")
        expect(gallery(page).locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
        return page

    yield go
    for page in pages:
        page.close()


def open_camera(page: Page) -> Locator:
    page.get_by_role("button", name="Camera").click()
    place: Locator = page.get_by_test_id("stCameraInput")
    expect(place).to_be_visible()
    return place


def ready(page: Page) -> Locator:
    """The button that takes the photo, once there is a picture to take."""
    take = open_camera(page).get_by_role("button", name="Take Photo")
    expect(take).to_be_enabled(timeout=TIMEOUT_MS)
    page.wait_for_function(
        """() => {
          const video = document.querySelector("[data-testid=stCameraInput] video")
          return video && video.readyState >= 2 && video.videoWidth > 0
        }"""
    )
    return take


def test_a_photo_from_the_camera_is_shopped(shop: OpenPage) -> None:
    page = shop("allowed")
    assert page.evaluate("window.asked") == 0  # nobody is asked before it is wanted
    take = ready(page)
    assert violations(page) == ""
    take.click()
    page.wait_for_url("**look_photo=**")
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)
    expect(page.locator(".st-key-look_card img")).to_be_visible()
    colour = page.locator(".st-key-look_card img").evaluate(
        """async image => {
          await image.decode()
          const canvas = document.createElement("canvas")
          const pen = canvas.getContext("2d")
          pen.drawImage(image, 0, 0, 100, 100)
          return [...pen.getImageData(30, 85, 1, 1).data].slice(0, 3)
        }"""
    )
    assert colour[1] > 100 > max(colour[0], colour[2])  # what was in front of it: green
    shown = ids(results(page))
    page.reload()
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)
    assert ids(results(page)) == shown

    before = parameters(page)["look_photo"]  # and once more
    ready(page).click()
    page.wait_for_function("old => !location.search.includes(old)", arg=before)
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)


def test_it_fits_on_a_phone(shop: OpenPage) -> None:
    page = shop("allowed", width=380)
    take = ready(page)
    box = take.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 380
    take.scroll_into_view_if_needed()
    expect(take).to_be_in_viewport(ratio=1)


def test_a_camera_that_is_refused_is_told_and_other_ways_remain(app: App, shop: OpenPage) -> None:
    page = shop("refused")
    place = open_camera(page)
    expect(place.get_by_text("would like to use your camera")).to_be_visible(timeout=TIMEOUT_MS)
    expect(place.get_by_role("link", name="Learn how to allow access")).to_be_visible()
    expect(place.get_by_role("button", name="Take Photo")).to_be_disabled()
    expect_no_traceback(page)
    assert violations(page) == ""
    page.keyboard.press("Escape")
    expect(place).to_be_hidden()
    upload(page, "instead.jpg", photo_file(app, page))
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)
    page.get_by_role("button", name="Close this look").click()
    expect(results(page)).to_have_count(0)
    gallery(page).locator(".tile").first.click()
    expect(results(page).locator(".tile")).to_have_count(10, timeout=TIMEOUT_MS)
