"""Each model has files of its own in its run's record, and each registered version its model's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from recsys import atomic as files
from recsys import promotions
from recsys.learning import runs, tracking
from recsys.learning.bundle import load_model
from recsys.learning.train import TrainRequest, train
from recsys.workspace import LivePointer, Workspace
from tests.learning.conftest import SHORT, quiet, weights_of
from tests.learning.tracked import artifacts, client_of, records_of, send

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def put_live(workspace: Workspace, model: str, at: str) -> None:
    promotions.swap(workspace, LivePointer(model, "planted", at), "ada")
    register(workspace)


def register(workspace: Workspace) -> None:
    records_of(workspace).register(promotions.history(workspace))


def trained_further(workspace: Workspace) -> str:
    """The second model of ``regions-1``, of other weights than its first."""
    further = train(TrainRequest(resume="regions-1", steps=SHORT + 2), workspace, quiet)
    assert runs.read_run(workspace, "regions-1").models == ("regions-1", further)
    assert weights_of(workspace, further) != weights_of(workspace, "regions-1")
    return further


def model_of_alias(workspace: Workspace) -> Path:
    """The files that who asks the registry for what is live gets."""
    version = client_of(workspace).get_model_version_by_alias("recommender", "live")
    return downloaded(workspace, str(version.version))


def downloaded(workspace: Workspace, version: str) -> Path:
    client = client_of(workspace)
    source = client.get_model_version_download_uri("recommender", version)
    mlflow_run, _, path = source.removeprefix("runs:/").partition("/")
    folder = workspace.root / "downloaded" / version
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Path(client.download_artifacts(mlflow_run, path, str(folder)))


def test_a_run_that_is_trained_further_leaves_its_first_model_live(tracked: Workspace) -> None:
    mlflow_run = send(tracked)
    put_live(tracked, "regions-1", "T1")
    further = trained_further(tracked)
    assert send(tracked) == mlflow_run
    register(tracked)
    live = model_of_alias(tracked)
    assert (live / "weights.npz").read_bytes() == weights_of(tracked, "regions-1")
    assert load_model(live).id == "regions-1"
    assert {
        f"bundles/{model}/{name}"
        for model in ("regions-1", further)
        for name in ("model.json", "weights.npz")
    } <= set(artifacts(client_of(tracked), mlflow_run))
    put_live(tracked, further, "T2")
    live = model_of_alias(tracked)
    assert (live / "weights.npz").read_bytes() == weights_of(tracked, further)
    versions = client_of(tracked).search_model_versions("name = 'recommender'")
    assert {version.tags["model"]: version.source for version in versions} == {
        model: f"runs:/{mlflow_run}/bundles/{model}" for model in ("regions-1", further)
    }


def test_each_report_stays_with_its_model(tracked: Workspace) -> None:
    further = trained_further(tracked)
    for model in ("regions-1", further):
        files.write_json(tracked.model_dir(model) / "report.json", {"of": model})
    bundles = tracked.artifacts_dir / send(tracked) / "artifacts" / "bundles"
    for model in ("regions-1", further):
        assert json.loads((bundles / model / "report.json").read_text()) == {"of": model}


def test_what_is_put_live_while_its_run_goes_on_has_its_files(tracked: Workspace) -> None:
    """A run's files are sent at its end; a model is registered with its own at once."""
    folder = tracked.job_dir("regions-1")
    state = json.loads((folder / "state.json").read_text())
    files.write_json(folder / "state.json", {**state, "phase": "training"})
    (folder / "ended.json").unlink()  # it was trained by this process, which is alive
    assert runs.read_run(tracked, "regions-1").is_in_progress
    put_live(tracked, "regions-1", "T1")
    assert load_model(model_of_alias(tracked)).id == "regions-1"


def test_a_model_whose_run_is_gone_is_sent_again_where_that_was_broken_off(
    tracked: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tracked.job_dir("regions-1"))
    promotions.swap(tracked, LivePointer("regions-1", "planted", "T1"), "ada")
    records = records_of(tracked)

    def fail(*_: str) -> None:
        raise ConnectionError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(records, "_send_bundle", fail)
        with pytest.raises(ConnectionError):
            records.register(promotions.history(tracked))
    register(tracked)
    assert load_model(model_of_alias(tracked)).id == "regions-1"
    assert len(client_of(tracked).search_runs(["1"])) == 1


class TestAnOlderRecord:
    """All models of a run went into one folder, ``bundle``, which a version had as its source."""

    @pytest.fixture
    def older(self, tracked: Workspace) -> Workspace:
        mlflow_run = send(tracked)
        client = client_of(tracked)
        artifacts = tracked.artifacts_dir / mlflow_run / "artifacts"
        (artifacts / "bundles" / "regions-1").rename(artifacts / "bundle")
        (artifacts / "bundles").rmdir()
        client.create_registered_model("recommender")
        source, tags = f"runs:/{mlflow_run}/bundle", {"model": "regions-1", "promoted T1": "ada"}
        made = client.create_model_version("recommender", source, mlflow_run, tags=tags)
        client.set_registered_model_alias("recommender", "live", made.version)
        promotions.swap(tracked, LivePointer("regions-1", "planted", "T1"), "ada")
        return tracked

    def test_stays_as_it_is_and_what_is_live_gets_a_folder(self, older: Workspace) -> None:
        trained_further(older)
        send(older)
        register(older)
        register(older)
        client = client_of(older)
        versions = client.search_model_versions("name = 'recommender'")
        assert sorted(str(version.version) for version in versions) == ["1", "2"]
        live = client.get_model_version_by_alias("recommender", "live")
        assert str(live.version) == "2"
        assert live.tags["promoted T1"] == "ada for planted"
        for version in ("1", "2"):
            place = downloaded(older, version)
            assert load_model(place).id == "regions-1"
            assert {path.name for path in place.iterdir()} == {"model.json", "weights.npz"}

    def test_what_was_overwritten_there_is_live_with_its_own_weights(
        self, older: Workspace
    ) -> None:
        further = trained_further(older)
        mlflow_run = tracking.recorded(older, "regions-1").mlflow_run
        bundle = older.artifacts_dir / mlflow_run / "artifacts" / "bundle"
        for name in ("model.json", "weights.npz"):
            shutil.copy(older.model_dir(further) / name, bundle / name)
        register(older)
        live = model_of_alias(older)
        assert (live / "weights.npz").read_bytes() == weights_of(older, "regions-1")
