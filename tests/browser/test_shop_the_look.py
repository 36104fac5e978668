"""Shop the look as a person does: pick a photo or bring one, good or bad."""

from __future__ import annotations

import io
import re
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import TIMEOUT_MS, App, OpenTab
from tests.browser.parts import (
    expect_no_traceback,
    expect_parameter,
    expect_pictures,
    gallery,
    ids,
    panel,
    parameters,
    results,
    settled,
)
from tests.support.pictures import png_bomb


def upload(page: Page, name: str, content: bytes, kind: str = "image/jpeg") -> None:
    file = {"name": name, "mimeType": kind, "buffer": content}
    page.locator(".bring input[type=file]").set_input_files(files=[file])


def photo(app: App, page: Page) -> bytes:
    """A real photo: the first look of the gallery, as a JPEG."""
    source = str(gallery(page).locator("img").first.get_attribute("src"))
    with urllib.request.urlopen(app.url + source.replace("-240.", "-480.")) as answer:
        image = Image.open(io.BytesIO(answer.read())).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def expect_ten_results(page: Page) -> None:
    expect(results(page).locator(".tile")).to_have_count(10)
    scores = [float(text) for text in results(page).locator(".score").all_inner_texts()]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)


def test_a_scene_gets_ten_products_with_scores(visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    scene = ids(gallery(page))[2]
    gallery(page).locator(".tile").nth(2).click()
    expect_ten_results(page)
    assert parameters(page)["look_scene"] == scene
    expect(page.locator(".st-key-look_card img")).to_be_visible()
    expect_pictures(page, 5)
    page.reload()
    expect_ten_results(page)
    page.go_back()
    expect(results(page)).to_have_count(0)


def test_more_results_of_one_category_and_back(visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    gallery(page).locator(".tile").first.click()
    expect_ten_results(page)
    how_many = page.get_by_role("spinbutton", name="How many")
    how_many.fill("37")
    how_many.press("Enter")
    expect(results(page).locator(".tile")).to_have_count(37)
    expect_parameter(page, "look_k", "37")
    page.locator(".st-key-look_k").get_by_role("button").last.click()  # ten more
    expect(results(page).locator(".tile")).to_have_count(47)
    settled(page)
    page.get_by_role("combobox", name="Category").click()
    page.get_by_role("option").nth(1).click()
    expect(page).to_have_url(re.compile("look_category="))
    expect(page.get_by_text(re.compile(r"^Best \d+ of"))).to_be_visible()
    page.go_back()
    page.go_back()
    expect(results(page).locator(".tile")).to_have_count(37)
    page.go_back()
    expect_ten_results(page)


def test_a_result_opens_its_product_beside_the_look(visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    gallery(page).locator(".tile").first.click()
    expect_ten_results(page)
    product = ids(results(page))[1]
    results(page).locator(".tile").nth(1).click()
    expect(panel(page).get_by_text(product)).to_be_visible()
    expect(results(page).locator(".tile")).to_have_count(10)
    page.go_back()
    expect(panel(page)).to_have_count(0)
    expect_ten_results(page)


def test_an_uploaded_photo_is_shopped_reloaded_and_removed(app: App, visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    upload(page, "me <b>.jpg", photo(app, page))
    expect_ten_results(page)
    shown = ids(results(page))
    address = page.url
    page.reload()
    expect_ten_results(page)
    assert ids(results(page)) == shown
    page.get_by_role("button", name="Remove this photo").click()
    expect(results(page)).to_have_count(0)
    again = visit(address.removeprefix(app.url))
    expect(again.get_by_text("That look cannot be found")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("page.jpg", b"<html><script>alert(1)</script></html>", "", id="disguised"),
        pytest.param("cut.jpg", None, "", id="broken"),
        pytest.param("bomb.png", png_bomb(30_000, 30_000), "", id="bomb"),
    ],
)
def test_a_bad_file_gets_a_clear_message(
    app: App, visit: OpenTab, name: str, content: bytes | None, said: str
) -> None:
    page = visit("/shop_the_look")
    if content is None:
        content = photo(app, page)[:4000]
    upload(page, name, content)
    message = page.get_by_role("alert").filter(has_text="That file cannot be used as a photo")
    expect(message).to_be_visible()
    expect(message).to_contain_text(said)
    expect_no_traceback(page)
    # and the page goes on working
    upload(page, "good.jpg", photo(app, page))
    expect_ten_results(page)


def refusals(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="That file cannot be used as a photo")


def test_a_file_that_is_no_use_is_refused_before_it_is_sent(app: App, visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    sent: list[str] = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    upload(page, "page.jpg", b"<html>")
    expect(refusals(page)).to_contain_text("found an HTML page")
    assert len(sent) == 1

    upload(page, "big.jpg", b"\xff\xd8" + b"0" * (11 * 1024 * 1024))
    expect(refusals(page)).to_contain_text("The file has 11.0 MB, at most 10 MB are taken")
    expect(refusals(page)).to_have_count(1)  # it stands alone
    expect(page.get_by_text(re.compile("must be|HTML page"))).to_have_count(0)
    upload(page, "photo.heic", b"ftypheic", "image/heic")
    expect(refusals(page)).to_contain_text("found a file of the kind HEIC")
    expect(refusals(page)).to_have_count(1)
    assert len(sent) == 1

    upload(page, "telephone", photo(app, page))  # no ending, but a kind
    expect_ten_results(page)
    expect(refusals(page)).to_have_count(0)


def test_a_photo_is_chosen_by_button_and_another_from_beside_it(app: App, visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(app, page)}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a photo").click()
    chooser.value.set_files(files=[file])
    expect_ten_results(page)
    look = page.locator(".st-key-look_card")
    expect(look.get_by_role("heading", name="Your photo")).to_be_visible()
    expect(
        look.get_by_text(re.compile(r"\d+ \w{3} \d{4}, \d\d:\d\d · \d+ × \d+ pixels"))
    ).to_be_visible()
    first = parameters(page)["look_photo"]
    with page.expect_file_chooser() as chooser:
        look.get_by_role("button", name="Upload another").press("Enter")
    buffer = io.BytesIO()
    Image.new("RGB", (80, 120), (200, 30, 30)).save(buffer, "PNG")
    chooser.value.set_files(
        files=[{"name": "b.png", "mimeType": "image/png", "buffer": buffer.getvalue()}]
    )
    expect(look.get_by_text("80 × 120 pixels")).to_be_visible()
    page.go_back()
    expect_parameter(page, "look_photo", first)


def test_a_photo_may_be_chosen_before_the_uploader_is_loaded(app: App, visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(app, page)}
    held: list[Route] = []
    page.route("**/FileUploader.*.js", lambda route: held.append(route))
    with page.expect_request("**/FileUploader.*.js"):
        page.reload()
    upload_button = page.get_by_role("button", name="Upload a photo")
    with page.expect_file_chooser() as chooser:
        upload_button.press("Enter")
    chooser.value.set_files(files=[file])
    expect(upload_button).to_have_attribute("aria-busy", "true")
    expect(page.locator(".st-key-photo_file input[type=file]")).to_have_count(0)
    assert held
    for route in held:
        route.continue_()
    page.unroute("**/FileUploader.*.js")
    expect_ten_results(page)


def test_a_photo_that_is_chosen_while_the_connection_is_gone_arrives_when_it_is_back(
    app: App, visit: OpenTab
) -> None:
    """As on a telephone, whose pictures stand before the page meanwhile."""
    page = visit("/shop_the_look")
    content = photo(app, page)
    sockets: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/_stcore/stream", opened)
    page.reload()
    expect(gallery(page).locator(".tile").first).to_be_visible()
    uploader = page.locator(".st-key-photo_file section")
    expect(uploader).to_have_attribute("aria-disabled", "false")
    page.route("**/_stcore/health", lambda route: route.abort())  # is asked before it comes back
    sockets[-1].close()
    expect(uploader).to_have_attribute("aria-disabled", "true")
    upload(page, "me.jpg", content)
    expect(page.get_by_role("button", name="Upload a photo")).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(500)
    page.unroute("**/_stcore/health")
    expect_ten_results(page)


DROP = """([bytes, name]) => {
  const held = new DataTransfer()
  held.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }))
  const say = type => document.querySelector("h1").dispatchEvent(
    new DragEvent(type, { dataTransfer: held, bubbles: true, composed: true, cancelable: true }))
  say("dragenter")
  const veil = [...document.querySelectorAll("*")].map(node => node.shadowRoot)
    .filter(Boolean).map(root => root.querySelector(".veil")).find(Boolean)
  const seen = veil.matches(":popover-open")
  say("dragover")
  say("drop")
  return [seen, veil.matches(":popover-open")]
}"""


def test_a_photo_is_dropped_anywhere(app: App, visit: OpenTab) -> None:
    page = visit("/shop_the_look")
    expect(page.get_by_role("button", name="Upload a photo")).to_be_visible()
    assert page.evaluate(DROP, [11_000_000, "big.jpg"]) == [True, False]
    expect(refusals(page)).to_contain_text("10 MB")
    page.evaluate(DROP, [list(photo(app, page)), "me.jpg"])
    expect_ten_results(page)
    expect(page.get_by_role("button", name="Remove this photo")).to_be_visible()


def test_an_upload_that_does_not_get_through_is_told(app: App, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{app.url}/shop_the_look")
    expect(gallery(page).locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
    content = photo(app, page)
    page.route("**/upload_file/**", lambda route: route.abort())
    upload(page, "me.jpg", content)
    expect(refusals(page)).to_contain_text("The photo did not arrive. Check the connection")
    expect(page.get_by_role("button", name="Upload a photo")).to_be_enabled()
    page.unroute("**/upload_file/**")
    upload(page, "me.jpg", content)
    expect_ten_results(page)
    page.close()


def test_what_goes_wrong_far_down_the_page_is_seen(visit: OpenTab) -> None:
    page = visit("/shop_the_look", width=380, height=760)
    gallery(page).locator(".tile").first.click()
    expect_ten_results(page)
    upload(page, "page.jpg", b"<html>")
    expect(refusals(page)).to_be_in_viewport()


@pytest.mark.parametrize(
    "query", ["look_scene=gone", "look_photo=" + "0" * 32, "look_scene=<script>", "look_k=7000"]
)
def test_broken_links_say_so_and_offer_looks(visit: OpenTab, query: str) -> None:
    page = visit(f"/shop_the_look?{query}")
    said = page.get_by_text(re.compile("That look cannot be found|From the address"))
    expect(said.first).to_be_visible()
    assert gallery(page).locator(".tile").count() > 0
    expect_no_traceback(page)
