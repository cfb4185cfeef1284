"""Bench: whole processes in turn, each timed by a small process of its own, so that all see the same weather."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SUPERVISOR = """
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
quiet = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - began
code = os.waitstatus_to_exitcode(status)
print('{"code": %d, "seconds": %r, "cpu": %r, "peak": %r}' % (code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss))
"""
"""On Linux a process's peak counts what its parent had when it was started (execve(2) keeps the mark), so the parent
must be small: this one has 8 to 9 MB, which is the least that can be seen."""

PIXMAKE = (sys.executable, "-m", "pixmake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process from start to end: seconds of wall, seconds of processor (with its children), peak memory in MB."""

    seconds: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command to time. `before` runs untimed before each round: it changes a file, say. `codes` are the good ends."""

    command: Sequence[str]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    codes: Sequence[int] = (0,)


def timed(case: Case) -> Run:
    """Runs a command once. Raises SystemExit with its last words where it ends otherwise than it should."""
    if case.before is not None:
        case.before()
    log = case.folder.parent / f"{case.folder.name}.log"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SUPERVISOR, os.fspath(log), *case.command],
        cwd=case.folder, env=os.environ | dict(case.env), check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    if said["code"] not in case.codes:
        raise SystemExit(f"{' '.join(case.command)} ended with {said['code']}:\n{log.read_text()[-2000:]}")
    return Run(seconds=said["seconds"], cpu=said["cpu"], peak=said["peak"] / 1024)


def side_by_side(cases: Mapping[str, Case], rounds: int) -> dict[str, Run]:
    """Medians of each case over interleaved rounds; the first round warms caches and does not count."""
    runs: dict[str, list[Run]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, case in cases.items():
            run = timed(case)
            if turn:
                runs[name].append(run)
    return {name: median(of) for name, of in runs.items()}


def median(runs: Sequence[Run]) -> Run:
    """The median of each figure by itself."""
    return Run(
        seconds=statistics.median(run.seconds for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        peak=statistics.median(run.peak for run in runs),
    )
