"""`pixmake build`: consent and its absence, exit codes, saved plans, traces, depfiles; what was bought is counted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from fakes.shell import HEAD, Shell


def test_without_consent_nothing_is_sent(shell: Shell) -> None:
    said = shell.run("build")
    assert said.code == 4
    assert said.out == ""
    assert said.err == (
        "held: icons/heart.png, icons/key.png ($0.08): nobody agreed to pay\n"
        "nothing was made\n"
        "next: pixmake build --max-cost 0.08\n"
    )
    assert shell.calls == []


def test_max_cost_buys_and_the_second_build_does_nothing(shell: Shell) -> None:
    said = shell.run("build", "--max-cost", "0.08", "-j", "1")
    assert said.code == 0
    *lines, last = said.err.splitlines()
    assert lines == [
        "[1/2] done icons/heart.png → assets/icons/heart.png ($0.04)",
        "[2/2] done icons/key.png → assets/icons/key.png ($0.04)",
    ]
    assert last.startswith("made 2 images, wrote 2 files, spent $0.08, ")
    assert shell.calls == ["a heart", "an old brass key"]
    before = shell.files()
    again = shell.run("build")
    assert (again.code, again.out, again.err) == (0, "", "nothing to do\n")
    assert shell.files() == before and len(shell.calls) == 2


def test_what_does_not_fit_is_held(shell: Shell) -> None:
    said = shell.run("build", "--max-cost", "$0.05")
    assert said.code == 4
    assert shell.calls == ["a heart"]
    assert "held: icons/key.png ($0.04): the budget does not reach" in said.err
    assert said.err.splitlines()[-1] == "next: pixmake build --max-cost 0.04"


def test_a_budget_of_the_spec_is_consent_and_a_cap(shell: Shell) -> None:
    shell.edit("version: 1", "version: 1\nbudget: {per_build: 0.05}")
    assert shell.run("build").code == 4
    assert shell.calls == ["a heart"]
    assert shell.run("build", "--max-cost", "9").code == 0


@pytest.mark.parametrize("amount", ["much", "-1", "nan"])
def test_an_amount_that_is_none(shell: Shell, amount: str) -> None:
    said = shell.run("build", "--max-cost", amount)
    assert said.code == 2
    assert said.err == (
        f"error[usage]: '{amount}' is not an amount in USD, like 0.62\nhelp: see `pixmake build --help`\n"
    )


def test_an_unpriced_picture_is_bought_only_by_name(shell: Shell) -> None:
    shell.edit("{type: counting}", "{type: counting, price: unknown}")
    assert shell.run("build", "--yes").code == 4
    assert shell.calls == []
    said = shell.run("build", "icons/key.png", "--yes")
    assert said.code == 0 and shell.calls == ["an old brass key"]


@pytest.mark.parametrize(("flag", "code"), [("--locked", 3), ("--offline", 3)])
def test_never_paying(shell: Shell, flag: str, code: int) -> None:
    said = shell.run("build", flag, "--yes", "--max-cost", "9")
    assert said.code == code
    assert shell.calls == []


def test_locked_refuses_drafts_and_is_content_with_bought(shell: Shell) -> None:
    assert shell.run("build", "--draft").code == 0
    assert shell.run("build", "--locked").code == 3
    assert shell.run("build", "--yes").code == 0
    assert shell.run("build", "--locked").code == 0


def test_draft_assets_are_never_locked_even_by_the_quick_path(shell: Shell) -> None:
    shell.write("version: 1\ndefaults: {provider: draft}\nassets: {a.png: a hen}\n")
    assert [shell.run("build").code for _ in range(2)] == [0, 0]
    assert shell.run("build", "--locked").code == 3


def test_drafts_need_no_consent_and_are_replaced(shell: Shell) -> None:
    said = shell.run("build", "--draft")
    assert said.code == 0 and shell.calls == []
    assert "draft icons/key.png → assets/icons/key.png" in said.err
    assert shell.run("build", "--yes").code == 0
    assert len(shell.calls) == 2


def test_no_key_is_exit_4_and_offers_drafts(shell: Shell) -> None:
    shell.environment(COUNTING_OBSTACLE="set COUNTING_KEY")
    said = shell.run("build", "--yes")
    assert said.code == 4 and shell.calls == []
    assert said.err == (
        "error[provider-not-ready]: 'counting' can't be asked\n"
        "help: set COUNTING_KEY\n"
        "held: icons/heart.png, icons/key.png ($0.08): not sent\n"
        "nothing was made\n"
        "next: pixmake build --draft\n"
    )


def test_refused_failed_and_unknown(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a wasp, b.png: a crow, c.png: an owl, d.png: a hen}\n")
    shell.script(wasp=["refused"], crow=["failed"], owl=["unknown"])
    said = shell.run("build", "--yes", "-j", "1")
    assert said.code == 5
    assert [code for code in ("refused", "failed", "unknown") if f"error[{code}]" not in said.err] == []
    assert shell.calls == ["a wasp", "a crow", "an owl", "a hen"]
    shell.script()
    assert shell.run("build", "--max-cost", "9").code == 5, "unknown is not sent again"
    assert shell.calls[4:] == ["a crow"]
    assert shell.run("build", "--yes").code == 1, "the refused one stays"
    assert shell.calls[5:] == ["an owl"]


def test_fail_fast_starts_nothing_new(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a wasp, b.png: a crow, c.png: an owl}\n")
    shell.script(wasp=["failed"])
    assert shell.run("build", "--yes", "-j", "1", "--fail-fast").code == 1
    assert shell.calls == ["a wasp"]


def test_frozen_assets_change_by_name(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: {prompt: a hen, frozen: true}}\n")
    assert shell.run("build", "--yes").code == 0
    shell.edit("a hen", "a cock")
    assert shell.run("build", "--yes").code == 0
    assert shell.calls == ["a hen"]
    assert shell.run("build", "--yes", "--update", "a.png").code == 0
    assert shell.calls == ["a hen", "a cock"]


def test_errors_of_the_spec_send_nothing(shell: Shell) -> None:
    shell.edit(", model: ink-1", "")
    said = shell.run("build", "--yes")
    assert said.code == 2 and "error[no-model]" in said.err and shell.calls == []


def test_quiet_says_only_what_is_wrong(shell: Shell) -> None:
    shell.script(heart=["failed"])
    said = shell.run("build", "--yes", "-q")
    assert said.err == "error[failed]: 'icons/heart.png' step 0: the request is wrong\nhelp: mend it\n"


def test_json_is_the_only_thing_on_stdout(shell: Shell) -> None:
    said = shell.run("build", "--json", "--max-cost", "0.04")
    assert said.body["format"] == "pixmake.build/1"
    assert said.body["spent"] == "0.04"
    results = {entry["asset"]: (entry["result"], entry["cost"]["settled"]) for entry in said.body["entries"]}
    assert results["icons/heart.png"] == ("made", "0.04")
    assert results["icons/key.png"][0] == "held"


# --- saved plans -------------------------------------------------------------------------------------------------------


def test_a_saved_plan_runs_once(shell: Shell) -> None:
    assert shell.run("plan", "icons/key.png", "-o", "p.json").code == 0
    assert shell.run("build", "--plan", "p.json").code == 4, "a plan is no consent"
    assert shell.run("build", "--plan", "p.json", "--yes").code == 0
    assert shell.calls == ["an old brass key"]
    said = shell.run("build", "--plan", "p.json", "--yes")
    assert said.code == 4 and len(shell.calls) == 1
    assert said.err.startswith(
        "error[plan-moved]: a build would now do other than 'p.json' says\n"
        "note: 'icons/key.png#0': state pay → fresh, images 1 → 0, cost $0.04 → $0\n"
    )


def test_a_saved_plan_is_refused_when_things_moved(shell: Shell) -> None:
    assert shell.run("plan", "-o", "p.json").code == 0
    shell.edit("a heart", "a broken heart")
    shell.edit("  icons/key.png: an old brass key\n", "  icons/lock.png: a lock\n")
    said = shell.run("build", "--plan", "p.json", "--yes")
    assert said.code == 4 and shell.calls == []
    notes = [line for line in said.err.splitlines() if line.startswith("note: ")]
    assert notes[0].startswith("note: 'icons/heart.png#0': key ")
    assert notes[1:] == ["note: 'icons/key.png#0' is no longer there", "note: 'icons/lock.png#0' is new"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "pixmake.plan/1", "made_from": {}, "entries": [1]}',
        '{"format": "pixmake.plan/1"}',
        '{"format": "pixmake.build/1"}',
    ],
)
def test_a_file_that_is_no_plan(shell: Shell, text: str) -> None:
    shell.write(text, "p.json")
    said = shell.run("build", "--plan", "p.json")
    assert said.code == 2 and said.err.startswith("error[not-a-plan]: 'p.json' is not a saved plan\n")


def test_a_saved_plan_takes_no_selectors(shell: Shell) -> None:
    assert shell.run("plan", "-o", "p.json").code == 0
    assert shell.run("build", "--plan", "p.json", "icons/key.png").code == 2


# --- files for other tools ---------------------------------------------------------------------------------------------


def test_a_trace_has_a_span_for_each_piece_of_work(shell: Shell) -> None:
    assert shell.run("build", "--yes", "--trace", "t.json").code == 0
    events = json.loads((shell.root / "t.json").read_text("utf-8"))["traceEvents"]
    spans = {event["name"]: event for event in events if event["ph"] == "X"}
    assert sorted(spans) == ["icons/heart.png", "icons/heart.png#0", "icons/key.png", "icons/key.png#0"]
    assert spans["icons/key.png#0"]["cat"] == "counting" and spans["icons/key.png"]["cat"] == "local"
    assert all(event["dur"] > 0 and event["ts"] >= 0 for event in spans.values())


def test_a_depfile_names_spec_templates_rows_and_inputs(shell: Shell) -> None:
    shell.write("id\nhen\n", "data/my birds.csv")
    shell.write("{{ prompt }}, ink", "templates/bird.j2")
    (shell.root / "ref.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    shell.write(
        HEAD
        + 'assets:\n  "{{ row.id }}.png": {rows: data/my birds.csv, prompt: "{{ row.id }}", template: bird.j2}\n'
        + "  copy.svg: {from: ref.svg, kind: svg}\n"
    )
    assert shell.run("build", "--yes", "--depfile", "d.mk").code == 0
    assert (shell.root / "d.mk").read_text() == (
        "assets/hen.png assets/copy.svg: \\\n  assets.yaml \\\n  data/my\\ birds.csv \\\n  templates/bird.j2 \\\n  ref.svg\n"
    )


def test_a_place_for_a_trace_that_cannot_be_is_told_before_anything_is_sent(shell: Shell) -> None:
    shell.write("", "file")
    assert shell.run("build", "--yes", "--trace", "file/t.json").code == 1
    assert shell.calls == []
    assert shell.run("build", "--yes", "--trace", "new/t.json").code == 0
    assert (shell.root / "new/t.json").exists()


# --- processes ---------------------------------------------------------------------------------------------------------


def test_a_yes_on_a_terminal_that_showed_the_plan(shell: Shell) -> None:
    code, text = shell.terminal(b"y\n", "build")
    assert code == 0
    assert "to buy: 2 images by ink-1 in 2 requests" in text and "pay $0.08? [y/N]" in text
    assert sorted(shell.calls) == ["a heart", "an old brass key"]


def test_anything_else_on_a_terminal_is_a_no(shell: Shell) -> None:
    code, text = shell.terminal(b"\n", "build")
    assert code == 4 and shell.calls == []
    assert "next: pixmake build --max-cost 0.08" in text


def test_colour_only_on_a_terminal_and_not_with_no_color(shell: Shell) -> None:
    assert "\x1b[" in shell.terminal(b"", "plan")[1]
    assert "\x1b[" not in shell.run("plan").out
    shell.environment(NO_COLOR="1")
    assert "\x1b[" not in shell.terminal(b"", "plan")[1]


def _interrupted(shell: Shell, times: int) -> tuple[int, str]:
    """A build that is interrupted while a slow call is in flight."""
    shell.script(snail=["slow*"])
    command = [sys.executable, "-m", "pixmake", "build", "--yes", "-j", "1"]
    process = subprocess.Popen(command, env=shell.subprocess_environment(), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not shell.calls and time.monotonic() < deadline:
        time.sleep(0.02)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


def test_why_nothing_is_sent_for_a_while_is_told(shell: Shell) -> None:
    shell.script(heart=["busy", "busy"])
    said = shell.run("build", "--yes", "-j", "1")
    assert said.code == 0
    told = [line for line in said.err.splitlines() if "waiting" in line]
    assert told == ["ink-1: too many requests; waiting 0.0 s", "ink-1: too many requests; waiting 1.0 s"]


def test_a_second_ctrl_c_leaves_it_unknown(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a snail, b.png: a snail and a hen}\n")
    code, err = _interrupted(shell, 2)
    assert code == 130 and "Traceback" not in err, err
    lines = err.splitlines()
    assert "stopping: what was sent is left unknown" in lines
    assert "unknown: a.png: sent before, and no usable answer came: it may have been billed" in lines, err
    assert "next: pixmake build --max-cost 0.04" in lines, "for the other one: the unknown one needs a yes"
    shell.script()
    assert shell.run("build", "--max-cost", "9").code == 5
    assert shell.calls == ["a snail", "a snail and a hen"], "the open call is not sent again"
    assert shell.run("status", "--json").body["by_state"] == {"unknown": 1, "fresh": 1}


def test_ctrl_c_awaits_what_was_sent(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a snail, b.png: a snail and a hen}\n")
    code, err = _interrupted(shell, 1)
    assert code == 130, err
    assert len(shell.calls) == 1
    assert err.splitlines()[0] == "stopping: what was sent is awaited; Ctrl-C again leaves it unknown"
    assert err.splitlines()[-1] == "next: pixmake build --max-cost 0.04"
    assert shell.run("build", "a.png").code == 0, "the picture that was paid for is kept"
    assert len(shell.calls) == 1 and (shell.root / "assets/a.png").exists()
