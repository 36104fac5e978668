"""Small pictures under ``/img``: content-hashed names, made once, cached for good.

A name is ``DIGEST-SIDE.webp``: the digest of the source picture's bytes and the longest side
in pixels. Whatever a name once showed it shows for ever, so browsers may keep it without
asking again. Pages get names from ``ThumbnailStore.name``, which also remembers where the
source lies; a request never carries a path, and a name that is not of this exact form, or
that nobody handed out, is answered with 404 (and a placeholder picture as its body, so that
no browser draws a broken icon).

Thumbnails are made when they are asked for, not when a page lists them: with lazy loading a
browser asks only for those on screen.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from recsys import atomic
from recsys.catalog.images import MAX_BYTES, placeholder_webp, thumbnail_webp
from recsys.errors import ImageError
from recsys.workspace import Workspace

SIDES_PX = (240, 480, 960)
ROUTE = "/img"

_NAME = re.compile(r"([0-9a-f]{32})-(240|480|960)\.webp")
_FOREVER = "public, max-age=31536000, immutable"
# A few at once: a phone's photo takes some 150 MB while it is decoded.
_decoders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="thumbnails")


class ThumbnailStore:
    """Digests of pictures, and their thumbnails on disk. Safe to share between threads.

    Args:
        folder: where thumbnails are kept, ``DIGEST-SIDE.webp``; made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._digests: dict[Path, tuple[int, int, str]] = {}
        self._sources: dict[str, Path] = {}
        self._unreadable: set[str] = set()

    def name(self, image: Path | None) -> str:
        """The digest that stands for a picture; empty where there is no picture.

        Reads the file once; afterwards a look at its size and time of change suffices.
        """
        if image is None:
            return ""
        try:
            status = image.stat()
            known = self._digests.get(image)
            if known is not None and known[:2] == (status.st_mtime_ns, status.st_size):
                return known[2]
            if status.st_size > MAX_BYTES:  # the decoder refuses it too
                return ""
            digest = hashlib.blake2b(image.read_bytes(), digest_size=16).hexdigest()
        except OSError:
            return ""
        with self._lock:
            self._digests[image] = (status.st_mtime_ns, status.st_size, digest)
            self._sources[digest] = image
        return digest

    def read(self, digest: str, side_px: int) -> bytes | None:
        """The thumbnail as WebP, made now if need be; None where the picture is not known
        or cannot be read.
        """
        path = self._folder / f"{digest}-{side_px}.webp"
        try:
            return path.read_bytes()
        except OSError:
            pass  # not made yet
        source = self._sources.get(digest)
        if source is None or digest in self._unreadable:
            return None
        try:
            content = thumbnail_webp(source, side_px)
        except ImageError:
            with self._lock:
                self._unreadable.add(digest)
            return None
        # without the disk there is no cache, but there still is a picture
        try:
            atomic.write_bytes(path, content)
        except OSError:
            return content
        return content


@functools.cache
def _store(folder: Path) -> ThumbnailStore:
    return ThumbnailStore(folder)


def thumbnail_store() -> ThumbnailStore:
    """The one store of this process, under the workspace's cache."""
    return _store(Workspace.default().cache_dir / "thumbnails")


@functools.cache
def _placeholder(side_px: int) -> bytes:
    return placeholder_webp(side_px)


async def _serve(request: Request) -> Response:
    match = _NAME.fullmatch(request.path_params["name"])
    if match is None:
        return _missing(SIDES_PX[0])
    digest, side_px = match.group(1), int(match.group(2))
    headers = {
        "Cache-Control": _FOREVER,
        "ETag": f'"{digest}-{side_px}"',
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    content = await asyncio.get_running_loop().run_in_executor(
        _decoders, thumbnail_store().read, digest, side_px
    )
    if content is None:
        return _missing(side_px)
    return Response(content, media_type="image/webp", headers=headers)


def _missing(side_px: int) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(_placeholder(side_px), 404, headers, media_type="image/webp")


def _matches(if_none_match: str, etag: str) -> bool:
    offered = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in offered or "*" in offered


def base_path() -> str:
    """The app's own path, without a slash at its end: empty unless it is served below one."""
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{prefix}" if prefix else ""


def image_base() -> str:
    """Where a browser finds thumbnails: ``/img/`` below the app's own path."""
    return f"{base_path()}{ROUTE}/"


def image_route() -> Mount:
    """The mount that ``app.py`` adds: ``GET /img/NAME``."""
    return Mount(f"{base_path()}{ROUTE}", routes=[Route("/{name:path}", _serve, methods=["GET"])])
