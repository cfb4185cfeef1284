"""Bench: from saving the spec to the new draft on disk, beside a cold `pixmake build` of the same change, in one run.

A project of ASSETS drafts (a template, a preset, tags, an output each) is built once. Then, CHANGES times, one prompt is
changed: a running watch makes the draft; later a new process makes as many with `pixmake build`. The watch sits in a
process of its own, as a person's does; time is from just before the file is written to the output's new content.
`--soak SECONDS` also says what an idle watch costs in CPU.

    python bench/watch.py [--assets 1000] [--changes 15] [--size 64] [--soak 5] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GOAL = 0.150
LOG = "watch.log"
PIXMAKE = [sys.executable, "-m", "pixmake"]


def spec(assets: int, size: int, word: str) -> str:
    """A spec in which one prompt holds `word`."""
    changed = assets // 2
    head = (
        "version: 1\nstore: .store\nvars: {style: flat vector}\n"
        f"presets:\n  icon: {{size: {size}x{size}, tags: [ui]}}\n"
        "defaults: {provider: draft, use: [icon], template: icon.j2}\nassets:\n"
    )
    rows = (
        f"  icons/item-{number:04}.png:\n    prompt: a {word if number == changed else 'red'} apple number {number}\n"
        f"    tags: [fruit]\n    alt: An apple\n"
        for number in range(assets)
    )
    return head + "".join(rows)


class Bench:
    """One project on disk and the ways to change it."""

    def __init__(self, root: Path, assets: int, size: int) -> None:
        self.root, self.assets, self.size = root, assets, size
        self.output = root / f"assets/icons/item-{assets // 2:04}.png"
        (root / "templates").mkdir()
        (root / "templates/icon.j2").write_text("{{ prompt }}, {{ style }}, thick outline")
        self.save("red")

    def save(self, word: str) -> None:
        """Saves as editors do: beside, then by rename."""
        beside = self.root / ".assets.yaml.tmp"
        beside.write_text(spec(self.assets, self.size, word))
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
    seen = path.stat()
    return seen.st_ino, seen.st_mtime_ns


def cpu_seconds(pid: int) -> float:
    """Processor time a process has had, user and system, from /proc (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(assets: int, changes: int, size: int, soak: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), assets, size)
        first = bench.build()
        idle = None
        with bench.watch() as process:
            warm = []
            for number in range(changes):
                warm.append(bench.change(f"watched{number}", process))
                time.sleep(0.4)
            if soak:
                time.sleep(1)
                before = cpu_seconds(process.pid)
                time.sleep(soak)
                idle = (cpu_seconds(process.pid) - before) / soak
        cold = []
        for number in range(max(3, changes // 3)):
            bench.save(f"built{number}")
            cold.append(bench.build())
    watched, built = statistics.median(warm), statistics.median(cold)
    return {
        "format": "pixmake.bench-watch/1",
        "assets": assets,
        "changes": changes,
        "size": size,
        "first_build": round(first, 3),
        "watch": {"median": round(watched, 4), "best": round(min(warm), 4), "worst": round(max(warm), 4)},
        "cold_build": {"median": round(built, 4), "best": round(min(cold), 4), "worst": round(max(cold), 4)},
        "ratio": round(built / watched, 2),
        "goal": GOAL,
        "reached": watched <= GOAL,
        "idle_cpu": idle if idle is None else round(idle, 4),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=15)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--soak", type=float, default=0.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = run(options.assets, options.changes, options.size, options.soak)
    if options.json:
        print(json.dumps(found))
        return
    watched, built = found["watch"], found["cold_build"]
    assert isinstance(watched, dict) and isinstance(built, dict)
    print(f"{found['assets']} assets, {found['changes']} changes of one prompt, drafts of {found['size']} pixels")
    for name, times in (("save to draft, watch", watched), ("cold build process", built)):
        median, best, worst = (times[key] * 1000 for key in ("median", "best", "worst"))
        print(f"  {name:20} median {median:6.0f} ms   best {best:6.0f}   worst {worst:6.0f}")
    reached = "reached" if found["reached"] else "missed"
    print(f"  the watch is {found['ratio']} times as fast; goal {GOAL * 1000:.0f} ms: {reached}")
    if found["idle_cpu"] is not None:
        print(f"  idle: {found['idle_cpu']:.2%} of one processor")
    print(f"  first build {found['first_build']} s; load {found['load']}")


if __name__ == "__main__":
    main()
