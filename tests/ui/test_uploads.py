"""A visitor's photo is kept as ours, found again by its digest, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys.catalog.images import MAX_SIDE_PX, decode_image
from recsys.errors import DataError, ImageError, RequestError
from recsys.ui import uploads
from recsys.ui.thumbnails import ThumbnailStore
from recsys.ui.uploads import find_photo, forget_photo, keep_photo
from recsys.workspace import Workspace
from tests.support.pictures import encoded, png_bomb


def test_a_photo_is_kept_and_found_again(workspace: Workspace) -> None:
    image = Image.new("RGB", (300, 200), (10, 120, 200))
    photo = keep_photo(encoded(image, "PNG"), workspace)
    again = find_photo(photo.id, workspace)
    assert again == photo
    assert again.pixels().shape == (200, 300, 3)
    assert (again.pixels() == [10, 120, 200]).all()


def test_the_same_photo_has_the_same_id(workspace: Workspace) -> None:
    image = Image.new("RGB", (300, 200), (10, 120, 200))
    assert keep_photo(encoded(image, "PNG"), workspace) == keep_photo(
        encoded(image, "PNG"), workspace
    )
    assert len(list(workspace.uploads_dir.iterdir())) == 1


def test_big_photos_are_bounded_and_lose_what_they_carry(workspace: Workspace) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by 90 degrees
    exif[0x010E] = "where I live"
    image = Image.new("RGB", (3000, 1500), (10, 120, 200))
    photo = keep_photo(encoded(image, "JPEG", exif=exif), workspace)
    height, width, _ = photo.pixels().shape
    assert (max(height, width), height > width) == (MAX_SIDE_PX, True)
    assert b"where I live" not in photo.path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html><script>alert(1)</script></html>", id="html"),
        pytest.param(encoded(Image.new("RGB", (200, 200)), "JPEG")[:300], id="truncated"),
        pytest.param(png_bomb(30_000, 30_000), id="bomb"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
    ],
)
def test_what_is_no_photo_is_refused_and_not_kept(content: bytes, workspace: Workspace) -> None:
    with pytest.raises(ImageError):
        keep_photo(content, workspace)
    assert not workspace.uploads_dir.exists()


@pytest.mark.parametrize("photo_id", ["", "0" * 32, "../live", "0" * 31 + "/", "%2e%2e"])
def test_what_was_never_kept_is_not_found(photo_id: str, workspace: Workspace) -> None:
    with pytest.raises(RequestError, match="that photo is not here"):
        find_photo(photo_id, workspace)


def test_no_id_reaches_a_file_outside(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside.webp"
    outside.write_bytes(b"x")
    workspace.uploads_dir.mkdir(parents=True)
    with pytest.raises(RequestError):
        find_photo("../../outside", workspace)
    forget_photo("../../outside", workspace)
    assert outside.exists()


def test_a_photo_can_be_removed(workspace: Workspace) -> None:
    photo = keep_photo(encoded(Image.new("RGB", (30, 20)), "PNG"), workspace)
    forget_photo(photo.id, workspace)
    forget_photo(photo.id, workspace)
    with pytest.raises(RequestError):
        find_photo(photo.id, workspace)


def test_a_removed_photo_leaves_no_thumbnail(workspace: Workspace) -> None:
    photo = keep_photo(encoded(Image.new("RGB", (300, 200)), "PNG"), workspace)
    store = ThumbnailStore(workspace.cache_dir / "thumbnails")
    digest = store.name(photo.path)
    assert store.read(digest, 240) is not None
    assert list((workspace.cache_dir / "thumbnails").iterdir())
    forget_photo(photo.id, workspace)
    assert not list((workspace.cache_dir / "thumbnails").iterdir())
    assert store.read(digest, 240) is None


def test_a_big_photo_is_the_same_as_its_file(workspace: Workspace, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 65, 3), np.uint8)
    content = encoded(Image.fromarray(noise).resize((2600, 1600)), "JPEG")
    path = tmp_path / "big.jpg"
    path.write_bytes(content)
    assert (keep_photo(content, workspace).pixels() == decode_image(path)).all()


def test_a_full_disk_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.files, "write_bytes", full)
    with pytest.raises(DataError, match=r"cannot be kept: No space left.*Free some space"):
        keep_photo(encoded(Image.new("RGB", (30, 20)), "PNG"), workspace)


def test_the_oldest_go_first(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(uploads, "MAX_PHOTOS", 3)
    kept = []
    for number in range(5):
        photo = keep_photo(
            encoded(Image.new("RGB", (30, 20), (50 * number, 0, 0)), "PNG"), workspace
        )
        os.utime(photo.path, ns=(number, number))
        kept.append(photo)
    left = {path.stem for path in workspace.uploads_dir.iterdir()}
    assert left == {photo.id for photo in kept[2:]}
