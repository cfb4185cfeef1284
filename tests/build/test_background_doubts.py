"""Turns in the background of which the one who is asked knows nothing: too soon, or somebody else than was asked to draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.openai_server import Error, FakeOpenAI
from fakes.talking import HEAD, PROVIDER, Ground, states
from pixmake.store.records import Failure, Intent

FOX = HEAD + PROVIDER + "assets: {a: a fox}\n"
NOT_THERE = Error(404, None, message="Response with id 'resp_0001' not found.")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path, FOX)


def test_a_turn_that_is_not_there_yet_is_asked_after_again(server: FakeOpenAI, ground: Ground) -> None:
    server.looks += [NOT_THERE, NOT_THERE]
    assert ground.build().exit_code == 0
    assert server.count == 1


def use(server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", server.key)


@pytest.mark.parametrize("selector", ["a", "b"])
def test_another_account_can_not_lose_a_turn(
    server: FakeOpenAI, ground: Ground, monkeypatch: pytest.MonkeyPatch, selector: str
) -> None:
    server.looks += [Error(401, "invalid_api_key")]
    assert states(ground.build()) == ["sent"]
    ground.write(FOX.replace("{a: a fox}", "{a: a fox, b: a bear}"))
    with FakeOpenAI(key="sk-other") as elsewhere:
        use(elsewhere, monkeypatch)
        ground.build(selector, yes=False)
        assert elsewhere.count == 0
    use(server, monkeypatch)
    assert not [record for record in ground.records() if isinstance(record, Failure)]
    assert ground.build("a").exit_code == 0
    assert server.count == 1


def test_a_new_key_of_the_same_account_collects_it(
    server: FakeOpenAI, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.looks += [Error(401, "invalid_api_key")]
    ground.build()
    server.key = "sk-changed"
    use(server, monkeypatch)
    assert ground.build().exit_code == 0
    assert server.count == 1


def test_what_a_turn_may_still_read_is_not_removed(server: FakeOpenAI, ground: Ground) -> None:
    server.looks += [Error(401, "invalid_api_key")]
    ground.build()
    removed, left = ground.project().remove_uploads()
    assert (removed, len(left)) == ([], 1)
    [intent] = [record for record in ground.records() if isinstance(record, Intent)]
    assert server.key not in str(intent)
