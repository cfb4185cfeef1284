"""Build room: how steps of a build ended. Values, and where they are gathered while it runs."""

from __future__ import annotations

import os
from dataclasses import field
from decimal import Decimal
from pathlib import Path

from pixmake.build.purchase import Warned
from pixmake.diagnostics import Problem
from pixmake.plan.entries import State
from pixmake.plan.graph import ActionId
from pixmake.publish.outputs import Written
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How a step of this build ended: made pictures, found them, or why there are none. `cost` in USD, as settled."""

    result: str
    made: int = 0
    cost: Decimal | None = None
    message: str | None = None
    help: str | None = None
    state: State | None = None
    warnings: tuple[Warned, ...] = ()


@dataclass(slots=True)
class Outcomes:
    """What has happened so far, by action and by asset; only the event loop's thread writes here."""

    steps: dict[ActionId, StepOutcome] = field(default_factory=dict)
    written: dict[str, list[Written]] = field(default_factory=dict)
    edited: dict[str, list[str]] = field(default_factory=dict)
    finished: int = 0
    problems: list[Problem] = field(default_factory=list)
    """What stopped the whole build: told once, whichever jobs met it."""


def refused_by_system(error: OSError, root: Path) -> StepOutcome:
    """A file that the system refuses to read or write, as the user calls it, and why."""
    where = f"'{os.path.relpath(error.filename, root).replace(os.sep, '/')}': " if error.filename else ""
    return StepOutcome(
        result="failed",
        message=f"{where}{(error.strerror or str(error)).lower()}",
        help="mend that, and run the same command again: what was bought is kept, and not bought again",
        state="failed",
    )
