"""What is frozen stays as it was bought, whatever becomes of what it was made from; and costs nothing meanwhile."""

from __future__ import annotations

from pathlib import Path

from fakes.project import Ground, states

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
