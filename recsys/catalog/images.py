"""Bytes or a path → ``uint8 [H, W, 3]``: oriented, bounded, safe. The one decoder of the house.

Whatever is decoded here may come from a stranger. The number of bytes is bounded before they
are read, the number of pixels before they are decoded; only four formats are recognised, by
content; no global setting of Pillow is touched, so any number of threads may decode at once.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from recsys.catalog.formats import NAMES, Format, Inspected, damaged, inspect
from recsys.errors import ImageError

__all__ = [
    "DECODER_VERSION",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE_PX",
    "ImageError",
    "decode_image",
    "encode_webp",
    "fit_image",
    "fitted_box",
    "placeholder_webp",
    "thumbnail_webp",
]

# Raised whenever the same file gives other pixels than before: pixel caches carry it.
DECODER_VERSION = 1

# A 48-megapixel photo from a phone is 10–25 MB; the app's own upload limit is 10 MB.
MAX_BYTES = 32 * 1024 * 1024

# The side that a decoded picture is shrunk to: enough for a full screen, and what every reader
# uses, so that one file always gives the same pixels.
MAX_SIDE_PX = 2048

# How many pixels may be declared. A plain JPEG is shrunk while it is decoded, so phones' 64
# megapixels (9248 × 6936) take 10–70 MB. A progressive one keeps all its coefficients (6 bytes
# a pixel), PNG and GIF all their pixels (up to 4), WebP four copies of them (16): the bounds
# keep each of these below about 350 MB at the default side, also when an 11 KB PNG declares
# 89 megapixels.
MAX_PIXELS = 1 << 26
_MAX_PIXELS_BUFFERED = 40_000_000
_MAX_PIXELS_WEBP = 20_000_000

_BAND_PIXELS = 1 << 20  # pixels turned into RGB at a time, so that no second full copy is needed

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# The format's own class and not Image.open: that one looks at sizes only after opening, by a
# warning at a global threshold, and takes a JPEG with more pictures behind it for another format.
_DECODERS: dict[Format, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
}

# What Pillow's decoders raise for broken bytes, each found by cutting and flipping real files.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def decode_image(source: bytes | Path, *, max_side_px: int = MAX_SIDE_PX) -> NDArray[np.uint8]:
    """Decodes a picture, turned the right way up, transparent parts on white.

    Args:
        source: the bytes of a JPEG, PNG, WebP or GIF (its first frame), or a regular file.
        max_side_px: larger pictures are shrunk to this longer side; none is enlarged.

    Returns:
        ``uint8 [H, W, 3]`` RGB, a contiguous array of its own. 16-bit greys are rescaled to 8.

    Raises:
        ImageError: no such file, not one of the four formats, damaged, more than ``MAX_BYTES``
            or declared larger than what is safe to decode. Says which, and what to do.
        ValueError: max_side_px is below 1.
    """
    if max_side_px < 1:
        raise ValueError(f"max_side_px must be at least 1, not {max_side_px}")
    if isinstance(source, Path):
        try:
            return _decode(_read_file(source), max_side_px)
        except ImageError as error:
            raise ImageError(f"{source.name}: {error.message}", error.remedy) from None
    _check_bytes(len(source))
    return _decode(bytes(source), max_side_px)


def _read_file(path: Path) -> bytes:
    try:
        # Without blocking: opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ImageError("not a regular file", "Give the path of a picture file")
            _check_bytes(status.st_size)
            content = file.read(MAX_BYTES + 1)  # it may grow while it is read
    except FileNotFoundError:
        raise ImageError("no such file", "Check the path") from None
    except IsADirectoryError:
        raise ImageError("a folder, not a picture file", "Give a file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"the file cannot be read ({reason})", "Check its rights") from None
    _check_bytes(len(content))
    return content


def _check_bytes(size: int) -> None:
    if size > MAX_BYTES:
        raise ImageError(
            f"the file has {size / 2**20:.1f} MiB, at most {MAX_BYTES // 2**20} MiB are read",
            "Export it smaller, e.g. 2,000 pixels on the longer side as JPEG",
        )


def _check_pixels(picture: Inspected) -> None:
    limit = MAX_PIXELS
    if picture.format == "WEBP":
        limit = _MAX_PIXELS_WEBP
    elif picture.buffered or picture.format != "JPEG":
        limit = _MAX_PIXELS_BUFFERED
    pixels = picture.width_px * picture.height_px
    if pixels > limit:
        kind = "progressive JPEG" if picture.format == "JPEG" and picture.buffered else ""
        raise ImageError(
            f"the {kind or NAMES[picture.format]} picture declares {picture.width_px} × "
            f"{picture.height_px} pixels ({pixels / 1e6:,.1f} megapixels), "
            f"at most {limit / 1e6:.0f} megapixels are decoded",
            "Export it smaller, e.g. 2,000 pixels on the longer side as JPEG",
        )


def _decode(data: bytes, max_side_px: int) -> NDArray[np.uint8]:
    picture = inspect(data)
    del data  # the picture's own copy is smaller
    _check_pixels(picture)
    try:
        with _DECODERS[picture.format](io.BytesIO(picture.content)) as image:
            if image.size != (picture.width_px, picture.height_px):
                raise damaged(picture.format)
            if picture.format == "JPEG" and _longest(image) > max_side_px:
                image.draft(None, _scaled(image.size, max_side_px))
            if picture.format == "PNG":
                _fix_transparency(image, picture.content)
            image.load()
            # Whole steps first, down to no less than one and a half times what is asked for.
            rgb = _to_rgb(image, shrink=max(1, 2 * _longest(image) // (3 * max_side_px)))
    except MemoryError:
        raise ImageError(
            "there is too little memory to decode the picture",
            "Export it smaller, e.g. 2,000 pixels on the longer side as JPEG",
        ) from None
    except _BROKEN as error:
        raise damaged(picture.format) from error
    if _longest(rgb) > max_side_px:
        rgb = rgb.resize(_scaled(rgb.size, max_side_px), Image.Resampling.LANCZOS)
    if picture.orientation in _TURNS:
        rgb = rgb.transpose(_TURNS[picture.orientation])
    return np.array(rgb)


def _longest(image: Image.Image) -> int:
    return max(image.size)


def _scaled(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """A width and height in the same proportion, the longer side ``max_side_px``."""
    longest = max(size)
    width, height = (max(1, round(side * max_side_px / longest)) for side in size)
    return width, height


# colour


def _to_rgb(image: Image.Image, shrink: int) -> Image.Image:
    """RGB on white, its sides divided by ``shrink``, a band of rows at a time."""
    if image.mode == "RGB" and shrink == 1 and "transparency" not in image.info:
        return image
    width, height = image.size
    rows = shrink * max(1, _BAND_PIXELS // (width * shrink))
    whole = Image.new("RGB", (-(-width // shrink), -(-height // shrink)))
    for top in range(0, height, rows):
        band = _flatten(image.crop((0, top, width, min(top + rows, height))))
        whole.paste(band.reduce(shrink) if shrink > 1 else band, (0, top // shrink))
    return whole


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    flat = Image.new("RGB", rgba.size, "white")
    flat.paste(rgba, mask=rgba.getchannel("A"))
    return flat


def _from_16_bit(image: Image.Image) -> Image.Image:
    # Pillow's own conversion cuts everything above 255 off, which turns such pictures white.
    values = np.asarray(image).astype(np.int64)
    grey = ((np.clip(values, 0, 65535) + 128) // 257).astype(np.uint8)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return Image.fromarray(grey).convert("RGB")


def _fix_transparency(image: Image.Image, content: bytes) -> None:
    """Brings a PNG's transparent colour to the 8 bits that Pillow brings its pixels to."""
    depth, colour_type = content[24], content[25]
    value = image.info.get("transparency")
    if colour_type == 0 and depth in (2, 4) and isinstance(value, int):
        image.info["transparency"] = min(value, 2**depth - 1) * 255 // (2**depth - 1)
    elif colour_type == 0 and depth == 8 and isinstance(value, int):
        image.info["transparency"] = value & 255
    elif colour_type == 2 and isinstance(value, tuple):
        shift = 8 if depth == 16 else 0
        image.info["transparency"] = tuple(part >> shift & 255 for part in value)


