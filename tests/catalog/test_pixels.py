from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from recsys.catalog import pixels
from recsys.catalog.catalog import Catalog
from recsys.catalog.images import decode_image, fit_image, fitted_box
from recsys.catalog.pixels import (
    PRODUCT_FILL,
    SCENE_FILL,
    problem_lines,
    product_pixels,
    scene_pixels,
    unreadable_lines,
)
from recsys.catalog.stl import read_stl
from recsys.errors import DataError
from recsys.workspace import Workspace
from tests.support.planted import write_planted
from tests.support.stl_files import pair, write_stl


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def planted(tmp_path: Path) -> Catalog:
    return read_stl(write_planted(tmp_path / "planted"))


def _folder(workspace: Workspace) -> Path:
    (folder,) = (workspace.cache_dir / "pixels").iterdir()
    return folder


def test_a_row_is_what_one_picture_alone_gives(planted: Catalog, workspace: Workspace) -> None:
    scenes = scene_pixels(planted, 48, 40, workspace)
    products = product_pixels(planted, 20, workspace)
    assert scenes.array.shape == (12, 48, 40, 3)
    assert products.array.shape == (24, 20, 20, 3)
    assert scenes.valid.all()
    assert products.valid.all()
    for row, scene in enumerate(planted.scenes):
        assert scene.image is not None
        image = decode_image(scene.image)
        np.testing.assert_array_equal(scenes.array[row], fit_image(image, 48, 40, SCENE_FILL))
        box = fitted_box(image.shape[0], image.shape[1], 48, 40)
        assert tuple(scenes.content[row]) == box
    for row, product in enumerate(planted.products):
        assert product.image is not None
        image = decode_image(product.image)
        np.testing.assert_array_equal(products.array[row], fit_image(image, 20, 20, PRODUCT_FILL))


def test_boxes_find_their_colours_on_the_canvas(planted: Catalog, workspace: Workspace) -> None:
    scenes = scene_pixels(planted, 60, 90, workspace)  # wider than the photos: bars at the sides
    boxes = scenes.canvas_boxes(planted.pair_scene, planted.pair_box)
    assert boxes.dtype == np.float32
    products = product_pixels(planted, 16, workspace)
    for at, (left, top, right, bottom) in enumerate(boxes * [90, 60, 90, 60]):
        patch = scenes.array[planted.pair_scene[at]]
        patch = patch[round(top) + 2 : round(bottom) - 2, round(left) + 2 : round(right) - 2]
        product = products.array[planted.pair_product[at]][4:12, 4:12]
        difference = patch.reshape(-1, 3).mean(0) - product.reshape(-1, 3).mean(0)
        assert np.abs(difference).max() < 12
    assert np.isnan(scenes.canvas_boxes(np.array([0]), np.full((1, 4), np.nan, np.float32))).all()


