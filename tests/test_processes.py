"""A piece of work as a process of its own: started once, watched, stopped, and how it ended."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recsys import processes
from recsys.process_identity import Identity
from recsys.processes import AlreadyRunningError, Status
from recsys.workspace import PROJECT_DIR

SOON_S = 120.0
SLEEPS = "import time; time.sleep(600)"
SAVES = """
import signal, sys, time
from pathlib import Path
def save(number, frame):
    Path(sys.argv[1]).write_text('saved')
    sys.exit(130)
signal.signal(signal.SIGTERM, save)
print('ready', flush=True)
time.sleep(600)
"""
REFUSES = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready', flush=True)
time.sleep(600)
"""


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "task"
    yield folder
    for name in ("worker", "process"):
        record = processes.read_record(folder / f"{name}.json") or {}
        one = Identity.from_record(record.get("supervisor") or record)
        if one is not None and one.is_alive() and one.pid != os.getpid():
            os.kill(one.pid, signal.SIGKILL)


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SOON_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.01)
    return value


def run(folder: Path, code: str, *arguments: str, **options: Any) -> None:
    processes.start(folder, ["-c", code, *arguments], **options)


def ended(folder: Path) -> Status:
    status = processes.wait(folder, SOON_S)
    assert status.stage == "ended", processes.log_tail(folder)
    return status


def worker_pid(folder: Path) -> int:
    return int(until(lambda: processes.status(folder).pid))


def end_it(folder: Path) -> None:
    worker_pid(folder)
    assert processes.kill(folder)
    assert "SIGKILL" in ended(folder).reason()


def ready(folder: Path) -> None:
    until(lambda: "ready" in processes.log_tail(folder))


class TestAnEnd:
    def test_nothing_was_started(self, task: Path) -> None:
        assert processes.status(task) == Status("none")
        assert not processes.stop(task)
        assert not processes.kill(task)
        assert processes.log_tail(task) == []
        assert processes.read_state(task) == {}

    def test_a_good_one_has_no_reason(self, task: Path) -> None:
        run(task, "print('one'); import sys; print('two', file=sys.stderr)")
        status = ended(task)
        assert status.end is not None
        assert (status.end.exit_code, status.end.signal, status.reason()) == (0, None, "")
        assert sorted(processes.log_tail(task)) == ["one", "two"]
        assert status.end.peak_memory_bytes > 1_000_000
        assert not list(task.glob(".ended-*"))

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("raise SystemExit(7)", "error (exit code 7)"),
            ("raise ValueError('no')", "error (exit code 1)"),
            (f"raise SystemExit({processes.EXIT_DISK_FULL})", "the disk is full"),
            (f"raise SystemExit({processes.EXIT_STOPPED})", "it was stopped"),
            ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
            ("import os; os.kill(os.getpid(), 11)", "ended by SIGSEGV"),
        ],
    )
    def test_another_has(self, task: Path, code: str, reason: str) -> None:
        run(task, code)
        assert reason in ended(task).reason()

    def test_a_kill_while_the_kernel_ran_out_of_memory_says_so(self) -> None:
        end = processes.End(None, "SIGKILL", True, False, "2025-01-01T00:00:00+00:00", 1)
        assert "ran out of memory" in Status("ended", end=end).reason()

    def test_what_it_started_and_left_ends_with_it(self, task: Path) -> None:
        run(
            task,
            "import subprocess, sys; "
            f"print(subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]).pid, flush=True)",
        )
        ended(task)
        left = int(processes.log_tail(task)[-1])
        until(lambda: Identity.of(left) is None)

    def test_both_killed_at_once_is_said_to_be_unknown(self, task: Path) -> None:
        run(task, SLEEPS)
        worker = worker_pid(task)
        record = processes.read_record(task / "process.json")
        assert record is not None
        os.kill(record["supervisor"]["pid"], signal.SIGKILL)
        until(lambda: not Identity(**record["supervisor"]).is_alive())
        assert processes.status(task).stage == "running"  # the worker lives on
        os.kill(worker, signal.SIGKILL)
        until(lambda: not processes.status(task).is_alive)
        status = processes.status(task)
        assert status.stage == "lost"
        assert "without a word" in status.reason()

    def test_a_restart_of_the_machine_is_known(self, task: Path) -> None:
        run(task, "pass")
        ended(task)
        (task / "ended.json").unlink()
        record = json.loads((task / "process.json").read_text())
        record["supervisor"]["boot"] = "an earlier one"
        (task / "process.json").write_text(json.dumps(record))
        worker = json.loads((task / "worker.json").read_text())
        (task / "worker.json").write_text(json.dumps({**worker, "boot": "an earlier one"}))
        assert "machine was restarted" in processes.status(task).reason()


