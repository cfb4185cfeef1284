"""One turn by `api: responses`, over real HTTP: what is sent, and how each way to answer it ends."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fakes.counting import png
from fakes.openai_request import request
from fakes.openai_responses import REVISED, Turn, blocked, images_in, mask_in
from fakes.openai_server import Behaviour, Cut, Error, FakeOpenAI, Hang, Raw, gateway, moderated
from pixmake.providers.base import (
    Answer,
    Busy,
    Call,
    Failed,
    Forgotten,
    Picture,
    ProviderError,
    Refused,
    RequestInput,
    Stopped,
    Unknown,
)
from pixmake.providers.openai.provider import OpenAIProvider

PRICED: dict[str, object] = {"models": {"gpt-6-astra": {"prices": {"text_in": Decimal(2), "text_out": Decimal(12)}}}}
Say = Callable[..., Answer]


@pytest.fixture
def say(server: FakeOpenAI, tmp_path: Path) -> Say:
    """One turn: fields of the request, and `pictures`, `settings`, `previous`."""

    def say(
        *,
        pictures: tuple[Picture, ...] = (),
        settings: dict[str, object] | None = None,
        previous: str | None = None,
        uploads: Path | None = None,
        **fields: object,
    ) -> Answer:
        provider = OpenAIProvider(PRICED | (settings or {}))
        inputs = tuple(RequestInput(kind=item.kind, identity="a" * 64) for item in pictures)
        asked = request(
            edit=bool(pictures), inputs=inputs, **{"api": "responses", "responses_model": "gpt-6-astra", **fields}
        )
        call = Call(
            request=asked, pictures=pictures, count=1, intent="i", scratch=tmp_path, previous=previous, uploads=uploads
        )

        async def run() -> Answer:
            try:
                return await provider.make(call)
            finally:
                await provider.close()

        return asyncio.run(run())

    return say


def drawn(folder: Path, name: str, size: tuple[int, int] = (64, 64), **fields: Any) -> Picture:
    path = folder / name
    path.write_bytes(png(*size, name.encode(), alpha=fields.get("kind") == "mask"))
    return Picture(
        path=path, media_type="image/png", width=size[0], height=size[1], kind=fields.pop("kind", "image"), **fields
    )


# --- what is sent ------------------------------------------------------------------------------------------------------


def test_a_turn_forces_one_picture_and_is_kept_at_the_server(server: FakeOpenAI, say: Say) -> None:
    answer = say()
    assert server.requests[0].body.fields == {
        "model": "gpt-6-astra",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "a red fox"}]}],
        "tools": [
            {
                "type": "image_generation",
                "action": "generate",
                "model": "gpt-image-2.5-flare",
                "size": "1024x640",
                "quality": "low",
                "output_format": "png",
            }
        ],
        "tool_choice": {"type": "image_generation"},
        "max_tool_calls": 1,
        "store": True,
    }
    assert answer.response_id == "resp_0001"
    assert answer.request_id == "req_1"
    assert answer.pictures[0].revised_prompt == f"{REVISED}a red fox"
    assert answer.pictures[0].media_type == "image/png"


def test_every_parameter_of_the_tool_is_sent(server: FakeOpenAI, say: Say) -> None:
    say(
        model="gpt-image-2.6-flare",
        quality="xhigh",
        background="transparent",
        complexity="low",
        moderation="low",
        size="auto",
    )
    say(kind="gif", model="gpt-image-2.6-flare", options={"frame_count": 4, "frame_duration_ms": Decimal(100)})
    say(
        kind="svg",
        model="gpt-image-2.6-flare",
        options={"svg": {"model": "gpt-6-astra", "reasoning": {"effort": "low"}}, "reasoning": {"effort": "high"}},
    )
    first, second, third = (asked.tool for asked in server.requests)
    assert (first["background"], first["complexity"], first["moderation"]) == ("transparent", "low", "low")
    assert (first["quality"], first["size"]) == ("xhigh", "auto")
    assert (second["output_format"], second["frame_count"], second["frame_duration_ms"]) == ("gif", 4, 100)
    assert third["svg"] == {"model": "gpt-6-astra", "reasoning": {"effort": "low"}}
    assert server.requests[2].body.fields["reasoning"] == {"effort": "high"}
    assert "options" not in third


def test_old_models_take_input_fidelity(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    say(model="gpt-image-1.5", size="1024x1024", input_fidelity="high", pictures=(drawn(tmp_path, "a.png"),))
    assert server.requests[0].tool["input_fidelity"] == "high"


def test_options_never_take_the_place_of_a_turns_own_fields(server: FakeOpenAI, say: Say) -> None:
    say(options={"tools": [], "store": False, "model": "x", "max_tool_calls": 9, "input": "x", "stream": True})
    assert server.requests[0].body.fields["store"] is True
    assert server.requests[0].body.fields["max_tool_calls"] == 1


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"max_output_tokens": "many"}, "max_output_tokens"),
        ({"frame_count": "nine"}, "frame_count"),
        ({"reasoning": {"effort": "endless"}}, "effort"),
        ({"svg": {"author": "x"}}, "svg"),
    ],
)
def test_the_server_of_these_tests_takes_only_what_the_sdks_types_have(
    server: FakeOpenAI, say: Say, options: dict[str, object], named: str
) -> None:
    with pytest.raises(Failed, match=named):
        say(options=options)
    assert server.statuses == [400]


def test_what_a_server_does_not_take_is_dropped(server: FakeOpenAI, say: Say) -> None:
    say(settings={"drop": ["quality"]})
    assert "quality" not in server.requests[0].tool


def test_an_edit_sends_its_pictures_in_order_and_its_mask(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    parent = drawn(tmp_path, "parent.png")
    reference = drawn(tmp_path, "reference.png", parent=False)
    mask = drawn(tmp_path, "mask.png", kind="mask")
    say(pictures=(parent, reference, mask), prompt="at night")
    fields = server.requests[0].body.fields
    assert images_in(fields) == [parent.path.read_bytes(), reference.path.read_bytes()]
    assert mask_in(fields) == mask.path.read_bytes()
    assert server.requests[0].tool["action"] == "edit"


def test_a_large_picture_travels_as_a_file_uploaded_once(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.frombytes("RGB", (1200, 1200), os.urandom(1200 * 1200 * 3)).save(path, compress_level=0)
    large = Picture(kind="image", path=path, media_type="image/png", width=1200, height=1200, parent=False)
    small = drawn(tmp_path, "small.png")
    for _ in range(2):
        assert len(say(pictures=(small, large), uploads=tmp_path / "uploads").pictures) == 1
    content = messages(server.requests[1].body.fields)[0]["content"]
    assert ["image_url" in content[1], "file_id" in content[2]] == [True, True]
    assert [stored.data for stored in server.office.uploads()] == [path.read_bytes()]
    assert server.count == 2


def test_a_parent_in_the_conversation_is_not_uploaded(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    first = say()
    path = tmp_path / "large.png"
    Image.frombytes("RGB", (1200, 1200), os.urandom(1200 * 1200 * 3)).save(path, compress_level=0)
    large = Picture(kind="image", path=path, media_type="image/png", width=1200, height=1200)
    say(previous=first.response_id, pictures=(large,), turns=("a red fox",))
    assert server.office.uploads() == []


def test_a_later_turn_continues_by_id_without_the_parents_bytes(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    first = say()
    parent = drawn(tmp_path, "parent.png")
    reference = drawn(tmp_path, "reference.png", parent=False)
    say(previous=first.response_id, pictures=(parent, reference), prompt="at night", turns=("a red fox",))
    fields = server.requests[1].body.fields
    assert fields["previous_response_id"] == "resp_0001"
    assert images_in(fields) == [reference.path.read_bytes()]
    assert [item["role"] for item in messages(fields)] == ["user"]


def test_without_an_id_the_earlier_prompts_and_the_parent_are_sent(
    server: FakeOpenAI, say: Say, tmp_path: Path
) -> None:
    parent = drawn(tmp_path, "parent.png")
    say(pictures=(parent,), prompt="add a moon", turns=("a red fox", "at night"))
    fields = server.requests[0].body.fields
    assert "previous_response_id" not in fields
    assert [item["role"] for item in messages(fields)] == ["user", "user", "developer", "user"]
    assert [item["content"][0]["text"] for item in messages(fields)][:2] == ["a red fox", "at night"]
    assert images_in(fields) == [parent.path.read_bytes()]


def messages(fields: Any) -> list[dict[str, Any]]:
    return list(fields["input"])


def test_with_store_off_nothing_is_kept_and_no_id_is_told(server: FakeOpenAI, say: Say) -> None:
    assert say(settings={"store": False}).response_id is None
    assert server.requests[0].body.fields["store"] is False


def test_a_mainline_model_that_is_not_there_is_named(server: FakeOpenAI, say: Say) -> None:
    with pytest.raises(Stopped, match="no model 'gpt-0'"):
        say(responses_model="gpt-0")
    with pytest.raises(Stopped, match="no model 'gpt-image-9'"):
        say(model="gpt-image-9")


# --- money -------------------------------------------------------------------------------------------------------------


def test_a_bill_has_both_parts(server: FakeOpenAI, say: Say) -> None:
    answer = say()
    assert answer.cost == server.cost
    assert set(answer.usage) == {"usage", "image_gen", "responses_model"}
    assert answer.usage["responses_model"] == "gpt-6-astra-2026-10-01"


def test_without_the_mainlines_prices_the_tools_part_counts(server: FakeOpenAI, say: Say) -> None:
    answer = say(settings={"models": {}})
    assert answer.cost is not None
    image = answer.usage["image_gen"]
    assert isinstance(image, dict)
    assert answer.cost == (Decimal(image["output_tokens"]) * 30 + image["input_tokens"] * 5) / 1_000_000
    assert 0 < answer.cost < server.cost


def test_without_the_tools_usage_nobody_knows_the_cost(server: FakeOpenAI, say: Say) -> None:
    server.say(Turn(tool_usage=False))
    assert say().cost is None
    server.say(Turn(usage=False))
    assert say().cost is None


def test_a_stated_price_goes_first(server: FakeOpenAI, say: Say) -> None:
    assert say(settings={"price_per_image": Decimal("0.07")}).cost == Decimal("0.07")


def test_a_drawings_author_is_billed_where_its_price_is_known(server: FakeOpenAI, say: Say) -> None:
    answer = say(kind="svg", model="gpt-image-2.6-flare")
    assert answer.cost == server.requests[0].cost + (Decimal(50) * 2 + Decimal(900) * 12) / 1_000_000
    assert say(kind="svg", model="gpt-image-2.6-flare", settings={"models": {}}).cost is None
    assert answer.pictures[0].media_type == "image/svg+xml"
    assert "svg_usage" in answer.usage


# --- how a turn ends -----------------------------------------------------------------------------------------------------


def test_of_several_calls_the_last_is_the_first_candidate(server: FakeOpenAI, say: Say) -> None:
    server.say(Turn(calls=3))
    answer = say()
    output = server.talks.kept["resp_0001"]["output"]
    told = [base64.b64decode(item["result"]) for item in output if item["type"] == "image_generation_call"]
    assert [item.data for item in answer.pictures] == told[::-1]
    assert answer.cost == server.cost


def test_a_picture_counts_whatever_the_response_says_besides(server: FakeOpenAI, say: Say) -> None:
    def cut_short(told: dict[str, Any]) -> None:
        told |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}

    server.say(Turn(change=cut_short))
    assert len(say().pictures) == 1


HARSH = {"code": "image_content_policy_violation", "message": "no", "type": "x"}
ENDS: dict[str, tuple[Behaviour, type[ProviderError], str, bool]] = {
    "words": (
        Turn(words="I would rather\ntalk"),
        Failed,
        "answered in words and drew nothing: I would rather talk",
        True,
    ),
    "blocked call": (
        Turn(failed=blocked("output", ("violence", "self-harm"))),
        Refused,
        r"\(moderation_blocked; stage: output; categories: violence, self-harm\)",
        True,
    ),
    "failed call": (
        Turn(failed={"code": "server_error", "message": "no brush", "type": "server_error"}),
        Failed,
        "could not draw it: no brush",
        True,
    ),
    "blocked before": (moderated(), Refused, "stage: input; categories: sexual", False),
    "incomplete": (Turn(status="incomplete", reason="max_output_tokens"), Failed, r"\(max_output_tokens\)", True),
    "filtered": (Turn(status="incomplete", reason="content_filter"), Refused, "content_filter", True),
    "cancelled, with a bill": (Turn(status="cancelled"), Failed, "cancelled", True),
    "cancelled": (Turn(status="cancelled", usage=False), Unknown, "cancelled", False),
    "policy": (Turn(status="failed", error=HARSH), Refused, "image_content_policy_violation", True),
    "bad image": (
        Turn(status="failed", error={"code": "invalid_image", "message": "bad"}, usage=False),
        Failed,
        "127.0.0.1:[0-9]+: invalid_image: bad",
        False,
    ),
    "rate inside": (
        Turn(status="failed", error={"code": "rate_limit_exceeded", "message": "slow"}, usage=False),
        Busy,
        "rate_limit_exceeded",
        False,
    ),
    "server inside": (
        Turn(status="failed", error={"code": "server_error", "message": "oh"}, usage=False),
        Busy,
        "server_error",
        False,
    ),
    "server inside, after work": (
        Turn(status="failed", error={"code": "server_error", "message": "oh"}),
        Unknown,
        "broke off: oh",
        False,
    ),
    "failed without a word": (Turn(status="failed", usage=False), Failed, "no reason is told", False),
    "still running": (Turn(status="in_progress"), Unknown, "before the picture was done", False),
    "nothing": (Turn(calls=0), Unknown, "neither picture nor words", False),
    "no JSON": (Raw(body=b"{"), Unknown, "cut short", False),
    "a page": (Raw(body=b"<html>"), Unknown, "web page", False),
    "another object": (Raw(body=b'{"output": 3}'), Unknown, "neither picture nor words", False),
    "damaged picture": (
        Raw(body=b'{"output": [{"type": "image_generation_call", "status": "completed", "result": "%%"}]}'),
        Unknown,
        "no readable picture",
        False,
    ),
    "gateway": (gateway(502), Unknown, "HTTP 502", False),
    "cut": (Cut("during"), Unknown, "broke", False),
    "rate": (Error(429, "rate_limit_exceeded", "requests"), Busy, "429", False),
    "quota": (Error(429, "insufficient_quota"), Stopped, "no money left", False),
    "key": (Error(401, "invalid_api_key"), Stopped, "key", False),
    "verify": (Error(403, None, message="organization must be verified"), Stopped, "verified", False),
}


@pytest.mark.parametrize("name", ENDS)
def test_an_end_by_name(server: FakeOpenAI, say: Say, name: str) -> None:
    do, kind, text, is_billed = ENDS[name]
    server.say(do)
    with pytest.raises(kind, match=text) as caught:
        say()
    assert type(caught.value) is kind
    assert (caught.value.bill is not None) is is_billed
    assert server.count == 1


def test_a_turn_in_words_costs_its_tokens(server: FakeOpenAI, say: Say) -> None:
    server.say(Turn(words="no"), times=2)
    with pytest.raises(Failed) as caught:
        say()
    assert caught.value.bill is not None
    assert caught.value.bill.cost == server.cost > 0
    with pytest.raises(Failed) as caught:
        say(settings={"models": {}})
    assert caught.value.bill is not None
    assert caught.value.bill.cost is None


def test_a_time_out_may_have_been_billed(server: FakeOpenAI, say: Say) -> None:
    server.say(Hang())
    with pytest.raises(Unknown, match="in time"):
        say(settings={"timeout": 1})


def test_a_conversation_that_is_gone_is_certainly_not_continued(server: FakeOpenAI, say: Say, tmp_path: Path) -> None:
    with pytest.raises(Forgotten):
        say(previous="resp_9999", pictures=(drawn(tmp_path, "a.png"),), turns=("x",))
    assert server.cost == 0


@pytest.mark.parametrize("status", [400, 404])
def test_a_gone_conversation_in_other_words(server: FakeOpenAI, say: Say, tmp_path: Path, status: int) -> None:
    server.say(Error(status, None, message="Previous response not found.", param="previous_response_id"))
    with pytest.raises(Forgotten):
        say(previous="resp_9999", pictures=(drawn(tmp_path, "a.png"),), turns=("x",))
