"""What a training would cost: measured, kept, and refused where it does not fit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recsys import atomic as files
from recsys import processes
from recsys.catalog.catalog import Catalog
from recsys.catalog.datasets import open_dataset
from recsys.errors import ConfigError, TrainingError
from recsys.learning import estimates, jobs, measuring
from recsys.learning.config import TrainConfig, with_overrides
from recsys.learning.estimates import Estimate, begin, estimate, look
from recsys.learning.memory import available_bytes
from recsys.learning.steps import Trainer
from recsys.learning.train import TrainRequest
from recsys.workspace import Workspace
from tests.learning.conftest import Run
from tests.learning.tiny import OVERRIDES, tiny

MEASURED: dict[str, Any] = {
    "step_s": 0.5,
    "first_step_s": 8.0,
    "memory_bytes": 3_000_000_000,
    "device_bytes": 0,
    "state_bytes": 2_000_000,
}


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "own")


@pytest.fixture
def catalog(planted: Path, workspace: Workspace) -> Catalog:
    return open_dataset(str(planted), workspace)[0]


@pytest.fixture
def known(own: Workspace, catalog: Catalog) -> Callable[..., None]:
    """Writes down what a measurement of ``tiny()`` is to have found."""

    def write(config: TrainConfig | None = None, **changes: Any) -> None:
        folder = estimates._folder(own, estimates._key(config or tiny(), catalog))
        files.write_json(folder / "state.json", {**MEASURED, **changes})

    return write


def test_a_real_one(own: Workspace, catalog: Catalog) -> None:
    found = estimate(tiny(), catalog, own)
    assert found.step_s is not None
    assert found.first_step_s is not None
    assert 0 < found.step_s < 5
    assert found.step_s < found.first_step_s
    assert 300_000_000 < found.memory_bytes < 3_000_000_000
    assert found.problem == ""
    assert found.free_disk_bytes > 0
    key = begin(tiny(), catalog, own)  # known by now: no process is started
    again = look(key, tiny(), catalog, own)
    assert again is not None
    assert again.step_s == found.step_s
    assert not processes.status(estimates._folder(own, key)).is_alive


def test_what_costs_nothing_is_not_measured_again(own: Workspace, catalog: Catalog) -> None:
    key = estimates._key(tiny(), catalog)
    for same in ("seed=9", "learning_rate=0.5", "ema_decay=0", "batch_scenes=4"):
        assert estimates._key(tiny(same), catalog) == key
    for other in ("batch_scenes=5", "embedding_dim=16", "augment=false", "crop_weight=1"):
        assert estimates._key(tiny(other), catalog) != key


def test_what_costs_the_same_is_known(
    own: Workspace, catalog: Catalog, known: Callable[..., None]
) -> None:
    def key_of(*overrides: str) -> str | None:
        return estimates.known(with_overrides(tiny(), overrides), catalog, own)

    assert key_of() is None
    known()
    key = key_of()
    assert key is not None
    assert look(key, tiny(), catalog, own) is not None
    for same in ("seed=7", "learning_rate=0.03", "weight_decay=0.2", "schedule=constant"):
        assert key_of(same) == key, same
    for other in ("embedding_dim=9", "batch_scenes=5", "augment=true", "crop_weight=1"):
        if with_overrides(tiny(), (other,)) != tiny():
            assert key_of(other) is None, other


def test_what_is_being_measured_is_known_too(own: Workspace, catalog: Catalog) -> None:
    """Another seed, asked for meanwhile, waits for the same measurement."""
    folder = estimates._folder(own, estimates._key(tiny(), catalog))
    assert estimates.known(tiny(), catalog, own) is None
    folder.mkdir(parents=True)
    with processes.enrolled(folder):
        assert estimates.known(with_overrides(tiny(), ("seed=7",)), catalog, own) == folder.name
    assert estimates.known(tiny(), catalog, own) is None


def test_one_that_cannot_fit_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "available_bytes", lambda: -(10**12))
    found = measuring.measure(tiny(), 40)
    assert (found.step_s, found.first_step_s) == (None, None)
    assert found.memory_bytes > 0
    state = Trainer(tiny()).initial_state()
    import jax

    assert found.state_bytes == sum(leaf.nbytes for leaf in jax.tree.leaves(state))


class TestWhatDoesNotFit:
    def test_memory(
        self,
        known: Callable[..., None],
        own: Workspace,
        catalog: Catalog,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        known()
        monkeypatch.setattr(estimates, "available_bytes", lambda: 3_100_000_000)
        found = estimate(tiny(), catalog, own)
        assert found.problem == "it needs about 3 GB of memory, and 3.1 GB are free"
        with pytest.raises(TrainingError, match=r"does not fit.*smaller pictures"):
            found.check()
        monkeypatch.setattr(estimates, "available_bytes", lambda: 3_400_000_000)
        assert estimate(tiny(), catalog, own).problem == ""

    def test_memory_of_an_accelerator(
        self, known: Callable[..., None], own: Workspace, catalog: Catalog
    ) -> None:
        known(device_bytes=2_000_000_000)
        assert "2 GB are free" in estimate(tiny(), catalog, own).problem

    def test_disk(
        self,
        known: Callable[..., None],
        own: Workspace,
        catalog: Catalog,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        known(memory_bytes=1)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(0, 0, 105_000_000))
        assert estimate(tiny(), catalog, own).problem.startswith("it needs about 8.26 MB on disk")
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(0, 0, 109_000_000))
        assert estimate(tiny(), catalog, own).problem == ""

    def test_is_refused_at_the_start(
        self,
        known: Callable[..., None],
        own: Workspace,
        planted: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        known(with_overrides(TrainConfig(), OVERRIDES), memory_bytes=10**15)
        request = TrainRequest(str(planted), steps=2, overrides=OVERRIDES)
        with pytest.raises(TrainingError, match="does not fit"):
            jobs.start(request, own)
        assert own.job_ids() == []


def test_pictures_that_are_decoded_need_no_more_room(
    short: Run, known: Callable[..., None], own: Workspace, catalog: Catalog
) -> None:
    known()
    before = estimate(tiny(), catalog, own).disk_bytes
    shutil.copytree(short.workspace.cache_dir / "pixels", own.cache_dir / "pixels")
    after = estimate(tiny(), catalog, own).disk_bytes
    scenes, products = len(catalog.scenes), len(catalog.products)
    assert before - after == scenes * 48 * 32 * 3 + products * 32 * 32 * 3


def test_time_grows_with_the_steps() -> None:
    one = Estimate(0.5, 8.0, 1, 10, 1, 10**10)
    assert one.duration_s(1800) == pytest.approx(8 + 1000)
    assert Estimate(None, None, 1, 10, 1, 10**10).duration_s(10) is None


@pytest.mark.parametrize("steps", [1, 40, 1800, 100_000])
def test_minutes_and_steps_say_the_same(steps: int) -> None:
    """So many steps take so many minutes, in which so many steps are done."""
    found = Estimate(0.5, 8.0, 1, 10, 1, 10**10)
    seconds = found.duration_s(steps)
    assert seconds is not None
    assert found.steps_in((seconds + 0.001) / 60) == steps
    assert found.steps_in(0.1) == 1  # the first alone takes more
    assert Estimate(None, None, 1, 10, 1, 10**10).steps_in(1) is None


def test_of_many_who_ask_at_once_none_is_refused(
    own: Workspace, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others find it not measured and not running, and are then too late to start it."""
    folder = estimates._folder(own, estimates._key(tiny(), catalog))
    folder.mkdir(parents=True)
    ended = processes.status(folder)
    with processes.enrolled(folder), monkeypatch.context() as patch:
        real = processes.status
        seen = iter([ended])
        patch.setattr(processes, "status", lambda path: next(seen, None) or real(path))
        assert begin(tiny(), catalog, own) == folder.name


