"""What a merge left open is for a person: no build, draft or flag decides it in passing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.diagnostics import Problem

SPEC = """\
version: 1
defaults: {model: gpt-image-2.5-flare}
assets:
  a: {prompt: a heart, variants: 2}
  b: {from: "@a", prompt: at night}
  c: {prompt: a key}
"""


def merged(ground: Ground) -> bytes:
    """A lock with two branches' lines of `a`, each with another pick."""
    ground.build()
    lock = ground.root / "assets.lock"
    Intent(ground.project()).pick("a#0", 1)
    ours = lock.read_text("utf-8").splitlines()
    Intent(ground.project()).pick("a#0", 2)
    theirs = lock.read_text("utf-8").splitlines()
    lock.write_text("\n".join([*ours[:2], *theirs[1:]]) + "\n", "utf-8")
    return lock.read_bytes()


def test_drafts_leave_a_merge_to_a_person(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    both = merged(ground)
    ground.edit("a key", "an old key")
    before = ground.files()
    report = ground.build(draft=True, yes=False)
    assert report.exit_code == 5
    assert {item.entry.asset: item.state for item in report.entries} == {"a": "conflict", "b": "blocked", "c": "draft"}
    assert (ground.root / "assets.lock").read_bytes() == both
    after = ground.files()
    assert [name for name in after if after[name] != before[name]] == ["assets/c.png"]


def test_freezing_does_not_choose_a_side(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    both = merged(ground)
    with pytest.raises(Problem, match="'a#0' is undecided: a merge left different picks") as refused:
        Intent(ground.project()).freeze(["a", "c"])
    assert refused.value.diagnostics[0].help == "`pixmake pick a#0` settles which of them stays"
    assert (ground.root / "assets.lock").read_bytes() == both
    assert states(ground.plan("a")) == {"a#0": "conflict"}


def test_unfreezing_does_not_choose_a_side(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    both = merged(ground).decode().replace('{"asset":"a",', '{"asset":"a","frozen":true,')
    ground.write("assets.lock", both)
    with pytest.raises(Problem, match="'a#0' is undecided: a merge left different picks"):
        Intent(ground.project()).unfreeze(["a"])
    assert (ground.root / "assets.lock").read_text("utf-8") == both
