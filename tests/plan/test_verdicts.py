"""What a plan says of each step, and why: states that only damage, refusals and half-finished work bring about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.plan.planner import Plan

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
HEN = HEAD + "  hen: {prompt: a hen}\n"


def told(plan: Plan) -> dict[str, tuple[str, str]]:
    """State and reason by `asset#step`."""
    return {
        entry.asset if entry.step is None else f"{entry.asset}#{entry.step}": (entry.state, entry.reason)
        for entry in plan.entries
    }


def built(folder: Path, spec: str = HEN, **script: list[str]) -> Ground:
    ground = Ground(folder, spec)
    ground.picture("straw.png", (1024, 1024))
    ground.painter.script = script
    ground.build()
    ground.painter.calls.clear()
    return ground


def lose(ground: Ground) -> None:
    """The store's pictures are gone, and so are the files from which it could be fed again."""
    shutil.rmtree(ground.store / "cas")
    shutil.rmtree(ground.root / "assets")


def test_more_candidates_that_were_refused_leave_what_is_there(tmp_path: Path) -> None:
    ground = built(tmp_path)
    ground.painter.script = {"hen": ["refused"]}
    ground.edit("a hen", "a hen, variants: 2")
    assert ground.build().exit_code == 1
    reason = "bought; 1 more not bought: refused by the provider: the request was refused by the safety system"
    assert told(ground.plan()) == {"hen#0": ("fresh", reason)}
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_more_candidates_of_which_nobody_knows_leave_what_is_there(tmp_path: Path) -> None:
    ground = built(tmp_path)
    ground.painter.script = {"hen": ["unknown"]}
    ground.edit("a hen", "a hen, variants: 2")
    ground.build()
    reason = "bought; 1 more not bought: sent before, and no usable answer came: it may have been billed"
    assert told(ground.plan()) == {"hen#0": ("fresh", reason)}
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_nothing_is_bought_on_top_of_what_is_lost(tmp_path: Path) -> None:
    ground = built(tmp_path)
    lose(ground)
    ground.edit("a hen", "a hen, edits: [at night, in snow]")
    found = told(ground.plan())
    assert {name: state for name, (state, _) in found.items()} == {
        "hen#0": "lost",
        "hen#1": "blocked",
        "hen#2": "blocked",
    }
    assert found["hen#1"][1] == "'hen#0' is lost"
    assert found["hen#2"][1] == "'hen#1' is blocked"
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_nothing_is_bought_on_top_of_another_asset_that_is_lost(tmp_path: Path) -> None:
    ground = built(tmp_path)
    lose(ground)
    ground.write("assets.yaml", HEN + "  sky: {prompt: a sky, references: ['@hen']}\n  sea: {prompt: a sea}\n")
    found = states(ground.plan())
    assert found == {"hen#0": "lost", "sky#0": "blocked", "sea#0": "pay"}
    assert (ground.build().exit_code, ground.painter.prompts) == (5, ["a sea"])


def test_what_is_derived_from_a_lost_picture_can_t_be_made(tmp_path: Path) -> None:
    """Its file alone is missing: the picture that it is made from is needed, and lost with it."""
    spec = HEN + '  small: {from: "@hen", size: 16x16}\n'
    ground = built(tmp_path, spec.replace("a hen", "a hen, size: 32x32"))
    shutil.rmtree(ground.store / "cas")
    assert set(states(ground.plan()).values()) == {"fresh"}
    (ground.root / "assets/small.png").unlink()
    found = told(ground.plan())
    assert (found["hen#0"][0], found["small"]) == ("lost", ("blocked", "'hen#0' is lost"))
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_a_damaged_original_is_called_so_once_it_was_moved_aside(tmp_path: Path) -> None:
    ground = built(tmp_path)
    content = ground.project().store.content
    [digest] = content.digests()
    content.quarantine(digest)
    (ground.root / "assets/hen.png").unlink()
    assert told(ground.plan()) == {
        "hen#0": ("corrupt", f"bought, but its bytes are damaged in the store: {digest[:12]}")
    }
    assert (ground.build().exit_code, ground.sent()) == (8, 0)


def test_what_nobody_reads_may_be_lost(tmp_path: Path) -> None:
    ground = built(tmp_path, HEAD + "  hen: {prompt: a hen, edits: [at night]}\n")
    shutil.rmtree(ground.store / "cas")
    assert set(states(ground.plan()).values()) == {"fresh"}
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


def test_files_that_are_missing_or_stale_are_free_work(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, outputs: [{path: 'hen-{{ width }}.png', widths: [16, 32, 64]}]}\n"
    ground = built(tmp_path, spec)
    for width in (16, 32):
        (ground.root / f"assets/hen-{width}.png").unlink()
    assert told(ground.plan()) == {"hen#0": ("stale", "'assets/hen-16.png' and 1 more is not there")}
    ground.build()
    ground.edit("size: 64x64", "size: 64x64, fit: contain")
    state, reason = told(ground.plan())["hen#0"]
    assert (state, reason) == ("stale", "'assets/hen-16.png' and 2 more is made another way now")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


def test_an_edited_file_of_a_derived_asset_is_left_alone(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN + '  small: {from: "@hen", size: 16x16}\n')
    ground.picture("assets/small.png", (3, 3), "blue")
    assert told(ground.plan())["small"] == ("edited", "'assets/small.png' was edited by hand: left alone")
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_what_is_derived_from_a_draft_is_a_draft(tmp_path: Path) -> None:
    ground = built(tmp_path, HEAD + '  hen: {prompt: a hen, provider: draft}\n  small: {from: "@hen", size: 16x16}\n')
    assert told(ground.plan()) == {"hen#0": ("draft", "a draft"), "small": ("draft", "derived from a draft")}


def test_a_draft_feeds_nothing_that_is_paid(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, provider: draft}\n  sky: {prompt: a sky, references: ['@hen']}\n"
    ground = Ground(tmp_path, spec)
    for _ in range(2):
        assert ground.build().exit_code == 3
        plan = ground.plan()
        assert told(plan)["sky#0"] == ("blocked", "an input is a draft, and drafts never feed a paid request")
        assert plan.entries[1].key is not None, "what it would be asked by is known"
    assert ground.sent() == 0


@pytest.mark.parametrize("ending", ["failed", "refused", "unknown"])
def test_what_waits_for_what_did_not_come_is_not_bought(tmp_path: Path, ending: str) -> None:
    ground = Ground(tmp_path, HEN + "  sky: {prompt: a sky, references: ['@hen']}\n")
    ground.painter.script = {"hen": [f"{ending}*"]}
    ground.build()
    assert ground.painter.prompts == ["a hen"]
    expected = {"failed": ("pay", "waits"), "refused": ("refused", "blocked"), "unknown": ("unknown", "blocked")}[
        ending
    ]
    assert tuple(states(ground.plan()).values()) == expected


def test_bounds_of_what_waits_are_in_the_totals(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, variants: 2, pick: 1, edits: [at night, {prompt: in snow, variants: 3}]}\n"
    ground = Ground(tmp_path, spec)
    plan = ground.plan()
    assert [entry.verdict.images for entry in plan.entries] == [2, 1, 3]
    assert [entry.state for entry in plan.entries] == ["pay", "waits", "waits"]
    assert (plan.totals.images, str(plan.totals.cost.high)) == (6, "0.24")
    assert [(group.cause, group.images) for group in plan.groups] == [("new", 6)]
    assert ground.build().spent == plan.totals.cost.high
