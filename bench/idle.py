"""Bench: nothing to do in a project of N assets, beside other build tools with the same."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.dots import build, write_files, write_lines
from bench.installed import install
from bench.measures import Measure
from bench.peers import PEERS
from bench.timing import Case, Run, side_by_side

NAME = "idle"
ABOUT = "`pixmake build` with nothing to do, against build tools on the same project"
SHORT = {1_000: ("ninja", "make", "doit"), 10_000: ("ninja", "make", "doit")}
FULL = {
    1_000: ("ninja", "make", "doit", "SCons", "Snakemake", "DVC"),
    10_000: ("ninja", "make", "doit", "SCons", "Snakemake"),
    100_000: ("ninja", "make"),
}
"""Peers by size: each as far as it can be waited for."""
GOALS = {
    ("ninja", 1_000): 1.8,
    ("ninja", 10_000): 0.7,
    ("ninja", 100_000): 0.5,
    ("doit", 10_000): 1 / 20,
    ("SCons", 10_000): 1 / 100,
    ("Snakemake", 10_000): 1 / 100,
}
LARGE = 100_000
"""Assets from which memory is more than an empty process has."""
MEMORY_GOAL = 0.3
SLOW = ("SCons", "Snakemake", "DVC")
TOLERANCE = 0.5
"""More than elsewhere: runs of some ms lose much, and at random, to whatever else runs. Processor time tells then."""
ROUNDS = {1_000: 41, 10_000: 21, 100_000: 7}
SLOW_ROUNDS = 3
LINES, FILES = "one file", "a file each"
"""The two ways to write the same assets: all in one spec, or each in a file of its own, as the peers have them."""


def measure(full: bool) -> Mapping[str, Measure]:
    """Each size in turn."""
    found: dict[str, Measure] = {}
    with tempfile.TemporaryDirectory(prefix="pixmake-bench-") as folder:
        script = install(Path(folder) / "venv")
        for count, names in (FULL if full else SHORT).items():
            some = _size(Path(folder) / str(count), script, count, [name for name in names if _there(name)])
            for name, item in some.items():  # a full run takes an hour: what is known is told
                print(f"  {name}: {item.ratio:.3g}", file=sys.stderr)
            found |= some
    return found


def _there(name: str) -> bool:
    if not PEERS[name].there:
        print(f"  {name} is not installed: left out", file=sys.stderr)
    return PEERS[name].there


def _size(root: Path, script: Path, count: int, names: Sequence[str]) -> dict[str, Measure]:
    """All of one size: pixmake with one file and with a file an asset; the slow peers in fewer rounds."""
    ours = {LINES: write_lines, FILES: write_files} if count < LARGE else {LINES: write_lines}
    cases: dict[str, Case] = {}
    for name, write in ours.items():
        print(f"  {count} assets, {name}: building", file=sys.stderr)
        write(root / name.replace(" ", "-"), count)
        build(root / name.replace(" ", "-"))
        cases[name] = Case(
            command=[str(script), "build"],
            folder=root / name.replace(" ", "-"),
            env={"PYTHONPATH": ""},  # else another pixmake than the installed one could run
        )
    for name in names:
        print(f"  {count} targets for {name}: building", file=sys.stderr)
        cases[name] = PEERS[name].case(root / name, count)
    quick = {name: case for name, case in cases.items() if name not in SLOW}
    found = _rows(count, side_by_side(quick, ROUNDS[count]), ours)
    slow = {name: case for name, case in cases.items() if name in SLOW}
    return found | (_rows(count, side_by_side({LINES: cases[LINES], **slow}, SLOW_ROUNDS), [LINES]) if slow else {})


def _rows(count: int, runs: Mapping[str, Run], ours: Iterable[str]) -> dict[str, Measure]:
    """Ratios of our ways to each peer, and of peak memory to ninja's where there is enough of it to be seen."""
    found = {}
    for way in ours:
        for name in (name for name in runs if name in PEERS):
            goal = GOALS.get((name, count)) if way == LINES else None
            found[f"{count} assets, {way} / {name}"] = Measure(
                ratio=runs[way].seconds / runs[name].seconds,
                goal=goal,
                seen=_figures("", runs[way]) | _figures(f"{name} ", runs[name]),
                tolerance=TOLERANCE,
            )
        if "ninja" in runs and way == LINES:
            found[f"{count} assets, peak memory / ninja"] = Measure(
                ratio=runs[way].peak / runs["ninja"].peak,
                goal=MEMORY_GOAL if count >= LARGE else None,
                seen={"MB": runs[way].peak, "ninja MB": runs["ninja"].peak},
            )
    return found


def _figures(whose: str, run: Run) -> dict[str, float]:
    return {f"{whose}ms": run.seconds * 1000, f"{whose}processor ms": run.cpu * 1000}
