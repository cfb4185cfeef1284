"""The `openai` provider against the fake server, over real HTTP and through the real SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.openai_request import request
from fakes.openai_server import FakeOpenAI
from pixmake.providers.base import Answer, Call, Picture
from pixmake.providers.openai.provider import OpenAIProvider

CANARY = "sk-canary-7f3a91d2e5"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    """A running server, known by the environment as OpenAI is."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with FakeOpenAI(key=CANARY) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        yield running


Ask = Callable[..., Answer]


@pytest.fixture
def ask(server: FakeOpenAI, tmp_path: Path) -> Ask:
    """Makes one call: fields of the request, and `count`, `pictures`, `settings`."""

    def ask(
        *,
        count: int = 1,
        pictures: tuple[Picture, ...] = (),
        settings: dict[str, object] | None = None,
        **fields: object,
    ) -> Answer:
        provider = OpenAIProvider(settings or {})
        call = Call(
            request=request(edit=bool(pictures), **fields), pictures=pictures, count=count, intent="i", scratch=tmp_path
        )

        async def run() -> Answer:
            try:
                return await provider.make(call)
            finally:
                await provider.close()

        return asyncio.run(run())

    return ask
