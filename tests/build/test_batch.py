"""Batches end to end over the real SDK: submit, process exit, collect; deaths, ends of every kind, and who may buy what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.openai_server import FakeOpenAI


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", server.key)
        yield server


@pytest.fixture
def yard(tmp_path: Path, server: FakeOpenAI) -> Yard:
    return Yard(tmp_path, server)


def test_three_waves_of_forty_assets(yard: Yard) -> None:
    yard.forty()
    assert yard.build().exit_code == 3
    assert yard.states() == {"sent": 40, "waits": 80}
    yard.server.office.run()
    yard.collect()
    assert yard.states() == {"pay": 40, "waits": 40, "fresh": 40}
    assert yard.build().exit_code == 3
    yard.server.office.run()
    yard.collect()
    assert yard.build().exit_code == 3
    yard.server.office.run()
    yard.collect()
    report = yard.build()
    assert (report.exit_code, len(report.written)) == (0, 40)
    assert yard.server.count == 0
    assert len(yard.server.office.prompts) == len(set(yard.server.office.prompts)) == 120
    assert yard.spent() == yard.server.office.cost
