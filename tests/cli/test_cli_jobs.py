"""Batches at the command line: what build, plan, status, jobs, costs and clean say and return."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from fakes.batching import HEAD, SetClock
from fakes.openai_batches import Then
from fakes.openai_server import Cut, Error, FakeOpenAI, moderated
from fakes.shell import Said, Shell
from pixmake.cli.formats import json_schema

SPEC = HEAD + "  fox.png: {prompt: a fox, edits: [{prompt: at night}]}\n  owl.png: an owl\n"


@pytest.fixture
def server(shell: Shell) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        shell.environment(OPENAI_BASE_URL=server.url, OPENAI_API_KEY=server.key)
        shell.write(SPEC)
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    clock = SetClock()
    monkeypatch.setattr("pixmake.build.project.SystemClock", lambda: clock)
    return clock


def calm(said: Said) -> str:
    """What was said on stderr, without times."""
    return re.sub(r"\d+\.\d s\n", "T s\n", said.err)


def test_a_plan_shows_what_a_batch_would_save(shell: Shell, server: FakeOpenAI) -> None:
    said = shell.run("plan")
    assert said.out.splitlines()[-2:] == [
        "to buy: 3 images by gpt-image-2.5-flare in 3 requests, $0.0098–$0.0222",
        "by batch: $0.0049–$0.0111 in place of $0.0098–$0.0222, within 24 hours (build --batch)",
    ]
    body = shell.run("plan", "--json").body
    assert body["batch"]["images"] == 3
    assert [float(body["batch"]["live"][end]) / 2 for end in ("low", "high")] == [
        float(body["batch"]["cost"][end]) for end in ("low", "high")
    ]


def test_a_plan_says_which_part_could_go_by_batch(shell: Shell, server: FakeOpenAI) -> None:
    shell.write(SPEC + "  new.png: {prompt: new, model: gpt-image-2.6-flare}\n")
    assert "by batch, 3 images of them: $0.0049–$0.0111 in place of" in shell.run("plan").out
    shell.write(HEAD + "  new.png: {prompt: new, model: gpt-image-2.6-flare}\n")
    assert "by batch" not in shell.run("plan").out
    assert shell.run("plan", "--json").body["batch"] is None


def test_from_the_first_wave_to_the_files(shell: Shell, server: FakeOpenAI) -> None:
    said = shell.run("build", "--batch")
    assert (said.code, calm(said)) == (4, """\
held: fox.png, owl.png ($0.0033): nobody agreed to pay
waits: fox.png: waits until 'fox.png#0' is bought
nothing was made
next: pixmake build --batch --max-cost 0.01
""")  # fmt: skip
    said = shell.run("build", "--batch", "--max-cost", "0.01")
    assert (said.code, calm(said)) == (3, """\
sent: fox.png, owl.png: sent in batch batch_1
waits: fox.png: waits until 'fox.png#0' is bought
sent 2 images by batch ($0.0033 at most), T s
next: pixmake jobs wait
""")  # fmt: skip
    said = shell.run("build")
    assert (said.code, calm(said)) == (3, """\
batch_1: validating, 0 of 2 done
sent: fox.png, owl.png: sent in batch batch_1: will be collected, never bought live meanwhile
waits: fox.png: waits until 'fox.png#0' has arrived
nothing was made
next: pixmake jobs wait
""")  # fmt: skip
    server.office.run()
    said = shell.run("build", "--batch", "--max-cost", "0.01")
    assert (said.code, calm(said)) == (3, """\
collected 2 pictures by batch, $0.0032
[1/1] done owl.png → assets/owl.png
sent: fox.png: sent in batch batch_2
wrote 1 file, sent 1 image by batch ($0.0042 at most), T s
next: pixmake jobs wait
""")  # fmt: skip
    server.office.run()
    said = shell.run("build")
    assert (said.code, calm(said)) == (0, """\
