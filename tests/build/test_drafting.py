"""With --draft nothing is bought, whatever is wanted: bought pictures stay, and what has none is drawn and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.project import Ground, states
from pixmake.plan.artifact import DraftPicture
from pixmake.plan.entries import together
from pixmake.plan.keys import draft_key
from pixmake.plan.planner import Plan
from pixmake.providers.base import FREE

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"


def reasons(plan: Plan) -> dict[str, str]:
    return {f"{entry.asset}#{entry.step}": entry.reason for entry in plan.entries}


def costs_nothing(plan: Plan) -> None:
    assert (plan.totals.images, plan.totals.requests, plan.totals.cost) == (0, 0, together([]))
    assert [(entry.verdict.images, entry.verdict.requests, entry.verdict.cost) for entry in plan.entries] == [
        (0, 0, FREE)
    ]


def test_more_candidates_of_what_is_bought_are_not_wanted(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  hen: {prompt: a hen}\n")
    assert (ground.build().exit_code, ground.sent()) == (0, 1)
    before = (ground.root / "assets/hen.png").read_bytes()
    ground.edit("a hen", "a hen, variants: 3")
    assert (states(ground.plan()), ground.plan().totals.images) == ({"hen#0": "pay"}, 2)
    plan = ground.plan(draft=True)
    assert states(plan) == {"hen#0": "fresh"}
    costs_nothing(plan)
    assert (ground.build(draft=True).exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets/hen.png").read_bytes() == before


def test_more_candidates_that_are_on_the_way_are_not_waited_for(yard: Yard) -> None:
    spec = "version: 1\ndefaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}\n"
    spec += "assets: {hen: {prompt: hen sits, pick: 1}}\n"
    yard.write(spec)
    yard.build(by_batch=False)
    yard.write(spec.replace("pick: 1", "pick: 1, variants: 3"))
    yard.build()
    assert yard.states() == {"sent": 1}
    plan = yard.project().plan(draft=True)
    assert states(plan) == {"hen#0": "fresh"}
    costs_nothing(plan)


def test_each_draft_says_what_it_stands_for(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, edits: [at night]}\n"
    spec += "  sky: {prompt: a sky, references: [straw.png, '@hen']}\n"
    ground = Ground(tmp_path, spec)
    ground.picture("straw.png")
    assert reasons(ground.plan(draft=True)) == {
        "hen#0": "a draft: never bought",
        "hen#1": "a draft, built on a draft",
        "sky#0": "a draft, built on a draft",
    }
    ground.build("hen")
    ground.edit("at night", "in snow")
    ground.edit("references: [straw.png, '@hen']", "references: [straw.png]")
    found = reasons(ground.plan(draft=True))
    assert found["hen#1"].startswith("a draft: changed: prompt ")
    assert found["sky#0"] == "a draft: never bought"


@pytest.mark.parametrize(
    ("said", "engine"),
    [
        ("prompt: x", ""),
        ("prompt: x, from: straw.png", ""),
        ("prompt: x, from: straw.png, references: [straw.png]", ""),
        ("prompt: x, references: [straw.png]", "/new"),
    ],
)
def test_a_draft_is_known_by_its_request_and_by_whether_it_edits_a_picture(
    tmp_path: Path, said: str, engine: str
) -> None:
    """The same pictures make another drawing where one of them is the one to edit."""
    ground = Ground(tmp_path, HEAD + f"  hen: {{{said}, size: 48x32}}\n")
    ground.picture("straw.png", (48, 32))
    plan = ground.plan(draft=True)
    [entry] = plan.entries
    verdict = entry.verdict
    assert verdict.request is not None
    assert verdict.key == draft_key(verdict.request, plan.world.engine + engine, 1)
    assert isinstance(verdict.artifact, DraftPicture) and verdict.artifact.key == verdict.key


@pytest.mark.parametrize(("size", "drawn"), [("64x48", (64, 48)), ("auto", (1024, 1024))])
def test_a_draft_is_as_large_as_what_it_stands_for(tmp_path: Path, size: str, drawn: tuple[int, int]) -> None:
    ground = Ground(tmp_path, HEAD + f"  hen: {{prompt: a hen, provider: draft, size: {size}}}\n")
    artifact = ground.plan().entries[0].verdict.artifact
    assert artifact is not None and artifact.size == drawn
