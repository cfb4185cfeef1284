"""Spec room: names of assets: what they may be made of, how `@x` finds one, and that no two are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pixmake.diagnostics import did_you_mean

MOST_SEGMENT = 200
"""Bytes of one part of a name; file systems end at 255."""
MOST_NAME = 900
PLAIN = re.compile(r"[0-9A-Za-z_./-]*")
"""What every name and path may hold."""
SOUND = re.compile(r"(?=.{1,900}\Z)(?:(?!\.{1,2}(?:/|\Z))[0-9A-Za-z_.-]{1,200}(?:/(?!\Z)|\Z))+")
"""Most names; the others are looked at part by part."""


def canonical(name: str) -> str:
    """The form in which names and paths are compared: two that are equal here can't live in one folder everywhere."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def normal(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def fault(name: str) -> tuple[str, str] | None:
    """What is wrong with a name and how to mend it; None where nothing is."""
    if SOUND.fullmatch(name):
        return None
    if not name:
        return "an empty name", "write letters, digits, '-', '_' and '.', parted by '/'"
    for part in name.split("/"):
        if part == "":
            return f"'{name}' is no name: it has an empty part", "no '/' at the ends, and no '//'"
        if part in (".", ".."):
            return f"'{name}' is no name: '{part}' can't be a part of it", "write the folders out"
        if len(part.encode("utf-8", "replace")) > MOST_SEGMENT:
            return f"'{name[:40]}…' is too long", f"each part has at most {MOST_SEGMENT} bytes"
    if len(name) > MOST_NAME:
        return f"'{name[:40]}…' is too long", f"a name has at most {MOST_NAME} characters"
    wrong = None if PLAIN.fullmatch(name) else next((char for char in name if not _allowed(char)), None)
    if wrong is None:
        return None
    shown = "a space" if wrong == " " else f"'{wrong}'"
    return (
        f"'{name}' is no name: {shown} can't be in it",
        "names have letters, digits, '-', '_', '.' and '/'; the filter 'slug' makes one of any text",
    )


def _allowed(char: str) -> bool:
    return char.isalnum() or char in "-_./" or unicodedata.category(char)[0] == "M"


def find(word: str, prefixes: Sequence[str], known: Mapping[str, object]) -> str | None:
    """The complete name that `@word` means below the innermost prefix, or None."""
    for prefix in prefixes:
        if prefix + word in known:
            return prefix + word
    return None


def suggest(word: str, prefixes: Sequence[str], known: Iterable[str]) -> str | None:
    """The name that was probably meant: the same but for a suffix or prefix, else the nearest in spelling."""
    names = list(known)
    stems = [prefix + word for prefix in prefixes]
    for name in names:
        if name.rsplit(".", 1)[0] in stems:
            return name
    ends = [name for name in names if name.endswith("/" + word)]
    if ends:
        return min(ends, key=len)
    bare = word.rsplit(".", 1)[0]
    if bare in names:
        return bare
    near = [name for name in names if abs(len(name) - len(word)) <= 6][:3000]
    by_stem = {name.rsplit(".", 1)[0]: name for name in reversed(near)}
    guess = did_you_mean(word, near) or did_you_mean(word, list(by_stem))
    return by_stem.get(guess, guess) if guess is not None else None
