"""What an earlier recorder could not send is sent by the next, whatever is deleted meanwhile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from recsys import atomic as files
from recsys import promotions
from recsys.learning import recorder, tracking
from recsys.learning.runs import Run
from recsys.workspace import LivePointer, Workspace
from tests.learning.tracked import client_of, records_of

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")

IDS = ["regions-1", "regions-2", "regions-3"]


@pytest.fixture
def three(tracked: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Three runs that were not sent yet; the model of the first is live."""
    monkeypatch.setattr(recorder, "_opened", {})
    for run_id in IDS[1:]:
        shutil.copytree(tracked.job_dir("regions-1"), tracked.job_dir(run_id))
        path = tracked.job_dir(run_id) / "run.json"
        files.write_json(path, {**json.loads(path.read_text()), "id": run_id})
    promotions.swap(tracked, LivePointer("regions-1", "planted", "T1"), "ada")
    assert tracking.outstanding(tracked) == IDS
    return tracked


def sent(workspace: Workspace) -> list[str]:
    """The runs that have a whole record, by their tag in the store."""
    found = client_of(workspace).search_runs(["1"], "attributes.status = 'FINISHED'")
    return sorted(run.data.tags["recsys.run"] for run in found)


def assert_live(workspace: Workspace, model: str) -> None:
    version = client_of(workspace).get_model_version_by_alias("recommender", "live")
    assert version.tags["model"] == model


def when_sent(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, act: Callable[[str], None]
) -> None:
    """Has something happen before each run's files are sent, in the middle of its record."""
    records = records_of(workspace)
    own = records._send_files

    def send_files(mlflow_run: str, run: Run) -> None:
        act(run.id)
        own(mlflow_run, run)

    monkeypatch.setattr(records, "_send_files", send_files)
    monkeypatch.setattr(recorder, "_opened", {"records": records})


def test_everything_is_sent_and_what_is_live_is_told(three: Workspace) -> None:
    assert recorder._send_outstanding(three) == ""
    assert sent(three) == IDS
    assert_live(three, "regions-1")


@pytest.mark.parametrize("at", ["regions-1", "regions-2"])
def test_a_run_that_is_deleted_meanwhile_holds_up_no_other(
    three: Workspace, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """While the one before it is sent, or in the middle of its own sending."""

    def act(run_id: str) -> None:
        if run_id == at:
            shutil.rmtree(three.job_dir("regions-2"), ignore_errors=True)
        if run_id == "regions-2":
            raise FileNotFoundError("it is gone")

    when_sent(monkeypatch, three, act)
    assert recorder._send_outstanding(three) == ""
    assert sent(three) == ["regions-1", "regions-3"]
    assert_live(three, "regions-1")
    assert tracking.outstanding(three) == []


def test_one_that_cannot_be_read_holds_up_no_other(three: Workspace) -> None:
    (three.job_dir("regions-2") / "run.json").write_text("{")
    assert recorder._send_outstanding(three) == ""
    assert sent(three) == ["regions-1", "regions-3"]
    assert_live(three, "regions-1")


def test_a_server_that_is_down_is_asked_once(
    three: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def act(run_id: str) -> None:
        asked.append(run_id)
        raise ConnectionError("no route")

    when_sent(monkeypatch, three, act)
    assert recorder._send_outstanding(three) == "ConnectionError: no route"
    assert asked == ["regions-1", "regions-1"]  # for its record, and to register what is live
    assert tracking.outstanding(three) == IDS