def test_nothing_is_decoded_twice(
    planted: Catalog, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    first = scene_pixels(
        planted, 24, 16, workspace, lambda done, total: calls.append((done, total))
    )
    assert calls[-1] == (12, 12)
    monkeypatch.setattr(pixels, "decode_image", lambda *_: pytest.fail("decoded again"))
    again = scene_pixels(planted, 24, 16, workspace, lambda *_: pytest.fail("built again"))
    np.testing.assert_array_equal(first.array, again.array)
    np.testing.assert_array_equal(first.content, again.content)
    with pytest.raises((ValueError, RuntimeError)):
        again.array[0] = 0  # what many readers share is not written to


def test_another_size_or_another_picture_is_another_cache(
    tmp_path: Path, workspace: Workspace
) -> None:
    folder = write_planted(tmp_path / "planted")
    scene_pixels(read_stl(folder), 24, 16, workspace)
    scene_pixels(read_stl(folder), 16, 24, workspace)
    shutil.copy(folder / "images" / "studio-001.png", folder / "images" / "studio-000.png")
    changed = scene_pixels(read_stl(folder), 24, 16, workspace)
    np.testing.assert_array_equal(changed.array[0], changed.array[1])
    assert len(list((workspace.cache_dir / "pixels").iterdir())) == 3


def test_missing_and_unreadable_pictures_are_filled_and_named(
    tmp_path: Path, workspace: Workspace
) -> None:
    folder = write_planted(tmp_path / "planted")
    (folder / "images" / "product-000.png").unlink()
    (folder / "images" / "product-001.png").write_text("<html>404</html>")
    (folder / "images" / "product-002.png").write_bytes(b"")
    catalog = read_stl(folder)
    (folder / "images" / "product-003.png").unlink()  # after reading: a vanished file
    for _ in range(2):  # built, then from the cache
        found = product_pixels(catalog, 16, workspace)
        assert found.valid.tolist() == [False] * 4 + [True] * 20
        assert (found.array[:4] == PRODUCT_FILL).all()
        assert (found.content[:4] == 0).all()
        assert [problem.where for problem in found.problems] == [
            f"images/product-00{n}.png" for n in (1, 2, 3)
        ]
        assert {problem.kind for problem in found.problems} == {"unreadable-image"}
        assert "found an HTML page" in found.problems[0].detail
        assert "Save the picture itself" in found.problems[0].remedy
    assert catalog.report.counts == {"missing-image": 1}


def test_unreadable_pictures_are_told_once_with_the_first_reasons(
    tmp_path: Path, workspace: Workspace
) -> None:
    folder = write_planted(tmp_path / "planted")
    for number in range(5):
        (folder / "images" / f"product-00{number}.png").write_text("<html>404</html>")
    (folder / "images" / "studio-003.png").write_bytes(b"")
    catalog = read_stl(folder)
    products = product_pixels(catalog, 16, workspace)
    scenes = scene_pixels(catalog, 24, 16, workspace)
    (line,) = problem_lines(products, scenes, scene_pixels(catalog, 16, 16, workspace))
    assert line.startswith("6 × unreadable-image (first: images/product-000.png: expected a JPEG")
    assert line.count("found an HTML page") == 3
    assert "Save the picture itself" in line
    readable = [product.id for product in catalog.products[5:]]
    pictured = [scene.id for scene in catalog.scenes if scene.id != "studio-003"]
    assert unreadable_lines(catalog, readable, pictured) == [line]
    (empty,) = unreadable_lines(catalog, [product.id for product in catalog.products], pictured)
    assert empty.startswith("1 × unreadable-image (first: images/studio-003.png: ")
    assert problem_lines() == []


def test_readable_pictures_are_not_worth_a_line(planted: Catalog, workspace: Workspace) -> None:
    assert problem_lines(product_pixels(planted, 16, workspace)) == []
    products, scenes = ([item.id for item in some] for some in (planted.products, planted.scenes))
    assert unreadable_lines(planted, products, scenes) == []


def test_a_catalogue_without_scenes_has_no_pixels_of_them(
    tmp_path: Path, workspace: Workspace
) -> None:
    catalog = read_stl(write_stl(tmp_path / "data"))
    for _ in range(2):
        found = scene_pixels(catalog, 24, 16, workspace)
        assert found.array.shape == (0, 24, 16, 3)
        assert found.valid.shape == (0,)


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f / "pixels.npy").unlink(),
        lambda f: (f / "valid.npy").unlink(),
        lambda f: (f / "meta.json").write_text("{"),
        lambda f: (f / "meta.json").write_text("[]"),
        lambda f: (f / "meta.json").write_text("{}"),
        lambda f: (f / "pixels.npy").write_bytes(b""),
        lambda f: (f / "content.npy").write_bytes(b"\x93NUMPY garbage"),
        lambda f: (f / "pixels.npy").write_bytes((f / "pixels.npy").read_bytes()[:-100]),
        lambda f: (f / "pixels.npy").write_bytes((f / "pixels.npy").read_bytes()[:-1] + b"\x01"),
        lambda f: np.save(f / "valid.npy", np.zeros(12, bool)),
        lambda f: np.save(f / "pixels.npy", np.zeros((12, 2, 2, 3), np.uint8)),
        lambda f: np.save(f / "valid.npy", np.array([{}] * 12), allow_pickle=True),
    ],
)
def test_a_damaged_cache_is_rebuilt(planted: Catalog, workspace: Workspace, damage) -> None:  # type: ignore[no-untyped-def]
    first = np.array(scene_pixels(planted, 24, 16, workspace).array)
    damage(_folder(workspace))
    again = scene_pixels(planted, 24, 16, workspace)
    np.testing.assert_array_equal(again.array, first)
    assert again.valid.all()
    scene_pixels(planted, 24, 16, workspace, lambda *_: pytest.fail("not mended"))


