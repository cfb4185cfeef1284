"""CLI room: the answer "nothing to do", by looking at files only. Standard library's smallest part; it writes nothing.

It answers `build` and `plan` without selectors, where every file, folder and variable that a plan would read is as
the snapshot of the last build says. In any doubt it answers nothing, and the whole program runs.
"""

from __future__ import annotations

import marshal
import os
import sys

SNAPSHOT = ".pixmake/snapshot"
FORMAT = 1
PLAIN = {"build": {"-k", "--locked", "--offline", "--yes"}, "plan": {"--check"}}
"""Flags that change nothing where there is nothing to do."""


def answer(arguments: list[str], version: str) -> int | None:
    """Prints what the command would and returns 0; None where the whole program has to look."""
    if not arguments or arguments[0] not in PLAIN or not set(arguments[1:]) <= PLAIN[arguments[0]]:
        return None
    root = _root()
    says = _unchanged(root, version) if root is not None else None
    if says is None or arguments[0] not in says:
        return None
    if says[arguments[0]]:
        sys.stdout.write(says[arguments[0]] + "\n")
    return 0


def _root() -> str | None:
    folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, "assets.yaml")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None
    return folder


def _unchanged(root: str, version: str) -> dict[str, str] | None:
    """What the snapshot says, if the world is still as it saw it."""
    try:
        with open(os.path.join(root, SNAPSHOT), "rb") as stream:
            found = marshal.loads(stream.read())
        tag, profile, files, stats, folders, absent, env, says = found
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if tag != f"{FORMAT}/{version}/{sys.implementation.cache_tag}" or profile is not None:
        return None
    try:
        same = _environment(env) and _files(files, stats) and _folders(folders)
    except OSError:
        return None
    return says if same and not any(map(os.path.lexists, absent)) else None


def _environment(env: dict[str, str | None]) -> bool:
    return all(os.environ.get(name) == value for name, value in env.items())


def _files(files: list[str], stats: list[int]) -> bool:
    stat, place = os.stat, 0
    for path in files:
        seen = stat(path)
        if (
            seen.st_size != stats[place]
            or seen.st_mtime_ns != stats[place + 1]
            or seen.st_ctime_ns != stats[place + 2]
            or seen.st_ino != stats[place + 3]
        ):
            return False
        place += 4
    return True


def _folders(folders: dict[str, tuple[int, int]]) -> bool:
    for path, (mtime, inode) in folders.items():
        seen = os.stat(path)
        if seen.st_mtime_ns != mtime or seen.st_ino != inode:
            return False
    return True
