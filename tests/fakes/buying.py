"""Fixtures for tests that buy from the fake server: `from fakes.buying import server, yard` in a folder's conftest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.openai_server import FakeOpenAI


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    """A running server, known by the environment as OpenAI is."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FakeOpenAI() as running:
        monkeypatch.setenv("OPENAI_API_KEY", running.key)
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        yield running


@pytest.fixture
def yard(tmp_path: Path, server: FakeOpenAI) -> Yard:
    """A project that buys by batch from it."""
    return Yard(tmp_path, server)
