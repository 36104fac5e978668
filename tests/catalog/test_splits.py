from __future__ import annotations

import hashlib
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from recsys.catalog.catalog import Catalog, Scene, SceneId
from recsys.catalog.pixels import Pixels
from recsys.catalog.splits import (
    MAX_COLOUR_RMS,
    MAX_HAMMING_BITS,
    Split,
    _close_pairs,
    near,
    near_duplicates,
    part_of,
    photo_hashes,
    split_scenes,
)
from recsys.catalog.stl import read_stl
from recsys.workspace import Workspace
from tests.support.data import CCP_LOOKS, needs_ccp_looks
from tests.support.planted import TEST_SCENES, VALIDATION_SCENES, write_planted


def _ids(catalog: Catalog, rows: np.ndarray) -> tuple[str, ...]:
    return tuple(catalog.scenes[row].id for row in rows)


def _imageless(ids: list[str]) -> Catalog:
    scenes = [Scene(SceneId(scene), None) for scene in sorted(ids)]
    none = np.zeros(0, np.int32)
    return Catalog("ids", [], scenes, none, none, np.zeros((0, 4), np.float32))


def _photo(seed: int, height: int = 300, width: int = 200) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 7, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def _catalog(folder: Path, photos: dict[str, Image.Image]) -> Catalog:
    scenes = []
    for scene, photo in sorted(photos.items()):
        photo.save(folder / f"{scene}.jpg", quality=90)
        scenes.append(Scene(SceneId(scene), folder / f"{scene}.jpg"))
    none = np.zeros(0, np.int32)
    return Catalog("photos", [], scenes, none, none, np.zeros((0, 4), np.float32))


# by id


def test_the_planted_parts(tmp_path: Path) -> None:
    catalog = read_stl(write_planted(tmp_path / "planted"))
    for workspace in (None, Workspace(tmp_path / "home")):
        split = split_scenes(catalog, workspace)
        assert _ids(catalog, split.validation) == VALIDATION_SCENES
        assert _ids(catalog, split.test) == TEST_SCENES
        assert split.groups == 0
        assert split.train.dtype == np.int32


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text("abcxyz019_-", min_size=1, max_size=12), unique=True, max_size=40))
def test_every_scene_has_one_part_that_follows_from_its_id(ids: list[str]) -> None:
    catalog = _imageless(ids)
    split = split_scenes(catalog)
    together = np.concatenate((split.train, split.validation, split.test))
    assert sorted(together) == list(range(len(ids)))
    assert split.rows("all").tolist() == list(range(len(ids)))
    for part in ("train", "validation", "test"):
        rows = split.rows(part)
        assert rows.tolist() == sorted(rows)
        for scene in _ids(catalog, rows):
            share = int(hashlib.blake2b(scene.encode(), digest_size=8).hexdigest(), 16) / 2**64
            assert part == ("train" if share < 0.8 else "validation" if share < 0.9 else "test")
            assert part == part_of(scene)
    # Taking scenes away moves none of the others.
    fewer = _imageless(ids[::2])
    kept = set(_ids(fewer, split_scenes(fewer).train))
    assert kept == set(_ids(catalog, split.train)) & set(ids[::2])


def test_the_shares_are_80_10_10() -> None:
    split = split_scenes(_imageless([f"scene{n:05d}" for n in range(20_000)]))
    assert len(split.train) == pytest.approx(16_000, abs=250)
    assert len(split.validation) == pytest.approx(2_000, abs=180)
    assert len(split.test) == pytest.approx(2_000, abs=180)


def test_parts_by_name() -> None:
    rows = np.array([1], np.int32)
    split = Split(rows, rows + 1, rows - 1, 0)
    assert split.rows("validation").tolist() == [2]
    assert split.rows("all").tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="no part 'dev'; the parts are train, validation, test"):
        split.rows("dev")  # type: ignore[arg-type]


# near-duplicates

# Ids in ascending order whose own parts differ: the first one's is test.
_MIXED = ("copy-0", "copy-1", "copy-2", "copy-6", "copy-7")


def test_copies_of_a_photo_share_the_part_of_the_smallest_id(tmp_path: Path) -> None:
    photo = _photo(0)
    copies = [
        photo,
        photo.resize((140, 210)),
        ImageEnhance.Brightness(photo).enhance(0.93),
        photo.crop((2, 2, 198, 298)),
        photo,
    ]
    for names in (_MIXED, _MIXED[::-1]):
        photos = dict(zip(names, copies, strict=True))
        photos |= {f"other-{n}": _photo(n) for n in range(1, 30)}
        assert len({part_of(name) for name in names}) == 3
        folder = tmp_path / names[0]
        folder.mkdir()
        catalog = _catalog(folder, photos)
        photo.save(folder / f"{names[-1]}.jpg", quality=25)
        split = split_scenes(catalog, Workspace(tmp_path / "home"))
        assert split.groups == 1
        assert set(_MIXED) <= set(_ids(catalog, split.rows(part_of(_MIXED[0]))))


def test_a_chain_of_copies_is_one_group() -> None:
    # 0 and 2 are 6 bits apart, each 3 bits from 1: joined through it.
    hashes = np.array([0b000000, 0b000111, 0b111111, 0xFF << 40], np.uint64)
    colours = np.zeros((4, 192), np.uint8)
    assert sorted(_close_pairs(hashes, colours)) == [(0, 1), (1, 2)]


