"""Where things lie on disk: the only module that knows.

One workspace (``RECSYS_HOME``, or ``workspace/`` beside ``app.py``) holds everything that the
app makes. It can be deleted at any time; without it the demo in ``assets/demo`` is served.
Files that matter are written beside their place, flushed, and renamed over it, so a reader
sees the old or the new and never a half.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recsys.atomic import write_json
from recsys.errors import DataError, ModelError

PROJECT_DIR = Path(__file__).resolve().parent.parent
ASSETS_DIR = PROJECT_DIR / "assets"
DEMO_NAME = "demo"
DEMO_DATA_DIR = ASSETS_DIR / "demo" / "data"
DEMO_MODEL_DIR = ASSETS_DIR / "demo" / "model"

_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def is_name(text: str) -> bool:
    """Whether a text may become one folder's name: letters, digits, ``.``, ``_``, ``-``."""
    return _NAME.fullmatch(text) is not None and ".." not in text


@dataclass(frozen=True)
class LiveCorrection:
    """The correction of scores that is served, and what its vectors were made from.

    Attributes:
        name, strength: of ``recsys.retrieval.corrections``; strength is None where it has none.
        vectors: id of the stored scale and offset, see ``Workspace.correction_path``.
        model, products, bank: fingerprints of the model, of the table's products, and of the
            training scenes or frequencies that it looks at (empty where it looks at none).
    """

    name: str
    strength: float | None
    vectors: str
    model: str
    products: str
    bank: str

    @classmethod
    def from_json(cls, record: Any) -> LiveCorrection:
        """As ``LivePointer.from_json``."""
        strength = record["strength"]
        texts = {key: record[key] for key in ("name", "vectors", "model", "products", "bank")}
        sound = all(isinstance(text, str) for text in texts.values()) and is_name(texts["vectors"])
        in_range = strength is None or (type(strength) in (float, int) and abs(strength) <= 1e6)
        if not (sound and in_range):  # NaN is out of any range
            raise ValueError("correction")
        return cls(strength=None if strength is None else float(strength), **texts)


@dataclass(frozen=True)
class LivePointer:
    """Which model answers the shop. ``model`` is an id in the workspace or a bundle's path.

    ``correction`` is None where the model's own score is served.
    """

    model: str
    data: str
    since: str
    correction: LiveCorrection | None = None

    @classmethod
    def from_json(cls, record: Any) -> LivePointer:
        """From what ``asdict`` makes of one.

        Raises ValueError, or what a missing or strange part raises.
        """
        model, data, since = (str(record[key]) for key in ("model", "data", "since"))
        correction = record.get("correction")
        return cls(
            model, data, since, None if correction is None else LiveCorrection.from_json(correction)
        )