def test_the_newest_are_kept(
    own: Workspace, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = own.cache_dir / "estimates"
    for number in range(60):
        folder = parent / f"{number:016d}"
        files.write_json(folder / "state.json", MEASURED)
        os.utime(folder, (number, number))
    (parent / "notes").mkdir()
    os.utime(parent / "notes", (0, 0))
    monkeypatch.setattr(
        processes, "start", lambda folder, *_, **__: folder.mkdir()
    )  # none is measured here
    with processes.enrolled(parent / f"{3:016d}"):
        os.utime(parent / f"{3:016d}", (3, 3))
        key = begin(tiny(), catalog, own)
    left = {path.name for path in parent.iterdir()}
    newest = {f"{number:016d}" for number in range(60 - 49, 60)}
    assert left == newest | {key, "notes", f"{3:016d}"}


def test_a_measurement_that_fails_says_why(own: Workspace, catalog: Catalog) -> None:
    folder = estimates._folder(own, estimates._key(tiny(), catalog))
    processes.start(folder, ["-c", "raise SystemExit(4)"])
    processes.wait(folder, 60)
    key = estimates._key(tiny(), catalog)
    with pytest.raises(TrainingError, match=r"could not be measured: it ended.*exit code 4"):
        look(key, tiny(), catalog, own)


@pytest.mark.parametrize("key", ["", "../../etc", "a" * 15, "a" * 17, "0123456789abcde/"])
def test_a_key_is_no_path(own: Workspace, catalog: Catalog, key: str) -> None:
    with pytest.raises(ConfigError, match="is no estimate"):
        look(key, tiny(), catalog, own)


class TestFreeMemory:
    def write(self, folder: Path, **values: str) -> Path:
        for name, text in values.items():
            path = folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    @pytest.fixture
    def meminfo(self, tmp_path: Path) -> Path:
        path = tmp_path / "meminfo"
        path.write_text("MemTotal: 8000 kB\nMemFree: 10 kB\nMemAvailable:    5000 kB\n")
        return path

    def test_of_the_machine(self, tmp_path: Path, meminfo: Path) -> None:
        assert available_bytes(meminfo, tmp_path / "none") == 5000 * 1024
        assert available_bytes(tmp_path / "none", tmp_path / "none") > 10**8

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"memory_dot_max": "3000000", "memory_dot_current": "1000000"}, 2_000_000),
            ({"memory_dot_max": "max", "memory_dot_current": "1000000"}, 5000 * 1024),
            ({"memory_dot_max": "99000000", "memory_dot_current": "1000000"}, 5000 * 1024),
            (
                {
                    "memory_dot_max": "3000000",
                    "memory_dot_current": "2900000",
                    "memory_dot_stat": "anon 5\ninactive_file 400000\n",
                },
                500_000,
            ),
            (
                {
                    "memory__memory_dot_limit_in_bytes": "4000000",
                    "memory__memory_dot_usage_in_bytes": "1000000",
                },
                3_000_000,
            ),
            (
                {
                    "memory__memory_dot_limit_in_bytes": "9223372036854771712",
                    "memory__memory_dot_usage_in_bytes": "1000000",
                },
                5000 * 1024,
            ),
        ],
    )
    def test_of_a_container(
        self, tmp_path: Path, meminfo: Path, values: dict[str, str], expected: int
    ) -> None:
        cgroup = self.write(tmp_path / "cgroup", **values)
        assert available_bytes(meminfo, cgroup) == expected
