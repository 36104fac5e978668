from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from recsys.catalog.catalog import Catalog, Product, ProductId
from recsys.serving.exports import Sheet, as_csv, as_html, as_json, safe_cell
from recsys.serving.exposure_counts import Exposure
from recsys.serving.messages import Response
from recsys.serving.server import Request, Server

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "=HYPERLINK('http://x.example')",
    "+1+1",
    "-2",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "  =1",
    "＝1+1",
    'a,b;"c"\nd',
    "שלום \u202eمرحبا",
    "\x00\x1b[31m",
    "half \ud800 pair",
    "&amp; &lt;",
)


def sheet_of(texts: tuple[str, ...] = HOSTILE, url: str = "javascript:alert(1)") -> Sheet:
    products = [
        Product(ProductId(f"p-{row:03d}"), f"{text}|{text}", None, text, text, 1.5, url)
        for row, text in enumerate(texts)
    ]
    empty = np.empty(0, np.int32)
    catalog = Catalog("<b>data</b>", products, [], empty, empty, np.empty((0, 4), np.float32))
    response = Response(
        "scene",
        10,
        tuple(product.id for product in products),
        tuple(-0.5 - row for row in range(len(texts))),
        99,
        model="<i>model</i>",
    )
    settings_ = (("Search", "<script>"),)
    exposure = Exposure(np.arange(len(texts)), 40)
    return Sheet(response, catalog, HOSTILE[0], {"p-001"}, exposure, settings=settings_)


@pytest.fixture
def sheet(server: Server) -> Sheet:
    scene = server.catalog.scenes[3]
    response = server.recommend(Request("scene", scene=scene.id, k=5))
    matches = {server.catalog.products[row].id for row in server.catalog.products_of(3)}
    return Sheet(response, server.catalog, "Shop the look", matches, photo=scene.image)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


class TestCsv:
    def test_what_it_says(self, sheet: Sheet) -> None:
        content = as_csv(sheet)
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\r\n") == 6
        rows = read_csv(content)
        for row, item in zip(rows, sheet.response.items, strict=True):
            product = sheet.catalog.products[sheet.catalog.product_row(item.product)]
            assert row["rank"] == str(item.rank)
            assert row["product"] == item.product
            assert row["title"] == product.title
            assert row["category"] == product.category
            assert float(row["price"]) == product.price
            assert float(row["score"]) == pytest.approx(item.score, abs=1e-6)
            assert (row["true_match"] == "yes") == (item.product in sheet.matches)
            assert row["shown_share"] == ""
        assert any(row["true_match"] for row in rows)

    def test_no_text_is_a_formula_and_numbers_stay_numbers(self) -> None:
        content = as_csv(sheet_of())
        rows = read_csv(content)
        assert len(rows) == len(HOSTILE)
        for number, row in enumerate(rows):
            for name in ("product", "title", "brand", "category", "url"):
                assert not row[name].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
            assert float(row["score"]) == -0.5 - number
            assert float(row["shown_share"]) == number / 40

    @settings(max_examples=200)
    @example("\x1f=1+1")  # white space to some programs, a control character to others
    @example("\u200b=1+1")
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    def test_any_text_comes_back(self, text: str) -> None:
        stream = io.StringIO(newline="")
        csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC).writerow([safe_cell(text)])
        (back,) = next(csv.reader(io.StringIO(stream.getvalue(), newline="")))
        assert back in (text, f"'{text}")
        assert not re.match(r"[\s\u00a0]*[=+\-@]", back)

    def test_nothing(self) -> None:
        assert read_csv(as_csv(sheet_of(()))) == []


class TestJson:
    def test_what_it_says(self, sheet: Sheet) -> None:
        record = json.loads(as_json(sheet))
        assert record["products"] == list(sheet.response.products)
        assert record["scene"] == "studio-003"
        assert record["data"] == "planted"
        assert [item["rank"] for item in record["items"]] == [1, 2, 3, 4, 5]
        for item, shown in zip(record["items"], sheet.response.items, strict=True):
            assert item["product"] == shown.product
            assert item["true_match"] == (shown.product in sheet.matches)
            assert item["region"] == pytest.approx(shown.reason.region)
            assert item["shown_share"] is None

    def test_strange_texts(self) -> None:
        record = json.loads(as_json(sheet_of()))
        assert record["items"][0]["title"] == HOSTILE[0]
        assert record["items"][3]["shown_share"] == 3 / 40


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @classmethod
    def of(cls, content: bytes) -> Reader:
        reader = cls()
        reader.feed(content.decode("utf-8"))
        reader.close()
        return reader


ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "div", "h1", "p"} | {
    *("dl", "dt", "dd", "img", "ol", "li", "span", "bdi", "a")
}


class TestHtml:
    def test_everything_is_inside(self, sheet: Sheet) -> None:
        reader = Reader.of(as_html(sheet))
        pictures = [attrs["src"] for tag, attrs in reader.elements if tag == "img"]
        assert len(pictures) == 6
        for source in pictures:
            assert source is not None
            assert source.startswith("data:image/webp;base64,")
            image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
            assert max(image.size) <= 720
        alternatives = [attrs["alt"] for tag, attrs in reader.elements if tag == "img"]
        assert all(alternatives)
        for item in sheet.response.items:
            assert item.product in reader.text
        assert "true match" in reader.text

    def test_the_policy_allows_nothing_but_its_own_style(self, sheet: Sheet) -> None:
        content = as_html(sheet).decode()
        reader = Reader.of(content.encode())
        policies = [
            attrs["content"]
            for tag, attrs in reader.elements
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        style = re.search(r"<style>(.*)</style>", content, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert policies == [
            f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'"
        ]
        # Before anything that it could forbid.
        assert content.index("Content-Security-Policy") < content.index("<style>")

    def test_text_is_never_markup(self) -> None:
        reader = Reader.of(as_html(sheet_of()))
        assert {tag for tag, _ in reader.elements} <= ALLOWED
        assert "a" not in {tag for tag, _ in reader.elements}
        names = {name for _, attrs in reader.elements for name in attrs}
        assert not {name for name in names if name.startswith("on")} | (names & {"style", "id"})
        for text in HOSTILE[:4]:
            assert text in reader.text
        assert "\x00" not in reader.text
        assert "\x1b" not in reader.text

    @pytest.mark.parametrize(
        ("url", "linked"),
        [
            ("https://shop.example/a?b=1&c=2", True),
            ("http://shop.example", True),
            ("HTTPS://shop.example/", True),
            ("javascript:alert(1)", False),
            (" javascript:alert(1)", False),
            ("java\nscript:alert(1)", False),
            ("data:text/html,x", False),
            ("//shop.example", False),
            ("https://", False),
            ("http://[bad", False),
            ("", False),
        ],
    )
    def test_links(self, url: str, linked: bool) -> None:
        reader = Reader.of(as_html(sheet_of(("a",), url)))
        links = [attrs for tag, attrs in reader.elements if tag == "a"]
        assert bool(links) == linked
        if linked:
            assert links[0]["href"] == url
            assert links[0]["rel"] == "noopener noreferrer"

    def test_pixels_and_no_photo(self, server: Server) -> None:
        response = server.recommend(Request("popular", k=1))
        photo = np.zeros((9, 9, 3), np.uint8)
        reader = Reader.of(as_html(Sheet(response, server.catalog, photo=photo)))
        assert sum(tag == "img" for tag, _ in reader.elements) == 2
        reader = Reader.of(as_html(Sheet(response, server.catalog)))
        assert sum(tag == "img" for tag, _ in reader.elements) == 1
