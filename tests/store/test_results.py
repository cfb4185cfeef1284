from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pixmake.digest import sha256_bytes
from pixmake.store import index as index_module
from pixmake.store import results as results_module
from pixmake.store.home import Store
from pixmake.store.records import Outcome, Why, encode, seal
from store.making import done, failed, intent, key, pick, result, store_at, tree


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_at(tmp_path / "store")


@pytest.fixture
def indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a store whose journal is in the index but for one last purchase."""
    monkeypatch.setattr(results_module, "INDEX_FROM", 1)
    store = store_at(tmp_path / "store")
    store.journal.append(intent("heart"), done("heart"), intent("key"), pick("heart", b"heart 0"))
    assert store.results.save_index()
    store.journal.append(intent("crown"), done("crown"), done("key"))
    return tmp_path / "store"


def test_an_unheard_of_key_has_an_empty_pool(store: Store) -> None:
    pool = store.results.pool(key("heart"))
    assert (pool.key, pool.results, pool.unanswered, pool.request, pool.last) == (key("heart"), (), (), None, None)


def test_a_pool_grows_in_order_of_arrival(store: Store) -> None:
    store.journal.append(intent("heart", 0), intent("heart", 1), done("heart", 1, b"b", b"c"), done("heart", 0, b"a"))
    pool = store.results.pool(key("heart"))
    assert [item.digest for item in pool.results] == [sha256_bytes(data) for data in (b"b", b"c", b"a")]
    assert pool.results[0] == result(b"b")
    assert pool.request == {"prompt": "a heart", "size": "1024x1024"}


def test_refresh_takes_in_what_others_appended(store: Store) -> None:
    store.journal.append(intent("heart"))
    assert store.results.pool(key("heart")).results == ()
    store_at(store.root).journal.append(done("heart"))
    assert store.results.pool(key("heart")).results == ()  # one plan sees one state
    store.results.refresh()
    assert len(store.results.pool(key("heart")).results) == 1
    store.results.refresh()
    assert len(store.results.pool(key("heart")).results) == 1


def test_human_and_accepted_pictures_are_usable_only_where_named(store: Store) -> None:
    hand = result(b"by hand", source="human")
    taken = result(b"taken over", source="accepted")
    store.journal.append(Outcome(intent=None, key=key("heart"), results=(hand,), request={"prompt": "a heart"}))
    store.journal.append(intent("heart"), done("heart", 0, b"bought"))
    store.journal.append(Outcome(intent=None, key=key("heart"), results=(taken,)))
    pool = store.results.pool(key("heart"))
    assert pool.bought == (result(b"bought"),)
    assert pool.usable(()) == (result(b"bought"),)
    assert pool.usable({hand.digest}) == (hand, result(b"bought"))
    assert pool.results == (hand, result(b"bought"), taken)


def test_sources_of_newer_versions_count_as_bought(store: Store) -> None:
    other = result(b"x", source="background")
    store.journal.append(Outcome(intent=None, key=key("heart"), results=(other,)))
    assert store.results.pool(key("heart")).usable(()) == (other,)


def test_two_recoveries_of_one_intent_count_its_pictures_once(store: Store) -> None:
    store.journal.append(intent("heart"), done("heart", 0, b"a"), done("heart", 0, b"a", b"b"))
    assert [item.digest for item in store.results.pool(key("heart")).results] == [
        sha256_bytes(b"a"),
        sha256_bytes(b"b"),
    ]


def test_the_same_bytes_bought_twice_are_two_results(store: Store) -> None:
    store.journal.append(intent("heart", 0), done("heart", 0, b"a"), intent("heart", 1), done("heart", 1, b"a"))
    assert len(store.results.pool(key("heart")).results) == 2


def test_a_refusal_holds_for_its_moderation_until_something_is_bought(store: Store) -> None:
    refusal = failed("heart", 0, "refused", "auto")
    store.journal.append(intent("heart", 0), refusal)
    pool = store.results.pool(key("heart"))
    assert pool.last == refusal
    assert pool.refusal("auto") == refusal
    assert pool.refusal("low") is None
    assert pool.unanswered == ()
    store.journal.append(intent("heart", 1), failed("heart", 1, "not-sent"))
    store.results.refresh()
    assert store.results.pool(key("heart")).refusal("auto") == refusal
    store.journal.append(intent("heart", 2), done("heart", 2))
    store.results.refresh()
    assert store.results.pool(key("heart")).refusal("auto") is None
    assert store.results.pool(key("heart")).last is None


@pytest.mark.parametrize("why", ["failed", "stopped", "refused", "not-sent"])
def test_answered_failures_are_not_unknown(store: Store, why: Why) -> None:
    store.journal.append(intent("heart"), failed("heart", 0, why))
    assert store.results.pool(key("heart")).unanswered == ()
    assert store.results.pool(key("heart")).failures == (failed("heart", 0, why),)
    assert store.results.unknown() == ()


def test_unknown_calls_are_listed_until_they_are_answered_or_sent_again(store: Store) -> None:
    store.journal.append(intent("heart", 0, time="2026-11-22T10:00:02Z"), intent("key", 0, time="2026-11-22T10:00:01Z"))
    store.journal.append(failed("heart", 0, "unknown"))
    found = store.results.unknown()
    assert [(item.intent.intent, item.failure) for item in found] == [
        ("key-0", None),
        ("heart-0", failed("heart", 0, "unknown")),
    ]
    store.journal.append(intent("heart", 1, again=("heart-0",)), failed("heart", 1, "not-sent"), done("key", 0))
    store.results.refresh()
    assert [item.intent.intent for item in store.results.unknown()] == ["heart-0"]  # consent, but it never went
    store.journal.append(intent("heart", 2, again=("heart-0",)))
    store.results.refresh()
    assert [item.intent.intent for item in store.results.unknown()] == ["heart-2"]
    store.journal.append(done("heart", 2))
    store.results.refresh()
    assert store.results.unknown() == ()


def test_a_recovered_call_is_done_whatever_was_said_of_it_before_or_after(store: Store) -> None:
    store.journal.append(intent("heart"), failed("heart", 0, "unknown"), done("heart"), failed("heart", 0, "unknown"))
    pool = store.results.pool(key("heart"))
    assert len(pool.results) == 1
    assert (pool.unanswered, pool.failures, pool.last) == ((), (), None)


def test_the_last_pick_is_this_projects_or_another_ones_of_a_bought_picture(store: Store) -> None:
    asset = "icons/heart.png"
    store.journal.append(intent("heart"), done("heart", 0, b"a", b"b"))
    ask = store.results.last_pick
    assert ask("shop", asset, None, key("heart")) is None
    store.journal.append(pick("heart", b"b", scope="game"))
    store.results.refresh()
    assert ask("shop", asset, None, key("heart")) == sha256_bytes(b"b")
    store.journal.append(pick("heart", b"by hand of another", scope="game"))
    store.results.refresh()
    assert ask("shop", asset, None, key("heart")) == sha256_bytes(b"b")
    assert ask("game", asset, None, key("heart")) == sha256_bytes(b"by hand of another")
    store.journal.append(pick("heart", b"a"), pick("heart", b"b", scope="game"), pick("heart", b"b", profile="print"))
    store.results.refresh()
    assert ask("shop", asset, None, key("heart")) == sha256_bytes(b"a")
    assert ask("shop", asset, "print", key("heart")) == sha256_bytes(b"b")
    assert ask("shop", "icons/other.png", None, key("heart")) is None
    assert ask("shop", asset, None, key("key")) is None


def test_the_last_bought_request_of_an_assets_step(store: Store) -> None:
    ask = store.results.last_bought
    asset = "icons/x.png"
    store.journal.append(intent("heart", asset=asset), done("heart"), intent("key", asset=asset), done("key"))
    store.journal.append(intent("crown", asset=asset), failed("crown", 0, "refused"))
    store.journal.append(intent("sword", asset=asset, step=1), done("sword"))
    store.journal.append(intent("axe", asset=asset, scope="game"), done("axe"))
    found = ask("shop", asset, None, 0)
    assert found is not None
    assert found.key == key("key")
    assert found.request == {"prompt": "a key", "size": "1024x1024"}
    assert ask("shop", asset, "print", 0) is None
    store.journal.append(intent("heart", 1, asset=asset), done("heart", 1))
    store.results.refresh()
    again = ask("shop", asset, None, 0)
    assert again is not None
    assert again.key == key("heart")


def test_a_journal_put_back_from_a_backup_is_read_anew(store: Store) -> None:
    store.journal.append(intent("heart"))
    backup = store.journal.path.read_bytes()
    store.journal.append(done("heart"))
    assert store.results.pool(key("heart")).results
    store.journal.path.write_bytes(backup)
    store.journal.append(intent("crown"), done("crown"), intent("key"), done("key"))
    store.results.refresh()
    assert store.results.pool(key("heart")).results == ()
    assert store.results.pool(key("key")).results


def test_damage_is_told_with_its_line(store: Store) -> None:
    store.journal.append(intent("heart"), intent("key"))
    data = store.journal.path.read_bytes()
    store.journal.path.write_bytes(data.replace(b"a heart", b"a heard"))
    (diagnostic,) = store.results.damage
    assert diagnostic.message == f"line 2 of '{store.journal.path}' is not as it was written"
    assert [item.intent.intent for item in store.results.unknown()] == ["key-0"]


def test_small_stores_need_no_index(store: Store) -> None:
    store.journal.append(intent("heart"), done("heart"))
    assert not store.results.save_index()
    assert not (store.root / "index").exists()


def expect_everything(store: Store) -> None:
    assert [len(pool.results) for pool in store.results.pools(map(key, ("heart", "key", "crown", "axe"))).values()] == [
        1, 1, 1, 0,
    ]  # fmt: skip
    assert store.results.unknown() == ()
    assert store.results.last_pick("shop", "icons/heart.png", None, key("heart")) == sha256_bytes(b"heart 0")
    for name in ("heart", "key", "crown"):
        found = store.results.last_bought("shop", f"icons/{name}.png", None, 0)
        assert found is not None
        assert found.key == key(name)


def test_index_and_journal_together_answer_and_nothing_is_written(indexed: Path) -> None:
    before = tree(indexed)
    expect_everything(store_at(indexed))
    assert tree(indexed) == before


def test_a_reader_never_imports_diskcache(indexed: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pixmake.store.home import open_store; "
        f"s = open_store(Path({str(indexed)!r}), project_root=Path('.'), spec_store=None, env={{}}); "
        f"assert len(s.results.pool({key('heart')!r}).results) == 1; "
        "assert 'sqlite3' in sys.modules; print('diskcache' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_the_index_is_really_asked(indexed: Path) -> None:
    """The journal's older part is not read again: what stands there no longer matters to a reader."""
    path = store_at(indexed).journal.path
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"prompt":"a heart"', b'"prompt":"a heard"'))
    store = store_at(indexed)
    assert store.results.pool(key("heart")).request == {"prompt": "a heart", "size": "1024x1024"}
    assert store.results.damage == ()
    store.results.replay()  # but whoever pays reads the truth
    assert len(store.results.damage) == 1


