"""Batches where somebody lies or is mistaken: a provider in its answers and counts, a clock, an older version, two who meet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fakes.batching import Yard
from fakes.openai_batches import Made, Reply
from fakes.openai_server import Cut, Error
from pixmake.build.collecting import Collector
from pixmake.diagnostics import Problem
from pixmake.providers.openai import batches
from pixmake.store.content import ROOM_PER_PICTURE
from pixmake.store.pool import DIED
from pixmake.store.records import Failure, Intent

Lines = list[dict[str, Any]]


@pytest.fixture
def yard(yard: Yard) -> Yard:
    yard.assets("fox in snow", "owl at dusk", "elk by a lake")
    return yard


# --- answers ---------------------------------------------------------------------------------------------------------


def test_answers_to_calls_that_are_not_ours_prove_nothing(yard: Yard) -> None:
    yard.build()
    strange = [{"custom_id": f"strange-{number}"} for number in range(2)]
    yard.server.office.end(change=lambda lines: [lines[0], *(a | b for a, b in zip(lines[1:], strange, strict=True))])
    yard.later(minutes=20)
    assert yard.collect().saved == 1
    assert yard.states() == {"stale": 1, "unknown": 2}


def die(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_was_collected_before_counts_as_told(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.build()
    yard.server.office.end("expired", done=2)
    yard.server.office.batches[0].error_output = None
    with monkeypatch.context() as patch:
        patch.setattr(Collector, "_counted", die)
        with pytest.raises(KeyboardInterrupt):
            yard.collect()
    assert yard.states() == {"stale": 1, "sent": 2}
    assert yard.collect().released == 1
    assert yard.states() == {"stale": 2, "pay": 1}


@pytest.mark.parametrize("order", [lambda error, lines: [error, *lines], lambda error, lines: [*lines, error]])
def test_an_answer_counts_whatever_error_is_told_of_the_same_call(
    yard: Yard, order: Callable[[dict[str, Any], Lines], Lines]
) -> None:
    yard.build()

    def change(lines: Lines) -> Lines:
        error = {"custom_id": lines[0]["custom_id"], "response": None, "error": {"code": "server_error"}}
        return order(error, lines)

    yard.server.office.end(change=change)
    gathered = yard.collect()
    assert (gathered.saved, gathered.released, gathered.failed) == (3, 0, 0)
    yard.finish()


def test_errors_are_believed_although_the_file_of_answers_is_gone(yard: Yard) -> None:
    yard.server.say(Error(400, "invalid_value"), prompt="fox", times=1)
    yard.build()
    yard.server.office.run()
    del yard.server.office.files[str(yard.server.office.batches[0].output)]
    assert yard.collect().failed == 3
    assert yard.states() == {"pay": 1, "unknown": 2}


@pytest.mark.parametrize("do", [Error(400, "invalid_value"), Error(413, None), Error(422, None, body=b"<html>")])
def test_a_file_of_answers_is_gone_only_where_the_api_says_so(yard: Yard, do: Error) -> None:
    yard.build()
    yard.server.office.run()
    yard.server.office.say("content", do)
    assert (yard.collect().saved, yard.states()) == (0, {"sent": 3})
    yard.finish()


# --- counts ----------------------------------------------------------------------------------------------------------


def test_counts_that_leave_lines_out_prove_nothing(yard: Yard) -> None:
    yard.build()
    yard.server.office.run()
    made = yard.server.office.batches[0]
    made.output, made.counts = None, {"total": 3, "completed": 0, "failed": 0}
    yard.later(minutes=20)
    yard.collect()
    assert yard.states() == {"unknown": 3}


def test_a_failed_batch_that_has_done_something_is_not_let_go(yard: Yard) -> None:
    yard.build()
    yard.server.office.work(2)
    made = yard.server.office.batches[0]
    made.status, made.ended = "failed", yard.server.office.now()
    made.faults = [{"code": "server_error", "message": "it broke", "param": None, "line": None}]
    yard.collect()
    assert yard.states() == {"sent": 3}
    yard.later(minutes=20)
    yard.collect()
    assert yard.states() == {"unknown": 3}


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, 24 * 3])
def test_a_batch_is_found_although_the_clock_was_ahead_when_it_was_made(yard: Yard, hours: int) -> None:
    yard.assets("fox in snow")
    yard.server.office.say("create", Cut("before"))
    yard.later(hours=hours)
    yard.build()
    yard.assets("owl at dusk")
    yard.build()
    yard.assets("fox in snow", "owl at dusk")
    yard.later(minutes=20)
    yard.server.office.run()
    assert yard.collect().saved == 2
    yard.finish()


# --- two who meet, and those of before ---------------------------------------------------------------------------------


def test_a_batch_that_is_journaled_while_another_build_recovers_stays_sent(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = yard.project()
    look = project.store.journal.open_intents

    def meanwhile() -> tuple[Intent, ...]:
        monkeypatch.undo()
        monkeypatch.setenv("OPENAI_BASE_URL", yard.server.url)
        monkeypatch.setenv("OPENAI_API_KEY", yard.server.key)
        yard.build()
        return look()

    monkeypatch.setattr(project.store.journal, "open_intents", meanwhile)
    project.recover()
    assert yard.states() == {"sent": 3}
    yard.finish()


def test_an_older_version_that_takes_a_batch_for_dead_calls_loses_nothing(yard: Yard) -> None:
    yard.build()
    store = yard.store
    for call in store.results.underway():
        end = Failure(
            intent=call.intent.intent, key=call.intent.key, why="unknown", message=DIED, time=call.intent.time
        )
        store.journal.append(end)
    assert yard.states() == {"sent": 3}
    yard.finish()


def test_a_stated_price_goes_by_batch_with_a_yes(yard: Yard) -> None:
    spec = (yard.root / "assets.yaml").read_text("utf-8")
    yard.write(spec + "providers: {openai: {type: openai, price_per_image: 0.01}}\n")
    assert yard.build().exit_code == 3
    assert yard.states() == {"sent": 3}


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -5, "many", None, {"deep": float("-inf")}])
def test_odd_usage_loses_no_picture(yard: Yard, odd: object) -> None:
    def change(lines: Lines) -> Lines:
        for line in lines:
            line["response"]["body"]["usage"] = {"input_tokens": odd, "output_tokens": odd, "total_tokens": odd}
        return lines

    yard.build()
    yard.server.office.end(change=change)
    assert yard.collect().saved == 3
    assert yard.states() == {"stale": 3}


def test_a_size_that_is_none_loses_no_picture(yard: Yard) -> None:
    def change(lines: Lines) -> Lines:
        for line in lines:
            line["response"]["body"] |= {"size": "large x small", "quality": "low"}
        return lines

    spec = (yard.root / "assets.yaml").read_text("utf-8").replace("gpt-image-2.5-flare", "gpt-image-1-mini")
    yard.write(spec.replace("1024x640", "1024x1024"))
    yard.build()
    yard.server.office.end(change=change)
    assert yard.collect().saved == 3


def test_a_server_that_repeats_the_key_gets_it_into_no_record(yard: Yard) -> None:
    key = yard.server.key

    def change(lines: Lines) -> Lines:
        for line in lines:
            line["response"]["request_id"] = f"req-{key}"
            line["response"]["body"] |= {"model": key, "svg_usage": {"model": key}}
            line["response"]["body"]["usage"]["note"] = {"deep": [key]}
            line["response"]["body"]["data"][0]["revised_prompt"] = f"a fox with {key}"
        error = {"custom_id": lines[0]["custom_id"], "error": {"code": key, "message": f"no {key}"}}
        bad = {**lines[0], "response": {"status_code": 400, "request_id": key, "body": {"error": key}}}
        return [error, bad, *lines[1:]]

    yard.build()
    yard.server.office.end(change=change)
    assert yard.collect().saved == 2
    assert key not in (yard.folder / "journal.jsonl").read_text("utf-8")


def test_a_disk_with_room_for_one_picture_at_a_time_is_enough_to_collect(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.build()
    yard.server.office.run()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * ROOM_PER_PICTURE))
    assert yard.collect().saved == 3
    yard.finish()


def test_a_full_disk_leaves_the_batch_to_be_collected(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.build()
    yard.server.office.run()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=ROOM_PER_PICTURE - 1))
        with pytest.raises(Problem, match="disk-full"):
            yard.collect()
    assert yard.states() == {"sent": 3}
    yard.finish()


def test_a_list_that_never_ends_proves_nothing_and_holds_up_nobody(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    office = yard.server.office
    office.say("create", Cut("before"))
    yard.build()
    yard.later(minutes=20)
    made, office.batches = office.batches, []
    strange = Made(
        id="batch_x", input_file_id="f", endpoint="/v1/images/generations", metadata={}, created=office.now()
    )
    listed = {"object": "list", "data": [strange.told()], "last_id": "batch_x", "has_more": True}
    monkeypatch.setattr(batches, "MOST_LISTED", 20)
    with monkeypatch.context() as patch:
        patch.setattr(office, "_list", lambda path: Reply(body=listed))
        [standing] = yard.collect().going
        assert "does not end" in str(standing.message)
    office.batches = made
    yard.finish()
