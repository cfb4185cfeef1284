"""Lines of money paths that a changed copy showed nobody watched (tests/long/test_money_mutations.py): each has its test here."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.counting import CountingProvider
from fakes.openai_server import Error, FakeOpenAI
from fakes.project import Ground, states
from fakes.talking import HEAD as TALKING
from fakes.talking import PROVIDER
from fakes.talking import Ground as Conversation
from pixmake.build.intent import Intent as Verbs
from pixmake.build.migrating import Migration
from pixmake.build.recording import change_lock
from pixmake.diagnostics import Problem
from pixmake.digest import sha256_bytes, sha256_file
from pixmake.events import Event, Listener, StepFinished
from pixmake.providers.base import Estimate, Request, SizeRule
from pixmake.store import results
from pixmake.store.lockfile import Line, read
from pixmake.store.locks import hold_file
from pixmake.store.records import Failure, Intent, decode_or_none

SPEC = """\
version: 1
defaults: {model: m, size: 64x64}
assets:
  hen: {prompt: a hen}
  cow: {prompt: a cow}
"""


def forgetful(store: Path) -> None:
    """The index says that it covers the journal, and has lost what was bought."""
    with sqlite3.connect(store / "index" / "cache.db") as connection:
        assert connection.execute("DELETE FROM Cache WHERE key LIKE 'pool:%'").rowcount > 0


def test_an_index_that_lost_what_was_bought_makes_nobody_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "INDEX_FROM", 1)
    ground = Ground(tmp_path, SPEC)
    ground.build()
    assert ground.sent() == 2
    forgetful(ground.store)
    (ground.root / "assets.lock").unlink()
    assert set(states(ground.plan()).values()) == {"pay"}, "a plan may be mistaken"
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


def test_an_index_that_lost_what_was_bought_sends_no_batch(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "INDEX_FROM", 1)
    yard.assets("hen that sits", "cow that stands")
    yard.build()
    yard.server.office.run()
    yard.collect()
    assert yard.build().exit_code == 0
    forgetful(yard.folder)
    (yard.root / "assets.lock").unlink()
    assert yard.states() == {"pay": 2}
    assert yard.build().exit_code == 0
    assert len(yard.server.office.batches) == 1


def test_what_came_to_nothing_is_no_reason_to_buy_it_in_the_same_build(server: FakeOpenAI, tmp_path: Path) -> None:
    """It was planned as on its way, so its price is in no plan that anybody agreed to."""
    ground = Conversation(tmp_path, TALKING + PROVIDER + "assets: {a: a fox}\n")
    server.looks += [Error(401, "invalid_api_key")]
    ground.build()
    project = ground.project()
    plan = project.plan()
    assert [entry.state for entry in plan.entries] == ["sent"]
    [intent] = [record for record in ground.records() if isinstance(record, Intent)]
    gone = Failure(intent=intent.intent, key=intent.key, why="not-sent", message="it was not there", time=intent.time)
    ground.project().store.journal.append(gone)
    report = project.build(plan, yes=True, by_name=True)
    assert ([entry.state for entry in report.entries], server.count) == (["pay"], 1)
    assert (ground.build().exit_code, server.count) == (0, 2)


def test_whoever_changes_the_lock_waits_for_the_one_who_does(tmp_path: Path) -> None:
    (tmp_path / ".pixmake").mkdir()
    path = tmp_path / "assets.lock"
    change_lock(tmp_path, [Line(asset="a", frozen=True)])
    with hold_file(tmp_path / ".pixmake" / "assets.lock.held", timeout=0, what="tests"):
        thread = threading.Thread(target=change_lock, args=(tmp_path, [Line(asset="b", frozen=True)]))
        thread.start()
        thread.join(0.2)
        assert {name for name, _ in read(path).lines} == {"a"}
        path.write_text(path.read_text() + '{"asset":"c","frozen":true,"outputs":{},"steps":[]}\n')
    thread.join(30)
    assert {name for name, _ in read(path).lines} == {"a", "b", "c"}


def test_a_number_in_the_spec_is_remembered_when_it_is_taken_out(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, variants: 2, pick: 2, edits: [at night]}"))
    ground.build()
    assert ground.sent() == 4
    (ground.root / "assets.lock").unlink()
    ground.edit("pick: 2, ", "")
    assert set(states(ground.plan()).values()) == {"fresh"}
    assert (ground.build(yes=False).exit_code, ground.sent()) == (0, 0)


def test_a_yes_is_a_yes_to_the_plan_and_to_no_more(tmp_path: Path) -> None:
    """The first bill was more than twice its price: what was agreed to is used up."""
    ground = Ground(tmp_path, SPEC, CountingProvider(bill=Decimal("0.09")))
    report = ground.build(jobs=1)
    assert (report.exit_code, report.spent, ground.sent()) == (4, Decimal("0.09"), 1)


def test_the_rest_of_a_day_is_a_cap_of_the_build(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "budget: {per_day: 0.05}\n" + SPEC)
    report = ground.build()
    assert (report.exit_code, ground.sent()) == (4, 1)
    assert [entry.message for entry in report.entries][1] == "the budget does not reach"


@dataclass(slots=True)
class ByTheWord(CountingProvider):
    """Asks a cent for each letter of the prompt."""

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate:
        high = Decimal(len(request.prompt)) / 100 * count
        return Estimate(low=high, high=high)


def test_nobody_sets_money_aside_for_what_can_t_be_made(tmp_path: Path) -> None:
    """The hen does not fit; her edit would, and so would the cow, but not both."""
    spec = SPEC.replace("a hen}", "a hen on a very large hill, edits: [red]}").replace("a cow", "cow")
    ground = Ground(tmp_path, spec, ByTheWord())
    report = ground.build(yes=False, max_cost=Decimal("0.05"))
    assert [(entry.state, entry.message) for entry in report.entries] == [
        ("held", "the budget does not reach"),
        ("held", "a picture it needs is not bought"),
        ("fresh", None),
    ]
    assert (report.exit_code, ground.painter.prompts) == (4, ["cow"])


def test_a_size_that_the_tool_chose_outlives_its_rule(tmp_path: Path) -> None:
    """A model's table is corrected, or grows: what was asked for stays asked for, while the spec says the same."""
    ground = Ground(tmp_path, SPEC.replace("64x64", "600x400"))
    ground.build()
    assert ground.sent() == 2
    ground.painter.sizes = SizeRule(listed=((1024, 1024), (1536, 1024)))
    assert set(states(ground.plan()).values()) == {"fresh"}
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    ground.edit("a hen}", "a hen, size: 500x400}")
    assert states(ground.plan()) == {"hen#0": "pay", "cow#0": "fresh"}, "another size is chosen anew"
    ground.edit("a hen, size: 500x400}", "a hen, model: n}")
    assert states(ground.plan()) == {"hen#0": "pay", "cow#0": "fresh"}, "and so it is for another model"
    assert [entry.verdict.request.size for entry in ground.plan("hen").entries if entry.verdict.request] == [
        "1536x1024"
    ]


