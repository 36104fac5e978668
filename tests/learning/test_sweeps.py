"""A sweep as it is asked for, and as its files say it stands."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys.errors import ConfigError, RequestError
from recsys.learning import sweeps
from recsys.learning.presets import PRESETS
from recsys.learning.sweep_space import checked, is_whole, trial_config
from recsys.learning.sweeps import Parameter, SweepRequest, parse_parameter, textbook
from recsys.workspace import Workspace
from tests.support.imports import loaded_by

REQUEST = SweepRequest(
    "planted", "regions", (Parameter("learning_rate", 1e-4, 1e-2, True),), 20, trials=4
)


class TestTheTextbooks:
    @pytest.mark.parametrize("preset", PRESETS)
    def test_is_around_the_presets_own(self, preset: str) -> None:
        parameters = textbook(preset)
        assert len(parameters) == 3
        request = checked(replace(REQUEST, preset=preset, parameters=parameters))
        rate, regularisation, size = request.parameters
        config = PRESETS[preset].config
        assert rate.low is not None
        assert rate.high is not None
        assert rate.low < config.learning_rate < rate.high
        expected = "norm_penalty" if config.loss == "triplet" else "weight_decay"
        assert regularisation.key == expected
        assert size.choices == (32, 64, 128)


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("tau=1:20", Parameter("tau", 1.0, 20.0)),
            ("learning_rate=1e-4:0.1:log", Parameter("learning_rate", 1e-4, 0.1, True)),
            ("embedding_dim=32|64", Parameter("embedding_dim", choices=("32", "64"))),
            ("widths=8,8|16,16", Parameter("widths", choices=("8,8", "16,16"))),
        ],
    )
    def test_ranges_and_choices(self, text: str, expected: Parameter) -> None:
        assert parse_parameter(text) == expected

    @pytest.mark.parametrize(
        "text", ["", "tau", "tau=", "tau=1", "tau=1:2:lin", "tau=a:b", "=1:2:log:x"]
    )
    def test_anything_else_is_an_error(self, text: str) -> None:
        with pytest.raises(ConfigError, match="a parameter is key=low:high"):
            parse_parameter(text)


class TestChecking:
    def with_(self, *parameters: Parameter, **changes: Any) -> SweepRequest:
        return checked(replace(REQUEST, parameters=parameters or REQUEST.parameters, **changes))

    def test_choices_get_their_type(self) -> None:
        request = self.with_(
            Parameter("embedding_dim", choices=("32", "64")),
            Parameter("augment", choices=("true", "false")),
            Parameter("widths", choices=("8,8,8", "16,16,16")),
            Parameter("score", choices=("cosine", "dot")),
        )
        assert [parameter.choices for parameter in request.parameters] == [
            (32, 64),
            (True, False),
            ("8,8,8", "16,16,16"),
            ("cosine", "dot"),
        ]
        config = trial_config(request, {"widths": "16,16,16", "embedding_dim": 32})
        assert config.tower.widths == (16, 16, 16)
        assert config.tower.embedding_dim == 32
        assert is_whole(Parameter("batch_scenes"))
        assert not is_whole(Parameter("tau"))

    @pytest.mark.parametrize(
        ("parameter", "message"),
        [
            (Parameter("taau", 1, 2), "'tau'"),
            (Parameter("seed", 1, 2), "seed is not to be searched"),
            (Parameter("tau", 2, 1), "lower to a higher"),
            (Parameter("tau"), "lower to a higher"),
            (Parameter("tau", 0, 1), "tau must be 0.1"),
            (Parameter("tau", float("nan"), 1), "lower to a higher"),
            (Parameter("weight_decay", 0, 1, True), "logarithmic range of weight_decay"),
            (Parameter("augment", 0, 1), "augment has no range"),
            (Parameter("score", choices=("cosine",)), "2 to 100 values"),
            (Parameter("score", choices=("cosine", "sine")), "score must be cosine or dot"),
            (Parameter("embedding_dim", choices=("32", "32.0")), "whole number|twice"),
            (Parameter("embedding_dim", choices=(32, "32")), "twice"),
        ],
    )
    def test_senseless_parameters(self, parameter: Parameter, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            self.with_(parameter)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"trials": None}, "budget of trials or of minutes"),
            ({"minutes": 3.0}, "budget of trials or of minutes"),
            ({"trials": 0}, "trials must be 1"),
            ({"trials": None, "minutes": 0.0}, "minutes must be above 0"),
            ({"trials": None, "minutes": float("nan")}, "minutes must be above 0"),
            ({"trial_steps": 4}, "steps of a trial must be 5"),
            ({"preset": "regoins"}, "'regions'"),
            ({"overrides": ("tau",)}, "key=value"),
        ],
    )
    def test_senseless_requests(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            self.with_(**changes)

    def test_nothing_to_search_or_the_same_twice(self) -> None:
        with pytest.raises(ConfigError, match="something to search"):
            checked(replace(REQUEST, parameters=()))
        with pytest.raises(ConfigError, match="searched twice"):
            self.with_(*REQUEST.parameters, *REQUEST.parameters)


def write_sweep(workspace: Workspace, sweep_id: str = "sweep-1", **changes: Any) -> Path:
    folder = workspace.sweep_dir(sweep_id)
    record = {
        "request": asdict(REQUEST),
        "name": "",
        "data_name": "planted",
        "fingerprint": "abc",
        "created": "2025-01-01T00:00:00+00:00",
    }
    files.write_json(folder / "sweep.json", {**record, **changes})
    return folder


def trial(number: int, value: float | None, state: str = "complete") -> dict[str, Any]:
    curve = [] if value is None else [[4, value / 2], [20, value]]
    return {
        "number": number,
        "state": state,
        "value": value,
        "params": {"learning_rate": 0.001 * (number + 1)},
        "steps": 20,
        "curve": curve,
        "seconds": 1.5,
        "reason": "",
    }


class TestReading:
    def test_the_best_so_far_is_of_complete_trials(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        folder = write_sweep(workspace)
        trials = [
            trial(0, 0.3),
            trial(1, 0.9, "pruned"),
            trial(2, None, "failed"),
            trial(3, 0.2),
            trial(4, 0.5),
            trial(5, 0.8, "running"),
        ]
        importances = {"learning_rate": 1.0}
        files.write_json(folder / "trials.json", {"trials": trials, "importances": importances})
        sweep = sweeps.read_sweep(workspace, "sweep-1")
        assert sweep.request == REQUEST
        assert sweep.best_so_far == ((0, 0.3), (4, 0.5))
        assert sweep.best_trial is not None
        assert sweep.best_trial.params == {"learning_rate": 0.005}
        assert sweep.trials[0].curve == ((4, 0.15), (20, 0.3))
        assert sweep.importances == importances

    def test_states_are_those_of_runs(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        folder = write_sweep(workspace)
        assert sweeps.read_sweep(workspace, "sweep-1").state == "stopped"
        files.write_json(folder / "process.json", {"started": "2025", "supervisor": None})
        files.write_json(folder / "state.json", {"phase": "training", "fraction": 0.25})
        sweep = sweeps.read_sweep(workspace, "sweep-1")
        assert (sweep.state, sweep.fraction) == ("killed", 0.25)
        assert "sweep resume sweep-1" in sweep.remedy
        files.write_json(folder / "state.json", {"phase": "finished", "fraction": 0.99})
        sweep = sweeps.read_sweep(workspace, "sweep-1")
        assert (sweep.state, sweep.fraction, sweep.remedy) == ("finished", 1.0, "")

    @pytest.mark.parametrize(
        "text", ["", "[]", "{", '{"request": 3}', '{"trials": 3}', '{"trials": [3]}']
    )
    def test_damage_hides_no_other(self, tmp_path: Path, text: str) -> None:
        workspace = Workspace(tmp_path)
        write_sweep(workspace, "sweep-good")
        bad = write_sweep(workspace, "sweep-half")
        for name in ("trials", "state", "process"):
            (bad / f"{name}.json").write_text(text)
        (write_sweep(workspace, "sweep-bad") / "sweep.json").write_text(text)
        listed = [sweep.id for sweep in sweeps.list_sweeps(workspace)]
        assert sorted(listed) == ["sweep-good", "sweep-half"]

    @pytest.mark.parametrize("sweep_id", ["nobody", "../jobs", "", "a/b"])
    def test_one_that_is_not_there(self, tmp_path: Path, sweep_id: str) -> None:
        with pytest.raises(RequestError, match="no sweep"):
            sweeps.read_sweep(Workspace(tmp_path), sweep_id)

    def test_loads_nothing_heavy(self) -> None:
        assert loaded_by("recsys.learning.sweeps", "jax numpy optuna sqlalchemy") == []
