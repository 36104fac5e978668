"""What answers every page: the live catalogue and server, opened once for all visitors.

The live pointer is read again on every run, which costs one small file; what it points to is
opened once and shared. So a promotion is seen by every open browser on its next click. What
is shared is never changed.
"""

from __future__ import annotations

import copy
import logging
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
from recsys.serving.exposure_counts import Exposure, ExposureBook
from recsys.serving.facts import FactBook
from recsys.serving.listing import Listing, ListingQuery
from recsys.serving.open import open_pointer, open_server, open_shipped
from recsys.serving.server import Request, Response, Server
from recsys.ui.background import EndingError, Pace, Progress
from recsys.ui.popularity.desk import Desk
from recsys.workspace import DEMO_NAME, LivePointer, Workspace

_ANSWERS_KEPT = 512

_log = logging.getLogger("recsys.ui")

Stamp = tuple[tuple[str, int, int], ...]


class Live:
    """The state of the world for one run of a page. Shared by all sessions.

    Attributes:
        server: answers requests; it has no model where there is none, or ``problem`` says why.
        since: when the model was put live, ISO 8601; empty where nothing was promoted.
        problem: why what was promoted does not answer; None if all is well.
        correction_problem: why the live correction is not in use, while the model's own score is
            served; None if all is well.
        pointer: what was opened; its model is empty where nothing was promoted.
        workspace: where it was opened; None in a test without one.
        facts: what is known of each product.
        counting: whether it is being counted how often products are shown.
    """

    def __init__(
        self,
        server: Server,
        since: str = "",
        problem: RecsysError | None = None,
        *,
        workspace: Workspace | None = None,
        pointer: LivePointer | None = None,
        correction_problem: RecsysError | None = None,
    ) -> None:
        self.server = server
        self.since = since
        self.problem = problem
        self.correction_problem = correction_problem
        self.pointer = pointer
        self.workspace = workspace
        self.facts = FactBook(server)
        self.counting = False
        self._count_asked = False
        self._listings: tuple[Exposure | None, Listing] | None = None
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
        return self.remembered(request.key, lambda: self.server.recommend(request))

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

    # how often products are shown

    @property
    def exposure(self) -> Exposure | None:
        """How often each product is shown; None until that is counted."""
        return self.server.exposure

    def count_exposure(self) -> None:
        """Sees that it becomes known how often products are shown, beside the visitors.

        What was counted before is read; else a thread counts, half of the time at rest so
        that others get their turn. Only the first call does anything.
        """
        with self._lock:
            if self._count_asked:
                return
            self._count_asked = True
        if self.workspace is None or self.server.model is None:
            return
        book = ExposureBook(self.server, self.workspace)
        if book.known() is None:
            self.counting = True
            threading.Thread(target=self._count, args=(book,), name="exposure", daemon=True).start()

    def _count(self, book: ExposureBook) -> None:
        try:
            book.counted(Pace())
        except EndingError:
            pass
        except RecsysError as error:
            _log.warning("how often products are shown could not be counted: %s", error)
        finally:
            self.counting = False

    # the catalogue as a list

    @property
    def listing(self) -> Listing:
        """The catalogue prepared for search and order; once more when exposure is known."""
        exposure = self.exposure
        prepared = self._listings
        if prepared is None or prepared[0] is not exposure:
            shown = None if exposure is None else exposure.shown
            prepared = (exposure, Listing(self.catalog, self.popularity, shown))
            self._listings = prepared
        return prepared[1]

    @cached_property
    def has_prices(self) -> bool:
        """Whether any product has a price."""
        return self.listing.has_prices

    @cached_property
    def price_range(self) -> tuple[float, float] | None:
        """The lowest and the highest price; None where there are none."""
        return self.listing.price_range

    def prepare(self) -> None:
        """Makes ready what every page of a list needs; costs nothing a second time."""
        self.count_exposure()
        self.listing.page(ListingQuery())

    def warm_up(self) -> None:
        """Answers one request of each costly kind, so that what is compiled is compiled."""
        self.listing.page(ListingQuery(text="a"))
        if self.server.model is None:
            return
        scenes = [scene.id for scene in self.catalog.scenes if scene.image is not None]
        if scenes:
            best = self.recommend(Request(kind="scene", scene=scenes[0], k=10)).items[:1]
            for item in best:
                self.recommend(Request(kind="similar", product=item.product, k=6))
        self.count_exposure()

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """Pairs of each product, ``int64 [P]``, as the server counts them."""
        return np.asarray(self.server.popularity, np.int64)

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
    if problem is None:
        return fallback
    # a copy, so that what was prepared or is being counted is so once
    fallback.prepare()
    told = copy.copy(fallback)
    told.problem = problem
    return told


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(root: str, pointer: LivePointer, stamp: Stamp) -> Live:
    """Opens what a pointer names; the stamp makes changed files count as something new."""
    del stamp
    workspace = Workspace(Path(root))
    doubts: list[ModelError] = []
    try:
        if pointer.model:
            server = open_pointer(pointer, workspace, on_stale=doubts.append)
        else:
            # not by what is live: a pointer that cannot be read just now would be remembered
            server = open_shipped(pointer.data, workspace)
    except ModelError as error:
        # browsing needs no model, so the catalogue stays open
        catalog, _ = open_dataset(pointer.data, workspace)
        return Live(Server(catalog), pointer.since, error, pointer=pointer)
    return Live(
        server,
        pointer.since,
        workspace=workspace,
        pointer=pointer,
        correction_problem=doubts[0] if doubts else None,
    )


