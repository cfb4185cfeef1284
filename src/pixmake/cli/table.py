"""CLI room: rows of cells as lines of text. Widths are counted as a terminal shows them; only the last column is cut,
or broken into lines."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence

from pixmake.values import dataclass

GAP = 2
INDENT = 2
NARROW = 24
"""Columns the last cell needs; with fewer it goes to a line of its own."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text, its style, and whether it stands at the right of its column."""

    text: str
    style: str | None = None
    right: bool = False


Paint = Callable[[str, str | None], str]


def shown_width(text: str) -> int:
    """Columns a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def clipped(text: str, width: int) -> str:
    """`text` in at most `width` columns, an ellipsis at its end where it was cut."""
    if shown_width(text) <= width:
        return text
    while shown_width(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, width: int | None, first: str, rest: str) -> list[str]:
    """`text` broken at spaces into lines of at most `width` columns, which begin with `first` and then with `rest`."""
    if width is None:
        return [first + text]
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def lay_out(
    rows: Sequence[Sequence[Cell]], paint: Paint, width: int | None, indent: int = INDENT, *, whole: bool = False
) -> list[str]:
    """Lines for rows of equally many cells. `width` None: nothing is cut. Columns empty in all rows take no room.

    `whole`: what does not fit goes on in the next line.
    """
    if not rows:
        return []
    sizes = [max(shown_width(row[place].text) for row in rows) for place in range(len(rows[0]))]
    used = [place for place, size in enumerate(sizes) if size]
    if not used:
        return ["" for _ in rows]
    room = None if width is None else width - indent - sum(sizes[place] + GAP for place in used[:-1])
    lines: list[str] = []
    for row in rows:
        lines += _row(row, sizes, used, paint, width, room, indent, whole)
    return lines


def _row(
    row: Sequence[Cell],
    sizes: list[int],
    used: list[int],
    paint: Paint,
    width: int | None,
    room: int | None,
    indent: int,
    whole: bool,
) -> list[str]:
    *firsts, last = used
    head = "".join(_padded(row[place], sizes[place], paint) + " " * GAP for place in firsts)
    end = row[last]
    if room is None or width is None or shown_width(end.text) <= room or end.right:
        tail = _padded(end, sizes[last], paint) if end.right else paint(end.text, end.style)
        return [f"{' ' * indent}{head}{tail}".rstrip()]
    is_beside = room >= NARROW or not firsts
    start = width - room if is_beside else indent + 2
    space = max(width - start, 8)
    parts = wrapped(end.text, space, "", "") if whole else [clipped(end.text, space)]
    below = [" " * start + paint(part, end.style) for part in parts]
    before = f"{' ' * indent}{head}"
    return [before + below[0][start:], *below[1:]] if is_beside else [before.rstrip(), *below]


def _padded(cell: Cell, size: int, paint: Paint) -> str:
    space = " " * (size - shown_width(cell.text))
    text = paint(cell.text, cell.style)
    return space + text if cell.right else text + space
