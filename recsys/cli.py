"""The command line: parse, dispatch, and map errors to exit codes. No logic.

Exit codes: 0 done; 1 something a person can mend, said in one line; 2 wrong usage; 3 a bug,
said in one line with the place of its traceback; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from recsys import __version__
from recsys.commands.data import datasets, demo
from recsys.commands.embedding import embed
from recsys.commands.evaluating import evaluate
from recsys.commands.live import promote, promotions
from recsys.commands.models import models, presets
from recsys.commands.output import Stopped, one_line
from recsys.commands.popularity import popularity
from recsys.commands.recommending import recommend
from recsys.commands.runs import runs
from recsys.commands.sweeps import sweep
from recsys.commands.training import train
from recsys.errors import RecsysError

EXIT_EXPECTED, EXIT_BUG, EXIT_INTERRUPTED = 1, 3, 130


class Commands(click.Group):
    """A group whose commands raise; only here do errors become words and exit codes."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command and exits, or with ``standalone_mode`` off lets its errors through."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            _fail("Interrupted", EXIT_INTERRUPTED)
        except Stopped as error:
            _fail(str(error), EXIT_INTERRUPTED)
        except RecsysError as error:
            if _wants_traceback(args):
                traceback.print_exc()
            _fail(f"Error: {error}", EXIT_EXPECTED)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "recsys":
                raise
            _fail(
                f"Error: the package {error.name} is missing. Set the environment up with "
                "`make setup`, and use its Python: .venv/bin/python -m recsys",
                EXIT_EXPECTED,
            )
        except Exception as error:  # noqa: BLE001  the last stop: a bug becomes one line and a log
            if _wants_traceback(args):
                traceback.print_exc()
            _fail(_describe_bug(error), EXIT_BUG)
        sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(click.style(one_line(message), fg="red"), err=True)
    sys.exit(code)


def _wants_traceback(args: Sequence[str] | None) -> bool:
    given = sys.argv[1:] if args is None else args
    return "--traceback" in given or bool(os.environ.get("RECSYS_DEBUG"))


def _describe_bug(error: Exception) -> str:
    from recsys.atomic import write_text
    from recsys.workspace import Workspace

    log = Workspace.default().root / "logs" / time.strftime("error-%Y%m%d-%H%M%S.log")
    try:
        write_text(log, traceback.format_exc())
        where = f"The traceback is in {log}"
    except OSError:
        where = "Run it again with --traceback before the command to see where"
    return f"Unexpected error, please report it: {type(error).__name__}: {error}. {where}"


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: python -m recsys recommend --data demo --random -k 5",
)
@click.option("--traceback", is_flag=True, help="Show where an error came from.")
@click.version_option(__version__, prog_name="recsys")
def cli(traceback: bool) -> None:
    """See what a recommender sees: train, look, measure, and put a model live.

    Everything is kept under RECSYS_HOME (default: workspace/ beside the app).
    """


for command in (
    train,
    runs,
    sweep,
    embed,
    recommend,
    evaluate,
    popularity,
    promote,
    promotions,
    models,
    presets,
    datasets,
    demo,
):
    cli.add_command(command)
