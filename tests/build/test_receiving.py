"""What arrived is recorded when its bytes are safe, and paid for when it is recorded: never the other way round."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import png
from fakes.project import Ground
from pixmake.build.receiving import Delivery, Found, Landings, delivering, found_in
from pixmake.build.sharing import Shared
from pixmake.diagnostics import ExitCode, Problem, problem
from pixmake.providers.base import Answer, Call, Painted
from pixmake.store.folder import Folder
from pixmake.store.home import Store
from pixmake.store.journal import Journal
from pixmake.store.records import Failure, Intent, Outcome, Record, decode_or_none
from store.making import intent, store_at

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


PICTURE = png(64, 64, b"landed")


def answer_of(store: Store, asked: Intent, data: bytes, *, lands: bool, pieces: int = 1000) -> Delivery:
    """An answer with one picture, in a landing or as bytes."""
    if not lands:
        return Delivery(intent=asked, answer=Answer(pictures=(Painted(data=data, media_type="image/png"),)), time="now")
    landings = Landings(store, asked.intent)
    landing = landings(0)
    for start in range(0, len(data), pieces):
        landing.write(data[start : start + pieces])
    painted = Painted(landing=landing, media_type="image/png")
    return Delivery(intent=asked, answer=Answer(pictures=(painted,)), time="now", landings=landings)


@pytest.mark.parametrize("pieces", [1, 7, 100, 10_000])
def test_a_picture_that_came_through_a_file_is_recorded_as_one_that_came_as_bytes(tmp_path: Path, pieces: int) -> None:
    asked = intent()
    by_file, by_bytes = store_at(tmp_path / "file"), store_at(tmp_path / "bytes")
    landed = answer_of(by_file, asked, PICTURE, lands=True, pieces=pieces)
    plain = answer_of(by_bytes, asked, PICTURE, lands=False)
    ours = found_in(by_file, asked, landed.answer, "now")
    theirs = found_in(by_bytes, asked, plain.answer, "now")
    assert ours.results == theirs.results and ours.faults == ()
    assert [item.path.read_bytes() for item in ours.arrivals] == [PICTURE]
    assert [item.path.name for item in ours.arrivals] == [item.path.name for item in theirs.arrivals]


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (PICTURE[:-20] + bytes([PICTURE[-20] ^ 1]) + PICTURE[-19:], "the checksum of its IDAT chunk is wrong"),
        (PICTURE[:-5], "is a PNG picture that is cut short"),
        (b"\x89PNG", "is "),
        (b"<html>no picture", "is "),
    ],
)
def test_a_picture_with_a_wrong_byte_is_none_however_it_came(
    tmp_path: Path, lands: bool, data: bytes, fault: str
) -> None:
    store, asked = store_at(tmp_path / "store"), intent()
    found = found_in(store, asked, answer_of(store, asked, data, lands=lands).answer, "now")
    assert found.results == () and fault in found.faults[0]
    assert found.faults == found_in(store, asked, answer_of(store, asked, data, lands=False).answer, "now").faults


def test_one_that_can_t_be_made_safe_takes_nobody_along(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store")
    calls = [replace(intent(), intent=name) for name in ("good", "lost", "empty", "fine")]
    bodies = [PICTURE, PICTURE, b"no picture", PICTURE + b"fine"]
    items = [answer_of(store, item, data, lands=True) for item, data in zip(calls, bodies, strict=True)]
    (store.root / "incoming" / "lost.0.part").unlink()
    ends = delivering(store)(items)
    assert [type(end) for end in ends] == [Found, Problem, Found, Found]
    said = [decode_or_none(line) for line in store.journal.read().lines]
    assert [record.intent for record in said if isinstance(record, Outcome)] == ["good", "fine"]
    assert [path.name[:5] for path in (store.root / "incoming").iterdir()] == ["empty"]


def test_what_becomes_of_one_is_told_to_the_one_who_asked() -> None:
    def work(items: Sequence[int]) -> Sequence[int | Problem]:
        return [-item if item % 2 else problem("odd", f"number {item}", help="none") for item in items]

    async def run() -> list[object]:
        shared = Shared(work)
        return list(await asyncio.gather(*map(shared.do, range(4)), return_exceptions=True))

    ends = asyncio.run(run())
    assert ends[1::2] == [-1, -3]
    assert [end.diagnostics[0].message for end in ends[::2] if isinstance(end, Problem)] == ["number 0", "number 2"]
