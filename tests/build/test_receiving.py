"""What arrived is recorded when its bytes are safe, and paid for when it is recorded: never the other way round."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fakes.project import Ground
from pixmake.diagnostics import ExitCode
from pixmake.providers.base import Call
from pixmake.store.folder import Folder
from pixmake.store.journal import Journal
from pixmake.store.records import Failure, Intent, Outcome, Record, decode_or_none

SPEC = "version: 1\ndefaults: {model: gpt-image-2.5-flare}\nassets: {a.png: a hen}\n"


def records(ground: Ground) -> list[Record | None]:
    return [decode_or_none(line) for line in Journal(Folder(ground.store)).read().lines]


class Blocked:
    """In the middle of the first call, a file takes the place of a folder of the store: the disk refuses what comes."""

    def __init__(self, store: Path, name: str) -> None:
        self.path = store / name
        self.aside = store.parent / "aside"

    def __call__(self, call: Call) -> None:
        if not self.aside.exists():
            self.path.rename(self.aside)
            if self.aside.is_dir():
                self.path.write_text("in the way")
            else:
                self.path.mkdir()

    def mend(self) -> None:
        self.path.rmdir() if self.path.is_dir() else self.path.unlink()
        self.aside.rename(self.path)


@pytest.mark.parametrize("name", ["cas", "journal.jsonl"])
def test_a_picture_that_the_store_can_t_take_stays_reserved_and_is_taken_later(tmp_path: Path, name: str) -> None:
    ground = Ground(tmp_path, SPEC)
    blocked = Blocked(ground.store, name)
    ground.painter.hook = blocked
    report = ground.build()
    blocked.mend()
    assert report.exit_code != ExitCode.DONE and report.problems
    assert (report.spent, report.reserved) == (Decimal(0), Decimal("0.04"))
    assert [type(record) for record in records(ground)] == [Intent]
    project = ground.project()
    assert project.recover() == 1
    assert project.build(yes=True).exit_code == ExitCode.DONE
    assert ground.sent() == 1


def test_a_refusal_that_can_t_be_written_down_keeps_its_reservation(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    blocked = Blocked(ground.store, "journal.jsonl")
    ground.painter.hook = blocked
    ground.painter.script = {"hen": ["refused"]}
    report = ground.build()
    blocked.mend()
    assert report.exit_code != ExitCode.DONE and report.problems
    assert (report.spent, report.reserved) == (Decimal(0), Decimal("0.04"))
    assert [type(record) for record in records(ground)] == [Intent]


def test_a_picture_and_a_refusal_are_settled_when_they_are_written_down(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, b.png: a cow}"))
    ground.painter.script = {"hen": ["refused"]}
    report = ground.build()
    assert (report.spent, report.reserved) == (Decimal("0.04"), Decimal(0))
    assert sorted(type(record).__name__ for record in records(ground)) == ["Failure", "Intent", "Intent", "Outcome"]
    ended = [record for record in records(ground) if isinstance(record, Failure | Outcome)]
    assert {type(record): getattr(record, "cost", None) for record in ended} == {
        Failure: None,
        Outcome: Decimal("0.04"),
    }
