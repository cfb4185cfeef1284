"""A state machine over turns of conversations in the background: builders send, wait, give up and die, and one provider forgets.

After every step what the provider drew and the journal are held together: what was drawn is recorded, or may still come.
"""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from fakes.openai_responses import Turn, blocked
from fakes.openai_server import Cut, Error
from fakes.talking import HEAD, PROVIDER, Ground
from laws.calls import Book, note_wanted
from laws.customer import Customer
from laws.house import dies_in_a_child
from laws.running import live, live_long
from pixmake.build.costs import account, charges
from pixmake.build.jobs import jobs_of
from pixmake.build.report import BuildReport

WHICH = st.integers(0, 3)
AT_WORK = 100_000
"""Questions that a run is at work for longer than anybody asks."""
HOW = st.lists(
    st.sampled_from([
        Turn(polls=0), Turn(polls=3), Turn(polls=AT_WORK), Turn(failed=blocked()), Turn(words="I would rather not"),
        Error(500, "server_error"), Error(429, "rate_limit_exceeded"), Error(502, body="<html>", paints=True),
        Cut("unread"), Cut("before"), Cut("during"),
    ]),
    max_size=3,
)  # fmt: skip
LOOKS = st.lists(
    st.sampled_from([Error(500, "server_error"), Error(502, body="<html>"), Error(401, "invalid_api_key"), None]),
    max_size=3,
)


class Talks(Customer):
    """One project, its store, and a provider that draws when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.ground = Ground(self.folder)
        self.book = Book(self.ground.store / "journal.jsonl")
        self.words: list[list[int]] = []
        self.died = False

    # --- what people write ---------------------------------------------------------------------------------------

    @initialize(chains=st.lists(st.integers(0, 2), min_size=1, max_size=3))
    def begins(self, chains: list[int]) -> None:
        self.words = [[0] * (edits + 1) for edits in chains]
        self._write()

    def _write(self) -> None:
        text = HEAD + PROVIDER + "assets:\n"
        for number, (first, *edits) in enumerate(self.words):
            turns = "".join(f"'a{number} goes on, {word}', " for word in edits)
            text += f"  a{number}: {{prompt: 'a{number} begins, {first}', edits: [{turns}]}}\n"
        self.ground.write(text)

    @rule(which=WHICH, step=st.integers(0, 2), word=st.integers(0, 5))
    def rewords(self, which: int, step: int, word: int) -> None:
        words = self.words[which % len(self.words)]
        words[step % len(words)] = word
        self._write()

    # --- builders ------------------------------------------------------------------------------------------------

    def _build(self, *, yes: bool = False, agreed: bool = True, jobs: int | None = None) -> BuildReport:
        project = self.ground.project()
        project.recover()
        plan = project.plan(repeat_unknown=yes)
        note_wanted(plan, self.wanted)
        report = project.build(plan, yes=yes, max_cost=9 if agreed else 0, jobs=jobs)
        note_wanted(plan, self.wanted)
        return report

    @rule(how=HOW, looks=LOOKS, jobs=st.integers(1, 4), word=st.integers(0, 9))
    def builds(self, how: list[Turn | Error | Cut], looks: list[Error | None], jobs: int, word: int) -> None:
        """Something new, while this and that is wrong on the way."""
        self.rewords(word, 0, word)
        for item in how:
            self.server.say(item)
        self.server.looks += looks
        self._build(jobs=jobs)
        self.server.forget()
        self.server.looks.clear()

    @rule()
    def builds_with_a_yes(self) -> None:
        self._build(yes=True)

    @rule(looks=LOOKS)
    def builds_for_nothing(self, looks: list[Error | None]) -> None:
        """It takes in what is done, and sends nothing."""
        sent = self.server.count
        self.server.looks += looks
        self._build(agreed=False)
        self.server.looks.clear()
        assert self.server.count == sent

    @rule(how=HOW)
    def two_build_at_once(self, how: list[Turn | Error | Cut]) -> None:
        for item in how:
            self.server.say(item)
        troubles: list[BaseException] = []

        def work() -> None:
            try:
                self._build()
            except BaseException as error:
                troubles.append(error)

        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.server.forget()
        for trouble in troubles:
            raise trouble

    @rule(at=st.integers(1, 60), how=HOW, word=st.integers(0, 9))
    def dies(self, at: int, how: list[Turn | Error | Cut], word: int) -> None:
        """A builder is killed at some writing call: of a picture that was just coming a half may be left, and put aside."""
        self.rewords(word, 0, word)
        for item in how:
            self.server.say(item)
        self.died |= dies_in_a_child(self._build, at)
        self.server.forget()
        note_wanted(self.ground.plan(), self.wanted)

    @rule()
    def cancels(self) -> None:
        project = self.ground.project()
        collector = project.collector()

        async def cancel() -> None:
            for job in jobs_of(project.store.results.underway()):
                await collector.cancel(job)
            await collector.close()

        asyncio.run(cancel())

    # --- the provider ----------------------------------------------------------------------------------------------

    @rule()
    def is_done(self) -> None:
        """All that was at work has ended."""
        talks = self.server.talks
        with talks.frozen():
            talks.coming.update({name: (0, told) for name, (_, told) in talks.coming.items()})

    @rule()
    def forgets(self) -> None:
        """Answers are no longer there: what they were is unknown."""
        self.server.talks.coming.clear()
        self.server.talks.forget()

    @rule(days=st.sampled_from([0.02, 40]))
    def time_passes(self, days: float) -> None:
        """Ids are believed for a month."""
        self.ground.clock.days += days

    # --- always --------------------------------------------------------------------------------------------------

    @invariant()
    def books_agree(self) -> None:
        self.at_odds = True
        self.book.read()
        calls = self.book.calls.values()
        came = sum(len(call.results or ()) for call in calls)
        open_calls = sum(call.count for call in calls if call.is_open)
        assert came <= self.server.painted <= came + open_calls, "something was drawn, and let go"
        total = account("all", charges(self.ground.project().store))
        assert total.spent <= self.server.cost <= total.spent + total.held
        self.book.check_wanted(self.wanted)
        self.book.check_originals()
        if not self.died:
            self.book.check_nothing_aside()
        self.at_odds = False

    def settles(self) -> None:
        """With a provider that does its work, everything comes, and nothing is left under way."""
        for _ in range(6):
            self.is_done()
            self._build(yes=True)
            self.books_agree()
        assert not self.ground.project().store.results.underway()
        left = {entry.state: entry.reason for entry in self.ground.plan().entries}
        assert set(left) <= {"fresh", "refused", "blocked", "failed"}, left


PARTS, RUNS, STEPS = 3, 8, 25
"""24 runs of 25 steps in the suite, in parts that can run side by side. The long command: 1 000 of 60."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(900)
def test_what_goes_on_alone_is_accounted_for(part: int) -> None:
    live(Talks, part, RUNS, STEPS)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_what_goes_on_alone_is_accounted_for_for_long() -> None:
    live_long(Talks, 1_000, 60)