def test_a_spec_does_not_move_where_its_neighbours_can_t_be_frozen(tmp_path: Path) -> None:
    """`sea` shares the line with what moves: while it can't be kept, its model must not change."""
    ground = Ground(tmp_path, SPEC)
    ground.build()
    before = ground.files()
    project = ground.project()
    move = Migration(project, "m", "n").look(["hen"])
    assert move.staying == ("cow",)
    (ground.root / "assets.lock").write_bytes(before["assets.lock"] + b"half a line\n")
    with pytest.raises(Problem, match="lock-damaged"):
        Migration(project, "m", "n").apply(move)
    assert ground.files()["assets.yaml"] == before["assets.yaml"]


@pytest.mark.parametrize("ending", ["unknown", "ok"])
def test_a_picture_of_one_s_own_is_no_other_s_candidate(tmp_path: Path, ending: str) -> None:
    """Two projects on one store: what is adopted in one has no use, and no number, in the other."""
    one, other = Ground(tmp_path / "1", SPEC), Ground(tmp_path / "2", SPEC)
    other.store = one.store
    mine = one.picture("mine.png")
    Verbs(one.project()).adopt("hen", mine)
    other.painter.script = {"hen": [ending]}
    other.build()
    assert sorted(other.painter.prompts) == ["a cow", "a hen"]
    pinned = [
        digest for line in read(other.root / "assets.lock").alternatives("hen") for digest in line.steps[0].variants
    ]
    assert sha256_file(mine) not in pinned and len(pinned) == (1 if ending == "ok" else 0)