# sizes


def fitted_box(
    image_height_px: int, image_width_px: int, height_px: int, width_px: int
) -> tuple[int, int, int, int]:
    """Where ``fit_image`` puts a picture on its canvas: top, left, height, width in pixels."""
    scale = min(height_px / image_height_px, width_px / image_width_px)
    height = max(1, min(height_px, round(image_height_px * scale)))
    width = max(1, min(width_px, round(image_width_px * scale)))
    return (height_px - height) // 2, (width_px - width) // 2, height, width


def fit_image(
    image: NDArray[np.uint8], height_px: int, width_px: int, fill: int
) -> NDArray[np.uint8]:
    """Letterboxes a picture: whole, in its own proportions, centred, the rest filled.

    Args:
        image: ``uint8 [h, w, 3]``, both sides at least 1; enlarged where it is smaller.
        height_px, width_px: of the canvas.
        fill: grey level 0–255 of what the picture leaves free.

    Returns:
        ``uint8 [height_px, width_px, 3]``, the same for the same input on every call.
    """
    top, left, height, width = fitted_box(image.shape[0], image.shape[1], height_px, width_px)
    canvas = np.full((height_px, width_px, 3), fill, np.uint8)
    if image.shape[:2] == (height, width):
        canvas[top : top + height, left : left + width] = image
    else:
        # Bilinear with antialiasing never overshoots: a plain white ground stays plain white.
        resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        canvas[top : top + height, left : left + width] = np.asarray(resized)
    return canvas


