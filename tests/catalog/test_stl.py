from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.jsonfiles import MAX_LINES_BYTES, MAX_OBJECT_BYTES
from recsys.catalog.stl import is_item_id, read_stl, stl_bases
from recsys.errors import DataError
from tests.support.data import CCP_LOOKS, STL_FORMAT, needs_ccp_looks, needs_stl_format
from tests.support.planted import planted_box, planted_pairs, planted_products, write_planted
from tests.support.stl_files import CATEGORIES, pair, pairs_of, write_stl

# what is read


def test_a_planted_catalogue_is_read_whole(tmp_path: Path) -> None:
    catalog = read_stl(write_planted(tmp_path / "shop"))
    assert catalog.name == "shop"
    assert catalog.report.total == 0
    expected = planted_pairs()
    assert [scene.id for scene in catalog.scenes] == sorted(expected)
    assert [p.id for p in catalog.products] == [p.id for p in planted_products()]
    assert len(catalog.categories) >= 3
    for row, scene in enumerate(catalog.scenes):
        found = [catalog.products[p].id for p in catalog.products_of(row)]
        assert found == sorted(expected[scene.id])
        assert scene.image is not None
        pixels = np.asarray(Image.open(scene.image))
        for at in catalog.pairs_of_scene(row):
            # The box shows the product's colour: boxes and products belong together.
            left, top, right, bottom = catalog.pair_box[at]
            product = catalog.products[catalog.pair_product[at]]
            position = expected[scene.id].index(product.id)
            np.testing.assert_allclose(catalog.pair_box[at], planted_box(position), atol=1e-6)
            colour = planted_products()[catalog.pair_product[at]].colour
            height, width = pixels.shape[:2]
            corner = pixels[round(top * height), round(left * width)]
            assert tuple(corner) == colour
            assert bottom > top
            assert right > left
    first = catalog.products[0]
    assert (first.title, first.brand, first.price) == ("Plain patch 000", "North", 10.0)
    assert first.url == "https://shop.example/product-000"
    assert catalog.popularity().max() > 1


def test_any_order_of_reading_gives_the_same_catalogue(tmp_path: Path) -> None:
    first = write_planted(tmp_path / "a")
    second = write_planted(tmp_path / "b")
    rng = random.Random(3)
    lines = (second / "planted.json").read_text().splitlines()
    rng.shuffle(lines)
    (second / "planted.json").write_text("\n".join(lines))
    entries = list(json.loads((second / "planted-cat.json").read_text()).items())
    rng.shuffle(entries)
    (second / "planted-cat.json").write_text(json.dumps(dict(entries)))
    assert read_stl(first).fingerprint == read_stl(second).fingerprint


def test_a_catalogue_without_pairs_file_has_no_scenes(tmp_path: Path) -> None:
    folder = write_stl(tmp_path)
    (folder / "fashion.json").unlink()
    catalog = read_stl(folder, "shop")
    assert (catalog.name, len(catalog.products), len(catalog.scenes)) == ("shop", 2, 0)
    assert catalog.pair_box.shape == (0, 4)
    assert catalog.popularity().tolist() == [0, 0]


def test_bom_crlf_and_blank_lines_are_nothing_special(tmp_path: Path) -> None:
    lines = b"\xef\xbb\xbf" + b"\r\n\r\n".join(
        json.dumps(pair(product)).encode() for product in CATEGORIES
    )
    categories = b"\xef\xbb\xbf" + json.dumps(CATEGORIES).encode()
    catalog = read_stl(write_stl(tmp_path, categories, lines + b"\r\n  \r\n"))
    assert pairs_of(catalog) == [("look", "hat"), ("look", "shoe")]
    assert catalog.report.total == 0


def test_an_id_may_be_product_and_scene(tmp_path: Path) -> None:
    catalog = read_stl(write_stl(tmp_path, lines=[pair("hat", "shoe")]))
    assert pairs_of(catalog) == [("shoe", "hat")]
    assert catalog.scenes[0].image == catalog.products[1].image
    assert catalog.report.total == 0


def test_markup_stays_text(tmp_path: Path) -> None:
    title = "<b>**Red** & [blue](x)</b>"
    folder = write_stl(tmp_path, details={"hat": {"title": title}}, lines=[pair()])
    assert read_stl(folder).products[0].title == title


# pictures


def test_pictures_of_every_kind_are_found(tmp_path: Path) -> None:
    names = ("a.jpg", "b.jpeg", "c.png", "d.webp", "e.gif", "f.JPG")
    categories = {name[0]: "X" for name in names}
    folder = write_stl(tmp_path, categories, images=(*names, "a.png", "g.bmp", "note.txt"))
    catalog = read_stl(folder)
    assert [p.image.name for p in catalog.products if p.image] == list(names)
    assert catalog.report.counts == {"several-images": 1}
    assert "a.jpg is used" in catalog.report.examples[0].remedy


def test_missing_pictures_are_counted(tmp_path: Path) -> None:
    folder = write_stl(tmp_path, lines=[pair()], images=("hat.jpg",))
    (folder / "images" / "shoe.jpg").mkdir()
    catalog = read_stl(folder)
    assert [product.image is None for product in catalog.products] == [False, True]
    assert catalog.scenes[0].image is None
    assert catalog.report.counts == {"missing-image": 1, "missing-scene-image": 1}


