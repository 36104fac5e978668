"""What a training would cost, before it starts: seconds a step, memory, disk, and whether it fits.

A few steps of the very configuration are measured on random pictures, in a process of its own:
one that runs out of memory takes nothing else with it. What they need is known from the compiled
step before one is run, so what does not fit is not tried.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recsys import __version__, processes
from recsys.catalog.catalog import Catalog
from recsys.errors import ConfigError, TrainingError
from recsys.learning.config import TrainConfig
from recsys.learning.memory import available_bytes
from recsys.workspace import Workspace

_MEMORY_SHARE = 0.9
"""Of what is free; the rest is for the pages, whose pictures come and go."""
_DISK_SPARE_BYTES = 100_000_000
_KEPT = 50
"""Measurements that are kept; an older one is made again where it is asked for."""
_EVALUATION_SHARE = 0.1
_COSTLESS = {
    "seed",
    "learning_rate",
    "warmup_fraction",
    "schedule",
    "weight_decay",
    "ema_decay",
    "margin",
    "norm_penalty",
    "init_scale",
    "tau",
}
"""Settings that change neither the time nor the memory of a step."""


@dataclass(frozen=True)
class Estimate:
    """What was measured, and whether it fits.

    Attributes:
        step_s: seconds a step, None where the first did not fit into memory.
        first_step_s: seconds for compiling and the first step, None likewise.
        memory_bytes: that the process needs at its peak.
        available_bytes: that were free when it was asked.
        disk_bytes: for checkpoints, the model and decoded pictures not there yet.
        free_disk_bytes: that were free when it was asked.
    """

    step_s: float | None
    first_step_s: float | None
    memory_bytes: int
    available_bytes: int
    disk_bytes: int
    free_disk_bytes: int

    @property
    def problem(self) -> str:
        """Why it does not fit, in plain words; empty where it does."""
        if self.memory_bytes > _MEMORY_SHARE * self.available_bytes:
            return (
                f"it needs about {_size(self.memory_bytes)} of memory, and "
                f"{_size(self.available_bytes)} are free"
            )
        if self.disk_bytes + _DISK_SPARE_BYTES > self.free_disk_bytes:
            return (
                f"it needs about {_size(self.disk_bytes)} on disk, and "
                f"{_size(self.free_disk_bytes)} are free"
            )
        return ""

    def duration_s(self, steps: int) -> float | None:
        """Seconds for a budget of steps, evaluations included; decoding pictures is not."""
        if self.step_s is None or self.first_step_s is None:
            return None
        return self.first_step_s + steps * self.step_s / (1 - _EVALUATION_SHARE)

    def steps_in(self, minutes: float) -> int | None:
        """Steps for a budget of minutes: the other way round, at least the first."""
        if self.step_s is None or self.first_step_s is None:
            return None
        rest_s = 60 * minutes - self.first_step_s
        return max(1, int(rest_s * (1 - _EVALUATION_SHARE) / max(self.step_s, 1e-9)))

    def check(self) -> None:
        """Raises TrainingError where it does not fit."""
        if self.problem:
            raise TrainingError(
                f"this training does not fit: {self.problem}",
                "Use smaller pictures, fewer looks a step or narrower towers, or free some space",
            )


def begin(config: TrainConfig, catalog: Catalog, workspace: Workspace) -> str:
    """Starts to measure, where that was not done yet, and returns what to ``look`` for.

    Raises OSError where the workspace cannot be written.
    """
    key = _key(config, catalog)
    folder = _folder(workspace, key)
    if _measured(folder) is None and not processes.status(folder).is_alive:
        _forget_oldest(folder.parent)
        request = {"config": config.to_json(), "scenes": len(catalog.scenes)}
        # Of many who ask at once one starts it, which is what the others asked for.
        with suppress(processes.AlreadyRunningError):
            processes.start(
                folder,
                ["-m", "recsys.learning.measuring", json.dumps(request)],
                environment={"RECSYS_HOME": str(workspace.root)},
                priority=0,  # a run itself is nice, but what is measured for it should not wait
            )
    return key


def _forget_oldest(parent: Path) -> None:
    """Leaves room for one more among the newest measurements, and those that are being made."""
    found = []
    for folder in parent.glob("*"):
        with suppress(OSError):  # another session may take it away in the same moment
            found.append((folder.stat().st_mtime_ns, folder))
    for _, folder in sorted(found, reverse=True)[_KEPT - 1 :]:
        if _is_key(folder.name) and not processes.status(folder).is_alive:
            shutil.rmtree(folder, ignore_errors=True)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) == 16


def known(config: TrainConfig, catalog: Catalog, workspace: Workspace) -> str | None:
    """What to ``look`` for where this was measured before, or is being measured; else None.

    Settings that cost the same, another seed for instance, share one measurement.
    """
    key = _key(config, catalog)
    folder = _folder(workspace, key)
    is_known = _measured(folder) is not None or processes.status(folder).is_alive
    return key if is_known else None


def look(key: str, config: TrainConfig, catalog: Catalog, workspace: Workspace) -> Estimate | None:
    """The estimate that ``begin`` started, None while it is measured.

    Raises TrainingError where measuring failed.
    """
    folder = _folder(workspace, key)
    measured = _measured(folder)
    if measured is None:
        status = processes.status(folder)
        if status.is_alive:
            return None
        measured = _measured(folder)  # it may have come to its end in between
    if measured is None:
        told = processes.read_state(folder).get("error")
        reason = told or status.reason() or "it said nothing"
        raise TrainingError(f"the cost of this training could not be measured: {reason}")
    root = workspace.root
    while not root.exists():
        root = root.parent
    return Estimate(
        step_s=measured["step_s"],
        first_step_s=measured["first_step_s"],
        memory_bytes=measured["memory_bytes"],
        available_bytes=measured["device_bytes"] or available_bytes(),
        disk_bytes=measured["state_bytes"] * 4 + _pixel_bytes(config, catalog, workspace),
        free_disk_bytes=shutil.disk_usage(root).free,
    )


def refuse_misfit(config: TrainConfig, catalog: Catalog, workspace: Workspace) -> None:
    """Raises TrainingError where it was measured that a training does not fit."""
    key = _key(config, catalog)
    if _measured(_folder(workspace, key)) is not None:
        found = look(key, config, catalog, workspace)
        if found is not None:
            found.check()


def estimate(
    config: TrainConfig, catalog: Catalog, workspace: Workspace, timeout_s: float = 300.0
) -> Estimate:
    """``begin`` and ``look`` in one, waiting for it. Raises TrainingError."""
    key = begin(config, catalog, workspace)
    processes.wait(_folder(workspace, key), timeout_s)
    found = look(key, config, catalog, workspace)
    if found is None:
        processes.stop(_folder(workspace, key))
        raise TrainingError(f"measuring took more than {timeout_s:.0f} s", "Try again later")
    return found


def _key(config: TrainConfig, catalog: Catalog) -> str:
    record = {key: value for key, value in config.to_json().items() if key not in _COSTLESS}
    batch = min(config.batch_scenes, max(2, len(catalog.scenes)))
    text = json.dumps({**record, "batch_scenes": batch, "version": __version__}, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _folder(workspace: Workspace, key: str) -> Path:
    if not _is_key(key):
        raise ConfigError(f"{key[:80]!r} is no estimate")
    return workspace.cache_dir / "estimates" / key


def _measured(folder: Path) -> dict[str, Any] | None:
    record = processes.read_state(folder)
    needed = {"step_s", "first_step_s", "memory_bytes", "device_bytes", "state_bytes"}
    return record if needed <= record.keys() else None


def _pixel_bytes(config: TrainConfig, catalog: Catalog, workspace: Workspace) -> int:
    """Bytes of decoded pictures that are still to be written."""
    tower = config.tower
    scene = tower.scene_height_px * tower.scene_width_px * 3
    needed = (len(catalog.scenes) * scene, len(catalog.products) * tower.product_size_px**2 * 3)
    there = [path.stat().st_size for path in (workspace.cache_dir / "pixels").glob("*/pixels.npy")]
    # A file of this size is of as many pictures of this shape: up to its header it says so.
    return sum(size for size in needed if not any(size <= other <= size + 4096 for other in there))


def _size(count: int) -> str:
    power = min(3, max(1, int(math.log(max(count, 1), 1000))))
    return f"{count / 1000**power:.3g} {('', 'kB', 'MB', 'GB')[power]}"


@dataclass(frozen=True)
class Measured:
    """What the measuring process tells: see ``Estimate``.

    Attributes:
        device_bytes: free on an accelerator; 0 where steps run on the processor.
        state_bytes: of one checkpoint.
    """

    step_s: float | None
    first_step_s: float | None
    memory_bytes: int
    device_bytes: int
    state_bytes: int

    def record(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)