def test_plain_pictures_of_different_colours_are_no_duplicates(tmp_path: Path) -> None:
    photos = {f"plain-{n}": Image.new("RGB", (60, 90), (n * 40, 90, 200)) for n in range(6)}
    photos["plain-9"] = photos["plain-0"]
    split = split_scenes(_catalog(tmp_path, photos))
    assert split.groups == 1  # plain-0 and plain-9


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_close_pairs_against_a_slow_oracle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 120))
    hashes = rng.integers(0, 2**63, max(1, n // 8), dtype=np.uint64)
    hashes = hashes[rng.integers(0, len(hashes), n)]
    for bit in rng.integers(0, 64, (n, 3)).T.astype(np.uint64):
        hashes = hashes ^ (np.uint64(1) << bit)
    colours = (rng.integers(0, 3, (n, 1)) * 12 + rng.integers(0, 12, (n, 192))).astype(np.uint8)
    expected = []
    for a, b in combinations(range(n), 2):
        bits = bin(int(hashes[a]) ^ int(hashes[b])).count("1")
        square = sum((int(x) - int(y)) ** 2 for x, y in zip(colours[a], colours[b], strict=True))
        if bits <= MAX_HAMMING_BITS and square / 192 <= MAX_COLOUR_RMS**2:
            expected.append((a, b))
    assert sorted((int(a), int(b)) for a, b in _close_pairs(hashes, colours)) == expected


def test_groups_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(5)
    base = rng.integers(0, 255, (6, 32, 32, 3), dtype=np.uint8)
    array = base[rng.integers(0, 6, 40)]
    content = np.tile(np.array([0, 0, 32, 32], np.int32), (40, 1))
    groups = near_duplicates(Pixels(array, np.ones(40, bool), content, ()))
    order = rng.permutation(40)
    shuffled = near_duplicates(Pixels(array[order], np.ones(40, bool), content, ()))
    for a, b in combinations(range(40), 2):
        same = groups[order[a]] == groups[order[b]]
        assert same == (shuffled[a] == shuffled[b])
    assert len(set(groups)) == 6
    assert all(groups[row] <= row for row in range(40))  # the smallest row leads


def test_thousands_of_one_placeholder_are_quick_and_one_group() -> None:
    array = np.full((5000, 32, 32, 3), 200, np.uint8)
    content = np.tile(np.array([0, 0, 32, 32], np.int32), (5000, 1))
    assert (near_duplicates(Pixels(array, np.ones(5000, bool), content, ())) == 0).all()


def test_scenes_without_a_readable_picture_stand_alone(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, {f"s{n}": _photo(1) for n in range(4)})
    (tmp_path / "s0.jpg").write_text("no picture")
    (tmp_path / "s1.jpg").write_text("no picture")
    split = split_scenes(catalog)
    assert split.groups == 1
    assert len(split.rows("all")) == 4


def test_hashes_of_photos_tell_copies_from_others(tmp_path: Path) -> None:
    photo = _photo(0)
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = _catalog(tmp_path / "here", {f"a{n}": _photo(n) for n in range(4)})
    there = _catalog(
        tmp_path / "there",
        {
            "b0": _photo(7),
            "b1": photo,
            "b2": photo.resize((140, 210)),
            "b3": _photo(8),
            "b4": Image.new("RGB", (60, 90), (0, 90, 200)),
            "b5": Image.new("RGB", (60, 90), (200, 90, 0)),
        },
    )
    (tmp_path / "there" / "b3.jpg").write_text("no picture")
    workspace = Workspace(tmp_path / "home")
    known = photo_hashes(here, workspace, [0, 1, 2])
    assert [len(text) for text in known] == [400] * 3
    asked = photo_hashes(there, workspace, np.arange(6))
    assert asked[3] == ""
    assert photo_hashes(there, workspace, [2, 0]) == [asked[2], asked[0]]
    assert near(asked, known).tolist() == [False, True, True, False, False, False]
    assert near(asked, asked[5:]).tolist() == [False] * 5 + [True]  # the colours tell them apart
    assert near(asked, []).tolist() == [False] * 6
    assert near([], known).tolist() == []
    broken = ["", "zz", known[0][:-2], known[0] + "00", "é" * 400, known[0].upper() + "\n"]
    assert near(broken, known).tolist() == [False] * 6
    assert near(asked, broken).tolist() == [False] * 6


def test_near_is_the_rule_of_the_split(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    photos = {f"p{n:02d}": _photo(n % 5) for n in range(20)}
    for name in list(photos)[5:]:
        photos[name] = ImageEnhance.Brightness(photos[name]).enhance(float(rng.uniform(0.8, 1.2)))
    catalog = _catalog(tmp_path, photos)
    hashes = photo_hashes(catalog, Workspace(tmp_path / "home"), range(20))
    looks = np.array([list(bytes.fromhex(text)) for text in hashes], np.uint8)
    pairs = _close_pairs(looks[:, :8].copy().view(np.uint64)[:, 0], looks[:, 8:])
    assert 0 < len(pairs) < 190
    for a, b in combinations(range(20), 2):
        assert bool(near([hashes[a]], [hashes[b]])[0]) == ((a, b) in pairs)


@needs_ccp_looks
def test_a_copy_planted_among_real_looks_is_found(tmp_path: Path) -> None:
    real = read_stl(CCP_LOOKS)
    chosen = real.scenes[::8]
    scenes = [*chosen, Scene(SceneId("zz-copy"), tmp_path / "zz-copy.jpg")]
    assert chosen[7].image is not None
    shutil.copy(chosen[7].image, tmp_path / "original.jpg")
    with Image.open(tmp_path / "original.jpg") as photo:
        small = photo.resize((photo.width * 3 // 4, photo.height * 3 // 4))
    small.save(tmp_path / "zz-copy.jpg", quality=60)
    none = np.zeros(0, np.int32)
    catalog = Catalog("copy", [], scenes, none, none, np.zeros((0, 4), np.float32))
    split = split_scenes(catalog)
    assert split.groups == 1
    rows = split.rows(part_of(chosen[7].id))
    assert {7, len(scenes) - 1} <= set(rows.tolist())
