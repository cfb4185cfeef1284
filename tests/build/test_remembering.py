"""What a build leaves for the next one is of what it knew: a choice that somebody made meanwhile is looked at."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fakes.counting import CountingProvider, png
from pixmake import __version__
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.providers.base import Call

SPEC = """\
version: 1
defaults: {provider: counting, model: ink-1}
providers: {counting: {type: counting}}
assets:
  a.png: {prompt: a hen, variants: 2, pick: 1}
  b.png: {prompt: a duck, variants: 2}
"""


@pytest.mark.parametrize("meanwhile", [True, False])
def test_a_pick_in_the_middle_of_a_build(tmp_path: Path, meanwhile: bool) -> None:
    spec = tmp_path / "assets.yaml"
    spec.write_text(SPEC)
    painter = CountingProvider()

    def project() -> Project:
        return Project(spec, store=tmp_path / "store", providers={"counting": lambda settings: painter})

    assert project().build(max_cost=1).exit_code == 0
    spec.write_text(SPEC.replace("a hen", "two hens"))
    time.sleep(0.06)

    def picks(call: Call) -> None:
        if meanwhile and len(painter.calls) == 3:
            Intent(project()).pick("b.png", 2)

    painter.hook = picks
    late = project()
    report = late.build(max_cost=1)
    assert report.exit_code == 0
    assert late.remember(report, __version__, {"build": "nothing to do"}) is not meanwhile
    painter.hook = None
    assert pending(project()) == (["assets/b.png"] if meanwhile else [])


def pending(project: Project) -> list[str]:
    return [output.path for entry in project.plan().entries for output in entry.outputs if output.state != "fresh"]


@pytest.mark.parametrize("what", ["assets.yaml", "assets.lock", "refs"])
def test_what_changed_by_a_coarse_clock_is_not_vouched_for_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Where a clock ticks in seconds, another save within the same one leaves size and times as they were."""
    monkeypatch.setattr("pixmake.store.memo.COARSE_TICK", 3600 * 10**9)  # however slow the build is
    spec = tmp_path / "assets.yaml"
    spec.write_text(SPEC)
    painter = CountingProvider()

    def built(wait: float) -> bool:
        time.sleep(wait)
        project = Project(spec, store=tmp_path / "store", providers={"counting": lambda settings: painter})
        report = project.build(max_cost=1)
        return project.remember(report, __version__, {"build": "nothing to do"})

    if what == "refs":
        (tmp_path / "refs").mkdir()
        (tmp_path / "refs/x.png").write_bytes(png(64, 64, b"x"))
        spec.write_text(SPEC + "  c.png: {from: {path: refs/x.png}, prompt: a teal, references: [refs/*.png]}\n")
    assert built(0.06) or built(0.06)
    (tmp_path / ".pixmake/snapshot").unlink()
    seconds = time.time_ns() // 10**9 * 10**9
    for change, is_fine in ((0, False), (1_000_001, True)):
        os.utime(tmp_path / what, ns=(seconds + change, seconds + change))
        assert built(0.06) is is_fine
