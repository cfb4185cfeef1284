"""How a paid call can end besides well: what was sent stays reserved and is not sent again, what was not gives its money back."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.build import paying
from pixmake.events import Event, StepFinished, StepStarted
from pixmake.providers.base import Answer, Call, Estimate, Forgotten, Request, Unknown
from pixmake.store.lockfile import read
from pixmake.store.records import Failure, Intent, Record, decode_or_none

ONE = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {hen: {prompt: a hen}}\n"
TWO = ONE.replace("a hen}", "a hen}, cow: {prompt: a cow}")
PRICE, ZERO = Decimal("0.04"), Decimal(0)


def records(ground: Ground) -> list[Record]:
    lines = ground.project().store.journal.read().lines
    return [record for line in lines if (record := decode_or_none(line)) is not None]


def whys(ground: Ground) -> list[str]:
    return [record.why for record in records(ground) if isinstance(record, Failure)]


@dataclass(slots=True)
class Odd(CountingProvider):
    """Answers as `odd` says."""

    odd: str = ""

    async def make(self, call: Call) -> Answer:
        answer = await CountingProvider.make(self, call)
        if self.odd == "breaks":
            raise RuntimeError("sk-canary is no list")
        if self.odd == "forgets":
            raise Forgotten("that conversation is gone")
        if self.odd == "half":
            assert call.land is not None
            landing = call.land(0)
            landing.write(answer.pictures[0].data[:100])
            raise Unknown("the line went dead")
        if self.odd == "nothing":
            return replace(answer, pictures=())
        torn = replace(answer.pictures[0], data=answer.pictures[0].data[:-20])
        return replace(answer, pictures=(torn, *answer.pictures[1:]))


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ("breaks", "the provider broke down: RuntimeError: [OPENAI_API_KEY] is no list"),
        ("half", "the line went dead"),
        ("nothing", "the answer held no picture"),
        ("torn", "the answer held no usable picture: it is a PNG picture that is cut short"),
    ],
)
def test_what_was_sent_and_brought_nothing_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, message: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    ground = Ground(tmp_path, ONE, Odd(odd=odd))
    report = ground.build()
    assert (report.exit_code, report.spent, report.reserved) == (5, ZERO, PRICE)
    assert [(entry.state, entry.message) for entry in report.entries] == [("unknown", message)]
    assert whys(ground) == ["unknown"]
    assert list((ground.store / "incoming").iterdir()) == []
    aside = list((ground.store / "quarantine").glob("*"))
    assert len(aside) == (1 if odd in ("half", "torn") else 0), "what may have been paid for is kept"
    ground.painter = CountingProvider()
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_of_several_pictures_the_whole_ones_are_kept(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a hen}", "a hen, variants: 3}"), Odd(odd="torn"))
    report = ground.build()
    assert (report.exit_code, report.made, report.spent) == (3, 2, 3 * PRICE)
    assert len(list((ground.store / "quarantine").iterdir())) == 1
    ground.painter = CountingProvider()
    assert states(ground.plan()) == {"hen#0": "pay"}, "one of three is still wanted"
    assert (ground.build().made, ground.sent()) == (1, 1)


def test_a_conversation_that_nobody_spoke_of_can_t_be_forgotten(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE, Odd(odd="forgets"))
    report = ground.build()
    assert (report.exit_code, report.reserved, whys(ground)) == (1, ZERO, ["not-sent"])
    assert ground.sent() == 1


def test_a_request_that_another_process_buys_for_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "LOCK_WAIT", 0.05)
    ground = Ground(tmp_path, ONE)
    project = ground.project()
    plan = project.plan()
    key = plan.entries[0].key
    assert key is not None
    with ground.project().store.journal.key_lock(key, timeout=0):
        report = project.build(plan, yes=True)
    assert report.exit_code == 6
    assert [item.code for item in report.problems] == ["store-busy"]
    assert (ground.sent(), report.reserved, records(ground)) == (0, ZERO, [])


def test_a_store_that_stops_locking_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    ground = Ground(tmp_path, ONE)
    project = ground.project()
    plan = project.plan()
    monkeypatch.setattr(fcntl, "flock", refuse)
    report = project.build(plan, yes=True)
    assert (report.exit_code, ground.sent()) == (1, 0)
    assert "store-no-locks" in {item.code for item in report.problems}


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_without_room_for_pictures_none_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(tmp_path, TWO)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1 << 30, 1 << 30, 1 << 20))
    report = ground.build()
    assert (report.exit_code, report.spent, report.reserved) == (1, ZERO, ZERO)
    assert [item.code for item in report.problems] == ["disk-full"]
    assert (ground.sent(), records(ground)) == (0, [])


@dataclass(slots=True)
class Patient(CountingProvider):
    """Answers the first call at once, the others when they may `go` on."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def make(self, call: Call) -> Answer:
        is_first = not self.calls
        answer = await CountingProvider.make(self, call)
        if not is_first:
            await self.go.wait()
        return answer


