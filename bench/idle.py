"""Nothing to do in a project of N assets: `plan` and `build`, beside a bare Python and beside the same without a snapshot.

    python bench/idle.py [N] [--json]

Whole processes, in turn, medians and ratios; the first build (drafts, free) is timed once for scale.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

RUNS = 7


def generate(root: Path, count: int) -> None:
    """A spec of `count` icons with a template, tags and a style reference."""
    (root / "templates").mkdir()
    (root / "templates" / "icon.j2").write_text("{{ prompt }}, flat vector icon, thick outline, {{ tone }}\n")
    head = "version: 1\nvars: {tone: warm}\ndefaults: {provider: draft, template: icon.j2, size: 64x64}\nassets:\n"
    entry = "  icons/thing-{0}.png:\n    prompt: thing number {0}, made of gold\n    tags: [ui, small]\n    alt: thing {0}\n"
    (root / "assets.yaml").write_text(head + "".join(entry.format(number) for number in range(count)))


def timed(command: list[str], root: Path, env: Mapping[str, str]) -> float:
    """Seconds of one whole process. Raises CalledProcessError where it fails."""
    began = time.perf_counter()
    subprocess.run(command, cwd=root, env=dict(env), check=True, capture_output=True)
    return time.perf_counter() - began


def measure(count: int) -> dict[str, float]:
    """Median seconds by what was run."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        env = os.environ | {"PIXMAKE_STORE": str(root / "store")}
        generate(root, count)
        time.sleep(0.2)  # the spec is at rest: only then may a snapshot be taken
        pixmake = [sys.executable, "-m", "pixmake"]
        first = timed([*pixmake, "build"], root, env)
        cases = {
            "bare python": [sys.executable, "-c", "pass"],
            "build": [*pixmake, "build"],
            "plan": [*pixmake, "plan"],
            "plan, no snapshot": [*pixmake, "plan", "-v"],
        }
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(RUNS):
            for name, command in cases.items():
                times[name].append(timed(command, root, env))
        return {"first build": first} | {name: statistics.median(values) for name, values in times.items()}


def main() -> int:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count = numbers[0] if numbers else 1000
    found = measure(count)
    if "--json" in sys.argv:
        ratios = {name: round(seconds / found["bare python"], 2) for name, seconds in found.items()}
        print(json.dumps({"assets": count, "seconds": found, "ratio to a bare python": ratios}, indent=2))
        return 0
    print(f"{count} assets, nothing to do (median of {RUNS} whole processes)")
    for name, seconds in found.items():
        print(f"  {name:20} {seconds * 1000:8.0f} ms   {seconds / found['bare python']:7.1f} x a bare python")
    return 0


if __name__ == "__main__":
    sys.exit(main())
