"""A renamed asset keeps what was chosen for it, whatever else happens in the build that first sees its new name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.digest import sha256_file
from pixmake.providers.base import Call
from pixmake.store.lockfile import read

SPEC = """\
version: 1
defaults: {model: gpt-image-2.5-flare}
assets:
  heart: {prompt: a heart, variants: 2}
"""
MORE = "  one: a first one\n  two: a second one\n"


@pytest.fixture
def chosen(tmp_path: Path) -> tuple[Ground, str]:
    """A project with the second of two candidates picked, and that one's digest."""
    ground = Ground(tmp_path, SPEC)
    ground.build()
    Intent(ground.project()).pick("heart", 2)
    ground.build()
    ground.sent()
    return ground, sha256_file(ground.root / "assets/heart.png")


def picks(ground: Ground) -> dict[str, str | None]:
    lock = read(ground.root / "assets.lock")
    return {name: line.steps[0].pick for (name, _), (line,) in lock.lines.items()}


def test_a_file_in_the_way_of_the_new_name(chosen: tuple[Ground, str]) -> None:
    ground, digest = chosen
    ground.write("assets/core.png", "somebody's own")
    ground.edit("heart:", "core:")
    assert ground.build().exit_code != 0
    assert digest in picks(ground).values()
    (ground.root / "assets/core.png").unlink()
    assert ground.build().exit_code == 0
    assert sha256_file(ground.root / "assets/core.png") == digest
    assert (picks(ground), ground.sent()) == ({"core": digest}, 0)


def test_purchases_before_its_turn_to_be_written_down(chosen: tuple[Ground, str]) -> None:
    """Whoever is killed between two purchases leaves the choice under one of the names."""
    ground, digest = chosen
    seen: list[bool] = []

    def look(call: Call) -> None:
        seen.append(digest in picks(ground).values())

    ground.painter.hook = look
    ground.edit("heart:", "core:")
    ground.write("assets.yaml", (ground.root / "assets.yaml").read_text() + MORE)
    assert ground.build(jobs=1).exit_code == 0
    assert seen == [True, True]
    assert picks(ground)["core"] == digest
    assert "heart" not in picks(ground)
    assert set(states(ground.plan()).values()) == {"fresh"}
