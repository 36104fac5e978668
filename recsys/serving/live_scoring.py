"""The correction that is served: fitted once, kept beside the live pointer, checked on use.

What is kept are the scale and offset of every product, with fingerprints of all that they
follow from: the model, the table's products, and the bank of training scenes or the training
frequencies, where a correction looks at them. Vectors of another model or of data that has
changed would order a shop's lists by figures that mean nothing, so they are refused with the
command that makes them anew.
"""

from __future__ import annotations

import hashlib
import io
import shlex
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.atomic import write_bytes
from recsys.errors import ModelError, RequestError, StaleError
from recsys.retrieval.corrections import Correction, Fitted
from recsys.serving.spelling import parse_correction, scoring_text, spelled
from recsys.workspace import LiveCorrection, Workspace

if TYPE_CHECKING:
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.serving.server import Server

_FORMAT = 1
_BROKEN = (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class LiveScoring:
    """A correction, and what it comes to for the products of one table.

    ``vectors`` is the id of what was stored; another fit has another.
    """

    correction: Correction
    fitted: Fitted
    vectors: str


def store_live(server: Server, correction: Correction, workspace: Workspace) -> LiveCorrection:
    """Fits a correction and keeps its vectors, for a live pointer to name.

    The file appears whole, before anything points to it. The same correction of the same model
    and data is the same file.

    Raises ModelError without a model, RequestError where the data has no scene for a bank.
    """
    if server.model is None or server.table is None:
        raise ModelError("a correction is of a model, and none is given")
    fitted = server.fitted(correction)
    assert fitted is not None
    arrays = _arrays(fitted)
    model, products, bank = _sources(server, correction)
    live = LiveCorrection(
        name=correction.name,
        strength=correction.strength,
        vectors=_vectors_id(correction, (model, products, bank), arrays),
        model=model,
        products=products,
        bank=bank,
    )
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    write_bytes(workspace.correction_path(live.vectors), stream.getvalue())
    return live


def open_live(
    live: LiveCorrection, server: Server, workspace: Workspace, *, model_arg: str, data_arg: str
) -> LiveScoring:
    """What a live pointer's correction comes to now.

    Args:
        server: has the live model and its table.
        model_arg, data_arg: how to name them in the command that mends.

    Raises:
        StaleError: the model, the products or the bank are others than it was fitted to.
        ModelError: its file is missing or damaged, or its name or strength means nothing.
    """
    text = spelled(live.name, live.strength)
    command = " ".join(
        shlex.quote(word)
        for word in (
            *("python", "-m", "recsys", "promote", "--model", model_arg),
            *("--data", data_arg, "--correction", text),
        )
    )
    remedy = f"Fit it anew with: {command}"
    try:
        correction = parse_correction(text)
    except RequestError as error:
        raise ModelError(
            f"the live correction means nothing: {error.message}",
            "Choose another with: python -m recsys promote --model "
            f"{shlex.quote(model_arg)} --data {shlex.quote(data_arg)} --correction NAME",
        ) from error
    made_from = (live.model, live.products, live.bank)
    now = _sources(server, correction)
    what = ("the model", "the products", "the training photos that it compares with")
    changed = [name for name, then, is_ in zip(what, made_from, now, strict=True) if then != is_]
    if changed:
        raise StaleError(
            f"the live correction {scoring_text(correction)} is stale: {' and '.join(changed)} "
            "changed since it was fitted",
            remedy,
        )
    path = workspace.correction_path(live.vectors)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        fitted = _fitted(arrays, server.table)
        if _vectors_id(correction, made_from, _arrays(fitted)) != live.vectors:
            raise ValueError("its content is not what was written")
    except FileNotFoundError as error:
        raise ModelError(
            f"the vectors of the live correction {scoring_text(correction)} are missing", remedy
        ) from error
    except _BROKEN as error:
        raise ModelError(
            f"the vectors of the live correction {scoring_text(correction)} are damaged: "
            f"{error or type(error).__name__}",
            remedy,
        ) from error
    return LiveScoring(correction, fitted, live.vectors)


# how


def _sources(server: Server, correction: Correction) -> tuple[str, str, str]:
    """Fingerprints of the model, the products and the bank that a fit would use now."""
    assert server.model is not None
    assert server.table is not None
    return (
        server.model.fingerprint,
        _products_digest(server.table),
        server.scorings.bank_fingerprint(correction),
    )


def _products_digest(table: EmbeddingTable) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{table.score} {table.tau!r} {table.products.shape}".encode())
    digest.update("\n".join(table.product_ids).encode())
    digest.update(np.ascontiguousarray(table.products).data)
    return digest.hexdigest()


def _vectors_id(
    correction: Correction, sources: tuple[str, str, str], arrays: dict[str, NDArray[np.generic]]
) -> str:
    """A name that only this content has, so that no damage goes unseen."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(" ".join((str(_FORMAT), scoring_text(correction), *sources)).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\0{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(array.tobytes())
    return f"{correction.name}-{digest.hexdigest()}"


def _arrays(fitted: Fitted) -> dict[str, NDArray[np.generic]]:
    values = fitted._asdict()
    return {name: np.asarray(value) for name, value in values.items() if value is not None}


def _fitted(arrays: dict[str, NDArray[np.generic]], table: EmbeddingTable | None) -> Fitted:
    """Raises ValueError or TypeError where the arrays make no correction of the table."""
    products = 0 if table is None else len(table.product_ids)
    for name, array in arrays.items():
        if array.shape != (products,):
            raise ValueError(f"{name} is {list(array.shape)}, expected [{products}]")
        if array.dtype not in (np.float32, np.bool_) or not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite numbers")
    return Fitted(**arrays)  # type: ignore[arg-type]
