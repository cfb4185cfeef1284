"""Bench: from saving the spec to the new draft on disk, beside a cold `pixmake build` of the same change, in one run.

A project of ASSETS drafts (a template, a preset, tags, an output each) is built once. Then one prompt is changed, again
and again: a running watch makes the draft; later a new process makes as many with `pixmake build`. The watch sits in a
process of its own, as a person's does; time is from just before the file is written to the output's new content.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.measures import Measure
from bench.timing import PIXMAKE

NAME = "watch"
ABOUT = "from saving the spec to the new draft on disk, against a cold build of the same change"
ASSETS, SIZE = 1000, 64
GOAL = 0.150
"""Seconds from save to draft: what feels like at once."""
SHARE_GOAL = 0.2
SOAK = 10.0
LOG = "watch.log"


def spec(word: str) -> str:
    """A spec in which one prompt holds `word`."""
    head = (
        "version: 1\nstore: .store\nvars: {style: flat vector}\n"
        f"presets:\n  icon: {{size: {SIZE}x{SIZE}, tags: [ui]}}\n"
        "defaults: {provider: draft, use: [icon], template: icon.j2}\nassets:\n"
    )
    rows = (
        f"  icons/item-{number:04}.png:\n"
        f"    prompt: a {word if number == ASSETS // 2 else 'red'} apple number {number}\n"
        f"    tags: [fruit]\n    alt: An apple\n"
        for number in range(ASSETS)
    )
    return head + "".join(rows)


class Orchard:
    """One project on disk and the ways to change it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root / f"assets/icons/item-{ASSETS // 2:04}.png"
        (root / "templates").mkdir()
        (root / "templates/icon.j2").write_text("{{ prompt }}, {{ style }}, thick outline")
        self.save("red")

    def save(self, word: str) -> None:
        """Saves as editors do: beside, then by rename."""
        beside = self.root / ".assets.yaml.tmp"
        beside.write_text(spec(word))
        os.replace(beside, self.root / "assets.yaml")

    def build(self) -> float:
        """Seconds of a whole `pixmake build` process."""
        began = time.perf_counter()
        subprocess.run([*PIXMAKE, "build", "--quiet"], cwd=self.root, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    def change(self, word: str, process: subprocess.Popen[bytes]) -> float:
        """Seconds from a save to the new output, with a watch running in `process`."""
        before = identity(self.output)
        began = time.perf_counter()
        self.save(word)
        while identity(self.output) == before:
            if process.poll() is not None or time.perf_counter() - began > 60:
                said = (self.root / LOG).read_text()[-2000:]
                raise SystemExit(f"the watch made nothing (exit code {process.poll()}); it said last:\n{said}")
            time.sleep(0.001)
        return time.perf_counter() - began

    @contextmanager
    def watch(self) -> Iterator[subprocess.Popen[bytes]]:
        """A running `pixmake watch`, ready. What it says goes to a file: a full pipe would hold it up."""
        with open(self.root / LOG, "wb") as log:
            process = subprocess.Popen([*PIXMAKE, "watch", "--json"], cwd=self.root, stdout=log)
        try:
            while b'"watch-ready"' not in (self.root / LOG).read_bytes() and process.poll() is None:
                time.sleep(0.05)
            time.sleep(2)  # a person does not save in the very moment either
            yield process
        finally:
            process.terminate()
            process.wait()


def identity(path: Path) -> tuple[int, int]:
    """What changes when a file is replaced."""
    seen = path.stat()
    return seen.st_ino, seen.st_mtime_ns


def cpu_seconds(pid: int) -> float:
    """Processor time a process has had, user and system, from /proc (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(full: bool) -> Mapping[str, Measure]:
    """Changes in turn; `full` also asks what an idle watch costs."""
    changes, builds = (25, 9) if full else (11, 5)
    with tempfile.TemporaryDirectory(prefix="pixmake-bench-") as folder:
        orchard = Orchard(Path(folder))
        orchard.build()
        with orchard.watch() as process:
            before = cpu_seconds(process.pid)
            watched = statistics.median(_changes(orchard, process, changes))
            worked = (cpu_seconds(process.pid) - before) / changes
            idle = _idle(process) if full else None
        cold = []
        for number in range(builds):
            orchard.save(f"built{number}")
            cold.append(orchard.build())
    built = statistics.median(cold)
    seen = {"ms": watched * 1000, "processor ms": worked * 1000, "cold build ms": built * 1000}
    found = {
        f"{ASSETS} assets, save to draft / cold build": Measure(ratio=watched / built, goal=SHARE_GOAL, seen=seen),
        f"{ASSETS} assets, save to draft / 150 ms": Measure(ratio=watched / GOAL, goal=1, seen=seen, tolerance=1),
    }
    if idle is not None:
        found["idle watch, share of one processor"] = Measure(ratio=idle, seen={"%": idle * 100}, tolerance=2)
    return found


def _changes(orchard: Orchard, process: subprocess.Popen[bytes], count: int) -> Iterator[float]:
    for number in range(count):
        yield orchard.change(f"watched{number}", process)
        time.sleep(0.4)


def _idle(process: subprocess.Popen[bytes]) -> float:
    time.sleep(1)
    before = cpu_seconds(process.pid)
    time.sleep(SOAK)
    return (cpu_seconds(process.pid) - before) / SOAK
