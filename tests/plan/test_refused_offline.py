"""What a provider would refuse is told while planning, with the field that says it and a remedy: each rule once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.plan.check import faults
from pixmake.plan.kinds import sizes_of
from pixmake.providers.base import Limits, Request, RequestInput, SizeRule

LIMITS = Limits(
    model="m",
    sizes=SizeRule(),
    qualities=("low", "high"),
    kinds=("raster", "svg", "gif"),
    apis=("images", "responses"),
    animations=((8, SizeRule(longest=1024)), (16, SizeRule(longest=512))),
    most_inputs=2,
    most_prompt=20,
)
BASE = Request(operation="generate", provider="p", model="m", prompt="a hen", size="1024x1024")
IMAGE, MASK, MARKUP = (RequestInput(kind=kind, identity="a" * 64) for kind in ("image", "mask", "markup"))

RULES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = {
    "nothing": ({}, {}, []),
    "a word": ({}, {"quality": "hgih"}, [("not-accepted", "quality", "m has no quality 'hgih'")]),
    "no words": ({}, {"background": "opaque"}, [("not-accepted", "background", "m takes no background")]),
    "an api": ({"apis": ("images",)}, {"api": "responses"}, [
        ("not-yet", "api", "this version can't ask m by 'api: responses'")]),
    "nobody to talk to": ({}, {"api": "responses"}, [
        ("no-responses-model", "api", "'api: responses' talks to a mainline model, and none is named")]),
    "a markup in a talk": ({"markup": True}, {"api": "responses", "responses_model": "r", "inputs": (IMAGE, MARKUP)}, [
        ("not-accepted", "markup", "'api: responses' takes no markup")]),
    "a long prompt": ({}, {"prompt": "x" * 21}, [("prompt-too-long", "prompt", "the prompt has 21 characters; m takes 20")]),
    "a prompt that just fits": ({}, {"prompt": "x" * 20}, []),
    "many inputs": ({}, {"operation": "edit", "inputs": (IMAGE, IMAGE, IMAGE, MASK)}, [
        ("too-many-inputs", "references", "3 input pictures; m takes 2, the parent included")]),
    "inputs that just fit": ({}, {"operation": "edit", "inputs": (IMAGE, IMAGE, MASK)}, []),
    "a markup": ({}, {"operation": "edit", "inputs": (IMAGE, MARKUP)}, [("not-accepted", "markup", "m takes no markup")]),
    "a size": ({}, {"size": "100x100"}, [("impossible-size", "request_size", "m can't make 100x100")]),
    "a size of a list": ({"sizes": SizeRule(listed=((64, 64),))}, {"size": "65x64"}, [
        ("impossible-size", "request_size", "m can't make 65x64")]),
    "any size": ({}, {"size": "auto"}, []),
    "frames": ({}, {"kind": "gif", "size": "1024x1024", "options": {"frame_count": 9}}, [
        ("impossible-size", "request_size", "m can't make 1024x1024 in so many frames")]),
    "fewer frames": ({}, {"kind": "gif", "size": "1024x1024", "options": {"frame_count": 8}}, []),
    "more frames than any": ({}, {"kind": "gif", "size": "1024x1024", "options": {"frame_count": 16}}, [
        ("impossible-size", "request_size", "m can't make 1024x1024 in so many frames")]),
    "too many frames": ({}, {"kind": "gif", "size": "512x512", "options": {"frame_count": 1000}}, [
        ("not-accepted", "options", "'frame_count' can't be '1000'")]),
    "half a frame": ({}, {"kind": "gif", "size": "512x512", "options": {"frame_count": Decimal("8.5")}}, [
        ("not-accepted", "options", "'frame_count' can't be '8.5'")]),
    "a whole number by another way": ({}, {"kind": "gif", "size": "512x512", "options": {"frame_count": Decimal("8.0")}}, []),
    "yes for a number": ({}, {"kind": "gif", "size": "512x512", "options": {"frame_count": True}}, [
        ("not-accepted", "options", "'frame_count' can't be 'True'")]),
    "frames of a still": ({}, {"options": {"frame_count": 8}}, [
        ("not-accepted", "options", "'frame_count' is only for 'kind: gif'")]),
    "a mask of a gif": ({}, {"operation": "edit", "kind": "gif", "size": "512x512", "inputs": (IMAGE, MASK)}, [
        ("not-accepted", "mask", "a GIF can't be made with a mask")]),
    "an author of pixels": ({}, {"options": {"svg": {"model": "r"}}}, [
        ("not-accepted", "options", "'svg' is only for 'kind: svg'")]),
    "an author": ({}, {"kind": "svg", "options": {"svg": {"model": "r", "reasoning": {"effort": "low"}}}}, []),
    "an author without reasoning": ({}, {"kind": "svg", "options": {"svg": {"model": "r"}}}, []),
    "an author that is a word": ({}, {"kind": "svg", "options": {"svg": "r"}}, [
        ("not-accepted", "options", "'svg' can't be 'r'")]),
    "an author with wishes": ({}, {"kind": "svg", "options": {"svg": {"mood": "good"}}}, [
        ("not-accepted", "options", "'svg' takes no 'mood'")]),
    "an effort that is none": ({}, {"kind": "svg", "options": {"svg": {"reasoning": {"effort": "heroic"}}}}, [
        ("not-accepted", "options", "'svg' has no such reasoning")]),
    "reasoning that is a word": ({}, {"kind": "svg", "options": {"svg": {"reasoning": "low"}}}, [
        ("not-accepted", "options", "'svg' has no such reasoning")]),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule(name: str) -> None:
    limits, request, told = RULES[name]
    found = list(faults(replace(LIMITS, **limits), replace(BASE, **request)))
    assert [(item.code, item.field, item.message) for item in found] == told
    assert all(item.help for item in found)


def test_a_word_that_was_meant_is_named() -> None:
    [found] = faults(LIMITS, replace(BASE, quality="hgih"))
    assert found.help == "did you mean 'high'? possible: low, high"
    [found] = faults(LIMITS, replace(BASE, quality="x"))
    assert found.help == "possible: low, high"


def test_sizes_of_animations_are_the_models_own_where_it_has_no_others() -> None:
    assert sizes_of(replace(LIMITS, animations=()), "gif", {}) is LIMITS.sizes
    assert sizes_of(LIMITS, "raster", {"frame_count": 9}) is LIMITS.sizes
    assert sizes_of(LIMITS, "gif", {"frame_count": "many"}).longest == sizes_of(LIMITS, "gif", {}).longest


# --- what stands before a server -------------------------------------------------------------------------------------

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"


class House(CountingProvider):
    """A provider whose server does not do all that its model could."""

    lacks: dict[str, Any]

    def limits(self, model: str | None) -> Limits:
        return replace(CountingProvider.limits(self, model), **self.lacks)


def told(folder: Path, spec: str, **lacks: Any) -> list[tuple[str, str]]:
    painter = House()
    painter.lacks = lacks
    ground = Ground(folder, HEAD + spec, painter)
    ground.picture("base.png", (1024, 1024))
    ground.mask("mask.png", (1024, 1024), (0, 0, 9, 9))
    plan = ground.plan()
    assert painter.calls == []
    return [(item.code, item.message) for item in plan.problems]


EDIT = "  a: {from: base.png, prompt: x}\n"
MASKED = "  a: {from: base.png, prompt: x, mask: mask.png}\n"


def test_what_a_server_can_t_do(tmp_path: Path) -> None:
    none = ("no-edits", "'openai' has no edits: it can't work on pictures")
    inside = ("no-edits", "'openai' edits only inside a mask, and there is none")
    unmasked = ("not-accepted", "'openai' takes no mask")
    assert told(tmp_path / "1", EDIT, edits=False) == [none]
    assert told(tmp_path / "2", MASKED, edits=False, mask=False) == [none]
    assert told(tmp_path / "3", EDIT, mask_needed=True) == [inside]
    assert told(tmp_path / "4", MASKED, mask_needed=True) == []
    assert told(tmp_path / "5", MASKED, mask=False) == [unmasked]
    assert told(tmp_path / "6", EDIT, mask=False) == []
    assert told(tmp_path / "7", "  a: {prompt: x}\n", edits=False, mask_needed=True, mask=False) == []


def test_what_is_sound_for_one_asset_is_looked_at_for_the_next(tmp_path: Path) -> None:
    """Of the same model, size and quality: with more pictures, more wishes, or more words it is another question."""
    sound = "  a: {prompt: x}\n  b: {prompt: y, references: [base.png]}\n"
    many = ("too-many-inputs", "2 input pictures; m takes 1, the parent included")
    long = ("prompt-too-long", "the prompt has 21 characters; m takes 20")
    frames = ("not-accepted", "'frame_count' is only for 'kind: gif'")
    more = "  c: {prompt: x, references: [base.png, mask.png]}\n"
    assert told(tmp_path / "1", sound + more, most_inputs=1) == [many]
    assert told(tmp_path / "2", sound + f"  c: {{prompt: {'x' * 21}}}\n", most_prompt=20) == [long]
    assert told(tmp_path / "3", sound + f"  c: {{prompt: {'x' * 20}}}\n", most_prompt=20) == []
    wish = "  c: {prompt: x, options: {frame_count: 8}}\n"
    assert told(tmp_path / "4", sound + wish) == [frames]
    best = ("not-accepted", "m has no quality 'max'")
    assert told(tmp_path / "5", sound + "  c: {prompt: x, quality: max}\n") == [best]


def test_a_model_that_is_not_deployed(tmp_path: Path) -> None:
    assert told(tmp_path, EDIT, absent="has no deployment of that name") == [
        ("no-deployment", "'openai' has no model 'm': it has no deployment of that name")
    ]


def test_a_model_is_sold_until_the_day_it_is_switched_off(tmp_path: Path) -> None:
    assert told(tmp_path / "1", EDIT, retired="9999-12-31") == []
    [(code, message)] = told(tmp_path / "2", EDIT, retired="2001-01-01", replaced_by="n")
    assert (code, message) == (
        "retired-model",
        "the model 'm' was switched off on 2001-01-01: nothing new can be bought from it",
    )


@pytest.mark.parametrize(
    ("said", "fails"),
    [
        ("mask: mask.png, fence: true, output: a.svg", True),
        ("mask: mask.png, fence: false, output: a.svg", False),
        ("mask: mask.png, fence: true, output: a.png", False),
        ("fence: true, output: a.svg", False),
        ("mask: mask.png, fence: true, output: a.svg, edits: [y]", False),
    ],
)
def test_a_fence_makes_pixels_of_a_drawing(tmp_path: Path, said: str, fails: bool) -> None:
    found = told(tmp_path, f"  a: {{from: base.png, prompt: x, kind: svg, size: 1024x1024, {said}}}\n")
    assert [code for code, _ in found] == (["fenced-drawing"] if fails else [])


def test_nothing_is_refused_that_is_free(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: x, quality: max}\n", CountingProvider(free=True))
    assert ground.plan().problems == ()
    ground.painter.free = False
    assert [item.code for item in ground.plan().problems] == ["not-accepted"]
