"""A state machine over calls that go by batch: people edit, builders hand in, collect and die, the provider works or lies down.

After every step the provider's own book and the journal are held together, line by line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from fakes.batching import HEAD, Yard
from fakes.openai_batches import Action, Made
from fakes.openai_server import Cut, Error, moderated
from laws.calls import Book, note_wanted
from laws.customer import Customer
from laws.house import dies_in_a_child
from laws.running import live, live_long
from pixmake.build.project import Project
from pixmake.plan.planner import Plan

ZERO = Decimal(0)
WHICH = st.integers(0, 3)
ACTIONS: list[Action] = ["upload", "create", "look", "list", "content", "cancel", "files"]
TROUBLES = [
    Error(500, "server_error"), Error(503, "overloaded"), Error(429, "rate_limit_exceeded"),
    Cut("unread"), Cut("before"), Cut("during"), Error(502, body="<html>Bad Gateway</html>"),
]  # fmt: skip
LINE_TROUBLES = [Error(500, "server_error"), moderated(), Error(0, "batch_expired"), Error(400, "invalid_value")]
ENDS = ["completed", "completed", "expired", "cancelled"]
DAY = 24 * 60


@dataclass(slots=True)
class Drawn:
    """An asset of the spec: the words of its prompt and of its edits, and how many candidates it has."""

    words: list[int]
    variants: int = 1


class Post(Customer):
    """One project, its store, and a provider that works by batch when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.yard = Yard(self.folder, self.server)
        self.book = Book(self.yard.folder / "journal.jsonl")
        self.drawn: dict[str, Drawn] = {}

    # --- what people write ---------------------------------------------------------------------------------------

    @initialize(chains=st.lists(st.integers(0, 2), min_size=2, max_size=4))
    def begins(self, chains: list[int]) -> None:
        for number, edits in enumerate(chains):
            self.drawn[f"a{number}"] = Drawn([0] * (edits + 1))
        self._write()

    def _write(self) -> None:
        text = HEAD
        for name, item in self.drawn.items():
            text += f"  {name}.png:\n    prompt: {name} begins, {item.words[0]}\n    variants: {item.variants}\n"
            text += "    edits:\n" if item.words[1:] else ""
            text += "".join(f"      - prompt: {name} goes on, {word}\n" for word in item.words[1:])
        self.yard.write(text)

    def _one(self, which: int) -> Drawn:
        return list(self.drawn.values())[which % len(self.drawn)]

    @rule(which=WHICH, step=st.integers(0, 2), word=st.integers(0, 9))
    def rewords(self, which: int, step: int, word: int) -> None:
        """Words come back: what was bought, or is under way, is then wanted again."""
        words = self._one(which).words
        words[step % len(words)] = word
        self._write()

    @rule(which=WHICH)
    def shortens(self, which: int) -> None:
        item = self._one(which)
        item.words = item.words[:1]
        self._write()

    @rule(which=WHICH, variants=st.integers(1, 3))
    def wants_more(self, which: int, variants: int) -> None:
        """Only where nothing is built on it: there somebody would have to pick."""
        item = self._one(which)
        if len(item.words) == 1:
            item.variants = variants
            self._write()

    # --- builders ------------------------------------------------------------------------------------------------

    def _planned(self, *, repeat: bool = False) -> tuple[Project, Plan]:
        project = self.yard.project()
        project.recover()
        plan = project.plan(repeat_unknown=repeat)
        note_wanted(plan, self.wanted)
        return project, plan

    def _hand_in(self, *, yes: bool) -> None:
        project, plan = self._planned(repeat=yes)
        high = plan.offer.cost.high if plan.offer is not None else ZERO
        report = project.build(plan, yes=yes, max_cost=9, by_batch=True)
        note_wanted(plan, self.wanted)
        assert report.spent == 0
        assert report.handed.reserved <= high

    @rule(yes=st.booleans(), first=st.booleans())
    def hands_in(self, yes: bool, first: bool) -> None:
        if first:
            self.yard.collect()
        self._hand_in(yes=yes)

    @rule(which=WHICH, word=st.integers(0, 9), action=st.sampled_from(ACTIONS[:3]), trouble=st.sampled_from(TROUBLES))
    def hands_in_what_is_new(self, which: int, word: int, action: Action, trouble: object) -> None:
        """While something is wrong on the way."""
        self.rewords(which, 0, word)
        self.server.office.say(action, trouble)
        self._hand_in(yes=False)

    @rule(which=WHICH, word=st.integers(0, 9), lines=st.integers(0, 3))
    def hands_in_and_waits(self, which: int, word: int, lines: int) -> None:
        self.rewords(which, 1, word)
        self._hand_in(yes=False)
        self.server.office.work(lines)

    @rule()
    def builds_without_a_yes(self) -> None:
        """Nobody agreed: it publishes what came, and sends nothing."""
        project, plan = self._planned()
        sent, made = self.server.count, len(self.server.office.batches)
        project.build(plan)
        assert (self.server.count, len(self.server.office.batches)) == (sent, made)

    @rule()
    def builds_live(self) -> None:
        """What is under way is not bought beside it."""
        project, plan = self._planned()
        painted = self.server.painted
        report = project.build(plan, max_cost=9)
        note_wanted(plan, self.wanted)
        assert report.made == self.server.painted - painted

    @rule()
    def collects(self) -> None:
        before = self.server.office.cost
        gathered = self.yard.collect()
        assert gathered.spent <= before

    @rule(work=st.sampled_from(["hand in", "collect"]), at=st.integers(1, 40))
    def dies(self, work: str, at: int) -> None:
        """A builder is killed at some writing call."""
        dies_in_a_child(self.yard.collect if work == "collect" else lambda: self._hand_in(yes=False), at)
        self._planned()

    @rule()
    def cancels(self) -> None:
        collector = self.yard.project().collector()

        async def cancel() -> None:
            for job in collector.jobs():
                if job.handle is not None:  # by another name it would be given up, perhaps billed: see below
                    await collector.cancel(job)
            await collector.close()

        asyncio.run(cancel())

    # --- the provider ----------------------------------------------------------------------------------------------

    @rule(lines=st.integers(1, 3))
    def works(self, lines: int) -> None:
        self.server.office.work(lines)

    @rule(status=st.sampled_from(ENDS), done=st.integers(0, 3), backward=st.booleans())
    def ends(self, status: str, done: int, backward: bool) -> None:
        whole = None if status == "completed" else done
        self.server.office.end(status, done=whole, change=lambda lines: lines[::-1] if backward else lines)

    @rule()
    def refuses_a_whole_batch(self) -> None:
        for made in self.server.office.batches:
            if made.status == "validating":
                made.faults = [{"code": "token_limit_exceeded", "message": "too much", "param": None, "line": None}]
                made.status, made.ended = "failed", self.server.office.now()

    @rule(action=st.sampled_from(ACTIONS), trouble=st.sampled_from(TROUBLES), times=st.integers(1, 2))
    def has_trouble(self, action: Action, trouble: object, times: int) -> None:
        self.server.office.say(action, trouble, times)

    @rule(trouble=st.sampled_from(LINE_TROUBLES), which=WHICH)
    def has_trouble_with_a_line(self, trouble: Error, which: int) -> None:
        self.server.say(trouble, prompt=f"a{which} ", times=1)

    @rule(minutes=st.sampled_from([1, 20, DAY]))
    def time_passes(self, minutes: int) -> None:
        self.yard.later(minutes=minutes)
        self.server.office.shift += minutes * 60

    # --- always --------------------------------------------------------------------------------------------------

    @invariant()
    def books_agree(self) -> None:
        self.at_odds = True
        self.book.read()
        for made in self.server.office.batches:
            self._batch_agrees(made)
        self.book.check_wanted(self.wanted)
        self.book.check_originals()
        self.book.check_nothing_aside()
        live = sum(len(call.results or ()) for call in self.book.calls.values() if call.route == "live")
        assert live == self.server.painted
        self.at_odds = False

    def _batch_agrees(self, made: Made) -> None:
        """What a batch did is recorded as it was, or still open: never let go."""
        for line, asked in zip(made.lines, made.asked, strict=False):
            call = self.book.calls[line["custom_id"]]
            assert call.route == "batch"
            if asked.painted:
                assert call.results is not None or call.is_open, f"painted, and let go as {call.failed}"
            if call.results is not None:
                assert (len(call.results), call.cost) == (asked.painted, asked.cost / 2)
        undone = {line["custom_id"] for line in made.lines[len(made.asked) :]}
        assert not [name for name in undone if self.book.calls[name].results is not None]

    def settles(self) -> None:
        """With a provider that does its work, everything comes, and nothing is left under way."""
        self.server.forget()
        self.server.office.forget()
        for _ in range(12):
            self.server.office.run()
            self.time_passes(20)
            self.yard.collect()
            self._hand_in(yes=True)
            self.books_agree()
        assert not self.yard.project().store.results.underway()
        assert set(self.yard.states()) <= {"fresh", "refused", "blocked"}


PARTS, RUNS, STEPS = 3, 10, 30
"""30 runs of 30 steps in the suite, in parts that can run side by side. The long command: 1 000 of 60."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(900)
def test_what_goes_by_batch_is_accounted_for(part: int) -> None:
    live(Post, part, RUNS, STEPS)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_what_goes_by_batch_is_accounted_for_for_long() -> None:
    live_long(Post, 1_000, 60)
