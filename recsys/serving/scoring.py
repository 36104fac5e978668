"""The corrections of one server: fitted when they are first asked for, then remembered."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.images import DECODER_VERSION
from recsys.catalog.splits import part_of
from recsys.errors import ImageError, RequestError
from recsys.retrieval.corrections import (
    NAMES,
    STRENGTHS,
    Bank,
    Correction,
    Fitted,
    Name,
    fit,
    fit_centred,
)

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder
    from recsys.retrieval.embeddings import EmbeddingTable

__all__ = ["BANK_SCENES", "NAMES", "STRENGTHS", "Correction", "Name", "Scorings"]

BANK_SCENES = 512
"""At most so many scenes stand for all; twice as many change no list and cost twice the time."""

_REMEMBERED = 32  # a slider that is dragged passes many strengths


class Scorings:
    """Scales and offsets over the rows of a table; safe to use from many threads.

    Args:
        popularity: gives training frequencies ``int64 [P]`` over the catalogue's products.
    """

    def __init__(
        self,
        catalog: Catalog,
        model: Embedder,
        table: EmbeddingTable,
        popularity: Callable[[], NDArray[np.int64]],
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._table = table
        self._popularity = popularity
        self._fitted: OrderedDict[Correction, Fitted] = OrderedDict()
        self._lock = RLock()

    def fitted(self, correction: Correction | None) -> Fitted | None:
        """``float32`` scale and offset of the table's products; None for what the model serves.

        The first that needs a bank of scenes takes some seconds where the table has no scene
        vectors. Raises RequestError where there is no scene to make a bank of.
        """
        if correction is None:
            return None
        with self._lock:
            if correction in self._fitted:
                self._fitted.move_to_end(correction)
                return self._fitted[correction]
            fitted = fit(
                correction,
                self._table.products,
                self._counts,
                self._bank if correction.needs_bank else None,
                score=self._table.score,
                tau=self._table.tau,
            )
            self._fitted[correction] = fitted
            while len(self._fitted) > _REMEMBERED:
                self._fitted.popitem(last=False)
            return fitted

    def bank_fingerprint(self, correction: Correction) -> str:
        """Of what a correction looks at beside the model and the products; empty for nothing.

        That is the photos, ids and pairs of the bank's scenes, or the training frequencies.
        Raises RequestError as ``fitted`` does.
        """
        digest = hashlib.blake2b(digest_size=16)
        if correction.needs_bank:
            chosen = self.bank_scenes
            digest.update(f"{DECODER_VERSION} {self._catalog.scenes_fingerprint}".encode())
            digest.update("\n".join(self._table.scene_ids[row] for row in chosen).encode())
            for array in self._pairs(chosen):
                digest.update(np.ascontiguousarray(array, np.int64).tobytes())
        elif correction.name == "popularity" and correction.strength:
            digest.update(np.ascontiguousarray(self._counts, np.int64).tobytes())
        else:
            return ""
        return digest.hexdigest()

    @cached_property
    def centred(self) -> Fitted:
        """The cosine less each product's mean over the bank, whose offset is that mean.

        For finding the cause of a hub; see ``fit_centred``. Raises RequestError as ``fitted``.
        """
        with self._lock:
            table = self._table
            return fit_centred(table.products, self._bank, score=table.score, tau=table.tau)

    @cached_property
    def bank_scenes(self) -> NDArray[np.int64]:
        """``int64 [n]`` rows of the table's scenes that stand for all.

        Those that the model was trained on, or else those of the training part by id, so no
        test scene is among them. Evenly through the ids, where there are too many. Raises
        RequestError where there are none.
        """
        names = self._table.scene_ids
        seen = [row for row, name in enumerate(names) if name in self._model.scenes_seen]
        rows = seen or [row for row, name in enumerate(names) if part_of(name) == "train"]
        if not rows:
            raise RequestError(
                "scoring: this correction compares with training photos, and the data set "
                f"{self._catalog.name} has none that is readable",
                "Choose another scoring",
            )
        places = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), BANK_SCENES)).astype(int))
        chosen: NDArray[np.int64] = np.array(rows, np.int64)[places]
        return chosen

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        """``int64 [n]``: the catalogue's row of each of the table's products."""
        rows = [self._catalog.product_row(name) for name in self._table.product_ids]
        return np.array(rows, np.int64)

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        """Training pairs ``int64 [P]``: none for a model that was trained elsewhere.

        What the server then counts are all pairs of the data, the answers of the scenes that a
        penalty would be judged on among them.
        """
        seen = self._model.scenes_seen
        if not any(scene.id in seen for scene in self._catalog.scenes):
            return np.zeros(len(self._rows), np.int64)
        return self._popularity()[self._rows]

    @cached_property
    def _bank(self) -> Bank:
        chosen = self.bank_scenes
        try:
            vectors = self._table.scene_vectors(chosen, self._model, self._catalog)
        except ImageError as error:
            raise RequestError(f"scoring: {error.message}", "Embed the data set again") from error
        scenes, products = self._pairs(chosen)
        return Bank(vectors, scenes, products)

    def _pairs(
        self, table_scenes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions in the bank and rows of the table, of every known pair between both."""
        catalog, table = self._catalog, self._table
        place = np.full(len(catalog.scenes), -1, np.int64)
        place[[catalog.scene_row(table.scene_ids[row]) for row in table_scenes]] = np.arange(
            len(table_scenes)
        )
        product = np.full(len(catalog.products), -1, np.int64)
        product[self._rows] = np.arange(len(self._rows))
        scenes, products = place[catalog.pair_scene], product[catalog.pair_product]
        known = (scenes >= 0) & (products >= 0)
        return scenes[known], products[known]
