"""Results to take along: a table for a spreadsheet, JSON, and a sheet with pictures.

Pure functions from a response to bytes. What stands in them came from strangers' catalogues:
a cell is never a formula, a text is never markup, a sheet loads and runs nothing.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import CATEGORY_SEPARATOR, Catalog, Product
from recsys.catalog.images import placeholder_webp, thumbnail_webp
from recsys.errors import ImageError
from recsys.serving.exposure_counts import Exposure
from recsys.serving.messages import Item, Response

PICTURE_SIDE_PX = 240
PHOTO_SIDE_PX = 720

# What a spreadsheet may take for the start of a formula, with its wide forms; what it may skip
# before one.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_SKIPPED = re.compile(r"^[\s\x00-\x1f\x7f-\xa0\u200b-\u200f\ufeff]*")

_COLUMNS = (
    "rank",
    "product",
    "title",
    "brand",
    "category",
    "price",
    "score",
    "true_match",
    "shown_share",
    "url",
)


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is exported.

    Attributes:
        response: the list.
        catalog: where its products are from.
        title: what the list answers, e.g. ``Goes with: Your photo``.
        matches: ids of the products known to be right.
        exposure: how often each is shown, where that has been counted.
        photo: the photo that was asked about, a file or pixels; None for none.
        settings: what was asked, as names and values to show, e.g. filters.
    """

    response: Response
    catalog: Catalog
    title: str = "Recommendations"
    matches: Collection[str] = ()
    exposure: Exposure | None = None
    photo: NDArray[np.uint8] | Path | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def product(self, item: Item) -> Product:
        return self.catalog.product(item.product)

    def share(self, item: Item) -> float | None:
        """Share of scenes that an item is shown to, 0–1; None where nobody has counted."""
        if self.exposure is None:
            return None
        return self.exposure.share_of_scenes(self.catalog.product_row(item.product))


