"""CLI room: the answer "nothing to do", by looking at files only. Standard library's smallest part; it writes nothing.

It answers `build` and `plan` without selectors, where every file, folder and variable that a plan would read is as
the snapshot of the last build says. In any doubt it answers nothing, and the whole program runs.
"""

from __future__ import annotations

import os
import sys

SNAPSHOT = ".pixmake/snapshot"
FORMAT = 1
PLAIN = {"build": {"-k", "--locked", "--offline", "--yes", "--quiet"}, "plan": {"--check", "--quiet"}}
"""Flags that change nothing where there is nothing to do."""


def answer(arguments: list[str], version: str) -> int | None:
    """Prints what the command would and returns 0; None where the whole program has to look."""
    if not arguments or arguments[0] not in PLAIN or not set(arguments[1:]) <= PLAIN[arguments[0]]:
        return None
    root = _root()
    says = _unchanged(root, version) if root is not None else None
    name = f"{arguments[0]} --locked" if "--locked" in arguments else arguments[0]  # it also minds drafts
    if says is None or name not in says:
        return None
    if says[name] and not (arguments[0] == "build" and "--quiet" in arguments):
        (sys.stderr if arguments[0] == "build" else sys.stdout).write(says[name] + "\n")  # data, or talk
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
            if stream.readline() != f"pixmake-snapshot/{FORMAT} {version} {sys.byteorder}\n".encode():
                return None
            lengths = stream.readline().split()
            texts, paths, count = (int(length) for length in lengths)
            words = stream.read(texts).decode("utf-8", "surrogateescape").split("\0")
            names = stream.read(paths).decode("utf-8", "surrogateescape").split("\0")
            stats = memoryview(stream.read()).cast("q")
        same = _same(words) and _files(names[:count], stats) and _folders(names[count:], stats[count * 4 :])
    except (OSError, ValueError, TypeError, IndexError):
        return None  # gone, damaged, or not as it was
    return _pairs(words, 2) if same else None


def _same(words: list[str]) -> bool:
    """Profile, absent paths and the environment: `[profile, counts of absent, env, says, absent…, env…, says…]`."""
    absent = words[4 : 4 + int(words[1])]
    env = _pairs(words, 1)
    return not words[0] and not any(map(os.path.lexists, absent)) and _environment(env)


def _environment(env: dict[str, str]) -> bool:
    """Variables that templates read, by the SHA-256 of their values; `-` for unset ones."""
    if not env:
        return True
    from hashlib import sha256

    for name, value in env.items():
        now = os.environ.get(name)
        if value != ("-" if now is None else "=" + sha256(now.encode("utf-8", "surrogateescape")).hexdigest()):
            return False
    return True


def _pairs(words: list[str], which: int) -> dict[str, str]:
    """The map of environment (1) or of answers (2)."""
    counts = [int(word) for word in words[1:4]]
    start = 4 + counts[0] + (2 * counts[1] if which == 2 else 0)
    flat = words[start : start + 2 * counts[which]]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _files(files: list[str], stats: memoryview) -> bool:
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


def _folders(folders: list[str], stats: memoryview) -> bool:
    for place, path in enumerate(folders):
        seen = os.stat(path)
        if seen.st_mtime_ns != stats[2 * place] or seen.st_ino != stats[2 * place + 1]:
            return False
    return True
