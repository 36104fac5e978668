from __future__ import annotations

import dataclasses
import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from recsys.errors import ConfigError, DataError, ModelError, StaleError, TrainingError
from recsys.learning.bundle import load_model
from recsys.learning.checkpoints import Checkpoints
from recsys.learning.loop import Event, Interrupted, Pace
from recsys.learning.steps import Trainer, learning_rate_at
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace
from tests.learning.conftest import (
    LONG,
    SHORT,
    Run,
    losses,
    newest_run,
    quiet,
    read_metrics,
    weights_of,
)
from tests.learning.tiny import BOOK_OVERRIDES, OVERRIDES, tiny
from tests.support.planted import BASE, TEST_SCENES, VALIDATION_SCENES, write_planted

OFTEN = Pace(save_every_s=0.0, evaluate_every_s=1e9, report_every_s=0.0)
RARELY = Pace(save_every_s=1e9, evaluate_every_s=1e9, report_every_s=0.0)


def at_step(step: int, action: Callable[[], None]) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if event.kind == "step" and event.step == step:
            action()

    return listen


def at_message(text: str, action: Callable[[], None]) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if event.kind == "message" and event.text.startswith(text):
            action()

    return listen


def stop(number: int = signal.SIGTERM) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def interrupted(data: Path, workspace: Workspace, step: int, **request: Any) -> str:
    asked = {"steps": SHORT, "overrides": OVERRIDES, **request}
    with pytest.raises(Interrupted):
        train(TrainRequest(str(data), **asked), workspace, at_step(step, stop()), pace=RARELY)
    return newest_run(workspace)


class TestAFinishedRun:
    def test_leaves_a_model_that_says_what_it_is(self, learnt: Run, planted: Path) -> None:
        assert learnt.id in learnt.workspace.model_ids()
        model = load_model(learnt.workspace.resolve_model(learnt.id))
        assert model.id == learnt.id
        assert model.preset == "regions"
        assert model.info["steps"] == LONG
        assert model.info["trained_on"]["name"] == "planted"
        assert 0 <= model.info["validation"]["recall@10"] <= 1
        assert model.embedding_dim == 8

    def test_has_seen_training_scenes_alone(self, learnt: Run) -> None:
        seen = load_model(learnt.bundle).scenes_seen
        assert 20 < len(seen) < 40
        assert not seen & {*VALIDATION_SCENES, *TEST_SCENES}

    def test_logs_every_step(self, learnt: Run) -> None:
        assert [step for step, _, _ in losses(learnt.metrics)] == list(range(1, LONG + 1))
        assert all(math.isfinite(loss) for _, loss, _ in losses(learnt.metrics))

    def test_tells_how_it_goes(self, learnt: Run) -> None:
        kinds = {event.kind for event in learnt.events}
        assert kinds >= {"start", "step", "save", "evaluate", "done", "message"}
        fractions = [event.fraction for event in learnt.events if event.kind == "step"]
        assert fractions == sorted(fractions)
        assert any(learnt.id in event.text for event in learnt.events)

    def test_has_learnt_which_colours_go_with_a_scene(self, learnt: Run) -> None:
        """Chance: 10 of 24 products, 0.42, on scenes that training never saw."""
        recall = learnt.metrics[-1]["validation_recall@10"]
        assert recall > 0.75
        all_losses = [loss for _, loss, _ in losses(learnt.metrics)]
        assert np.mean(all_losses[-10:]) < 0.6 * np.mean(all_losses[:5])

    def test_the_same_request_gives_the_same_model(
        self, short: Run, planted: Path, workspace: Workspace
    ) -> None:
        again = train(
            TrainRequest(str(planted), steps=SHORT, overrides=OVERRIDES), workspace, quiet
        )
        assert again != short.id
        assert losses(read_metrics(workspace, again)) == losses(short.metrics)
        assert weights_of(workspace, again) == weights_of(workspace, short.id)


