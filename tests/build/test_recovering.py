"""What the next process makes of a call whose own process died: saved where the picture is whole, else unknown, never sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.counting import png
from fakes.platter import Platter
from fakes.project import Ground, states
from pixmake.digest import sha256_bytes
from pixmake.plan.keys import preimage
from pixmake.store.home import Store
from pixmake.store.journal import Journal
from pixmake.store.records import Intent, Outcome, decode_or_none
from store.making import intent, result

SPEC = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {hen: {prompt: a hen}}\n"
PICTURE = png(1024, 1024, b"saved!")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path, SPEC)


@pytest.fixture
def dead(ground: Ground) -> Iterator[tuple[Store, Intent]]:
    """A store with the intent of a process that is no more."""
    project = ground.project()
    verdict = project.plan().entries[0].verdict
    assert verdict.key is not None and verdict.request is not None
    call = replace(intent(), key=verdict.key, request=preimage(verdict.request), asset="hen", scope=str(ground.root))
    project.store.journal.append(call)
    yield project.store, call


def names(store: Store) -> list[str]:
    return [type(decode_or_none(line)).__name__ for line in store.journal.read().lines]


def test_of_which_nothing_came_is_unknown_and_not_sent_again(ground: Ground, dead: tuple[Store, Intent]) -> None:
    assert ground.project().recover() == 0
    assert states(ground.plan()) == {"hen#0": "unknown"}
    assert (ground.build().exit_code, ground.sent()) == (5, 0)
    assert (ground.build(repeat=True).exit_code, ground.sent()) == (0, 1)


@pytest.mark.parametrize("way", ["arrived", "landing"])
def test_whose_picture_had_come_whole_is_done(ground: Ground, dead: tuple[Store, Intent], way: str) -> None:
    store, call = dead
    if way == "arrived":
        store.content.receive(call.intent, 0, PICTURE)
    else:
        store.content.land(call.intent, 0).write(PICTURE)
    assert ground.project().recover() == 1
    [saved] = ground.project().store.results.pool(call.key).results
    assert (saved.digest, saved.source, saved.width, saved.cost) == (sha256_bytes(PICTURE), "api", 1024, None)
    assert list((ground.store / "incoming").iterdir()) == []
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


@pytest.mark.parametrize("data", [PICTURE[:-30], b"", b"<html>sorry</html>"])
def test_whose_picture_is_torn_is_unknown_and_the_piece_is_kept(
    ground: Ground, dead: tuple[Store, Intent], data: bytes
) -> None:
    store, call = dead
    store.content.land(call.intent, 0).write(data)
    assert ground.project().recover() == 0
    ground.project().recover()
    assert states(ground.plan()) == {"hen#0": "unknown"}
    assert [path.read_bytes() for path in (ground.store / "quarantine").glob("*")] == ([data] if data else [b""])
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_that_was_alive_after_all_is_left_to_its_process(
    ground: Ground, dead: tuple[Store, Intent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen open, and finished by its own process before its key's lock came free: nothing is written of it again."""
    store, call = dead
    digest = store.content.put(PICTURE)
    end = Outcome(intent=call.intent, key=call.key, results=(replace(result(PICTURE), digest=digest),))
    real = Journal.key_lock

    def waited(journal: Journal, key: str, *, timeout: float) -> AbstractContextManager[None]:
        monkeypatch.setattr(Journal, "key_lock", real)
        store.journal.append(end)
        return real(journal, key, timeout=timeout)

    monkeypatch.setattr(Journal, "key_lock", waited)
    assert ground.project().recover() == 0
    assert names(store) == ["Intent", "Outcome"]


def test_whose_lock_is_held_is_alive(ground: Ground, dead: tuple[Store, Intent]) -> None:
    store, call = dead
    with store.journal.key_lock(call.key, timeout=0):
        assert ground.project().recover() == 0
    assert names(store) == ["Intent"]


def test_what_is_saved_is_on_the_disk_before_it_is_recorded(
    ground: Ground, dead: tuple[Store, Intent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, call = dead
    arrival = store.content.receive(call.intent, 0, PICTURE)
    platter = Platter(tmp_path, monkeypatch)
    seen: list[tuple[bool, bool]] = []

    def look() -> None:
        recorded = b'"type":"done"' in (platter.cut(store.journal.path) or b"")
        seen.append((recorded, platter.cut(store.content.path(arrival.digest)) is not None))

    platter.watch = look
    os.fsync(folder := os.open(ground.store, os.O_RDONLY))  # its names stood before
    os.close(folder)
    os.fsync(folder := os.open(tmp_path, os.O_RDONLY))
    os.close(folder)
    assert ground.project().recover() == 1
    assert (True, False) not in seen and seen[-1][0]
    platter.close()