def desk(live: Live, model: str = "") -> Desk:
    """Where audits of a model over the live data come from; of the live one without a name.

    Raises RecsysError where there is no such model, or the live data were opened without a
    workspace.
    """
    if live.workspace is None or live.pointer is None:
        raise ModelError("no model is live, so there are no lists to look at")
    pointer = LivePointer(_bundle(live, model), live.pointer.data, "")
    # not by the embeddings, which opening may make
    stamp = _stamp(live.workspace, pointer, with_embeddings=False)
    opened_on = live.catalog.fingerprint  # pictures may change under the same files of pairs
    return _desk(
        str(live.workspace.root), pointer, stamp, opened_on, None if model else live.server
    )


def _bundle(live: Live, model: str) -> str:
    """A model's folder, or the live one's: the pointer may name that in several ways."""
    assert live.workspace is not None
    assert live.pointer is not None
    if model:
        return str(live.workspace.resolve_model(model))
    # without a promotion only the demo's own model answers
    name = live.pointer.model or DEMO_NAME
    try:
        return str(live.workspace.resolve_model(name))
    except ModelError:  # gone since it was opened, but it still answers
        return name


@st.cache_resource(max_entries=3, show_spinner=False)
def _desk(root: str, pointer: LivePointer, stamp: Stamp, data: str, _server: Server | None) -> Desk:
    """By model and data, whichever correction is live: an audit says itself what it corrects."""
    del stamp, data
    workspace = Workspace(Path(root))

    def opened(progress: Progress) -> Server:
        if _server is not None:
            return _server
        return open_server(pointer.data, pointer.model, workspace, progress)

    return Desk(opened, workspace)


def _stamp(workspace: Workspace, pointer: LivePointer, *, with_embeddings: bool = True) -> Stamp:
    """Names, times and sizes of the files that decide what opening gives."""
    data = workspace.resolve_catalog(pointer.data)
    folders = [data.parent if data.is_file() else data]
    files = []
    try:
        if pointer.model:
            bundle = workspace.resolve_model(pointer.model)
            folders += [bundle]
            folders += [workspace.embeddings_dir(bundle, data)] if with_embeddings else []
        if pointer.correction is not None:
            files = [workspace.correction_path(pointer.correction.vectors)]
    except ModelError:
        pass  # opening says so in its own words
    found = []
    files += [file for place in folders for file in place.glob("*.json")]
    for path in sorted(path for path in files if path.is_file()):
        status = path.stat()
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
