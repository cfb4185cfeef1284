"""A plan as a whole: what stands in the way of it, whose work is left alone, what is needed for what, and where files hang."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.plan.planner import Plan
from pixmake.providers.base import FREE

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
HEN = HEAD + "  hen: {prompt: a hen}\n"
DRAFTS = HEAD.replace("model: m", "provider: draft")


def built(folder: Path, spec: str) -> Ground:
    ground = Ground(folder, spec)
    ground.picture("straw.png")
    assert ground.build().exit_code == 0
    ground.painter.calls.clear()
    return ground


def drawn(plan: Plan) -> dict[str, int]:
    """Drafts to be drawn by `asset#step`, each as one free request that a build would make."""
    for verdict in (entry.verdict for entry in plan.entries if entry.step is not None):
        assert (verdict.requests, verdict.cost, verdict.pending) == (verdict.images, FREE, bool(verdict.images))
    return {f"{entry.asset}#{entry.step}": entry.verdict.images for entry in plan.entries if entry.step is not None}


# --- what stands in the way --------------------------------------------------------------------------------------------


def test_it_is_pending_where_any_of_it_is(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN)
    assert not ground.plan().pending
    ground.write("assets.yaml", HEN + "  cow: {prompt: a cow}\n")
    assert ground.plan().pending
    assert not ground.plan("hen").pending


@pytest.mark.parametrize("what", ["pay", "waits", "nothing"])
def test_records_that_can_t_be_read_stand_in_the_way_of_buying_alone(tmp_path: Path, what: str) -> None:
    """One of them may name a picture that was paid for."""
    ground = built(tmp_path, HEN.replace("a hen", "a hen, variants: 2, pick: ask"))
    with open(ground.store / "journal.jsonl", "ab") as stream:
        stream.write(b'{"type":"done","key":')
        stream.write(b"\n")
    more = {"pay": "  cow: {prompt: a cow}\n", "waits": "  cow: {from: '@hen', prompt: x}\n", "nothing": ""}[what]
    ground.write("assets.yaml", (ground.root / "assets.yaml").read_text() + more)
    plan = ground.plan()
    assert [entry.state for entry in plan.entries] == (["fresh"] if what == "nothing" else ["fresh", what])
    assert bool(plan.damage) == (what != "nothing")
    assert [item["code"] for item in plan.to_json()["problems"]] == [item.code for item in plan.damage]  # type: ignore[attr-defined]


def test_what_stands_in_the_way_is_told_by_place_and_only_warned_of_with_drafts(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, HEAD + "  cow: {prompt: x, quality: max, references: ['@ant']}\n  ant: {prompt: y, quality: hd}\n"
    )
    plan = ground.plan()
    assert [(item.asset, item.severity) for item in plan.problems] == [("cow", "error"), ("ant", "error")]
    plan = ground.plan(draft=True)
    assert plan.problems == () and plan.draft and plan.to_json()["draft"] is True
    assert [(item.code, item.asset, item.severity) for item in plan.warnings] == [("not-accepted", "ant", "warning")]


def test_the_dearest_cause_stands_first(tmp_path: Path) -> None:
    ground = built(tmp_path, HEAD + "  a: {prompt: a hen}\n  b: {prompt: a cow}\n  c: {prompt: a cow, salt: 1}\n")
    ground.edit("a hen", "an ant")
    ground.edit("a cow", "a dog")
    ground.write("assets.yaml", (ground.root / "assets.yaml").read_text() + "  d: {prompt: new, variants: 3}\n")
    plan = ground.plan()
    assert [(group.assets, group.images) for group in plan.groups] == [(("d",), 3), (("b", "c"), 2), (("a",), 1)]
    assert [str(group.cost.high) for group in plan.groups if group.cost] == ["0.12", "0.08", "0.04"]


# --- whose work is left alone ------------------------------------------------------------------------------------------


def test_nothing_is_bought_where_all_files_are_somebody_s_work(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEN.replace("a hen", "a hen, edits: [at night]") + "  cow: {prompt: a cow}\n")
    ground.picture("assets/hen.png", (3, 3))
    plan = ground.plan()
    assert states(plan) == {"hen#0": "edited", "hen#1": "edited", "cow#0": "pay"}
    assert plan.entries[0].reason == "its file was edited by hand: left alone"
    assert (plan.totals.images, [entry.verdict.key for entry in plan.entries[:2]]) == (1, [None, None])
    assert (ground.build().exit_code, ground.painter.prompts) == (5, ["a cow"])


def test_one_file_that_is_ours_to_make_is_made(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  hen: {prompt: a hen, outputs: [hen.png, hen.webp]}\n")
    mine = ground.picture("assets/hen.png", (3, 3)).read_bytes()
    assert ground.plan().totals.images == 1
    ground.build()
    assert (ground.sent(), (ground.root / "assets/hen.webp").exists()) == (1, True)
    assert (ground.root / "assets/hen.png").read_bytes() == mine


def test_what_is_built_on_somebody_s_work_is_still_bought(tmp_path: Path) -> None:
    """Its user needs the picture itself, of which no file tells anything."""
    ground = Ground(tmp_path, HEN + "  sky: {prompt: a sky, references: ['@hen']}\n")
    ground.picture("assets/hen.png", (3, 3))
    assert states(ground.plan()) == {"hen#0": "pay", "sky#0": "waits"}
    mine = (ground.root / "assets/hen.png").read_bytes()
    ground.build()
    assert (ground.painter.prompts, (ground.root / "assets/hen.png").read_bytes()) == (["a hen", "a sky"], mine)


def test_who_asks_for_another_gets_it_though_the_file_is_somebody_s(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN + "  cow: {prompt: a cow}\n")
    ground.picture("assets/hen.png", (3, 3))
    ground.picture("assets/cow.png", (3, 3))
    assert {entry.verdict.images for entry in ground.plan().entries} == {0}
    found = Intent(ground.project()).reroll("hen").plan
    assert [(entry.asset, entry.verdict.images) for entry in found.entries] == [("hen", 1)]


# --- what is needed for what -------------------------------------------------------------------------------------------


def test_drafts_are_drawn_only_where_somebody_reads_them(tmp_path: Path) -> None:
    spec = DRAFTS + "  hen: {prompt: a hen, edits: [at night]}\n  small: {from: '@hen', size: 16x16}\n"
    ground = Ground(tmp_path, spec + "  sky: {prompt: a sky, references: ['@small']}\n")
    assert drawn(ground.plan()) == {"hen#0": 1, "hen#1": 1, "sky#0": 1}
    ground.build()
    assert drawn(ground.plan()) == {"hen#0": 0, "hen#1": 0, "sky#0": 0}
    shutil.rmtree(ground.root / ".pixmake")
    assert drawn(ground.plan()) == {"hen#0": 0, "hen#1": 0, "sky#0": 0}, "their files stand"
    (ground.root / "assets/sky.png").unlink()
    assert drawn(ground.plan()) == {"hen#0": 1, "hen#1": 1, "sky#0": 1}, "each is read by the next, one of them cut"
    assert ground.build().exit_code == 0
    assert drawn(ground.plan()) == {"hen#0": 0, "hen#1": 0, "sky#0": 0}


def test_a_fenced_draft_is_drawn_as_any(tmp_path: Path) -> None:
    ground = Ground(tmp_path, DRAFTS + "  hen: {from: straw.png, prompt: a hat, mask: {rect: [0, 0, 0.5, 0.5]}}\n")
    ground.picture("straw.png")
    assert drawn(ground.plan()) == {"hen#0": 1}
    assert (ground.build().exit_code, drawn(ground.plan())) == (0, {"hen#0": 0})


def test_an_original_that_is_read_through_a_file_made_of_it_must_be_there(tmp_path: Path) -> None:
    """All files stand; what is new reads one of them, and that is made from what is lost: nothing is bought for it."""
    spec = HEN.replace("a hen", "a hen, size: 32x32") + "  small: {from: '@hen', size: 16x16}\n"
    ground = built(tmp_path, spec)
    shutil.rmtree(ground.store / "cas")
    assert set(states(ground.plan()).values()) == {"fresh"}
    ground.write("assets.yaml", spec + "  sky: {prompt: a sky, references: ['@small']}\n")
    plan = ground.plan()
    assert [(entry.asset, entry.state, entry.reason.partition(":")[0]) for entry in plan.entries] == [
        ("hen", "lost", "bought, but its bytes are nowhere"),
        ("small", "blocked", "'hen#0' is lost"),
        ("sky", "blocked", "'small' is blocked"),
    ]
    assert plan.totals.images == 0
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_nothing_is_bought_on_top_of_what_is_damaged(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN)
    content = ground.project().store.content
    [digest] = content.digests()
    content.quarantine(digest)
    (ground.root / "assets/hen.png").unlink()
    ground.edit("a hen", "a hen, edits: [at night]")
    plan = ground.plan()
    assert [(entry.state, entry.reason) for entry in plan.entries] == [
        ("corrupt", f"bought, but its bytes are damaged in the store: {digest[:12]}"),
        ("blocked", "'hen#0' is corrupt"),
    ]
    assert (ground.build().exit_code, ground.sent()) == (8, 0)


def test_only_what_reads_what_is_lost_is_blocked(tmp_path: Path) -> None:
    spec = HEN + "  cow: {prompt: a cow}\n  night: {from: '@hen', prompt: at night}\n"
    ground = built(tmp_path, spec)
    key = next(entry.key for entry in ground.plan().entries if entry.asset == "hen")
    assert key is not None
    store = ground.project().store
    store.content.path(store.results.pool(key).results[0].digest).unlink()
    (ground.root / "assets/hen.png").unlink()
    spec += "  sky: {prompt: a sky, references: ['@hen']}\n  sea: {prompt: a sea, references: ['@cow']}\n"
    ground.write("assets.yaml", spec)
    assert states(ground.plan()) == {
        "hen#0": "lost", "cow#0": "fresh", "night#0": "fresh", "sky#0": "blocked", "sea#0": "pay",
    }  # fmt: skip
    assert states(ground.plan("sky", "sea")) == {"hen#0": "lost", "cow#0": "fresh", "sky#0": "blocked", "sea#0": "pay"}
    assert (ground.build().exit_code, ground.painter.prompts) == (5, ["a sea"])


def test_a_file_that_is_to_be_made_another_way_needs_its_original(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN)
    shutil.rmtree(ground.store / "cas")
    assert states(ground.plan()) == {"hen#0": "fresh"}
    ground.edit("size: 64x64", "size: 64x64, fit: contain")
    assert states(ground.plan()) == {"hen#0": "lost"}
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


# --- where files hang --------------------------------------------------------------------------------------------------


def test_files_hang_on_the_last_step_of_what_was_selected(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, edits: [at night, in snow]}\n  sky: {prompt: a sky, references: ['@hen']}\n"
    ground = Ground(tmp_path, spec + "  small: {from: '@hen', size: 16x16}\n")
    found = [(entry.asset, entry.step, entry.last, len(entry.outputs)) for entry in ground.plan().entries]
    assert found == [
        ("hen", 0, False, 0),
        ("hen", 1, False, 0),
        ("hen", 2, True, 1),
        ("sky", 0, True, 1),
        ("small", None, True, 1),
    ]
    found = [(entry.asset, entry.step, entry.last, len(entry.outputs)) for entry in ground.plan("sky").entries]
    assert found == [("hen", 0, False, 0), ("hen", 1, False, 0), ("hen", 2, False, 0), ("sky", 0, True, 1)]


def test_cuts_are_warned_of_once_an_asset_and_only_where_something_is_bought(tmp_path: Path) -> None:
    spec = """\
version: 1
defaults: {model: gpt-image-2.5-flare}
assets:
  any: {prompt: a hen, size: auto}
  right: {prompt: a hen, size: 1024x1024}
  flat: {prompt: a hen, size: 1920x32}
  later: {prompt: a cow, size: 1920x32, edits: [at night]}
"""
    ground = Ground(tmp_path, spec)
    assert [item.asset for item in ground.plan().warnings if item.code == "crop-wastes"] == ["flat", "later"]
    assert [item.asset for item in ground.plan("flat").warnings if item.code == "crop-wastes"] == ["flat"]
    assert ground.build().exit_code == 0
    assert [item.code for item in ground.plan().warnings if item.code != "auto-size"] == []
    ground.write("assets.yaml", spec + "  new: {prompt: an ant, size: 1920x32}\n")
    assert [item.asset for item in ground.plan().warnings if item.code == "crop-wastes"] == ["new"]
