"""From the word to stop on nothing more is sent, not even what had been started and waits for its turn at the model's gate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.events import Event, StepStarted
from pixmake.providers.base import Call

SPEC = "version: 1\ndefaults: {model: any}\nassets: {a.png: a wasp, b.png: a crow, c.png: an owl}\n"


@pytest.mark.parametrize("ending", ["failed", "refused", "unknown"])
def test_fail_fast_sends_nothing_after_a_failure(tmp_path: Path, ending: str) -> None:
    ground = Ground(tmp_path, SPEC, CountingProvider(concurrency=1, script={"wasp": [ending]}))
    report = ground.build(fail_fast=True)
    assert ground.painter.prompts == ["a wasp"]
    assert report.made == 0


def test_a_halted_build_sends_nothing_more(tmp_path: Path) -> None:
    said: list[Call] = []
    ground = Ground(tmp_path, SPEC, CountingProvider(concurrency=1, hook=said.append))
    project = ground.project()
    report = project.build(project.plan(), yes=True, halted=lambda: bool(said))
    assert ground.painter.prompts == ["a wasp"]
    assert report.made == 1
    assert project.plan().totals.images == 2


def test_a_listener_that_breaks_down_as_a_call_begins_keeps_no_place_at_the_gate(tmp_path: Path) -> None:
    """Whoever waits behind it would wait for ever."""

    def broken(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step is not None:
            raise LookupError("not mine")

    ground = Ground(tmp_path, SPEC, CountingProvider(concurrency=1))
    project = ground.project()
    with ThreadPoolExecutor(1) as hands, pytest.raises(LookupError):
        hands.submit(project.build, project.plan(), yes=True, on_event=broken).result(timeout=60)
    assert ground.painter.prompts == []