def test_an_interrupted_build_leaves_nothing(planted: Catalog, workspace: Workspace) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene_pixels(planted, 24, 16, workspace, interrupt)
    assert list((workspace.cache_dir / "pixels").iterdir()) == []
    assert scene_pixels(planted, 24, 16, workspace).valid.all()


def test_what_killed_builds_left_is_swept_after_a_day(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_planted(tmp_path / "planted")
    scene_pixels(read_stl(folder), 24, 16, workspace)
    built = _folder(workspace)
    yesterday = time.time() - 25 * 3600
    for name in (".another-key.old", ".another-key.new", ".another-key.growing"):
        left = built.parent / name
        left.mkdir()
        (left / "pixels.npy").write_bytes(b"half")
        if name != ".another-key.new":
            os.utime(left / "pixels.npy", (yesterday, yesterday))
            os.utime(left, (yesterday, yesterday))
    (built.parent / ".another-key.growing" / "pixels.npy").write_bytes(b"more")
    os.utime(built.parent / ".another-key.growing", (yesterday, yesterday))
    os.utime(built, (yesterday, yesterday))
    scene_pixels(read_stl(folder), 16, 24, workspace)  # another build looks around
    left = sorted(path.name for path in built.parent.glob(".*"))
    assert left == [".another-key.growing", ".another-key.new"]
    assert built.is_dir()  # finished caches stay, however old


def test_a_cache_that_cannot_be_written_is_an_error_with_a_remedy(
    planted: Catalog, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"cannot be written .*RECSYS_HOME"):
        scene_pixels(planted, 24, 16, Workspace(tmp_path / "home"))


def _build(data: Path, home: Path, queue: multiprocessing.Queue[int]) -> None:
    found = scene_pixels(read_stl(data), 24, 16, Workspace(home))
    queue.put(int(np.asarray(found.array, np.int64).sum()))


def test_processes_that_build_at_once_agree(tmp_path: Path) -> None:
    data = write_planted(tmp_path / "planted")
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[int] = context.Queue()
    builders = [
        context.Process(target=_build, args=(data, tmp_path / "home", queue)) for _ in range(3)
    ]
    for builder in builders:
        builder.start()
    sums = {queue.get(timeout=60) for _ in builders}
    for builder in builders:
        builder.join(60)
        assert builder.exitcode == 0
    queue.close()
    queue.join_thread()
    assert len(sums) == 1
    assert _folder(Workspace(tmp_path / "home")).is_dir()


def test_another_process_finishing_first_is_as_good(
    planted: Catalog, workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace(tmp_path / "other")
    expected = np.array(scene_pixels(planted, 24, 16, other).array)

    def overtake(done: int, total: int) -> None:
        # The folder appears between looking for it and renaming ours into place.
        folder = workspace.cache_dir / "pixels" / _folder(other).name
        shutil.copytree(_folder(other), folder, dirs_exist_ok=True)

    found = scene_pixels(planted, 24, 16, workspace, overtake)
    np.testing.assert_array_equal(found.array, expected)


def test_pairs_without_boxes_have_none_on_the_canvas(tmp_path: Path, workspace: Workspace) -> None:
    catalog = read_stl(write_stl(tmp_path / "data", lines=[pair()]))
    scenes = scene_pixels(catalog, 24, 16, workspace)
    assert not scenes.valid.any()  # the files hold no pictures
    assert np.isnan(scenes.canvas_boxes(catalog.pair_scene, catalog.pair_box)).all()
