"""The checker: after every step the shop's own book, the journal, the ledger, the store and the outputs are held together.

It reads the journal by itself, so that a fault of ours in reading can't hide one in writing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from laws.house import House, Room
from laws.shop import BILL, PRICE, Sale
from pixmake.build.budget import DayLedger
from pixmake.build.costs import account, charges
from pixmake.imaging.decode import decode

ZERO = Decimal(0)
ANSWERED = {"ok", "short"}
"""Endings that brought pictures, if nothing went wrong behind the shop's door."""
FREE = {"refused", "busy", "failed", "stopped"}
"""Endings that surely cost nothing."""


@dataclass(slots=True)
class Entry:
    """One call as the journal tells it."""

    key: str
    count: int
    reserved: Decimal
    again: tuple[str, ...]
    day: str
    results: list[str] | None = None
    cost: Decimal | None = None
    failed: str | None = None

    @property
    def unanswered(self) -> bool:
        return self.results is None and self.failed in (None, "unknown")


@dataclass(slots=True)
class Books:
    """What has been read so far. `torn` counts the journal's ends that the machine itself cut."""

    house: House
    calls: dict[str, Entry] = field(default_factory=dict)
    human: set[str] = field(default_factory=set)
    digests: dict[str, set[str]] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    wanted: Counter[str] = field(default_factory=Counter)
    new: list[str] = field(default_factory=list)
    sold: list[Sale] = field(default_factory=list)
    faults: bool = False
    _end: int = 0
    _whole: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    # --- reading ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Takes in what the journal and the shop wrote since. `new` and `sold` are of this step."""
        self.new, self.sold = [], self.house.sales.new()
        path = self.house.store_folder / "journal.jsonl"
        data = path.read_bytes()[self._end :] if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        self._end += len(whole)
        for line in whole.splitlines():
            if (body := _sealed(line)) is not None:
                self._take(body)

    def _take(self, body: dict[str, object]) -> None:
        kind, intent, key = body.get("type"), body.get("intent"), str(body.get("key"))
        if kind == "intent":
            self._asked(str(intent), body)
        elif kind == "done":
            results = [str(item["digest"]) for item in _maps(body["results"])]
            self.digests.setdefault(key, set()).update(results)
            if intent is None:
                self.human.update(results)
                return
            entry = self.calls[str(intent)]
            assert entry.results is None, "a call was answered twice"
            entry.results = results
            entry.cost = None if body["cost"] is None else Decimal(str(body["cost"]))
        elif kind == "failed" and self.calls[str(intent)].results is None:
            self.calls[str(intent)].failed = str(body["why"])

    def _asked(self, intent: str, body: dict[str, object]) -> None:
        """An intent: nobody may ask again for what is unknown without saying so."""
        key, again = str(body["key"]), tuple(map(str, _list(body["again"])))
        same = {name: call for name, call in self.calls.items() if call.key == key}
        before = {name for name, call in same.items() if call.unanswered}
        renewed = {old for call in same.values() if call.unanswered or call.results is not None for old in call.again}
        assert before - renewed <= set(again), "an unknown call was sent again, and nobody was told"
        self.calls[intent] = Entry(
            key=key,
            count=int(str(body["count"])),
            reserved=Decimal(str(body["reserved"] or 0)),
            again=again,
            day=str(body["time"])[:10],
        )
        self.new.append(intent)

    # --- holding together --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything that must be true at any time."""
        self._shop_and_journal()
        self._nothing_twice()
        self._ledger()
        self._store()
        for room in self.house.rooms:
            self._outputs(room)
            self._lock(room)

    def _shop_and_journal(self) -> None:
        for sale in self.sold:
            entry = self.calls.get(sale.intent)
            assert entry is not None, "something was sent that the journal does not know"
            assert (entry.key, entry.count) == (sale.key, sale.count)
        for sale in self.house.sales.by_intent.values():
            entry = self.calls[sale.intent]
            if entry.results is not None:
                assert sale.ending in ANSWERED | {"slow"}
                assert set(entry.results) <= set(sale.pictures)
            elif entry.failed not in (None, "unknown"):
                assert sale.ending in FREE, f"a call that ended '{sale.ending}' is in the journal as '{entry.failed}'"
            elif sale.ending in ANSWERED and sale.pictures:
                assert self.faults, "pictures that arrived are not in the journal"
        for name, entry in self.calls.items():
            if entry.results:
                assert name in self.house.sales.by_intent, "pictures without a sale"

    def _nothing_twice(self) -> None:
        """No key has more pictures than somebody wanted of it."""
        bought: Counter[str] = Counter()
        for entry in self.calls.values():
            bought[entry.key] += len(entry.results or ())
        for key, count in bought.items():
            assert count <= self.wanted[key], f"{count} pictures of {key[:8]} were bought, {self.wanted[key]} wanted"

    def _ledger(self) -> None:
        spent = held = ZERO
        for intent, entry in self.calls.items():
            if entry.results is not None:
                spent += entry.reserved if entry.cost is None else entry.cost
                sale = self.house.sales.by_intent[intent]
                assert entry.cost in (None, BILL * sale.count)
            elif entry.unanswered:
                held += entry.reserved
            assert entry.reserved == PRICE * entry.count
        store = self.house.store()
        sums = account("all", charges(store))
        assert (sums.spent, sums.held) == (spent, held), "the ledger is not the sum of the bills"
        days = {entry.day for entry in self.calls.values()}
        assert sum((DayLedger(store, day, None).total() for day in days), ZERO) == spent + held
        assert not store.results.damage

    def _store(self) -> None:
        """Every picture that a record names is there, whole, unless the machine took it away."""
        cas = self.house.store_folder / "cas"
        for digest in {item for items in self.digests.values() for item in items} - self.damaged:
            path = cas / digest[:2] / digest[2:]
            assert path.exists(), f"the record names {digest[:8]}, which is not there"
            seen = path.stat()
            stamp = seen.st_size, seen.st_mtime_ns, seen.st_ino
            if self._whole.get(digest) != stamp:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
                self._whole[digest] = stamp

    def _outputs(self, room: Room) -> None:
        """Files that a person made or changed are as they were; all others are whole pictures."""
        for name, data in room.hand.items():
            assert (room.root / name).read_bytes() == data, f"'{name}' was somebody's work"
        for path in room.outputs():
            name = path.relative_to(room.root).as_posix()
            if name in room.hand or name.endswith(".pixmake-tmp"):
                continue
            seen = path.stat()
            stamp = seen.st_size, seen.st_mtime_ns, seen.st_ino
            if self._whole.get(str(path)) != stamp:
                decode(path.read_bytes())
                self._whole[str(path)] = stamp

    def _lock(self, room: Room) -> None:
        """The lock names only pictures of the journal, each under its key."""
        if not room.lock.exists():
            return
        for text in room.lock.read_text("utf-8").splitlines():
            if text.startswith(("<<<<<<<", "=======", ">>>>>>>")):
                continue
            for step in _maps(json.loads(text).get("steps", [])):
                named = {*map(str, _list(step["variants"])), *([str(step["pick"])] if step["pick"] else [])}
                known = self.digests.get(str(step["key"]), set())
                assert named <= known, f"the lock names pictures that nobody bought: {named - known}"


def damage_file(path: Path, data: bytes) -> None:
    """Other bytes in the place of a read-only file."""
    path.unlink()
    path.write_bytes(data)
    os.chmod(path, 0o444)


def _sealed(line: bytes) -> dict[str, object] | None:
    """A line whose sum is right; None for the header and for torn ones."""
    head, mark, rest = line.rpartition(b',"sum":"')
    if not mark or hashlib.sha256(head).hexdigest()[:16].encode() + b'"}' != rest:
        return None
    body = json.loads(line)
    assert isinstance(body, dict)
    return None if body.get("type") == "torn" else body


def _maps(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
