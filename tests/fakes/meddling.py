"""Interferes with the n-th call of a process that touches a disk, whichever thread makes it.

Counts what Python code calls of the operating system's functions (`sys.setprofile`), so unlike strace it knows one order
for all threads. A server process forks a builder for each case: the imports are paid once.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from itertools import count
from types import FrameType
from typing import Any

from pixmake.diagnostics import Problem

POSIX = frozenset(
    {"open", "write", "fsync", "fdatasync", "rename", "replace", "link", "unlink", "remove", "rmdir", "mkdir"}
    | {"ftruncate", "truncate", "chmod", "scandir", "listdir", "lseek", "utime", "symlink"}
)
STREAM = frozenset({"write", "flush", "read", "readline", "close"})
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGINT": signal.SIGINT}
OURS, FAKES = f"{os.sep}pixmake{os.sep}", f"{os.sep}fakes{os.sep}"
FINE, SAID, BUG = 0, 3, 70
"""How a builder ends: done; with an error that a user is told; with one that would be a crash report."""


def touches(function: Any) -> bool:
    """Whether a C function reads, writes, opens, links, locks or flushes a file."""
    owner, name = getattr(function, "__self__", None), function.__name__
    if isinstance(owner, io.BufferedWriter | io.BufferedReader | io.BufferedRandom | io.FileIO):
        return name in STREAM
    module = function.__module__
    return (
        (module in ("posix", "nt") and name in POSIX)
        or (function is fcntl.flock)
        or (module in ("io", "_io") and name == "open")
    )


def meddle(number: int, effect: str, came: Callable[[], object]) -> Callable[[], int]:
    """From now on this process counts, and the `number`-th call (from 1) is interfered with: killed there, interrupted,
    or answered with an error. Returns what says how many were counted."""
    numbers, seen = count(1), [0]

    def watch(frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call" or not touches(function) or FAKES in frame.f_code.co_filename:
            return
        if "importlib" in frame.f_code.co_filename or frame.f_code.co_filename.startswith("<"):
            return  # an import is no work on a file of ours
        seen[0] = now = next(numbers)
        if now != number:
            return
        came()
        if effect in SIGNALS:
            os.kill(os.getpid(), SIGNALS[effect])
            return
        code = getattr(errno, effect)
        raise OSError(code, os.strerror(code))

    threading.setprofile(watch)
    sys.setprofile(watch)
    return lambda: seen[0]


def run(number: int, effect: str, work: Callable[[], object], came: Callable[[], object]) -> int:
    """Does `work` with interference; how it ended."""
    meddle(number, effect, came)
    return ended(work)


def ended(work: Callable[[], object]) -> int:
    """Does `work`, whatever a test has set up to interfere with it; how it ended."""
    trouble: BaseException | None = None
    try:
        work()
    except BaseException as error:
        trouble = error
    sys.setprofile(None)
    threading.setprofile(None)
    if trouble is None:
        return FINE
    if isinstance(trouble, Problem | OSError | KeyboardInterrupt):
        return SAID
    traceback.print_exception(trouble)
    return BUG


def serve(work: Callable[[str], Callable[[], object]]) -> None:
    """Reads lines `number effect argument` from stdin; forks for each; answers whether it came to that, and the status."""
    for line in sys.stdin:
        number, effect, argument = line.rstrip("\n").split(" ", 2)
        inlet, outlet = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(int(number), effect, work, argument, outlet)
        os.close(outlet)
        told = os.read(inlet, 1)
        os.close(inlet)
        _, status = os.waitpid(pid, 0)
        print(len(told), os.waitstatus_to_exitcode(status), flush=True)


def serve_traced(work: Callable[[str], Callable[[], object]]) -> None:
    """Reads arguments from stdin, one a line; forks for each and answers with the process' number. It begins with the next
    line, so that somebody can trace it before; the answer to that line is how it ended."""
    for line in sys.stdin:
        inlet, outlet = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.read(inlet, 1)
            os._exit(ended(work(line.rstrip("\n"))))
        print(pid, flush=True)
        sys.stdin.readline()
        os.write(outlet, b"x")
        os.close(outlet)
        os.close(inlet)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _child(number: int, effect: str, work: Callable[[str], Callable[[], object]], argument: str, outlet: int) -> None:
    code = BUG
    try:
        code = run(number, effect, work(argument), lambda: os.write(outlet, b"x"))
    finally:
        sys.stderr.flush()
        os._exit(code)
