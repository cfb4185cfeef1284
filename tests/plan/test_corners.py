"""Corners of a plan that few projects reach: renames that are none, files that stand in for originals, masks that come early."""

from __future__ import annotations

import shutil
from pathlib import Path

from fakes.project import Ground, states
from pixmake.plan.planner import Plan

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"


def reasons(plan: Plan) -> dict[str, str]:
    return {f"{entry.asset}#{entry.step}": f"{entry.state}: {entry.reason}" for entry in plan.entries}


def test_a_new_asset_takes_over_no_line_where_two_would_fit(tmp_path: Path) -> None:
    """Whose picks and flag it is can't be known; the picture itself is in the store and costs nothing."""
    ground = Ground(tmp_path, HEAD + "  a: {prompt: a hen}\n  b: {prompt: a hen}\n")
    ground.build()
    assert ground.sent() == 1
    ground.write("assets.yaml", HEAD + "  c: {prompt: a hen}\n")
    plan = ground.plan()
    assert (plan.orphans, plan.world.renames) == (("a", "b"), {})
    assert (ground.build(yes=False).exit_code, ground.sent()) == (0, 0)
    assert '"asset":"a"' in (ground.root / "assets.lock").read_text()


def test_a_new_asset_takes_no_line_from_one_that_is_still_there(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: a hen, variants: 2}\n")
    ground.build()
    ground.edit("variants: 2}\n", "variants: 2}\n  c: {prompt: a hen}\n")
    assert ground.plan().world.renames == {}
    assert (ground.build(yes=False).exit_code, ground.painter.prompts) == (0, ["a hen"])
    lock = (ground.root / "assets.lock").read_text()
    assert '"asset":"a"' in lock and '"asset":"c"' in lock


def test_any_of_our_files_with_its_bytes_stands_in_for_an_original(tmp_path: Path) -> None:
    spec = HEAD.replace(", size: 64x64", "") + "  a: {prompt: a hen, size: auto}\n  b: {prompt: a hen, size: auto}\n"
    ground = Ground(tmp_path, spec)
    ground.build()
    assert ground.sent() == 1
    shutil.rmtree(ground.store / "cas")
    ground.picture("assets/a.png", (3, 3))  # the first of the two is somebody's by now
    ground.edit("  b: {prompt: a hen, size: auto}", "  b: {prompt: a hen, size: auto, edits: [at night]}")
    assert states(ground.plan("b"))["b#1"] == "pay"
    assert (ground.build("b").exit_code, ground.painter.prompts) == (0, ["at night"])


def test_what_was_not_selected_is_not_looked_at_for_losses(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: a hen}\n  b: {prompt: a cow}\n")
    ground.build()
    shutil.rmtree(ground.store / "cas")
    shutil.rmtree(ground.root / "assets")
    assert states(ground.plan("b")) == {"b#0": "lost"}
    assert [entry.asset for entry in ground.project().plan(exclude=["b"]).entries] == ["a"]


def test_a_mask_for_what_is_to_be_cut_is_measured_by_the_cut(tmp_path: Path) -> None:
    spec = HEAD + "  a: {prompt: a hen, size: 640x400}\n"
    spec += "  b: {from: {asset: a, processed: true}, prompt: feathers, mask: mask.png, size: 512x512}\n"
    ground = Ground(tmp_path, spec)
    ground.mask("mask.png", (640, 400), (0, 0, 9, 9))
    assert (ground.plan().problems, reasons(ground.plan())["b#0"]) == ((), "waits: waits until 'a#0' is bought")
    ground.mask("mask.png", (300, 300), (0, 0, 9, 9))
    assert [item.code for item in ground.plan().problems] == ["mask-size"], "before the first of them is bought"


def test_a_mask_of_which_nobody_can_say_whether_it_fits_waits(tmp_path: Path) -> None:
    spec = HEAD + "  a: {prompt: a hen, size: auto}\n  b: {from: '@a', prompt: feathers, mask: mask.png, size: auto}\n"
    ground = Ground(tmp_path, spec)
    ground.mask("mask.png", (300, 300), (0, 0, 9, 9))
    assert (ground.plan().problems, reasons(ground.plan())["b#0"]) == ((), "waits: waits until 'a#0' is bought")
    ground.write("mask.png", "<html>")
    assert [item.code for item in ground.plan().problems] == ["bad-picture"]
    assert reasons(ground.plan())["b#0"] == "blocked: 'mask.png' can't be used"


def test_a_mask_for_a_file_that_can_t_be_used(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  b: {from: base.png, prompt: feathers, mask: mask.png}\n")
    ground.mask("mask.png", (300, 300), (0, 0, 9, 9))
    ground.write("base.png", "<html>")
    assert [item.code for item in ground.plan().problems] == ["bad-picture"]
    assert reasons(ground.plan())["b#0"] == "blocked: 'base.png' can't be used"


def test_a_spec_that_was_changed_is_another_graph(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: a hen}\n  b: {prompt: a cow}\n")
    project = ground.project()
    before = project.graph
    ground.edit("a cow", "a calf")
    project.reload()
    assert project.graph.order == before.order
    for spec in (
        "  a: {prompt: a hen}\n  b: {prompt: x, references: ['@a']}\n",
        "  c: {prompt: a}\n  b: {prompt: b}\n",
    ):
        ground.write("assets.yaml", HEAD + spec)
        project.reload()
        assert {node[0] for node in project.graph.order} == {asset.name for asset in project.assets}
        needs = {node: action.needs for node, action in project.graph.actions.items()}
        assert needs["b", 0] == ((("a", 0),) if "@a" in spec else ())
