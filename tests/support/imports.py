"""What importing something brings into a process: found out in one of its own."""

from __future__ import annotations

import subprocess
import sys

from recsys.workspace import PROJECT_DIR


def loaded_by(imports: str, names: str) -> list[str]:
    """Which of some modules are loaded once others are imported.

    Args:
        imports: modules to import, separated by spaces.
        names: modules to look for, separated by spaces.
    """
    code = (
        f"import sys, {', '.join(imports.split())}; "
        f"print(*(name for name in {names.split()} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    return done.stdout.split()
