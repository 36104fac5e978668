"""Which scenes an audit is over, what is right for them, and which of them can say how good.

Exposure is about every list that the shop shows, so all scenes count. Quality is not: a model
has the answers of the scenes that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import Part, split_scenes
from recsys.errors import DataError, RequestError
from recsys.evaluation.ranking import Positives
from recsys.evaluation.report import default_part, model_of, training_copies
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.serving.server import Server

Rows = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Sample:
    """The scenes of an audit, in id order; products are those of the table, in id order.

    Attributes:
        part: which part of the data.
        scene_rows: ``int64 [Q]`` catalogue rows.
        table_rows: ``int64 [Q]`` rows of the table's scenes.
        product_rows: ``int64 [P]`` catalogue rows of the table's products.
        positives: what is right, in positions of scenes and products.
        unseen: ``bool [Q]``: scenes with a known product that may say how good the lists are.
        unseen_part: which part of the data those are of.
        trained_on: how many of the Q scenes the model was trained on.
        kept_for_bank: unseen scenes that corrections compare with, so that they say nothing
            about how good a corrected list is; a model that was trained on other looks has some.
        without_picture: scenes of the part that have no readable photo.
    """

    part: Part
    scene_rows: Rows
    table_rows: Rows
    product_rows: Rows
    positives: Positives
    unseen: NDArray[np.bool_]
    unseen_part: Part
    trained_on: int
    kept_for_bank: int
    without_picture: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """``bool [Q]``: scenes of which a right product is known."""
        return self.positives.counts > 0


class Sampler:
    """The samples of one server. What all share is worked out once; not for many threads."""

    def __init__(self, server: Server) -> None:
        model, table = model_of(server)
        catalog = server.catalog
        self._catalog = catalog
        self._model = model
        self._own_part = default_part(server)
        self._product_rows = _rows(catalog.product_row, table.product_ids)
        self._table_scenes = np.full(len(catalog.scenes), -1, np.int64)
        self._table_scenes[_rows(catalog.scene_row, table.scene_ids)] = np.arange(
            len(table.scene_ids)
        )
        self._in_bank = np.zeros(len(catalog.scenes), np.bool_)
        with suppress(RequestError):  # no scene to make a bank of
            in_bank = server.scorings.bank_scenes
            self._in_bank[_rows(catalog.scene_row, [table.scene_ids[row] for row in in_bank])] = 1
        self._parts: dict[Part, Rows] | None = None
        self._copies: NDArray[np.bool_] | None = None
        self._samples: dict[Part, Sample] = {}

    def sample(self, part: Part, workspace: Workspace, progress: Progress | None = None) -> Sample:
        """The scenes of a part that have a readable photo.

        Raises DataError where there are none.
        """
        if part not in self._samples:
            self._samples[part] = self._made(part, workspace, progress)
        return self._samples[part]

    # how

    def _made(self, part: Part, workspace: Workspace, progress: Progress | None) -> Sample:
        catalog, model = self._catalog, self._model
        wanted = np.arange(len(catalog.scenes))
        if part != "all":
            wanted = self._rows_of(part, workspace, progress)
        rows = wanted[self._table_scenes[wanted] >= 0]
        if not len(rows):
            raise DataError(
                f"no scene of the part {part} of {catalog.name} has a readable photo",
                "Choose another --split",
            )
        if self._copies is None:
            self._copies = training_copies([model], catalog, workspace)[0]
        seen = np.array([catalog.scenes[row].id in model.scenes_seen for row in rows], np.bool_)
        positives = _positives(catalog, rows, self._product_rows)
        fair = ~seen & ~self._copies[rows] & (positives.counts > 0)
        unseen = fair & ~self._in_bank[rows]
        unseen_part: Part = part
        if part == "all" and self._own_part == "test":
            unseen_part = "test"
            unseen &= np.isin(rows, self._rows_of("test", workspace, progress))
        return Sample(
            part=part,
            scene_rows=rows,
            table_rows=self._table_scenes[rows],
            product_rows=self._product_rows,
            positives=positives,
            unseen=unseen,
            unseen_part=unseen_part,
            trained_on=int(np.count_nonzero(seen)),
            kept_for_bank=int(np.count_nonzero(fair & self._in_bank[rows])),
            without_picture=len(wanted) - len(rows),
        )

    def _rows_of(self, part: Part, workspace: Workspace, progress: Progress | None) -> Rows:
        if self._parts is None:
            split = split_scenes(self._catalog, workspace, progress)
            names: tuple[Part, ...] = ("train", "validation", "test")
            self._parts = {name: split.rows(name).astype(np.int64) for name in names}
        return self._parts[part]


def _rows(row_of: Callable[[str], int], names: Sequence[str]) -> Rows:
    return np.array([row_of(name) for name in names], np.int64)


def _positives(catalog: Catalog, scene_rows: Rows, product_rows: Rows) -> Positives:
    """Known pairs of the scenes with products that can be recommended."""
    scene = np.full(len(catalog.scenes), -1, np.int64)
    scene[scene_rows] = np.arange(len(scene_rows))
    product = np.full(len(catalog.products), -1, np.int64)
    product[product_rows] = np.arange(len(product_rows))
    scenes, products = scene[catalog.pair_scene], product[catalog.pair_product]
    inside = (scenes >= 0) & (products >= 0)
    scenes, products = scenes[inside], products[inside]
    order = np.lexsort((products, scenes))
    return Positives(scenes[order], products[order], len(scene_rows), len(product_rows))
