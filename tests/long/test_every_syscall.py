"""A paid build killed or refused at every system call that writes, links, locks or flushes: it completes later, paid once.

By the kernel's own count, with Debian's strace. Not part of the suite: `python -m pytest -m long
tests/long/test_every_syscall.py -s` prints the figures. What threads do beside each other, `test_every_call.py` sweeps in
one order.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from fakes.counting import CountingProvider
from fakes.meddling import FINE, SAID, serve_traced
from fakes.project import Ground
from pixmake.diagnostics import ExitCode
from pixmake.store.home import open_store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

pytestmark = [pytest.mark.long, pytest.mark.timeout(14400)]

CALLS = ("write", "fsync", "rename", "link", "unlink", "flock", "ftruncate", "mkdir", "openat")
"""strace counts each call by itself and by thread, so they are swept one by one; with one job there is one worker thread."""
EFFECTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EINTR", "error=EMFILE")
MOST = 5000
FIRST, STRIDE = int(os.environ.get("PIXMAKE_FIRST_CALL", "1")), int(os.environ.get("PIXMAKE_CALL_STRIDE", "1"))
"""For a part of the sweep: from which call on, and each how manieth."""
SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  hero: {prompt: a castle, edits: [{prompt: a dragon, mask: {rect: [0, 0, 0.5, 0.5]}}]}
  icon: {prompt: a key, variants: 2}
"""
PICTURES = 4
SERVER = """
import sys
sys.path[:0] = [{tests!r}, {here!r}]
from test_every_syscall import serving
serving()
"""
Traced = Callable[[str, str, int, Ground], tuple[bool, int]]
"""Runs a build in which each thread's n-th such call is interfered with; whether that came to pass, and how it ended."""


def log_of(ground: Ground) -> Path:
    return ground.folder / "calls.jsonl"


def buy(ground: Ground) -> None:
    report = ground.build(repeat=True, jobs=1)
    assert report.exit_code is not ExitCode.LOCKED, report  # no lock may be left


def serving() -> None:
    """Runs in a process of its own: forks one that builds for each folder on stdin. The imports are paid once, and are
    no part of the sweep."""
    with tempfile.TemporaryDirectory() as folder:
        buy(Ground(Path(folder) / "warm", SPEC))

    def work(folder: str) -> Callable[[], object]:
        ground = Ground.__new__(Ground)
        ground.folder, ground.root, ground.store = Path(folder), Path(folder) / "project", Path(folder) / "store"
        ground.painter = CountingProvider(log=log_of(ground))
        return lambda: buy(ground)

    serve_traced(work)


@contextlib.contextmanager
def server() -> Iterator[Traced]:
    here = Path(__file__).parent
    script = SERVER.format(tests=str(here.parent), here=str(here))
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def ask(line: str) -> int:
        stdin.write(line + "\n")
        stdin.flush()
        return int(stdout.readline())

    def traced(call: str, effect: str, number: int, ground: Ground) -> tuple[bool, int]:
        trace, pid = ground.folder / "trace", ask(str(ground.folder))
        rules = ["-e", f"trace={call}", "-e", f"inject={call}:{effect}:when={number}"]
        with subprocess.Popen(
            ["strace", "-f", "-o", str(trace), *rules, "-p", str(pid)], stderr=subprocess.PIPE, text=True
        ) as strace:
            assert strace.stderr is not None
            assert "attached" in strace.stderr.readline()
            code = ask("go")
            strace.communicate(timeout=60)
        text = trace.read_text(errors="replace")
        return "(INJECTED)" in text or "killed by SIGKILL" in text, code

    yield traced
    stdin.close()
    stdout.close()
    assert process.wait() == 0


def pictures_sent(log: Path) -> int:
    return sum(json.loads(line)["count"] for line in log.read_text().splitlines()) if log.exists() else 0


def check(ground: Ground) -> None:
    """After a crash: a build completes; what arrived is there once; what was sent is known."""
    for path in (ground.root / "assets").glob("*.png"):
        with Image.open(path) as image:
            image.load()
    ground.painter = CountingProvider(log=log_of(ground))
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
    assert PICTURES <= pictures_sent(log_of(ground)) <= len(arrived) + unknown
    before = ground.files()
    assert ground.build(yes=False).written == ()
    assert ground.files() == before


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")
def test_interfered_with_at_every_call(tmp_path: Path, call: str, effect: str) -> None:
    """Killed there, or told that the disk is full or broken: whatever that build says, the next one puts it right."""
    tally = collections.Counter[int]()
    with server() as traced:
        for number in range(FIRST, MOST, STRIDE):
            ground = Ground(tmp_path / "case", SPEC)
            came, code = traced(call, effect, number, ground)
            try:
                assert code in (FINE, SAID, -signal.SIGKILL), "a process ends well, says why not, or is killed"
                check(ground)
            except BaseException as error:
                error.add_note(f"interfered with at {call} {number}")
                raise
            shutil.rmtree(ground.folder)
            if not came:
                break
            tally[code] += 1
    print(f"\n{call}, {effect}: up to call {number}, {tally.total()} interfered with, ended {dict(tally)}")
