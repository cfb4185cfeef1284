"""Bench: a cold plan of one long file, beside what PyYAML alone takes to load it; and one changed entry of many,
until its request leaves, beside ninja's one-change build.
"""

from __future__ import annotations

import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.dots import HEAD, build, place, write_lines
from bench.measures import Measure
from bench.peers import PEERS
from bench.timing import PIXMAKE, Case, side_by_side

NAME = "cold"
ABOUT = "a cold plan of 10 000 entries of 12 lines against yaml.load; one entry changed against ninja, a new one against the SDK"
ENTRIES = 10_000
ENTRY = """\
  icons/thing-{0}.png:
    prompt: "thing number {0}, made of gold, with a long handle"
    template: icon.j2
    size: 512x512
    quality: high
    background: transparent
    vars:
      tone: warm
      material: gold
    tags: [ui, small, set-{1}]
    alt: Thing number {0}
    title: "Thing {0}"
"""
HEADS = {
    "drafts": "version: 1\nvars: {tone: warm}\ndefaults: {provider: draft}\nassets:\n",
    "bought": "version: 1\nvars: {tone: warm}\ndefaults: {model: gpt-image-2.5-flare}\nassets:\n",
}
TEMPLATE = "{{ prompt }}, flat vector icon, thick outline, {{ tone }} light on {{ material }}\n"
YAML = "yaml.load"
LOADS = {
    YAML: "import yaml\ntext = open('assets.yaml').read()\n{} yaml.load(text, Loader=yaml.CLoader) {}",
    "load": "from pathlib import Path\nfrom pixmake.spec.load import load\n{} load(Path('assets.yaml')) {}",
    "load and plan": "from pixmake import Project\nfrom pixmake.providers import draft\n{} Project('assets.yaml').plan() {}",
}
TIMED = ("import time\nbegan = time.perf_counter()\nfound =", "\nprint(time.perf_counter() - began)")
"""What is timed, without the start of Python and imports."""
WHOLE = "import yaml; yaml.load(open('assets.yaml'), Loader=yaml.CLoader)"
SDK = "import openai; " + WHOLE
ASYNCIO = "import asyncio"
"""What a build that asks a provider can't do without: timed beside, it shows how much of a start is its own."""
CHANGES = {1_000: 8.0, 10_000: 2.5, 100_000: 1.0}
"""Goals of one change against ninja's, by size."""
FIRST_GOAL = 0.06
ROUNDS = 5


def measure(full: bool) -> Mapping[str, Measure]:
    """Plans, then changes, each with what it is compared with in turn."""
    found: dict[str, Measure] = {}
    with tempfile.TemporaryDirectory(prefix="pixmake-bench-") as folder:
        for kind in HEADS:
            print(f"  a plan of {ENTRIES} entries, {kind}", file=sys.stderr)
            found |= _plans(Path(folder) / kind, kind)
        for count, goal in CHANGES.items():
            if full or count < 100_000:
                print(f"  one entry changed of {count}: building", file=sys.stderr)
                found |= _changes(Path(folder) / str(count), count, goal)
        if _has("openai"):
            print(f"  one entry more than {ENTRIES}: building", file=sys.stderr)
            found |= _first(Path(folder) / "first")
    return found


def _environment(folder: Path) -> dict[str, str]:
    """The store is a new one."""
    return _compiled(folder) | {"PIXMAKE_STORE": os.fspath(folder.parent / "store")}


