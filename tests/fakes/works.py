"""Builds and verbs that sweeps interfere with: how a project stands before, what is done, and what must hold afterwards.

A server process forks a builder for each case, so that the imports are paid once and are no part of a sweep.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fakes.counting import CountingProvider
from fakes.meddling import BUG, serve, serve_traced
from fakes.project import Ground, states
from pixmake.build.intent import Intent as Verbs
from pixmake.diagnostics import ExitCode
from pixmake.store.home import open_store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

FIRST, STRIDE = int(os.environ.get("PIXMAKE_FIRST_CALL", "1")), int(os.environ.get("PIXMAKE_CALL_STRIDE", "1"))
"""For a part of the sweep: from which call on, and each how manieth."""
LOCKED = ExitCode.LOCKED
SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  hero:
    prompt: a castle
    edits: [{prompt: a dragon, mask: {rect: [0, 0, 0.5, 0.5]}}]
    outputs: [{path: "hero-{{ width }}.{{ format }}", widths: [32], formats: [png, webp]}]
  icon: {prompt: a key, variants: 2, pick: 1}
  twin: {prompt: a key, variants: 2, pick: 2}
  styled: {prompt: a banner, references: [refs/style.png]}
  tree: {prompt: a tree, variants: 2}
"""
PICTURES = 7
SERVER = """
import sys
sys.path.insert(0, {tests!r})
from fakes.works import serving
serving({work!r}, traced={traced!r})
"""
Ask = Callable[[str], str]
"""Writes a line to a server and reads its answer."""


def settled(ground: Ground) -> None:
    """A project with all of it bought and published."""
    ground.picture("refs/style.png")
    assert ground.build().exit_code == 0


def changed(ground: Ground) -> None:
    """One prompt is new, one output is added, one is gone."""
    settled(ground)
    ground.edit("a banner", "a flag")
    ground.edit("widths: [32]", "widths: [32, 48]")
    (ground.root / "assets" / "tree.png").unlink()


def decided(ground: Ground) -> None:
    settled(ground)
    ground.picture("refs/mine.png", (64, 64), "green")


def buy(ground: Ground) -> None:
    report = ground.build(repeat=True, jobs=2)
    assert report.exit_code not in (LOCKED, BUG), report  # no lock may be left, and no bug


def decide(ground: Ground) -> None:
    """What a person decides, and the free work that follows."""
    verbs = Verbs(ground.project())
    verbs.pick("tree", 2)
    verbs.adopt("styled", ground.root / "refs" / "mine.png")
    verbs.freeze(["hero"])
    buy(ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is interfered with: how a project stands before, what is done, and pictures bought when all is done."""

    before: Callable[[Ground], object]
    do: Callable[[Ground], None]
    bought: int


WORKS = {
    "first": Work(before=lambda ground: ground.picture("refs/style.png"), do=buy, bought=PICTURES),
    "second": Work(before=changed, do=buy, bought=PICTURES + 1),
    "verbs": Work(before=decided, do=decide, bought=PICTURES),
}


def origin(folder: Path, work: Work) -> Ground:
    """The project as it stands before a work: each case is a copy of it."""
    ground = standing(folder)
    ground.root.mkdir(parents=True)
    ground.write("assets.yaml", SPEC)
    work.before(ground)
    return ground


def standing(folder: Path) -> Ground:
    """The project that stands in a folder, with a painter that logs its calls there."""
    ground = Ground.__new__(Ground)
    ground.folder, ground.root, ground.store = folder, folder / "project", folder / "store"
    ground.painter = CountingProvider(log=folder / "calls.jsonl")
    return ground


# --- the server --------------------------------------------------------------------------------------------------------


def serving(name: str, *, traced: bool) -> None:
    """Runs in a process of its own: forks one that does the work for each line on stdin (`fakes.meddling` says which)."""
    with tempfile.TemporaryDirectory() as folder:  # once in peace, so that all is imported that will be
        warm = Ground(Path(folder) / "warm", SPEC)
        WORKS[name].before(warm)
        WORKS[name].do(warm)

    def work(argument: str) -> Callable[[], object]:
        ground = standing(Path(argument))
        return lambda: WORKS[name].do(ground)

    (serve_traced if traced else serve)(work)


@contextlib.contextmanager
def server(name: str, *, traced: bool = False) -> Iterator[Ask]:
    """A server of one work; `traced`: its builders wait until they are told to go on."""
    script = SERVER.format(tests=str(Path(__file__).parents[1]), work=name, traced=traced)
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def ask(line: str) -> str:
        stdin.write(line + "\n")
        stdin.flush()
        return stdout.readline()

    yield ask
    stdin.close()
    stdout.close()
    assert process.wait() == 0


# --- afterwards --------------------------------------------------------------------------------------------------------


def nothing_torn(ground: Ground) -> None:
    for path in (ground.root / "assets").glob("*"):
        if path.suffix in (".png", ".webp"):
            with Image.open(path) as image:
                image.load()
    lock = ground.root / "assets.lock"
    for line in lock.read_text("utf-8").splitlines() if lock.exists() else ():
        json.loads(line)


def puts_right(ground: Ground, work: Work) -> None:
    """The same once more completes it; each picture was bought once; what was sent is known; and then nothing is to do."""
    work.do(ground)
    assert set(states(ground.plan()).values()) <= {"fresh"}, states(ground.plan())
    nothing_torn(ground)
    store = open_store(ground.store, project_root=ground.root, spec_store=None, env={})
    assert not store.results.damage
    records = [decode_or_none(line) for line in store.journal.read().lines]
    arrived = [item for record in records if isinstance(record, Outcome) and record.intent for item in record.results]
    intents = {item.intent: item for item in records if isinstance(item, Intent)}
    came = {item.intent: len(item.results) for item in records if isinstance(item, Outcome) and item.intent}
    lost = {item.intent for item in records if isinstance(item, Failure) and item.why == "unknown"}
    ended = came.keys() | {item.intent for item in records if isinstance(item, Failure)}
    assert intents.keys() <= ended, "each intent has an end"
    assert len(arrived) == work.bought, "each picture was bought exactly once"
    assert all(store.content.read_verified(result.digest) for result in arrived)
    sent = [json.loads(line) for line in (ground.folder / "calls.jsonl").read_text("utf-8").splitlines()]
    names = [line["intent"] for line in sent]
    assert len(names) == len(set(names)), "no call is made twice under one intent"
    assert set(names) <= intents.keys(), "nothing is sent without an intent on the disk"
    assert set(names) <= came.keys() | lost, "what was sent came, or is known to be unknown"
    assert not list((ground.store / "incoming").glob("[0-9a-f]*.*")), "nothing is left on the way"
    before = ground.files()
    assert ground.build(yes=False).written == ()
    assert ground.files() == before
