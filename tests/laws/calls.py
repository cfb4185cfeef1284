"""The calls of a store by its journal, read without our own reader, so that a fault in reading can't hide one in writing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pixmake.digest import sha256_file
from pixmake.plan.planner import Plan


@dataclass(slots=True)
class Told:
    """One call as the journal tells it, read without our own reader."""

    key: str
    count: int
    route: str
    again: list[str]
    results: list[str] | None = None
    cost: Decimal | None = None
    failed: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may have been billed, as far as the journal knows, and nothing came."""
        return self.results is None and self.failed in (None, "unknown")

    @property
    def pictures(self) -> int:
        """Those that came, or may come."""
        return len(self.results) if self.results is not None else self.count if self.is_open else 0


@dataclass(slots=True)
class Book:
    """The journal of a store."""

    path: Path
    calls: dict[str, Told] = field(default_factory=dict)

    def read(self) -> None:
        self.calls = {}
        if not self.path.exists():
            return
        for line in self.path.read_bytes().splitlines()[1:]:
            self._add(json.loads(line))

    def _add(self, said: dict[str, Any]) -> None:
        if said["type"] == "intent":
            told = Told(said["key"], said["count"], said.get("route", "live"), said.get("again") or [])
            self.calls.setdefault(said["intent"], told)
        elif said["type"] == "done":
            call = self.calls[said["intent"]]
            assert call.results is None, "recorded twice"
            call.results = [item["digest"] for item in said["results"]]
            call.cost = Decimal(said["cost"]) if said.get("cost") is not None else None
        elif said["type"] == "failed" and self.calls[said["intent"]].results is None:
            self.calls[said["intent"]].failed = said["why"]

    def check_wanted(self, wanted: Mapping[str, int]) -> None:
        """Nobody bought, or may have bought, more of a key than somebody wanted: but what a person let be sent again."""
        replaced = {old for call in self.calls.values() for old in call.again}
        coming: Counter[str] = Counter()
        for name, call in self.calls.items():
            if name not in replaced:
                coming[call.key] += call.pictures
        more = {key: (number, wanted[key]) for key, number in coming.items() if number > wanted[key]}
        assert not more, f"more than anybody wanted: {more}"

    def check_originals(self) -> None:
        """What is recorded is there, whole."""
        for call in self.calls.values():
            for digest in call.results or ():
                assert sha256_file(self.path.parent / "cas" / digest[:2] / digest[2:]) == digest

    def check_nothing_aside(self) -> None:
        """Nothing was found that is neither a picture nor nobody's."""
        assert not list((self.path.parent / "quarantine").glob("*"))


def note_wanted(plan: Plan, wanted: Counter[str]) -> None:
    """How many pictures of each key somebody wants by this plan, at most so far."""
    for (name, index), verdict in plan.judge.done.items():
        if verdict.key is not None:
            step = next(step for step in plan.graph.actions[name, index].asset.steps if step.index == index)
            wanted[verdict.key] = max(wanted[verdict.key], step.variants)