def _compiled(folder: Path) -> dict[str, str]:
    """Compiled modules are kept, as in an installed package."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": os.fspath(folder.parent / "compiled")}


# --- cold plans --------------------------------------------------------------------------------------------------------


def _plans(root: Path, kind: str) -> dict[str, Measure]:
    (root / "templates").mkdir(parents=True)
    (root / "templates" / "icon.j2").write_text(TEMPLATE)
    (root / "assets.yaml").write_text(HEADS[kind] + "".join(ENTRY.format(n, n % 10) for n in range(ENTRIES)))
    env = _environment(root)
    inside: dict[str, list[float]] = {name: [] for name in LOADS}
    for turn in range(ROUNDS + 1):
        for name, code in LOADS.items():
            seconds = _inside(code.format(*TIMED), root, env)
            if turn:
                inside[name].append(seconds)
    times = {name: statistics.median(seconds) for name, seconds in inside.items()}
    cases = {"plan": [*PIXMAKE, "plan", "-q"], YAML: [sys.executable, "-c", WHOLE]}
    runs = side_by_side({name: Case(command=line, folder=root, env=env) for name, line in cases.items()}, ROUNDS)
    return {
        f"{kind}: load / {YAML}": _ratio(times["load"], times[YAML], None, YAML),
        f"{kind}: load and plan / {YAML}": _ratio(times["load and plan"], times[YAML], 1.0, YAML),
        f"{kind}: `pixmake plan` / Python with {YAML}": _ratio(runs["plan"].seconds, runs[YAML].seconds, 1.0, YAML),
    }


def _inside(code: str, root: Path, env: Mapping[str, str]) -> float:
    """The seconds that a piece of Python prints of itself."""
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, cwd=root, env=os.environ | env, check=True, capture_output=True).stdout)


def _ratio(
    ours: float, theirs: float, goal: float | None, name: str, beside: Mapping[str, float] | None = None
) -> Measure:
    seen = {"ms": ours * 1000, f"{name} ms": theirs * 1000, **(beside or {})}
    return Measure(ratio=ours / theirs, goal=goal, seen=seen)


# --- one entry changed -------------------------------------------------------------------------------------------------


def _changes(root: Path, count: int, goal: float) -> dict[str, Measure]:
    ours = root / "pixmake"
    write_lines(ours, count)
    build(ours)
    env = _compiled(root)
    change = functools.partial(_change, ours, _state(ours), count // 2)
    command = [sys.executable, "-m", "bench.leaving", os.fspath(ours)]
    here = env | {"PYTHONPATH": os.fspath(Path(__file__).parents[1])}
    cases = {"pixmake": Case(command=command, folder=ours, env=here, before=change)}
    if PEERS["ninja"].there:
        theirs = PEERS["ninja"].case(root / "ninja", count)
        source = root / "ninja" / "src" / f"{place(count // 2)}.txt"
        touch = functools.partial(_touch, source)
        cases["ninja"] = Case(command=theirs.command, folder=theirs.folder, env=theirs.env, before=touch)
    else:
        print("  ninja is not installed: left out", file=sys.stderr)
    cases["asyncio"] = Case(command=[sys.executable, "-c", ASYNCIO], folder=ours, env=env)
    runs = side_by_side(cases, ROUNDS)
    shutil.rmtree(root)
    if "ninja" not in runs:
        return {}
    beside = {"Python with asyncio ms": runs["asyncio"].seconds * 1000}
    ratio = _ratio(runs["pixmake"].seconds, runs["ninja"].seconds, goal, "ninja", beside)
    return {f"one of {count} changed / ninja": ratio}


def _first(root: Path) -> dict[str, Measure]:
    """The first picture of a new entry of 12 lines among those of the cold plan."""
    (root / "templates").mkdir(parents=True)
    (root / "templates" / "icon.j2").write_text(TEMPLATE)
    text = HEAD.replace("defaults:", "vars: {tone: warm}\ndefaults:") + "".join(map(_entry, range(ENTRIES)))
    (root / "assets.yaml").write_text(text)
    build(root)
    state = _state(root)
    env = _compiled(root)

    def add() -> None:
        _restore(state)
        (root / "assets.yaml").write_text(text + _entry(time.monotonic_ns()))
        time.sleep(0.2)  # at rest, as after an editor

    here = env | {"PYTHONPATH": os.fspath(Path(__file__).parents[1])}
    ours = [sys.executable, "-m", "bench.leaving", os.fspath(root)]
    cases = {
        "pixmake": Case(command=ours, folder=root, env=here, before=add),
        "SDK": Case(command=[sys.executable, "-c", SDK], folder=root, env=env),
    }
    runs = side_by_side(cases, ROUNDS)
    shutil.rmtree(root)
    name = f"one new of {ENTRIES} / importing the SDK and {YAML}"
    return {name: _ratio(runs["pixmake"].seconds, runs["SDK"].seconds, FIRST_GOAL, f"SDK and {YAML}")}


def _entry(number: int) -> str:
    return ENTRY.format(number, number % 10).replace("512x512", "8x8")


def _state(root: Path) -> dict[Path, bytes]:
    """What a build left that found nothing to do. The runs to come are killed in the middle of theirs, and leave none."""
    return {path: path.read_bytes() for path in (root / ".pixmake").iterdir() if path.is_file()}


def _change(root: Path, state: Mapping[Path, bytes], number: int) -> None:
    """Gives one entry a prompt that it never had, after a build that left nothing to do."""
    _restore(state)
    _write_entry(root / "assets.yaml", number)


def _restore(state: Mapping[Path, bytes]) -> None:
    for path, data in state.items():
        path.write_bytes(data)


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _write_entry(path: Path, number: int) -> None:
    """Gives one entry a prompt that it never had."""
    lines = path.read_text().split("\n")
    place_of = next(index for index, line in enumerate(lines) if line.startswith(f"  {place(number)}.png:"))
    lines[place_of] = f"  {place(number)}.png: another thing, number {time.monotonic_ns()}"
    path.write_text("\n".join(lines))
    time.sleep(0.2)  # at rest, as after an editor


def _touch(path: Path) -> None:
    path.write_text(f"{time.monotonic_ns()}\n")
