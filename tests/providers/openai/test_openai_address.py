"""Which server gets which key, and what stands in the way before anything is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.openai_request import request
from fakes.openai_server import FakeOpenAI
from pixmake.providers.base import Answer, Call, Stopped
from pixmake.providers.openai.address import OPENAI, address_of
from pixmake.providers.openai.provider import OpenAIProvider

Ask = Callable[..., Answer]
CANARY = "sk-canary-7f3a91d2e5"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STUDIO_KEY", "STUDIO_URL"):
        monkeypatch.delenv(name, raising=False)


OBSTACLES: list[tuple[dict[str, object], dict[str, str], str | None]] = [
    ({}, {"OPENAI_API_KEY": CANARY}, None),
    ({}, {}, "no API key: set OPENAI_API_KEY, or use --draft for free drafts"),
    ({}, {"OPENAI_API_KEY": "  "}, "no API key: set OPENAI_API_KEY, or use --draft for free drafts"),
    ({}, {"OPENAI_API_KEY": f"{CANARY}\n"}, "the key in OPENAI_API_KEY holds a line break: set it again without"),
    ({}, {"OPENAI_API_KEY": f"{CANARY}\r\n"}, "the key in OPENAI_API_KEY holds a line break: set it again without"),
    ({}, {"OPENAI_API_KEY": f" {CANARY}"}, "the key in OPENAI_API_KEY holds white space: set it again without"),
    (
        {},
        {"OPENAI_API_KEY": f"{CANARY}\u2026"},
        "the key in OPENAI_API_KEY holds characters that no key has: copy it again",
    ),
    (
        {},
        {"OPENAI_API_KEY": f"{CANARY}\x07"},
        "the key in OPENAI_API_KEY holds characters that no key has: copy it again",
    ),
    (
        {"api_key_env": "STUDIO_KEY"},
        {"OPENAI_API_KEY": CANARY},
        "no API key: set STUDIO_KEY, or use --draft for free drafts",
    ),
    ({"base_url": "http://127.0.0.1:1/v1"}, {}, None),
    (
        {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "STUDIO_KEY"},
        {},
        (
            "no API key: set STUDIO_KEY, or use --draft for free drafts; "
            "any word will do if the server 127.0.0.1:1 needs no key"
        ),
    ),
    (
        {"base_url_env": "STUDIO_URL"},
        {},
        "no address: set STUDIO_URL to the address of the server, like http://127.0.0.1:8080/v1",
    ),
    (
        {"base_url": "localhost:8080/v1"},
        {},
        "base_url is no address of a server: write one like http://127.0.0.1:8080/v1",
    ),
    (
        {},
        {"OPENAI_BASE_URL": "http://[::", "OPENAI_API_KEY": CANARY},
        "OPENAI_BASE_URL is no address of a server: write one like http://127.0.0.1:8080/v1",
    ),
    (
        {},
        {"OPENAI_BASE_URL": "http://user:pass-canary@127.0.0.1:1/v1"},
        (
            "no API key: set OPENAI_API_KEY, or use --draft for free drafts; "
            "any word will do if the server 127.0.0.1:1 needs no key"
        ),
    ),
]


@pytest.mark.parametrize(("settings", "env", "text"), OBSTACLES)
def test_obstacles(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], env: dict[str, str], text: str | None
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    provider = OpenAIProvider(settings)
    assert provider.obstacle() == text
    assert "canary" not in repr(provider) + repr(vars(provider)) + repr(address_of(settings))


def test_with_an_obstacle_nothing_is_sent(server: FakeOpenAI, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "two words")
    with pytest.raises(Stopped, match=r"^the key in OPENAI_API_KEY holds white space: set it again without$"):
        ask()
    assert server.count == 0


def test_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert (address_of({}).url, address_of({}).key) == (OPENAI, "k")


def test_a_server_of_the_spec_gets_no_key_that_it_does_not_name(
    server: FakeOpenAI, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.strict = False
    monkeypatch.delenv("OPENAI_BASE_URL")
    ask(settings={"base_url": server.url})
    monkeypatch.setenv("STUDIO_KEY", "sk-studio")
    ask(settings={"base_url": server.url, "api_key_env": "STUDIO_KEY"})
    monkeypatch.setenv("STUDIO_URL", server.url)
    ask(settings={"base_url_env": "STUDIO_URL", "api_key_env": "OPENAI_API_KEY"})
    sent = [asked.headers["authorization"] for asked in server.requests]
    assert sent == ["Bearer unused", "Bearer sk-studio", f"Bearer {server.key}"]


def test_a_server_of_the_spec_that_wants_a_key_is_told_how(server: FakeOpenAI, ask: Ask) -> None:
    with pytest.raises(Stopped, match=r"wants a key \(HTTP 401\)$") as raised:
        ask(settings={"base_url": server.url})
    assert raised.value.help == "name the variable with the key of this server: 'api_key_env: …' under 'providers'"


def test_one_provider_serves_many_loops_and_many_calls_at_once(server: FakeOpenAI, tmp_path: Path) -> None:
    server.delay = 0.3
    provider = OpenAIProvider({})
    call = Call(request=request(), pictures=(), count=1, intent="i", scratch=tmp_path)

    async def run(close: bool) -> int:
        answers = await asyncio.gather(*(provider.make(call) for _ in range(12)))
        if close:
            await provider.close()
        return len({answer.pictures[0].data for answer in answers})

    assert [asyncio.run(run(close)) for close in (False, True, True)] == [12, 12, 12]
    assert server.count == 36
    assert server.most_at_once == 12
