from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from recsys.catalog.images import (
    decode_image,
)
from recsys.errors import ImageError
from tests.support.pictures import (
    encoded,
    exif,
    gradient,
    png,
    with_jpeg_segment,
)

PICTURE = gradient(30, 40)
RED = (200, 30, 40)


def _image() -> Image.Image:
    return Image.fromarray(PICTURE)


def _distance(a: object, b: object) -> float:
    return float(np.abs(np.asarray(a, np.int64) - np.asarray(b, np.int64)).max())


# what comes out


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_pictures_come_back_exactly(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode_image(encoded(_image(), kind, **options))
    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    assert decoded.flags.writeable
    np.testing.assert_array_equal(decoded, PICTURE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_pictures_come_back_closely(kind: str) -> None:
    decoded = decode_image(encoded(_image(), kind, quality=95))
    assert decoded.shape == PICTURE.shape
    assert np.abs(decoded.astype(int) - PICTURE.astype(int)).mean() < 12


def test_bytes_and_path_give_the_same(tmp_path: Path) -> None:
    data = encoded(_image(), "JPEG")
    path = tmp_path / "named-wrongly.gif"  # by content, not by name
    path.write_bytes(data)
    np.testing.assert_array_equal(decode_image(path), decode_image(data))


def test_pixels_agree_with_pillow_on_a_plain_photo() -> None:
    data = encoded(_image(), "JPEG", exif=b"Exif\x00\x00" + exif(6))
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    assert expected.shape == (40, 30, 3)
    np.testing.assert_array_equal(decode_image(data), expected)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("greyscale JPEG", encoded(Image.new("L", (9, 7), 77), "JPEG")),
        ("greyscale PNG", encoded(Image.new("L", (9, 7), 77), "PNG")),
        ("16-bit PNG", encoded(Image.fromarray(np.full((7, 9), 77 * 257, np.uint16)), "PNG")),
        ("grey and alpha", encoded(Image.new("LA", (9, 7), (77, 255)), "PNG")),
        ("16-bit grey and alpha", png(9, 7, 16, 4, (b"\x00" + b"\x4d\x4d\xff\xff" * 9) * 7)),
    ],
)
def test_greys(name: str, data: bytes) -> None:
    np.testing.assert_array_equal(decode_image(data), np.full((7, 9, 3), 77))


def test_16_bit_greys_are_rescaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    decoded = decode_image(encoded(Image.fromarray(values), "PNG"))
    expected = np.round(values / 257.0)
    np.testing.assert_array_equal(decoded[..., 0], expected)
    assert len(np.unique(decoded)) == 256


