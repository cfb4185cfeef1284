"""What a build leaves for the next one is of what it knew: a choice that somebody made meanwhile is looked at."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.counting import CountingProvider, png
from fakes.project import Ground
from pixmake import __version__
from pixmake.build import intent, recording, targets
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.build.recording import Changed
from pixmake.diagnostics import render
from pixmake.digest import sha256_bytes, sha256_file
from pixmake.providers.base import Call
from pixmake.store.lockfile import read

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


@pytest.mark.parametrize("verb", ["pick", "freeze", "unfreeze", "accept"])
def test_a_build_in_the_middle_of_a_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """What a build writes between a verb's reading and its writing is kept, and so is what the verb decides: where both
    picked, the person's stands."""
    ground = Ground(
        tmp_path, SPEC.replace("provider: counting, ", "").replace("providers: {counting: {type: counting}}\n", "")
    )
    ground.build()
    if verb == "unfreeze":
        Intent(ground.project()).freeze(["b.png"])
    if verb == "accept":
        ground.picture("assets/b.png", color="teal")
    real, late = recording.change_lock, sha256_bytes(b"late")

    def meanwhile(root: Path, *lines: Any, **how: Any) -> Changed:
        monkeypatch.undo()
        lock = read(root / "assets.lock")
        (line,) = lock.alternatives("b.png", None)
        old = line.steps[0]
        pin = replace(old, variants=(*old.variants, late), pick=late if verb == "pick" else old.pick)
        real(root, [replace(line, steps=(pin,))])
        return real(root, *lines, **how)

    for module in (intent, targets):
        monkeypatch.setattr(module, "change_lock", meanwhile)
    verbs = Intent(ground.project())
    if verb == "pick":
        verbs.pick("b.png", 2)
    elif verb == "freeze":
        verbs.freeze(["b.png"])
    elif verb == "unfreeze":
        verbs.unfreeze(["b.png"])
    else:
        verbs.accept("b.png")
    (line,) = read(ground.root / "assets.lock").alternatives("b.png", None)
    assert line.steps[0].variants[2:] == (late,)
    if verb == "pick":
        assert line.steps[0].pick == line.steps[0].variants[1]
    elif verb == "accept":
        assert line.outputs["assets/b.png"].digest == sha256_file(ground.root / "assets/b.png")
    else:
        assert line.frozen == (verb == "freeze")


def test_a_memo_that_can_not_be_written_fails_no_build(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "version: 1\ndefaults: {model: ink-1}\nassets: {a.png: a hen}\n")
    memo = ground.root / ".pixmake" / "memo.json"
    ground.painter.hook = lambda call: memo.mkdir(parents=True)
    report = ground.build()
    assert (report.exit_code, report.made, [entry.state for entry in report.entries]) == (0, 1, ["fresh"])
    assert "\n".join(map(render, report.problems)) == (
        f"warning[not-kept]: cannot write '{memo}': is a directory\n"
        "help: all that was asked for is done; without this file the next run takes longer"
    )
    ground.painter.hook = None
    ground.sent()
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    memo.rmdir()
    assert (ground.build().problems, memo.is_file()) == ((), True)


def test_an_input_that_changes_while_its_picture_is_painted(tmp_path: Path) -> None:
    """What was bought is of the file that the plan saw; the one that stands there now is for the next build."""
    ground = Ground(
        tmp_path, "version: 1\ndefaults: {model: ink-1}\nassets: {a.png: {prompt: x, references: [r.png]}}\n"
    )
    time.sleep(0.06)
    ground.picture("r.png")

    def change(call: Call) -> None:
        ground.picture("r.png", color="blue")

    ground.painter.hook = change
    project = ground.project()
    report = project.build(max_cost=1)
    assert (report.exit_code, ground.sent()) == (0, 1)
    assert project.remember(report, __version__, {"build": "nothing to do"}) is False
    ground.painter.hook = None
    assert (ground.build().exit_code, ground.sent()) == (0, 1)
    ground.picture("r.png")
    again = ground.project()
    report = again.build(max_cost=1)
    assert (report.exit_code, ground.sent()) == (0, 0)
    assert again.remember(report, __version__, {"build": "nothing to do"}) is True
