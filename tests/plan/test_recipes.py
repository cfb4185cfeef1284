"""Recipes are identities of pictures made locally, and enter paid keys: their texts are frozen as keys are."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from pixmake.plan.keys import draft_key, fence_recipe, mask_recipe, processed_recipe, recipe_identity
from pixmake.providers.base import Request

A, B, C = "a" * 64, "b" * 64, "c" * 64
REGION = {"region": "rect", "fractions": ["0.25", "0", "0.5", "1"]}
CUT = {"size": "600x400", "fit": "cover", "gravity": "center"}

FROZEN = {
    "fence": (
        fence_recipe(A, B, C, 4),
        '{"answer":"%s","feather":4,"mask":"%s","op":"fence","parent":"%s"}' % (A, C, B),  # noqa: UP031 (braces)
    ),
    "mask of a file": (
        mask_recipe(A, True, (1024, 640), None),
        f'{{"invert":true,"op":"mask","size":"1024x640","source":"{A}"}}',
    ),
    "mask of a region, cut": (
        mask_recipe(REGION, False, (1024, 1024), CUT),
        (
            '{"cut":{"fit":"cover","gravity":"center","size":"600x400"},"invert":false,"op":"mask","size":"1024x1024",'
            '"source":{"fractions":["0.25","0","0.5","1"],"region":"rect"}}'
        ),
    ),
    "processed": (
        processed_recipe(A, "600x400", "cover", ["left", "top"]),
        f'{{"fit":"cover","gravity":["left","top"],"op":"processed","picture":"{A}","size":"600x400"}}',
    ),
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_recipe_is_frozen(name: str) -> None:
    recipe, text = FROZEN[name]
    assert json.loads(text) == json.loads(json.dumps(recipe))
    assert recipe_identity(recipe) == "recipe:" + sha256(f"pixmake-recipe/1\n{text}".encode()).hexdigest()


def test_recipes_have_these_very_names() -> None:
    """As literal digests too: a mistake in the formula above can't hide one in the code."""
    assert {name: recipe_identity(recipe)[7:23] for name, (recipe, _) in FROZEN.items()} == {
        "fence": "ee3fb299c675c08c",
        "mask of a file": "8f424cc3d68b4d74",
        "mask of a region, cut": "a6fcf024fe9d13ee",
        "processed": "4c1a3ecee4bd7f49",
    }


def test_a_draft_is_named_by_request_engine_and_number() -> None:
    request = Request(operation="generate", provider="draft", model=None, prompt="a hen", size="64x64")
    edit = Request(operation="edit", provider="draft", model=None, prompt="a hen", size="64x64", options={"a": 1})
    named = [
        draft_key(request, "1", 1), draft_key(request, "2", 1), draft_key(request, "1", 2),
        draft_key(edit, "1", 1), draft_key(edit, "2", 1), draft_key(edit, "1", 2),
    ]  # fmt: skip
    assert len(set(named)) == len(named)
    text = '{"engine":"1","request":{"api":"images","kind":"raster","model":null,"operation":"generate",'
    text += '"prompt":"a hen","provider":"draft","size":"64x64"},"variant":1}'
    assert named[0] == sha256(f"pixmake-draft/1\n{text}".encode()).hexdigest()