# for the browser


def encode_webp(image: NDArray[np.uint8], *, quality: int = 80, lossless: bool = False) -> bytes:
    """A picture ``uint8 [H, W, 3]`` as WebP; ``lossless`` keeps every value."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "WEBP", quality=quality, method=4, lossless=lossless)
    return stream.getvalue()


def thumbnail_webp(source: NDArray[np.uint8] | bytes | Path, side_px: int = 240) -> bytes:
    """A picture as WebP of about 4 KB that fits a square of ``side_px``; never enlarged.

    Args:
        source: ``uint8 [H, W, 3]``, or what ``decode_image`` takes, with the same errors.
    """
    if not isinstance(source, np.ndarray):
        return encode_webp(decode_image(source, max_side_px=side_px))
    image = Image.fromarray(source)
    if _longest(image) > side_px:
        image = image.resize(_scaled(image.size, side_px), Image.Resampling.LANCZOS)
    return encode_webp(np.asarray(image))


@lru_cache(maxsize=16)
def placeholder_webp(side_px: int = 240) -> bytes:
    """A quiet grey picture frame to show where a picture is missing, as WebP."""
    unit = 4 * side_px / 24  # drawn four times too large: shrinking smooths the edges
    image = Image.new("RGB", (4 * side_px, 4 * side_px), (236, 236, 238))
    draw = ImageDraw.Draw(image)
    ink = (188, 189, 194)
    stroke = max(1, round(unit * 0.8))
    draw.rounded_rectangle((6 * unit, 7 * unit, 18 * unit, 17 * unit), unit, None, ink, stroke)
    draw.ellipse((8 * unit, 9 * unit, 10 * unit, 11 * unit), ink)
    hills = [(7, 16), (11, 11.5), (13, 13.5), (14.5, 12), (17, 16)]
    draw.polygon([(x * unit, y * unit) for x, y in hills], ink)
    small = image.resize((side_px, side_px), Image.Resampling.BOX)
    return encode_webp(np.asarray(small))
