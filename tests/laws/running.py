"""How laws are run: each as one test of the suite, always with the same cases, and as one of the long command with more.

`python -m pytest tests/laws` tries about 10 000 cases; `python -m pytest -m long tests/laws` tries LONGER times as many,
other ones each time, and shrinks the case that fails. In the suite that may take longer than all the rest of it:
PIXMAKE_SHRINK=1 asks for it.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

LONGER = 20
SHRINKING = (Phase.generate, Phase.shrink)
IN_SUITE = SHRINKING if os.environ.get("PIXMAKE_SHRINK") else (Phase.generate,)
ROOMY = 4 << 30
"""Bytes free in a file system in memory that is good for this."""
UNHURRIED: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def suite(cases: int, **more: Any) -> settings:
    """The same cases each time: a build that fails must fail for whoever looks after it."""
    return settings(max_examples=cases, derandomize=True, phases=IN_SUITE, **UNHURRIED, **more)


def at_length(cases: int, **more: Any) -> settings:
    """Other cases each time, with what is needed to run the one that failed again."""
    return settings(max_examples=cases, derandomize=False, print_blob=True, phases=SHRINKING, **UNHURRIED, **more)


def law(cases: int, **strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a test of a check that holds for everything that the strategies give; `cases` are tried in the suite."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        short = suite(cases)(given(**strategies)(_copy(check)))
        long = at_length(cases * LONGER)(given(**strategies)(_copy(check)))
        runs = [pytest.param(short, id="suite"), pytest.param(long, id="long", marks=LONG)]

        @pytest.mark.parametrize("run", runs)
        def test(run: Callable[[], None]) -> None:
            run()

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorate


def live(machine: type[RuleBasedStateMachine], part: int, runs: int, steps: int) -> None:
    """So many runs of a state machine, the same ones each time for a `part` of the suite."""
    run_state_machine_as_test(
        seed(part)(machine), settings=settings(suite(runs, stateful_step_count=steps), derandomize=False)
    )


def live_long(machine: type[RuleBasedStateMachine], runs: int, steps: int) -> None:
    """As many other runs."""
    run_state_machine_as_test(machine, settings=at_length(runs, stateful_step_count=steps))


def quick_folder(prefix: str) -> Path:
    """A new folder, in memory where there is room: machines look at what is done, not at what a disk keeps, and a life of many
    flushes takes a tenth of the time there."""
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOMY
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if is_roomy else None))


LONG = [pytest.mark.long, pytest.mark.timeout(0)]
"""Marks of what takes minutes to hours."""


def _copy(check: Callable[..., None]) -> Callable[..., None]:
    """Hypothesis leaves its settings on the function; two runs need two."""

    @functools.wraps(check)
    def again(**values: Any) -> None:
        check(**values)

    return again