def test_16_bit_colours_are_rescaled() -> None:
    row = b"\x00" + b"".join(v.to_bytes(2, "big") for v in (0xC8FF, 0x1E00, 0x28AA)) * 5
    np.testing.assert_array_equal(decode_image(png(5, 3, 16, 2, row * 3)), np.full((3, 5, 3), RED))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_low_bit_greys_span_black_to_white(depth: int) -> None:
    top = 2**depth - 1
    row = b"\x00" + bytes((top << (8 - depth),))  # one white pixel, then black ones
    decoded = decode_image(png(8 // depth, 1, depth, 0, row))
    assert decoded[0, 0].tolist() == [255] * 3
    assert decoded[0, 1:].max(initial=0) == 0


def test_palette_and_one_bit() -> None:
    paletted = _image().quantize(200)
    np.testing.assert_array_equal(
        decode_image(encoded(paletted, "PNG")), np.asarray(paletted.convert("RGB"))
    )
    bits = Image.fromarray(PICTURE[..., 0] > 128)
    np.testing.assert_array_equal(
        decode_image(encoded(bits, "PNG"))[..., 1], np.where(PICTURE[..., 0] > 128, 255, 0)
    )


def test_a_palette_shorter_than_its_indices_is_no_crash() -> None:
    data = png(4, 1, 8, 3, b"\x00\x00\x01\x7f\xff", (b"PLTE", bytes(RED)))
    assert decode_image(data)[0, 0].tolist() == list(RED)


@pytest.mark.parametrize("quality", [90])
def test_cmyk_photos_keep_their_colours(quality: int) -> None:
    # Pillow writes CMYK as Adobe does, inverted and so marked.
    data = encoded(Image.new("RGB", (32, 32), RED).convert("CMYK"), "JPEG", quality=quality)
    assert b"Adobe" in data
    assert _distance(decode_image(data)[16, 16], RED) < 8


def test_an_rgb_jpeg_marked_by_adobe_keeps_its_colours() -> None:
    data = encoded(Image.new("RGB", (32, 32), RED), "JPEG", keep_rgb=True, quality=95)
    assert b"Adobe" in data
    assert _distance(decode_image(data)[16, 16], RED) < 8


# alpha


def test_alpha_goes_on_white() -> None:
    image = Image.new("RGBA", (4, 1), (*RED, 255))
    image.putpixel((1, 0), (*RED, 0))
    image.putpixel((2, 0), (0, 0, 0, 128))
    expected = [list(RED), [255] * 3, [127] * 3, list(RED)]
    for options in ({"format": "PNG"}, {"format": "WEBP", "lossless": True, "exact": True}):
        assert decode_image(encoded(image, **options)).tolist() == [expected]  # type: ignore[arg-type]


def test_a_palette_with_alpha_goes_on_white() -> None:
    palette = (b"PLTE", bytes((*RED, 0, 0, 255)))
    single = png(2, 1, 8, 3, b"\x00\x00\x01", palette, (b"tRNS", b"\xff\x00"))
    assert decode_image(single).tolist() == [[list(RED), [255] * 3]]
    halves = png(2, 1, 8, 3, b"\x00\x00\x01", palette, (b"tRNS", b"\xff\x80"))
    assert decode_image(halves)[0, 1].tolist() == [127, 127, 255]


@pytest.mark.parametrize(
    ("depth", "row", "transparent"),
    [
        (1, b"\x00\x80", 1),
        (2, b"\x00\xb0", 2),
        (4, b"\x00\x9f", 9),
        (8, b"\x00\x63\x07", 0x63),
        (16, b"\x00\x63\x64\x63\x65", 0x6364),
    ],
)
def test_the_transparent_grey_of_a_png_goes_on_white(
    depth: int, row: bytes, transparent: int
) -> None:
    data = png(2, 1, depth, 0, row, (b"tRNS", transparent.to_bytes(2, "big")))
    plain = decode_image(png(2, 1, depth, 0, row))
    decoded = decode_image(data)
    assert decoded[0, 0].tolist() == [255] * 3
    assert decoded[0, 1].tolist() == plain[0, 1].tolist()
    if depth > 1:
        assert plain[0, 0, 0] < 255


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_colour_of_a_png_goes_on_white(depth: int) -> None:
    wide = depth // 8
    row = b"\x00" + b"".join(bytes((v,)) * wide for v in (*RED, 1, 2, 3))
    key = b"".join(bytes((0, v)) if depth == 8 else bytes((v, v)) for v in RED)
    decoded = decode_image(png(2, 1, depth, 2, row, (b"tRNS", key)))
    assert decoded.tolist() == [[[255] * 3, [1, 2, 3]]]


def test_alpha_on_white_holds_when_shrunk_in_bands() -> None:
    image = Image.new("RGBA", (3000, 2000), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 1500, 2000))
    decoded = decode_image(encoded(image, "PNG", compress_level=1), max_side_px=300)
    assert decoded.shape == (200, 300, 3)
    assert _distance(decoded[:, :145], RED) == 0
    assert decoded[:, 155:].min() == 255


# animations


def _frames(kind: str, **options: object) -> bytes:
    first, second = Image.new("RGB", (20, 10), RED), Image.new("RGB", (20, 10), (0, 200, 0))
    return encoded(first, kind, save_all=True, append_images=[second], **options)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    decoded = decode_image(_frames(kind))
    assert decoded.shape == (10, 20, 3)
    assert _distance(decoded[5, 10], RED) < 8


def test_a_gif_frame_smaller_than_its_screen_and_a_transparent_one() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, *RED])
    image.putpixel((0, 0), 0)
    decoded = decode_image(encoded(image, "GIF", transparency=0))
    assert decoded[0, 0].tolist() == [255] * 3
    assert decoded[3, 3].tolist() == list(RED)


def test_a_gif_whose_frame_reaches_far_beyond_its_screen_is_bounded() -> None:
    data = bytearray(encoded(Image.new("P", (4, 4)), "GIF"))
    frame = data.index(b"\x2c", 13 + 3 * 2)
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(ImageError, match="GIF picture declares 65535 × 65535 pixels"):
        decode_image(bytes(data))


# orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("big_endian", [False, True])
def test_photos_are_turned_the_right_way_up(orientation: int, big_endian: bool) -> None:
    upright = gradient(16, 24)
    # What a camera stores: the picture that the tag's turn makes upright again.
    inverse = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    same = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        7: Image.Transpose.TRANSVERSE,
    }
    stored = Image.fromarray(upright)
    turn = inverse.get(orientation, same.get(orientation))
    stored = stored.transpose(turn) if turn is not None else stored
    block = exif(orientation, big_endian=big_endian)
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        decoded = decode_image(encoded(stored, kind, exif=block, **options))
        np.testing.assert_array_equal(decoded, upright)
    jpeg = decode_image(
        encoded(stored, "JPEG", exif=b"Exif\x00\x00" + block, quality=95, subsampling=0)
    )
    assert jpeg.shape == upright.shape
    assert np.abs(jpeg.astype(int) - upright.astype(int)).mean() < 8


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\x00",
        b"II*\x00\xff\xff\xff\xff",
        b"MM\x00*\x00\x00\x00\x08\xff\xff",
        exif(0),
        exif(9),
        exif(65535),
        exif(6)[:-7],
        b"not exif at all",
        b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x05\x00\xff\xff\xff\xff\x00\x00\x00\x00",
    ],
)
def test_a_broken_exif_block_leaves_the_photo_as_stored(block: bytes) -> None:
    plain = encoded(_image(), "JPEG")
    tagged = with_jpeg_segment(plain, 0xE1, b"Exif\x00\x00" + block)
    np.testing.assert_array_equal(decode_image(tagged), decode_image(plain))
    in_png = png(1, 1, 8, 0, b"\x00\x09", (b"eXIf", block))
    assert decode_image(in_png).tolist() == [[[9, 9, 9]]]


def test_metadata_reaches_no_parser() -> None:
    plain = encoded(_image(), "JPEG")
    loaded = plain
    for marker, payload in (
        (0xE2, b"MPF\x00" + b"\xff" * 40),  # Pillow warns: malformed MPO
        (0xED, b"Photoshop 3.0\x008BIM\x03\xed\x00\x00\x00\x00\x00\x10"),
        (0xE2, b"ICC_PROFILE\x00\x01\x02garbage"),
        (0xFE, b"comment" * 100),
        (0xE1, b"Exif\x00\x00" + encoded(_image(), "JPEG")),  # a preview has markers of its own
    ):
        loaded = with_jpeg_segment(loaded, marker, payload)
    np.testing.assert_array_equal(decode_image(loaded), decode_image(plain))
    # A phone appends a video, or more pictures, to its photo.
    appended = plain + b"\x00\x00\x00\x18ftypmp42" + b"\xff\xda\x00\x08" * 200
    np.testing.assert_array_equal(decode_image(appended), decode_image(plain))
    text_bomb = b"k\x00\x00" + zlib.compress(b"\x00" * 50_000_000)
    assert decode_image(png(1, 1, 8, 0, b"\x00\x09", (b"zTXt", text_bomb))).shape == (1, 1, 3)


# sizes


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 5000), (5000, 7)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_extreme_shapes_keep_at_least_one_pixel(size: tuple[int, int], kind: str) -> None:
    data = encoded(Image.new("RGB", size, RED), kind)
    decoded = decode_image(data, max_side_px=100)
    height, width, _ = decoded.shape
    assert max(height, width) == min(100, max(size))
    assert min(height, width) >= 1
    assert _distance(decoded, RED) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 700), width=st.integers(1, 700), max_side_px=st.integers(1, 800))
def test_shrinking_keeps_the_proportions_and_never_enlarges(
    kind: str, height: int, width: int, max_side_px: int
) -> None:
    data = encoded(Image.new("RGB", (width, height), RED), kind)
    decoded = decode_image(data, max_side_px=max_side_px)
    scale = min(1.0, max_side_px / max(height, width))
    assert max(decoded.shape[:2]) == min(max_side_px, max(height, width))
    assert abs(decoded.shape[0] - height * scale) <= 1
    assert abs(decoded.shape[1] - width * scale) <= 1
    assert _distance(decoded, RED) < 8


def test_a_shrunk_photo_looks_like_a_carefully_shrunk_one() -> None:
    # Draft mode, whole steps and the last resize together, against one exact box average.
    large = Image.fromarray(gradient(1600, 2400))
    expected = np.asarray(large.reduce(16)).astype(int)
    for kind in ("JPEG", "PNG"):
        decoded = decode_image(encoded(large, kind), max_side_px=150)
        assert decoded.shape == expected.shape
        assert np.abs(decoded.astype(int) - expected)[2:-2, 2:-2, :2].mean() < 3


def test_max_side_below_one_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        decode_image(encoded(_image(), "PNG"), max_side_px=0)
