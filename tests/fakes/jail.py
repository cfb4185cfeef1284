"""A command run in a forked process that is watched: what it executes, where it writes, whom it connects to, how far it
swells. Memory and processor time are bounded, so that a bomb fails its test and nothing else.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixmake.cli.main import main

CANARY = "sk-canary-5c1fbe04d2a94e7f"
FOREIGN = "canary-of-another-name-91ab3377"
"""Values of OPENAI_API_KEY, and of a variable whose name doesn't look secret."""
FOREIGN_NAME = "FOO"
MEGABYTES = 1500
CPU_SECONDS = 40
WALL_SECONDS = 60
EXECUTES = frozenset(
    {"os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "subprocess.Popen", "pty.spawn"}
    | {"pickle.find_class", "marshal.loads", "ctypes.dlopen", "os.startfile", "webbrowser.open"}
)
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a watched command ended. `code` is negative for the signal that ended it; `peak` in MiB above the start."""

    code: int
    out: str
    err: str
    executed: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    connected: tuple[str, ...] = ()
    peak: int = 0

    @property
    def codes(self) -> list[str]:
        """Codes of the problems told on stdout as JSON."""
        return [item["code"] for item in json.loads(self.out).get("problems", [])]


@dataclass(slots=True)
class _Watch:
    """An audit hook's notes. Audit hooks can't be removed, so it lives and dies with its process."""

    inside: tuple[Path, ...]
    executed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    quiet: bool = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.quiet:
            return
        if event in EXECUTES and not self._is_own(event, args):
            self.executed.append(f"{event} {args!r}"[:200])
        elif event == "open" and isinstance(args[2], int) and args[2] & WRITING:
            self._written(args[0], follows=not args[2] & (os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)))
        elif event in CHANGES:
            for path in args[:2] if event in ("os.rename", "os.link") else args[:1]:
                self._written(path)
        elif event in ("socket.connect", "socket.getaddrinfo"):
            self.connected.append(str(args[1:2] if event == "socket.connect" else args[:2]))

    def _is_own(self, event: str, args: tuple[Any, ...]) -> bool:
        """Our own drawing processes, and the interpreter's reading of its own compiled modules."""
        if event == "marshal.loads":
            return any("importlib" in frame for frame in _callers())
        own = (
            sys.executable,
            os.fsencode(sys.executable),
            "uname",
            b"uname",
        )  # the SDK tells its server the kind of machine
        return event in ("subprocess.Popen", "os.posix_spawn", "os.exec") and args[0] in own

    def _written(self, path: object, *, follows: bool = False) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a descriptor: its opening was seen
        named = Path(os.path.abspath(os.fsdecode(path)))
        if str(named) == os.devnull:
            return
        self.quiet = True
        place = named.resolve() if follows else named.parent.resolve() / named.name
        self.quiet = False
        if not any(place.is_relative_to(folder) for folder in self.inside):
            self.outside.append(f"{named} is {place}")


def _callers() -> Iterable[str]:
    frame = sys._getframe(2)
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back  # type: ignore[assignment]


def jailed(words: Sequence[str], root: Path, store: Path, **environment: object) -> Outcome:
    """Runs pixmake in `root` in a process of its own, with canaries for keys. Writing is allowed in `root` and `store`."""
    with tempfile.TemporaryFile() as notes:
        pid = os.fork()
        if pid == 0:
            _inside(words, root, store, {name: str(value) for name, value in environment.items()}, notes.fileno())
        _, status, usage = os.wait4(pid, 0)
        notes.seek(0)
        text = notes.read().decode("utf-8", "surrogatepass")
    code = os.waitstatus_to_exitcode(status)
    if not text:
        return Outcome(code=code, out="", err="")
    body = json.loads(text)
    return Outcome(
        code=code,
        out=body["out"],
        err=body["err"],
        executed=tuple(body["executed"]),
        outside=tuple(body["outside"]),
        connected=tuple(body["connected"]),
        peak=max(0, usage.ru_maxrss - body["before"]) >> 10,
    )


def _inside(words: Sequence[str], root: Path, store: Path, environment: Mapping[str, str], notes: int) -> None:
    code = 99
    try:
        os.chdir(root)
        os.environ.update(OPENAI_API_KEY=CANARY, PIXMAKE_STORE=str(store), COLUMNS="100", **environment)
        os.environ[FOREIGN_NAME] = FOREIGN
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (MEGABYTES << 20),) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        signal.alarm(WALL_SECONDS)  # a read that waits for ever takes no processor time
        watch = _Watch(inside=(root.resolve(), store.resolve()))
        sys.addaudithook(watch)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = int(main(list(words)))
        watch.quiet = True
        body = {
            "out": out.getvalue(),
            "err": err.getvalue(),
            "executed": watch.executed,
            "outside": watch.outside,
            "connected": watch.connected,
            "before": before,
        }
        os.write(notes, json.dumps(body).encode("utf-8", "surrogatepass"))
    finally:
        os._exit(code)


def harmless(outcome: Outcome, *folders: Path, asks: bool = False) -> Outcome:
    """That a run executed nothing, wrote nowhere else, asked nobody, did not swell, told no key, and ended by itself."""
    assert outcome.code >= 0, f"ended by signal {-outcome.code}"
    assert outcome.code not in (70, 99), outcome.err or outcome.out
    assert outcome.executed == ()
    assert outcome.outside == ()
    assert asks or outcome.connected == ()
    assert outcome.peak < MEGABYTES // 2
    assert not controls(outcome.out + outcome.err), "control characters would reach the terminal"
    assert_no_canary(outcome, *folders)
    return outcome


def controls(text: str) -> list[str]:
    """Control characters that a terminal may obey."""
    return [char for char in text if (ord(char) < 32 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0]


def assert_no_canary(outcome: Outcome, *folders: Path) -> None:
    """No key in what was said, nor in any file below these folders."""
    for name, key in (("OPENAI_API_KEY", CANARY), (FOREIGN_NAME, FOREIGN)):
        assert key not in outcome.out + outcome.err, f"{name} was told"
        for folder in folders:
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    assert key.encode() not in path.read_bytes(), f"{name} is in {path}"
