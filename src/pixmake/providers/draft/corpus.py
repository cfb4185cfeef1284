"""Draft room: the icons, and which of them a word names. Read-only; answers depend on the data file alone."""

from __future__ import annotations

import re
import sqlite3
import threading
import zlib
from functools import lru_cache
from pathlib import Path

from pixmake.providers.draft.stems import stem
from pixmake.values import dataclass

DATA = Path(__file__).parent / "data" / "icons.sqlite"

_TWICE = re.compile(r'( stop-opacity="[^"]*")([^<>]*?) stop-opacity="[^"]*"')
"""An attribute that a few drawings have twice in one element, which no SVG may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """A drawing: `source:name`, the side of its square view box, and SVG elements whose ids begin with `~`."""

    name: str
    box: int
    body: str

    @property
    def source(self) -> str:
        return self.name.partition(":")[0]

    @property
    def title(self) -> str:
        return self.name.partition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An icon that a phrase names, and how well: 100 for its whole name, about 30 for one of its keywords."""

    name: str
    weight: int


class _Shelf:
    """The open database. One connection, guarded: SQLite reads of a few rows are shorter than a thread's start."""

    def __init__(self) -> None:
        uri = DATA.resolve().as_uri() + "?mode=ro&immutable=1"
        self.guard = threading.Lock()
        self.base = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self.shared: bytes = self.base.execute("SELECT dictionary FROM shared").fetchone()[0]

    def row(self, query: str, key: str | int) -> tuple[object, ...] | None:
        with self.guard:
            found: tuple[object, ...] | None = self.base.execute(query, (key,)).fetchone()
        return found


@lru_cache(maxsize=1)
def _shelf() -> _Shelf:
    return _Shelf()


@lru_cache(maxsize=512)
def icon(name: str) -> Icon:
    """The drawing of `source:name`. Raises KeyError where there is none."""
    shelf = _shelf()
    row = shelf.row("SELECT box, body FROM icon WHERE name = ?", name)
    if row is None:
        raise KeyError(name)
    box, body = row
    assert isinstance(box, int) and isinstance(body, bytes)
    text = zlib.decompressobj(-15, shelf.shared).decompress(body).decode()
    return Icon(name=name, box=box, body=_TWICE.sub(r"\1\2", text))


@lru_cache(maxsize=2048)
def exists(name: str) -> bool:
    """Whether `source:name` is in the corpus."""
    return _shelf().row("SELECT 1 FROM icon WHERE name = ?", name) is not None


@lru_cache(maxsize=4096)
def hits(phrase: str) -> tuple[Hit, ...]:
    """Icons that `phrase` (stems, joined by spaces) names, the best first."""
    row = _shelf().row("SELECT hits FROM term WHERE word = ?", phrase)
    if row is None:
        return ()
    blob = row[0]
    assert isinstance(blob, bytes)
    found = []
    for start in range(0, len(blob), 3):
        name = _shelf().row("SELECT name FROM icon WHERE id = ?", int.from_bytes(blob[start : start + 2], "big"))
        assert name is not None
        found.append(Hit(name=str(name[0]), weight=blob[start + 2]))
    return tuple(found)


def stems(phrase: str) -> str:
    """`phrase` as the index writes it: `Treasure Chests` is `treasure chest`."""
    return " ".join(stem(word) for word in phrase.lower().replace("-", " ").split())
