"""The whole suite in parts beside one another, as ``make test`` runs it: ``python -m tests``.

Browsers and processes wait most of the time, so that two cores serve three parts. Arguments go to
each pytest. What the first part says is seen as it comes, the rest at the end.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

PARTS = (["tests/browser"], ["tests/learning", "tests/faults"])


def main(arguments: list[str]) -> int:
    """Returns 0 where all parts went well."""
    rest = [f"--ignore={folder}" for part in PARTS for folder in part]
    with tempfile.TemporaryFile() as second, tempfile.TemporaryFile() as third:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "pytest", *part, *arguments],
                stdout=said,
                stderr=subprocess.STDOUT if said else None,
            )
            for part, said in zip((*PARTS, rest), (None, second, third), strict=True)
        ]
        try:
            codes = [process.wait() for process in started]
        except KeyboardInterrupt:  # they have heard it too, and put away what they started
            codes = [process.wait() for process in started]
        for said in (second, third):
            said.seek(0)
            for line in said:
                sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
