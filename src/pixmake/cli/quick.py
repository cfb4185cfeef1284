"""CLI room: the answer "nothing to do", by looking at files only. It writes nothing and imports only what Python has anyway.

It answers `build` and `plan` without selectors, where every file, folder and variable that a plan would read is as
the snapshot of the last build says (its form is told in `store/snapshot`). In any doubt it answers nothing, and the
whole program runs. What a snapshot says counts only after the spec's own inode and times were found in it, which
nobody can know who hands a repository on. Where the spec alone is another, the whole program is told so, if at least
one more file's inode and times stand: then it may look at the changed entries only (`build/narrowing`).
"""

import os
import sys
import time
from io import BufferedReader

SNAPSHOT = ".pixmake/snapshot"
FORMAT = 2
SPEC = b"assets.yaml"
PLAIN = {"build": {"-k", "--locked", "--offline", "--yes", "--quiet"}, "plan": {"--check", "--quiet"}}
"""Flags that change nothing where there is nothing to do."""
HANDLES = os.stat in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", 0)
"""How a folder is opened to look up names in it, which spares the kernel the walk there for each."""
DAY, MONTH = 86_400, 30
"""Seconds; days for which a snapshot is believed, since what a plan says can also depend on the date."""
MOST = 1 << 28
"""Bytes that one part of an honest snapshot never has."""


Standing = tuple[str, tuple[int, ...]]
"""A project's folder in which everything but the spec is as the last build left it, and the spec's stat of then."""


def answer(arguments: list[str], version: str) -> tuple[int | None, Standing | None]:
    """Prints what the command would and returns 0; None where the whole program has to look, with what it may rely on."""
    if not arguments or arguments[0] not in PLAIN or not set(arguments[1:]) <= PLAIN[arguments[0]]:
        return None, None
    root = find_root()
    says, spec = _unchanged(root, version) if root is not None else (None, None)
    if root is not None and spec is not None:
        return None, (root, spec)
    name = f"{arguments[0]} --locked" if "--locked" in arguments else arguments[0]  # it also minds drafts
    if says is None or name not in says:
        return None, None
    if not says[name].replace("\n", "").isprintable():
        return None, None  # a foreign checkout may bring a snapshot along, and a terminal obeys
    if says[name] and not (arguments[0] == "build" and "--quiet" in arguments):
        return _said(says[name] + "\n", to_stderr=arguments[0] == "build"), None  # talk, or data
    return 0, None


def standing(version: str) -> Standing | None:
    """What may be relied on from here, for a command line that has no quick answer."""
    root = find_root()
    spec = _unchanged(root, version)[1] if root is not None else None
    return (root, spec) if root is not None and spec is not None else None


def _said(text: str, to_stderr: bool) -> int | None:
    """0 once it is written; where it can't be, the whole program tries, and tells what is wrong."""
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError, AttributeError):
        return None
    return 0


