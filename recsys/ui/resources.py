"""What answers every page: the live catalogue and server, opened once for all visitors.

The live pointer is read again on every run, which costs one small file; what it points to is
opened once and shared. So a promotion is seen by every open browser on its next click. What
is shared is never changed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.datasets import open_dataset
from recsys.errors import DataError, ModelError, RecsysError
from recsys.serving.open import open_server
from recsys.serving.server import Request, Response, Server
from recsys.workspace import DEMO_NAME, LivePointer, Workspace

_ANSWERS_KEPT = 512

Stamp = tuple[tuple[str, int, int], ...]


class Live:
    """The state of the world for one run of a page. Shared by all sessions.

    Attributes:
        server: answers requests; it has no model where there is none, or ``problem`` says why.
        since: when the model was put live, ISO 8601; empty where nothing was promoted.
        problem: why what was promoted does not answer; None if all is well.
    """

    def __init__(self, server: Server, since: str = "", problem: RecsysError | None = None) -> None:
        self.server = server
        self.since = since
        self.problem = problem
        self._answers: OrderedDict[tuple[object, ...], Response] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def catalog(self) -> Catalog:
        return self.server.catalog

    @property
    def model_id(self) -> str:
        """The id of the live model; empty without one."""
        return "" if self.server.model is None else self.server.model.id

    def recommend(self, request: Request) -> Response:
        """``server.recommend``, remembered. For a request without an image; see ``remembered``."""
        key = (
            request.kind,
            request.k,
            request.scene,
            request.product,
            request.seed,
            request.category,
        )
        return self.remembered(key, lambda: self.server.recommend(request))

    def remembered(self, key: tuple[object, ...], make: Callable[[], Response]) -> Response:
        """The answer to a question, made once: a run that changes nothing computes nothing."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        response = make()  # outside the lock: two may compute the same, none waits for another
        with self._lock:
            self._answers[key] = response
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return response

    def warm_up(self) -> None:
        """Answers one request of each costly kind, so that what is compiled is compiled."""
        if self.server.model is None:
            return
        scenes = [scene.id for scene in self.catalog.scenes if scene.image is not None]
        if scenes:
            best = self.recommend(Request(kind="scene", scene=scenes[0], k=10)).items[:1]
            for item in best:
                self.recommend(Request(kind="similar", product=item.product, k=6))

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """Pairs of each product, ``int64 [P]``, as the server counts them."""
        return np.asarray(self.server.popularity, np.int64)

    @cached_property
    def popularity_rank(self) -> NDArray[np.int64]:
        """``int64 [P]``: 1 for the product with the most pairs; ties in order of id."""
        order = np.argsort(-self.popularity, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        return rank

    @cached_property
    def category_counts(self) -> dict[str, int]:
        """Products at or below every category path and every upper part of one."""
        counts: dict[str, int] = {}
        per_path = np.bincount(self.catalog.category_of, minlength=len(self.catalog.categories))
        for path, count in zip(self.catalog.categories, per_path, strict=True):
            levels = path.split("|")
            for depth in range(1, len(levels) + 1):
                upper = "|".join(levels[:depth])
                counts[upper] = counts.get(upper, 0) + int(count)
        return counts


def live() -> Live:
    """What answers now. Raises RecsysError where there is no catalogue at all."""
    workspace = Workspace.default()
    problem: RecsysError | None = None
    pointer: LivePointer | None = None
    try:
        pointer = workspace.live()
        if pointer is not None:
            return _opened(str(workspace.root), pointer, _stamp(workspace, pointer))
    except ModelError as error:  # the pointer cannot be read
        problem = error
    except DataError as error:  # its data set is gone
        problem = error
    names = workspace.dataset_names()
    if not names:
        raise problem or DataError(
            "there is no catalogue to look at yet",
            "Draw the demo with: python -m recsys demo --seed 0 --out workspace/datasets/demo",
        )
    data = DEMO_NAME if DEMO_NAME in names else names[0]
    shipped = LivePointer("", data, "")
    fallback = _opened(str(workspace.root), shipped, _stamp(workspace, shipped))
    return fallback if problem is None else Live(fallback.server, problem=problem)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(root: str, pointer: LivePointer, stamp: Stamp) -> Live:
    """Opens what a pointer names; the stamp makes changed files count as something new."""
    del stamp
    workspace = Workspace(Path(root))
    try:
        server = open_server(pointer.data, pointer.model or None, workspace)
        return Live(server, pointer.since)
    except ModelError as error:
        # browsing needs no model, so the catalogue stays open
        catalog, _ = open_dataset(pointer.data, workspace)
        return Live(Server(catalog), pointer.since, error)


def _stamp(workspace: Workspace, pointer: LivePointer) -> Stamp:
    """Names, times and sizes of the files that decide what opening gives."""
    file = Path(pointer.data).expanduser()  # one of several catalogues in a folder
    data = file.resolve() if file.is_file() else workspace.resolve_dataset(pointer.data)
    folders = [data.parent if file.is_file() else data]
    try:
        if pointer.model:
            bundle = workspace.resolve_model(pointer.model)
            folders += [bundle, workspace.embeddings_dir(bundle, data)]
    except ModelError:
        pass  # opening says so in its own words
    found = []
    for path in sorted(file for place in folders for file in place.glob("*.json")):
        status = path.stat()
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
