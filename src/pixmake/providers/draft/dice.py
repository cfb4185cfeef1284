"""Draft room: chance that is none. Equal texts give equal numbers in every process and on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Numbers drawn from the SHA-256 of a text. Only `Random.random`, whose sequence Python guarantees, is used."""

    def __init__(self, *texts: object) -> None:
        self.text = "\x1f".join(str(text) for text in texts)
        self.source = Random(int.from_bytes(hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).digest(), "big"))  # noqa: S311

    def between(self, low: float, high: float) -> float:
        """A number from `low` up to `high`."""
        return low + (high - low) * self.source.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number, `low` and `high` included."""
        return low + int(self.source.random() * (high - low + 1))

    def one(self, things: Sequence[Thing]) -> Thing:
        """One of `things`."""
        return things[int(self.source.random() * len(things))]

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.source.random() < share

    def noise(self, count: int) -> bytes:
        """`count` random bytes."""
        return bytes(int(self.source.random() * 256) for _ in range(count))

    def child(self, name: object) -> Dice:
        """Other dice that don't disturb these."""
        return Dice(self.text, name)