def test_the_lock_s_pick_is_above_the_store_s(tmp_path: Path) -> None:
    """A colleague's lock came by git: what this store was told last of the same request is of before."""
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, variants: 2}"))
    ground.build()
    theirs = (ground.root / "assets.lock").read_bytes()
    first = sha256_file(ground.root / "assets/hen.png")
    Verbs(ground.project()).pick("hen", 2)
    ground.build()
    assert sha256_file(ground.root / "assets/hen.png") != first
    (ground.root / "assets.lock").write_bytes(theirs)
    ground.build()
    assert sha256_file(ground.root / "assets/hen.png") == first


def test_moving_house_buys_nothing_again(tmp_path: Path) -> None:
    """`same_as`: the same model behind another address has the same keys."""
    spec = (
        "providers: {openai: {type: openai}, studio: {type: openai, same_as: openai}, other: {type: openai}}\n" + SPEC
    )
    ground = Ground(tmp_path, spec)
    ground.build()
    assert ground.sent() == 2
    ground.edit("{model: m,", "{model: m, provider: studio,")
    assert set(states(ground.plan()).values()) == {"fresh"}
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    ground.edit("provider: studio", "provider: other")
    assert set(states(ground.plan()).values()) == {"pay"}


def test_a_price_that_the_spec_states_is_a_picture_s(tmp_path: Path) -> None:
    spec = "providers: {openai: {type: openai, price_per_image: 0.03}}\n" + SPEC.replace(
        "a hen}", "a hen, variants: 6}"
    )
    ground = Ground(tmp_path, spec, CountingProvider(bill=Decimal("0.03")))
    assert ground.plan().totals.cost.high == 7 * Decimal("0.03")
    report = ground.build(yes=False, max_cost=Decimal("0.20"))
    assert (report.exit_code, ground.sent()) == (4, 6)


def test_a_line_of_the_journal_that_can_t_be_read_stops_who_would_buy_and_nobody_else(tmp_path: Path) -> None:
    """It may name the very picture that is wanted."""
    ground = Ground(tmp_path, SPEC)
    ground.build()
    journal = ground.store / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], lines[1].replace(b'"type"', b'"tyqe"'), *lines[2:]]))
    (ground.root / "assets/hen.png").unlink()
    assert ground.build().written == ("assets/hen.png",), "what costs nothing is done"
    ground.edit("a cow", "a calf")
    with pytest.raises(Problem, match="journal-damaged"):
        ground.build()
    assert ground.sent() == 2


def test_what_hangs_on_a_file_of_somebody_s_own_is_not_bought(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, edits: [at night]}"))
    ground.picture("assets/hen.png")
    report = ground.build()
    assert (report.exit_code, ground.painter.prompts) == (5, ["a cow"])
    assert [entry.state for entry in report.entries] == ["edited", "edited", "fresh"]


@pytest.mark.parametrize("way", ["locked", "offline"])
def test_who_may_never_pay_is_told_so_whatever_was_agreed(tmp_path: Path, way: str) -> None:
    ground = Ground(tmp_path, "budget: {per_build: 1.00}\n" + SPEC)
    project = ground.project()
    report = project.build(project.plan(), yes=True, max_cost=1, locked=way == "locked", offline=way == "offline")
    assert {entry.message for entry in report.entries} == {"never paid for with --locked or --offline"}
    assert (report.exit_code, ground.sent()) == (3, 0)


def test_money_that_another_build_took_of_the_day_is_not_spent_and_not_kept(tmp_path: Path) -> None:
    """Planned while it was there; when its turn comes, the day is full. The build's own purse gets it back."""
    ground = Ground(tmp_path, "budget: {per_day: 0.10}\n" + SPEC)
    store = ground.project().store

    def taken(call: object) -> None:
        [own] = [item for line in store.journal.read().lines if isinstance(item := decode_or_none(line), Intent)]
        store.journal.append(replace(own, intent="theirs", key=sha256_bytes(b"theirs"), reserved=Decimal("0.05")))

    ground.painter.hook = taken
    report = ground.build(jobs=1)
    assert [entry.message for entry in report.entries] == [None, "the budget does not reach for today"]
    assert (report.exit_code, report.spent, report.reserved) == (4, Decimal("0.04"), Decimal(0))
    assert ground.sent() == 1


def test_each_call_s_reservation_is_on_record(tmp_path: Path) -> None:
    """By it other processes know what of the day is taken, and whoever collects it later what it may cost."""
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, variants: 6}"))
    ground.build()
    lines = ground.project().store.journal.read().lines
    intents = [item for line in lines if isinstance(item := decode_or_none(line), Intent)]
    assert sorted((item.asset, item.count, item.reserved) for item in intents) == [
        ("cow", 1, Decimal("0.04")),
        ("hen", 2, Decimal("0.08")),
        ("hen", 4, Decimal("0.16")),
    ]


