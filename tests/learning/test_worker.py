"""The words of a background run's log, and how each error ends it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from recsys import atomic as files
from recsys import processes
from recsys.errors import ConfigError, TrainingError
from recsys.learning import worker
from recsys.learning.disk import DiskFullError
from recsys.learning.loop import Event, Interrupted
from recsys.learning.state import StateFile, exit_code


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("recsys.learning.worker.time.monotonic", lambda: now[0])
    return now


def test_lines_are_few_and_evaluations_always_told(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = worker.Lines()
    lines(Event("message", text="Decoding scenes: 1 of 900"))
    lines(Event("message", text="Decoding scenes: 2 of 900"))
    lines(Event("start", text="from step 0"))
    for step in range(1, 101):
        clock[0] += 0.5
        lines(Event("step", step, step / 100, metrics={"loss": 2.0}))
        lines(Event("save", step))
        if step % 50 == 0:
            lines(Event("evaluate", step, step / 100, metrics={"validation_recall@10": 0.25}))
    lines(Event("done", 100))
    said = [line[9:] for line in capsys.readouterr().out.splitlines()]
    assert said[:3] == [
        "Decoding scenes: 1 of 900",
        "Training from step 0",
        "step 1 · 1% · loss 2",
    ]
    assert [line for line in said if "recall" in line] == [
        "step 50 · 50% · validation_recall@10 0.25",
        "step 100 · 100% · validation_recall@10 0.25",
    ]
    assert len(said) < 12


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Interrupted("stopped"), processes.EXIT_STOPPED),
        (KeyboardInterrupt(), processes.EXIT_STOPPED),
        (DiskFullError("full"), processes.EXIT_DISK_FULL),
        (OSError(errno.ENOSPC, "full"), processes.EXIT_DISK_FULL),
        (TrainingError("nan"), 1),
        (ConfigError("no"), 1),
        (KeyError("bug"), 3),
    ],
)
def test_each_end_has_its_exit_code(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


def test_what_ends_a_run_before_it_tells_is_told_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worker.told_error(TrainingError("data changed", "Start anew"), tmp_path) == 1
    told = processes.read_state(tmp_path)
    assert told["phase"] == "failed"
    assert told["error"] == {"message": "data changed", "remedy": "Start anew"}
    assert "data changed. Start anew" in capsys.readouterr().out
    files.write_json(tmp_path / "state.json", {"phase": "stopped", "step": 7})
    assert worker.told_error(Interrupted("x"), tmp_path) == processes.EXIT_STOPPED
    assert processes.read_state(tmp_path) == {"phase": "stopped", "step": 7}


def test_a_bug_leaves_its_traceback_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise KeyError("bug")
    except KeyError as error:
        code = worker.told_error(error, tmp_path)
    assert code == 3
    assert "Traceback" in capsys.readouterr().out
    assert processes.read_state(tmp_path)["error"]["message"] == "KeyError: 'bug'"


def test_a_new_budget_holds_although_its_turn_never_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setattr("recsys.learning.worker.await_turn", lambda *_: False)
    monkeypatch.setattr("recsys.learning.worker.quiet_libraries", lambda: None)
    monkeypatch.setattr("recsys.learning.worker.signal.signal", lambda *_: None)
    path = tmp_path / "jobs" / "regions-1" / "run.json"
    files.write_json(path, {"id": "regions-1", "steps": 6, "minutes": None})
    worker.main("regions-1", {"overrides": []})
    assert processes.read_record(path) == {"id": "regions-1", "steps": 6, "minutes": None}
    worker.main("regions-1", {"overrides": [], "steps": None, "minutes": 2.5})
    assert processes.read_record(path) == {"id": "regions-1", "steps": None, "minutes": 2.5}
    assert "Stopped while it waited" in capsys.readouterr().out


class TestTheState:
    def test_tells_how_far_it_is(self, tmp_path: Path) -> None:
        passed_on: list[Event] = []
        state = StateFile(tmp_path, passed_on.append)
        state(Event("message", text="Decoding"))
        assert processes.read_state(tmp_path)["phase"] == "reading"
        assert processes.read_state(tmp_path)["text"] == "Decoding"
        state(Event("start", 3))
        state(Event("step", 4, 0.1, 60.0, {"loss": 2.0}))
        state(Event("save", 4, 0.1, 60.0))
        state(Event("evaluate", 4, 0.1, 59.0, {"validation_recall@10": 0.5}))
        told = processes.read_state(tmp_path)
        assert (told["phase"], told["step"], told["saved_step"]) == ("training", 4, 4)
        assert told["metrics"] == {"loss": 2.0, "validation_recall@10": 0.5}
        assert told["remaining_s"] == 59.0
        state.finished("model-1")
        told = processes.read_state(tmp_path)
        assert (told["phase"], told["model"], told["fraction"]) == ("finished", "model-1", 1.0)
        assert [event.kind for event in passed_on] == [
            "message",
            "start",
            "step",
            "save",
            "evaluate",
        ]

    def test_is_written_no_more_than_once_a_second(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = [100.0]
        monkeypatch.setattr("recsys.learning.state.time.monotonic", lambda: now[0])
        written: list[str] = []
        monkeypatch.setattr(files, "write_json", lambda path, record: written.append(path.name))
        state = StateFile(tmp_path, lambda event: None)
        state(Event("start"))
        for step in range(100):
            now[0] += 0.1
            state(Event("step", step, 0.1, None, {}))
        assert 8 <= len(written) <= 12

    def test_a_run_with_its_model_made_does_not_fail_for_a_last_word(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        codes: list[int] = []
        state = StateFile(tmp_path, lambda event: None)
        state(Event("done", 4))
        with state.outcome(codes):
            monkeypatch.setattr(files, "write_json", full)
            state.finished("model-1")
        assert codes == []
        assert processes.read_state(tmp_path)["phase"] == "exporting"

    @pytest.mark.parametrize(
        ("error", "phase", "code"),
        [
            (Interrupted("stopped"), "stopped", processes.EXIT_STOPPED),
            (TrainingError("nan", "Lower it"), "failed", 1),
            (DiskFullError("full", "Free some"), "failed", processes.EXIT_DISK_FULL),
        ],
    )
    def test_says_how_it_ended(
        self, tmp_path: Path, error: Exception, phase: str, code: int
    ) -> None:
        codes: list[int] = []
        with pytest.raises(type(error)), StateFile(tmp_path, lambda event: None).outcome(codes):
            raise error
        told = processes.read_state(tmp_path)
        assert (told["phase"], codes) == (phase, [code])
        assert (told["error"] is None) == (phase == "stopped")
