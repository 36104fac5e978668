"""``sweep`` and its commands."""

from __future__ import annotations

import os
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pytest

from recsys import atomic as files
from recsys.commands.sweeps import sweep as group
from recsys.learning import sweep_jobs
from recsys.learning.sweeps import Parameter, SweepRequest, textbook
from recsys.process_identity import Identity
from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer, calls_of, documented
from tests.commands.test_training import TINY

REQUEST = SweepRequest(
    "/data/looks", "regions", (Parameter("learning_rate", 1e-4, 1e-2, True),), 20, trials=3
)


def write_sweep(workspace: Workspace, sweep_id: str = "sweep-1", phase: str = "finished") -> Path:
    folder = workspace.sweep_dir(sweep_id)
    record = {"request": asdict(REQUEST), "data_name": "looks", "fingerprint": "abc"}
    files.write_json(folder / "sweep.json", {**record, "created": "2025-01-01T00:00:00"})
    values = ((0, 0.25, "complete"), (1, 0.75, "complete"), (2, 0.9, "pruned"))
    trials = [
        {
            "number": number,
            "state": state,
            "value": value,
            "params": {"learning_rate": 0.001 * (number + 1)},
            "steps": 20,
            "curve": [[20, value]],
            "seconds": 2.0,
            "reason": "worse [red]" if state == "pruned" else "",
        }
        for number, value, state in values
    ]
    files.write_json(
        folder / "trials.json", {"trials": trials, "importances": {"learning_rate": 1.0}}
    )
    files.write_json(folder / "state.json", {"phase": phase, "fraction": 0.5})
    files.write_json(folder / "process.json", {"started": "2025", "supervisor": None})
    return folder


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Workspace:
    workspace = Workspace(tmp_path / "own")
    monkeypatch.setenv("RECSYS_HOME", str(workspace.root))
    return workspace


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What reached the functions that would start processes."""
    return calls_of(monkeypatch, sweep_jobs, "start_sweep", "resume_sweep", gives="sweep-1")


class TestStart:
    def test_the_textbooks_sweep_unless_told_otherwise(
        self, run: Run, own: Workspace, asked: list[Any]
    ) -> None:
        words = ("sweep", "start", "--data", "looks", "--steps", "50", "--background")
        assert answer(run(*words, "--trials", "6", "--json")) == {"sweep": "sweep-1"}
        request, queue = asked[0]
        assert queue
        assert request == SweepRequest("looks", "regions", textbook("regions"), 50, trials=6)
        plain = run(*words, "--minutes", "2", "--preset", "book-fixed", "--no-pruning")
        assert plain.stdout == "sweep-1\n"
        request, _ = asked[1]
        assert request.parameters == textbook("book-fixed")
        assert (request.minutes, request.trials, request.prunes) == (2.0, None, False)

    def test_what_to_search_is_passed_on(self, run: Run, own: Workspace, asked: list[Any]) -> None:
        run(
            *("sweep", "start", "--data", "looks", "--steps", "50", "--trials", "2"),
            *("--search", "tau=1:20", "--search", "embedding_dim=32|64", "--set", "augment=false"),
            *("--seed", "4", "--background"),
        )
        request, _ = asked[0]
        assert request.parameters == (
            Parameter("tau", 1.0, 20.0),
            Parameter("embedding_dim", choices=("32", "64")),
        )
        assert (request.overrides, request.seed) == (("augment=false",), 4)

    @pytest.mark.parametrize(
        "words",
        [
            ("--steps", "50"),
            ("--steps", "50", "--trials", "2", "--minutes", "3"),
            ("--steps", "4", "--trials", "2"),
            ("--trials", "2"),
        ],
    )
    def test_contradictions_are_wrong_usage(
        self, run: Run, own: Workspace, asked: list[Any], words: tuple[str, ...]
    ) -> None:
        assert run("sweep", "start", "--data", "looks", *words).exit_code == 2
        assert asked == []

    def test_senseless_parameters_are_told(self, run: Run, own: Workspace) -> None:
        words = ("sweep", "start", "--data", "demo", "--steps", "50", "--trials", "2")
        result = run(*words, "--search", "taau=1:20")
        assert result.exit_code == 1
        assert "'tau'" in result.stderr
        assert own.sweep_ids() == []

    def test_it_is_watched_to_its_end(self, run: Run, own: Workspace, asked: list[Any]) -> None:
        write_sweep(own)
        result = run("sweep", "start", "--data", "looks", "--steps", "50", "--trials", "2")
        assert result.exit_code == 0
        told = result.stderr.splitlines()
        assert "trial 1: complete, recall@10 0.7500, learning_rate 0.002" in told
        assert "trial 2: pruned, recall@10 0.9000, learning_rate 0.003 (worse [red])" in told
        assert "1 (best)" in result.stdout

    def test_ctrl_c_stops_the_sweep(
        self, run: Run, own: Workspace, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = write_sweep(own, phase="training")
        me = Identity.of(os.getpid())
        assert me is not None
        files.write_json(folder / "process.json", {"started": "x", "supervisor": me.record()})
        stopped: list[str] = []

        def stop(sweep_id: str, workspace: Workspace) -> bool:
            stopped.append(sweep_id)
            write_sweep(own, phase="stopped")
            return True

        monkeypatch.setattr(sweep_jobs, "stop_sweep", stop)
        monkeypatch.setattr(
            "recsys.commands.sweeps.time.sleep", lambda s: os.kill(os.getpid(), signal.SIGINT)
        )
        result = run("sweep", "start", "--data", "looks", "--steps", "50", "--trials", "2")
        assert result.exit_code == 130
        assert set(stopped) == {"sweep-1"}
        assert "sweep resume sweep-1" in result.stderr

    def test_one_that_ends_badly_is_an_error(
        self, run: Run, own: Workspace, asked: list[Any]
    ) -> None:
        write_sweep(own, phase="training")
        result = run("sweep", "resume", "sweep-1", "--trials", "9")
        assert asked == [("sweep-1", {"trials": 9, "minutes": None, "queue": True})]
        assert result.exit_code == 1
        assert "ended without a word" in result.stderr
        assert "sweep resume sweep-1" in result.stderr


class TestLooking:
    def test_lists(self, run: Run, own: Workspace) -> None:
        assert answer(run("sweep", "--json")) == []
        assert "sweep start" in run("sweep").stderr
        write_sweep(own)
        (record,) = answer(run("sweep", "--json"))
        assert (record["sweep"], record["state"], record["best"]) == ("sweep-1", "finished", 1)
        assert "0.7500" in run("sweep").stdout

    def test_shows_the_trials_best_first(self, run: Run, own: Workspace) -> None:
        write_sweep(own)
        record = answer(run("sweep", "show", "sweep-1", "--json"))
        assert record["best_so_far"] == [[0, 0.25], [1, 0.75]]
        assert record["importances"] == {"learning_rate": 1.0}
        assert record["trials"][2]["reason"] == "worse [red]"
        plain = run("sweep", "show", "sweep-1")
        rows = [line for line in plain.stdout.splitlines() if "│" in line]
        assert [row.split("│")[1].strip() for row in rows] == ["1 (best)", "0", "2"]
        assert "learning_rate explains 100%" in plain.stdout
        assert "train-best sweep-1" in plain.stderr

    @pytest.mark.parametrize("command", ["show", "stop", "delete", "train-best", "resume"])
    def test_one_that_is_not_there(self, run: Run, own: Workspace, command: str) -> None:
        result = run("sweep", command, "nobody")
        assert result.exit_code == 1
        assert "no sweep 'nobody'" in result.stderr


def test_stop_and_delete(run: Run, own: Workspace) -> None:
    write_sweep(own)
    assert answer(run("sweep", "stop", "sweep-1", "--json")) == {
        "sweep": "sweep-1",
        "stopping": False,
    }
    assert answer(run("sweep", "delete", "sweep-1", "--json")) == {"sweep": "sweep-1"}
    assert own.sweep_ids() == []


def test_the_best_is_trained(run: Run, own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def start(request: Any, workspace: Workspace, **options: Any) -> str:
        asked.append((request, options))
        return "regions-9"

    monkeypatch.setattr("recsys.learning.jobs.start", start)
    write_sweep(own)
    assert answer(run("sweep", "train-best", "sweep-1", "--steps", "30", "--json")) == {
        "run": "regions-9"
    }
    request, options = asked[0]
    assert request.overrides == ("learning_rate=0.002",)
    assert (request.data, request.preset, request.steps) == ("/data/looks", "regions", 30)
    assert (options["name"], options["origin"]) == ("Best of sweep-1", "sweep-1")


@pytest.mark.slow
def test_a_real_one_from_the_terminal(run: Run, shop: Workspace) -> None:
    shared = [word for change in TINY for word in ("--set", change)]
    words = ("sweep", "start", "--data", "planted", "--steps", "5", "--trials", "2")
    search = ("--search", "learning_rate=0.001:0.01:log")
    record = answer(run(*words, *search, *shared, "--json"))
    assert record["state"] == "finished"
    assert [trial["state"] for trial in record["trials"]] == ["complete", "complete"]
    answer(run("sweep", "delete", record["sweep"], "--json"))


def test_every_command_and_option_is_documented() -> None:
    section = documented("sweep", group)
    for name, command in group.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert f"`{parameter.opts[0]}" in section, (name, parameter.opts)
    lines = [line for line in section.splitlines() if line.startswith("python -m recsys sweep ")]
    assert lines
    for line in lines:
        name, *words = line.split()[4:]
        group.commands[name].make_context(name, words)
