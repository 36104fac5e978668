"""Where audits come from: one auditor a model, shared by all visitors, made beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.serving.server import Server
from recsys.ui.background import Background, Progress
from recsys.workspace import Workspace

OpenServer = Callable[[Progress], Server]


class Desk:
    """The auditor of one model over one data set, and how far along it is.

    Args:
        open_server: gives the server; may embed a catalogue first, and says how far that is.
        workspace: where an auditor keeps what it makes.
    """

    def __init__(self, open_server: OpenServer, workspace: Workspace) -> None:
        self._open_server = open_server
        self._workspace = workspace
        self._lock = threading.Lock()
        self._work = self._new_work()

    def begin(self) -> Background[Auditor]:
        """Sees that the auditor becomes ready; returns the work, to watch it."""
        self._work.begin()
        return self._work

    def begin_again(self) -> None:
        """After an error: once more from the start. Does nothing while work is under way."""
        with self._lock:
            if self._work.is_finished and self._work.error is not None:
                self._work = self._new_work()
        self._work.begin()

    @property
    def auditor(self) -> Auditor:
        """Once the work is finished. Raises RecsysError where it failed."""
        return self._work.result

    def audit(self, setting: Setting) -> Audit:
        """Of a ready auditor. Raises RecsysError where the work failed, or as ``Auditor.audit``."""
        return self.auditor.audit(setting)

    def _new_work(self) -> Background[Auditor]:
        return Background(self._made, "audit")

    def _made(self, progress: Progress) -> Auditor:
        auditor = Auditor(self._open_server(progress), self._workspace)
        auditor.prepare(progress)
        return auditor
