"""What earlier versions left costs nothing with today's tool, for ever: keys, locks, stores, and what is not known yet."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pixmake.build.project import Project
from pixmake.store.records import seal
from upgrades.make_set import DATA, PROFILES, Painter, opened, states

SETS = sorted(path.name for path in DATA.iterdir() if path.is_dir())


class Left:
    """A copy of a set, with a painter that nobody should call."""

    def __init__(self, folder: Path, version: str) -> None:
        self.root, self.store = folder / "project", folder / "store"
        shutil.copytree(DATA / version, folder, dirs_exist_ok=True)
        self.painter = Painter()
        self.states = json.loads((DATA / version / "states.json").read_text("utf-8"))

    def files(self) -> dict[str, bytes]:
        """Everything but what is thrown away."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and ".pixmake" not in path.parts)
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def costs_nothing(self) -> None:
        """Plan and build, as somebody would who agrees to pay: no call, no changed file, the same states."""
        before = self.files()
        for profile, selectors in PROFILES.items():
            project = opened(self.root, self.store, self.painter, profile)
            plan = project.plan(*selectors)
            assert states(plan) == self.states[profile]
            assert plan.totals.images == 0
            project.build(plan, yes=True)
        assert self.painter.calls == []
        assert self.files() == before


@pytest.fixture(params=SETS)
def left(tmp_path: Path, request: pytest.FixtureRequest) -> Left:
    return Left(tmp_path, request.param)


def test_as_it_was_left_and_once_more(left: Left) -> None:
    left.costs_nothing()
    left.costs_nothing()


def test_outputs_are_written_again_for_nothing(left: Left) -> None:
    shutil.rmtree(left.root / "assets")
    for profile, selectors in PROFILES.items():
        project = opened(left.root, left.store, left.painter, profile)
        project.build(project.plan(*selectors), yes=True)
    assert left.painter.calls == []
    left.costs_nothing()


def test_with_the_real_provider_that_plans_sizes_and_keys(left: Left) -> None:
    """The model table may grow, change and lose models: what was bought keeps its keys and sizes."""
    for profile, selectors in PROFILES.items():
        plan = Project(left.root / "assets.yaml", store=left.store, profile=profile or None).plan(*selectors)
        assert states(plan) == left.states[profile]
        assert plan.totals.images == 0


def test_with_an_index_a_broken_one_and_none(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixmake.store.results.INDEX_FROM", 1)
    left.costs_nothing()
    project = opened(left.root, left.store, left.painter)
    project.store.results.save_index()
    index = left.store / "index" / "cache.db"
    assert index.exists()
    left.costs_nothing()
    index.write_bytes(b"SQLite format 3\0" + os.urandom(4000))
    left.costs_nothing()
    shutil.rmtree(index.parent)
    left.costs_nothing()


def test_the_lock_is_made_again_from_the_store(left: Left) -> None:
    """Without a lock, what the store remembers is used: whatever was decided by it alone is decided again, nothing bought.

    Not for what only the lock says: frozen, adopted and reworded assets.
    """
    (left.root / "assets.lock").unlink()
    plan = opened(left.root, left.store, left.painter).plan()
    changed = {name for name, state in states(plan).items() if state != left.states[""][name]}
    assert changed <= {"kept#0", "reworded#0", "drawn#0"}


def test_what_newer_versions_added_is_kept(left: Left) -> None:
    """Fields of the lock, and records and fields of the journal, that this version doesn't know."""
    lock = left.root / "assets.lock"
    lines = [json.loads(line) for line in lock.read_text("utf-8").splitlines()]
    for line in lines[1:]:
        line["since"] = {"version": [9, 1]}
        for step in line["steps"]:
            step["mood"] = "ü"
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
    lock.write_text(text, "utf-8")
    journal = left.store / "journal.jsonl"
    newer = seal({"type": "dreamt", "key": "0" * 64, "of": ["sheep"], "time": "2031-01-01T00:00:00+00:00"})
    with open(journal, "ab") as stream:
        stream.write(newer)
    before = journal.read_bytes()
    left.costs_nothing()
    assert journal.read_bytes().startswith(before)
    # and a purchase beside them keeps them too
    spec = left.root / "assets.yaml"
    spec.write_text(spec.read_text("utf-8").replace("a ship", "a big ship"), "utf-8")
    project = opened(left.root, left.store, left.painter)
    project.build(project.plan("drawn"), yes=True)
    assert [call.count for call in left.painter.calls] == [1]
    found = {line["asset"]: line for line in map(json.loads, lock.read_text("utf-8").splitlines()[1:])}
    assert all(line["since"] == {"version": [9, 1]} for line in found.values())
    assert all(step["mood"] == "ü" for name in found if name != "drawn" for step in found[name]["steps"])
    assert journal.read_bytes().startswith(before)


def test_every_journal_is_whole(left: Left) -> None:
    assert opened(left.root, left.store, left.painter).store.results.damage == ()


def test_this_version_has_a_set_or_is_not_released() -> None:
    """The folder's README says when one is added; the first release made the first."""
    assert "0.1.0" in SETS
