"""Chains as conversations, over real HTTP: what is continued by id, what is told again, what goes on without us."""

from __future__ import annotations

import asyncio
import base64
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.openai_responses import REVISED, Turn, blocked, images_in
from fakes.openai_server import Error, FakeOpenAI
from fakes.talking import CHAIN, HEAD, PRICED, PROVIDER, Ground, states
from pixmake.build.collecting import Standing
from pixmake.build.costs import account, charges
from pixmake.build.jobs import jobs_of
from pixmake.store.records import Failure, Intent, Outcome, Sent

TESTS = Path(__file__).parents[1]


def continued(server: FakeOpenAI) -> list[object]:
    return [asked.body.fields.get("previous_response_id") for asked in server.requests]


# --- how a chain is told ------------------------------------------------------------------------------------------------


def test_a_chain_is_one_conversation(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    report = ground.build()
    assert report.exit_code == 0, report.problems
    assert continued(server) == [None, "resp_0001", "resp_0002"]
    assert [len(images_in(asked.body.fields)) for asked in server.requests] == [0, 0, 0]
    assert [asked.prompt for asked in server.requests] == ["a red fox", "at night", "add a moon"]
    assert report.spent == server.cost
    assert ground.build().exit_code == 0
    assert server.count == 3


def test_the_plan_says_how_each_turn_goes(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ground.build()
    ground.write(CHAIN.replace("at night", "by day"))
    plan = ground.plan()
    assert [(entry.state, entry.to_json()["turn"]) for entry in plan.entries] == [
        ("fresh", None),
        ("pay", "conversation"),
        ("waits", None),
    ]


def test_an_old_response_is_told_again_with_its_picture(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ground.build()
    ground.write(CHAIN.replace("add a moon", "add a star"))
    key = ground.plan().entries[2].key
    ground.clock.days = 40
    plan = ground.plan()
    assert (plan.entries[2].to_json()["turn"], plan.entries[2].key) == ("bytes", key)
    assert plan.entries[2].verdict.turn is not None
    assert "the response that drew its parent is of " in plan.entries[2].verdict.turn.reason
    assert ground.build().exit_code == 0
    fields = server.requests[3].body.fields
    assert "previous_response_id" not in fields
    assert len(images_in(fields)) == 1
    assert [item["role"] for item in fields["input"]] == ["user", "user", "developer", "user"]  # type: ignore[attr-defined]


def test_without_store_every_turn_is_told_again(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN.replace(PRICED, PRICED + "  store: false\n"))
    assert ground.build().exit_code == 0
    assert continued(server) == [None, None, None]
    assert [len(images_in(asked.body.fields)) for asked in server.requests] == [0, 1, 1]
    assert not any(isinstance(record, Sent) for record in ground.records())
    assert not any(
        result.response_id for record in ground.records() if isinstance(record, Outcome) for result in record.results
    )


def test_the_transport_moves_no_key(server: FakeOpenAI, tmp_path: Path) -> None:
    one, two = Ground(tmp_path / "one"), Ground(tmp_path / "two", CHAIN.replace(PRICED, PRICED + "  store: false\n"))
    assert [entry.key for entry in one.plan().entries] == [entry.key for entry in two.plan().entries]
    one.build()
    two.store = one.store
    assert two.build().exit_code == 0
    assert server.count == 3


@pytest.mark.parametrize("status", [400, 404])
def test_a_forgotten_conversation_is_told_again_at_once(server: FakeOpenAI, tmp_path: Path, status: int) -> None:
    ground = Ground(tmp_path)
    ground.build()
    server.talks.forget()
    ground.write(CHAIN.replace("add a moon", "add a star"))
    if status == 404:
        server.say(Error(404, None, message="not found", param="previous_response_id"), at=4)
    report = ground.build()
    assert report.exit_code == 0, report.problems
    assert continued(server)[3:] == ["resp_0002", None]
    assert len(images_in(server.requests[4].body.fields)) == 1
    ends = [record.why for record in ground.records() if isinstance(record, Failure)]
    assert ends == ["not-sent"]
    assert report.spent == server.requests[4].cost


def test_a_fenced_parent_is_told_by_its_bytes(server: FakeOpenAI, tmp_path: Path) -> None:
    edits = "edits: [{prompt: at night, mask: {rect: [0, 0, 0.5, 0.5]}}, add a moon]"
    ground = Ground(tmp_path, CHAIN.replace("edits: [at night, add a moon]", edits))
    assert ground.build().exit_code == 0
    assert continued(server) == [None, "resp_0001", None]
    assert [len(images_in(asked.body.fields)) for asked in server.requests] == [0, 0, 1]
    assert "input_image_mask" in server.requests[1].tool


def test_a_parent_of_another_conversation_is_told_by_its_bytes(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = (
        HEAD + PROVIDER + "assets:\n  fox: a red fox\n  night: {from: '@fox', prompt: at night, edits: [add a moon]}\n"
    )
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    assert continued(server) == [None, None, "resp_0002"]


def test_a_step_by_the_images_api_is_no_turn(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = CHAIN.replace("edits: [at night", "edits: [{prompt: at night, api: images}")
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    assert [asked.endpoint for asked in server.requests] == ["responses", "edits", "responses"]
    assert server.requests[2].body.fields.get("previous_response_id") is None


def test_another_pick_leads_to_its_own_response(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = CHAIN.replace("prompt: a red fox", "prompt: a red fox, variants: 2, pick: 2")
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    assert continued(server) == [None, None, "resp_0002", "resp_0003"]


def test_the_revised_prompt_is_kept(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ground.build()
    outcomes = [record for record in ground.records() if isinstance(record, Outcome)]
    assert [record.results[0].revised_prompt for record in outcomes] == [
        f"{REVISED}{text}" for text in ("a red fox", "at night", "add a moon")
    ]
    assert [record.results[0].response_id for record in outcomes] == ["resp_0001", "resp_0002", "resp_0003"]
    assert set(outcomes[0].results[0].usage) == {"usage", "image_gen", "responses_model"}


# --- money ---------------------------------------------------------------------------------------------------------------


def test_a_mainline_model_without_a_price_needs_consent_by_name(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN.replace(PROVIDER, ""))
    plan = ground.plan()
    assert plan.totals.unpriced == 3
    assert plan.totals.cost.high == 0
    project = ground.project()
    assert project.build(project.plan(), yes=True).exit_code == 4
    assert server.count == 0
    report = ground.build("fox")
    assert report.exit_code == 0, report.problems
    assert 0 < report.spent < server.cost, "what is known of the price counts"


def test_the_bill_lies_within_the_plan(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    cost = ground.plan().totals.cost
    assert cost.rough
    ground.build()
    assert cost.low <= server.cost <= cost.high


def test_words_are_paid_for_and_no_picture(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    server.say(Turn(words="I can't do that"), at=1)
    report = ground.build()
    assert (report.exit_code, states(report)) == (1, ["failed", "waits", "waits"])
    assert "I can't do that" in (report.problems[0].message)
    assert report.spent == server.cost > 0
    assert report.reserved == 0
    assert account("all", charges(ground.project().store)).spent == server.cost


def test_a_refusal_names_stage_and_categories_and_stays(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = HEAD + PROVIDER + "assets: {a: a fox, b: a bear, c: a crow}\n"
    ground = Ground(tmp_path, spec)
    server.say(Turn(failed=blocked("output", ("violence",))), prompt="bear", times=None)
    report = ground.build()
    assert (report.exit_code, states(report)) == (1, ["fresh", "refused", "fresh"])
    assert "'b' step 0" in report.problems[0].message
    assert "stage: output; categories: violence" in report.problems[0].message
    assert report.spent == server.cost
    for _ in range(2):
        again = ground.build()
        assert (server.count, again.exit_code) == (3, 1)
    assert "categories: violence" in ground.plan().entries[1].reason
    ground.write(spec.replace("a bear", "a teddy"))
    assert ground.build().exit_code == 0


# --- in the background -----------------------------------------------------------------------------------------------------


def test_a_turn_goes_on_alone_and_is_asked_after(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    server.say(Turn(polls=5), at=1)
    assert ground.build().exit_code == 0
    first = ground.records()[:3]
    assert [type(record) for record in first] == [Intent, Sent, Outcome]
    assert isinstance(first[0], Intent)
    assert first[0].route == "background"
    assert isinstance(first[1], Sent)
    assert (first[1].handle, first[1].intent) == ("resp_0001", first[0].intent)
    assert server.talks.asked.count("resp_0001") == 6
    assert ground.clock.slept[:3] == [1.0, 1.5, 2.25]


def test_background_can_be_turned_off(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN.replace(PRICED, PRICED + "  background: false\n"))
    assert ground.build().exit_code == 0
    assert continued(server) == [None, "resp_0001", "resp_0002"]
    assert server.talks.asked == []
    assert not any("background" in asked.body.fields for asked in server.requests)


def test_questions_that_fail_say_nothing_of_the_call(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    server.looks += [Error(500, "server_error"), Error(429, "rate_limit_exceeded"), Error(502, body="<html>"), None]
    assert ground.build().exit_code == 0
    assert server.count == 3
    assert server.painted == 3


@pytest.mark.parametrize("trouble", [Error(503, body="<html>"), Error(401, "invalid_api_key")])
def test_a_call_that_nobody_can_ask_after_is_left_and_collected_later(
    server: FakeOpenAI, tmp_path: Path, trouble: Error
) -> None:
    ground = Ground(tmp_path)
    server.looks += [trouble] * 10
    report = ground.build()
    assert (report.exit_code, states(report)) == (3, ["sent", "waits", "waits"])
    server.looks.clear()
    plan = ground.plan()
    assert [entry.state for entry in plan.entries] == ["sent", "waits", "waits"]
    assert "response resp_0001" in plan.entries[0].reason
    assert server.count == 1
    assert ground.build().exit_code == 0
    assert server.count == 3
    assert account("all", charges(ground.project().store)).spent == server.cost


def test_an_hour_is_enough(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    server.say(Turn(polls=100_000), at=1)
    report = ground.build()
    assert (report.exit_code, states(report)) == (3, ["sent", "waits", "waits"])
    offline = ground.build(offline=True)
    assert (offline.exit_code, states(offline)[0]) == (3, "sent")
    assert server.talks.asked.count("resp_0001") == len(ground.clock.slept)
    server.talks.coming["resp_0001"] = 0, server.talks.kept["resp_0001"]
    assert ground.build().exit_code == 0
    assert server.count == 3


def test_what_a_dead_build_sent_is_saved_by_any_build(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = HEAD + PROVIDER + "assets: {a: a fox, b: a bear}\n"
    ground = Ground(tmp_path, spec)
    server.say(Turn(polls=0))
    server.looks += [Error(401, "invalid_api_key")]
    assert states(ground.build("a")) == ["sent"]
    ground.build("b", yes=False)
    assert [entry.state for entry in ground.plan("a").entries] == ["stale"]
    assert server.count == 1


def test_a_call_that_failed_alone_ends_in_its_state(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.say(Turn(failed=blocked("output", ("violence",))))
    server.looks += [Error(401, "invalid_api_key")]
    assert states(ground.build()) == ["sent"]
    report = ground.build()
    assert (report.exit_code, states(report)) == (1, ["refused"])
    assert "stage: output; categories: violence" in report.problems[0].message
    assert server.count == 1
    assert account("all", charges(ground.project().store)).spent == server.cost


def test_a_response_that_is_gone_is_unknown(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.looks += [Error(401, "invalid_api_key")]
    assert states(ground.build()) == ["sent"]
    server.talks.coming.clear()
    server.talks.forget()
    report = ground.build()
    assert (report.exit_code, states(report)) == (5, ["unknown"])
    assert "knows no response resp_0001" in report.problems[0].message
    again = ground.build()
    assert (again.exit_code, server.count) == (5, 1)
    assert ground.build(repeat=True).exit_code == 0


def test_a_collected_call_is_none_of_this_builds_money(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.looks += [Error(401, "invalid_api_key")]
    first = ground.build()
    assert first.reserved > 0
    second = ground.build(yes=False, max_cost=Decimal("0.000001"))
    assert (second.exit_code, second.made) == (0, 1)
    assert second.spent == 0


BUILDER = """
import sys
sys.path.insert(0, {tests!r})
from fakes.talking import Ground, QuickClock
from pathlib import Path
ground = Ground.__new__(Ground)
ground.root, ground.store, ground.clock = Path({root!r}), Path({store!r}), QuickClock()
ground.build()
"""
KILLED = HEAD + PROVIDER + "assets:\n  a: {prompt: a fox, edits: [at night]}\n  b: a bear\n  c: a crow\n"


def started(ground: Ground) -> subprocess.Popen[bytes]:
    script = BUILDER.format(tests=str(TESTS), root=str(ground.root), store=str(ground.store))
    return subprocess.Popen([sys.executable, "-c", script])


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it does not come to this"
        time.sleep(0.01)


def test_a_kill_while_pictures_are_drawn_loses_nothing(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, KILLED)
    server.say(Turn(polls=1_000_000), times=3)
    process = started(ground)
    wait_for(lambda: len(set(server.talks.asked)) == 3)
    process.kill()
    process.wait()
    assert [entry.state for entry in ground.plan().entries] == ["sent", "waits", "sent", "sent"]
    with server.talks.frozen():
        for name in list(server.talks.coming):
            server.talks.coming[name] = 1, server.talks.kept[name]
    report = ground.build()
    assert report.exit_code == 0, report.problems
    assert server.count == 4
    assert server.requests[3].body.fields["previous_response_id"] in server.talks.kept
    assert account("all", charges(ground.project().store)).spent == server.cost


def test_a_kill_before_the_name_is_known_pays_nothing_again(server: FakeOpenAI, tmp_path: Path) -> None:
    """The one gap: what was sent, and whose name never came, can't be asked after. Nobody pays for it unasked."""
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.say(Turn(delay=30))
    process = started(ground)
    wait_for(lambda: server.count == 1 and bool(server.requests[0].raw))
    process.kill()
    process.wait()
    report = ground.build()
    assert (report.exit_code, states(report), server.count) == (5, ["unknown"], 1)


def test_kills_at_any_moment_send_nothing_twice(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, KILLED)
    dice = random.Random(20261122)
    server.say(Turn(polls=40), times=None)
    for _ in range(2):
        process = started(ground)
        with suppress(subprocess.TimeoutExpired):
            process.wait(dice.uniform(0.8, 2.0))
        process.kill()
        process.wait()
    report = ground.build(repeat=True)
    assert report.exit_code == 0, report.problems
    unknown = [record for record in ground.records() if isinstance(record, Failure) and record.why == "unknown"]
    assert server.count <= 4 + len(unknown)
    assert ground.build().exit_code == 0


def test_ctrl_c_twice_leaves_it_sent(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.say(Turn(polls=1_000_000))
    process = started(ground)
    wait_for(lambda: bool(server.talks.asked))
    process.send_signal(signal.SIGINT)
    asked = len(server.talks.asked)
    wait_for(lambda: len(server.talks.asked) > asked + 5)
    assert process.poll() is None, "what was sent is awaited"
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert [entry.state for entry in ground.plan().entries] == ["sent"]
    assert server.talks.cancelled == []
    with server.talks.frozen():
        server.talks.coming["resp_0001"] = 0, server.talks.kept["resp_0001"]
    assert ground.build(yes=False).exit_code == 0
    assert server.count == 1


def test_a_build_that_may_not_wait_asks_nobody(server: FakeOpenAI, tmp_path: Path) -> None:
    """A watch makes what is free at every change; it must not hang on what goes on elsewhere."""
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox, b: a bear}\n")
    server.looks += [Error(401, "invalid_api_key")]
    ground.build("a")
    asked = len(server.talks.asked)
    project = ground.project()
    report = project.build(project.plan(), max_cost=0, waits=False)
    assert states(report)[0] == "sent"
    assert len(server.talks.asked) == asked


def test_all_pictures_of_a_turn_are_kept_and_the_last_is_the_first_candidate(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.say(Turn(calls=2))
    report = ground.build()
    assert (report.exit_code, report.made) == (0, 2)
    assert report.spent == server.cost
    output = server.talks.kept["resp_0001"]["output"]
    told = [base64.b64decode(item["result"]) for item in output if item["type"] == "image_generation_call"]
    assert (ground.root / "assets/a.png").read_bytes() == told[1]
    assert len(ground.plan().entries[0].verdict.pinned) == 2


def test_a_reroll_asks_in_the_same_conversation(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ground.build()
    project = ground.project()
    report = project.build(project.plan(more={("fox", 1): 1}), yes=True)
    assert report.exit_code == 0, report.problems
    assert continued(server)[3] == "resp_0001"


def test_azure_is_not_asked_for_conversations(tmp_path: Path) -> None:
    spec = HEAD.replace("{model:", "{provider: azure, model:")
    ground = Ground(tmp_path, spec + "providers: {azure: {type: azure-openai}}\nassets: {a: a fox}\n")
    (problem,) = ground.plan().problems
    assert problem.code == "not-yet"


def called_off(ground: Ground) -> Standing:
    project = ground.project()

    async def run() -> Standing:
        collector = project.collector()
        try:
            (job,) = jobs_of(project.store.results.underway())
            return await collector.cancel(job)
        finally:
            await collector.close()

    return asyncio.run(run())


@pytest.fixture
def left(server: FakeOpenAI, tmp_path: Path) -> Ground:
    """A project whose one picture goes on at the server without it."""
    ground = Ground(tmp_path, HEAD + PROVIDER + "assets: {a: a fox}\n")
    server.say(Turn(polls=1_000_000), at=1)
    server.looks += [Error(401, "invalid_api_key")]
    assert states(ground.build()) == ["sent"]
    return ground


def test_a_call_is_ended_at_its_provider(server: FakeOpenAI, left: Ground) -> None:
    assert called_off(left).over
    assert server.talks.cancelled == ["resp_0001"]
    plan = left.plan()
    assert plan.entries[0].state == "unknown", "what had been drawn by then may be billed"
    assert left.build(repeat=True).exit_code == 0


def test_without_a_key_nothing_is_given_up(left: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    standing = called_off(left)
    assert not standing.over and "set OPENAI_API_KEY" in str(standing.message)
    assert left.plan().entries[0].state == "sent"


def test_a_call_that_is_done_is_not_thrown_away(server: FakeOpenAI, left: Ground) -> None:
    server.talks.coming["resp_0001"] = 0, server.talks.kept["resp_0001"]
    assert not called_off(left).over
    assert server.talks.cancelled == []
    assert left.build(yes=False).exit_code == 0
    assert server.count == 1


def test_a_call_that_nobody_can_ask_after_is_given_up(server: FakeOpenAI, left: Ground) -> None:
    spec = (left.root / "assets.yaml").read_text("utf-8")
    left.write("version: 1\nassets: {a: {prompt: a fox, provider: draft}}\n")
    standing = called_off(left)
    assert standing.over
    assert "may have been billed" in str(standing.message)
    left.write(spec)
    assert left.plan().entries[0].state == "unknown"
    assert account("all", charges(left.project().store)).held > 0
