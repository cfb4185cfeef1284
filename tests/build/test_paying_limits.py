"""The gate in a whole build: who waits has journaled nothing, who is turned away is sent again, and all that ends."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes.counting import CountingProvider
from fakes.openai_server import Error, FakeOpenAI
from fakes.project import Ground
from pixmake.build.project import Project
from pixmake.events import CallsPaused, Event
from pixmake.providers.base import Call
from pixmake.store.content import Arrival, Content
from pixmake.store.records import Failure, Intent, decode_or_none

SPEC = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 64x64}
assets:
  "icon-{{ number }}": {matrix: {number: [%s]}, prompt: "icon {{ number }}"}
"""


def icons(count: int) -> str:
    return SPEC % ", ".join(map(str, range(count)))


def test_a_provider_that_turns_everybody_away_stops_the_build(tmp_path: Path) -> None:
    painter = CountingProvider(script={"icon": ["busy*"]})
    (tmp_path / "assets.yaml").write_text(icons(40), "utf-8")
    providers = {"openai": lambda settings: painter}
    project = Project(tmp_path / "assets.yaml", store=tmp_path / "store", providers=providers, clock=FastClock())
    report = project.build(project.plan(), yes=True)
    assert report.exit_code == 1
    assert report.spent == 0
    assert len(painter.calls) <= 16, "not eight times for each of 40"


def test_every_try_has_its_own_intent_and_its_own_end(tmp_path: Path) -> None:
    ground = Ground(tmp_path, icons(1), CountingProvider(script={"icon": ["busy", "busy"]}))
    assert ground.build().spent == Decimal("0.04")
    journal = ground.project().plan().world.store.journal.read()
    records = [decode_or_none(line) for line in journal.lines]
    assert sum(isinstance(record, Intent) for record in records) == 3
    assert [record.why for record in records if isinstance(record, Failure)] == ["not-sent", "not-sent"]
    assert len({record.intent for record in records if isinstance(record, Intent)}) == 3


def test_each_pause_is_told_and_why(tmp_path: Path) -> None:
    ground = Ground(tmp_path, icons(1), CountingProvider(script={"icon": ["busy", "busy"]}))
    told = pauses(ground)
    assert [(event.provider, event.model, event.why) for event in told] == [
        ("openai", "gpt-image-2.5-flare", "too many requests")
    ] * 2
    assert 0 < told[0].seconds <= 0.01
    assert 0.5 < told[1].seconds <= 1, "a second time in a row it is longer than the server said"


def test_a_pause_of_many_is_told_once(tmp_path: Path) -> None:
    painter = CountingProvider(script={f"icon {number}": ["busy"] for number in range(3)})
    assert len(pauses(Ground(tmp_path, icons(3), painter))) == 1
    assert len(painter.calls) == 6


def pauses(ground: Ground) -> list[CallsPaused]:
    """What is told of pauses while all of a project is bought."""
    events: list[Event] = []
    project = ground.project()
    report = project.build(project.plan(), yes=True, on_event=events.append)
    assert report.exit_code == 0
    return [event for event in events if isinstance(event, CallsPaused)]


def test_the_next_call_is_sent_while_a_picture_is_being_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is one call's: what is done with its picture afterwards takes none."""
    ground = Ground(tmp_path, icons(3))
    second = threading.Event()
    waited: list[bool] = []

    def receive(*words: Any) -> Arrival:
        waited.append(second.wait(10))
        return real(*words)

    def sent(call: Call) -> None:
        if len(ground.painter.calls) > 1:
            second.set()

    real = Content.receive
    monkeypatch.setattr(Content, "receive", receive)
    ground.painter = CountingProvider(concurrency=1, hook=sent)
    assert ground.build().exit_code == 0
    assert waited == [True] * 3


class FastClock:
    """A minute takes a second and a half."""

    SPEED = 40.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        import time

        return time.monotonic() * self.SPEED

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds / self.SPEED)


def build(folder: Path, spec: str, clock: FastClock | None = None) -> int:
    (folder / "assets.yaml").write_text(spec, "utf-8")
    project = Project(folder / "assets.yaml", store=folder / "store", clock=clock)
    return int(project.build(project.plan(), yes=True).exit_code)


def test_five_a_minute_over_http_is_learned_from_the_first_burst(server: FakeOpenAI, tmp_path: Path) -> None:
    server.images_per_minute, server.minute = 5, 60 / FastClock.SPEED
    assert build(tmp_path, icons(13), FastClock()) == 0
    assert server.statuses.count(200) == 13
    assert server.painted == 13
    assert server.statuses.count(429) < 13, "those of the first burst, and stragglers of a busy machine: no storm"


def test_quota_that_is_gone_in_the_middle_stops_those_who_wait(server: FakeOpenAI, tmp_path: Path) -> None:
    server.say(Error(429, "insufficient_quota"), at=3)
    spec = icons(20).replace("version: 1", "version: 1\nproviders: {openai: {images_per_minute: 3}}")
    assert build(tmp_path, spec) == 1
    assert server.statuses == [200, 200, 429]
