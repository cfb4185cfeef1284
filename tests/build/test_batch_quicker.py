"""Others at work while a batch is made or collected: what is not ours to buy does not go, and no call is ended by mistake."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.openai_batches import Then
from fakes.openai_server import Cut
from pixmake.build.batching import TAKEN
from pixmake.build.collecting import ELSEWHERE, Collector
from pixmake.build.jobs import Job
from pixmake.build.project import Project
from pixmake.plan.keys import preimage
from pixmake.store.records import Intent, Record, Sent, decode_or_none
from store.making import failed, intent


def neighbour(yard: Yard) -> Project:
    """Another project on the same store, with the same requests."""
    root = yard.root.parent / "neighbour"
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text((yard.root / "assets.yaml").read_text())
    return Project(root / "assets.yaml", store=yard.folder, clock=yard.clock)


def at_the_last_moment(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Does something once, when a build looks whether the disk has room: what it hands in is chosen, and not yet locked."""
    real, todo = shutil.disk_usage, [do]

    def look(path: Path) -> object:
        if todo:
            todo.pop()()
        return real(path)

    monkeypatch.setattr(shutil, "disk_usage", look)


def test_what_was_bought_since_the_plan_is_not_handed_in(yard: Yard) -> None:
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()
    other = neighbour(yard)
    assert other.build(other.plan("hen.png"), yes=True).exit_code == 0
    report = project.build(plan, yes=True, by_batch=True)
    assert [entry.result for entry in report.entries] == ["found", "sent"]
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]


