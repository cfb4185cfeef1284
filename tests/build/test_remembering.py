"""What a build leaves for the next one is of what it knew: a choice that somebody made meanwhile is looked at."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
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
