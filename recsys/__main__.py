"""``python -m recsys``: the command line in a process of its own."""

from __future__ import annotations

import logging
import os
import sys
import warnings


def _quiet_libraries() -> None:
    """Keeps libraries' chatter off the terminal: what matters is raised, not logged."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    logging.disable(logging.WARNING)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def main() -> None:
    if not os.environ.get("RECSYS_DEBUG"):
        _quiet_libraries()
    from recsys.cli import cli

    cli.main(prog_name="python -m recsys")


if __name__ == "__main__":
    main()
