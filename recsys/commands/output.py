"""Where a command's words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TextIO, TypeVar

import click

from recsys.errors import RecsysError
from recsys.learning.disk import system_error

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from recsys.catalog.catalog import Catalog
    from recsys.retrieval.embeddings import EmbeddingTable

P = ParamSpec("P")
T = TypeVar("T")
Progress = Callable[[int, int], None]

_PLAIN_PROGRESS_EVERY_S = 10.0
_PROBLEM_LINES = 5


class Stopped(RecsysError):  # noqa: N818  it is no error of anyone
    """A person stopped the command, and it has saved what it had; exits 130."""


def one_line(text: str) -> str:
    """A text that fits on one line and cannot steer a terminal, whatever it quotes."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


class Output:
    """The two streams of one command.

    Args:
        as_json: whether the result is for a machine; then nothing else reaches ``stdout``.
        stdout, stderr: the streams as they were before the command was protected.
    """

    def __init__(self, as_json: bool, stdout: TextIO, stderr: TextIO) -> None:
        self.as_json = as_json
        self._stdout = stdout
        self._stderr = stderr

    @functools.cached_property
    def terminal(self) -> Console:
        """The Rich console on standard error; colour only where that is a terminal."""
        from rich.console import Console

        return Console(file=self._stderr, highlight=False)

    @property
    def is_live(self) -> bool:
        """Whether a person watches, so that a bar may move."""
        return self.terminal.is_terminal

    def result(self, record: Any) -> None:
        """A machine's answer: one JSON value on one line."""
        self.text(json.dumps(record, ensure_ascii=False, allow_nan=False))

    def text(self, line: str) -> None:
        """A line of the result."""
        self._stdout.write(line + "\n")

    def show(self, renderable: RenderableType) -> None:
        """A table for a person, on standard output, at least 100 columns wide in a pipe."""
        from rich.console import Console

        plain = not self._stdout.isatty()
        console = Console(file=self._stdout, highlight=False, width=120 if plain else None)
        console.print(renderable)

    def note(self, message: str) -> None:
        """A line for a person, on standard error."""
        self.terminal.print(one_line(message), markup=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        self.terminal.print(
            f"Warning: {one_line(message)}", markup=False, soft_wrap=True, style="yellow"
        )

    def warn_of(self, catalog: Catalog, table: EmbeddingTable | None = None) -> None:
        """What reading the data set left out, and which pictures embedding could not read."""
        lines = catalog.report.lines()
        if lines:
            self.warn(f"{catalog.name}: {catalog.report.total} entries were left out or repaired")
        for line in lines[:_PROBLEM_LINES]:
            self.note(f"  {line}")
        if len(lines) > _PROBLEM_LINES:
            self.note(f"  and {len(lines) - _PROBLEM_LINES} more kinds")
        if table is not None:
            from recsys.catalog.pixels import unreadable_lines

            for line in unreadable_lines(catalog, table.product_ids, table.scene_ids):
                self.warn(f"{catalog.name}: {line}")

    @contextlib.contextmanager
    def progress(self, what: str) -> Iterator[Progress]:
        """A callback ``(done, total)``: a bar on a terminal, a line now and then elsewhere."""
        if not self.is_live:
            yield _plain_progress(self, what)
            return
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Bar(*columns, console=self.terminal, transient=True) as bar:
            task = bar.add_task(what, total=None, visible=False)
            yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _plain_progress(output: Output, what: str) -> Progress:
    last = time.monotonic()

    def update(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_PROGRESS_EVERY_S:
            last = time.monotonic()
            output.note(f"{what}: {done} of {total}")

    return update


def with_output(function: Callable[Concatenate[Output, P], T]) -> Callable[P, T]:
    """Gives a command its ``Output`` and keeps stray prints of libraries off standard output.

    The command's ``--json`` flag, where it has one, arrives here as ``as_json``.
    """

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        as_json = bool(kwargs.pop("as_json", False))
        output = Output(as_json, sys.stdout, sys.stderr)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                value = function(output, *args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read the output stopped reading
            raise
        except OSError as error:
            raise _of_files(error) from error
        except ValueError as error:
            refused = system_error(error)  # TensorStore tells it in a text
            if refused is None:
                raise
            raise _of_files(refused) from error
        return value

    return wrapped


def _of_files(error: OSError) -> RecsysError:
    """What the system refused, as something that a person can mend: which file, and why."""
    reason = error.strerror or str(error) or type(error).__name__
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if name]
    what = " and ".join(name[:300] for name in names) or "a file"
    remedy = "Check the path and the disk, then run it again"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        remedy = "Free some space, or set RECSYS_HOME or --out to a folder with space"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "Check its rights, or set RECSYS_HOME or --out to a folder that can be written"
    return RecsysError(f"{what} cannot be read or written ({reason})", remedy)


# options that several commands share

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print machine-readable JSON, and nothing else."
)


def data_option(required: bool = True) -> Callable[[Callable[P, T]], Callable[P, T]]:
    return click.option(
        "--data",
        required=required,
        metavar="NAME|PATH",
        help="Data set: a name in the workspace, a folder, or a category file.",
    )


def model_option(required: bool = True) -> Callable[[Callable[P, T]], Callable[P, T]]:
    tail = "" if required else " Default: the live model, or the demo's own for the demo."
    return click.option(
        "--model",
        required=required,
        metavar="ID|PATH",
        help=f"Model: an id in the workspace, or a path to a model bundle.{tail}",
    )


def correction_option(
    alternative: str, help_text: str
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """``--correction NAME[=STRENGTH]``, with a word that stands for none of them."""
    return click.option(
        "--correction",
        metavar=f"NAME[=STRENGTH]|{alternative}",
        help=help_text,
    )
