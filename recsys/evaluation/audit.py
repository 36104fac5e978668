"""Who is shown, how good the lists are, and why: for one server, under any setting.

The page and the command line both show an ``Audit``, so their figures are equal by
construction; its lists are those of ``recommend --scenes all``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.pixels import Pixels, product_pixels
from recsys.catalog.splits import Part
from recsys.evaluation import baselines, exposure
from recsys.evaluation.audit_engine import Base, Engine
from recsys.evaluation.audit_figures import Chance, Reference, figures
from recsys.evaluation.audit_result import Audit, ByProduct
from recsys.evaluation.audit_scenes import Sample, Sampler
from recsys.evaluation.audit_setting import Setting
from recsys.evaluation.audit_shelf import blockers, nearest_scenes
from recsys.evaluation.audit_vectors import with_scene_vectors
from recsys.evaluation.audit_views import NeverShown, Place
from recsys.evaluation.audit_words import headline
from recsys.evaluation.causes import HubCause, hub_causes
from recsys.evaluation.report import model_of
from recsys.retrieval.embedder import Score
from recsys.serving.server import Server
from recsys.workspace import Workspace

__all__ = ["Audit", "Auditor", "Setting"]

Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]

_REMEMBERED = 8
_CHANCES_REMEMBERED = 16  # any k may be asked for, by anybody
_PICTURES = 1024  # read at a time


class Auditor:
    """The audits of one server; remembers the last ones. Safe to use from many threads.

    Args:
        server: has a model. Its live correction plays no part: a setting says what is asked.
        workspace: keeps the vectors of scenes where the table has none, and small pictures.

    Raises ModelError where the server has no model.
    """

    def __init__(self, server: Server, workspace: Workspace) -> None:
        self._model, self._table = model_of(server)
        self.server = server
        self._workspace = workspace
        self._lock = threading.RLock()
        self._remembering = threading.Lock()  # of the remembered, so that they wait for no work
        self._engine: Engine | None = None
        self._sampler: Sampler | None = None
        self._looks: NDArray[np.float32] | None = None
        self._audits: OrderedDict[Setting, Audit] = OrderedDict()
        self._references: dict[Part, Reference] = {}
        self._chances: OrderedDict[tuple[int, int], Chance] = OrderedDict()

    @property
    def score(self) -> Score:
        """How the model itself ranks."""
        return self._table.score

    # making ready

    @property
    def is_prepared(self) -> bool:
        """Whether an audit needs no photo any more, so that it takes a moment only."""
        return self._looks is not None

    def prepare(self, progress: Progress | None = None) -> None:
        """Makes what every audit needs: scene vectors, parts of the data, looks of products.

        Args:
            progress: called with (done, total) pictures; may raise, to stop.

        Raises:
            ModelError: embeddings that are out of date. DataError: no scene has a photo.
            OSError: the workspace cannot be written.
        """
        with self._lock:
            if self.is_prepared:
                return
            catalog, model = self.server.catalog, self._model
            scenes, products = len(catalog.scenes), len(catalog.products)
            stages = _stages(progress, (scenes, scenes, products))
            table = with_scene_vectors(self._table, model, catalog, self._workspace, stages[0])
            server = self.server
            if table is not self._table:
                server = Server(catalog, model, table)
                server.live = self.server.live
            stages[0](1, 1)
            sampler = Sampler(server)
            rows = sampler.sample("all", self._workspace, stages[1]).product_rows
            stages[1](1, 1)
            size = baselines.PRODUCT_SIZE_PX
            pixels = product_pixels(catalog, size, self._workspace, stages[2])
            stages[2](1, 1)
            self._engine, self._sampler = Engine(server), sampler
            self._looks = _histograms(pixels, rows)

    # audits

    def known(self, setting: Setting) -> Audit | None:
        """An audit that is remembered; None where it would have to be made."""
        with self._remembering:
            if setting in self._audits:
                self._audits.move_to_end(setting)
            return self._audits.get(setting)

    def audit(self, setting: Setting, progress: Progress | None = None) -> Audit:
        """The audit of a setting.

        Args:
            progress: called with (done, total); may raise, to stop.

        Raises:
            RequestError: the correction needs training scenes, and there are none.
            DataError: no scene of the part has a readable photo. As ``prepare`` besides.
        """
        audit = self.known(setting)
        if audit is not None:
            return audit
        with self._lock:
            audit = self.known(setting)  # another thread may have made it meanwhile
            if audit is None:
                self.prepare(progress)
                audit = self._made(setting, progress)
                with self._remembering:
                    self._audits[setting] = audit
                    while len(self._audits) > _REMEMBERED:
                        self._audits.popitem(last=False)
            return audit

    def without(self, audit: Audit, scene: str, product: str) -> tuple[Place, ...]:
        """A scene's list if a product were not there at all.

        Under a cap the others keep their lists, and nobody gets what is at the cap already.

        Raises RequestError for a scene or product that the audit has not.
        """
        at, gone = audit.scene_position(scene), audit.position_of(product)

        def has_room(rows: NDArray[np.int32]) -> NDArray[np.bool_]:
            return np.isin(rows, audit.lists[at]) | (
                audit.by_product.shown[rows] < (audit.cap or 0)
            )

        with self._lock:
            engine = self.engine
            vectors = np.asarray(engine.vectors(audit.sample)[at])
            also = None if audit.cap is None else has_room
            return audit.places(at, engine.without(vectors, gone, audit.setting, also))

    # what the front works with

    @property
    def engine(self) -> Engine:
        """What orders the lists. Call ``prepare`` first."""
        assert self._engine is not None, "prepare comes first"
        return self._engine

    @property
    def lock(self) -> threading.RLock:
        """Held while the engine works."""
        return self._lock

    def sample(self, part: Part, progress: Progress | None = None) -> Sample:
        """The scenes of a part. Raises DataError where none has a photo."""
        with self._lock:
            self.prepare(progress)
            assert self._sampler is not None
            return self._sampler.sample(part, self._workspace, progress)

    def reference(self, sample: Sample) -> Reference:
        """What is the same for every setting over these scenes."""
        with self._lock:
            if sample.part not in self._references:
                server = self.engine.server
                assert server.ranker is not None
                # A model that was trained elsewhere: the server then counts all pairs, which
                # are no training pairs, and the answers of these scenes are among them.
                trained_here = self.sample("all").trained_on > 0
                pairs = server.popularity if trained_here else np.zeros_like(server.popularity)
                self._references[sample.part] = Reference(
                    positives=sample.positives,
                    unseen=sample.unseen,
                    frequencies=pairs[sample.product_rows],
                    norms=server.ranker.norms[sample.product_rows],
                    looks=self._looks,
                )
            return self._references[sample.part]

    def chance(self, scenes: int, k: int) -> Chance:
        """What lists drawn at random give."""
        with self._lock:
            if (scenes, k) not in self._chances:
                self._chances[scenes, k] = Chance.of(scenes, k, self.engine.products)
                if len(self._chances) > _CHANCES_REMEMBERED:
                    self._chances.popitem(last=False)
            return self._chances[scenes, k]

    # how

    def _made(self, setting: Setting, progress: Progress | None) -> Audit:
        engine, sample = self.engine, self.sample(setting.part, progress)
        reference = self.reference(sample)
        best, base = engine.scored(setting, sample, progress)
        lists, cap, over_cap = engine.ordered(best, setting)
        chance = self.chance(len(lists), setting.k)
        found, per_scene = figures(
            lists, setting.k, reference, chance, shown_dot=base.dot, shown_cosine=base.cosine
        )
        lists.setflags(write=False)
        category = self.server.catalog.category_of[sample.product_rows]
        by_product = _by_product(lists, sample, reference, base, category)
        return Audit(
            model=self._model.id,
            model_fingerprint=self._model.fingerprint,
            data_fingerprint=self.server.catalog.fingerprint,
            setting=setting,
            catalog=self.server.catalog,
            sample=sample,
            reference=reference,
            chance=chance,
            lists=lists,
            figures=found,
            per_scene=per_scene,
            headline=headline(found, len(lists), engine.products),
            by_product=by_product,
            causes=_causes(engine, setting, by_product.shown, base, reference),
            cap=cap,
            over_cap=over_cap,
            find_never_shown=self._shelf,
        )

    def _shelf(self, audit: Audit) -> tuple[NeverShown, ...]:
        shown, k = audit.by_product.shown, audit.setting.k
        missing = np.flatnonzero(shown == 0)
        if not len(missing) or not len(audit.lists):
            return ()
        with self._lock:
            scores = self.engine.scores(audit.setting.correction, audit.sample)
            found = nearest_scenes(scores, missing, k)
        who = blockers(audit.lists, shown, found.scene)
        order = np.lexsort((missing, found.gap, found.rank))
        return tuple(
            NeverShown(
                product=audit.products[missing[at]],
                scene=audit.scenes[found.scene[at]],
                rank=int(found.rank[at]),
                gap=None if np.isnan(found.gap[at]) else float(found.gap[at]),
                places_to_go=max(0, int(found.rank[at]) - k),
                blocker=None if who[at] < 0 else audit.products[who[at]],
                blocker_shown=0 if who[at] < 0 else int(shown[who[at]]),
            )
            for at in order
        )


def _histograms(pixels: Pixels, rows: Ints) -> NDArray[np.float32]:
    """Colours ``float32 [P, B]``, a few pictures in memory at a time."""
    parts = [
        baselines.colour_histograms(pixels.array[part], pixels.content[part], on_white=True)
        for part in np.array_split(rows, max(1, -(-len(rows) // _PICTURES)))
    ]
    return np.concatenate(parts)


def _by_product(
    lists: NDArray[np.int32],
    sample: Sample,
    reference: Reference,
    base: Base,
    category: NDArray[np.int32],
) -> ByProduct:
    positives = reference.positives
    shown = exposure.times_shown(lists, positives.products)
    unseen = lists[reference.unseen]
    return ByProduct(
        shown=shown,
        share=shown / max(1, len(lists)),
        shown_known=exposure.times_shown(lists[sample.known], positives.products),
        right=exposure.right_counts(lists, positives),
        wanted=reference.wanted,
        shown_unseen=exposure.times_shown(unseen, positives.products),
        right_unseen=exposure.right_counts(unseen, reference.unseen_positives),
        frequency=reference.frequencies,
        norm=reference.norms,
        norm_percentile=exposure.percentiles(reference.norms),
        category=category,
        hub=exposure.hubs(shown),
        shown_dot=base.dot,
        shown_cosine=base.cosine,
        shown_centred=base.centred,
    )


def _causes(
    engine: Engine, setting: Setting, shown: Ints, base: Base, reference: Reference
) -> dict[int, HubCause]:
    """The cause of every hub; nothing where there is no bank to tell by, or lists are short."""
    if base.centred is None or engine.centred is None or shown.sum() != base.cosine.sum():
        return {}
    found = hub_causes(
        shown,
        base.cosine,
        base.centred,
        norms=reference.norms,
        mean_scores=engine.centred.offset,
        frequencies=reference.frequencies,
        lengths_count=engine.lengths_count(setting),
    )
    return {cause.product: cause for cause in found}


def _stages(progress: Progress | None, sizes: Sequence[int]) -> list[Progress]:
    """One count of progress over several pieces of work, each told as its own."""
    total = sum(sizes)

    def stage(begin: int, size: int) -> Progress:
        def report(done: int, of: int) -> None:
            if progress is not None:
                progress(begin + size * done // max(1, of), total)

        return report

    begins = np.cumsum([0, *sizes])
    return [stage(int(begin), size) for begin, size in zip(begins, sizes, strict=False)]
