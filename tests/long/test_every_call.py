"""Builds and verbs interfered with at every call that reads, writes, opens, links, locks or flushes, in whichever thread.

Killed, interrupted, or told that the disk is full or broken or that no file can be opened: whatever that process says,
the next build puts it right, and no picture is bought twice. Complements `test_every_syscall.py`, which needs strace and
counts by thread. Not part of the suite: `python -m pytest -m long tests/long/test_every_call.py -s` prints the figures.
"""

from __future__ import annotations

import collections
import shutil
import signal
from pathlib import Path

import pytest

from fakes.meddling import FINE, SAID
from fakes.works import FIRST, STRIDE, WORKS, origin, puts_right, server, standing

pytestmark = [pytest.mark.long, pytest.mark.timeout(14400)]

EFFECTS = ("SIGKILL", "SIGINT", "ENOSPC", "EIO", "EMFILE", "EINTR")
MOST = 20_000


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("name", WORKS)
def test_meddled_with_at_every_call(tmp_path: Path, name: str, effect: str) -> None:
    work, tally = WORKS[name], collections.Counter[int]()
    before = origin(tmp_path / "origin", work)
    with server(name) as ask:
        for number in range(FIRST, MOST, STRIDE):
            ground = standing(tmp_path / "case")
            shutil.copytree(before.folder, ground.folder)
            came, code = map(int, ask(f"{number} {effect} {ground.folder}").split())
            assert code in (FINE, SAID, -signal.SIGKILL), (
                f"call {number}: a process ends well, says why not, or is killed"
            )
            tally[code] += 1
            try:
                puts_right(ground, work)
            except BaseException as error:
                error.add_note(f"interfered with at call {number}")
                raise
            shutil.rmtree(ground.folder)
            if not came:
                break
    print(f"\n{name}, {effect}: up to call {number}, ended {dict(tally)}")
