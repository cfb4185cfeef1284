"""Answers of status 200 that never end: each route stops reading, and what was paid for is neither lost nor paid again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.openai_server import FakeOpenAI
from fakes.talking import HEAD, PROVIDER, Ground, states
from pixmake.providers.openai import bounding

IMAGES = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}
assets: {fox: a red fox}
"""
TURN = HEAD + PROVIDER.replace("openai:\n", "openai:\n  background: false\n") + "assets: {fox: a red fox}\n"


@pytest.fixture
def yard(server: FakeOpenAI, tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(tmp_path, server)
    yard.assets("fox in snow", "owl at dusk")
    yield yard


@pytest.mark.parametrize("spec", [IMAGES, TURN])
def test_a_stream_is_read_to_a_bound(
    server: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    monkeypatch.setattr(bounding, "most_of", lambda path, sends: 2_000)
    report = Ground(tmp_path, spec).build(partials=2)
    assert (report.exit_code, states(report)) == (5, ["unknown"])
    assert "is larger than" in report.problems[0].message
    assert server.count == 1


def test_what_is_told_of_a_batch_is_read_to_a_bound(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.build()
    yard.server.office.run()
    with monkeypatch.context() as patch:
        patch.setattr(bounding, "MOST_TOLD", 100)
        [standing] = yard.collect().going
        assert "is larger than" in str(standing.message)
    assert yard.states() == {"sent": 2}
    yard.finish()


def test_the_files_of_a_batch_are_as_large_as_they_are(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.build()
    yard.server.office.run()
    monkeypatch.setattr(bounding, "MOST_TOLD", 3_000)
    size = len(yard.server.office.files[str(yard.server.office.batches[0].output)].data)
    assert size > 3_000
    assert yard.collect().saved == 2


def test_a_batch_whose_making_is_answered_without_end_is_found_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = bounding.most_of
    with monkeypatch.context() as patch:
        patch.setattr(
            bounding, "most_of", lambda path, sends: 10 if path.endswith("/batches") and sends else told(path, sends)
        )
        assert yard.build().exit_code == 3
    assert yard.states() == {"sent": 2}
    yard.finish()
