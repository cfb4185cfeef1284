"""Fixtures for tests that buy from the fake server: `from fakes.buying import server, yard` in a folder's conftest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.openai_server import FakeOpenAI


def known(server: FakeOpenAI, patch: pytest.MonkeyPatch) -> None:
    """Names a server in the environment as OpenAI is; nothing else of the environment matters then."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        patch.delenv(name, raising=False)
    patch.setenv("OPENAI_API_KEY", server.key)
    patch.setenv("OPENAI_BASE_URL", server.url)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    """A running server, known by the environment as OpenAI is."""
    with FakeOpenAI() as running:
        known(running, monkeypatch)
        yield running


@pytest.fixture
def yard(tmp_path: Path, server: FakeOpenAI) -> Yard:
    """A project that buys by batch from it."""
    return Yard(tmp_path, server)
