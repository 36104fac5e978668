from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from recsys.catalog import images
from recsys.catalog.images import (
    MAX_BYTES,
    decode_image,
)
from recsys.errors import ImageError
from tests.support.data import CCP_LOOKS, needs_ccp_looks
from tests.support.pictures import (
    encoded,
    gradient,
    png,
    png_bomb,
    with_webp_size,
)

PICTURE = gradient(30, 40)
RED = (200, 30, 40)


def _image() -> Image.Image:
    return Image.fromarray(PICTURE)


def _frames(kind: str, **options: object) -> bytes:
    first, second = Image.new("RGB", (20, 10), RED), Image.new("RGB", (20, 10), (0, 200, 0))
    return encoded(first, kind, save_all=True, append_images=[second], **options)


# what is refused


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no bytes at all"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        (b"\xef\xbb\xbf  <html>", "an HTML page"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<svg onload='alert(1)'/>", "an SVG drawing"),
        (encoded(Image.new("RGB", (4, 4)), "TIFF"), "a TIFF"),
        (encoded(Image.new("RGB", (4, 4)), "BMP"), "a BMP"),
        (encoded(Image.new("RGB", (4, 4)), "PDF"), "a PDF"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "an HEIC photo"),
        (b"\x00\x00\x00\x18ftypavif" + b"\x00" * 20, "an AVIF picture"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 20, "a video"),
        (b"PK\x03\x04" + b"\x00" * 20, "a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\x00" * 5000, "only zero bytes"),
        (b"just a note", "plain text"),
        (bytes(range(128, 256)), "no known picture format"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "no known picture format"),
    ],
)
def test_other_files_are_named_for_what_they_are(data: bytes, found: str) -> None:
    with pytest.raises(ImageError, match=f"expected a JPEG, PNG, WebP or GIF .*{found}") as caught:
        decode_image(data)
    assert caught.value.remedy


_TRUNCATED = {
    "JPEG": encoded(_image(), "JPEG"),
    "progressive JPEG": encoded(_image(), "JPEG", progressive=True),
    "PNG": encoded(_image(), "PNG"),
    "16-bit PNG": encoded(Image.fromarray(np.arange(300, dtype=np.uint16).reshape(15, 20)), "PNG"),
    "GIF": encoded(_image().quantize(16), "GIF"),
    "WebP": encoded(_image(), "WEBP"),
    "animated WebP": _frames("WEBP"),
}


