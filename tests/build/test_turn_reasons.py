"""How the next turn of a conversation is told, where its parent is no plain answer of the turn before."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.counting import CountingProvider, png
from fakes.openai_server import FakeOpenAI
from fakes.project import Ground as Counted
from fakes.talking import HEAD, PROVIDER, Ground, QuickClock
from pixmake.build.intent import Intent
from pixmake.diagnostics import ExitCode, problem
from pixmake.plan.planner import Plan
from pixmake.providers.openai.provider import REMEMBERED_DAYS
from pixmake.store.journal import Journal
from pixmake.store.records import Outcome, Record, Sent, decode, encode

FOX = HEAD + PROVIDER + "assets:\n  fox: {prompt: a red fox}\n"
EDITED = FOX.replace("a red fox", "a red fox, edits: [at night]")


def told(plan: Plan) -> list[str | None]:
    return [entry.verdict.turn.reason if entry.verdict.turn is not None else None for entry in plan.entries]


@pytest.fixture
def ground(server: FakeOpenAI, tmp_path: Path) -> Ground:
    found = Ground(tmp_path, FOX)
    assert found.build().exit_code == 0
    return found


NO_ROUTE = "its parent was drawn in no conversation with this provider"
SECOND = PROVIDER + PROVIDER.partition("\n")[2].replace(" openai:", " second:\n  type: openai")
WAYS = {
    "an answer": (EDITED, "response resp_0001"),
    "an edit by the images API": (EDITED.replace("at night", "{prompt: at night, api: images}"), None),
    "an edit of what was drawn by the images API": (
        EDITED.replace("a red fox,", "a red fox, api: images,").replace(
            "at night", "{prompt: at night, api: responses}"
        ),
        NO_ROUTE,
    ),
    "another account": (
        EDITED.replace(PROVIDER, SECOND).replace("at night", "{prompt: at night, provider: second}"),
        NO_ROUTE,
    ),
    "no store": (EDITED.replace(" openai:\n", " openai:\n  store: false\n"), "the provider keeps no responses"),
}


@pytest.mark.parametrize("way", WAYS)
def test_how_a_turn_is_told(server: FakeOpenAI, tmp_path: Path, way: str) -> None:
    """An id says nothing at another account or on another route: sent there, it would only be turned away."""
    spec, reason = WAYS[way]
    ground = Ground(tmp_path, re.sub(r", edits: \[.*\]", "", spec))
    assert told(ground.plan()) == [None], "the first is no later one"
    assert ground.build().exit_code == 0
    ground.write(spec)
    assert told(ground.plan()) == [None, reason]
    assert ground.build().exit_code == 0
    assert server.requests[1].body.fields.get("previous_response_id") == ("resp_0001" if way == "an answer" else None)


def test_what_was_drawn_where_nothing_is_kept_has_no_id(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, FOX.replace(" openai:\n", " openai:\n  store: false\n"))
    assert ground.build().exit_code == 0
    ground.write(EDITED)
    assert told(ground.plan()) == [None, "no response is known that drew its parent"]


def test_a_fenced_parent_is_no_answer(server: FakeOpenAI, tmp_path: Path) -> None:
    fenced = EDITED.replace("at night", "{prompt: at night, mask: {rect: [0, 0, 0.5, 0.5]}}")
    ground = Ground(tmp_path, fenced)
    assert ground.build().exit_code == 0
    ground.write(fenced.replace("}}]", "}}, add a moon]"))
    assert told(ground.plan()) == [None, None, "its parent is not the picture as it was answered"]


def test_a_response_is_alive_for_so_many_days(ground: Ground) -> None:
    journal = ground.store / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    done = decode(lines[-1].strip())
    assert isinstance(done, Outcome)
    lines[-1] = encode(
        replace(done, results=tuple(replace(item, time="2026-01-01T23:59:59Z") for item in done.results))
    )
    journal.write_bytes(b"".join(lines))
    ground.write(EDITED)

    class Dated(QuickClock):
        def now(self) -> datetime:
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=self.days)

    reasons = []
    for days in (REMEMBERED_DAYS - 1, REMEMBERED_DAYS, 1 - REMEMBERED_DAYS, -REMEMBERED_DAYS):
        ground.clock = Dated(days)
        reasons.append(told(ground.plan())[1])
    old = "the response that drew its parent is of 2026-01-01"
    assert reasons == ["response resp_0001", old, "response resp_0001", old]


def test_a_picture_that_a_person_put_in_was_drawn_by_nobody(ground: Ground) -> None:
    mine = ground.root / "mine.png"
    mine.write_bytes(png(1024, 640, b"mine!!"))
    Intent(ground.project()).adopt("fox", mine)
    ground.write(EDITED)
    assert told(ground.plan()) == [None, "no response is known that drew its parent"]
    assert ground.build().exit_code == 0


def test_a_picture_that_is_kept_was_drawn_by_earlier_prompts(server: FakeOpenAI, ground: Ground) -> None:
    Intent(ground.project()).freeze(["fox"])
    ground.write(EDITED.replace("a red fox", "a blue fox"))
    plan = ground.plan()
    assert [entry.state for entry in plan.entries] == ["held", "pay"]
    assert told(plan) == [None, "its parent was drawn by earlier prompts"]
    assert (ground.build().exit_code, server.count) == (0, 2)


@pytest.mark.parametrize("time", ["yesterday", "", "2026-13-45T00:00:00+00:00"])
def test_a_response_of_which_nobody_knows_the_age_is_told_again(ground: Ground, time: str) -> None:
    journal = ground.store / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    done = decode(lines[-1].strip())
    assert isinstance(done, Outcome)
    lines[-1] = encode(replace(done, results=tuple(replace(item, time=time) for item in done.results)))
    journal.write_bytes(b"".join(lines))
    ground.write(EDITED)
    assert told(ground.plan()) == [None, f"the response that drew its parent is of {time[:10]}"]


def test_a_step_that_waits_for_a_pick_does_not_go_by_batch(yard: Yard) -> None:
    yard.write(
        "version: 1\ndefaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}\n"
        "assets: {hen: {prompt: hen sits, variants: 2, edits: [hen at night]}, cow: {prompt: cow stands}}\n"
    )
    yard.build()
    yard.server.office.run()
    yard.collect()
    assert (yard.states()["waits"], "pay" in yard.states()) == (1, False)
    report = yard.build()
    assert {entry.state for entry in report.entries} == {"fresh", "waits"}
    assert len(yard.server.office.batches) == 1


def test_a_model_that_turns_everybody_away_is_left_alone_after_so_many_times(tmp_path: Path) -> None:
    """Each asset tries for itself, and none for ever; nothing is spent, and nothing stays set aside."""
    spec = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {hen: {prompt: a hen}}\n"
    ground = Counted(tmp_path, spec, CountingProvider(script={"hen": ["busy*"]}))
    report = ground.build()
    assert (report.exit_code, ground.sent()) == (1, 8)
    assert (report.spent, report.reserved) == (Decimal(0), Decimal(0))
    lines = [json.loads(line) for line in (ground.store / "journal.jsonl").read_text().splitlines()[1:]]
    assert [line["type"] for line in lines] == ["intent", "failed"] * 8


def test_a_name_that_can_t_be_written_down_is_a_call_that_nobody_finds(
    server: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider took it, the disk did not take its name: the build stops, and nothing is sent again unasked."""
    ground = Ground(tmp_path, FOX)
    append = Journal.append

    def refuse(journal: Journal, *records: Record) -> None:
        if any(isinstance(record, Sent) for record in records):
            raise problem("write-failed", "the disk is gone", exit_code=ExitCode.FAILED)
        append(journal, *records)

    monkeypatch.setattr(Journal, "append", refuse)
    report = ground.build()
    assert (report.exit_code, [item.code for item in report.problems], server.count) == (1, ["write-failed"], 1)
    assert report.reserved > 0
    monkeypatch.setattr(Journal, "append", append)
    assert ([entry.state for entry in ground.build().entries], server.count) == (["unknown"], 1)