collected 1 picture by batch, $0.0042
[1/1] done fox.png → assets/fox.png
wrote 1 file, T s
""")  # fmt: skip
    assert (server.count, len(shell.files())) == (0, 4)
    assert shell.run("build").err == "nothing to do\n"


def test_offline_nothing_is_collected(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    server.office.run()
    asked = len(server.office.log)
    assert shell.run("build", "--offline").code == 3
    assert len(server.office.log) == asked
    assert shell.run("build", "--locked").code == 3
    assert "2 pictures" in shell.run("costs").out


@pytest.mark.parametrize("flag", ["--offline", "--locked", "--draft"])
def test_flags_that_say_contrary_things(shell: Shell, server: FakeOpenAI, flag: str) -> None:
    said = shell.run("build", "--batch", flag)
    assert (said.code, server.office.log) == (2, [])
    assert f"{flag} says that nothing is" in said.err
    assert shell.run("build", "--wait").code == 2


def test_wait_stays_for_all_waves_within_what_was_agreed_to(shell: Shell, server: FakeOpenAI, clock: SetClock) -> None:
    office = server.office
    for _ in range(2):
        office.say("look", Then(lambda: None))
        office.say("look", Then(office.run))
    said = shell.run("build", "--batch", "--wait", "--max-cost", "0.02")
    assert said.code == 0
    assert [len(made.lines) for made in office.batches] == [2, 1]
    assert clock.naps == [5.0, 7.5, 5.0]
    assert "batch_1: validating, 0 of 2 done\ncollected 2 pictures by batch, $0.0032\n" in said.err
    assert (server.count, office.painted) == (0, 3)


def test_a_later_wave_has_what_the_first_has_left(shell: Shell, server: FakeOpenAI, clock: SetClock) -> None:
    office = server.office
    office.say("look", Then(office.run, before=False))
    said = shell.run("build", "--batch", "--wait", "--max-cost", "0.005")
    assert (said.code, len(office.batches)) == (4, 1)
    assert "held: fox.png ($0.0042): the budget does not reach" in said.err


def test_what_failed_while_waiting_is_not_sent_again(shell: Shell, server: FakeOpenAI, clock: SetClock) -> None:
    office = server.office
    server.say(Error(400, "invalid_value"), prompt="owl", times=None)
    server.say(moderated(), prompt="fox", times=None)
    office.say("look", Then(office.run))
    said = shell.run("build", "--batch", "--wait", "--yes")
    assert (said.code, len(office.batches)) == (1, 1)
    assert "was handed in already and did not come: build again to hand it in again" in said.err


def test_waiting_asks_less_and_less_often(shell: Shell, server: FakeOpenAI, clock: SetClock) -> None:
    office = server.office
    for _ in range(14):
        office.say("look", Then(lambda: None))
    office.say("look", Then(office.run))
    shell.run("build", "--batch", "--yes", "--max-cost", "1")
    assert shell.run("jobs", "wait").code == 0
    assert clock.naps[:3] == [5.0, 7.5, 11.25]
    assert clock.naps[-1] == 300.0


def test_waiting_ends_where_nobody_can_be_asked(shell: Shell, server: FakeOpenAI, clock: SetClock) -> None:
    shell.run("build", "--batch", "--yes")
    shell.environment(OPENAI_API_KEY="")
    said = shell.run("build", "--batch", "--yes", "--wait")
    assert said.code == 3
    assert said.err.count("no API key: set OPENAI_API_KEY") == 1


def test_jobs_lists_what_is_in_flight(shell: Shell, server: FakeOpenAI) -> None:
    said = shell.run("jobs", "list")
    assert (said.code, said.out, said.err) == (0, "nothing is in flight\n", "")
    shell.run("build", "--batch", "--yes")
    server.office.work(1)
    said = shell.run("jobs", "list")
    assert said.code == 3
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DAY", said.out) == (
        "  batch_1  batch  2 images  $0.0033  DAY  in_progress, 1 of 2 done\n"
    )
    body = shell.run("jobs", "list", "--json").body
    Draft202012Validator(json_schema("jobs")).validate(body)
    [job] = body["jobs"]
    assert (job["name"], job["status"], job["done"], job["assets"]) == (
        "batch_1",
        "in_progress",
        1,
        ["fox.png", "owl.png"],
    )


def test_jobs_lists_a_batch_whose_answer_was_lost(shell: Shell, server: FakeOpenAI) -> None:
    server.office.say("create", Cut("before"))
    shell.run("build", "--batch", "--yes")
    [job] = shell.run("jobs", "list", "--json").body["jobs"]
    assert (job["handle"], job["status"]) == (None, None)
    assert job["name"] == job["group"] == server.office.batches[0].metadata["pixmake"]


def test_a_cancelled_batch_delivers_what_was_done(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    server.office.work(1)
    said = shell.run("jobs", "cancel", "batch_1")
    assert (said.code, said.out) == (3, "batch_1: cancelling, 1 of 2 done\n")
    assert shell.run("status", "--json").body["by_state"] == {"waits": 1, "sent": 1}
    server.office.end("cancelled", done=0)
    said = shell.run("jobs", "wait", "--json")
    Draft202012Validator(json_schema("jobs")).validate(said.body)
    assert (said.code, said.body["jobs"], said.body["collected"]["images"]) == (0, [], 1)
    assert "collected 1 picture by batch" in said.err
    assert "1 call by batch was not done, and not billed" in said.err
    assert server.office.painted == 1


def test_a_batch_that_nobody_knows_is_given_up_by_cancelling(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    server.office.batches.clear()
    assert shell.run("build").code == 3
    said = shell.run("jobs", "cancel", "--all")
    assert (said.code, said.out) == (0, "batch_1: batch batch_1 was given up: its provider does not know it\n")
    assert shell.run("status", "--json").body["by_state"] == {"unknown": 2}


def test_cancelling_what_is_not_there(shell: Shell, server: FakeOpenAI) -> None:
    said = shell.run("jobs", "cancel", "batch_9")
    assert (said.code, said.err) == (2, """\