def test_without_a_folder_of_pictures_every_one_is_missing(tmp_path: Path) -> None:
    folder = write_stl(tmp_path, {f"p{n}": "X" for n in range(20)}, images=())
    (folder / "images").rmdir()
    report = read_stl(folder).report
    assert report.counts == {"missing-image": 20}
    assert len(report.examples) == 5
    assert "Put one there as p0.jpg" in report.lines()[0]


def test_linked_pictures_are_pictures_and_broken_links_are_missing(tmp_path: Path) -> None:
    folder = write_stl(tmp_path / "set", images=())
    (tmp_path / "elsewhere.jpg").write_bytes(b"a picture")
    (folder / "images" / "hat.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    (folder / "images" / "shoe.jpg").symlink_to(tmp_path / "nothing.jpg")
    catalog = read_stl(folder)
    assert catalog.products[0].image == folder / "images" / "hat.jpg"
    assert catalog.products[1].image is None


# what cannot be read at all


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"fashion-cat\.json:1: not JSON"),
        (b'{"a": "b",\n\n"c" "d"}', r"fashion-cat\.json:3: not JSON: .* at column 5"),
        (b"[]", "expected one JSON object, found a list"),
        (b"3", "expected one JSON object, found a single value"),
        (b'{"a":\n"\xff"}', r"fashion-cat\.json:2: expected UTF-8, found the byte 0xff"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not usable JSON"),
        (b"{}", "no usable product in .*the object is empty"),
        (b'{"a b": "X"}', "no usable product in .*1 × bad-id"),
    ],
)
def test_a_category_file_that_is_none_is_an_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_stl(write_stl(tmp_path, content))
    assert "Expected" in caught.value.remedy or "UTF-8" in caught.value.remedy


def test_which_catalogue(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a file \*-cat\.json in .*images/ID\.jpg"):
        read_stl(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        read_stl(tmp_path / "nowhere")
    write_stl(tmp_path)
    (tmp_path / "home-cat.json").write_text('{"lamp": "Home|Lamps"}')
    assert stl_bases(tmp_path) == ["fashion", "home"]
    with pytest.raises(DataError, match=r"2 catalogues: fashion, home\. Choose one"):
        read_stl(tmp_path)
    assert [p.id for p in read_stl(tmp_path, base="home").products] == ["lamp"]
    with pytest.raises(DataError, match=r"no garden-cat\.json .*fashion, home"):
        read_stl(tmp_path, base="garden")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["fashion.json", "fashion-products.json"])
def test_a_pipe_in_place_of_a_file_is_an_error_and_no_waiting(tmp_path: Path, name: str) -> None:
    folder = write_stl(tmp_path)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with pytest.raises(DataError, match="is not a regular file"):
        read_stl(folder)


@pytest.mark.parametrize(
    ("name", "bound", "said"),
    [
        ("fashion-cat.json", MAX_OBJECT_BYTES, "64 MiB"),
        ("fashion-products.json", MAX_OBJECT_BYTES, "64 MiB"),
        ("fashion.json", MAX_LINES_BYTES, "512 MiB"),
    ],
)
def test_a_file_too_large_to_hold_is_an_error(
    tmp_path: Path, name: str, bound: int, said: str
) -> None:
    folder = write_stl(tmp_path, details={})
    for size in (bound + 1, 1 << 40):
        with (folder / name).open("r+b") as file:
            file.truncate(size)  # sparse: it takes no space
        with pytest.raises(DataError, match=f"{name} has .* at most {said} are read"):
            read_stl(folder)


def test_item_ids() -> None:
    for good in ("a", "A-_9", "0" * 128):
        assert is_item_id(good)
    for bad in ("", "a.b", "a/b", "é", "٣", "a" * 129, 5, None, "a\n"):
        assert not is_item_id(bad)


# real data


@needs_ccp_looks
def test_real_looks_are_read_without_problems() -> None:
    catalog = read_stl(CCP_LOOKS)
    assert len(catalog.products) == len(catalog.pair_scene) == 3922
    assert len(catalog.categories) == 19
    assert catalog.report.total == 0
    assert np.isfinite(catalog.pair_box).all()


@needs_stl_format
def test_real_size_is_read_in_about_a_second(tmp_path: Path) -> None:
    categories = json.loads((STL_FORMAT / "fashion-cat.json").read_text())
    rng = random.Random(0)
    products = list(categories)
    scenes = rng.sample(products, 20_000)
    lines = [
        pair(rng.choice(products), rng.choice(scenes), bbox=[0.1, 0.2, 0.3, 0.4])
        for _ in range(72_000)
    ]
    folder = write_stl(tmp_path, categories, lines)  # type: ignore[arg-type]
    for product in products[::4]:
        (folder / "images" / f"{product}.jpg").touch()
    started = time.perf_counter()
    catalog = read_stl(folder)
    assert time.perf_counter() - started < 8  # about a second on a free core
    assert len(catalog.products) == 38_111
    assert catalog.report.counts["missing-image"] == 38_111 - len(products[::4])
