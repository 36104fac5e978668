from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.fields import EXAMPLES_A_KIND, UNCATEGORISED
from recsys.catalog.jsonfiles import JsonObject
from recsys.catalog.stl import read_stl
from tests.support.stl_files import pair, pairs_of, write_stl

# problems: counted, with file, line, field and remedy; never fatal


def test_pairs_that_cannot_be_used(tmp_path: Path) -> None:
    folder = write_stl(
        tmp_path,
        lines=[
            pair(),
            pair("ghost", "look"),
            pair("ghost", "other"),
            pair(),
            pair("hat", "../../etc/passwd"),
            pair("hat", "s" * 129),
            pair(7, "look"),
            {"scene": "look"},
            pair("hat", ""),
            pair("hat", "look", colour="red"),
        ],
    )
    catalog = read_stl(folder)
    assert pairs_of(catalog) == [("look", "hat"), ("look", "shoe")]
    assert [scene.id for scene in catalog.scenes] == ["look", "other"]
    assert catalog.report.counts == {
        "unknown-product": 2,
        "duplicate-pair": 1,
        "bad-id": 4,
        "bad-line": 1,
        "unknown-field": 1,
        "missing-scene-image": 1,
    }
    by_where = {problem.where: problem for problem in catalog.report.examples}
    assert by_where["fashion.json:2"].kind == "unknown-product"
    assert by_where["fashion.json:2"].field == "product"
    assert "ghost" in by_where["fashion.json:2"].detail
    assert by_where["fashion.json:4"].kind == "duplicate-pair"
    assert (by_where["fashion.json:5"].kind, by_where["fashion.json:5"].field) == (
        "bad-id",
        "scene",
    )
    assert by_where["fashion.json:8"].detail == "no field product"
    assert all(problem.remedy for problem in catalog.report.examples)


@pytest.mark.parametrize(
    "box",
    [
        "[-0.1, 0, 1, 1]",
        "[0, 0, 1.001, 1]",
        "[0.6, 0.1, 0.4, 0.9]",
        "[0.1, 0.9, 0.9, 0.9]",
        "[0.5, 0, 0.50000000001, 1]",
        "[0, 0, NaN, 1]",
        "[0, 0, Infinity, 1]",
        "[0, 0, 1e999, 1]",
        '[0, 0, "1", 1]',
        "[false, false, true, true]",
        "[0, 0, 1]",
        "[0, 0, 1, 1, 1]",
        "[]",
        '"0 0 1 1"',
        '{"left": 0}',
        "[[0, 0, 1, 1]]",
        "[0, 0, null, 1]",
        "5",
        "[" * 300 + "]" * 300,
    ],
)
def test_bad_boxes_leave_the_pair_without_one(tmp_path: Path, box: str) -> None:
    line = f'{{"product": "shoe", "scene": "look", "bbox": {box}}}'
    catalog = read_stl(write_stl(tmp_path, lines=[line]))
    assert pairs_of(catalog) == [("look", "shoe")]
    assert np.isnan(catalog.pair_box).all()
    assert catalog.report.counts == {"bad-box": 1}
    problem = catalog.report.examples[0]
    assert (problem.where, problem.field) == ("fashion.json:1", "bbox")
    assert len(problem.detail) < 200


def test_good_boxes_and_none(tmp_path: Path) -> None:
    lines = [
        pair(bbox=[0, 0, 1, 1]),
        pair("hat", bbox=None),
        pair("hat", "b", bbox=[0, 0.25, 0.5, 1.0]),
    ]
    images = ("shoe.jpg", "hat.jpg", "look.jpg", "b.jpg")
    catalog = read_stl(write_stl(tmp_path, lines=lines, images=images))
    assert catalog.report.total == 0
    assert catalog.pair_box.dtype == np.float32
    np.testing.assert_array_equal(catalog.pair_box, [[0, 0.25, 0.5, 1], [np.nan] * 4, [0, 0, 1, 1]])