def test_who_waits_for_a_place_has_not_begun(tmp_path: Path) -> None:
    """What is told as begun is what a provider was asked for: of three, one at a time."""
    spec = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {a: {prompt: a}, b: {prompt: b}, c: {prompt: c}}\n"
    ground = Ground(tmp_path, spec, CountingProvider(concurrency=1))
    events, begun = list[Event](), list[int]()
    ground.painter.hook = lambda call: begun.append(
        sum(isinstance(event, StepStarted) and event.step == 0 for event in events)
    )
    project = ground.project()
    assert project.build(project.plan("a", "b", "c"), yes=True, on_event=events.append).exit_code == 0
    assert begun == [1, 2, 3]
    finished = [(event.asset, event.step) for event in events if isinstance(event, StepFinished)]
    assert sorted(finished, key=str) == sorted(
        ((event.asset, event.step) for event in events if isinstance(event, StepStarted)), key=str
    )


def test_when_the_disk_takes_no_picture_nobody_who_waits_is_sent(tmp_path: Path) -> None:
    """Ten start, eight are sent, and a ninth when the first has its answer. It can't be stored: the tenth stays here."""
    ten = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {'hen-{{ n }}': {matrix: {n: %s}, prompt: 'hen {{ n }}'}}\n"
    painter = Patient(concurrency=8)
    ground = Ground(tmp_path, ten % list(range(10)), painter)

    def moved(call: Call) -> None:
        if len(painter.calls) == 1:
            (ground.store / "cas").rename(tmp_path / "aside")
            (ground.store / "cas").write_text("in the way")

    def told(event: Event) -> None:
        if isinstance(event, StepFinished):
            painter.go.set()

    painter.hook = moved
    project = ground.project()
    assert project.build(project.plan(), yes=True, on_event=told).exit_code == 1
    assert ground.sent() == 9


def test_an_input_that_goes_away_gives_the_money_back(tmp_path: Path) -> None:
    spec = ONE.replace("a hen}", "a hen}, cow: {prompt: a cow, references: [straw.png]}")
    ground = Ground(tmp_path, spec, CountingProvider(concurrency=1))
    straw = ground.picture("straw.png")
    ground.painter.hook = lambda call: straw.unlink()
    report = ground.build(jobs=1)
    assert (report.spent, report.reserved) == (PRICE, ZERO)
    assert [entry.state for entry in report.entries] in (["fresh", "failed"], ["fresh", "blocked"])
    assert report.exit_code in (1, 3)
    ground.picture("straw.png")
    assert [record.asset for record in records(ground) if isinstance(record, Intent)] == ["hen"]


def test_a_bill_above_its_price_leaves_less_for_the_others(tmp_path: Path) -> None:
    ground = Ground(tmp_path, TWO, CountingProvider(concurrency=1, bill=Decimal("0.09")))
    report = ground.build(yes=False, max_cost=Decimal("0.10"), jobs=1)
    assert (report.exit_code, report.spent, report.reserved) == (4, Decimal("0.09"), ZERO)
    assert [(entry.state, entry.message) for entry in report.entries][1] == ("held", "the budget does not reach")
    assert ground.sent() == 1


