"""From the word to stop on nothing more is sent, not even what had been started and waits for its turn at the model's gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground
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
