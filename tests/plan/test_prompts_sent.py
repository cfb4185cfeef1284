"""Prompts as they are sent, and therefore hashed: role lines, an empty line, the prompt. Frozen in version 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.project import Ground

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
STRAW, HAT = "{path: straw.png, role: palette}", "{path: hat.png, role: ' the hat to wear. '}"

SENT = {
    "prompt: a hen": "a hen",
    "prompt: a hen, references: [straw.png]": "a hen",
    f"prompt: a hen, references: [{STRAW}]": "Image 1: palette.\n\na hen",
    f"prompt: a hen, references: [{STRAW}, {HAT}]": "Image 1: palette.\nImage 2: the hat to wear.\n\na hen",
    f"prompt: a hen, references: [straw.png, {HAT}]": "Image 2: the hat to wear.\n\na hen",
    f"prompt: a hen, from: hen.png, references: [{STRAW}]": "Image 2: palette.\n\na hen",
    f"prompt: a hen, from: hen.png, references: [{STRAW}, {HAT}], mask: {{rect: [0, 0, 0.5, 1]}}": (
        "Image 2: palette.\nImage 3: the hat to wear.\n\na hen"
    ),
    f"prompt: a hen, from: hen.png, references: [{STRAW}], verbatim: true": "a hen",
    "prompt: a hen, from: {path: hen.png, role: the pose}": "Image 1: the pose.\n\na hen",
    f"from: {{path: hen.png, role: the pose}}, edits: [{{prompt: a hen, references: [hen.png, {STRAW}]}}]": (
        "Image 1: the pose.\nImage 3: palette.\n\na hen"
    ),
}


@pytest.mark.parametrize("said", SENT)
def test_a_prompt_is_sent_with_its_roles(tmp_path: Path, said: str) -> None:
    ground = Ground(tmp_path, f"{HEAD}  hen: {{{said}}}\n")
    for name in ("straw.png", "hat.png", "hen.png"):
        ground.picture(name)
    assert ground.build().exit_code == 0
    assert ground.painter.prompts == [SENT[said]]


def test_a_role_of_from_is_told_where_it_is_the_parent(tmp_path: Path) -> None:
    said = "from: {path: hen.png, role: the pose}, prompt: a hen, edits: [at night]"
    ground = Ground(tmp_path, f"{HEAD}  hen: {{{said}}}\n")
    ground.picture("hen.png")
    assert ground.build().exit_code == 0
    assert ground.painter.prompts == ["Image 1: the pose.\n\na hen", "at night"]


def test_the_parent_of_an_edit_is_image_1(tmp_path: Path) -> None:
    """Its own picture from the step before, and the pictures that are named come after it."""
    ground = Ground(tmp_path, f"{HEAD}  hen: {{prompt: a hen, edits: [{{prompt: at night, references: [{STRAW}]}}]}}\n")
    ground.picture("straw.png")
    assert ground.build().exit_code == 0
    assert ground.painter.prompts == ["a hen", "Image 2: palette.\n\nat night"]