def test_candidates_of_a_conversation_are_requests_of_their_own(server: FakeOpenAI, tmp_path: Path) -> None:
    ground = Conversation(tmp_path, TALKING + PROVIDER + "assets: {a: {prompt: a fox, variants: 3}}\n")
    plan = ground.plan()
    assert (plan.totals.images, plan.totals.requests) == (3, 3)
    assert (ground.build().exit_code, server.count) == (0, 3)


def test_looks_on_the_way_are_in_the_price(server: FakeOpenAI, tmp_path: Path) -> None:
    spec = "version: 1\ndefaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}\n"
    project = Conversation(tmp_path, spec + "assets: {a: {prompt: a fox, variants: 2}}\n").project()
    plain, seen = project.plan().totals.cost, project.plan(partials=2).totals.cost
    assert (seen.high > plain.high, seen.low) == (True, plain.low), "fewer may come than were asked for"
    more = project.plan(partials=3).totals.cost
    assert 2 * (more.high - plain.high) == 3 * (seen.high - plain.high)


def builds_the_cow_after_the_hen(other: Ground) -> Listener:
    """Another process's build, at the moment in which the hen's picture was taken in."""

    def told(event: Event) -> None:
        if isinstance(event, StepFinished) and (event.asset, event.step) == ("hen", 0):
            thread = threading.Thread(target=other.build, args=("cow",))
            thread.start()
            thread.join(60)

    return told


def test_what_another_process_bought_between_two_steps_is_found_under_the_lock(tmp_path: Path) -> None:
    """After the hen's picture was taken in, and before the cow's lock is ours."""
    one, other = Ground(tmp_path / "1", SPEC), Ground(tmp_path / "2", SPEC)
    other.store = one.store

    project = one.project()
    report = project.build(project.plan(), yes=True, jobs=1, on_event=builds_the_cow_after_the_hen(other))
    assert report.exit_code == 0
    assert (one.painter.prompts, other.painter.prompts) == (["a hen"], ["a cow"])


def test_what_another_process_sent_between_two_steps_and_got_no_answer_to_is_not_sent_again(tmp_path: Path) -> None:
    """The lock of the key is ours by then, and nobody works on it: what is on record of it has no end."""
    one = Ground(tmp_path / "1", SPEC)
    other = Ground(tmp_path / "2", SPEC, CountingProvider(script={"cow": ["unknown"]}))
    other.store = one.store

    project = one.project()
    report = project.build(project.plan(), yes=True, jobs=1, on_event=builds_the_cow_after_the_hen(other))
    assert (one.painter.prompts, other.painter.prompts) == (["a hen"], ["a cow"])
    assert (report.exit_code, {entry.entry.asset: entry.state for entry in report.entries}["cow"]) == (5, "unknown")


def test_what_the_plan_held_stays_held_though_bills_turn_out_lower(tmp_path: Path) -> None:
    """Who agreed to $0.08 was shown two pictures."""
    ground = Ground(tmp_path, SPEC + "  dog: {prompt: a dog}\n", CountingProvider(bill=Decimal("0.01")))
    report = ground.build(yes=False, max_cost=Decimal("0.08"), jobs=1)
    assert [entry.state for entry in report.entries] == ["fresh", "fresh", "held"]
    assert (report.exit_code, report.spent, ground.sent()) == (4, Decimal("0.02"), 2)


@pytest.mark.parametrize("decides", ["pick", "freeze"])
def test_what_a_person_decides_while_more_is_bought_stands(tmp_path: Path, decides: str) -> None:
    """The build was planned with the first candidate, and writes the very line that the person wrote."""
    ground = Ground(tmp_path, SPEC.replace("a hen}", "a hen, variants: 2}"))
    ground.build()
    ground.edit("variants: 2", "variants: 3")

    def meanwhile(call: object) -> None:
        verbs = Verbs(ground.project())
        if decides == "pick":
            verbs.pick("hen", 2)
        else:
            verbs.freeze(["hen"])

    ground.painter.hook = meanwhile
    ground.build()
    ground.painter.hook = None
    line = read(ground.root / "assets.lock").alternatives("hen")[0]
    assert len(line.steps[0].variants) == 3
    if decides == "pick":
        assert line.steps[0].pick == line.steps[0].variants[1]
    assert line.frozen is (decides == "freeze")
