"""The command line as a whole: help, documentation, streams and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from recsys.cli import cli
from recsys.errors import DataError
from recsys.workspace import Workspace
from tests.support.planted import write_planted

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = sorted(cli.commands)
NEED_NOTHING = ("models", "datasets", "presets")


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args), prog_name="python -m recsys")


def process(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recsys", *args],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class TestHelp:
    def test_all_commands_are_there(self) -> None:
        expected = (
            "datasets demo embed evaluate models popularity presets promote promotions recommend "
            "runs sweep train"
        )
        assert " ".join(COMMANDS) == expected

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_explains_itself_with_an_example(self, command: str) -> None:
        result = run(command, "--help")
        assert result.exit_code == 0
        assert f"Example: python -m recsys {command}" in " ".join(result.stdout.split())
        for parameter in cli.commands[command].params:
            assert isinstance(parameter, click.Option)
            assert parameter.help

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_has_json(self, command: str) -> None:
        assert "--json" in run(command, "--help").stdout

    def test_examples_parse(self) -> None:
        for name, command in cli.commands.items():
            words = (command.epilog or "").removeprefix("Example: python -m recsys ").split()
            assert words[0] == name
            command.make_context(name, words[1:])

    def test_help_is_quick_since_it_loads_nothing_heavy(self) -> None:
        heavy = (
            "jax flax orbax optax grain streamlit pandas numpy PIL rich mlflow optuna sqlalchemy"
        )
        code = (
            "import sys; from recsys.cli import cli; cli.main(['--help'], standalone_mode=False); "
            f"print([m for m in {heavy!r}.split() if m in sys.modules], file=sys.stderr)"
        )
        started = time.monotonic()
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert found.stderr.strip() == "[]"
        assert time.monotonic() - started < 5  # well under one on a quiet machine


class TestDocumentation:
    DOCS = (ROOT / "docs" / "cli.md").read_text("utf-8")

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_and_option_is_documented(self, command: str) -> None:
        section = self.DOCS.split(f"\n## {command}\n")[1].split("\n## ")[0]
        assert f"python -m recsys {command}" in section
        for parameter in cli.commands[command].params:
            for option in parameter.opts:
                assert f"`{option}" in section, f"{command} {option}"

    def test_nothing_is_documented_that_does_not_exist(self) -> None:
        sections = [line[3:] for line in self.DOCS.splitlines() if line.startswith("## ")]
        assert [name for name in sections if name in COMMANDS] == [
            name for name in sections if name.islower() and " " not in name
        ]

    def test_documented_commands_parse(self) -> None:
        lines = [line for line in self.DOCS.splitlines() if line.startswith("python -m recsys ")]
        assert len(lines) >= len(COMMANDS)
        for line in lines:
            words = line.split(" #")[0].split()[3:]
            cli.commands[words[0]].make_context(words[0], words[1:])


class TestStreams:
    @pytest.mark.parametrize("command", NEED_NOTHING)
    def test_json_is_all_of_standard_output(self, command: str) -> None:
        result = run(command, "--json")
        assert result.exit_code == 0
        json.loads(result.stdout)

    def test_what_libraries_print_goes_to_standard_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def noisy(workspace: Workspace) -> list[object]:
            print("noise")  # noqa: T201
            return []

        monkeypatch.setattr("recsys.catalog.datasets.list_datasets", noisy)
        result = run("datasets", "--json")
        assert result.stdout == "[]\n"
        assert "noise" in result.stderr

    def test_no_colour_codes_outside_a_terminal(self) -> None:
        result = run("presets")
        assert "regions" in result.stdout
        assert "\x1b" not in result.stdout + result.stderr

    def test_a_real_process_says_nothing_but_its_result(self, tmp_path: Path) -> None:
        data = write_planted(tmp_path / "planted")
        found = process("recommend", "--data", str(data), "--random", "-k", "3", "--json")
        assert found.returncode == 0
        assert found.stderr == ""
        assert len(json.loads(found.stdout)["products"]) == 3

    def test_left_out_entries_are_summed_up_on_standard_error(self, tmp_path: Path) -> None:
        data = write_planted(tmp_path / "planted")
        with (data / "planted.json").open("a") as file:
            file.write('{"product": "nobody", "scene": "studio-000"}\nnot json\n')
        result = run("recommend", "--data", str(data), "--random", "--json")
        json.loads(result.stdout)
        assert "planted: 2 entries were left out" in result.stderr
        assert "unknown-product" in result.stderr

    def test_a_closed_pipe_is_quiet(self, tmp_path: Path) -> None:
        data = write_planted(tmp_path / "planted")
        command = f"{sys.executable} -m recsys recommend --data {data} --popular --json | true"
        found = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert found.stderr == ""


class TestExitCodes:
    def test_what_a_person_can_mend_is_one_line_and_exit_1(self) -> None:
        result = run("recommend", "--data", "nowhere", "--random", "--json")
        assert result.exit_code == 1
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: no data set 'nowhere'")

    def test_wrong_usage_is_exit_2(self) -> None:
        assert run("recommend", "--data", "demo").exit_code == 2
        assert run("nonsense").exit_code == 2
        assert run("train").exit_code == 2

    def broken(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        def fail(workspace: Workspace) -> None:
            raise error

        monkeypatch.setattr("recsys.catalog.datasets.list_datasets", fail)

    def test_a_bug_is_one_line_that_names_its_log_and_exit_3(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.broken(monkeypatch, KeyError("odd\nkey"))
        result = run("datasets")
        assert result.exit_code == 3
        (line,) = result.stderr.splitlines()
        assert line.startswith("Unexpected error, please report it: KeyError")
        (log,) = (Workspace.default().root / "logs").iterdir()
        assert str(log) in line
        assert "Traceback" in log.read_text()

    def test_a_bug_without_a_place_for_its_log(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "file"))
        self.broken(monkeypatch, ZeroDivisionError())
        result = run("datasets")
        assert result.exit_code == 3
        assert "--traceback" in result.stderr

    def test_the_traceback_on_demand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken(monkeypatch, DataError("bad data"))
        assert "Traceback" not in run("datasets").stderr
        assert "Traceback" in run("--traceback", "datasets").stderr
        monkeypatch.setenv("RECSYS_DEBUG", "1")
        result = run("datasets")
        assert "Traceback" in result.stderr
        assert result.exit_code == 1

    def test_interrupted_is_exit_130(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken(monkeypatch, KeyboardInterrupt())
        result = run("datasets")
        assert result.exit_code == 130
        assert "Traceback" not in result.stderr

    def test_a_message_cannot_steer_the_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken(monkeypatch, DataError("bad \x1b[2J name\nand more"))
        assert run("datasets").stderr == "Error: bad [2J name and more\n"
