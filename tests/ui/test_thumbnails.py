"""``/img``: content-hashed, cached for good, and blind to everything that nobody handed out."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette

from recsys.ui.thumbnails import SIDES_PX, ThumbnailStore, image_route, thumbnail_store
from tests.support.asgi import Answer, ask


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.new("RGB", (600, 300), (200, 30, 40)).save(path)
    return path


def get(path: str, method: str = "GET", **headers: str) -> Answer:
    app = Starlette(routes=[image_route()])
    return ask(app, path, method, {k.replace("_", "-"): v for k, v in headers.items()})


def test_a_thumbnail_is_a_webp_of_the_side_asked_for(picture: Path) -> None:
    name = thumbnail_store().name(picture)
    for side in SIDES_PX[:2]:
        answer = get(f"/img/{name}-{side}.webp")
        assert answer.status == 200
        assert answer.headers["content-type"] == "image/webp"
        image = Image.open(io.BytesIO(answer.content))
        assert (image.format, max(image.size)) == ("WEBP", side)
        assert image.size[0] == 2 * image.size[1]


def test_it_is_cached_for_good_and_known_again(picture: Path) -> None:
    url = f"/img/{thumbnail_store().name(picture)}-240.webp"
    first = get(url)
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    etag = first.headers["etag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        again = get(url, if_none_match=known)
        assert (again.status, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert get(url, if_none_match='"other"').status == 200
    assert get(url, "HEAD").status == 200


def test_the_name_follows_the_content(picture: Path, tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    copy = tmp_path / "copy.png"
    copy.write_bytes(picture.read_bytes())
    name = store.name(picture)
    assert store.name(copy) == name
    Image.new("RGB", (60, 30), (0, 0, 200)).save(picture)
    assert store.name(picture) != name


def test_it_outlives_its_source_and_its_process(picture: Path, tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    name = store.name(picture)
    content = store.read(name, 240)
    picture.unlink()
    assert content is not None
    assert ThumbnailStore(tmp_path / "thumbnails").read(name, 240) == content


def test_no_picture_has_no_name(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    assert store.name(None) == ""
    assert store.name(tmp_path / "gone.png") == ""


@pytest.mark.parametrize(
    "name",
    [
        "0" * 32 + "-240.webp",  # well formed, never handed out
        "0" * 32 + "-241.webp",
        "0" * 32 + "-240.png",
        "A" * 32 + "-240.webp",
        "../live.json",
        "..%2f..%2flive.json",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//etc/passwd",
        "/etc/passwd",
        "a" * 5000,
        "%00",
        "",
        "0" * 32 + "-240.webp/../../x",
    ],
)
def test_everything_else_is_404_with_a_placeholder(name: str) -> None:
    answer = get(f"/img/{name}")
    assert answer.status == 404
    if answer.headers["content-type"] == "image/webp":
        assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
        assert answer.headers["cache-control"] == "no-store"


def test_traversal_reads_no_file_that_exists(picture: Path) -> None:
    folder = thumbnail_store()._folder
    folder.mkdir(parents=True)
    secret = folder.parent / f"{'1' * 32}-240.webp"
    secret.write_bytes(b"secret")
    for name in (f"../{secret.name}", f"..%2f{secret.name}", f"x/../../{secret.name}"):
        assert b"secret" not in get(f"/img/{name}").content


def test_what_is_no_picture_shows_the_placeholder(tmp_path: Path) -> None:
    page = tmp_path / "page.jpg"
    page.write_text("<html><script>alert(1)</script></html>")
    answer = get(f"/img/{thumbnail_store().name(page)}-240.webp")
    assert answer.status == 404
    assert b"script" not in answer.content


def test_only_reading(picture: Path) -> None:
    url = f"/img/{thumbnail_store().name(picture)}-240.webp"
    assert get(url, "POST").status == 405


def test_many_at_once_get_the_same_bytes(picture: Path, tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    name = store.name(picture)
    found: list[bytes | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(store.read(name, 240))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert found[0] is not None


def test_without_a_disk_there_still_is_a_picture(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("recsys.atomic.write_bytes", full)
    store = ThumbnailStore(tmp_path / "thumbnails")
    assert store.read(store.name(picture), 240) is not None
