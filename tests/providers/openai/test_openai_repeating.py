"""A request that repeats an earlier one with another body is the very request that the SDK would have built."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from pixmake.providers.openai.address import Address
from pixmake.providers.openai.clients import client_of
from pixmake.providers.openai.dialect import Dialect
from pixmake.providers.openai.sdk import openai

ADDRESS = Address(url="http://127.0.0.1:9/v1/", key_name=None, key="a-key")
Said = tuple[str, str, list[tuple[bytes, bytes]], bytes, dict[str, Any]]


class Ear(httpx2.AsyncBaseTransport):
    """Keeps what is sent, and answers with an empty object."""

    def __init__(self, **headers: str) -> None:
        self.heard: list[Said] = []
        self.headers = headers

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        head = sorted((name.lower(), value) for name, value in request.headers.raw)
        self.heard.append((request.method, str(request.url), head, body, dict(request.extensions)))
        return httpx2.Response(200, json={}, headers=self.headers)


def heard(bodies: list[dict[str, Any]], *, anew: bool, ear: Ear | None = None, **more: Any) -> list[Said]:
    """What is sent for these bodies, by one client or each by a new one."""
    ear = ear or Ear()

    async def run() -> None:
        client: Any = None
        for body in bodies:
            if client is None or anew:
                http = httpx2.AsyncClient(transport=ear)
                client = client_of(ADDRESS, Dialect(), http=http, timeout=openai.Timeout(60, connect=15))
            said = {**body}
            prompt = said.pop("prompt")
            async with client.images.with_streaming_response.generate(prompt=prompt, extra_body=said, **more) as reply:
                await reply.read()

    asyncio.run(run())
    return ear.heard


BODIES: list[dict[str, Any]] = [
    {"prompt": "a cat", "model": "m", "n": 1},
    {"prompt": 'größer als \u2028 "quoted" 🦊\n', "model": "m", "options": {"a": [1, 2.5, None, True]}},
    {"prompt": ""},
    {"prompt": "a" * 100_000, "size": "auto"},
]


def test_a_repeated_request_is_what_the_sdk_would_have_built() -> None:
    assert heard(BODIES, anew=False) == heard(BODIES, anew=True)


def test_what_is_not_alike_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    real = openai.AsyncOpenAI._build_request

    def build(self: Any, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        built.append(options.url)
        return real(self, options, retries_taken=retries_taken)

    monkeypatch.setattr(openai.AsyncOpenAI, "_build_request", build)
    heard(BODIES, anew=False)
    assert len(built) == 1
    heard(BODIES, anew=False, timeout=3.0)
    heard(BODIES, anew=False, extra_query={"a": "b"})
    assert len(built) == 1 + 2 * len(BODIES)


def test_other_headers_of_a_call_are_not_those_of_the_call_before() -> None:
    ear = Ear()

    async def run() -> None:
        http = httpx2.AsyncClient(transport=ear)
        client = client_of(ADDRESS, Dialect(), http=http, timeout=openai.Timeout(60))
        for value in ("one", "two", "one"):
            await client.images.with_raw_response.generate(prompt="p", extra_headers={"x-mine": value})

    asyncio.run(run())
    assert [dict(head)[b"x-mine"] for _, _, head, _, _ in ear.heard] == [b"one", b"two", b"one"]


def test_a_cookie_that_the_server_gives_goes_with_the_next_call() -> None:
    said = heard(BODIES[:3], anew=False, ear=Ear(**{"set-cookie": "turn=1; path=/"}))
    assert [dict(head).get(b"cookie") for _, _, head, _, _ in said] == [None, b"turn=1", b"turn=1"]


def test_where_the_sdk_writes_its_body_otherwise_it_builds_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from openai import _base_client

    written = iter(range(100))
    monkeypatch.setattr(_base_client, "openapi_dumps", lambda said: b"body %d" % next(written))
    assert [body for _, _, _, body, _ in heard(BODIES, anew=False)] == [b"body 0", b"body 1", b"body 2", b"body 3"]