error[no-job]: no job in flight is called 'batch_9'
help: nothing is in flight
""")  # fmt: skip
    assert shell.run("jobs", "cancel").code == 2
    assert shell.run("jobs", "list", "--all").code == 2
    assert "no command is called 'jobs lst'" in shell.run("jobs", "lst").err


def test_a_reroll_waits_for_what_is_on_its_way(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    said = shell.run("reroll", "owl.png", "--yes")
    assert (said.code, server.count) == (3, 0)


def test_costs_tell_batches_apart(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    server.office.run()
    shell.run("build", "--batch", "--yes")
    shell.run("build", "owl.png")
    said = shell.run("costs", "--by", "route")
    assert (
        said.out
        == """\
by route
  batch  3 calls  2 pictures  $0.0032  $0.0042 at most on its way

paid $0.0032 for 2 pictures in 3 calls, $0.0042 at most for what is on its way
reserved $0.0033 for what was billed at $0.0032: 0.5 % below the estimate
"""
    )
    body = shell.run("costs", "--json").body
    assert (body["total"]["reserved"], body["total"]["sent"]) == (body["total"]["sent"], body["by"]["route"][0]["sent"])


def test_build_says_in_json_what_it_sent_and_collected(shell: Shell, server: FakeOpenAI) -> None:
    body = shell.run("build", "--batch", "--yes", "--json").body
    Draft202012Validator(json_schema("build")).validate(body)
    assert (body["sent"]["batches"], body["sent"]["images"], body["reserved"]) == (["batch_1"], 2, "0")
    assert body["collected"] == {"images": 0, "spent": "0"}
    server.office.run()
    body = shell.run("build", "--json").body
    Draft202012Validator(json_schema("build")).validate(body)
    assert body["collected"]["images"] == 2


def test_uploads_are_removed_when_no_batch_needs_them(shell: Shell, server: FakeOpenAI) -> None:
    shell.run("build", "--batch", "--yes")
    server.office.run()
    shell.run("build", "--batch", "--yes")
    said = shell.run("clean", "--remote-files")
    assert (said.code, len(server.office.uploads())) == (5, 1)
    assert "kept uploads: batches at 'openai' are in flight and may still read them" in said.err
    server.office.run()
    shell.run("build")
    said = shell.run("clean", "--remote-files")
    assert (said.code, said.err, server.office.uploads()) == (0, "removed 1 upload\n", [])
    body = shell.run("clean", "--remote-files", "--json").body
    Draft202012Validator(json_schema("clean")).validate(body)
    assert body["remote"] == []
    assert (shell.root / "assets/fox.png").exists()


def test_a_build_that_reads_one_changed_entry_collects_what_others_handed_in(shell: Shell, server: FakeOpenAI) -> None:
    """Whom a batch was handed in to, only the whole spec can tell."""
    shell.write(HEAD + "  owl.png: an owl\n  draft.png: {prompt: a sketch, provider: draft}\n")
    assert shell.run("build", "--batch", "--max-cost", "1").code == 3
    shell.edit("an owl", "two owls")
    for _ in range(3):
        time.sleep(0.06)
        assert shell.run("build", "--max-cost", "1").code == 0
    assert (shell.root / ".pixmake/settled").exists()
    server.office.run()
    shell.edit("a sketch", "another sketch")
    time.sleep(0.06)
    assert "collected 1 picture by batch" in shell.run("build").err


def test_jobs_alone_lists_them(shell: Shell, server: FakeOpenAI) -> None:
    assert (shell.run("jobs").code, shell.run("jobs").out) == (0, shell.run("jobs", "list").out)
    assert shell.run("build", "--batch", "--yes").code == 3
    said = shell.run("jobs", "--json")
    assert (said.code, said.body) == (3, shell.run("jobs", "list", "--json").body)
    assert said.body["format"] == "pixmake.jobs/1"
