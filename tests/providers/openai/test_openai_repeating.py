"""A request that repeats an earlier one with another body is the very request that the SDK would have sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fakes.openai_request import request
from pixmake.providers.base import Call
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.clients import client_of
from pixmake.providers.openai.dialect import Dialect
from pixmake.providers.openai.images import fields_of
from pixmake.providers.openai.repeating import Repeats
from pixmake.providers.openai.sdk import openai

BEARER = Address(url="http://127.0.0.1:9/v1/", key_name=None, key="a-key")
AZURE = Address(url="http://127.0.0.1:9/", key_name=None, key="a-key", header="api-key", api_version="2026-01-01")
Said = tuple[str, str, list[tuple[bytes, bytes]], bytes, dict[str, Any]]
Body = dict[str, Any]


class Ear(httpx2.AsyncBaseTransport):
    """Keeps what is sent, and answers with an empty object, or as it is told to."""

    def __init__(self, answer: Callable[[int], httpx2.Response] | None = None) -> None:
        self.heard: list[Said] = []
        self.answer = answer or (lambda number: httpx2.Response(200, json={}))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        head = sorted((name.lower(), value) for name, value in request.headers.raw)
        self.heard.append((request.method, str(request.url), head, body, dict(request.extensions)))
        return self.answer(len(self.heard))


class Poster:
    """Posts bodies by one client; `by_sdk` counts those that the SDK sent."""

    def __init__(self, ear: Ear, address: Address = BEARER, **more: Any) -> None:
        self.http = httpx2.AsyncClient(transport=ear)
        self.client: Any = client_of(address, Dialect(), http=self.http, timeout=openai.Timeout(60, connect=15))
        self.repeats = Repeats(self.http)
        self.more = more
        self.by_sdk = 0

    async def post(self, body: Body, **more: Any) -> bytes:
        named = {name: value for name, value in body.items() if name in ("prompt", "model")}
        further = {name: value for name, value in body.items() if name not in named}

        def by_sdk() -> Any:
            self.by_sdk += 1
            generate = self.client.images.with_streaming_response.generate
            return generate(**named, extra_body=further, **self.more, **more)

        async with self.repeats.post(str(named.get("model")), {**named, **further}, by_sdk) as response:
            return b"".join([piece async for piece in response.aiter_bytes()])


def posted(bodies: Sequence[Body], *, anew: bool, address: Address = BEARER) -> tuple[list[Said], int]:
    """What is sent for these bodies, by one client or each by a new one; and how many of them the SDK sent."""
    ear, posters = Ear(), list[Poster]()

    async def run() -> None:
        for body in bodies:
            if anew or not posters:
                posters.append(Poster(ear, address))
            assert await posters[-1].post(body) == b"{}"

    asyncio.run(run())
    return ear.heard, sum(poster.by_sdk for poster in posters)


BODIES: list[Body] = [
    {"model": "m", "prompt": "a cat", "n": 1},
    {"model": "m", "prompt": "a dog"},
    {"model": "m", "prompt": 'größer als \u2028 "quoted" 🦊\n', "options": {"a": [1, 2.5, None, True]}},
    {"model": "m", "prompt": ""},
    {"model": "m", "prompt": "a" * 100_000, "size": "auto"},
]
"""In the order of the fields that calls have."""


@pytest.mark.parametrize("address", [BEARER, AZURE])
def test_a_repeated_request_is_what_the_sdk_would_have_sent(address: Address) -> None:
    ours, by_sdk = posted(BODIES, anew=False, address=address)
    theirs, _ = posted(BODIES, anew=True, address=address)
    assert (ours, by_sdk) == (theirs, 2)


def test_the_fields_of_a_call_are_repeated(tmp_path: Path) -> None:
    requests = [request(prompt=text) for text in ("one", "two", "three")]
    calls = [Call(request=item, pictures=(), count=1, intent="i", scratch=tmp_path) for item in requests]
    assert posted([fields_of(call) for call in calls], anew=False)[1] == 2


def test_another_model_is_another_kind_of_request() -> None:
    bodies = [{**body, "model": model} for model in ("one", "two") for body in BODIES]
    ours, by_sdk = posted(bodies, anew=False, address=AZURE)
    assert by_sdk == 4
    assert ours == posted(bodies, anew=True, address=AZURE)[0]


def test_what_only_the_sdk_can_write_is_left_to_it() -> None:
    ear = Ear()

    async def run() -> int:
        poster = Poster(ear)
        for body in [*BODIES, {"model": "m", "prompt": "p", "size": openai.omit}]:
            await poster.post(body)
        return poster.by_sdk

    assert asyncio.run(run()) == 3
    assert ear.heard[-1][3] == b'{"model":"m","prompt":"p"}'


def test_a_head_that_is_made_for_each_call_is_never_repeated() -> None:
    ear = Ear()

    async def run() -> int:
        poster = Poster(ear)
        for number, body in enumerate(BODIES):
            await poster.post(body, extra_headers={"x-mine": str(number)})
        return poster.by_sdk

    assert asyncio.run(run()) == len(BODIES)
    assert [dict(head)[b"x-mine"] for _, _, head, _, _ in ear.heard] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_cookie_that_the_server_gives_goes_with_the_next_call() -> None:
    ear = Ear(lambda number: httpx2.Response(200, headers={"set-cookie": "turn=1; path=/"} if number == 3 else {}))

    async def run() -> None:
        poster = Poster(ear)
        for body in BODIES:
            await poster.post(body)

    asyncio.run(run())
    assert [dict(head).get(b"cookie") for _, _, head, _, _ in ear.heard] == [None, None, None, b"turn=1", b"turn=1"]


def test_where_the_sdk_writes_its_body_otherwise_it_sends_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from openai import _base_client

    written = iter(range(100))
    monkeypatch.setattr(_base_client, "openapi_dumps", lambda said: b"body %d" % next(written))
    heard, by_sdk = posted(BODIES, anew=False)
    assert [body for _, _, _, body, _ in heard] == [b"body %d" % number for number in range(5)]
    assert by_sdk == 5


def test_a_refusal_is_the_sdks_own_error_with_what_the_server_said() -> None:
    def refusal(number: int) -> httpx2.Response:
        return httpx2.Response(429 if number > 2 else 200, json={"error": {"message": f"call {number}"}})

    async def run() -> list[tuple[int, bytes, bool]]:
        poster, ends = Poster(Ear(refusal)), []
        for body in BODIES:
            try:
                await poster.post(body)
            except openai.APIStatusError as error:
                ends.append((error.status_code, error.response.content, error.response.is_closed))
        assert poster.by_sdk == 2
        return ends

    said = [b'{"error":{"message":"call %d"}}' % number for number in (3, 4, 5)]
    assert asyncio.run(run()) == [(429, text, True) for text in said]


def test_what_was_refused_proves_nothing() -> None:
    async def run() -> int:
        poster = Poster(Ear(lambda number: httpx2.Response(500, json={})))
        for body in BODIES:
            with pytest.raises(openai.APIStatusError):
                await poster.post(body)
        return poster.by_sdk

    assert asyncio.run(run()) == len(BODIES)
