"""An index that was made of another journal says nothing of this one, however much it covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixmake.store import results
from store.making import done, intent, key, store_at


def test_a_journal_that_was_put_back_is_read_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "INDEX_FROM", 1)
    store, other = store_at(tmp_path / "one"), store_at(tmp_path / "other")
    store.journal.append(intent("heart"), done("heart"), intent("sword"))
    assert store.results.save_index()
    for number in range(4):
        other.journal.append(intent("key", number), done("key", number))
    store.journal.path.write_bytes(other.journal.path.read_bytes())
    fresh = store_at(tmp_path / "one")
    assert fresh.results.pool(key("heart")).results == ()
    assert len(fresh.results.pool(key("key")).results) == 4
    assert fresh.results.unknown() == ()


def test_a_journal_that_was_put_back_while_somebody_looks_is_noticed(tmp_path: Path) -> None:
    store, other = store_at(tmp_path / "one"), store_at(tmp_path / "other")
    store.journal.append(intent("heart"), done("heart"))
    assert len(store.results.pool(key("heart")).results) == 1
    for number in range(4):
        other.journal.append(intent("key", number), done("key", number))
    data = other.journal.path.read_bytes()
    with store.journal.path.open("r+b") as stream:  # the very file, with other content
        stream.write(data)
    store.results.refresh()
    assert store.results.pool(key("heart")).results == ()
    assert len(store.results.pool(key("key")).results) == 4