def test_a_repeated_pair_with_the_box_that_the_first_lacks(tmp_path: Path) -> None:
    lines = [pair(), pair(bbox=[0, 0, 0.5, 0.5]), pair(bbox=[0.5, 0.5, 1, 1])]
    catalog = read_stl(write_stl(tmp_path, lines=lines))
    np.testing.assert_array_equal(catalog.pair_box, [[0, 0, 0.5, 0.5]])
    assert catalog.report.counts == {"duplicate-pair": 2}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"not json", "not JSON"),
        (b'{"product": "shoe", "scene": "look"', "not JSON"),
        (b'{"product": "shoe", "scene": "look"} {}', "not JSON"),
        (b"[1, 2]", "expected an object, found list"),
        (b"null", "expected an object, found NoneType"),
        (b'"text"', "expected an object, found str"),
        (b'{"product": "shoe", "scene": "look", "scene": "b"}', "a field is there twice"),
        (b'{"product": "shoe\xff", "scene": "look"}', "expected UTF-8, found the byte 0xff"),
        (b'{"product": "shoe", "bbox": ' + b"[" * 20_000, "nested too deeply"),
        (b'{"product": "' + b"x" * 100_000 + b'"}', "more than 65536 bytes"),
        (b'{"product": ' + b"9" * 5000 + b"}", "not usable JSON"),
        ("{}".encode("utf-16"), "expected UTF-8, found the byte 0xff"),
    ],
)
def test_bad_lines_are_counted_and_the_next_line_is_read(
    tmp_path: Path, line: bytes, fault: str
) -> None:
    good = json.dumps(pair()).encode()
    catalog = read_stl(write_stl(tmp_path, lines=b"\n" + line + b"\n" + good))
    assert pairs_of(catalog) == [("look", "shoe")]
    assert catalog.report.counts == {"bad-line": 1}
    problem = catalog.report.examples[0]
    assert problem.where == "fashion.json:2"
    assert fault in problem.detail
    assert problem.remedy


def test_every_bad_line_is_counted_and_five_are_shown(tmp_path: Path) -> None:
    catalog = read_stl(write_stl(tmp_path, lines=["oops"] * 1234 + [pair()]))  # type: ignore[list-item]
    assert catalog.report.counts == {"bad-line": 1234}
    assert [p.where for p in catalog.report.examples] == [f"fashion.json:{n}" for n in range(1, 6)]


def test_bad_ids_and_duplicates_among_the_products(tmp_path: Path) -> None:
    bad = ["", "a b", "a/b", "..", "a.jpg", "ä", "x" * 129, "a\n", "\ud800"]
    entries = [("shoe", "First"), *((item, "X") for item in bad), ("shoe", "Second")]
    text = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entries)
    catalog = read_stl(write_stl(tmp_path, f"{{{text}}}"))
    assert [(p.id, p.category) for p in catalog.products] == [("shoe", "First")]
    assert catalog.report.counts == {"bad-id": len(bad), "duplicate-id": 1}
    duplicate = next(p for p in catalog.report.examples if p.kind == "duplicate-id")
    assert duplicate.where == f"fashion-cat.json:{len(entries)}"
    second = next(p for p in catalog.report.examples if "a b" in p.detail)
    assert second.where == "fashion-cat.json:3"


