"""What waits for a person's pick: no consent is missing, and no money."""

from __future__ import annotations

from pathlib import Path

from fakes.project import Ground
from pixmake.diagnostics import ExitCode

SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  a: {prompt: a fox, variants: 2, pick: ask, edits: [at night, in snow]}
  b: {from: "@a", prompt: with a hat}
"""


def test_nobody_has_to_agree_to_what_a_pick_is_missing_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    assert ground.build().exit_code == ExitCode.PENDING
    assert ground.sent() == 2
    report = ground.build(yes=False)
    assert report.exit_code == ExitCode.PENDING
    assert [(item.entry.asset, item.entry.step, item.state, item.message) for item in report.entries[1:]] == [
        ("a", 1, "waits", "waits for a pick among 2 candidates of 'a#0'"),
        ("a", 2, "waits", "waits until 'a#1' can be bought"),
        ("b", 0, "waits", "waits until 'a#2' can be bought"),
    ]
    assert ground.sent() == 0


def test_what_else_there_is_to_buy_is_asked_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    ground.edit("assets:", "assets:\n  c: a cat")
    report = ground.build(yes=False)
    assert report.exit_code == ExitCode.CONSENT
    assert {(item.entry.asset, item.entry.step): item.state for item in report.entries} == {
        ("a", 0): "fresh", ("a", 1): "waits", ("a", 2): "waits", ("b", 0): "waits", ("c", 0): "held",
    }  # fmt: skip
