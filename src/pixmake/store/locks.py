"""Store room: locks between processes, which the kernel frees when a process dies. Lock files are never deleted."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pixmake.diagnostics import ExitCode, problem
from pixmake.store.durable import writing
from pixmake.store.folder import Folder


class Locks:
    """Named exclusive locks of one store. They hold between threads too, and are not re-entrant."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        return self._folder.root / "locks" / name

    @contextlib.contextmanager
    def hold(self, name: str, *, timeout: float, what: str) -> Iterator[None]:
        """Holds the lock `name`; may be left in another thread than it was entered in.

        Raises Problem `store-busy` (exit 6) when another process still holds it after `timeout` seconds, and
        `store-no-locks` on a file system that cannot lock. `what` says what the other process is doing.
        """
        import filelock  # here: whoever only reads never needs it

        self._folder.prepare()
        path = self.path(name)
        with writing(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = filelock.FileLock(str(path), timeout=timeout, thread_local=False)
            try:
                lock.acquire(poll_interval=0.02)
            except filelock.Timeout:
                raise problem(
                    "store-busy",
                    f"another process {what} and has not finished after {timeout:g} s",
                    help="wait for the other pixmake to end, or stop it; its lock goes with it",
                    exit_code=ExitCode.LOCKED,
                ) from None
        try:
            if isinstance(lock, filelock.SoftFileLock):  # its stand-in survives kill -9: no lock at all for us
                raise problem(
                    "store-no-locks",
                    f"the file system of '{self._folder.root}' cannot lock files",
                    help="put the store on a local disk (PIXMAKE_STORE)",
                    exit_code=ExitCode.FAILED,
                )
            yield
        finally:
            lock.release()

    def busy(self, name: str) -> bool:
        """Whether a living process holds the lock `name`. Writes nothing, needs no right to write."""
        path = self.path(name)
        if not path.exists():
            return False
        return _held_by_another(path)


if sys.platform == "win32":

    def _held_by_another(path: Path) -> bool:
        import filelock

        lock = filelock.FileLock(str(path), timeout=0, thread_local=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            return True
        lock.release()
        return False

else:

    def _held_by_another(path: Path) -> bool:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
