"""Pictures written byte by byte, where Pillow writes no such file or none so broken."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002
    """A Pillow image as bytes."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth ``uint8 [height, width, 3]``: no two rows or columns alike, so that turns show."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack(
        (y * 255 // max(1, height - 1), x * 255 // max(1, width - 1), (x + y) % 97), axis=-1
    ).astype(np.uint8)


def png(
    width: int,
    height: int,
    depth: int,
    colour_type: int,
    rows: bytes,
    *extra: tuple[bytes, bytes],
) -> bytes:
    """A PNG from its raw rows, each with its filter byte; ``extra`` chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """A black 1-bit PNG of any size in a few kilobytes: an honest file that is too large."""
    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def exif(orientation: int, *, big_endian: bool = False) -> bytes:
    """An EXIF block with one tag, the orientation."""
    order, magic = (">", b"MM\x00*") if big_endian else ("<", b"II*\x00")
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return magic + struct.pack(order + "IH", 8, 1) + entry + struct.pack(order + "I", 0)


def with_jpeg_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with one more segment right after its start."""
    segment = struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload
    return jpeg[:2] + segment + jpeg[2:]


def with_webp_size(webp: bytes, width: int, height: int) -> bytes:
    """A lossy WebP that declares another size."""
    assert webp[12:16] == b"VP8 "
    return webp[:26] + struct.pack("<HH", width, height) + webp[30:]