def test_the_last_look_is_under_the_keys_own_lock(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bought at the very last moment: after the journal was read, before the locks are taken."""
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()

    def buy() -> None:
        other = neighbour(yard)
        assert other.build(other.plan("hen.png"), yes=True).exit_code == 0

    at_the_last_moment(monkeypatch, buy)
    project.build(plan, yes=True, by_batch=True)
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]
    assert yard.server.count == 1


def test_what_another_process_is_buying_is_left_to_it(yard: Yard) -> None:
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()
    key = plan.entries[0].key
    assert key is not None
    with yard.store.journal.key_lock(key, timeout=0):
        report = project.build(plan, yes=True, by_batch=True)
    assert (report.entries[0].state, report.entries[0].message) == ("pay", TAKEN)
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]
    assert report.reserved == 0, "what is on its way is in the day's ledger, what was left is nobody's"


# --- while it is made --------------------------------------------------------------------------------------------------


def records(yard: Yard) -> list[Record]:
    lines = yard.store.journal.read().lines
    return [record for line in lines if (record := decode_or_none(line)) is not None]


def names(yard: Yard) -> list[str]:
    return [type(record).__name__ for record in records(yard)]


def test_nobody_lets_go_of_a_batch_that_is_being_made(yard: Yard) -> None:
    """Another process looks for it, by a clock that is ahead, just before the server has it."""
    yard.assets("hen that sits", "cow that stands")
    seen: list[str | None] = []

    def look() -> None:
        yard.later(hours=1)
        seen.extend(item.message for item in yard.collect().standing)

    yard.server.office.say("create", Then(look, before=True))
    assert yard.build().exit_code == 3
    assert seen == [ELSEWHERE]
    assert (names(yard), yard.states()) == (["Intent", "Intent"], {"sent": 2})


def test_recovery_writes_nothing_of_a_batch_that_is_journaled_meanwhile(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.assets("hen that sits")
    project = yard.project()
    look = project.store.journal.open_intents

    def meanwhile() -> tuple[Intent, ...]:
        monkeypatch.setattr(project.store.journal, "open_intents", look)
        yard.build()
        return look()

    monkeypatch.setattr(project.store.journal, "open_intents", meanwhile)
    project.recover()
    assert names(yard) == ["Intent", "Sent"]


def test_a_batch_names_the_unknown_calls_that_it_replaces(yard: Yard) -> None:
    yard.assets("hen that sits")
    verdict = yard.project().plan().entries[0].verdict
    assert verdict.key is not None and verdict.request is not None
    lost = replace(intent("lost"), key=verdict.key, request=preimage(verdict.request))
    yard.store.journal.append(lost, replace(failed("lost", 0, "unknown"), key=verdict.key))
    assert (yard.build().exit_code, yard.server.office.batches) == (5, [])
    assert yard.build(repeat=True).exit_code == 3
    assert [item.again for item in records(yard) if isinstance(item, Intent)] == [(), ("lost-0",)]
    yard.server.office.run()
    yard.collect()
    assert yard.store.results.unknown() == ()


def test_money_that_was_taken_of_the_day_since_the_plan_is_not_handed_in(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.assets("hen that sits", "cow that stands")
    high = yard.project().plan().totals.cost.high  # by batch it is half of that
    yard.write((yard.root / "assets.yaml").read_text().replace("assets:", f"budget: {{per_day: {high / 2}}}\nassets:"))
    project = yard.project()
    plan = project.plan()
    theirs = replace(intent("theirs"), reserved=high / 4, time=yard.clock.now().isoformat())
    at_the_last_moment(monkeypatch, lambda: yard.store.journal.append(theirs))
    report = project.build(plan, yes=True, by_batch=True)
    assert [entry.state for entry in report.entries] == ["sent", "held"]
    assert report.entries[1].message == "the budget does not reach for today"
    assert [made.prompts for made in yard.server.office.batches] == [["hen that sits"]]


# --- while it is collected ---------------------------------------------------------------------------------------------


def test_a_batch_whose_answer_was_lost_may_still_come(yard: Yard) -> None:
    yard.assets("hen that sits")
    yard.server.office.say("create", Cut("unread"))
    yard.build()
    yard.collect()
    assert yard.states() == {"sent": 1}, "the request may still be on its way"
    yard.later(minutes=20)
    yard.collect()
    assert yard.states() == {"pay": 1}


def test_the_name_of_a_batch_that_was_found_is_written_down(yard: Yard) -> None:
    yard.assets("hen that sits")
    yard.server.office.say("create", Cut("before"))
    yard.build()
    assert names(yard) == ["Intent"]
    yard.collect()
    assert [item.handle for item in records(yard) if isinstance(item, Sent)] == ["batch_1"]
    yard.collect()
    assert names(yard) == ["Intent", "Sent"]


def test_a_batch_that_carries_another_name_is_not_ours(yard: Yard) -> None:
    """An id that is another's by now: its answers are to other questions."""
    yard.assets("hen that sits")
    yard.build()
    [made] = yard.server.office.batches
    made.metadata = {name: f"{value}x" for name, value in made.metadata.items()}
    yard.server.office.run()
    gathered = yard.collect()
    assert (gathered.saved, gathered.failed, gathered.released, yard.states()) == (0, 0, 0, {"sent": 1})


def test_what_was_collected_meanwhile_is_not_counted_again(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.assets("hen that sits")
    yard.build()
    yard.server.office.run()
    real = Collector.jobs

    def jobs(self: Collector) -> list[Job]:
        found = real(self)
        monkeypatch.setattr(Collector, "jobs", real)
        thread = threading.Thread(target=yard.collect)
        thread.start()
        thread.join(60)
        return found

    monkeypatch.setattr(Collector, "jobs", jobs)
    project = yard.project()
    collector = project.collector()
    gathered = asyncio.run(collector.collect())
    asyncio.run(collector.close())
    assert (gathered.saved, gathered.spent) == (0, Decimal(0))
    assert names(yard) == ["Intent", "Sent", "Outcome"]


def test_a_batch_that_ended_and_counts_nothing_is_unknown(yard: Yard) -> None:
    yard.assets("hen that sits")
    yard.build()
    yard.server.office.end("expired", done=0)
    [made] = yard.server.office.batches
    made.output = made.error_output = None
    made.counts = {"total": 0, "completed": 0, "failed": 0}
    yard.later(hours=1)
    assert (yard.collect().failed, yard.states()) == (1, {"unknown": 1})
