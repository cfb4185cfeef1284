"""Whoever sells pictures in the state machine: every call and what came of it is in a file of the shop's own.

The file survives a builder that is killed, and several processes write it; so it can be held against the store's books.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from fakes.counting import ENDINGS, CountingProvider, png
from laws.formulas import key_of
from pixmake.providers.base import Answer, Call, Painted, SizeRule

SIZES = SizeRule(listed=((32, 32), (48, 32), (32, 48)))
PRICE = Decimal("0.04")
BILL = Decimal("0.03")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One call as the shop saw it: `pictures` are the digests of what it handed out."""

    intent: str
    key: str
    count: int
    ending: str
    pictures: tuple[str, ...] = ()


@dataclass(slots=True)
class Shop(CountingProvider):
    """Sells by the `moods` that were set: one ending a call, then `ok` for ever.

    Besides the endings of CountingProvider: `torn` hands out a damaged picture, `short` one fewer than was paid,
    `broken` raises what no provider should, `killed` ends the whole process after the money was taken.
    """

    book: Path = Path("sales.jsonl")
    moods: list[str] = field(default_factory=list)
    sizes: SizeRule = SIZES
    at_call: Callable[[], None] | None = None

    async def make(self, call: Call) -> Answer:
        mood = self.moods.pop(0) if self.moods else "ok"
        painted = [self._picture(call, number) for number in range(call.count)] if mood in SELLS else []
        if mood == "short":
            painted = painted[1:]
        self._write(call, mood, painted)
        if self.at_call is not None:
            self.at_call()
        if mood == "killed":
            os.kill(os.getpid(), 9)
        await asyncio.sleep(0)
        if mood in ENDINGS:
            raise ENDINGS[mood]()
        if mood == "broken":
            raise RuntimeError("a bug of the provider")
        if mood == "torn":
            painted = [data[:-20] for data in painted]
        pictures = tuple(Painted(data=data, media_type="image/png") for data in painted)
        return Answer(pictures=pictures, cost=BILL * call.count, request_id=f"req_{call.intent[:8]}")

    def _picture(self, call: Call, number: int) -> bytes:
        width, height = (int(side) for side in call.request.size.split("x"))
        return png(width, height, hashlib.sha256(f"{call.intent}.{number}".encode()).digest()[:10])

    def _write(self, call: Call, mood: str, painted: Sequence[bytes]) -> None:
        sums = [hashlib.sha256(data).hexdigest() for data in painted]
        line = {
            "intent": call.intent,
            "key": key_of(call.request),
            "count": call.count,
            "ending": mood,
            "pictures": sums,
        }
        with open(self.book, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


SELLS = frozenset({"ok", "slow", "short", "torn"})


class Sales:
    """The shop's file, read on from where it was read last."""

    def __init__(self, book: Path) -> None:
        self._book = book
        self._end = 0
        self.by_intent: dict[str, Sale] = {}

    def new(self) -> list[Sale]:
        """Sales since this was asked last. No call is in the book twice."""
        found = list(self._read())
        for sale in found:
            assert sale.intent not in self.by_intent, "one intent was sent twice"
            self.by_intent[sale.intent] = sale
        return found

    def _read(self) -> Iterator[Sale]:
        if not self._book.exists():
            return
        with open(self._book, "rb") as stream:
            stream.seek(self._end)
            for line in stream:
                self._end += len(line)
                yield _sale(json.loads(line))


def _sale(body: Mapping[str, object]) -> Sale:
    pictures = body["pictures"]
    assert isinstance(pictures, list)
    return Sale(
        intent=str(body["intent"]),
        key=str(body["key"]),
        count=int(str(body["count"])),
        ending=str(body["ending"]),
        pictures=tuple(map(str, pictures)),
    )