def test_the_index_follows(indexed: Path) -> None:
    store = store_at(indexed)
    assert store.results.save_index()
    fresh = store_at(indexed)
    assert fresh.results.save_index() is False
    expect_everything(fresh)
    expect_everything(store)
    store.results.refresh()
    expect_everything(store)


def test_another_process_may_index_while_this_one_reads(indexed: Path) -> None:
    store = store_at(indexed)
    store.results.refresh()
    assert store_at(indexed).results.save_index()
    expect_everything(store)  # lines that are now in both count once


def spoil_nothing(index: Path) -> None:
    shutil.rmtree(index)


def spoil_file(index: Path) -> None:
    (index / "cache.db").write_bytes(b"not a database" * 100)


def spoil_pages(index: Path) -> None:
    data = bytearray((index / "cache.db").read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    (index / "cache.db").write_bytes(data)


def spoil_meta(index: Path) -> None:
    _sql(index, "UPDATE Cache SET value = '[]' WHERE key = 'meta'")


def spoil_rows(index: Path) -> None:
    _sql(index, "UPDATE Cache SET value = CAST('{\"key\":\"x\"}' AS BLOB) WHERE key LIKE 'pool:%'")


def spoil_end(index: Path) -> None:
    _sql(index, "UPDATE Cache SET value = replace(value, '\"seam\": \"', '\"seam\": \"00') WHERE key = 'meta'")


def plant_pickle(index: Path) -> None:
    with sqlite3.connect(index / "cache.db") as connection:
        connection.execute("UPDATE Cache SET mode = 4, value = ?", (pickle.dumps(Trap()),))
    connection.close()


def _sql(index: Path, statement: str) -> None:
    with sqlite3.connect(index / "cache.db") as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


class Trap:
    """Unpickling this is noticed: it makes a folder named 'sprung' where the test runs."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("sprung",)


SPOILERS = [spoil_nothing, spoil_file, spoil_pages, spoil_meta, spoil_rows, spoil_end, plant_pickle]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_lost_or_broken_index_loses_nothing(
    indexed: Path, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    spoil(indexed / "index")
    store = store_at(indexed)
    expect_everything(store)
    assert store.results.save_index()
    reader = index_module.Reader(indexed / "index" / "cache.db")
    healed = reader.covered()
    assert healed is not None
    assert healed.end == store.journal.path.stat().st_size
    names = [index_module.pool_row(key(name)) for name in ("heart", "key", "crown")]
    assert len(reader.rows(names, healed) or ()) == 3
    expect_everything(store_at(indexed))
    assert not (tmp_path / "sprung").exists()


def test_an_index_that_breaks_after_it_was_opened_loses_nothing(indexed: Path) -> None:
    store = store_at(indexed)
    store.results.refresh()
    assert store.results.pool(key("heart")).bought
    spoil_pages(indexed / "index")
    expect_everything(store)


def test_a_damaged_journal_is_not_indexed(indexed: Path) -> None:
    path = store_at(indexed).journal.path
    path.write_bytes(path.read_bytes().replace(b"a crown", b"a crowd"))
    assert not store_at(indexed).results.save_index()
    assert len(store_at(indexed).results.damage) == 1


def test_index_rows_are_text_or_bytes_only(tmp_path: Path) -> None:
    from pixmake.store.indexing import PlainDisk

    disk = PlainDisk(str(tmp_path))
    with pytest.raises(TypeError):
        disk.store({"a": 1}, False)
    with pytest.raises(TypeError):
        disk.put(("a", 1))
    with pytest.raises(sqlite3.DatabaseError):
        disk.fetch(4, None, pickle.dumps(Trap()), False)
    with pytest.raises(sqlite3.DatabaseError):
        disk.get(pickle.dumps(Trap()), False)
    assert disk.fetch(1, None, b"x", False) == b"x"


def test_an_outcome_that_no_reader_understands_leaves_its_call_unanswered(store: Store) -> None:
    store.journal.append(intent("heart"))
    line = {**json.loads(encode(done("heart"))), "results": [7]}
    del line["sum"]
    with store.journal.path.open("ab") as stream:
        stream.write(seal(line))
    pool = store.results.pool(key("heart"))
    assert [item.intent for item in pool.unanswered] == [intent("heart")]  # perhaps billed: never silently sent again


def test_whole_lines_that_no_reader_understands_break_no_pool(store: Store) -> None:
    store.journal.append(intent("heart"), done("heart"))
    with store.journal.path.open("ab") as stream:
        line = {**json.loads(encode(done("heart", 1))), "results": [7]}
        del line["sum"]
        stream.write(seal(line))
    assert len(store.results.pool(key("heart")).results) == 1
