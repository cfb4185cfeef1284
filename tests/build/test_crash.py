"""kill -9 at random moments of a paid build: it completes afterwards, nothing is torn, no arrived picture is bought again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.store.home import open_store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  "thing-{{ n }}":
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
    prompt: "thing {{ n }}"
    edits: [at night]
"""

BUILDER = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = CountingProvider(log=Path({log!r}), hook=lambda call: time.sleep(0.02))
print("ready", flush=True)
ground.build(yes={yes})
"""
TESTS = Path(__file__).parents[1]


def start(ground: Ground, log: Path, *, yes: bool) -> subprocess.Popen[str]:
    script = BUILDER.format(tests=str(TESTS), root=str(ground.root), store=str(ground.store), log=str(log), yes=yes)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def sent(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_killed_builds_complete_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    log = tmp_path / "calls.jsonl"
    dice = random.Random(20261122)
    for _ in range(12):
        process = start(ground, log, yes=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(dice.uniform(0.0, 0.7))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        check_outputs(ground)
    ground.painter = CountingProvider(log=log)
    assert ground.build(repeat=True).exit_code == 0
    assert ground.build(yes=False).exit_code == 0
    check_outputs(ground)
    arrived, unknown, intents = tally(ground)
    assert arrived == 16, "each of sixteen requests was answered exactly once"
    # every call the provider saw is either an answer we kept or one we know to be unknown; an intent may be unsent
    assert arrived <= sent(log) <= arrived + unknown
    assert intents == arrived + unknown


def tally(ground: Ground) -> tuple[int, int, int]:
    store = open_store(ground.store, project_root=ground.root, spec_store=None, env={})
    records = [decode_or_none(line) for line in store.journal.read().lines]
    done = sum(len(item.results) for item in records if isinstance(item, Outcome))
    lost = sum(1 for item in records if isinstance(item, Failure) and item.why == "unknown")
    intents = sum(item.count for item in records if isinstance(item, Intent))
    for item in records:
        if isinstance(item, Outcome):
            assert all(store.content.read_verified(result.digest) for result in item.results)
    return done, lost, intents


def check_outputs(ground: Ground) -> None:
    """Whatever stands there is whole, and nothing temporary is left among the outputs but what was being written."""
    for path in (ground.root / "assets").glob("*.png"):
        with Image.open(path) as image:
            image.load()
            assert image.size == (64, 64)
    lock = ground.root / "assets.lock"
    if lock.exists():
        for line in lock.read_text().splitlines():
            json.loads(line)


def test_what_a_crash_left_on_the_way_is_cleared_and_what_is_in_flight_stays(tmp_path: Path) -> None:
    """Killed between `done` and the end of a stay in `incoming/`; torn on arrival; in another process's hands."""
    ground = Ground(tmp_path, SPEC.replace("[1, 2, 3, 4, 5, 6, 7, 8]", "[1]"))
    ground.painter = CountingProvider(script={"night": ["unknown"]})
    ground.build()
    store = open_store(ground.store, project_root=ground.root, spec_store=None, env={})
    bought, lost = (item.intent for item in map(decode_or_none, store.journal.read().lines) if isinstance(item, Intent))
    (digest,) = store.content.digests()
    way = ground.store / "incoming"
    os.link(store.content.path(digest), way / f"{bought}.0.{digest}")
    torn = way / f"{lost}.0.{'0' * 64}"
    torn.write_bytes(b"half of a pict")
    flying = way / f"{'f' * 32}.0.{'1' * 64}"
    flying.write_bytes(b"somebody is writing this")
    for name, age in (("put.old", 2 * 86_400), ("put.new", 60)):
        (way / name).write_bytes(b"a copy that nobody finished")
        os.utime(way / name, (time.time() - age,) * 2)
    ground.project().recover()
    assert sorted(path.name for path in way.iterdir()) == [flying.name, "put.new"]
    assert store.content.read_verified(digest)
    assert (ground.store / "quarantine" / torn.name).read_bytes() == b"half of a pict"


KILLED_AT_THE_LAST_BYTE = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground

class Lander(CountingProvider):
    async def make(self, call):
        answer = await super().make(call)
        landing = call.land(0)
        landing.write(answer.pictures[0].data[:{size}])
        os._exit(9)  # before the answer has ended

ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = Lander(log=Path({log!r}))
ground.build()
"""


@pytest.mark.parametrize("whole", [True, False])
def test_killed_before_the_end_of_an_answer_a_picture_that_had_come_whole_is_kept(tmp_path: Path, whole: bool) -> None:
    ground = Ground(tmp_path, "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n  key: a key\n")
    log = tmp_path / "calls.jsonl"
    script = KILLED_AT_THE_LAST_BYTE.format(
        tests=str(TESTS), root=str(ground.root), store=str(ground.store), log=str(log), size=None if whole else -1
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    ground.painter = CountingProvider(log=log)
    report = ground.build()
    assert report.exit_code == (0 if whole else 5)
    assert sent(log) == 1, "half a picture is unknown, and asks a person"
    assert list((ground.store / "incoming").iterdir()) == []
    quarantine = ground.store / "quarantine"
    assert [path.suffix for path in (quarantine.iterdir() if quarantine.exists() else ())] == (
        [] if whole else [".part"]
    )
