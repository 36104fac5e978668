"""``train`` and ``demo``: what is passed on, what is shown, what is printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys.learning import train as learning
from recsys.learning.train import Event, Interrupted, TrainRequest
from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer

TINY = (
    "scene_height_px=48",
    "scene_width_px=32",
    "product_size_px=32",
    "embedding_dim=8",
    "widths=8,8",
    "depths=0,1",
    "grid_px=16",
    "batch_scenes=2",
    "products_per_scene=2",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TrainRequest]:
    """Requests that reached training, which itself only reports."""
    requests: list[TrainRequest] = []

    def train(request: TrainRequest, workspace: Workspace, events: Callable[[Event], None]) -> str:
        requests.append(request)
        events(Event("message", text="Decoding scenes: 1 of 2"))
        events(Event("message", text="Decoding scenes: 2 of 2"))
        events(Event("start"))
        for step in (1, 2):
            metrics = {"loss": 2.5, "images_per_s": 120.0, "learning_rate": 0.1}
            metrics["gradient_norm"] = 3.25
            events(Event("step", step, step / 2, 90.0 - step, metrics))
        events(Event("evaluate", 2, 1.0, 0.0, {"validation_recall@10": 0.25}))
        events(Event("done", 2, 1.0, 0.0))
        return "regions-abc"

    monkeypatch.setattr(learning, "train", train)
    return requests


def test_the_model_id_is_all_of_the_answer(run: Run, asked: list[TrainRequest]) -> None:
    result = run("train", "--data", "planted", "--steps", "3", "--json")
    assert answer(result) == {"model": "regions-abc"}
    assert asked == [TrainRequest(data="planted", preset="regions", steps=3)]
    plain = run("train", "--data", "planted", "--minutes", "0.5", "--preset", "book")
    assert plain.stdout == "regions-abc\n"
    assert (asked[-1].minutes, asked[-1].preset) == (0.5, "book")


def test_progress_is_told_in_lines_where_nobody_watches(
    run: Run, asked: list[TrainRequest]
) -> None:
    lines = run("train", "--data", "planted", "--json").stderr.splitlines()
    assert lines == [
        "Decoding scenes: 1 of 2",  # a count that follows at once is not worth a line
        "step 1 · 50% · 1:29 left · loss 2.500 · rate 1.0e-01 · gradient 3.2 · 120 images/s",
        "step 2 · 100% · 0:00 left · loss 2.500 · rate 1.0e-01 · gradient 3.2 · 120 images/s"
        " · recall@10 0.250",
    ]


def test_overrides_and_seed_are_passed_on(run: Run, asked: list[TrainRequest]) -> None:
    run("train", "--data", "planted", "--set", "tau=5", "--set", "ema_decay=0", "--seed", "4")
    assert asked[0].overrides == ("tau=5", "ema_decay=0")
    assert asked[0].seed == 4


def test_resume_needs_no_data(run: Run, asked: list[TrainRequest]) -> None:
    run("train", "--resume", "regions-1", "--minutes", "2")
    assert asked == [TrainRequest(resume="regions-1", minutes=2.0)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--data"),
        (("--data", "planted", "--steps", "1", "--minutes", "1"), "not both"),
        (("--data", "planted", "--steps", "0"), "--steps"),
        (("--data", "planted", "--minutes", "-1"), "--minutes"),
        (("--resume", "x", "--preset", "book"), "preset"),
    ],
)
def test_contradictions_are_wrong_usage(
    run: Run, asked: list[TrainRequest], words: tuple[str, ...], message: str
) -> None:
    result = run("train", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not asked


def test_an_interrupted_run_says_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*args: Any) -> str:
        raise Interrupted("stopped and saved", "Go on with: python -m recsys train --resume r-1")

    monkeypatch.setattr(learning, "train", train)
    result = run("train", "--data", "planted", "--json")
    assert result.exit_code == 130
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].endswith("python -m recsys train --resume r-1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "taau=5"), "'tau'"),
        (("--set", "tau"), "key=value"),
        (("--preset", "regoins"), "'regions'"),
    ],
)
def test_unknown_names_are_told_the_nearest(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run("train", "--data", "planted", *words)
    assert result.exit_code == 1
    assert message in result.stderr


def test_three_real_steps_make_a_model_that_can_be_measured(run: Run, shop: Workspace) -> None:
    changes = [word for change in TINY for word in ("--set", change)]
    model = answer(run("train", "--data", "planted", "--steps", "3", *changes, "--json"))["model"]
    assert (shop.model_dir(model) / "model.json").is_file()
    report = answer(run("evaluate", "--data", "planted", "--model", model, "--json"))
    assert report["split"] == "test"
    assert report["counts"]["scenes_seen_in_training"] == 0
    assert report["counts"]["scenes"] == 2
    assert report["trained_on_this_data"] is True
    assert not [text for text in report["warnings"] if "training" in text]
    (record,) = (r for r in answer(run("models", "--json")) if r["model"] == model)
    assert record["steps"] == 3
    assert record["recall@10"] == report["figures"]["recall@10"]["value"]


def test_demo_refuses_a_folder_with_something_in_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    result = run("demo", "--out", tmp_path)
    assert result.exit_code == 1
    assert "new or empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_demo_draws_what_its_seed_says(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[Path, int]] = []

    def write_demo(out: Path, seed: int, *, progress: Callable[[int, int], None]) -> None:
        progress(1, 1)
        drawn.append((out, seed))

    monkeypatch.setattr("recsys.catalog.demo.write_demo", write_demo)
    said = answer(run("demo", "--seed", "7", "--out", tmp_path / "new", "--json"))
    assert drawn == [(tmp_path / "new", 7)]
    assert said == {"path": str(tmp_path / "new"), "seed": 7}


def test_a_run_is_recorded_from_when_its_id_is_known(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[str] = []

    def train(request: TrainRequest, workspace: Workspace, events: Callable[[Event], None]) -> str:
        events(Event("message", text="Run regions-7 on planted", run="regions-7"))
        events(Event("start"))
        return "regions-7"

    def follow(workspace: Workspace, run_id: str) -> None:
        followed.append(run_id)

    monkeypatch.setattr(learning, "train", train)
    monkeypatch.setattr("recsys.learning.tracking.follow", follow)
    assert run("train", "--data", "planted").exit_code == 0
    assert followed == ["regions-7"]
