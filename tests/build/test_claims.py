"""A build that dies with outputs in place and nothing recorded: they are the tool's own, whatever the spec says by then."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fakes.project import Ground
from laws.house import dies_in_a_child
from pixmake import digest
from pixmake.build import corridor
from pixmake.digest import sha256_file

SPEC = """
version: 1
defaults: {model: m, size: 64x64, template: "{{ prompt }}, in oil"}
assets:
  a: a fox
  b: {prompt: a bear, outputs: ["b-{{ hash }}.png", b.webp]}
  c: {from: "@a", size: 32x32}
"""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path, SPEC)


def died(ground: Ground) -> dict[str, bytes]:
    """The files that a build left which was killed before it wrote anything down of them."""

    def build() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(corridor, "_record", lambda *_: os.kill(os.getpid(), 9))
            ground.build()

    assert dies_in_a_child(build, 10_000)
    files = {path.name: path.read_bytes() for path in (ground.root / "assets").iterdir()}
    assert len(files) == 4
    ground.painter.token = os.urandom(6)  # the child's pictures are not painted again
    return files


def states(ground: Ground) -> set[str]:
    return {entry.state for entry in ground.plan().entries}


def test_what_a_dead_build_wrote_is_replaced_when_the_spec_has_changed(ground: Ground) -> None:
    before = died(ground)
    ground.edit("in oil", "in ink")
    assert ground.build().exit_code == 0
    after = {name: (ground.root / "assets" / name).read_bytes() for name in before if "-" not in name}
    assert all(after[name] != before[name] for name in after)
    assert states(ground) == {"fresh"}
    assert not (ground.root / ".pixmake" / "claims").exists()


def test_a_build_of_something_else_does_not_forget_them(ground: Ground) -> None:
    died(ground)
    ground.edit("assets:", "assets:\n  d: a deer")
    assert ground.build("d").exit_code == 0
    assert not (ground.root / ".pixmake" / "claims").exists()
    ground.edit("in oil", "in ink")
    assert ground.build().exit_code == 0


def test_what_somebody_changed_since_is_left_alone(ground: Ground) -> None:
    died(ground)
    own = ground.picture("assets/a.png", color="blue")
    theirs = own.read_bytes()
    ground.edit("in oil", "in ink")
    report = ground.build()
    assert report.exit_code == 5
    assert own.read_bytes() == theirs
    assert [entry.state for entry in report.entries if entry.entry.asset == "a"] == ["edited"]


def test_what_stands_already_is_recorded_at_once(ground: Ground) -> None:
    """The painter paints the very same again: nothing is written, but the lock has to know."""
    token = ground.painter.token
    died(ground)
    ground.painter.token = token
    ground.edit("in oil", "in ink")
    report = ground.build()
    assert (report.exit_code, report.written) == (0, ())
    lock = (ground.root / "assets.lock").read_bytes()
    assert lock.count(b'"recipe"') == 4
    ground.build()
    assert (ground.root / "assets.lock").read_bytes() == lock


def test_planning_takes_nothing_away(ground: Ground) -> None:
    died(ground)
    claims = ground.root / ".pixmake" / "claims"
    noted = claims.read_bytes()
    assert len(noted.splitlines()) == 4
    ground.plan()
    assert claims.read_bytes() == noted


def test_notes_that_are_cut_or_planted_say_nothing(ground: Ground, tmp_path: Path) -> None:
    """Names that lead out of the project, lines that are none, digests of files that are not there."""
    died(ground)
    (tmp_path / "mine.png").write_bytes(b"mine")
    found = sha256_file(tmp_path / "mine.png")
    planted = [["../mine.png", "r", found, None], [str(tmp_path / "mine.png"), "r", found, None], ["a", 1], 7, None]
    with (ground.root / ".pixmake" / "claims").open("ab") as claims:
        claims.write(b"".join(json.dumps(line).encode() + b"\n" for line in planted) + b'["assets/a.png","r","12')
    project = ground.project()
    assert sorted(project.memo.outputs_of(None)) == sorted(
        f"assets/{path.name}" for path in (ground.root / "assets").iterdir()
    )


def test_a_file_that_can_not_be_read_is_not_taken_over(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    died(ground)
    read = digest.open_file

    def refused(path: Path) -> object:
        if path.name == "a.png":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(digest, "open_file", refused)
        project = ground.project()
    assert "assets/a.png" not in project.memo.outputs_of(None)
    assert "assets/c.png" in project.memo.outputs_of(None)


def test_drafts_need_no_note(ground: Ground) -> None:
    """They say themselves what they are."""
    noted: list[str] = []
    project = ground.project()
    plan = project.plan(draft=True)
    plan.world.memo.claim = lambda path, pin, profile: noted.append(path)  # type: ignore[method-assign]
    project.build(plan)
    assert noted == []


def test_a_claim_that_can_not_be_written_stops_nothing(ground: Ground) -> None:
    (ground.root / ".pixmake" / "claims").mkdir(parents=True)
    assert ground.build().exit_code == 0
    assert states(ground) == {"fresh"}


def test_a_build_that_leaves_a_file_alone_says_so_at_once(ground: Ground) -> None:
    """Its picture is bought for what is built on it; the file is somebody's own, and the next build would say no more."""
    ground.build()
    own = ground.picture("assets/a.png", color="blue").read_bytes()
    ground.edit("in oil", "in ink")
    report = ground.build()
    assert report.exit_code == 5
    assert (ground.root / "assets/a.png").read_bytes() == own
    (entry,) = [entry for entry in report.entries if entry.entry.asset == "a"]
    assert (entry.state, entry.result) == ("edited", "made")
    assert entry.message == "'assets/a.png' was edited by hand: left alone"
    assert ground.build().exit_code == 5
