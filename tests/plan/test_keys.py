"""Keys are frozen: what was bought under one is found under it for ever."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.vectors import build_request, decoded, size_case
from pixmake.digest import canonical_json
from pixmake.plan.keys import ALWAYS, LEFT_OUT, WHEN_SET, action_key, draft_key, preimage, request_of
from pixmake.providers.base import Request, RequestInput

VECTORS = Path(__file__).parent / "vectors"
KEYS: list[dict[str, Any]] = json.loads((VECTORS / "keys.json").read_text("utf-8"))
SIZES: list[dict[str, Any]] = json.loads((VECTORS / "sizes.json").read_text("utf-8"))
BASE = Request(operation="generate", provider="openai", model="m", prompt="a heart", size="1024x1024")

OTHERS: dict[str, Any] = {
    "operation": "edit",
    "provider": "studio",
    "model": "n",
    "prompt": "a key",
    "size": "1536x1024",
    "api": "responses",
    "responses_model": "gpt-6-astra",
    "kind": "svg",
    "quality": "high",
    "background": "opaque",
    "complexity": "low",
    "input_fidelity": "high",
    "options": {"a": 1},
    "inputs": (RequestInput(kind="image", identity="a" * 64),),
    "turns": ("before",),
    "salt": "2",
}


def test_there_are_at_least_150_frozen_vectors() -> None:
    assert len(KEYS) + len(SIZES) >= 150
    assert len(KEYS) >= 110


@pytest.mark.parametrize("case", KEYS, ids=lambda case: case["name"][:40])
def test_key_is_frozen(case: dict[str, Any]) -> None:
    request = build_request(decoded(case["request"]))
    text = canonical_json(preimage(request))
    assert text.decode("utf-8", "surrogatepass") == case["preimage"]
    assert action_key(request) == case["key"]
    # the contract's formula, written out once more by other means
    assert sha256(b"pixmake-key/1\n" + case["preimage"].encode("utf-8", "surrogatepass")).hexdigest() == case["key"]


@pytest.mark.parametrize("case", SIZES, ids=lambda case: case["name"])
def test_requested_size_is_frozen(case: dict[str, Any]) -> None:
    assert size_case(case["size"], case["rule"]) == case


def test_different_vectors_have_different_keys() -> None:
    by_key: dict[str, set[str]] = {}
    for case in KEYS:
        by_key.setdefault(case["key"], set()).add(case["preimage"])
    assert all(len(texts) == 1 for texts in by_key.values())


def test_every_field_of_a_request_is_hashed_or_left_out_by_name() -> None:
    hashed = {*ALWAYS, *WHEN_SET, "options", "inputs", "turns"}
    names = {field.name for field in fields(Request)}
    assert hashed | set(LEFT_OUT) == names
    assert not hashed & set(LEFT_OUT)
    assert set(OTHERS) == hashed


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_each_hashed_field_moves_the_key(name: str) -> None:
    assert action_key(replace(BASE, **{name: OTHERS[name]})) != action_key(BASE)


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_is_left_out_moves_nothing(name: str) -> None:
    changed: dict[str, Any] = {name: "low"}
    assert action_key(replace(BASE, **changed)) == action_key(BASE)


def test_a_float_can_not_be_hashed() -> None:
    with pytest.raises(TypeError, match="float"):
        action_key(replace(BASE, options={"guidance": 7.5}))


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.booleans(), st.text(), st.none()), max_size=5))
def test_order_of_options_does_not_matter(options: dict[str, Any]) -> None:
    backwards = dict(reversed(options.items()))
    assert action_key(replace(BASE, options=options)) == action_key(replace(BASE, options=backwards))


@given(st.text(), st.text())
def test_two_prompts_two_keys(one: str, other: str) -> None:
    keys = {action_key(replace(BASE, prompt=one)), action_key(replace(BASE, prompt=other))}
    assert len(keys) == (1 if one == other else 2)


def test_draft_keys_know_the_engine_and_the_variant() -> None:
    keys = {draft_key(BASE, engine, variant) for engine in ("1", "2") for variant in (1, 2)}
    assert len(keys) == 4
    assert action_key(BASE) not in keys


@pytest.mark.parametrize("case", KEYS, ids=lambda case: case["name"][:40])
def test_a_request_comes_back_from_its_preimage(case: dict[str, Any]) -> None:
    request = build_request(decoded(case["request"]))
    assert request_of(preimage(request)) == replace(request, moderation=None)
