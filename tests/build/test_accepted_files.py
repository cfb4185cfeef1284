"""`accept` of files: a person let them stand, so they are shipped wherever and whenever they are missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.diagnostics import Problem

SPEC = """\
version: 1
defaults: {provider: openai, model: ink-1}
assets:
  a.png: a heart
  b.png: {from: "@a.png"}
"""


def painted_over(ground: Ground, name: str = "assets/a.png", color: str = "teal") -> bytes:
    Image.new("RGB", (1024, 1024), color).save(ground.root / name)
    return (ground.root / name).read_bytes()


def test_an_accepted_file_comes_back_when_it_is_gone_and_in_another_checkout(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    mine = painted_over(ground)
    assert Intent(ground.project()).accept("a.png") == ["assets/a.png"]
    (ground.root / "assets/a.png").unlink()
    (ground.root / "assets/b.png").unlink()
    assert ground.build().exit_code == 0
    files = ground.files()
    assert files["assets/a.png"] == mine != files["assets/b.png"]
    clone = ground.clone("clone")
    assert ground.build(root=clone).exit_code == 0
    assert ground.files(clone) == files
    assert ground.sent() == 1


def test_a_build_of_what_is_made_from_it_leaves_an_accepted_file_in_the_lock(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC.replace('"@a.png"', '"@a.png", prompt: at night'))
    ground.build()
    painted_over(ground)
    Intent(ground.project()).accept("a.png")
    files = ground.files()
    assert (ground.build("b.png").exit_code, ground.files()) == (0, files)
    clone = ground.clone("clone")
    assert ground.build(root=clone).exit_code == 0
    assert ground.files(clone) == files


def test_restore_takes_back_that_a_file_was_accepted(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    bought = ground.files()
    painted_over(ground)
    Intent(ground.project()).accept("a.png")
    project = ground.project()
    report = project.build(Intent(project).restore(["a.png"]))
    assert (report.exit_code, report.written) == (0, ("assets/a.png",))
    assert ground.files() == bought
    assert ground.build().written == ()
    project = ground.project()
    assert project.build(Intent(project).restore(["a.png"])).written == ()


CHAIN = """\
version: 1
defaults: {provider: openai, model: ink-1}
assets:
  a:
    prompt: a heart
    edits: [{prompt: at night, mask: {rect: [0, 0, 0.5, 0.5]}}]
    outputs: [{path: "a-{{ width }}.{{ format }}", widths: [320, 1024], formats: [webp, png]}]
  b: {from: "@a", prompt: larger}
"""


def test_a_lock_that_is_lost_with_its_store_is_made_again_from_the_files(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    files = ground.files()
    ground.sent()
    for gone in (ground.store, ground.root / ".pixmake"):
        shutil.rmtree(gone)
    (ground.root / "assets.lock").unlink()
    assert set(states(ground.plan()).values()) == {"edited"}
    verbs = Intent(ground.project())
    assert verbs.accept("a")[:2] == ["a#0", "a#1"]
    assert verbs.accept("b") == ["b#0"]
    report = ground.build(yes=False)
    assert (report.exit_code, report.written, ground.sent()) == (0, (), 0)
    after = ground.files()
    assert {name: after[name] for name in after if name != "assets.lock"} == {
        name: files[name] for name in files if name != "assets.lock"
    }
    shutil.rmtree(ground.root / "assets")
    assert (ground.build(yes=False).exit_code, ground.sent()) == (0, 0)
    assert ground.files() == after


def test_drafts_and_gaps_are_no_files_to_accept(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    for draft in (False, True):
        ground.build(draft=draft, yes=False)
        with pytest.raises(
            Problem, match="'a' has nothing to accept: nothing was bought for it, no file stands in place"
        ):
            Intent(ground.project()).accept("a")
    assert ground.sent() == 0


def test_what_is_made_of_a_changed_picture_is_restored_too(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN + '  c: {from: "@b"}\n')
    ground.build()
    files = ground.files()
    ground.edit("a heart", "a stone")
    assert ground.build(draft=True, yes=False).exit_code == 0
    ground.sent()
    project = ground.project()
    report = project.build(Intent(project).restore(["b", "c"]), offline=True)
    assert (report.exit_code, sorted(report.written), ground.sent()) == (0, ["assets/b.png", "assets/c.png"], 0)
    after = ground.files()
    assert after["assets/b.png"] == files["assets/b.png"] == after["assets/c.png"]
    assert after["assets/a-320.png"] != files["assets/a-320.png"]
    assert states(ground.plan("b"))["a#0"] == "pay"