def test_a_call_of_several_that_fails_is_the_last(tmp_path: Path) -> None:
    """Six pictures are two calls; after one that is unknown, nobody may send the next unasked."""
    ground = Ground(
        tmp_path, ONE.replace("a hen}", "a hen, variants: 6}"), CountingProvider(script={"hen": ["unknown"]})
    )
    report = ground.build()
    assert (report.exit_code, ground.sent(), report.reserved) == (5, 4, 4 * PRICE)


def test_an_unknown_call_keeps_its_reservation_from_the_others(tmp_path: Path) -> None:
    ground = Ground(tmp_path, TWO, CountingProvider(concurrency=1, script={"hen": ["unknown"]}, low=Decimal(0)))
    report = ground.build(yes=False, max_cost=Decimal("0.08"))
    assert (report.spent, report.reserved) == (PRICE, PRICE)
    ground.edit("a cow}", "a calf}, dog: {prompt: a dog}")
    ground.painter.script = {"calf": ["unknown"]}
    report = ground.build(yes=False, max_cost=Decimal("0.05"))
    assert (report.spent, report.reserved, ground.painter.prompts) == (ZERO, PRICE, ["a hen", "a cow", "a calf"])


def test_what_is_sent_again_names_what_it_replaces(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE, CountingProvider(script={"hen": ["unknown", "unknown"]}))
    ground.build()
    assert ground.build(repeat=True).exit_code == 5
    assert len(ground.project().store.results.unknown()) == 1, "the second stands for both"
    assert ground.build(repeat=True).exit_code == 0
    first, second, third = (record for record in records(ground) if isinstance(record, Intent))
    assert [first.again, second.again, third.again] == [(), (first.intent,), (second.intent,)]
    assert ground.project().store.results.unknown() == ()


def test_what_was_sent_again_and_refused_leaves_the_first_unknown(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE, CountingProvider(script={"hen": ["unknown", "failed"]}))
    ground.build()
    ground.build(repeat=True)
    assert len(ground.project().store.results.unknown()) == 1
    assert (ground.build().exit_code, ground.sent()) == (5, 2)


@dataclass(slots=True)
class Dearer(CountingProvider):
    """Asks more for pictures whose inputs it has seen."""

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate:
        high = (Decimal("0.09") if inputs and None not in inputs else PRICE) * count
        return Estimate(low=high, high=high)


def test_a_step_that_turns_out_dearer_than_its_plan_is_held(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a hen}", "a hen, edits: [at night]}"), Dearer())
    report = ground.build()
    assert (report.plan.totals.cost.high, report.spent) == (2 * PRICE, PRICE)
    assert [(entry.state, entry.message) for entry in report.entries] == [
        ("fresh", None),
        ("held", "it would now cost more than the plan said"),
    ]
    assert (report.exit_code, ground.sent()) == (4, 1)


def test_the_lock_names_each_picture_before_the_next_is_asked_for(tmp_path: Path) -> None:
    """A clone, or another machine, finds what this build has bought although it dies in the middle."""
    ground = Ground(tmp_path, TWO, CountingProvider(concurrency=1))
    seen: list[list[str]] = []
    ground.painter.hook = lambda call: seen.append([name for name, _ in read(ground.root / "assets.lock").lines])
    project = ground.project()
    project.build(project.plan(), yes=True, jobs=1)
    assert seen == [[], ["hen"]]


def test_pins_stay_until_something_is_bought_in_their_place(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a hen}", "a hen, edits: [at night]}"))
    ground.build()
    before = read(ground.root / "assets.lock").alternatives("hen")[0].steps
    ground.edit("a hen", "a red hen")
    ground.painter.script = {"red": ["failed*"]}
    assert ground.build().exit_code == 1
    assert read(ground.root / "assets.lock").alternatives("hen")[0].steps == before
    ground.painter.script = {"night": ["failed*"]}
    assert ground.build().exit_code == 1
    first, second = read(ground.root / "assets.lock").alternatives("hen")[0].steps
    assert first != before[0] and second == before[1]


def test_the_words_of_a_newer_version_stay_in_the_lock(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    lock = ground.root / "assets.lock"
    lock.write_text(lock.read_text().replace('{"asset":"hen",', '{"asset":"hen","mood":"good",'))
    ground.edit("a hen", "a hen, variants: 2")
    assert ground.build().exit_code == 0
    assert '"mood":"good"' in lock.read_text()
