"""Streams of both APIs, over real HTTP: what is told on the way, what counts as the picture, and what as no answer."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import png
from fakes.openai_request import request
from fakes.openai_responses import Stream, Turn, blocked
from fakes.openai_server import Behaviour, Cut, Error, FakeOpenAI, Hang, moderated
from pixmake.providers.base import (
    Answer,
    Busy,
    Call,
    Failed,
    Partial,
    Picture,
    ProviderError,
    Refused,
    Stopped,
    Unknown,
)
from pixmake.providers.openai.provider import OpenAIProvider

PRICED: dict[str, object] = {"models": {"gpt-6-astra": {"prices": {"text_in": Decimal(2), "text_out": Decimal(12)}}}}
APIS = ("images", "responses")


class Watcher:
    """One streamed call at a time, and the looks that it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[Partial] = []

    def call(self, api: str, partials: int, *, edit: bool = False, **fields: object) -> Call:
        path = self.folder / "parent.png"
        path.write_bytes(png(64, 64, b"parent"))
        parent = Picture(kind="image", path=path, media_type="image/png", width=64, height=64)
        talk = {"responses_model": "gpt-6-astra"} if api == "responses" else {}
        return Call(
            request=request(edit=edit, api=api, **talk, **fields),
            pictures=(parent,) if edit else (),
            count=1,
            intent="i",
            scratch=self.folder,
            partials=partials,
            on_partial=self.seen.append,
        )

    def ask(
        self, api: str, partials: int = 2, *, settings: dict[str, object] | None = None, **fields: object
    ) -> Answer:
        provider = OpenAIProvider(PRICED | (settings or {}))
        edit = fields.pop("edit", False) is True

        async def run() -> Answer:
            try:
                return await provider.make(self.call(api, partials, edit=edit, **fields))
            finally:
                await provider.close()

        return asyncio.run(run())


@pytest.fixture
def watcher(server: FakeOpenAI, tmp_path: Path) -> Watcher:
    return Watcher(tmp_path)


@pytest.mark.parametrize("edit", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_looks_are_told_in_order_and_the_last_event_brings_the_picture(
    server: FakeOpenAI, watcher: Watcher, api: str, edit: bool
) -> None:
    answer = watcher.ask(api, 3, edit=edit)
    assert [item.number for item in watcher.seen] == [1, 2, 3]
    assert {item.media_type for item in watcher.seen} == {"image/png"}
    assert len(answer.pictures) == 1
    assert answer.pictures[0].data not in [item.data for item in watcher.seen]
    assert answer.pictures[0].data.startswith(b"\x89PNG")
    assert answer.request_id == "req_1"
    assert answer.cost == server.cost
    assert answer.usage
    fields = server.requests[0].body.fields
    assert fields["stream"] is True
    assert (server.requests[0].tool if api == "responses" else fields)["partial_images"] == 3
    assert answer.response_id == ("resp_0001" if api == "responses" else None)


@pytest.mark.parametrize("api", APIS)
def test_fewer_looks_than_were_asked_for_are_fine(server: FakeOpenAI, watcher: Watcher, api: str) -> None:
    server.say(Stream(partials=0))
    assert len(watcher.ask(api).pictures) == 1
    assert watcher.seen == []


MODERATED = blocked("output", ("violence",))
RATE = {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}
QUOTA = {"message": "no money", "type": "insufficient_quota", "code": "insufficient_quota"}
WRONG = {"message": "bad size", "type": "invalid_request_error", "code": "invalid_value", "param": "size"}
SERVER = {"message": "oh", "type": "server_error", "code": "server_error"}
ENDS: dict[str, tuple[Behaviour, type[ProviderError]]] = {
    "no completed event": (Stream(end="none"), Unknown),
    "nothing at all": (Stream(partials=0, end="none"), Unknown),
    "garbage": (Stream(end="garbage"), Unknown),
    "cut": (Cut("during"), Unknown),
    "cut before": (Cut("before"), Unknown),
    "hangs": (Hang(headers=True), Unknown),
    "moderated on the way": (Stream(end="error", error=MODERATED), Refused),
    "moderated at once": (moderated(), Refused),
    "rate at once": (Error(429, "rate_limit_exceeded"), Busy),
    "rate in a frame": (Stream(partials=0, end="error", error=RATE), Busy),
    "rate after a look": (Stream(partials=1, end="error", error=RATE), Unknown),
    "server in a frame": (Stream(partials=0, end="error", error=SERVER), Busy),
    "server after a look": (Stream(partials=1, end="error", error=SERVER), Unknown),
    "quota in a frame": (Stream(partials=0, end="error", error=QUOTA), Stopped),
    "wrong": (Stream(partials=0, end="error", error=WRONG), Failed),
    "key": (Error(401, "invalid_api_key"), Stopped),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", ENDS)
def test_an_end_of_a_stream(server: FakeOpenAI, watcher: Watcher, api: str, name: str) -> None:
    do, kind = ENDS[name]
    server.say(do)
    with pytest.raises(ProviderError) as caught:
        watcher.ask(api, settings={"timeout": 1} if name == "hangs" else {})
    assert type(caught.value) is kind, caught.value
    assert server.count == 1


def test_a_refusal_on_the_way_names_stage_and_categories(server: FakeOpenAI, watcher: Watcher) -> None:
    server.say(Stream(end="error", error=MODERATED))
    with pytest.raises(Refused, match="stage: output; categories: violence"):
        watcher.ask("images")


def test_a_streamed_turn_in_words_is_billed(server: FakeOpenAI, watcher: Watcher) -> None:
    server.say(Turn(words="no"))
    with pytest.raises(Failed, match="answered in words") as caught:
        watcher.ask("responses")
    assert caught.value.bill is not None
    assert caught.value.bill.cost == server.cost


# --- a stream beside a turn in the background -----------------------------------------------------------------------------


def beside(watcher: Watcher) -> Answer:
    """A turn sent off with a stream beside it, asked after until it is done."""
    provider = OpenAIProvider(PRICED)

    async def run() -> Answer:
        try:
            call = watcher.call("responses", 2)
            handle = await provider.send_off(call)
            while (end := await provider.ask_after(handle, call.request)) is None:
                await asyncio.sleep(0.01)
            assert isinstance(end, Answer)
            await asyncio.sleep(0.05)
            return end
        finally:
            await provider.close()

    return asyncio.run(run())


def test_looks_come_beside_a_turn_in_the_background(server: FakeOpenAI, watcher: Watcher) -> None:
    answer = beside(watcher)
    assert [item.number for item in watcher.seen] == [1, 2]
    assert (len(answer.pictures), answer.response_id) == (1, "resp_0001")
    assert server.requests[0].body.fields["background"] is True
    assert server.requests[0].body.fields["stream"] is True


def test_a_stream_that_breaks_beside_takes_nothing_with_it(server: FakeOpenAI, watcher: Watcher) -> None:
    server.say(Stream(partials=1, end="none"))
    answer = beside(watcher)
    assert len(watcher.seen) == 1
    assert len(answer.pictures) == 1
    assert server.count == 1
