"""What a run writes down as it goes: one JSON object a line. Loads nothing heavy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recsys import atomic as files


class MetricsLog:
    """One JSON object a line, in step order; survives a kill in the middle of a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def cut_after(self, step: int) -> None:
        """Drops what a resumed run will write again, and a line that a kill cut short."""
        kept = [record for record in self.read() if record.get("step", 0) <= step]
        files.write_text(self.path, "".join(json.dumps(record) + "\n" for record in kept))

    def read(self) -> list[dict[str, Any]]:
        """All whole records; lines that are not JSON are left out."""
        if not self.path.is_file():
            return []
        records = []
        for line in self.path.read_text("utf-8", errors="replace").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                records.append(record)
        return records
