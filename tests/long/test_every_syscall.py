"""A paid build killed at every system call that writes, links, locks or flushes: afterwards it completes and pays once.

Needs Debian's strace. Not part of the suite: `python -m pytest -m long`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.store.home import open_store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

CALLS = ("write", "fsync", "rename", "link", "unlink", "flock", "ftruncate", "mkdir", "openat")
"""strace counts each call by itself and by thread, so they are swept one by one; with one job there is one worker thread."""
FIRST = {"openat": 660}
"""Where the sweep begins: the interpreter opens some hundred files before it does anything of ours. So this one sweeps the
main thread only: the worker's opens have lower numbers, which the interpreter meets first."""
MOST = 5000
STRIDE = int(os.environ.get("PIXMAKE_CALL_STRIDE", "1"))
"""For a part of the sweep: each how manieth call. What threads do beside each other, `test_every_call.py` sweeps in one order."""
SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  hero: {prompt: a castle, edits: [{prompt: a dragon, mask: {rect: [0, 0, 0.5, 0.5]}}]}
  icon: {prompt: a key, variants: 2}
"""
PICTURES = 4
BUILDER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = CountingProvider(log=Path({log!r}))
ground.build(repeat={repeat}, jobs=1)
"""
TESTS = str(Path(__file__).parents[1])


def command(ground: Ground, log: Path, *, repeat: bool = False) -> list[str]:
    script = BUILDER.format(tests=TESTS, root=str(ground.root), store=str(ground.store), log=str(log), repeat=repeat)
    return [sys.executable, "-B", "-c", script]


def traced(call: str, effect: str, number: int, ground: Ground, log: Path) -> bool:
    """Runs a build in which the `number`-th such call of a thread is interfered with; whether that came to pass."""
    trace = ground.folder / "trace"
    strace = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}"]
    rule = ["-e", f"inject={call}:{effect}:when={number}"]
    subprocess.run([*strace, *rule, *command(ground, log)], capture_output=True)
    text = trace.read_text(errors="replace")
    return "(INJECTED)" in text or "killed by SIGKILL" in text


def pictures_sent(log: Path) -> int:
    return sum(json.loads(line)["count"] for line in log.read_text().splitlines()) if log.exists() else 0


def check(ground: Ground, log: Path) -> None:
    """After a crash: a build completes; what arrived is there once; what was sent is known."""
    for path in (ground.root / "assets").glob("*.png"):
        with Image.open(path) as image:
            image.load()
    ground.painter = CountingProvider(log=log)
    report = ground.build(repeat=True)
    assert report.exit_code == 0, report.problems
    store = open_store(ground.store, project_root=ground.root, spec_store=None, env={})
    records = [decode_or_none(line) for line in store.journal.read().lines]
    arrived = [result for item in records if isinstance(item, Outcome) for result in item.results]
    lost = {item.intent for item in records if isinstance(item, Failure) and item.why == "unknown"}
    intents = {item.intent: item.count for item in records if isinstance(item, Intent)}
    unknown = sum(intents[intent] for intent in lost)
    # an answer of which the disk took only a part: what came is kept, the rest stays reserved
    unknown += sum(intents[item.intent or ""] - len(item.results) for item in records if isinstance(item, Outcome))
    assert all(store.content.read_verified(result.digest) for result in arrived)
    assert len(arrived) == PICTURES, "each picture was bought exactly once"
    assert PICTURES <= pictures_sent(log) <= len(arrived) + unknown
    before = ground.files()
    assert ground.build(yes=False).written == ()
    assert ground.files() == before


@pytest.mark.parametrize("effect", ["signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EINTR", "error=EMFILE"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")
def test_interfered_with_at_every_call(tmp_path: Path, call: str, effect: str) -> None:
    """Killed there, or told that the disk is full or broken: whatever that build says, the next one puts it right."""
    first = FIRST.get(call, 1)
    for number in range(first, MOST, STRIDE):
        ground = Ground(tmp_path / str(number), SPEC)
        log = ground.folder / "calls.jsonl"
        came = traced(call, effect, number, ground, log)
        check(ground, log)
        shutil.rmtree(ground.folder)
        if not came:
            return
    raise AssertionError(f"a small build makes fewer than {MOST} such calls")
