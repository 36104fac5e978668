from __future__ import annotations

import hashlib
import os
import shutil
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.catalog.catalog import (
    Catalog,
    LoadReport,
    Problem,
    Product,
    ProductId,
    Scene,
    SceneId,
)
from recsys.catalog.images import MAX_BYTES
from recsys.catalog.stl import read_stl
from recsys.errors import RequestError
from tests.support.planted import write_planted

PATHS = ("Apparel|Shoes", "Apparel|Shoes|Boots", "Apparel|Clothing|Skirts", "Shoes", "Rain Shoes")


def _catalog(
    pairs: list[tuple[int, int]], scenes: int, products: int, categories: tuple[str, ...] = PATHS
) -> Catalog:
    array = np.array(sorted(set(pairs)), np.int32).reshape(-1, 2)
    return Catalog(
        "made",
        [
            Product(ProductId(f"p{row:03d}"), categories[row % len(categories)], None)
            for row in range(products)
        ],
        [Scene(SceneId(f"s{row:03d}"), None) for row in range(scenes)],
        array[:, 0],
        array[:, 1],
        np.full((len(array), 4), np.nan, np.float32),
    )


@st.composite
def _catalogs(draw: st.DrawFn) -> tuple[Catalog, set[tuple[int, int]]]:
    scenes, products = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    pair = st.tuples(st.integers(0, scenes - 1), st.integers(0, products - 1))
    pairs = draw(st.lists(pair, max_size=40))
    return _catalog(pairs, scenes, products), set(pairs)


@settings(max_examples=60, deadline=None)
@given(_catalogs(), st.sets(st.integers(0, 7)))
def test_pairs_are_found_from_both_ends(
    made: tuple[Catalog, set[tuple[int, int]]], chosen: set[int]
) -> None:
    catalog, pairs = made
    for scene in range(len(catalog.scenes)):
        expected = sorted(p for s, p in pairs if s == scene)
        assert catalog.products_of(scene).tolist() == expected
        at = catalog.pairs_of_scene(scene)
        assert (catalog.pair_scene[at] == scene).all()
        assert sorted(catalog.pair_product[at].tolist()) == expected
    for product in range(len(catalog.products)):
        assert catalog.scenes_of(product).tolist() == sorted(s for s, p in pairs if p == product)
    everywhere = Counter(p for _, p in pairs)
    some = Counter(p for s, p in pairs if s in chosen)
    rows = range(len(catalog.products))
    assert catalog.popularity().tolist() == [everywhere[row] for row in rows]
    within = catalog.popularity(np.array(sorted(chosen), np.int32))
    assert within.tolist() == [some[row] for row in rows]


def test_ids_at_the_border_rows_inside() -> None:
    catalog = _catalog([(0, 1)], 2, 3)
    for row, product in enumerate(catalog.products):
        assert catalog.product_row(product.id) == row
        assert catalog.product(product.id) is product
        assert catalog.has_product(product.id)
    assert catalog.scene_row("s001") == 1
    assert not catalog.has_scene("p001")
    with pytest.raises(RequestError, match=r"no product 'x{80}' in the data set made"):
        catalog.product_row("x" * 500)
    with pytest.raises(RequestError, match=r"no scene 'nowhere' .* choose another one"):
        catalog.scene_row("nowhere")


def test_an_empty_catalogue_answers() -> None:
    catalog = _catalog([], 0, 0)
    assert catalog.popularity().tolist() == []
    assert catalog.categories == ()
    assert catalog.category_of.shape == (0,)
    with pytest.raises(RequestError, match="no category 'X'"):
        catalog.in_category("X")


@pytest.mark.parametrize("ids", [("b", "a"), ("a", "a")])
def test_ids_must_ascend(ids: tuple[str, str]) -> None:
    none = np.zeros(0, np.int32)
    products = [Product(ProductId(item), "X", None) for item in ids]
    scenes = [Scene(SceneId(item), None) for item in ids]
    for arguments in ((products, []), ([], scenes)):
        with pytest.raises(ValueError, match="unique and in ascending order"):
            Catalog("made", *arguments, none, none, np.zeros((0, 4), np.float32))  # type: ignore[arg-type]


def test_pair_arrays_must_agree() -> None:
    none, one = np.zeros(0, np.int32), np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="one row a pair"):
        Catalog("made", [], [], one, none, np.zeros((0, 4), np.float32))


# categories