@dataclass(frozen=True)
class Workspace:
    """The folders under one root. Nothing is created before it is needed."""

    root: Path

    @classmethod
    def default(cls) -> Workspace:
        """The workspace that the environment names, or ``workspace/`` beside ``app.py``.

        Raises DataError where ``RECSYS_HOME`` names no path.
        """
        home = os.environ.get("RECSYS_HOME", "").strip()
        try:
            return cls(Path(home).expanduser().resolve() if home else PROJECT_DIR / "workspace")
        except (OSError, RuntimeError) as error:  # no such user, a loop of links
            raise DataError(
                f"RECSYS_HOME is {home[:120]!r}, which is no path ({error})",
                "Set it to a folder that can be written, or leave it out",
            ) from None

    @property
    def datasets_dir(self) -> Path:
        return self.root / "datasets"

    @property
    def models_dir(self) -> Path:
        return self.root / "models"

    @property
    def jobs_dir(self) -> Path:
        return self.root / "jobs"

    @property
    def sweeps_dir(self) -> Path:
        return self.root / "sweeps"

    @property
    def tracking_path(self) -> Path:
        """MLflow's records, where no server is named."""
        return self.root / "runs.db"

    @property
    def artifacts_dir(self) -> Path:
        """The files that belong to MLflow's records, where no server is named."""
        return self.root / "artifacts"

    @property
    def cache_dir(self) -> Path:
        return self.root / "cache"

    @property
    def uploads_dir(self) -> Path:
        return self.root / "uploads"

    @property
    def live_path(self) -> Path:
        return self.root / "live.json"

    @property
    def promotions_path(self) -> Path:
        """Who put what live and when, see ``recsys.promotions``."""
        return self.root / "promotions.jsonl"

    @property
    def promoting_path(self) -> Path:
        """The change of the live pointer that is being made."""
        return self.root / "promoting.json"

    def contest_dir(self, key: str) -> Path:
        """Where a model is measured against another, see ``recsys.evaluation.contest``."""
        return self.cache_dir / "contests" / _checked(key)

    def correction_path(self, vectors: str) -> Path:
        """Where the scale and offset of a live correction lie, by their id."""
        return self.root / "corrections" / f"{_checked(vectors)}.npz"

    # data sets

    def dataset_names(self) -> list[str]:
        """Names of the data sets in the workspace, and ``demo`` where it ships."""
        names = {path.name for path in _folders(self.datasets_dir)}
        if DEMO_DATA_DIR.is_dir():
            names.add(DEMO_NAME)
        return sorted(names)

    def resolve_dataset(self, name_or_path: str) -> Path:
        """The folder of a data set given by its name or by a path. Raises DataError.

        Links are followed, so that one folder is one data set, however it was named.
        """
        if is_name(name_or_path) and (self.datasets_dir / name_or_path).is_dir():
            return (self.datasets_dir / name_or_path).resolve()
        if name_or_path == DEMO_NAME and DEMO_DATA_DIR.is_dir():
            return DEMO_DATA_DIR
        path = _typed_path(name_or_path)
        if path is not None and path.is_dir():
            return path.resolve()
        known = ", ".join(self.dataset_names()) or "none yet"
        raise DataError(
            f"no data set {name_or_path[:120]!r}: neither a name in the workspace nor a folder",
            f"Known data sets: {known}",
        )

    def resolve_catalog(self, name_or_path: str) -> Path:
        """What stands for a catalogue: its data set's folder, or the category file where it is one
        of several in a folder. Raises DataError.
        """
        path = _typed_path(name_or_path)
        if path is not None and path.is_file():
            return path.resolve()
        return self.resolve_dataset(name_or_path)

    def dataset_name(self, folder: Path) -> str | None:
        """The name that the workspace knows a data set's folder by, or None."""
        if folder == DEMO_DATA_DIR:
            return DEMO_NAME
        names = (path.name for path in sorted(_folders(self.datasets_dir)))
        return next((name for name in names if self.resolve_dataset(name) == folder), None)

    # models

    def new_id(self, prefix: str) -> str:
        """A fresh readable id for a run and its model, e.g. ``regions-4f2a9c``."""
        while True:
            candidate = f"{prefix}-{secrets.token_hex(3)}"
            if not (self.models_dir / candidate).exists() and not self.job_dir(candidate).exists():
                return candidate

    def model_dir(self, model_id: str) -> Path:
        return self.models_dir / _checked(model_id)

    def job_dir(self, job_id: str) -> Path:
        return self.jobs_dir / _checked(job_id)

    def sweep_dir(self, sweep_id: str) -> Path:
        return self.sweeps_dir / _checked(sweep_id)

    def job_ids(self) -> list[str]:
        """Ids of the training runs, finished or not."""
        return sorted(path.name for path in _folders(self.jobs_dir))

    def sweep_ids(self) -> list[str]:
        """Ids of the sweeps, finished or not."""
        return sorted(path.name for path in _folders(self.sweeps_dir))

    def model_ids(self) -> list[str]:
        """Ids of the finished models in the workspace."""
        folders = _folders(self.models_dir)
        return sorted(path.name for path in folders if (path / "model.json").is_file())

    def resolve_model(self, id_or_path: str) -> Path:
        """The bundle folder of a model given by its id or by a path. Raises ModelError."""
        if is_name(id_or_path) and (self.models_dir / id_or_path / "model.json").is_file():
            return self.models_dir / id_or_path
        if id_or_path == DEMO_NAME and (DEMO_MODEL_DIR / "model.json").is_file():
            return DEMO_MODEL_DIR
        path = _typed_path(id_or_path)
        if path is not None and (path / "model.json").is_file():
            return path.resolve()
        if is_name(id_or_path) and (self.jobs_dir / id_or_path).is_dir():
            raise ModelError(
                f"the training run {id_or_path} has not finished, so it is no model yet",
                f"Go on with: python -m recsys train --resume {id_or_path}",
            )
        shipped = [DEMO_NAME] if (DEMO_MODEL_DIR / "model.json").is_file() else []
        known = ", ".join([*shipped, *self.model_ids()]) or "none yet"
        raise ModelError(
            f"no model {id_or_path[:120]!r}: neither an id in the workspace nor a model bundle",
            f"Known models: {known}. Train one with: python -m recsys train --data NAME",
        )

    def embeddings_dir(self, bundle: Path, data_dir: Path) -> Path:
        """Where the embeddings of a data set by a model lie, whether or not they exist yet.

        Inside the bundle where it is the workspace's or ships with them, else in the
        workspace, since a bundle elsewhere may be read-only.
        """
        key = DEMO_NAME if data_dir == DEMO_DATA_DIR else _path_key(data_dir)
        inside = bundle / "embeddings" / key
        if bundle.parent == self.models_dir or inside.is_dir():
            return inside
        return self.root / "embeddings" / _path_key(bundle) / key

    # the live pointer

    def live(self) -> LivePointer | None:
        """The live pointer, or None where nothing was promoted. Raises ModelError if damaged."""
        try:
            return LivePointer.from_json(json.loads(self.live_path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            raise ModelError(
                f"the live pointer {self.live_path.name} cannot be read",
                "Put a model live again with: python -m recsys promote --model ID --data NAME",
            ) from error

    def set_live(self, pointer: LivePointer) -> None:
        """Swaps the live pointer in one atomic step."""
        write_json(self.live_path, asdict(pointer))


def _typed_path(text: str) -> Path | None:
    """What a person typed as a path, or None where it cannot be one."""
    if not text.strip() or "\0" in text:
        return None
    try:
        path = Path(text).expanduser()
        path.stat()
    except (OSError, RuntimeError, ValueError):  # too long, no such user, nothing there
        return None
    return path


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return [path for path in parent.iterdir() if path.is_dir() and is_name(path.name)]


def _checked(name: str) -> str:
    if not is_name(name):
        raise ModelError(f"{name[:80]!r} is not an id: only letters, digits, '.', '_' and '-'")
    return name


def _path_key(path: Path) -> str:
    digest = hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.name).strip("-") or "data"
    return f"{stem[:40]}-{digest}"
