"""Store room: writes that survive a crash. A name never stands for half a file, and a name once returned stays."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pixmake.diagnostics import ExitCode, Problem, problem

FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
UNFINISHED = ".new-"
"""Begins the name of a file that `replace_quickly` has not finished."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError while `path` is written into the Problem that a user can mend."""
    try:
        yield
    except OSError as error:
        raise _write_problem(error, path) from error


def _write_problem(error: OSError, path: Path) -> Problem:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in FULL:
        return problem(
            "disk-full",
            f"no room to write '{path}': {reason.lower()}",
            help="free some space and run the same command again: what was complete is kept and not bought again",
            exit_code=ExitCode.FAILED,
        )
    if error.errno in FORBIDDEN:
        return problem(
            "not-writable",
            f"may not write '{path}': {reason.lower()}",
            help="give your user the right to write there, or name another folder (PIXMAKE_STORE for the store)",
            exit_code=ExitCode.FAILED,
        )
    return problem(
        "write-failed",
        f"cannot write '{path}': {reason.lower()}",
        help="look after the disk, then run the same command again: what was complete is kept",
        exit_code=ExitCode.FAILED,
    )


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of `data`, in as few calls as the kernel takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Creates `path` with `data`, flushed to the disk. Raises OSError (FileExistsError too); leaves no half file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        discard(path)
        raise


def replace_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Puts `data` at `path` so that a reader sees the old file or the new one, never a mixture. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    write_new(temporary, data, mode=mode)
    try:
        temporary.replace(path)
    except BaseException:
        discard(temporary)
        raise
    sync_folder(path.parent)


def clear_unfinished(path: Path) -> None:
    """Removes what killed writers of `path` left beside it: for who holds the lock under which it is written. Raises OSError."""
    for name in os.listdir(path.parent):  # noqa: PTH208 (names only: no Path is made for the others)
        if name.endswith(".tmp") and re.fullmatch(rf"\.{re.escape(path.name)}\.[0-9a-f]{{12}}\.tmp", name):
            discard(path.with_name(name))


def replace_quickly(path: Path, data: bytes) -> None:
    """As `replace_file`, without waiting for the disk: for what can be made again. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable; nothing to do where folders can't be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Removes a file that may be read-only or gone already."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        if os.name != "nt":
            raise
        path.chmod(0o600)  # Windows refuses to delete read-only files
        path.unlink(missing_ok=True)
