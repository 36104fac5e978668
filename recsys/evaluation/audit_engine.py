"""The lists behind audits: scored once for many settings, re-ordered as a setting asks.

What is kept between settings is the best of every scene under the last corrections, from which
diversity and caps start, and the counts that causes are told by. Not for many threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.evaluation import exposure
from recsys.evaluation.audit_lists import Best, best_under_each, scores_under_each
from recsys.evaluation.audit_scenes import Sample
from recsys.evaluation.audit_setting import Setting
from recsys.evaluation.report import model_of
from recsys.retrieval.corrections import Correction, Fitted
from recsys.retrieval.reranking import POOL, capped_lists, mmr
from recsys.retrieval.topk import ProductIndex
from recsys.serving.server import Server

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]

_KEPT_BYTES = 1 << 26
_BASES_KEPT = 16  # any k may be asked for, by anybody
_CAP_CELLS = 2_000_000  # candidates that a cap chooses from, over all scenes


class Base(NamedTuple):
    """Times shown ``int64 [P]`` by dot product, by cosine, and by cosine less the mean scene.

    The same for every setting over the same scenes and k; ``centred`` is None without a bank.
    """

    dot: Ints
    cosine: Ints
    centred: Ints | None


class Ordered(NamedTuple):
    """Lists ``int32 [Q, k]``; how often a product may be in them, and places beyond that."""

    lists: NDArray[np.int32]
    cap: int | None
    over_cap: int


class Engine:
    """Orders all scenes of one server.

    Args:
        server: has a model, and a table with the vectors of all its scenes.
    """

    def __init__(self, server: Server) -> None:
        _, self._table = model_of(server)
        self.server = server
        self.index = ProductIndex(
            self._table.products, score=self._table.score, tau=self._table.tau
        )
        self._best: OrderedDict[tuple[Correction | None, str], Best] = OrderedDict()
        self._bases: OrderedDict[tuple[str, int], Base] = OrderedDict()

    @property
    def products(self) -> int:
        """P."""
        return self.index.size

    @cached_property
    def centred(self) -> Fitted | None:
        """The cosine less each product's mean over the bank; None where there is no bank."""
        try:
            return self.server.scorings.centred
        except RequestError:
            return None

    def lengths_count(self, setting: Setting) -> bool:
        """Whether its lists differ from those by cosine in nothing but lengths that count."""
        if not setting.servable:
            return False
        if setting.correction is None:
            return not self._is_cosine
        return setting.correction.name in ("dot", "norm-shrink", "norm-clip")

    def vectors(self, sample: Sample) -> Floats:
        """``float32 [Q, R, D]`` of the scenes, read as they are needed."""
        assert self._table.scenes is not None, "the table has no scene vectors"
        if len(sample.table_rows) == len(self._table.scenes):
            return self._table.scenes  # all of them, in their order; they may lie on disk
        return np.asarray(self._table.scenes[sample.table_rows])

    def scored(
        self, setting: Setting, sample: Sample, progress: Progress | None = None
    ) -> tuple[Best, Base]:
        """The best products of every scene by score, and what causes are told by.

        One pass over the scenes makes all that is not remembered. Raises RequestError where the
        correction needs a bank and there is none.
        """
        key, at = (setting.correction, str(sample.part)), (str(sample.part), setting.k)
        depth = min(self._depth(setting, len(sample.table_rows)), self.products)
        best, base = self._best.get(key), self._bases.get(at)
        if best is not None and best.rows.shape[1] < depth:
            best = None
        wanted: list[Fitted | None] = []
        if best is None:
            wanted.append(self.server.fitted(setting.correction))
        if base is None:
            wanted += self._base_scorings
        if wanted:
            longest = depth if best is None else setting.k
            found = best_under_each(self.index, self.vectors(sample), wanted, longest, progress)
            if best is None:
                best = found[0]
            if base is None:
                base = self._base(found[-len(self._base_scorings) :], setting.k)
                self._bases[at] = base
                if len(self._bases) > _BASES_KEPT:
                    self._bases.popitem(last=False)
        assert best is not None
        assert base is not None
        self._keep(key, best)
        return best, base

    def each_scored(
        self,
        corrections: Sequence[Correction | None],
        sample: Sample,
        depth: int,
        progress: Progress | None = None,
    ) -> list[Best]:
        """The best products of every scene under many corrections, in one pass."""
        fitted = [self.server.fitted(correction) for correction in corrections]
        return best_under_each(self.index, self.vectors(sample), fitted, depth, progress)

    def scores(self, correction: Correction | None, sample: Sample) -> Iterator[Floats]:
        """Served scores ``float32 [P]``, one scene after the other."""
        fitted = self.server.fitted(correction)
        rows = scores_under_each(self.index, self.vectors(sample), [fitted])
        return (scores for (scores,) in rows)

    def ordered(self, best: Best, setting: Setting) -> Ordered:
        """The lists, after diversity and cap."""
        if setting.cap is None:
            lists = self._diversified(best, setting, setting.k)
            return Ordered(lists.astype(np.int32), None, 0)
        width = min(self._depth(setting, len(best.rows)), best.rows.shape[1])
        candidates = self._diversified(best, setting, width)
        k = min(setting.k, self.products)
        capped = capped_lists(candidates, k, self.products, setting.cap)
        return Ordered(capped.lists.astype(np.int32), capped.cap, capped.over_cap)

    def without(
        self,
        scene: Floats,
        gone: int,
        setting: Setting,
        also: Callable[[NDArray[np.int32]], NDArray[np.bool_]] | None = None,
    ) -> NDArray[np.int32]:
        """The list ``int32 [k]`` of one scene ``[R, D]`` if a product were not there.

        Args:
            also: which of some candidates may be in it, ``bool``; None is all.
        """
        fitted = self.server.fitted(setting.correction)
        depth = self.products if also is not None else max(setting.k, POOL) + 1
        (best,) = best_under_each(self.index, scene[None], [fitted], depth)
        keep = best.rows[0] != gone
        if also is not None:
            keep &= also(best.rows[0])
        left = Best(best.rows[:, keep], best.scores[:, keep])
        return np.asarray(self._diversified(left, setting, setting.k)[0], np.int32)

    # how

    @cached_property
    def _base_scorings(self) -> list[Fitted | None]:
        """Dot product, cosine, and centred where there is a bank."""
        fitted = self.server.fitted
        both: list[Fitted | None] = [None, fitted(Correction("cosine"))]
        if self._is_cosine:
            both = [fitted(Correction("dot")), None]
        return both + ([] if self.centred is None else [self.centred])

    def _base(self, found: list[Best], k: int) -> Base:
        counts = [exposure.times_shown(best.rows[:, :k], self.products) for best in found]
        return Base(counts[0], counts[1], counts[2] if len(counts) > 2 else None)

    def _keep(self, key: tuple[Correction | None, str], best: Best) -> None:
        self._best[key] = best
        self._best.move_to_end(key)
        kept = self._best.values()
        while len(self._best) > 1 and sum(_bytes(one) for one in kept) > _KEPT_BYTES:
            self._best.popitem(last=False)

    def _depth(self, setting: Setting, scenes: int) -> int:
        depth = max(setting.k, POOL)
        return depth if setting.cap is None else max(depth, _CAP_CELLS // max(1, scenes))

    @property
    def _is_cosine(self) -> bool:
        return self.index.score == "cosine"

    @cached_property
    def _unit_vectors(self) -> Floats:
        if self._is_cosine:
            return self.index.vectors
        return ProductIndex(self._table.products, score="cosine", tau=self.index.tau).vectors

    def _diversified(self, best: Best, setting: Setting, k: int) -> NDArray[np.integer]:
        """The first k after diversity, which sees as many candidates as the shop does."""
        if not setting.diversity:
            return best.rows[:, :k]
        fitted = self.server.fitted(setting.correction)
        pool = max(setting.k, POOL)
        by_length = fitted is not None and bool((fitted.scale != 1).any())
        ordered = mmr(
            best.rows[:, :pool],
            best.scores[:, :pool],
            self._unit_vectors,
            setting.diversity,
            min(k, pool),
            lengths_count=by_length or not self._is_cosine,
        )
        return np.concatenate((ordered, best.rows[:, pool:k]), axis=1)


def _bytes(best: Best) -> int:
    return best.rows.nbytes + best.scores.nbytes