def find_root() -> str | None:
    """The folder of the nearest spec, here or above."""
    try:
        folder = os.getcwd()
    except OSError:
        return None  # it was removed
    while not os.path.exists(os.path.join(folder, "assets.yaml")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None
    return folder


def _unchanged(root: str, version: str) -> tuple[dict[str, str] | None, tuple[int, ...] | None]:
    """What the snapshot says, by command, if the world is still as it saw it; if all but the spec is, the spec's stat."""
    try:
        path = os.path.join(root, SNAPSHOT)
        if os.stat(path).st_mode & 0o170000 != 0o100000:
            return None, None  # a pipe would be waited for
        with open(path, "rb") as stream:
            if stream.readline(200) != f"pixmake-snapshot/{FORMAT} {version} {sys.byteorder}\n".encode():
                return None, None
            if not 0 <= int(time.time()) // DAY - int(stream.readline(30)) < MONTH:
                return None, None
            place, absent, env, says = (_texts(stream) for _ in range(4))
            if not _here(root, place):
                return None, None
            spec = _files(root, stream)
            if spec is None or not _folders(stream) or any(map(os.path.lexists, absent)) or not _environment(env):
                return None, None
            return (None, spec) if spec else (dict(zip(says[::2], says[1::2], strict=True)), None)
    except (OSError, ValueError, TypeError, IndexError, MemoryError):
        return None, None  # gone, damaged, or not as it was


def _here(root: str, place: list[str]) -> bool:
    """Whether the snapshot is of this very folder: a copy of a project brings the snapshot of the first along."""
    if place == [root]:
        return True
    return os.path.isabs(place[0]) and os.path.samestat(os.stat(place[0]), os.stat(root))  # noqa: PTH117 (no pathlib)


def _environment(env: list[str]) -> bool:
    """Variables and values: `-` unset, `'` as it follows, `=` by the SHA-256 that follows (it may be a secret)."""
    for name, value in zip(env[::2], env[1::2], strict=True):
        now = os.environ.get(name)
        if now is None:
            said = "-"
        elif value[:1] == "'":
            said = f"'{now}"
        else:
            from hashlib import sha256

            said = "=" + sha256(now.encode("utf-8", "surrogateescape")).hexdigest()
        if said != value:
            return False
    return True


# --- parts of the snapshot -------------------------------------------------------------------------------------------


def _texts(stream: BufferedReader) -> list[str]:
    """A line with their length in bytes, then texts joined by NUL."""
    length = int(stream.readline(30))
    return stream.read(length).decode("utf-8", "surrogateescape").split("\0") if 0 < length < MOST else []


def _group(stream: BufferedReader, each: int) -> tuple[list[bytes], list[int]]:
    """A line with two lengths, a folder and the names in it joined by NUL, and `each` 64-bit numbers a name.

    No names and no numbers where there are no more groups. Raises ValueError for anything else.
    """
    paths, stats = map(int, stream.readline(60).split())
    if not 0 <= paths < MOST or not 0 <= stats < MOST:
        raise ValueError
    names = stream.read(paths).split(b"\0")
    numbers = memoryview(stream.read(stats)).cast("q").tolist()
    if len(numbers) != each * (len(names) - 1):
        raise ValueError
    return names, numbers


def _files(root: str, stream: BufferedReader) -> tuple[int, ...] | None:
    """Nothing where size, times and inode of all files are as they were, the spec's former ones where it alone is another.

    None for everything else. The first file must be the spec.
    """
    base = os.open(root, FOLDER) if HANDLES else None
    moved: tuple[int, ...] = ()
    others = 0
    try:
        names, numbers = _group(stream, 4)
        if names[:2] != [b".", SPEC]:
            return None
        while numbers:
            if base is None:  # Windows can't open folders
                names = [b"", *(os.path.join(os.fsencode(root), names[0], name) for name in names[1:])]
            if not others and not _as_seen(base, names[:2], numbers[:4]):
                moved = tuple(numbers[:4])
            first = 0 if others else 1
            if not _as_seen(base, names[:1] + names[1 + first :], numbers[4 * first :]):
                return None
            others += len(names) - 1
            names, numbers = _group(stream, 4)
    finally:
        if base is not None:
            os.close(base)
    return None if moved and others < 2 else moved  # the inode of another file proves whose snapshot it is


def _as_seen(base: int | None, names: list[bytes], numbers: list[int]) -> bool:
    """The files of one group. Half of a run is spent in this loop, most of it in the kernel."""
    stat, number = os.stat, iter(numbers)
    folder = os.open(names[0], FOLDER, dir_fd=base) if base is not None else None
    try:
        for name, size, mtime, ctime, inode in zip(names[1:], number, number, number, number):  # noqa: B905
            seen = stat(name, dir_fd=folder)
            if seen.st_ctime_ns != ctime or seen.st_mtime_ns != mtime:
                return False
            if seen.st_ino != inode or seen.st_size != size:
                return False
    finally:
        if folder is not None:
            os.close(folder)
    return True


def _folders(stream: BufferedReader) -> bool:
    """Whether the folders that globs look into list the same names."""
    names, numbers = _group(stream, 2)
    number = iter(numbers)
    for name, mtime, inode in zip(names[1:], number, number):  # noqa: B905
        seen = os.stat(name)
        if seen.st_mtime_ns != mtime or seen.st_ino != inode:
            return False
    return True
