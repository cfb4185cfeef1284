"""Watch room: batches that are under way, asked after while nobody works on the project: an answer may be a while in coming."""

from __future__ import annotations

import time

from pixmake.build.collecting import Gathered
from pixmake.build.project import Project
from pixmake.diagnostics import Diagnostic
from pixmake.watch.inbox import Pace


class Asking:
    """When providers are to be asked how their batches stand."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._asked = 0.0
        """When they were asked last, by the monotonic clock."""

    def is_due(self, changed: float) -> bool:
        """Whether it is time to ask again. `changed`: when something changed last, by the monotonic clock."""
        return time.monotonic() - max(self._asked, changed) >= self._pace.asking

    def ask(self, project: Project) -> Gathered:
        """Takes in what is done; nobody is asked where nothing is under way. Raises Problem where the disk fails."""
        try:
            return project.collect()
        finally:
            self._asked = time.monotonic()


def said_of_batches(gathered: Gathered) -> list[Diagnostic]:
    """What somebody should know of what was taken in."""
    return [Diagnostic(code="batch-told", message=text, severity="warning") for text in gathered.warnings]
