"""Checkpoints of a run: everything that a step changes, and where the data stream was.

A checkpoint is a folder ``step-N`` that appears whole, by one rename; older ones go after it. So
a kill at any moment leaves a checkpoint that restores.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import shutil
from pathlib import Path
from typing import Any

import jax
import numpy as np

from recsys import atomic as files
from recsys.errors import ModelError
from recsys.learning.bundle import check_against_template, flat_paths

KEEP = 2

_NAME = re.compile(r"step-(\d{9})")


class Checkpoints:
    """The checkpoints of one run, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self) -> list[int]:
        """Steps of the whole checkpoints that lie there, oldest first."""
        if not self.folder.is_dir():
            return []
        matches = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match.group(1)) for match in matches if match)

    def save(self, state: Any, progress: dict[str, Any]) -> int:
        """Writes a checkpoint of a state's tree and a JSON-able progress; returns its step.

        Raises OSError where the disk is full or cannot be written, or a ValueError that tells of
        it in TensorStore's words.
        """
        import orbax.checkpoint as ocp

        logging.getLogger("absl").setLevel(logging.CRITICAL)
        step = int(progress["step"])
        leaves = flat_paths(state)
        shapes = {name: [str(leaf.dtype), list(leaf.shape)] for name, leaf in leaves.items()}
        with files.new_folder(self._path(step)) as temporary:
            _refuse_full_disk(temporary, sum(leaf.nbytes for leaf in leaves.values()))
            ocp.v1.save(temporary / "state", leaves)
            files.write_json(temporary / "shapes.json", shapes)
            files.write_json(temporary / "progress.json", progress)
            files.write_json(temporary / "files.json", _digests(temporary))
        steps = self.steps()
        # Later ones were passed over as damaged when the run went on from an older one.
        kept = [other for other in steps if other <= step][-KEEP:]
        for other in steps:
            if other not in kept:
                shutil.rmtree(self._path(other), ignore_errors=True)
        for stray in self.folder.glob(".step-*"):  # of a process that was killed while saving
            shutil.rmtree(stray, ignore_errors=True)
        return step

    def restore(self, template: Any) -> tuple[Any, dict[str, Any]]:
        """The newest checkpoint that is whole, as ``(state, progress)``.

        Args:
            template: a state of the run's configuration; the result has its structure.

        Raises ModelError where no checkpoint restores, and at once, naming the array, where one
        belongs to another configuration.
        """
        reasons = []
        for step in reversed(self.steps()):
            try:
                return self._read(step, template)
            except (OSError, ValueError, KeyError, TypeError) as error:
                reasons.append(f"step {step}: {type(error).__name__}")
        found = "; ".join(reasons) or "there is none"
        raise ModelError(
            f"no checkpoint of the run {self.folder.parent.name} can be restored ({found})",
            "Start a new run with: python -m recsys train --data NAME",
        )

    def _read(self, step: int, template: Any) -> tuple[Any, dict[str, Any]]:
        import orbax.checkpoint as ocp

        logging.getLogger("absl").setLevel(logging.CRITICAL)
        folder = self._path(step)
        # Checked before Orbax reads: it passes over some damage and prints pages about the rest.
        if json.loads((folder / "files.json").read_text("utf-8")) != _digests(folder):
            raise ValueError("a file is missing or not as it was written")
        progress = json.loads((folder / "progress.json").read_text("utf-8"))
        shapes = json.loads((folder / "shapes.json").read_text("utf-8"))
        expected = flat_paths(template)
        found = {
            name: jax.ShapeDtypeStruct(tuple(shape), np.dtype(dtype))  # type: ignore[no-untyped-call]
            for name, (dtype, shape) in shapes.items()
        }
        check_against_template(found, expected, f"the checkpoint of step {step}")
        leaves = ocp.v1.load(folder / "state", expected)
        structure = jax.tree.structure(template)
        return jax.tree.unflatten(structure, [leaves[name] for name in expected]), progress

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:09d}"


def _refuse_full_disk(folder: Path, needed_bytes: int) -> None:
    """Raises OSError where there is no room: where Orbax runs out of it, its threads go on and
    print pages of tracebacks after the words that say so.
    """
    if shutil.disk_usage(folder).free < needed_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _digests(folder: Path) -> dict[str, str]:
    """A digest of every file of a checkpoint but ``files.json``, by its path in the folder."""
    return {
        str(path.relative_to(folder)): hashlib.blake2b(
            path.read_bytes(), digest_size=16
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / "files.json"
    }
