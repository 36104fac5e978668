"""Made-up sweeps for the tests of the page, as a sweep's process leaves them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from recsys.atomic import write_json
from recsys.learning.sweeps import Parameter, SweepRequest
from recsys.workspace import Workspace
from tests.pages.conftest import component
from tests.pages.training_parts import read
from tests.support.shop import NAME

RATE = Parameter("learning_rate", 1e-4, 1e-2, is_logarithmic=True)
SIZE = Parameter("embedding_dim", choices=(32, 64))
FORM = {"train_view": "sweeps", "train_sweep_new": "yes"}
ACTS = {"Stop", "Resume", "Go on", "Save", "Delete for good", "Train it", "New sweep"}


def trial(number: int, value: float | None, state: str = "complete", **more: Any) -> dict[str, Any]:
    curve = [] if value is None else [[50, value / 2], [200, value]]
    params = {"learning_rate": 0.001 * (number + 1), "embedding_dim": (32, 64)[number % 2]}
    known = {"number": number, "state": state, "value": value, "params": params, "steps": 200}
    return {**known, "curve": curve, "seconds": 30.0, "reason": "", **more}


TRIALS = (
    trial(0, 0.10),
    trial(1, 0.25),
    trial(2, 0.05, "pruned", reason="worse than the median of the trials before it", steps=80),
    trial(3, 0.20),
    trial(4, None, "failed", reason="these settings do not go together"),
    trial(5, 0.12, "running", steps=120),
)


def write_sweep(
    sweep_id: str = "sweep-1",
    trials: tuple[dict[str, Any], ...] = TRIALS,
    *,
    phase: str = "finished",
    fraction: float = 0.5,
    name: str = "",
    error: str = "",
    day: int = 1,
    importances: dict[str, float] | None = None,
    workspace: Workspace | None = None,
    data: str = NAME,
    **budget: Any,
) -> Path:
    """A sweep as its process leaves it; in the usual workspace where none is given."""
    workspace = workspace or Workspace.default()
    folder = workspace.sweep_dir(sweep_id)
    budget = budget or {"trials": 12}
    data = str(workspace.resolve_dataset(data))
    request = SweepRequest(data, "regions", (RATE, SIZE), 200, **budget)
    record = {"request": asdict(request), "data_name": NAME, "fingerprint": "f", "name": name}
    created = f"2026-05-{day:02}T10:00:00+00:00"
    write_json(folder / "sweep.json", {**record, "created": created})
    explained = {"learning_rate": 0.61, "embedding_dim": 0.39}
    summary = {"trials": list(trials), "importances": importances or explained, "used_s": 9}
    write_json(folder / "trials.json", summary)
    told: dict[str, Any] = {"phase": phase, "fraction": fraction, "trial": 5, "step": 120}
    if error:
        told["error"] = {"message": error, "remedy": "Free some space"}
    write_json(folder / "state.json", {**told, "remaining_s": 240.0})
    return folder


def shown(app: Any, sweep_id: str = "sweep-1") -> dict[str, Any]:
    """What the trials' component was given."""
    found = component(app, f"train_sweep_trials_{sweep_id}")
    assert found is not None
    return found


def said(app: Any) -> str:
    return read("\n".join(one.value for one in [*app.markdown, *app.header, *app.subheader]))


def field(app: Any, label: str) -> Any:
    (found,) = [
        one
        for one in [*app.number_input, *app.text_input, *app.selectbox, *app.toggle]
        if read(one.label) == label
    ]
    return found