class TestResuming:
    @pytest.mark.parametrize("step", [1, SHORT // 2])
    def test_goes_on_as_if_nothing_had_been(
        self, short: Run, planted: Path, workspace: Workspace, step: int
    ) -> None:
        run_id = interrupted(planted, workspace, step)
        assert run_id not in workspace.model_ids()
        assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)[:step]
        assert train(TrainRequest(resume=run_id), workspace, quiet) == run_id
        assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)
        assert weights_of(workspace, run_id) == weights_of(workspace, short.id)

    def test_the_books_statistics_go_on_too(self, planted: Path, workspace: Workspace) -> None:
        request = TrainRequest(str(planted), "book-fixed", steps=6, overrides=BOOK_OVERRIDES)
        whole = train(request, workspace, quiet)
        run_id = interrupted(
            planted, workspace, 3, preset="book-fixed", steps=6, overrides=BOOK_OVERRIDES
        )
        train(TrainRequest(resume=run_id), workspace, quiet)
        assert losses(read_metrics(workspace, run_id)) == losses(read_metrics(workspace, whole))
        assert weights_of(workspace, run_id) == weights_of(workspace, whole)

    def test_from_an_older_checkpoint_repeats_the_same_losses(
        self, short: Run, planted: Path, workspace: Workspace
    ) -> None:
        with pytest.raises(Interrupted):
            train(
                TrainRequest(str(planted), steps=SHORT, overrides=OVERRIDES),
                workspace,
                at_step(6, stop()),
                pace=OFTEN,
            )
        run_id = newest_run(workspace)
        folder = workspace.job_dir(run_id) / "checkpoints"
        assert Checkpoints(folder).steps() == [5, 6]
        (folder / "step-000000006" / "progress.json").write_text("")
        started: list[Event] = []
        train(TrainRequest(resume=run_id), workspace, started.append)
        assert [event.text for event in started if event.kind == "start"] == ["from step 5"]
        assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)

    def test_a_change_that_does_not_fit_spoils_nothing(
        self, short: Run, planted: Path, workspace: Workspace
    ) -> None:
        run_id = interrupted(planted, workspace, 2)
        wrong = TrainRequest(resume=run_id, overrides=("embedding_dim=16",))
        with pytest.raises(ModelError, match=r"checkpoint of step 2 .*/bias as float32 \[8\]"):
            train(wrong, workspace, quiet)
        with pytest.raises(ConfigError, match="'learning_rate'"):
            train(TrainRequest(resume=run_id, overrides=("learning_rat=1",)), workspace, quiet)
        train(TrainRequest(resume=run_id), workspace, quiet)
        assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)

    def test_a_lower_learning_rate_holds_from_there(
        self, short: Run, planted: Path, workspace: Workspace
    ) -> None:
        run_id = interrupted(planted, workspace, 5)
        train(TrainRequest(resume=run_id, overrides=("learning_rate=1e-5",)), workspace, quiet)
        metrics = read_metrics(workspace, run_id)
        assert losses(metrics)[:6] == losses(short.metrics)[:6]  # step 6 is of the old weights
        assert losses(metrics)[6:] != losses(short.metrics)[6:]
        assert max(record["learning_rate"] for record in metrics[5:10]) <= 1e-5
        assert load_model(workspace.model_dir(run_id)).config.learning_rate == 1e-5

    def test_a_finished_run_wants_a_larger_budget(
        self, planted: Path, workspace: Workspace
    ) -> None:
        run_id = train(TrainRequest(str(planted), steps=2, overrides=OVERRIDES), workspace, quiet)
        with pytest.raises(ConfigError, match=f"run {run_id} is complete.*--steps or --minutes"):
            train(TrainRequest(resume=run_id), workspace, quiet)
        first = load_model(workspace.model_dir(run_id))
        further = train(TrainRequest(resume=run_id, steps=4), workspace, quiet)
        assert further == f"{run_id}-2"
        assert load_model(workspace.model_dir(further)).info["steps"] == 4
        # the finished model may be live: it is left as it was
        assert load_model(workspace.model_dir(run_id)).fingerprint == first.fingerprint

    def test_a_run_killed_before_its_first_checkpoint_starts_afresh(
        self, planted: Path, workspace: Workspace
    ) -> None:
        whole = train(TrainRequest(str(planted), steps=3, overrides=OVERRIDES), workspace, quiet)
        with pytest.raises(Interrupted, match=r"before its first step.*--resume"):
            train(
                TrainRequest(str(planted), steps=3, overrides=(*OVERRIDES, "product_size_px=48")),
                workspace,
                at_message("Decoding products", stop(signal.SIGTERM)),
            )
        killed = newest_run(workspace)
        assert killed != whole
        assert Checkpoints(workspace.job_dir(killed) / "checkpoints").steps() == []
        assert train(TrainRequest(resume=killed), workspace, quiet) == killed
        steps = [r["step"] for r in read_metrics(workspace, killed) if "loss" in r]
        assert steps == [1, 2, 3]

    @pytest.mark.parametrize("change", ["seed=3", "batch_scenes=2", "products_per_scene=2"])
    def test_what_the_place_in_the_data_depends_on_is_kept(self, short: Run, change: str) -> None:
        request = TrainRequest(resume=short.id, steps=99, overrides=(change,))
        with pytest.raises(ConfigError, match="keeps its seed, batch_scenes"):
            train(request, short.workspace, quiet)

    def test_changed_data_are_refused(self, workspace: Workspace, tmp_path: Path) -> None:
        data = write_planted(tmp_path / "planted", scenes=12)
        run_id = interrupted(data, workspace, 2)
        pairs = data / f"{BASE}.json"
        pairs.write_text("\n".join(pairs.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")
        with pytest.raises(StaleError, match=f"planted has changed since the run {run_id}.*train"):
            train(TrainRequest(resume=run_id), workspace, quiet)

    @pytest.mark.parametrize("run_id", ["nobody-123456", "../models", "", "a/b"])
    def test_a_run_that_is_not_there_is_an_error(self, workspace: Workspace, run_id: str) -> None:
        with pytest.raises((ModelError, DataError)):
            train(TrainRequest(resume=run_id), workspace, quiet)

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"id": 1}', '{"config": null}'])
    def test_a_damaged_description_is_an_error(self, tmp_path: Path, text: str) -> None:
        workspace = Workspace(tmp_path)
        folder = workspace.job_dir("regions-1")
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(text)
        with pytest.raises(ModelError, match=r"no training run regions-1 that can be resumed"):
            train(TrainRequest(resume="regions-1"), workspace, quiet)


class TestInterrupting:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_saves_and_says_how_to_go_on(
        self, planted: Path, workspace: Workspace, number: int
    ) -> None:
        request = TrainRequest(str(planted), steps=SHORT, overrides=OVERRIDES)
        with pytest.raises(Interrupted, match=r"stopped at step 2 .*train --resume regions-\w+"):
            train(request, workspace, at_step(2, stop(number)), pace=RARELY)
        run_id = newest_run(workspace)
        assert Checkpoints(workspace.job_dir(run_id) / "checkpoints").steps() == [2]
        with pytest.raises(ModelError, match=f"{run_id} has not finished.*--resume {run_id}"):
            workspace.resolve_model(run_id)

    def test_one_process_a_run(self, planted: Path, workspace: Workspace) -> None:
        refused = []

        def second() -> None:
            run_id = newest_run(workspace)
            with pytest.raises(TrainingError, match=f"{run_id} is already being trained") as error:
                train(TrainRequest(resume=run_id), workspace, quiet)
            refused.append(error)

        request = TrainRequest(str(planted), steps=3, overrides=OVERRIDES)
        train(request, workspace, at_step(2, second), pace=OFTEN)
        assert len(refused) == 1


class TestNonFiniteLoss:
    def test_stops_and_keeps_the_last_good_checkpoint(
        self, planted: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A real run whose fifth step meets a learning rate of 1e38."""
        rates = {5: 1e38}
        monkeypatch.setattr(
            "recsys.learning.loop.learning_rate_at",
            lambda config, progress: rates.get(round(progress * SHORT) + 1, 1e-3),
        )
        request = TrainRequest(str(planted), steps=SHORT, overrides=OVERRIDES)
        message = (
            r"loss was .* at step \d, after \d finite steps; the last good checkpoint is of step"
        )
        with pytest.raises(TrainingError, match=message) as error:
            train(request, workspace, quiet, pace=OFTEN)
        run_id = newest_run(workspace)
        assert f"--resume {run_id} --set learning_rate" in str(error.value)
        assert run_id not in workspace.model_ids()
        checkpoints = Checkpoints(workspace.job_dir(run_id) / "checkpoints")
        state, progress = checkpoints.restore(Trainer(tiny()).initial_state())
        assert progress["step"] in (4, 5)
        assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves(state))


class TestBudgets:
    def test_minutes_end_in_time(self, short: Run, planted: Path, workspace: Workspace) -> None:
        """``short`` has decoded and compiled already, so most of the time is training."""
        began = time.monotonic()
        request = TrainRequest(str(planted), minutes=4 / 60, overrides=OVERRIDES)
        run_id = train(request, workspace, quiet)
        spent = time.monotonic() - began
        assert 3 < spent < 4 + 6  # the last checkpoint and evaluation on a busy machine
        metrics = [record for record in read_metrics(workspace, run_id) if "loss" in record]
        assert metrics[-1]["elapsed_s"] < 5
        # The schedule followed the clock: each rate is of a moment between the records before
        # and after its step, however few steps a busy machine came to.
        config = load_model(workspace.model_dir(run_id)).config
        budget_s, peak_s, before_s = 3.6, 3.6 * config.warmup_fraction, 0.0
        for record in metrics:
            after_s = record["elapsed_s"] + 0.001  # rounded
            ends = [learning_rate_at(config, at / budget_s) for at in (before_s, after_s)]
            highest = config.learning_rate if before_s <= peak_s <= after_s else max(ends)
            assert min(ends) * 0.99 <= record["learning_rate"] <= highest * 1.01
            before_s = max(0.0, record["elapsed_s"] - 0.001)
        assert metrics[-1]["elapsed_s"] > 0.5 * budget_s

    def test_a_preset_has_steps_of_its_own(
        self, planted: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from recsys.learning import train as module
        from recsys.learning.presets import PRESETS

        few = dataclasses.replace(PRESETS["regions"], steps=2)
        monkeypatch.setattr(module, "preset_named", lambda name: few)
        run_id = train(TrainRequest(str(planted), overrides=OVERRIDES), workspace, quiet)
        assert load_model(workspace.model_dir(run_id)).info["steps"] == 2

    @pytest.mark.parametrize(
        ("budget", "message"),
        [
            ({"steps": 3, "minutes": 1}, "exclude each other"),
            ({"steps": 0}, "steps must be 1 to 10000000, not 0"),
            ({"steps": -5}, "steps must be"),
            ({"minutes": 0}, "minutes must be above 0"),
            ({"minutes": math.nan}, "minutes must be above 0"),
            ({"minutes": math.inf}, "at most 43200"),
        ],
    )
    def test_a_senseless_budget_is_an_error(self, budget: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            TrainRequest("demo", **budget)


class TestUnusableData:
    def test_no_pairs(self, tmp_path: Path, workspace: Workspace) -> None:
        data = write_planted(tmp_path / "planted")
        (data / f"{BASE}.json").unlink()
        request = TrainRequest(str(data), steps=2, overrides=OVERRIDES)
        with pytest.raises((TrainingError, DataError), match=r"planted .*pair|pairs"):
            train(request, workspace, quiet)

    def test_no_pictures(self, tmp_path: Path, workspace: Workspace) -> None:
        data = write_planted(tmp_path / "planted")
        for image in (data / "images").iterdir():
            image.unlink()
        request = TrainRequest(str(data), steps=2, overrides=OVERRIDES)
        message = r"no training pair with both pictures readable \(\d+ pairs in all\).*images/"
        with pytest.raises(TrainingError, match=message):
            train(request, workspace, quiet)

    def test_a_single_scene(self, tmp_path: Path, workspace: Workspace) -> None:
        data = write_planted(tmp_path / "planted", scenes=1)
        request = TrainRequest(str(data), steps=2, overrides=OVERRIDES)
        with pytest.raises(TrainingError, match=r"at least 2 training scenes.*found 1"):
            train(request, workspace, quiet)

    def test_without_validation_scenes_it_trains_all_the_same(
        self, tmp_path: Path, workspace: Workspace
    ) -> None:
        data = write_planted(tmp_path / "planted")
        pairs = data / f"{BASE}.json"
        lines = pairs.read_text("utf-8").splitlines()
        kept = [line for line in lines if not any(name in line for name in VALIDATION_SCENES)]
        pairs.write_text("\n".join(kept) + "\n", "utf-8")
        run_id = train(TrainRequest(str(data), steps=2, overrides=OVERRIDES), workspace, quiet)
        info = load_model(workspace.model_dir(run_id)).info
        assert info["validation"] == {"recall@10": None, "scenes": 0, "candidates": 24}

    def test_some_unreadable_pictures_are_left_out(
        self, tmp_path: Path, workspace: Workspace
    ) -> None:
        data = write_planted(tmp_path / "planted")
        (data / "images" / "studio-000.png").write_bytes(b"not a picture")
        run_id = train(TrainRequest(str(data), steps=2, overrides=OVERRIDES), workspace, quiet)
        seen = load_model(workspace.model_dir(run_id)).scenes_seen
        assert seen
        assert "studio-000" not in seen

    def test_unknown_names(self, planted: Path, workspace: Workspace) -> None:
        with pytest.raises(DataError, match="no data set 'nowhere'"):
            train(TrainRequest("nowhere"), workspace, quiet)
        with pytest.raises(ConfigError, match=r"no preset 'boook'.*'book'"):
            train(TrainRequest(str(planted), "boook"), workspace, quiet)
        with pytest.raises(ConfigError, match="'batch_scenes'"):
            train(TrainRequest(str(planted), overrides=("batch_scene=3",)), workspace, quiet)
