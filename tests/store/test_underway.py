from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pixmake.store import results as results_module
from pixmake.store.pool import Underway
from pixmake.store.records import Intent, Sent, decode, encode
from store.making import TIME, done, failed, intent, key, store_at


def batched(name: str = "heart", number: int = 0, again: tuple[str, ...] = ()) -> Intent:
    return replace(intent(name, number, again=again), route="batch", group="0123-token")


def sent(name: str = "heart", number: int = 0, handle: str = "batch_1") -> Sent:
    return Sent(intent=f"{name}-{number}", key=key(name), handle=handle, time=TIME)


def test_a_live_intents_line_is_as_it_always_was() -> None:
    line = json.loads(encode(intent()))
    assert {"route", "group"}.isdisjoint(line)
    assert decode(encode(intent()).rstrip()) == intent()


def test_a_batch_is_told_in_its_intents_and_comes_back_as_written() -> None:
    line = encode(batched())
    assert (json.loads(line)["route"], json.loads(line)["group"]) == ("batch", "0123-token")
    assert line.endswith(b'"again":[]' + line[line.rindex(b',"sum"') :])  # what a quick look at an answered one goes by
    assert decode(line.rstrip()) == batched()
    assert decode(encode(sent()).rstrip()) == sent()


def test_a_route_of_a_newer_version_is_unknown_at_worst(tmp_path: Path) -> None:
    line = json.loads(encode(batched()))
    assert decode(json.dumps(line | {"route": "pigeon"}).encode()) == replace(batched(), route="live")


def test_a_batch_is_under_way_before_its_name_is_known(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store")
    store.journal.append(batched())
    pool = store.results.pool(key("heart"))
    assert (pool.underway, pool.unanswered) == ((Underway(intent=batched()),), ())
    store.journal.append(sent())
    store.results.refresh()
    assert store.results.underway() == (Underway(intent=batched(), handle="batch_1"),)
    assert store.results.unknown() == ()


def test_a_background_run_is_under_way_only_by_its_name(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store")
    lonely = replace(intent(), route="background")
    store.journal.append(lonely)
    pool = store.results.pool(key("heart"))
    assert (pool.underway, [item.intent for item in pool.unanswered]) == ((), [lonely])
    store.journal.append(sent(handle="resp_1"))
    store.results.refresh()
    pool = store.results.pool(key("heart"))
    assert (pool.underway, pool.unanswered) == ((Underway(intent=lonely, handle="resp_1"),), ())


@pytest.mark.parametrize("why", ["refused", "failed", "stopped", "not-sent", "unknown"])
def test_what_has_ended_is_under_way_no_more(tmp_path: Path, why: str) -> None:
    store = store_at(tmp_path / "store")
    store.journal.append(batched(), sent(), failed("heart", 0, why))  # type: ignore[arg-type]
    pool = store.results.pool(key("heart"))
    assert (pool.underway, len(pool.unanswered)) == ((), 1 if why == "unknown" else 0)


def test_an_answer_that_comes_after_all_counts(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store")
    store.journal.append(batched(), sent(), failed("heart", 0, "unknown"), done("heart", 0))
    pool = store.results.pool(key("heart"))
    assert (pool.underway, pool.unanswered, len(pool.bought)) == ((), (), 1)


def test_an_unknown_call_that_is_on_its_way_again_is_unknown_no_more(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store")
    store.journal.append(intent("heart", 0), failed("heart", 0, "unknown"), batched("heart", 1, again=("heart-0",)))
    pool = store.results.pool(key("heart"))
    assert (len(pool.underway), pool.unanswered) == (1, ())


def test_the_index_knows_what_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_module, "INDEX_FROM", 1)
    store = store_at(tmp_path / "store")
    store.journal.append(batched(), sent(), batched("key"), done("key"))
    assert store.results.save_index()
    fresh = store_at(tmp_path / "store")
    assert fresh.results.underway() == (Underway(intent=batched(), handle="batch_1"),)
