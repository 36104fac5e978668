"""Shop the look as a person does: pick a photo or bring one, good or bad."""

from __future__ import annotations

import io
import re
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, OpenTab
from tests.browser.parts import (
    expect_no_traceback,
    expect_pictures,
    gallery,
    ids,
    panel,
    parameters,
    results,
)
from tests.support.pictures import png_bomb


def upload(page: Page, name: str, content: bytes, kind: str = "image/jpeg") -> None:
    file = {"name": name, "mimeType": kind, "buffer": content}
    page.locator("input[type=file]").set_input_files(files=[file])


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
    page.get_by_text("Top 20", exact=True).click()
    expect(results(page).locator(".tile")).to_have_count(20)
    page.get_by_role("combobox", name="Category").click()
    page.get_by_role("option").nth(1).click()
    expect(page).to_have_url(re.compile("look_category="))
    expect(page.get_by_text(re.compile(r"^Best \d+ of"))).to_be_visible()
    page.go_back()
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


def test_a_file_too_large_is_refused_before_it_is_sent(visit: OpenTab, tmp_path: Path) -> None:
    page = visit("/shop_the_look")
    big = tmp_path / "big.jpg"
    big.write_bytes(b"\xff\xd8" + b"0" * (11 * 1024 * 1024))
    page.locator("input[type=file]").set_input_files(big)
    expect(page.get_by_text(re.compile("must be 10.*MB or smaller", re.I))).to_be_visible()


@pytest.mark.parametrize(
    "query", ["look_scene=gone", "look_photo=" + "0" * 32, "look_scene=<script>", "look_k=7000"]
)
def test_broken_links_say_so_and_offer_looks(visit: OpenTab, query: str) -> None:
    page = visit(f"/shop_the_look?{query}")
    assert gallery(page).locator(".tile").count() > 0
    expect_no_traceback(page)
