from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from recsys.errors import ModelError
from recsys.learning.checkpoints import KEEP, Checkpoints
from recsys.learning.steps import State, Trainer
from tests.learning.tiny import tiny

POSITION = {"next_index": 7, "inner": {"epoch": 1, "names": ["a", "b"]}}


def progress(step: int) -> dict[str, Any]:
    return {"step": step, "elapsed_s": 1.5 * step, "position": POSITION}


def state_of(step: int) -> State:
    """A state of every type and shape that states have, small enough to write often."""
    rng = np.random.default_rng(step)
    weights = {
        "towers": {"trunk": {0: {"kernel": jnp.asarray(rng.normal(size=(3, 4)), jnp.float32)}}},
        "log_scale": jnp.float32(rng.normal()),
    }
    return State(
        step=jnp.int32(step),
        params=weights,
        statistics={"norm": {"mean": jnp.asarray(rng.normal(size=4), jnp.float32)}},
        optimiser=(jnp.int32(step), jax.tree.map(jnp.square, weights)),
        average=jax.tree.map(jnp.negative, weights),
    )


def assert_identical(found: Any, expected: Any) -> None:
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert one.dtype == other.dtype
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.fixture(scope="module")
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the checkpoints of steps 10 and 20."""
    folder = tmp_path_factory.mktemp("run-7") / "checkpoints"
    for step in (10, 20):
        Checkpoints(folder).save(state_of(step), progress(step))
    return folder


@pytest.fixture
def checkpoints(template_folder: Path, tmp_path: Path) -> Checkpoints:
    """A copy of it, to be damaged."""
    folder = tmp_path / "run-7" / "checkpoints"
    shutil.copytree(template_folder, folder)
    return Checkpoints(folder)


class TestSaving:
    def test_the_state_of_a_trainer_comes_back_to_the_last_bit(
        self, trainer: Trainer, tmp_path: Path
    ) -> None:
        state = trainer.initial_state()
        odd = [np.float32(value) for value in (-0.0, 1e-45, 3.4e38, np.pi)]
        state.params["log_scale"] = jnp.float32(np.pi)
        state.params["towers"]["product_head"]["bias"] = jnp.asarray(odd * 2, jnp.float32)
        Checkpoints(tmp_path / "c").save(state, progress(3))
        found, record = Checkpoints(tmp_path / "c").restore(trainer.initial_state())
        assert_identical(found, state)
        assert record == progress(3)

    def test_the_newest_comes_back(self, checkpoints: Checkpoints) -> None:
        found, record = checkpoints.restore(state_of(0))
        assert_identical(found, state_of(20))
        assert record == progress(20)

    def test_two_are_kept(self, checkpoints: Checkpoints) -> None:
        assert KEEP == 2
        assert checkpoints.save(state_of(30), progress(30)) == 30
        assert checkpoints.steps() == [20, 30]
        assert sorted(path.name for path in checkpoints.folder.iterdir()) == [
            "step-000000020",
            "step-000000030",
        ]

    def test_saving_a_step_again_replaces_it(self, checkpoints: Checkpoints) -> None:
        checkpoints.save(state_of(99), progress(20))
        assert checkpoints.steps() == [10, 20]
        assert_identical(checkpoints.restore(state_of(0))[0], state_of(99))

    def test_what_a_killed_process_left_is_passed_over_and_swept_up(
        self, checkpoints: Checkpoints
    ) -> None:
        stray = checkpoints.folder / ".step-000000030.abc"
        shutil.copytree(checkpoints.folder / "step-000000010", stray)
        (checkpoints.folder / "notes.txt").write_text("mine")
        (checkpoints.folder / "step-31").mkdir()
        assert checkpoints.steps() == [10, 20]
        assert_identical(checkpoints.restore(state_of(0))[0], state_of(20))
        checkpoints.save(state_of(30), progress(30))
        assert not stray.exists()
        assert (checkpoints.folder / "notes.txt").exists()

    def test_a_failure_leaves_nothing_half(
        self, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full_disk(*arguments: Any) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr("recsys.learning.checkpoints.files.write_json", full_disk)
        with pytest.raises(OSError, match="no space"):
            checkpoints.save(state_of(30), progress(30))
        names = sorted(path.name for path in checkpoints.folder.iterdir())
        assert names == ["step-000000010", "step-000000020"]
        assert_identical(checkpoints.restore(state_of(0))[0], state_of(20))


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def halve(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    rng = random.Random(len(content))
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(content))


def other_json(path: Path) -> None:
    path.write_text("{}")


class TestDamage:
    @pytest.mark.parametrize("damage", [remove, empty, halve, flip_a_bit, other_json])
    def test_any_damaged_file_falls_back_to_the_one_before(
        self, checkpoints: Checkpoints, damage: Callable[[Path], None]
    ) -> None:
        newest = checkpoints.folder / "step-000000020"
        whole = checkpoints.folder.parent / "whole"
        shutil.copytree(newest, whole)
        paths = [path.relative_to(whole) for path in whole.rglob("*") if path.is_file()]
        assert Path("progress.json") in paths
        assert Path("shapes.json") in paths
        assert sum(path.parts[0] == "state" for path in paths) >= 3
        for path in paths:
            if not (whole / path).stat().st_size and damage is not remove:
                continue
            shutil.rmtree(newest)
            shutil.copytree(whole, newest)
            damage(newest / path)
            found, record = checkpoints.restore(state_of(0))
            assert_identical(found, state_of(10))
            assert record == progress(10), path

    def test_a_missing_folder_falls_back_too(self, checkpoints: Checkpoints) -> None:
        shutil.rmtree(checkpoints.folder / "step-000000020" / "state")
        assert_identical(checkpoints.restore(state_of(0))[0], state_of(10))

    def test_going_on_from_an_older_one_forgets_the_damaged(self, checkpoints: Checkpoints) -> None:
        empty(checkpoints.folder / "step-000000020" / "shapes.json")
        checkpoints.restore(state_of(0))
        checkpoints.save(state_of(15), progress(15))
        assert checkpoints.steps() == [10, 15]
        assert_identical(checkpoints.restore(state_of(0))[0], state_of(15))

    def test_all_damaged_is_an_error_that_says_why(self, checkpoints: Checkpoints) -> None:
        for step in (10, 20):
            empty(checkpoints.folder / f"step-{step:09d}" / "progress.json")
        message = r"no checkpoint of the run run-7 can be restored \(step 20: .*; step 10: .*train"
        with pytest.raises(ModelError, match=message):
            checkpoints.restore(state_of(0))

    def test_none_at_all_is_an_error(self, tmp_path: Path) -> None:
        checkpoints = Checkpoints(tmp_path / "run-8" / "checkpoints")
        assert checkpoints.steps() == []
        with pytest.raises(ModelError, match=r"run run-8 can be restored \(there is none\)"):
            checkpoints.restore(state_of(0))


class TestAnotherConfiguration:
    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            (("embedding_dim=16",), r"product_head/bias as float32 \[8\].*needs float32 \[16\]"),
            (("depths=0,1,2",), r"lacks the array .*stages/4"),
            (
                ("depths=0,1,0",),
                r"has an array .*/stages/3/.* that its configuration does not know",
            ),
            (("widths=8,12,24",), r"product_head/kernel as float32 \[32, 8\].*\[48, 8\]"),
        ],
    )
    def test_is_named_by_its_parameter(
        self, trainer: Trainer, tmp_path: Path, overrides: tuple[str, ...], message: str
    ) -> None:
        checkpoints = Checkpoints(tmp_path / "c")
        checkpoints.save(trainer.initial_state(), progress(5))
        other = Trainer(tiny(*overrides)).initial_state()
        with pytest.raises(ModelError, match=f"checkpoint of step 5 .*({message})"):
            checkpoints.restore(other)

    def test_is_an_error_at_once_and_not_a_reason_to_take_an_older_one(
        self, checkpoints: Checkpoints
    ) -> None:
        template = state_of(0)
        template.params["log_scale"] = jnp.zeros(3)
        with pytest.raises(ModelError, match=r"step 20 has params/log_scale as float32 \[\]"):
            checkpoints.restore(template)

    def test_other_types_do_not_fit_either(self, checkpoints: Checkpoints) -> None:
        template = state_of(0)._replace(step=jnp.float32(0))
        with pytest.raises(ModelError, match="has step as int32"):
            checkpoints.restore(template)


def test_nothing_in_a_checkpoint_is_a_pickle(template_folder: Path) -> None:
    for path in template_folder.rglob("*"):
        if path.is_file():
            assert not path.read_bytes().startswith((b"\x80\x03", b"\x80\x04", b"\x80\x05"))
    record = json.loads((template_folder / "step-000000020" / "progress.json").read_text())
    assert record == progress(20)
