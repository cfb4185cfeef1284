"""What a person binds or puts in was paid before, or not at all: it costs nothing once more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fakes.project import Ground
from pixmake.build.costs import charges
from pixmake.build.intent import Intent
from pixmake.store.records import Outcome, decode_or_none

SPEC = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {hen: {prompt: a hen}}\n"


def test_accepting_and_adopting_cost_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    ground.edit("a hen", "a red hen")
    Intent(ground.project()).accept("hen")
    Intent(ground.project()).adopt("hen", ground.picture("mine.png"))
    store = ground.project().store
    found = [item for line in store.journal.read().lines if isinstance(item := decode_or_none(line), Outcome)]
    assert [(result.source, result.cost) for item in found for result in item.results] == [
        ("api", Decimal("0.04")),
        ("accepted", Decimal(0)),
        ("human", Decimal(0)),
    ]
    assert sum(((item.billed or Decimal(0)) for item in charges(store)), Decimal(0)) == Decimal("0.04")
