"""What a picture file says about itself, read without decoding it.

A decoder is only as safe as what it is handed. ``inspect`` looks at the bytes: which of the
four formats they are (names and extensions are not believed), how many pixels they declare,
which way up the photo was taken. It hands on only the parts that carry pixels: comments,
colour profiles, EXIF blocks, embedded previews and later animation frames are left behind,
because Pillow reads, unpacks and warns about those while it merely opens a file.

Formats: JPEG (ITU T.81, annex B), PNG (W3C, third edition), GIF (GIF89a), WebP (RFC 9649),
the orientation tag of EXIF (CIPA DC-008, 4.6.4).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from recsys.errors import ImageError

Format = Literal["JPEG", "PNG", "WEBP", "GIF"]

# A progressive photo has about ten scans. Each one makes the decoder walk over every block of
# the picture, and an empty one costs some dozen bytes: a small file could keep it busy for hours.
MAX_JPEG_SCANS = 40

NAMES: dict[Format, str] = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF"}
ALLOWED = "a JPEG, PNG, WebP or GIF picture"


@dataclass(frozen=True)
class Inspected:
    """What a picture's bytes declare, and the bytes that are safe to decode.

    Attributes:
        format: by content.
        width_px, height_px: as stored, before orientation; at least 1.
        orientation: EXIF orientation 1–8; 1 (as stored) where there is none or it is broken.
        buffered: whether decoding needs the whole picture's coefficients in memory at once,
            as progressive JPEG does.
        content: the picture again without what is not pixels.
    """

    format: Format
    width_px: int
    height_px: int
    orientation: int
    buffered: bool
    content: bytes


def inspect(data: bytes) -> Inspected:
    """Reads a picture's headers. Raises ImageError for anything but the four formats."""
    found = _format_of(data)
    if found is None:
        kind, remedy = _guess(data)
        raise ImageError(f"expected {ALLOWED}, found {kind}", remedy)
    try:
        inspected = _READERS[found](data)
    except (struct.error, IndexError):
        raise damaged(found) from None
    if inspected.width_px < 1 or inspected.height_px < 1:
        raise ImageError(
            f"the {NAMES[found]} picture declares {inspected.width_px} × {inspected.height_px} "
            "pixels, so there is nothing to see",
            "Save it again from a program that shows it",
        )
    return inspected


def damaged(found: Format) -> ImageError:
    """The error for a picture that begins well and does not go on."""
    return ImageError(
        f"the {NAMES[found]} picture is cut off or damaged",
        "Download or export it again; a full disk or a broken download leaves such files",
    )


def _format_of(data: bytes) -> Format | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def _guess(data: bytes) -> tuple[str, str]:
    """What else the bytes may be, in words, and what to do about it."""
    export = "Export it as JPEG or PNG and use that"
    if not data:
        return "no bytes at all", "The file is empty: download or export it again"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing", export
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "an HTML page", "Save the picture itself, not the web page around it"
    if start.startswith(b"<"):
        return "an XML or HTML document", "Save the picture itself, not the page around it"
    if data.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "a TIFF or camera raw file", export
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"):
            return "an HEIC photo", f"{export}; phones have a setting 'most compatible'"
        if brand in (b"avif", b"avis"):
            return "an AVIF picture", export
        return "a video", "Take a still picture from it"
    for magic, kind in _OTHERS:
        if data.startswith(magic):
            return kind, export
    if data.strip(b"\x00") == b"":
        return "only zero bytes", "The file is damaged: download or export it again"
    if all(byte in _TEXT for byte in data[:512]):
        return "plain text", "Choose the picture's own file"
    return "bytes of no known picture format", export


_TEXT = frozenset(b"\t\n\r") | frozenset(range(0x20, 0x7F))
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"version https://git-lfs", "a Git LFS pointer instead of the picture"),
)


# JPEG