class TestIdentity:
    def test_a_number_that_is_used_again_is_another_process(self) -> None:
        me = Identity.of(os.getpid())
        assert me is not None
        assert me.is_alive()
        assert not Identity(me.pid, str(int(me.began) - 1), me.boot).is_alive()
        assert not Identity(me.pid, me.began, "another boot").is_alive()

    def test_what_waits_to_be_reaped_is_dead(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", "pass"])
        until(lambda: _state(process.pid) == "Z")
        assert Identity.of(process.pid) is None
        process.wait()
        assert Identity.of(process.pid) is None


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class TestStarting:
    def test_of_many_at_once_one_is_accepted(self, task: Path) -> None:
        gate, outcomes = threading.Barrier(6), []

        def attempt() -> None:
            gate.wait()
            try:
                run(task, SLEEPS)
                outcomes.append("accepted")
            except AlreadyRunningError as error:
                outcomes.append(str(error))

        threads = [threading.Thread(target=attempt) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("accepted") == 1
        assert sum("task is running already" in outcome for outcome in outcomes) == 5
        end_it(task)

    def test_of_many_processes_at_once_one_is_accepted(self, task: Path, tmp_path: Path) -> None:
        code = f"""
import sys, time
from pathlib import Path
from recsys import processes
print('here', flush=True)
sys.stdin.readline()
processes.start(Path({str(task)!r}), ['-c', {SLEEPS!r}])
"""
        starters = [
            subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=PROJECT_DIR,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for starter in starters:
            assert starter.stdout is not None
            assert starter.stdout.readline() == "here\n"
        outcomes = [starter.communicate("go\n", timeout=SOON_S) for starter in starters]
        codes = sorted(starter.returncode for starter in starters)
        assert codes == [0, 1, 1], outcomes
        # Its starter has ended long since; it goes on, and is found.
        assert processes.status(task).stage == "running"
        end_it(task)

    def test_again_after_its_end(self, task: Path) -> None:
        run(task, "raise SystemExit(3)")
        ended(task)
        run(task, "print('again')")
        assert ended(task).reason() == ""
        assert processes.log_tail(task)[-1] == "again"

    def test_the_worker_is_nice_has_its_session_and_the_environment(
        self, task: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PASSED_ON", "yes")
        code = (
            "import json, os, sys; print(json.dumps([os.nice(0), os.getsid(0) == os.getpid(), "
            "os.environ['PASSED_ON'], os.environ['ADDED'], os.environ['RECSYS_TASK_DIR'], "
            "sys.stdin.read(), sorted(os.listdir('/proc/self/fd'))]))"
        )
        before = os.nice(0)
        with (task.parent / "a file").open("w") as file:
            os.set_inheritable(file.fileno(), True)
            run(task, code, environment={"ADDED": "too"}, priority=7)
        ended(task)
        nice, leads, *rest, descriptors = json.loads(processes.log_tail(task)[-1])
        assert nice == min(19, before + 7)
        assert leads
        assert rest == ["yes", "too", str(task), ""]
        assert descriptors == ["0", "1", "2", "3"]  # the last lists the folder

    def test_a_supervisor_that_is_not_written_down_starts_nothing(
        self, task: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, record: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("recsys.atomic.write_json", full)
        with pytest.raises(OSError, match="No space left"):
            run(task, "print('ran')")
        assert processes.status(task).stage == "none"
        assert processes.log_tail(task) == []
        monkeypatch.undo()
        run(task, "print('ran')")
        assert ended(task).reason() == ""


class TestStopping:
    def test_the_worker_saves_first(self, task: Path, tmp_path: Path) -> None:
        run(task, SAVES, str(tmp_path / "saved"))
        ready(task)
        assert processes.stop(task)
        status = ended(task)
        assert status.stop_asked
        assert status.reason() == "it was stopped"
        assert (tmp_path / "saved").read_text() == "saved"
        assert not processes.stop(task)

    def test_right_after_the_start(self, task: Path) -> None:
        """Whatever it has come to by then, it ends and nothing is left."""
        run(task, SLEEPS)
        assert processes.stop(task)
        status = processes.wait(task, SOON_S)
        assert not status.is_alive
        assert status.stop_asked
        assert "it was stopped" in status.reason()

    def test_one_that_does_not_is_killed_after_the_timeout(self, task: Path) -> None:
        run(task, REFUSES, stop_timeout_s=0.3)
        ready(task)
        processes.stop(task)
        assert "did not stop in time" in ended(task).reason()

    def test_is_seen_while_it_stops(self, task: Path) -> None:
        run(task, REFUSES)
        ready(task)
        processes.stop(task)
        assert processes.status(task).stage == "stopping"
        processes.kill(task)
        ended(task)

    def test_without_its_supervisor(self, task: Path, tmp_path: Path) -> None:
        run(task, SAVES, str(tmp_path / "saved"))
        ready(task)
        record = processes.read_record(task / "process.json")
        assert record is not None
        os.kill(record["supervisor"]["pid"], signal.SIGKILL)
        until(lambda: not Identity(**record["supervisor"]).is_alive())
        assert processes.stop(task)
        until(lambda: not processes.status(task).is_alive)
        assert (tmp_path / "saved").read_text() == "saved"


class TestTelling:
    def test_state_is_replaced_as_a_whole(self, task: Path) -> None:
        code = """
import sys, time
from recsys import processes
for step in range(40):
    processes.report({'step': step, 'filler': 'x' * 20000})
"""
        run(task, code)
        seen = []
        while processes.status(task).is_alive:
            state = processes.read_state(task)
            if state:
                assert len(state["filler"]) == 20000
                seen.append(state["step"])
        assert seen == sorted(seen)
        assert processes.read_state(task)["step"] == 39

    def test_outside_a_task_nobody_listens(self, tmp_path: Path) -> None:
        assert processes.own_folder() is None
        processes.report({"step": 1})
        assert list(tmp_path.rglob("state.json")) == []

    def test_the_tail_is_short_and_harmless(self, task: Path) -> None:
        code = "print('\\n'.join(f'line {i}' for i in range(9999))); print('\\x1b[31mred\\x07')"
        run(task, code)
        ended(task)
        assert processes.log_tail(task, lines=2) == ["line 9998", "[31mred"]
        assert len(processes.log_tail(task, lines=10**6, most_bytes=1000)) < 120

    def test_work_in_a_terminal_is_seen_too(self, task: Path) -> None:
        task.mkdir()
        with processes.enrolled(task):
            now = processes.status(task)
            assert (now.stage, now.pid) == ("running", os.getpid())
            with pytest.raises(AlreadyRunningError):
                run(task, SLEEPS)
            with pytest.raises(AlreadyRunningError), processes.enrolled(task):
                pass
        assert ended(task).reason() == ""
        with pytest.raises(KeyError), processes.enrolled(task):
            raise KeyError
        assert "exit code 1" in ended(task).reason()
        with processes.enrolled(task) as codes:
            codes.append(processes.EXIT_STOPPED)
        assert ended(task).reason() == "it was stopped"

    def test_work_in_a_terminal_that_is_killed(self, task: Path) -> None:
        code = f"""
import os
from pathlib import Path
from recsys import processes
with processes.enrolled(Path({str(task)!r})):
    os.kill(os.getpid(), 9)
"""
        task.mkdir()
        subprocess.run([sys.executable, "-c", code], cwd=PROJECT_DIR, check=False)
        status = processes.status(task)
        assert (status.stage, status.rebooted) == ("lost", False)
        assert "without a word" in status.reason()

    @pytest.mark.parametrize("text", ["", "[1]", "{", '{"supervisor": 3}', '{"supervisor": {}}'])
    def test_damaged_files_are_no_crash(self, task: Path, text: str) -> None:
        task.mkdir()
        for name in ("process", "worker", "ended", "state"):
            (task / f"{name}.json").write_text(text)
        assert not processes.status(task).is_alive
        assert isinstance(processes.read_state(task), dict)