@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ("Apparel|Shoes", {0, 1}),
        ("apparel|SHOES", {0, 1}),
        ("Apparel", {0, 1, 2}),
        ("Shoes", {0, 1, 3}),
        (" boots ", {1}),
        ("Rain Shoes", {4}),
        ("Clothing|Skirts", set()),
        ("Shoe", set()),
        ("", set()),
        ("|", set()),
    ],
)
def test_categories_are_found_by_path_part_and_level(wanted: str, hits: set[int]) -> None:
    catalog = _catalog([], 0, 5)
    if not hits:
        with pytest.raises(RequestError, match=r"no category .*Choose one of: Boots, Rain Shoes"):
            catalog.in_category(wanted)
    else:
        mask = catalog.in_category(wanted)
        assert mask.dtype == np.bool_
        assert set(np.flatnonzero(mask).tolist()) == hits


def test_category_rows_name_their_path() -> None:
    catalog = _catalog([], 0, 12)
    assert catalog.categories == tuple(sorted(PATHS))
    for product, index in zip(catalog.products, catalog.category_of, strict=True):
        assert catalog.categories[index] == product.category


def test_labels() -> None:
    product = Product(ProductId("p"), "Apparel|Shoes", None)
    assert (product.leaf, product.label) == ("Shoes", "Shoes")
    assert Product(ProductId("p"), "X", None, title="Boot").label == "Boot"
    assert Product(ProductId("p"), "", None).label == "p"


# fingerprints


def test_fingerprints_change_with_what_they_stand_for(tmp_path: Path) -> None:
    def prints(folder: Path) -> tuple[str, str, str]:
        read = read_stl(folder)
        return read.products_fingerprint, read.scenes_fingerprint, read.fingerprint

    folder = write_planted(tmp_path / "a")
    first = prints(folder)
    assert prints(folder) == first
    shutil.copytree(folder, tmp_path / "moved")
    assert prints(tmp_path / "moved") == first  # places and names of folders do not matter

    shutil.copy(folder / "images" / "product-001.png", folder / "images" / "product-000.png")
    second = prints(folder)
    assert [a == b for a, b in zip(first, second, strict=True)] == [False, True, False]

    (folder / "images" / "studio-000.png").unlink()
    third = prints(folder)
    assert [a == b for a, b in zip(second, third, strict=True)] == [True, False, False]

    pairs = folder / "planted.json"
    pairs.write_text("".join(pairs.read_text().splitlines(keepends=True)[:-1]))
    fourth = prints(folder)
    assert [a == b for a, b in zip(third, fourth, strict=True)] == [True, True, False]

    categories = folder / "planted-cat.json"
    categories.write_text(categories.read_text().replace("Planted|Dotted", "Planted|Spots"))
    fifth = prints(folder)
    assert [a == b for a, b in zip(fourth, fifth, strict=True)] == [True, True, False]


def _digest_of(picture: Path) -> str:
    none = np.zeros(0, np.int32)
    scenes = [Scene(SceneId("s"), picture)]
    return Catalog("one", [], scenes, none, none, np.zeros((0, 4), np.float32)).scenes_fingerprint


def test_a_picture_of_any_allowed_size_counts_with_all_its_bytes(tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(900_001)  # several pieces of reading
    (tmp_path / "s.jpg").write_bytes(content)
    whole = hashlib.blake2b(content, digest_size=16).digest()
    expected = hashlib.blake2b(b"s\x00" + whole, digest_size=16).hexdigest()
    assert _digest_of(tmp_path / "s.jpg") == expected
    (tmp_path / "s.jpg").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert _digest_of(tmp_path / "s.jpg") != expected


def test_a_huge_file_is_hashed_within_bounds(tmp_path: Path) -> None:
    def huge(size: int) -> str:
        with (tmp_path / "s.jpg").open("wb") as file:
            file.truncate(size)  # sparse: it takes no space
        return _digest_of(tmp_path / "s.jpg")

    tracemalloc.start()
    try:
        began = time.monotonic()
        prints = [huge(size) for size in (6 << 30, (6 << 30) + 1, MAX_BYTES, MAX_BYTES + 1)]
        assert time.monotonic() - began < 20  # all of it would take some 20 s a file, and 6 GB
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert len(set(prints)) == 4  # its size tells it from others


def test_a_pipe_in_place_of_a_picture_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.jpg")
    assert _digest_of(tmp_path / "s.jpg") == _digest_of(tmp_path / "gone.jpg")


# reports


def test_a_report_counts_everything_and_shows_the_first() -> None:
    problems = tuple(Problem("bad-box", f"f.json:{n}", "bbox", f"box {n}", "mend") for n in (1, 2))
    report = LoadReport({"bad-box": 40, "bad-line": 2, "a-kind": 2}, problems)
    assert report.total == 44
    assert report.lines() == [
        "40 × bad-box (first: f.json:1, field bbox: box 1; mend)",
        "2 × a-kind",
        "2 × bad-line",
    ]
    assert LoadReport().total == 0
    assert LoadReport().lines() == []
