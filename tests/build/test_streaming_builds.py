"""Looks on the way in builds, over real HTTP: priced, told as events, never kept; broken streams are no results."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fakes.openai_responses import Stream
from fakes.openai_server import FakeOpenAI
from fakes.talking import HEAD, PROVIDER, Ground, states
from pixmake.events import Event, PartialArrived
from pixmake.store.records import Outcome

IMAGES = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}
assets:
  fox: {prompt: a red fox, variants: 2, pick: 1, edits: [at night]}
"""
TALKS = HEAD + PROVIDER + "assets: {fox: {prompt: a red fox, edits: [at night]}}\n"


def looks(events: list[Event]) -> list[tuple[int, int, int]]:
    found = [event for event in events if isinstance(event, PartialArrived)]
    return [(event.step, event.number, event.total) for event in found]


def test_looks_are_events_and_files_and_no_results(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, IMAGES)
    events: list[Event] = []
    report = ground.build(on_event=events.append, partials=2)
    assert report.exit_code == 0, report.problems
    assert looks(events) == [(0, 1, 2), (0, 2, 2), (0, 1, 2), (0, 2, 2), (1, 1, 2), (1, 2, 2)]
    assert [asked.count for asked in server.requests] == [1, 1, 1], "one picture a stream"
    seen = [event for event in events if isinstance(event, PartialArrived)]
    files = {event.path: (ground.root / event.path).read_bytes() for event in seen}
    assert all(data.startswith(b"\x89PNG") for data in files.values())
    kept = [path.read_bytes() for path in (ground.store / "cas").rglob("*") if path.is_file()]
    assert len(kept) == 3
    assert not set(files.values()) & set(kept)
    results = [record for record in ground.records() if isinstance(record, Outcome)]
    assert sum(len(record.results) for record in results) == 3
    assert seen[0].to_json()["event"] == "partial-arrived"
    assert report.spent == server.cost


def test_nobody_listens_and_nothing_streams(server: FakeOpenAI, tmp_path: Path) -> None:
    Ground(tmp_path, IMAGES).build()
    assert server.requests[0].count == 2
    assert not any("stream" in asked.body.fields for asked in server.requests)


def test_looks_are_priced_and_move_no_key(server: FakeOpenAI, tmp_path: Path) -> None:
    project = Ground(tmp_path, IMAGES).project()
    without, two, many = project.plan(), project.plan(partials=2), project.plan(partials=9)
    each = Decimal(100) * 30 / 1_000_000
    assert two.totals.cost.high == without.totals.cost.high + 3 * 2 * each
    assert many.totals.cost.high == without.totals.cost.high + 3 * 3 * each, "three at most"
    assert two.totals.cost.low == without.totals.cost.low
    assert (without.totals.requests, two.totals.requests) == (2, 3)
    assert [entry.key for entry in without.entries] == [entry.key for entry in two.entries]


def test_a_drawing_has_no_looks(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = IMAGES.replace("variants: 2, pick: 1, edits: [at night]", "kind: gif").replace("2.5-flare", "2.6-flare")
    project = Ground(tmp_path, spec).project()
    assert project.plan(partials=3).totals == project.plan().totals


@pytest.mark.parametrize("spec", [IMAGES, TALKS.replace("  models", "  background: false\n  models")])
def test_a_stream_without_its_end_is_unknown_and_nobody_pays_again(
    server: FakeOpenAI, tmp_path: Path, spec: str
) -> None:
    ground = Ground(tmp_path, spec)
    server.say(Stream(end="none"), at=1)
    report = ground.build(partials=1)
    assert (report.exit_code, states(report)[0]) == (5, "unknown")
    assert report.reserved > 0
    assert "ended before its picture was done" in report.problems[0].message
    again = ground.build(partials=1)
    assert (again.exit_code, server.count) == (5, 1)


def test_a_streamed_turn_goes_on_alone(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, TALKS)
    server.say(Stream(partials=1, end="none"), at=1)
    events: list[Event] = []
    report = ground.build(partials=2, on_event=events.append)
    assert report.exit_code == 0, report.problems
    assert (0, 1, 2) in looks(events)
    assert server.count == 2
    assert server.requests[1].body.fields["previous_response_id"] == "resp_0001"
    assert report.spent == server.cost
