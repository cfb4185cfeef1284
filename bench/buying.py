"""Bench: pictures bought from a server on loopback that answers after 0.2 s: share of the ideal, processor time, memory.

Beside a plain asyncio loop over the SDK and one over httpx2, for small pictures and for such of 1.2 MB. Ideal is
pictures x latency / in flight. All have imported what they need before the clock starts; pixmake's figures hold the
journal, every flush to the disk, checksums and the lockfile, the others' a file that is written and nothing else. `least` is
what receiving, checking and flushing take in a plain loop (bench/least.py): a yardstick, no bound.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.measures import Measure

NAME = "buying"
ABOUT = "pictures bought at once, against the ideal, asyncio over the SDK and httpx2"
ROOT = Path(__file__).parents[1]
LATENCY = 0.2
BUYERS = ("pixmake", "sdk", "httpx2", "least")
SIDES = {"large": 632, "small": 8}
"""Sides of the noise: PNGs of 1.2 MB and of 300 bytes."""
COUNTS = {8: 160, 32: 512, 128: 1024, 256: 1024}
"""Pictures of a run, by how many are in flight."""
ROUNDS = 3
"""Runs of each, in turn: the figures are their medians."""
SHORT = (("large", 32), ("large", 128), ("small", 32))
GOALS = {("large", 32): 0.92, ("large", 128): 0.60}
CPU_GOAL = 0.35
PEAK_GOAL = 0.40


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What buying took: seconds in all, processor seconds a picture, MB at most, and MB before the first call."""

    seconds: float
    cpu: float
    peak: float
    before: float


def measure(full: bool) -> Mapping[str, Measure]:
    """Every size and number in flight; else the three that goals are about."""
    kinds = [(kind, flight) for kind in SIDES for flight in COUNTS] if full else SHORT
    found: dict[str, Measure] = {}
    for kind, flight in kinds:
        with painter(SIDES[kind]) as port:
            runs = [{how: buy(how, COUNTS[flight], flight, port) for how in BUYERS} for _ in range(ROUNDS)]
        took = {how: _middle([run[how] for run in runs]) for how in BUYERS}
        found |= dict(_measures(kind, flight, took))
    return found


def _middle(runs: Sequence[Took]) -> Took:
    """The median of each figure."""
    return Took(
        seconds=median(run.seconds for run in runs),
        cpu=median(run.cpu for run in runs),
        peak=median(run.peak for run in runs),
        before=median(run.before for run in runs),
    )


def _measures(kind: str, flight: int, took: Mapping[str, Took]) -> Iterator[tuple[str, Measure]]:
    name, ideal = f"{kind} pictures, {flight} in flight", COUNTS[flight] * LATENCY / flight
    ours, theirs = took["pixmake"], took["sdk"]
    shares = {how: ideal / item.seconds for how, item in took.items()}
    yield (
        f"{name}: share of the ideal",
        Measure(ratio=shares["pixmake"], goal=GOALS.get((kind, flight)), better="more", seen=shares),
    )
    at_goal = kind == "large" and flight == 32
    yield (
        f"{name}: share of the ideal, over the least",
        Measure(ratio=shares["pixmake"] / shares["least"], better="more"),
    )
    yield f"{name}: processor time over the least", Measure(ratio=ours.cpu / took["least"].cpu)
    yield (
        f"{name}: processor time over the SDK's",
        Measure(
            ratio=ours.cpu / theirs.cpu,
            goal=CPU_GOAL if at_goal else None,
            seen={f"{how} ms a picture": item.cpu * 1000 for how, item in took.items()},
        ),
    )
    yield (
        f"{name}: peak memory over the SDK's",
        Measure(
            ratio=ours.peak / theirs.peak,
            goal=PEAK_GOAL if at_goal else None,
            seen={f"{how} MB": item.peak for how, item in took.items()},
        ),
    )
    yield (
        f"{name}: memory that buying takes, over the SDK's",
        Measure(
            ratio=(ours.peak - ours.before) / max(1.0, theirs.peak - theirs.before),
            seen={f"{how} MB": item.peak - item.before for how, item in took.items()},
        ),
    )


@contextmanager
def painter(side: int) -> Iterator[str]:
    """The port of a server that paints, in a process of its own."""
    command = [sys.executable, "-m", "bench.painter", str(side), str(LATENCY)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def buy(how: str, count: int, flight: int, port: str) -> Took:
    """One way to buy, once. Raises SystemExit where it fails."""
    command = [sys.executable, "-m", "bench.buyers", how, str(count), str(flight), port]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Took(**json.loads(done.stdout))
