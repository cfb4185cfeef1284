"""Store room: locks between processes, which the kernel frees when a process dies. Lock files are never deleted."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pixmake.diagnostics import ExitCode, Problem, problem
from pixmake.store.durable import writing
from pixmake.store.folder import Folder

POLL = 0.01
"""Seconds between two looks at a lock that another process holds."""
NO_LOCKS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})


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
        self._folder.prepare()
        path = self.path(name)
        with writing(path):
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with hold_file(path, timeout=timeout, what=what):
            yield

    def busy(self, name: str) -> bool:
        """Whether a living process holds the lock `name`. Writes nothing, needs no right to write."""
        path = self.path(name)
        if not path.exists():
            return False
        return _held_by_another(path)


def _busy(what: str, timeout: float) -> Problem:
    return problem(
        "store-busy",
        f"another process {what} and has not finished after {timeout:g} s",
        help="wait for the other pixmake to end, or stop it; its lock goes with it",
        exit_code=ExitCode.LOCKED,
    )


def _no_locks(path: Path) -> Problem:
    return problem(
        "store-no-locks",
        f"the file system of '{path.parent}' cannot lock files",
        help="put the store on a local disk (PIXMAKE_STORE)",
        exit_code=ExitCode.FAILED,
    )


if sys.platform == "win32":

    @contextlib.contextmanager
    def hold_file(path: Path, *, timeout: float, what: str) -> Iterator[None]:
        """Holds an exclusive lock on the file at `path`, which is made. Raises Problem as `Locks.hold`."""
        import filelock

        with writing(path):
            lock = filelock.FileLock(str(path), timeout=timeout, thread_local=False)
            try:
                lock.acquire(poll_interval=POLL)
            except filelock.Timeout:
                raise _busy(what, timeout) from None
        try:
            if isinstance(lock, filelock.SoftFileLock):  # its stand-in survives kill -9: no lock at all for us
                raise _no_locks(path)
            yield
        finally:
            lock.release()

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
    import fcntl

    @contextlib.contextmanager
    def hold_file(path: Path, *, timeout: float, what: str) -> Iterator[None]:
        """Holds an exclusive lock on the file at `path`, which is made. Raises Problem as `Locks.hold`."""
        until = time.monotonic() + timeout
        with writing(path):
            descriptor = _try(path)
            while descriptor is None and time.monotonic() < until:
                time.sleep(POLL)
                descriptor = _try(path)
        if descriptor is None:
            raise _busy(what, timeout)
        try:
            yield
        finally:
            os.close(descriptor)  # which frees the lock, whatever else fails

    def _try(path: Path) -> int | None:
        """A descriptor that holds the lock; None where somebody else has it. Raises OSError, Problem `store-no-locks`.

        A lock file that was deleted between being opened and being locked guards nothing any more. A link is not
        followed: it is not ours.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BlockingIOError:
            pass
        except OSError as error:
            os.close(descriptor)
            if error.errno in NO_LOCKS:
                raise _no_locks(path) from None
            raise
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _held_by_another(path: Path) -> bool:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
