"""Store room: pools by key. What it answers is the journal's word; the index only saves reading all of it.

Nothing here writes but `save_index`. `replay` forgets the index: a build calls it before it pays, so that no broken
index can ever make a bought picture look as if it was never bought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from pixmake.diagnostics import Diagnostic
from pixmake.digest import Digest
from pixmake.store.folder import Folder
from pixmake.store.index import OPEN, Covered, Reader, asked, asset_row, pool_row
from pixmake.store.journal import Damage, Followed, Journal, Reading
from pixmake.store.pool import Pool as Pool
from pixmake.store.pool import Unanswered, Underway, fold, grouped, unanswered
from pixmake.values import dataclass

INDEX_FROM = 1 << 20
"""Bytes of journal that the index may lack: so many are read and grouped in about 5 ms."""


@dataclass(slots=True)
class _View:
    """What has been read: the journal from `start` (0, or where the index ends) to `end`."""

    covered: Covered | None = None
    end: int = 0
    seam: str = ""
    inode: int = 0
    lines: list[bytes] = field(default_factory=list)
    groups: dict[str, list[bytes]] = field(default_factory=dict)
    damage: tuple[Damage, ...] = ()
    pools: dict[str, Pool] = field(default_factory=dict)
    asked: dict[str, dict[str, None]] = field(default_factory=dict)
    told: int = 0
    """How many of the lines are in `asked`: it is seldom wanted, and then follows."""

    def take(self, reading: Reading) -> None:
        """Lines that follow what is there."""
        self.damage += reading.damage
        self.lines += reading.lines
        for key, lines in grouped(reading.lines).items():
            self.groups.setdefault(key, []).extend(lines)
            self.pools.pop(key, None)


class Results:
    """The pools of one store, as of the first question or the last `refresh`."""

    def __init__(self, folder: Folder, journal: Journal) -> None:
        self._journal = journal
        self._index = folder.root / "index"
        self._view: _View | None = None
        self._reader = Reader(self._index / "cache.db")
        self._broken = False

    def refresh(self) -> None:
        """Takes in what was appended since; begins anew where the journal was replaced. Writes nothing."""
        view = self._view
        if view is not None:
            followed = self._journal.follow(Followed(end=view.end, seam=view.seam, inode=view.inode))
            if followed is not None:
                reading, view_end = followed
                view.end, view.seam = view_end.end, view_end.seam
                view.take(reading)
                return
        self._view = view = self._begin(indexed=view is None or view.covered is not None)
        self._read_on(view)

    def replay(self) -> None:
        """Reads the whole journal itself, without the index: the truth, for whoever is about to pay. Writes nothing."""
        self._view = view = self._begin(indexed=False)
        self._read_on(view)

    def pool(self, key: Digest) -> Pool:
        """What is known of a key; an empty pool for one never heard of."""
        return self.pools([key])[key]

    def pools(self, keys: Iterable[Digest]) -> dict[Digest, Pool]:
        """The pools of many keys, at a small fraction of the price of asking one by one."""
        wanted = list(dict.fromkeys(keys))
        known = self._ready().pools
        before = self._rows([pool_row(key) for key in wanted if key not in known])
        view = self._ready()  # another one, without index, where the index turned out broken
        for key in wanted:
            if key not in view.pools:
                view.pools[key] = fold(key, [*before.get(pool_row(key), []), *view.groups.get(key, [])])
        return {key: view.pools[key] for key in wanted}

    def last_pick(self, scope: str, asset: str, profile: str | None, key: Digest) -> Digest | None:
        """What this asset last picked for this key: in this project, else in any, if that may be used here unasked."""
        pool = self.pool(key)
        picks = [pick for pick in reversed(pool.picks) if pick.asset == asset and pick.profile == profile]
        own = next((pick.digest for pick in picks if pick.scope == scope), None)
        bought = {result.digest for result in pool.bought}
        return own or next((pick.digest for pick in picks if pick.digest in bought), None)

    def last_bought(self, scope: str, asset: str, profile: str | None, step: int) -> Pool | None:
        """The pool this asset's step last bought into: its `key` and `request` are what a new request differs from."""
        if self._ready().covered is None and not self._asked():
            return None
        row = asset_row(scope, profile, asset, step)
        keys = [line.decode() for line in self._rows([row]).get(row, [])]
        keys += self._asked().get(row, [])
        candidates = (self.pool(Digest(key)) for key in reversed(keys))
        return next((pool for pool in candidates if pool.bought), None)

    def unknown(self) -> tuple[Unanswered, ...]:
        """Every call without usable answer, by time; which of them are in flight, their keys' locks tell."""
        found = [item for pool in self._open_pools() for item in pool.unanswered]
        return tuple(sorted(found, key=lambda item: (item.intent.time, item.intent.intent)))

    def underway(self) -> tuple[Underway, ...]:
        """Every call that goes on at its provider and is to be collected, by time."""
        found = [item for pool in self._open_pools() for item in pool.underway]
        return tuple(sorted(found, key=lambda item: (item.intent.time, item.intent.intent)))

    def _open_pools(self) -> Iterable[Pool]:
        """Pools of all keys that have an intent without `done`."""
        keys = dict.fromkeys(line.decode() for line in self._rows([OPEN]).get(OPEN, []) if line)
        view = self._ready()  # another one, without index, where the index turned out broken
        keys |= dict.fromkeys(key for key, lines in view.groups.items() if unanswered(lines))
        return self.pools(map(Digest, keys)).values()

    @property
    def damage(self) -> tuple[Diagnostic, ...]:
        """Damaged lines of the journal: integrity (exit 8). While there are any, nothing should be bought."""
        return self._journal.diagnose(self._ready().damage)

    def save_index(self) -> bool:
        """Lets the index follow the journal where it lacks more than 1 MiB; whether it did. For a build's end."""
        view = self._ready()
        if view.end - (view.covered.end if view.covered else 0) < INDEX_FROM:
            return False
        self._reader.close()
        from pixmake.store.indexing import extend  # diskcache: only here

        return extend(self._index, self._journal, anew=self._broken)

    def _ready(self) -> _View:
        if self._view is None:
            self.refresh()
        assert self._view is not None
        return self._view

    def _begin(self, *, indexed: bool) -> _View:
        known = self._reader.covered() if indexed else None
        if known is None or self._journal.seam(known.end) != known.seam:
            return _View()
        return _View(covered=known, end=known.end, seam=known.seam, inode=self._inode())

    def _read_on(self, view: _View) -> None:
        view.inode = self._inode()
        reading = self._journal.read(view.end)
        view.end, view.seam = reading.end, self._journal.seam(reading.end)
        view.take(reading)

    def _inode(self) -> int:
        try:
            return self._journal.path.stat().st_ino
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def _rows(self, names: list[str]) -> dict[str, list[bytes]]:
        """The index's lines by row; where it fails, the whole journal is read instead and nothing is missing."""
        view = self._ready()
        if view.covered is None or not names:
            return {}
        found = self._reader.rows(names, view.covered)
        if found is None:
            self._broken = True
            self.replay()
        return found or {}

    def _asked(self) -> dict[str, dict[str, None]]:
        """Keys by asset and step among the lines in memory, the last asked last."""
        view = self._ready()
        for row, keys in asked(view.lines[view.told :]).items():
            known = view.asked.setdefault(row, {})
            for key in keys:
                known.pop(key, None)
                known[key] = None
        view.told = len(view.lines)
        return view.asked