_SOI, _EOI, _SOS, _APP0, _APP1, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0–15 without DHT, JPG, DAC
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # DHT, DAC, DQT, DRI
_BARE = frozenset({0x00, 0x01, _SOI, *range(0xD0, 0xD8)})  # markers that no length follows
# Within compressed data an FF byte is followed by 00 (stuffing), a restart number or more FF.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _read_jpeg(data: bytes) -> Inspected:
    kept = [b"\xff\xd8"]
    width = height = components = 0
    frame = -1
    orientation = 1
    position = 2
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            raise IndexError
        while position < len(data) and data[position] == 0xFF:
            position += 1
        marker = data[position]  # IndexError at the end: no scan was found
        position += 1
        if marker in _BARE:
            continue
        if marker == _EOI:
            raise IndexError
        (length,) = struct.unpack_from(">H", data, position)
        segment = data[position : position + length]
        if length < 2 or len(segment) < length:
            raise IndexError
        if marker == _SOS:
            if frame < 0:
                raise IndexError
            end, scans = _scans(data, position - 2)
            kept.append(data[position - 2 : end])
            buffered = scans > 1 or frame not in _SEQUENTIAL or segment[2] < components
            return Inspected("JPEG", width, height, orientation, buffered, b"".join(kept))
        if marker in _FRAMES and frame < 0:
            frame = marker
            height, width, components = struct.unpack_from(">HHB", segment, 3)
        elif marker == _APP1 and segment[2:8] == b"Exif\x00\x00":
            orientation = exif_orientation(segment[8:]) if orientation == 1 else orientation
        # JFIF and Adobe markers say which colour space the numbers are in.
        jfif = marker == _APP0 and segment[2:6] == b"JFIF"
        adobe = marker == _APP14 and segment[2:7] == b"Adobe"
        if marker in _FRAMES or marker in _TABLES or jfif or adobe:
            kept.append(b"\xff" + bytes((marker,)) + segment)
        position += length


def _scans(data: bytes, position: int) -> tuple[int, int]:
    """Where the picture ends (phones append videos and more pictures), and its scans."""
    scans = 0
    while (found := _NEXT_MARKER.search(data, position)) is not None:
        marker = data[found.start() + 1]
        position = found.start() + 2
        if marker == _EOI:
            return position, scans
        if marker in _BARE:
            continue
        scans += marker == _SOS
        if scans > MAX_JPEG_SCANS:
            raise ImageError(
                f"the JPEG picture has more than {MAX_JPEG_SCANS} scans, ten are usual",
                "Save it again from an image program",
            )
        if position + 2 > len(data):
            break
        position += max(2, int(struct.unpack_from(">H", data, position)[0]))
    return len(data), scans


# PNG

_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def _read_png(data: bytes) -> Inspected:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if kind != b"IHDR" or length != 13:
        raise IndexError
    kept = [data[:8]]
    orientation = 1
    position = 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind in _PNG_KEPT:
            kept.append(data[position:end])
        elif kind == b"eXIf":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        position = end
        if kind == b"IEND":
            break
    return Inspected("PNG", width, height, orientation, False, b"".join(kept))


# GIF


def _read_gif(data: bytes) -> Inspected:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    kept = [data[:position]]
    control = b""
    while data[position] != 0x2C:  # until the first picture
        if data[position] != 0x21:
            raise IndexError
        label = data[position + 1]
        end = _after_blocks(data, position + 2)
        if label == 0xF9 and data[position + 2] == 4:
            # Transparency is kept; what to do with the frame afterwards is of no interest.
            has_transparency = data[position + 3] & 1
            control = b"\x21\xf9\x04" + bytes((has_transparency, 0, 0, data[position + 6], 0))
        position = end
    left, top, frame_width, frame_height, flags = struct.unpack_from("<HHHHB", data, position + 1)
    if frame_width < 1 or frame_height < 1:
        raise IndexError
    pixels = position + 10 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    end = _after_blocks(data, pixels + 1, strict=False)
    kept += [control, data[position:end], b"\x3b"]
    # A frame may reach beyond its screen, and the decoder makes the screen larger then.
    width, height = max(width, left + frame_width), max(height, top + frame_height)
    return Inspected("GIF", width, height, 1, False, b"".join(kept))


def _after_blocks(data: bytes, position: int, *, strict: bool = True) -> int:
    """The position after a chain of sub-blocks; a broken chain raises IndexError or ends."""
    while position < len(data) or strict:
        length = data[position]
        position += 1 + length
        if length == 0:
            return position
    return len(data)


# WebP


def _read_webp(data: bytes) -> Inspected:
    kind = data[12:16]
    if kind == b"VP8X":
        low = struct.unpack_from("<HBHB", data, 24)
        width, height = 1 + low[0] + (low[1] << 16), 1 + low[2] + (low[3] << 16)
    elif kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise IndexError
    orientation = 1
    position = 12
    while position + 8 <= len(data):
        chunk, length = struct.unpack_from("<4sI", data, position)
        if chunk == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
            break
        position += 8 + length + (length & 1)
    return Inspected("WEBP", width, height, orientation, False, data)


_READERS: dict[Format, Callable[[bytes], Inspected]] = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "GIF": _read_gif,
    "WEBP": _read_webp,
}


def exif_orientation(exif: bytes) -> int:
    """The orientation 1–8 in an EXIF block; 1 where it has none or is broken."""
    exif = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, directory)
        for entry in range(directory + 2, directory + 2 + 12 * entries, 12):
            tag, kind, count = struct.unpack_from(order + "HHI", exif, entry)
            if tag == 0x0112 and count == 1 and kind in (3, 4):
                (value,) = struct.unpack_from(order + "_HI"[kind - 2], exif, entry + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
