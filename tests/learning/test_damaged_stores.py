"""Databases that a power failure left damaged: what was finished is in files, and is found again.

A journal that is still hot and cut in half, a file that is cut, one that is empty: for MLflow's
store and for a sweep's. Whatever is lost is made anew, and whoever asks is told.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recsys import atomic as files
from recsys.cli import cli
from recsys.learning import tracking
from recsys.learning.sweep_study import Study
from recsys.learning.sweep_worker import Search
from recsys.learning.sweeps import read_sweep
from recsys.workspace import PROJECT_DIR, Workspace
from tests.learning.test_sweep_study import REQUEST, kept, run
from tests.learning.tracked import assert_whole_record, send

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_CRASH = """
import os, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("pragma journal_mode = " + sys.argv[2])
store.execute("pragma wal_autocheckpoint = 0")
store.execute("pragma cache_size = 2")
if sys.argv[2] == "wal":
    store.execute("create table kept as select * from alembic_version")  # in the log alone
store.execute("begin immediate")
for (name,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
    column = store.execute(f"pragma table_info('{name}')").fetchall()[-1][1]
    store.execute(f"update or ignore '{name}' set '{column}' = '{column}'")
store.execute("create table spilt (content)")
store.executemany("insert into spilt values (randomblob(3000))", [()] * 300)
os._exit(0)  # the journal stays behind
"""


def cut_in_half(path: Path) -> None:
    size = path.stat().st_size
    assert size > 2048
    os.truncate(path, size // 2 + 17)


def cut_journal(database: Path) -> None:
    subprocess.run([sys.executable, "-c", _CRASH, str(database), "delete"], check=True)
    cut_in_half(Path(f"{database}-journal"))


def cut_log(database: Path) -> None:
    subprocess.run([sys.executable, "-c", _CRASH, str(database), "wal"], check=True)
    cut_in_half(Path(f"{database}-wal"))


def emptied(database: Path) -> None:
    database.write_bytes(b"")


DAMAGES = (cut_in_half, cut_journal, cut_log, emptied)


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_records_are_made_anew_from_the_runs(
    tracked: Workspace, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    send(tracked)
    assert tracking.outstanding(tracked) == []
    damage(tracked.tracking_path)
    monkeypatch.setenv("RECSYS_HOME", str(tracked.root))
    listed = ask("runs")
    assert "regions-1" in listed.stdout
    # in a process of its own, which has nothing open
    command = [sys.executable, "-m", "recsys", "runs", "send"]
    sent = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True)
    assert "0 waiting" in sent.stdout
    mlflow_run = tracking.recorded(tracked, "regions-1").mlflow_run
    asides = [path.name for path in tracked.root.glob("runs.db.damaged-*")]
    assert len(asides) <= 1
    assert asides or damage is not cut_in_half  # others SQLite may mend, or take for a new one
    for name in asides:
        assert (tracked.root / name / "runs.db").is_file()
        for told in (sent.stderr, ask("runs").stderr, ask("runs", "show", "regions-1").stderr):
            assert "runs.db was damaged and is made anew from the runs' files" in told
            assert name in told
    # MLflow keeps the old file open in this process: the new one is looked at as a copy.
    copy = tracked.root / "copy.db"
    with (
        contextlib.closing(sqlite3.connect(tracked.tracking_path)) as now,
        contextlib.closing(sqlite3.connect(copy)) as other,
    ):
        now.backup(other)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{copy}")
    assert_whole_record(tracked, mlflow_run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_sweep_keeps_its_trials(
    tmp_path: Path,
    planted: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
) -> None:
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    monkeypatch.setenv("RECSYS_HOME", str(workspace.root))
    folder = a_sweep(workspace)
    before = kept(folder)
    # As a fresh process finds it: SQLAlchemy keeps no file of that name open.
    folder = folder.rename(workspace.sweep_dir("sweep-2"))
    damage(folder / "study.db")
    assert read_sweep(workspace, "sweep-2").ended == len(before["trials"])
    assert "complete" in ask("sweep", "show", "sweep-2").stdout
    search = Search("sweep-2", workspace, threading.Event())
    search.study.keep(before["used_s"])
    assert kept(folder) == before
    said = capsys.readouterr().out
    told = ask("sweep", "show", "sweep-2").stderr
    asides = [path.name for path in folder.glob("study.db.damaged-*")]
    assert asides or damage is not cut_in_half
    for text in (said, told):
        assert ("study.db was damaged and is made anew from trials.json" in text) == bool(asides)
        assert all(name in text for name in asides)
    assert search.study.next_trial().number == len(before["trials"])


def a_sweep(workspace: Workspace) -> Path:
    """Trials with every end that there is."""
    folder = workspace.sweep_dir("sweep-1")
    from recsys.catalog.datasets import open_dataset

    catalog, _ = open_dataset("planted", workspace)
    record = {"request": asdict(REQUEST), "data_name": "planted", "created": "2026-07-01"}
    files.write_json(folder / "sweep.json", {**record, "fingerprint": catalog.fingerprint})
    study = Study(folder, REQUEST)
    for value in (0.1, 0.3, 0.2):
        run(study, lambda params, value=value: value)  # type: ignore[misc]
    pruned = study.next_trial()
    study.measured(pruned, 4, 0.05)
    study.end_early(pruned, "worse than the others", 1.0)
    study.fail(study.next_trial(), "too wide", 0.5)
    study.keep(60.0)
    return folder


def ask(*args: str) -> Result:
    result = CliRunner().invoke(cli, list(args))
    assert result.exit_code == 0, result.stderr
    return result