def as_csv(sheet: Sheet) -> bytes:
    """A table with a header: UTF-8 with a byte order mark (for Excel), lines ending in CRLF.

    Texts that a spreadsheet could take for a formula get an apostrophe before them, which
    spreadsheets take for "this is text"; numbers stay numbers.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for item in sheet.response.items:
        product = sheet.product(item)
        share = sheet.share(item)
        cells: list[str | int | float] = [
            item.rank,
            product.id,
            product.title,
            product.brand,
            product.category,
            "" if product.price is None else product.price,
            "" if item.score is None else round(item.score, 6),
            "yes" if item.product in sheet.matches else "",
            "" if share is None else round(share, 6),
            product.url,
        ]
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    return b"\xef\xbb\xbf" + _utf8(stream.getvalue())


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    if text.startswith(("\t", "\r", "\n")):
        return f"'{text}"
    # Every white space and control character may be skipped by one program or another.
    start = _SKIPPED.sub("", text, count=1)
    return f"'{text}" if start.startswith(_FORMULA_STARTS) else text


def as_json(sheet: Sheet) -> bytes:
    """The response as ``recommend --json`` gives it, with what is known of each product."""
    items: list[dict[str, Any]] = []
    for item in sheet.response.items:
        product = sheet.product(item)
        items.append(
            {
                "rank": item.rank,
                "product": product.id,
                "score": item.score,
                "title": product.title,
                "brand": product.brand,
                "category": product.category,
                "price": product.price,
                "url": product.url,
                "true_match": item.product in sheet.matches,
                "shown_share": sheet.share(item),
                "region": item.reason.region,
                "count": item.reason.count,
            }
        )
    record = {
        "title": sheet.title,
        "data": sheet.catalog.name,
        "settings": dict(sheet.settings),
        **sheet.response.to_json(),
        "items": items,
    }
    return _utf8(json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def as_html(sheet: Sheet) -> bytes:
    """One file with all pictures in it, to mail or to print; loads nothing and runs nothing.

    Pictures that cannot be read are shown as a placeholder.
    """
    style_hash = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; "
        f"style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'"
    )
    title = _text(sheet.title)
    photo = ""
    if sheet.photo is not None:
        photo = f'<img class="photo" alt="The photo" src="{_picture(sheet.photo, PHOTO_SIDE_PX)}">'
    settings = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in sheet.settings
    )
    tiles = "".join(_tile(sheet, item) for item in sheet.response.items)
    response = sheet.response
    found = f"{len(response.products):,} of {response.candidates:,} products"
    made_by = f" by the model {_text(response.model)}" if response.model else ""
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header>{photo}<div><h1 dir="auto">{title}</h1>'
        f"<p>{found} from {_text(sheet.catalog.name)}{made_by}</p>"
        f"{f'<dl>{settings}</dl>' if settings else ''}</div></header>\n"
        f"<ol>{tiles}</ol>\n</body>\n</html>\n"
    )
    return _utf8(page)


# parts of the sheet


def _tile(sheet: Sheet, item: Item) -> str:
    product = sheet.product(item)
    name = f'<bdi class="name">{_text(product.label)}</bdi>'
    if _is_web_address(product.url):
        name = f'<a href="{_text(product.url)}" rel="noopener noreferrer">{name}</a>'
    price = "" if product.price is None else f"{product.price:,.2f}"
    notes = [f"<bdi>{_text(part)}</bdi>" for part in (product.brand, price) if part]
    category = " › ".join(product.category.split(CATEGORY_SEPARATOR))
    badges = [f'<span class="rank">{item.rank}</span>']
    if item.product in sheet.matches:
        badges.append('<span class="match">true match</span>')
    share = sheet.share(item)
    if share is not None:
        shown = "under 1" if 0 < share < 0.01 else f"{100 * share:.0f}"
        badges.append(f"<span>shown to {shown} %</span>")
    if item.score is not None:
        badges.append(f"<span>{item.score:.3f}</span>")
    return (
        f'<li><img alt="{_text(product.label)}" src="{_picture(product.image, PICTURE_SIDE_PX)}">'
        f'<p class="badges">{"".join(badges)}</p><p dir="auto">{name}</p>'
        f'<p class="note">{" · ".join(notes)}</p>'
        f'<p class="note"><bdi>{_text(category)}</bdi></p>'
        f'<p class="id">{_text(product.id)}</p></li>\n'
    )


def _picture(source: NDArray[np.uint8] | Path | None, side_px: int) -> str:
    """A picture as a ``data:`` address."""
    try:
        content = thumbnail_webp(source, side_px) if source is not None else placeholder_webp()
    except ImageError:
        content = placeholder_webp()
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and url.isprintable()


def _text(text: str) -> str:
    """Text for HTML, in an attribute too; controls, which HTML does not allow, are replaced."""
    shown = "".join(
        "\ufffd" if (ord(part) < 32 and part not in "\t\n\r") or 127 <= ord(part) < 160 else part
        for part in text
    )
    return escape(shown, quote=True)


def _utf8(text: str) -> bytes:
    """Half of a pair of surrogates, which JSON can smuggle in, becomes a question mark."""
    return text.encode("utf-8", "replace")


_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px; max-width: 1200px; color: #1d1d22; background: #fff;
  font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 24px; margin-bottom: 28px; }
header > div { flex: 1 1 280px; min-width: 0; }
h1 { margin: 0 0 6px; font-size: 26px; line-height: 1.2; overflow-wrap: anywhere; }
p { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 14px 0 0; }
dt { color: #63636b; }
dd { margin: 0; overflow-wrap: anywhere; }
.photo { max-width: 240px; max-height: 360px; border-radius: 10px; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 22px 18px;
  margin: 0; padding: 0; list-style: none; }
li { min-width: 0; break-inside: avoid; }
li img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #fff;
  border: 1px solid #e4e4e8; border-radius: 10px; }
.badges { display: flex; flex-wrap: wrap; gap: 4px; margin: 6px 0; font-size: 12px; }
.badges span { padding: 1px 7px; border-radius: 9px; background: #eeeef1; }
.badges .rank { color: #fff; background: #1d1d22; }
.badges .match { color: #fff; background: #146c43; }
.name { display: -webkit-box; overflow: hidden; font-weight: 600; overflow-wrap: anywhere;
  -webkit-box-orient: vertical; -webkit-line-clamp: 3; }
.note, .id { color: #63636b; font-size: 13px; overflow-wrap: anywhere; }
.id { font-size: 11px; }
a { color: inherit; }
@media print { body { padding: 0; max-width: none; font-size: 11px; }
  ol { grid-template-columns: repeat(5, 1fr); gap: 12px; }
  .badges span { border: 1px solid #bbb; } }
"""