@pytest.mark.parametrize("name", _TRUNCATED)
def test_a_cut_file_is_refused_or_lost_nothing(name: str) -> None:
    data = _TRUNCATED[name]
    whole = decode_image(data)
    cuts = sorted({*range(min(len(data), 120)), *range(0, len(data), 37), len(data) - 13})
    refused = 0
    for cut in cuts:
        try:
            np.testing.assert_array_equal(decode_image(data[:cut]), whole)
        except ImageError:
            refused += 1
    assert refused > len(cuts) * 0.7
    with pytest.raises(ImageError, match="cut off or damaged"):
        decode_image(data[: len(data) // 2])


def test_no_damage_raises_anything_but_image_errors() -> None:
    rng = random.Random(0)
    for _ in range(1500):
        data = bytearray(_TRUNCATED[rng.choice(list(_TRUNCATED))])
        for _ in range(rng.choice((1, 3, 10))):
            data[rng.randrange(min(len(data), rng.choice((60, 100_000))))] = rng.randrange(256)
        with contextlib.suppress(ImageError):
            decode_image(bytes(data), max_side_px=64)


_TALL_JPEG = encoded(Image.new("L", (9000, 8)), "JPEG").replace(
    b"\x00\x08\x23\x28", b"\xff\xff\x23\x28"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("PNG", png_bomb(9500, 9500)),
        ("PNG", png(2**31 - 1, 2**31 - 1, 8, 6, b"")),
        ("WebP", with_webp_size(encoded(Image.new("RGB", (8, 8)), "WEBP"), 16383, 16383)),
        ("JPEG", _TALL_JPEG),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(name: str, data: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(
        ImageError, match=rf"the {name} picture declares \d+ × \d+ pixels"
    ) as caught:
        decode_image(data)
    assert "megapixels are decoded" in caught.value.message
    assert "Export it smaller" in caught.value.remedy
    assert time.perf_counter() - started < 0.5


def test_a_progressive_jpeg_has_the_lower_bound() -> None:
    data = encoded(Image.new("L", (6400, 8)), "JPEG", progressive=True)
    data = data.replace(b"\x00\x08\x19\x00", b"\x19\x00\x19\x00")
    with pytest.raises(ImageError, match="the progressive JPEG picture declares 6400 × 6400"):
        decode_image(data)


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encoded(_image(), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(ImageError, match="more than 40 scans, ten are usual"):
        decode_image(data[:-2] + data[scan:-2] * 60 + b"\xff\xd9")


def test_zero_sides_are_refused() -> None:
    with pytest.raises(ImageError, match="declares 0 × 5 pixels"):
        decode_image(png(0, 5, 8, 0, b""))


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"32\.0 MiB, at most 32 MiB"):
        decode_image(b"\xff\xd8\xff" + bytes(MAX_BYTES))
    sparse = tmp_path / "huge.jpg"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ImageError, match=r"^huge.jpg: the file has 1048576.0 MiB"):
        decode_image(sparse)


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^nothing\.jpg: no such file"):
        decode_image(tmp_path / "nothing.jpg")
    with pytest.raises(ImageError, match=r"a folder, not a picture|not a regular file"):
        decode_image(tmp_path)
    with pytest.raises(ImageError, match=r"cannot be read|no such file"):
        decode_image(tmp_path / "zero\x00byte.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        decode_image(tmp_path / ("long" * 200))
    loop = tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    with pytest.raises(ImageError, match="cannot be read"):
        decode_image(loop)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    caught: list[ImageError] = []

    def attempt() -> None:
        try:
            decode_image(pipe)
        except ImageError as error:
            caught.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    assert caught
    assert "not a regular file" in caught[0].message


_PEAK = """
import pathlib, resource, sys
from recsys.catalog.images import decode_image
from recsys.errors import ImageError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_image(pathlib.Path(sys.argv[1]))
    print("decoded")
except ImageError as error:
    print(error.message)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def _peak_mb(path: Path) -> tuple[str, int]:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PEAK, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    message, peak = run.stdout.strip().splitlines()
    return message, int(peak)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise elsewhere")
def test_memory_is_bounded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_bomb(9500, 9500))
    assert bomb.stat().st_size < 20_000
    message, peak = _peak_mb(bomb)
    assert "90.2 megapixels" in message
    assert peak < 20
    allowed = tmp_path / "allowed.png"
    allowed.write_bytes(encoded(Image.new("RGBA", (6200, 6200), (*RED, 99)), "PNG"))
    message, peak = _peak_mb(allowed)
    assert message == "decoded"
    assert peak < 350


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise elsewhere")
def test_a_48_megapixel_photo_decodes_fast_in_little_memory(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.fromarray(gradient(600, 800)).resize((8000, 6000)).save(photo, quality=85)
    started = time.perf_counter()
    assert decode_image(photo).shape == (1536, 2048, 3)
    assert time.perf_counter() - started < 5  # 0.25 s on a free core
    message, peak = _peak_mb(photo)
    assert message == "decoded"
    assert peak < 200  # whole it would be 192 MB as RGB, and as much again to hand over


def test_nothing_global_changes_and_threads_agree() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    sources = [*_TRUNCATED.values(), encoded(Image.fromarray(gradient(900, 700)), "JPEG")]
    alone = [decode_image(data, max_side_px=200) for data in sources]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda data: decode_image(data, max_side_px=200), sources * 10))
    for position, decoded in enumerate(together):
        np.testing.assert_array_equal(decoded, alone[position % len(alone)])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_too_little_memory_is_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(images, "_to_rgb", fail)
    with pytest.raises(ImageError, match="too little memory"):
        decode_image(encoded(_image(), "PNG"))


@needs_ccp_looks
def test_real_photos_decode() -> None:
    paths = sorted((CCP_LOOKS / "images").iterdir())[::300]
    for path in paths:
        assert decode_image(path).ndim == 3
