"""Keys are made of pieces that are kept; put together they are the canonical JSON of the whole, to the byte."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixmake.digest import canonical_json
from pixmake.plan.keys import action_key, around, canonical_request, draft_key, preimage
from pixmake.providers.base import Request

NAMES = st.text("abcxyz_", min_size=1, max_size=3)  # fields of ours: none begins with a $
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))


@given(NAMES, VALUES, st.dictionaries(NAMES, VALUES, max_size=4))
@example("a", 1, {})
@example("a", 1, {"b": 2})
@example("b", 1, {"a": 2})
@example("b", "x", {"a": 2, "c": None})
@settings(max_examples=100, deadline=None)
def test_what_stands_around_a_value(name: str, value: object, fields: dict[str, object]) -> None:
    fields.pop(name, None)
    before, after = around(name, fields)
    assert before + canonical_json(value) + after == canonical_json({**fields, name: value})


@given(
    st.text(), st.sampled_from([None, "low", "high"]), st.sampled_from([None, "m"]), st.sampled_from([None, "a", ""])
)
@settings(max_examples=60, deadline=None)
def test_a_request_s_text_is_that_of_its_pre_image(
    prompt: str, quality: str | None, model: str | None, salt: str | None
) -> None:
    request = Request(
        operation="generate", provider="p", model=model, prompt=prompt, size="auto", quality=quality, salt=salt
    )
    assert canonical_request(request) == canonical_json(preimage(request))
    other = replace(request, options={"a": 1})
    assert canonical_request(other) == canonical_json(preimage(other))
    assert len({action_key(request), action_key(other), draft_key(request, "1", 1), draft_key(other, "1", 1)}) == 4
