"""Spec room: what of a spec's text is other than in one that is known, as a spec of its own that is short.

Only whole entries of the root file's `assets` count: a change anywhere else is none that can be told apart.
"""

from __future__ import annotations

import re

from pixmake.spec.cutting import FIRST, block, names
from pixmake.values import dataclass

OUTSIDE = re.compile(rb"^[^ \t#\n]|\r", re.MULTILINE)
"""What no entry holds: a line that begins at the left ends `assets`."""
MOST_BYTES = 1 << 16
"""Of changed entries: some hundreds. To look up what thousands have to do with the others takes longer than to read all."""
STRIDE = 1 << 16
"""Bytes that are compared at a time: what fits into the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the entries of `assets` stand in a text: from byte `start` to `stop`, each `indent` spaces from the left."""

    start: int
    stop: int
    indent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """`text` is the new spec without the entries that stand as they stood, those left in the lines where they are.

    `before` are the old entries in the place of those; `whole` is all of the new text, and `place` where its entries are.
    """

    text: str
    before: str
    whole: bytes
    place: Place
    is_same: bool


def place_of(text: str) -> Place | None:
    """Where the entries of a spec stand; None where that can't be told by looking."""
    lines = block(text)
    first = FIRST.match(text, *lines) if lines is not None else None
    if lines is None or first is None:
        return None
    start, stop = (len(text[:end].encode()) for end in (first.start(1), lines[1]))
    return Place(start=start, stop=stop, indent=len(first[1]))


def narrowed(old: bytes, new: bytes, place: Place) -> Narrowed | None:
    """The entries that changed from one text to the other, whole; None where more than entries changed.

    `place` is that of the old ones. Where nothing changed, the first entry stands for all.
    """
    same = _common(old, new)
    is_same = same == len(old) == len(new)
    if is_same:
        same = place.start + place.indent + 1
        after = len(old) - same
    else:
        after = _common_end(old, new, min(len(old), len(new)) - same)
    moved = len(new) - len(old)
    start = _entry_before(old, place, same)
    if start is None or len(old) - after > place.stop - (place.stop < len(old)):
        return None
    stop = _entry_after(old, place, len(old) - after)
    part = new[start : stop + moved]
    if max(len(part), stop - start) > MOST_BYTES or OUTSIDE.search(part):
        return None
    head, tail = new[: place.start], new[place.stop + moved :]
    lines = b"\n" * new.count(b"\n", place.start, start)
    try:
        text = (head + lines + part + tail).decode()
        before = old[start:stop].decode()
        is_whole = names(part.decode()) is not None
    except UnicodeDecodeError:
        return None
    if not is_whole:
        return None  # what one of them leaves open may end in the entries behind it, or in what stands around them
    where = Place(start=place.start, stop=place.stop + moved, indent=place.indent)
    return Narrowed(text=text, before=before, whole=new, place=where, is_same=is_same)


def _common(first: bytes, second: bytes) -> int:
    """How many bytes both begin with."""
    low, most = 0, min(len(first), len(second))
    while low + STRIDE <= most and first[low : low + STRIDE] == second[low : low + STRIDE]:
        low += STRIDE
    high = min(low + STRIDE, most)
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(first: bytes, second: bytes, most: int) -> int:
    """How many bytes, `most` at most, both end with."""

    def are_same(low: int, high: int) -> bool:
        one = first[len(first) - high : len(first) - low]
        return one == second[len(second) - high : len(second) - low]

    low = 0
    while low + STRIDE <= most and are_same(low, low + STRIDE):
        low += STRIDE
    high = min(low + STRIDE, most)
    while low < high:
        middle = (low + high + 1) // 2
        if are_same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _entry_before(text: bytes, place: Place, same: int) -> int | None:
    """Where the entry begins in which the first `same` bytes end, or just after which."""
    margin, end = b"\n" + b" " * place.indent, same
    while (found := text.rfind(margin, place.start - 1, end)) >= 0:
        begin = found + len(margin)
        if begin < same and text[begin] not in b" \t\n#":
            return found + 1
        end = found + len(margin) - 1
    return None


def _entry_after(text: bytes, place: Place, changed: int) -> int:
    """Where the first entry begins that stands wholly behind byte `changed`; where the last one ends, if none does."""
    margin, start = b"\n" + b" " * place.indent, changed
    while (found := text.find(margin, start, place.stop)) >= 0:
        begin = found + len(margin)
        if begin < place.stop and text[begin] not in b" \t\n#":
            return found + 1
        start = found + 1
    return place.stop
