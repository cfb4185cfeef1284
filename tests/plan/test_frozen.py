"""What is frozen stays as it was bought, whatever becomes of what it was made from; and costs nothing meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.digest import sha256_file
from pixmake.store.lockfile import read

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
NIGHT = HEAD + "  hen: {prompt: a hen}\n  night: {from: '@hen', prompt: at night, frozen: true}\n"
HELD = "frozen: its request has changed since it was bought"


def built(folder: Path, spec: str) -> Ground:
    ground = Ground(folder, spec)
    assert ground.build().exit_code == 0
    ground.painter.calls.clear()
    return ground


def test_its_parent_is_bought_anew_and_it_is_not(tmp_path: Path) -> None:
    """It is not even waited for: while its parent is on the way the picture of before stands."""
    ground = built(tmp_path, NIGHT)
    before = (ground.root / "assets/night.png").read_bytes()
    ground.edit("a hen", "a black hen")
    for _ in range(2):
        plan = ground.plan()
        assert [entry.state for entry in plan.entries if entry.asset == "night"] == ["held"]
        assert [entry.reason for entry in plan.entries if entry.asset == "night"] == [HELD]
        assert ground.build().exit_code == 0
    assert ground.painter.prompts == ["a black hen"]
    assert (ground.root / "assets/night.png").read_bytes() == before


def test_only_its_parent_is_in_the_price(tmp_path: Path) -> None:
    ground = built(tmp_path, NIGHT)
    assert set(states(ground.plan()).values()) == {"fresh"}, "as long as nothing changed nothing is held"
    ground.edit("a hen", "a black hen")
    plan = ground.plan()
    assert states(plan) == {"hen#0": "pay", "night#0": "held"}
    assert (plan.totals.images, str(plan.totals.cost.high)) == (1, "0.04")


def test_what_is_built_on_it_sees_the_picture_of_before(tmp_path: Path) -> None:
    ground = built(tmp_path, NIGHT + "  snow: {from: '@night', prompt: in snow}\n")
    ground.edit("a hen", "a black hen")
    assert states(ground.plan()) == {"hen#0": "pay", "night#0": "held", "snow#0": "fresh"}
    assert (ground.build().exit_code, ground.painter.prompts) == (0, ["a black hen"])


def test_nothing_is_frozen_that_was_never_bought(tmp_path: Path) -> None:
    ground = Ground(tmp_path, NIGHT)
    assert states(ground.plan()) == {"hen#0": "pay", "night#0": "waits"}
    assert (ground.build().exit_code, ground.painter.prompts) == (0, ["a hen", "at night"])


def test_a_fenced_picture_stays_fenced_while_its_parent_is_on_the_way(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen}\n"
    spec += "  hat: {from: '@hen', prompt: a hat, mask: {rect: [0, 0, 0.5, 0.5]}, frozen: true}\n"
    ground = built(tmp_path, spec)
    before = (ground.root / "assets/hat.png").read_bytes()
    ground.edit("a hen", "a black hen")
    (ground.root / "assets/hat.png").unlink()
    assert states(ground.plan()) == {"hen#0": "pay", "hat#0": "held"}
    assert (ground.build().exit_code, ground.painter.prompts) == (0, ["a black hen"])
    assert (ground.root / "assets/hat.png").read_bytes() == before


def lines(ground: Ground) -> list[str]:
    """What the lock says of all but the hens."""
    return [line for line in (ground.root / "assets.lock").read_text().splitlines() if '"asset":"hen"' not in line]


@pytest.mark.parametrize(("pick", "shown"), [("2", 1), ("1", 0), ("ask", 0)])
def test_the_candidate_that_was_picked_stays(tmp_path: Path, pick: str, shown: int) -> None:
    """Not the first of them, nor one of the new request; and the lock says of it what it said."""
    spec = HEAD.replace(", size: 64x64", ", size: auto")
    spec += f"  cow: {{prompt: a cow, variants: 2, pick: {pick}, frozen: true}}\n"
    ground = built(tmp_path, spec)
    line = read(ground.root / "assets.lock").alternatives("cow", None)[0].steps[0]
    picture = ground.root / "assets/cow.png"
    before, known = picture.read_bytes(), lines(ground)
    assert (sha256_file(picture), len(line.variants)) == (line.variants[shown], 2)
    ground.edit("a cow", "a brown cow")
    ground.edit("variants: 2", "variants: 3")
    for _ in range(2):
        verdict = ground.plan().entries[0].verdict
        assert (verdict.state, verdict.key, verdict.pinned) == ("held", line.key, line.variants)
        assert (verdict.picked, verdict.reason) == (line.pick, HELD)
        picture.unlink()
        assert (ground.build().exit_code, ground.sent()) == (0, 0)
        assert (picture.read_bytes(), lines(ground)) == (before, known)


def test_what_was_picked_of_it_by_hand_stays(tmp_path: Path) -> None:
    spec = HEAD.replace(", size: 64x64", ", size: auto") + "  cow: {prompt: a cow, variants: 2}\n"
    ground = built(tmp_path, spec)
    verbs = Intent(ground.project())
    verbs.pick("cow", 2)
    verbs.freeze(["cow"])
    ground.build()
    before, known = (ground.root / "assets/cow.png").read_bytes(), lines(ground)
    ground.edit("a cow", "a brown cow")
    (ground.root / "assets/cow.png").unlink()
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert ((ground.root / "assets/cow.png").read_bytes(), lines(ground)) == (before, known)


def test_a_chain_that_begins_with_an_edit_is_frozen_as_any(tmp_path: Path) -> None:
    """Each of its steps for itself, by what the lock says of that step."""
    ground = Ground(tmp_path, HEAD + "  hat: {from: straw.png, edits: [a hat, a feather], frozen: true}\n")
    ground.picture("straw.png")
    assert (ground.build().exit_code, ground.sent()) == (0, 2)
    assert states(ground.plan()) == {"hat#1": "fresh", "hat#2": "fresh"}
    ground.edit("a hat", "a bonnet")
    assert states(ground.plan()) == {"hat#1": "held", "hat#2": "fresh"}
    ground.edit("a feather", "a flower")
    assert states(ground.plan()) == {"hat#1": "held", "hat#2": "held"}
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