@pytest.mark.parametrize(
    ("category", "read"),
    [
        ("", UNCATEGORISED),
        ("  ", UNCATEGORISED),
        ("||", UNCATEGORISED),
        (None, UNCATEGORISED),
        (5, UNCATEGORISED),
        (["Clothing"], UNCATEGORISED),
        ({"a": "b"}, UNCATEGORISED),
        ("x" * 501, UNCATEGORISED),
        ("Clothing||Hats|", "Clothing|Hats"),
        (" Clothing | Hats ", "Clothing|Hats"),
        ("Clo\x00thing|Ha\nts", "Clo thing|Ha ts"),
    ],
)
def test_category_paths_are_repaired_and_counted(tmp_path: Path, category: Any, read: str) -> None:
    catalog = read_stl(write_stl(tmp_path, {"shoe": category, "hat": "Möbel|<b>"}))
    assert [product.category for product in catalog.products] == ["Möbel|<b>", read]
    assert catalog.report.counts == {"bad-category": 1}
    assert catalog.report.examples[0].field == "category"


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("price", -1, None),
        ("price", "12.50", None),
        ("price", True, None),
        ("price", [1], None),
        ("price", float("nan"), None),
        ("price", float("inf"), None),
        ("price", 1e10, None),
        ("price", 10**400, None),
        ("url", "javascript:alert(1)", ""),
        ("url", "data:text/html,x", ""),
        ("url", "//shop.example", ""),
        ("url", "https://", ""),
        ("url", "https://[", ""),
        ("url", 'https://shop.example/"onclick', ""),
        ("url", "https://shop.example/" + "x" * 2000, ""),
        ("url", "java\nscript:x", ""),
        ("url", 5, ""),
        ("title", 5, ""),
        ("title", "a\x00b\x1b[31m", "a b [31m"),
        ("title", "\u202egnp.exe", "gnp.exe"),
        ("title", "half \ud83d", "half"),
        ("title", "x" * 501, "x" * 499 + "…"),
        ("brand", ["A"], ""),
    ],
)
def test_bad_details_are_left_out_or_repaired_and_counted(
    tmp_path: Path, field: str, value: Any, read: Any
) -> None:
    catalog = read_stl(write_stl(tmp_path, details={"hat": {field: value}}))
    product = catalog.products[0]
    assert getattr(product, field) == read
    product.title.encode()
    assert catalog.report.counts == {f"bad-{field}": 1}
    assert catalog.report.examples[0].where == "fashion-products.json:1"


def test_good_details_are_kept_without_a_word(tmp_path: Path) -> None:
    details = {
        "hat": {"title": "é" * 500, "brand": " N&N ", "price": 0, "url": "HTTPS://a.example/?q=ü"},
        "shoe": {"title": None, "price": None, "brand": "", "url": ""},
    }
    catalog = read_stl(write_stl(tmp_path, details=details))
    assert catalog.report.total == 0
    hat, shoe = catalog.products
    assert (hat.title, hat.brand, hat.price) == ("é" * 500, "N&N", 0.0)
    assert hat.url == "HTTPS://a.example/?q=ü"
    assert (shoe.title, shoe.price, shoe.url) == ("", None, "")


def test_details_of_nothing_known(tmp_path: Path) -> None:
    details = '{"ghost": {}, "hat": 5, "shoe": {"titel": "x", "title": "a", "title": "b"}}'
    catalog = read_stl(write_stl(tmp_path, details=details))
    assert catalog.report.counts == {
        "unknown-product": 1,
        "bad-details": 1,
        "unknown-field": 1,
        "duplicate-field": 1,
    }
    assert catalog.products[1].title == "a"


# size: what can be wrong a thousand times is searched for a few times only


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names whose line was searched for, each at the cost of reading the file's text."""
    asked: list[str] = []
    where = JsonObject.where

    def counted(self: JsonObject, key: str, *, last: bool = False) -> str:
        asked.append(key)
        return where(self, key, last=last)

    monkeypatch.setattr(JsonObject, "where", counted)
    return asked


def test_good_details_are_never_searched_for(tmp_path: Path, searches: list[str]) -> None:
    names = [f"p{n}" for n in range(3000)]
    details = {name: {"title": f"Title {name}", "price": 5} for name in names}
    catalog = read_stl(write_stl(tmp_path, dict.fromkeys(names, "Hats"), details=details))
    assert catalog.products[7].title.startswith("Title p")
    assert searches == []


def test_bad_entries_are_searched_for_only_where_they_are_shown(
    tmp_path: Path, searches: list[str]
) -> None:
    count = 3000
    bad = ",".join(f'"a b{n}": "Hats", "x{n}": 5, "same": "Hats"' for n in range(count))
    ghosts = ",".join(f'"ghost{n}": {{}}, "x{n}": {{"price": -1, "size": 2}}' for n in range(count))
    catalog = read_stl(write_stl(tmp_path, f"{{{bad}}}", details=f"{{{ghosts}}}"))
    assert catalog.report.counts["bad-id"] == count
    assert catalog.report.counts["duplicate-id"] == count - 1
    assert catalog.report.counts["bad-category"] == count
    assert catalog.report.counts["unknown-product"] == count
    assert catalog.report.counts["bad-price"] == count
    assert catalog.report.counts["unknown-field"] == count
    assert len(searches) == 6 * EXAMPLES_A_KIND
