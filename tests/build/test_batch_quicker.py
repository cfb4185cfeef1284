"""Between the plan and the batch somebody else was quicker, or is at it: what is not ours to buy any more does not go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakes.batching import Yard
from pixmake.build.batching import TAKEN
from pixmake.build.project import Project


def neighbour(yard: Yard) -> Project:
    """Another project on the same store, with the same requests."""
    root = yard.root.parent / "neighbour"
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text((yard.root / "assets.yaml").read_text())
    return Project(root / "assets.yaml", store=yard.folder, clock=yard.clock)


def test_what_was_bought_since_the_plan_is_not_handed_in(yard: Yard) -> None:
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()
    other = neighbour(yard)
    assert other.build(other.plan("hen.png"), yes=True).exit_code == 0
    report = project.build(plan, yes=True, by_batch=True)
    assert [entry.result for entry in report.entries] == ["found", "sent"]
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]


def test_the_last_look_is_under_the_keys_own_lock(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bought at the very last moment: after the journal was read, before the locks are taken."""
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()
    real, moments = shutil.disk_usage, list[str]()

    def moment(path: Path) -> object:
        if not moments:
            moments.append("now")
            other = neighbour(yard)
            assert other.build(other.plan("hen.png"), yes=True).exit_code == 0
        return real(path)

    monkeypatch.setattr(shutil, "disk_usage", moment)
    project.build(plan, yes=True, by_batch=True)
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]
    assert yard.server.count == 1


def test_what_another_process_is_buying_is_left_to_it(yard: Yard) -> None:
    yard.assets("hen that sits", "cow that stands")
    project = yard.project()
    plan = project.plan()
    key = plan.entries[0].key
    assert key is not None
    with yard.store.journal.key_lock(key, timeout=0):
        report = project.build(plan, yes=True, by_batch=True)
    assert (report.entries[0].state, report.entries[0].message) == ("pay", TAKEN)
    assert [made.prompts for made in yard.server.office.batches] == [["cow that stands"]]
    assert report.reserved == 0, "what is on its way is in the day's ledger, what was left is nobody's"
