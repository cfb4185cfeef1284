"""Builds and verbs killed or refused at every system call that writes, links, locks, opens or flushes, by the kernel's count.

The works and what must hold afterwards are those of `test_every_call.py`, which counts what Python calls, in one order for
all threads. Here strace (Debian has it) counts each call by itself and by thread. Not part of the suite:
`python -m pytest -m long tests/long/test_every_syscall.py -s` prints the figures.
"""

from __future__ import annotations

import collections
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.meddling import FINE, SAID, serve_traced
from fakes.project import Ground
from long.test_every_call import SPEC, WORKS, puts_right, standing

pytestmark = [pytest.mark.long, pytest.mark.timeout(14400)]

CALLS = ("write", "fsync", "rename", "link", "unlink", "flock", "ftruncate", "mkdir", "openat")
EFFECTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EINTR", "error=EMFILE")
MOST = 5000
FIRST, STRIDE = int(os.environ.get("PIXMAKE_FIRST_CALL", "1")), int(os.environ.get("PIXMAKE_CALL_STRIDE", "1"))
"""For a part of the sweep: from which call on, and each how manieth."""
SERVER = """
import sys
sys.path.insert(0, {tests!r})
from long.test_every_syscall import serving
serving({work!r})
"""
Traced = Callable[[str, str, int, Ground], tuple[bool, int]]
"""Does a work in which each thread's n-th such call is interfered with; whether that came to pass, and how it ended."""


def serving(name: str) -> None:
    """Runs in a process of its own: forks one that does the work for each folder on stdin. The imports are paid once, and
    are no part of the sweep."""
    with tempfile.TemporaryDirectory() as folder:
        warm = Ground(Path(folder) / "warm", SPEC)
        WORKS[name].before(warm)
        WORKS[name].do(warm)

    def work(folder: str) -> Callable[[], object]:
        ground = standing(Path(folder))
        return lambda: WORKS[name].do(ground)

    serve_traced(work)


@contextlib.contextmanager
def server(name: str) -> Iterator[Traced]:
    script = SERVER.format(tests=str(Path(__file__).parents[1]), work=name)
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


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", WORKS)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")
def test_interfered_with_at_every_call(tmp_path: Path, name: str, call: str, effect: str) -> None:
    """Killed there, or told that the disk is full or broken: whatever that process says, the next one puts it right."""
    work, tally = WORKS[name], collections.Counter[int]()
    origin = Ground(tmp_path / "origin", SPEC, CountingProvider(log=tmp_path / "origin" / "calls.jsonl"))
    work.before(origin)
    with server(name) as traced:
        for number in range(FIRST, MOST, STRIDE):
            ground = standing(tmp_path / "case")
            shutil.copytree(origin.folder, ground.folder)
            came, code = traced(call, effect, number, ground)
            try:
                assert code in (FINE, SAID, -signal.SIGKILL), "a process ends well, says why not, or is killed"
                puts_right(ground, work)
            except BaseException as error:
                error.add_note(f"interfered with at {call} {number}")
                raise
            shutil.rmtree(ground.folder)
            if not came:
                break
            tally[code] += 1
    print(f"\n{name}, {call}, {effect}: up to call {number}, {tally.total()} interfered with, ended {dict(tally)}")
