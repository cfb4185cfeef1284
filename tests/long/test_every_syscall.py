"""Builds and verbs killed or refused at every system call that writes, links, locks, opens or flushes, by the kernel's count.

`test_every_call.py` interferes with the same works and counts what Python calls, in one order for all threads. Here
strace (Debian has it) counts each call by itself and by thread. Not part of the suite:
`python -m pytest -m long tests/long/test_every_syscall.py -s` prints the figures.
"""

from __future__ import annotations

import collections
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.meddling import FINE, SAID
from fakes.project import Ground
from fakes.works import FIRST, STRIDE, WORKS, Ask, origin, puts_right, server, standing

pytestmark = [pytest.mark.long, pytest.mark.timeout(14400)]

CALLS = ("write", "fsync", "rename", "link", "unlink", "flock", "ftruncate", "mkdir", "openat")
EFFECTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EINTR", "error=EMFILE")
MOST = 5000
Traced = Callable[[str, str, int, Ground], tuple[bool, int]]
"""Does a work in which each thread's n-th such call is interfered with; whether that came to pass, and how it ended."""


def tracing(ask: Ask) -> Traced:
    """Interferes through strace with the builders of a server."""

    def traced(call: str, effect: str, number: int, ground: Ground) -> tuple[bool, int]:
        trace, pid = ground.folder / "trace", int(ask(str(ground.folder)))
        rules = ["-e", f"trace={call}", "-e", f"inject={call}:{effect}:when={number}"]
        with subprocess.Popen(
            ["strace", "-f", "-o", str(trace), *rules, "-p", str(pid)], stderr=subprocess.PIPE, text=True
        ) as strace:
            assert strace.stderr is not None
            assert "attached" in strace.stderr.readline()
            code = int(ask("go"))
            strace.communicate(timeout=60)
        text = trace.read_text(errors="replace")
        return "(INJECTED)" in text or "killed by SIGKILL" in text, code

    return traced


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", WORKS)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")
def test_interfered_with_at_every_call(tmp_path: Path, name: str, call: str, effect: str) -> None:
    """Killed there, or told that the disk is full or broken: whatever that process says, the next one puts it right."""
    work, tally = WORKS[name], collections.Counter[int]()
    before = origin(tmp_path / "origin", work)
    with server(name, traced=True) as ask:
        traced = tracing(ask)
        for number in range(FIRST, MOST, STRIDE):
            ground = standing(tmp_path / "case")
            shutil.copytree(before.folder, ground.folder)
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
