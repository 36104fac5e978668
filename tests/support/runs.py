"""Training runs as their processes leave them, without any training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recsys.atomic import write_json
from recsys.learning.config import TrainConfig
from recsys.workspace import Workspace
from tests.support.shop import NAME

RECALL = "validation_recall@10"


def write_run(
    run_id: str,
    *,
    phase: str = "finished",
    step: int = 40,
    steps: int = 40,
    recall: float = 0.25,
    name: str = "",
    error: str = "",
    day: int = 1,
    preset: str = "regions",
    minutes: float | None = None,
    saved: tuple[int, float] | None = None,
    data: str = "",
    data_name: str = NAME,
    workspace: Workspace | None = None,
    **config: Any,
) -> Path:
    """A run as its process leaves it; returns its folder.

    Args:
        steps: its budget, where it is none of minutes.
        recall: and the other figures, the same at both of its evaluations.
        saved: step of its last checkpoint, and the seconds it had trained by then.
        day: of May 2026 on which it was made.
        data: the folder of its data set; that of the planted catalogue where none is given.
        config: settings other than the default ones.
    """
    workspace = workspace or Workspace.default()
    folder = workspace.job_dir(run_id)
    record = {**TrainConfig().to_json(), **config}
    write_json(
        folder / "run.json",
        {
            "id": run_id,
            "preset": preset,
            "config": record,
            "data": data or str(workspace.resolve_dataset(NAME)),
            "data_name": data_name,
            "fingerprint": "f",
            "steps": steps if minutes is None else None,
            "minutes": minutes,
            "created": f"2026-05-{day:02}T10:00:00+00:00",
        },
    )
    latest = {"loss": 2.0, RECALL: recall, "excess_gini": 0.3, "coverage": 0.5}
    latest |= {"largest_share": 0.2}
    told = {"phase": phase, "step": step, "fraction": step / steps, "metrics": latest}
    if error:
        told["error"] = {"message": error, "remedy": ""}
    write_json(folder / "state.json", told)
    lines = [{"step": at, "loss": 4 - at / 20, "learning_rate": 1e-3} for at in range(1, step + 1)]
    lines += [{"step": at, **latest, "validation_loss": 3.0} for at in (step // 2, step)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text)
    scene = {"scene": "studio-003", "products": ["product-007", "product-001"], "scores": [1, 0.5]}
    film = [
        {"step": at, "scenes": [{**scene, "right": ["product-001"] if at == step else []}]}
        for at in (step // 2, step)
    ]
    (folder / "film.jsonl").write_text("".join(json.dumps(frame) + "\n" for frame in film))
    write_json(folder / "validation.json", {"step": step, "recall@10": {"a": recall, "b": recall}})
    if saved is not None:
        step_saved, elapsed_s = saved
        write_json(
            folder / "checkpoints" / f"step-{step_saved:09d}" / "progress.json",
            {"step": step_saved, "elapsed_s": elapsed_s},
        )
    if name:
        write_json(folder / "about.json", {"name": name})
    return folder
