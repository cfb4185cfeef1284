"""Every way in which a batch or a line of it can end: the right state, exit code and number of requests; nothing twice."""

from __future__ import annotations

import json

import pytest

from fakes.batching import Yard
from fakes.openai_server import HTML, Cut, Error, FakeOpenAI, Hang, Paint, Raw, moderated
from pixmake.build.costs import charges


@pytest.fixture
def yard(yard: Yard) -> Yard:
    yard.assets("fox in snow", "owl at dusk", "elk by a lake")
    return yard


# --- the error table, line by line -----------------------------------------------------------------------------------

MONEY = "insufficient_quota"
LINES: list[tuple[object, str, str]] = [
    (moderated(), "refused", "refused"),
    (moderated("output"), "refused", "refused"),
    (Error(400, "content_policy_violation"), "refused", "refused"),
    (Error(400, "invalid_value", param="size"), "free", "pay"),
    (Error(400, "invalid_image_file", "image_generation_user_error"), "free", "pay"),
    (Error(400, "unsupported_file_mimetype"), "free", "pay"),
    (Error(400, "unknown_parameter"), "free", "pay"),
    (Error(401, "invalid_api_key"), "free", "pay"),
    (Error(403, None, message="organization must be verified"), "free", "pay"),
    (Error(404, "model_not_found"), "free", "pay"),
    (Error(413, None), "free", "pay"),
    (Error(429, "rate_limit_exceeded", "requests"), "free", "pay"),
    (Error(429, "slow_down", "rate_limit_error"), "free", "pay"),
    (Error(429, MONEY), "free", "pay"),
    (Error(500, "server_error", "server_error"), "free", "pay"),
    (Error(502, body=HTML), "unknown", "unknown"),
    (Error(504, body=HTML, paints=True), "unknown", "unknown"),
    (Error(503, "server_is_overloaded", "service_unavailable_error"), "free", "pay"),
    (Error(0, "batch_expired"), "free", "pay"),
    (Error(0, "server_error"), "free", "pay"),
    (Error(0, "moderation_blocked"), "refused", "refused"),
    (Raw(body=b'{"created": 1}'), "unknown", "unknown"),
    (Raw(body=b'{"created": 1, "data": [{"b64_json": "AAAA"}]}'), "unknown", "unknown"),
    (Paint(usage=False), "unbilled", "fresh"),
]


@pytest.mark.parametrize(("do", "ending", "state"), LINES, ids=[f"{number}" for number in range(len(LINES))])
def test_a_line_that_ends_otherwise(yard: Yard, do: object, ending: str, state: str) -> None:
    yard.server.say(do, prompt="fox", times=1)  # type: ignore[arg-type]
    assert yard.build().exit_code == 3
    yard.server.office.run()
    yard.later(minutes=20)
    gathered = yard.collect()
    assert gathered.saved == (3 if state == "fresh" else 2)
    found = {item.asset: item.ending for item in charges(yard.store)}
    ending = "free" if ending == "refused" else ending
    assert found == {"fox.png": ending, "owl.png": "billed", "elk.png": "billed"}
    verdicts = {entry.asset: entry.verdict.state for entry in yard.project().plan().entries}
    assert verdicts == {"fox.png": state, "owl.png": "fresh", "elk.png": "fresh"}
    codes = {"refused": 1, "unknown": 5, "pay": 4, "fresh": 0}
    assert yard.build(by_batch=False, yes=False).exit_code == codes[state]
    assert (len(yard.server.office.batches), yard.server.count) == (1, 0)


# --- the error table, at the door ------------------------------------------------------------------------------------

DOOR: list[tuple[object, str, int]] = [
    (Error(400, "invalid_value"), "pay", 1),
    (Error(401, "invalid_api_key"), "pay", 1),
    (Error(403, None, message="organization must be verified"), "pay", 1),
    (Error(404, "model_not_found"), "pay", 1),
    (Error(413, None), "pay", 1),
    (Error(429, "rate_limit_exceeded", "requests"), "pay", 1),
    (Error(429, "slow_down", "rate_limit_error"), "pay", 1),
    (Error(429, MONEY), "pay", 1),
    (Error(500, "server_error", "server_error"), "sent", 3),
    (Error(503, "server_is_overloaded"), "sent", 3),
    (Error(502, body=HTML), "sent", 3),
    (Error(504, body=HTML, paints=True), "sent", 3),
    (Error(408, None), "sent", 3),
    (Cut("unread"), "sent", 3),
    (Cut("before"), "sent", 3),
    (Cut("during"), "sent", 3),
]


@pytest.mark.parametrize(("do", "state", "code"), DOOR, ids=[f"{number}" for number in range(len(DOOR))])
def test_a_batch_that_is_turned_away_or_whose_answer_is_lost(yard: Yard, do: object, state: str, code: int) -> None:
    yard.server.office.say("create", do)
    assert yard.build().exit_code == code
    assert yard.states() == {state: 3}
    assert yard.server.office.log.count("create") == 1
    yard.later(minutes=20)
    yard.finish()
    assert len([made for made in yard.server.office.batches if made.asked]) == 1


@pytest.mark.parametrize(
    "do", [Error(401, "invalid_api_key"), Error(500, "server_error"), Error(502, body=HTML), Cut("before")]
)
def test_an_upload_that_fails_costs_nothing_and_nothing_is_sent(yard: Yard, do: object) -> None:
    yard.server.office.say("upload", do)
    assert yard.build().exit_code == 1
    assert yard.states() == {"pay": 3}
    assert "create" not in yard.server.office.log
    yard.finish()


