"""How a plan explains what changed and what it waits for, down to the last word."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.diagnostics import Source, Span
from pixmake.plan.explain import cause_of, differences, written_in
from pixmake.plan.planner import Plan

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
LONG = "x" * 200

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({"prompt": "a", "inputs": [["image", "i"]]}, {"prompt": "a", "inputs": (("image", "i"),)}, []),
    "a word": ({"prompt": "a red hen here"}, {"prompt": "a blue hen here"}, ["prompt ‘red’→‘blue’"]),
    "a word more": ({"prompt": "a hen"}, {"prompt": "a red hen"}, ["prompt (nothing)→‘red’"]),
    "a word twice": ({"prompt": "red red"}, {"prompt": "red"}, ["prompt ‘red’→(nothing)"]),
    "a field that was not set": ({}, {"quality": "low"}, ["quality (not set)→low"]),
    "a number": ({"options": Decimal("7.50")}, {"options": Decimal(8)}, ["options 7.5→8"]),
    "a picture more": ({}, {"inputs": [["image", "i"]]}, ["inputs 0 pictures→1 picture"]),
    "another picture": (
        {"inputs": [["image", "recipe:0123456789"], ["mask", "m"]]},
        {"inputs": [["image", "abcdefghijk"], ["mask", "n"]]},
        ["image 1 01234567→abcdefgh", "mask m→n"],
    ),
    "a file": ({"inputs": [["image", "i"]]}, {"inputs": [["image", "j"]]}, ["straw.png i→j"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told(name: str) -> None:
    old, new, told = CHANGES[name]
    names = {"j": "straw.png"} if name == "a file" else {}
    assert [str(item) for item in differences(old, new, names)] == told


def test_a_long_text_is_cut_short() -> None:
    [found] = differences({"model": "a"}, {"model": LONG}, {})
    assert found.new.endswith("…") and found.new[:-1] == LONG[: len(found.new) - 1] and len(found.new) < len(LONG)
    [whole] = differences({"model": "a"}, {"model": "x" * len(found.new)}, {})
    assert whole.new == "x" * len(found.new)


SPEC = "defaults:\n  model: m\npresets:\n  icon:\n    quality: low\nassets:\n  hen:\n    prompt: a hen\n"


def place(line: int, column: int, text: str = SPEC) -> Span:
    return Span(source=Source("assets.yaml", text), line=line, column=column, length=1)


def test_a_cause_is_named_by_the_block_that_many_share() -> None:
    [model] = differences({"model": "m"}, {"model": "n"}, {})
    [quality] = differences({"quality": "low"}, {"quality": "high"}, {})
    assert cause_of(model, {"model": place(2, 10)}) == "defaults.model m→n"
    assert cause_of(quality, {"quality": place(5, 14)}) == "presets.icon.quality low→high"
    assert cause_of(model, {"model": place(8, 13)}) == "model m→n", "an asset's own line is its own cause"
    assert cause_of(model, {}) == "model m→n"


def test_the_blocks_around_a_place_are_read_off_its_margin() -> None:
    assert written_in(place(5, 14)) == ("presets", "icon", "quality")
    assert written_in(place(1, 1)) == ("defaults",)
    assert written_in(place(2, 5, "\n    model: m\n")) == ("model",), (
        "nothing stands at the margin: the page begins before"
    )
    assert written_in(place(1, 3, "- x\n")) == ()


# --- what waits ------------------------------------------------------------------------------------------------------


def reasons(plan: Plan) -> dict[str, str]:
    return {f"{entry.asset}#{entry.step}": f"{entry.state}: {entry.reason}" for entry in plan.entries}


def test_a_free_draft_of_what_is_not_bought_yet_is_blocked_and_not_waited_for(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen}\n  sky: {prompt: a sky, provider: draft, references: ['@hen']}\n"
    ground = Ground(tmp_path, spec)
    assert reasons(ground.plan())["sky#0"] == "blocked: waits until 'hen#0' is bought"
    ground.build()
    assert reasons(ground.plan())["sky#0"].startswith("draft: ")


def test_what_waits_is_asked_for_with_all_that_it_will_have(tmp_path: Path) -> None:
    """Sixteen inputs at most: the picture that is still to come counts, and so do mask and markup by their names."""
    spec = (
        HEAD
        + "  hen: {prompt: a hen}\n  sky: {from: '@hen', prompt: a sky, references: [straw.png], markup: marks.png}\n"
    )
    ground = Ground(tmp_path, spec)
    ground.picture("straw.png")
    ground.picture("marks.png")
    request = ground.plan().entries[1].verdict.request
    assert request is not None
    assert [item.kind for item in request.inputs] == ["image", "image", "markup"]
    assert {item.identity for item in request.inputs} == {""}
    ground.edit("markup: marks.png", "mask: {rect: [0, 0, 1, 1]}")
    request = ground.plan().entries[1].verdict.request
    assert request is not None and [item.kind for item in request.inputs] == ["image", "image", "mask"]


def test_a_mask_without_a_picture_to_change_counts_for_nothing(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, HEAD + "  hen: {prompt: a hen, variants: 2}\n  sky: {prompt: a sky, references: ['@hen']}\n"
    )
    ground.build()
    assert reasons(ground.plan())["sky#0"] == "waits: waits for a pick among 2 candidates of 'hen#0'"
    request = ground.plan().entries[1].verdict.request
    assert request is not None and [item.kind for item in request.inputs] == ["image"]


def test_a_drawing_is_as_large_as_it_was_asked_for(tmp_path: Path) -> None:
    """It has any size: what is built on it must not depend on the numbers that its author wrote."""
    spec = HEAD + "  hen: {prompt: a hen, kind: svg, size: 600x400}\n"
    spec += "  sky: {prompt: a sky, references: ['@hen']}\n"
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    asked = ground.painter.calls[0].request.size
    [picture] = ground.painter.calls[1].pictures
    assert f"{picture.width}x{picture.height}" == asked
    assert set(states(ground.plan()).values()) == {"fresh"}


def test_a_path_with_its_hash_is_found_again_by_its_recipe(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + '  hen: {prompt: a hen, size: 600x400, output: "hen-{{ hash }}.png"}\n')
    [path] = ground.build().written
    assert (ground.build().written, set(states(ground.plan()).values())) == ((), {"fresh"})
    ground.edit("size: 600x400", "size: 600x400, fit: contain")
    [other] = ground.build().written
    assert other != path
    ground.edit("size: 600x400, fit: contain", "size: 600x400")
    assert (ground.root / path).exists()
    assert (ground.build(yes=False).exit_code, len(ground.painter.calls)) == (0, 1)


def test_an_unpriced_plan_says_so(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  hen: {prompt: a hen}\n", CountingProvider(price=None))
    plan = ground.plan()
    assert plan.entries[0].to_json()["cost"] is None
    assert (plan.totals.unpriced, plan.totals.images) == (1, 1)
    assert plan.groups[0].cost is None