# --- whole batches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_an_ended_batch_has_done_is_kept_and_the_rest_is_let_go(yard: Yard, status: str) -> None:
    yard.build()
    yard.server.office.end(status, done=1)
    gathered = yard.collect()
    assert (gathered.saved, gathered.released, gathered.failed) == (1, 2, 0)
    assert yard.states() == {"stale": 1, "pay": 2}
    yard.finish()
    assert len(yard.server.office.batches) == 2


def test_an_ended_batch_that_tells_nothing_of_the_rest(yard: Yard) -> None:
    yard.build()
    yard.server.office.end("expired", done=1)
    yard.server.office.batches[0].error_output = None
    assert yard.collect().released == 2
    yard.finish()


FAULTS = [
    ("token_limit_exceeded", "not-sent"), ("billing_hard_limit_reached", "stopped"), ("model_not_found", "stopped"),
    ("invalid_json_line", "failed"), ("something_new", "failed"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "why"), FAULTS)
def test_a_batch_that_fails_as_a_whole_is_not_billed(yard: Yard, code: str, why: str) -> None:
    yard.build()
    made = yard.server.office.batches[0]
    made.status, made.ended = "failed", made.created
    made.faults = [{"code": code, "message": "it is so", "param": None, "line": 2}]
    gathered = yard.collect()
    assert gathered.warnings == ["batch batch_1: the batch was not taken: line 2: it is so"]
    assert (gathered.saved, yard.states()) == (0, {"pay": 3})
    journal = (yard.folder / "journal.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["why"] for line in journal if '"type":"failed"' in line] == [why] * 3
    yard.finish()


def test_a_batch_that_is_finalizing_is_waited_for(yard: Yard) -> None:
    yard.build()
    yard.server.office.work()
    yard.server.office.batches[0].status = "finalizing"
    assert yard.collect().saved == 0
    assert yard.states() == {"sent": 3}
    yard.finish()


def test_answers_that_come_later_than_the_end(yard: Yard) -> None:
    yard.build()
    yard.server.office.run()
    made = yard.server.office.batches[0]
    output, made.output = made.output, None
    gathered = yard.collect()
    assert (gathered.saved, yard.states()) == (0, {"sent": 3})
    made.output = output
    assert yard.collect().saved == 3
    yard.finish()


def test_answers_that_never_come_are_unknown(yard: Yard) -> None:
    yard.build()
    yard.server.office.run()
    yard.server.office.batches[0].output = None
    yard.later(hours=1)
    assert yard.collect().failed == 3
    assert yard.states() == {"unknown": 3}
    assert yard.build(yes=False).exit_code == 5
    assert len(yard.server.office.batches) == 1


def test_a_file_of_answers_that_is_gone_is_unknown(yard: Yard) -> None:
    yard.build()
    yard.server.office.run()
    del yard.server.office.files[str(yard.server.office.batches[0].output)]
    assert yard.collect().failed == 3
    assert yard.states() == {"unknown": 3}


def test_all_lines_failed_and_no_file_says_why(yard: Yard) -> None:
    yard.server.say(Error(400, "invalid_value"), times=None)
    yard.build()
    yard.server.office.run()
    yard.server.office.batches[0].error_output = None
    assert yard.collect().failed == 3
    assert yard.states() == {"pay": 3}


def test_a_line_that_is_missing_though_it_was_done_is_unknown(yard: Yard) -> None:
    yard.build()
    yard.server.office.end(change=lambda lines: lines[1:])
    assert yard.collect().saved == 2
    assert yard.states() == {"sent": 1, "stale": 2}
    yard.later(minutes=20)
    assert yard.collect().failed == 1
    assert yard.states() == {"unknown": 1, "stale": 2}


def test_a_line_that_comes_twice_counts_once(yard: Yard) -> None:
    yard.build()
    yard.server.office.end(change=lambda lines: [*lines, *lines[::-1], {"custom_id": "strange"}, {}])
    assert yard.collect().saved == 3
    assert {len(entry.verdict.pinned) for entry in yard.project().plan().entries} == {1}
    yard.finish()


TROUBLES = [Cut("before"), Cut("during"), Error(500, "server_error"), Error(429, "slow_down"), Error(502, body=HTML)]


@pytest.mark.parametrize("do", TROUBLES)
@pytest.mark.parametrize("action", ["look", "content"])
def test_a_question_that_fails_is_asked_again_by_the_next_build(yard: Yard, action: str, do: object) -> None:
    yard.build()
    yard.server.office.run()
    yard.server.office.say(action, do)  # type: ignore[arg-type]
    assert yard.collect().saved == 0
    assert yard.states() == {"sent": 3}
    yard.finish()


def test_a_batch_that_its_provider_does_not_know_stays_sent(yard: Yard) -> None:
    yard.build()
    yard.server.office.batches[0].id = "batch_other"
    yard.later(days=2)
    gathered = yard.collect()
    assert [item.message for item in gathered.going] == [
        "its provider knows no batch batch_1: `pixmake jobs cancel batch_1` gives it up"
    ]
    assert yard.states() == {"sent": 3}


def test_nobody_answers_at_all(yard: Yard, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.write((yard.root / "assets.yaml").read_text("utf-8") + "providers: {openai: {type: openai, timeout: 1}}\n")
    server.office.say("create", Hang())
    assert yard.build().exit_code == 3
    assert yard.states() == {"sent": 3}
    yard.finish()
    assert len(server.office.batches) == 1
