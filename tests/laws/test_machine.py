"""A state machine over everything that may happen to two projects on one store; books are held together after each step."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from fakes.counting import png
from laws.house import Room, dies_in_a_child, full_disk
from laws.running import live, live_long
from laws.weather import ANY, SIDES, Weather
from pixmake.build.report import BuildReport
from pixmake.diagnostics import Problem
from pixmake.plan.planner import Plan

PROFILES = st.sampled_from([None, None, "night"])
MOODS = st.lists(
    st.sampled_from(["ok", "ok", "refused", "busy", "failed", "stopped", "unknown", "torn", "short", "broken"]),
    max_size=3,
)
BROKEN_PLAN = {"pick-beyond-variants"}
"""What a spec of the machine may be refused for."""


class Life(Weather):
    """Builders, verbs and their accidents."""

    def teardown(self) -> None:
        try:
            if not self.at_odds:
                self.settles()
        finally:
            self.patch.undo()
            shutil.rmtree(self.folder)

    # --- builds --------------------------------------------------------------------------------------------------

    def _build(self, room: Room, profile: str | None = None, /, **orders: Any) -> BuildReport | None:
        """A fresh process's build. None where the plan is refused as a whole for a reason that the machine knows."""
        project = room.open(profile)
        project.recover()
        draft, yes = orders.pop("draft", False), orders.get("yes", False)
        plan = project.plan(draft=draft, repeat_unknown=yes)
        self._wants(plan)
        before = plan.totals
        try:
            report = project.build(plan, **orders)
        except Problem as problem:
            self._known(problem, BROKEN_PLAN)
            return None
        self._wants(plan)
        assert report.made <= before.images or draft
        assert report.spent + report.reserved <= before.cost.high
        return report

    def _known(self, problem: Problem, codes: set[str]) -> None:
        assert {item.code for item in problem.diagnostics} <= codes, str(problem)

    def _wants(self, plan: Plan) -> None:
        """How many pictures of each key somebody wants by this plan."""
        for (name, index), verdict in plan.judge.done.items():
            step = next(step for step in plan.graph.actions[name, index].asset.steps if step.index == index)
            if verdict.key is not None:
                self.books.wanted[verdict.key] = max(self.books.wanted[verdict.key], step.variants)

    def _spends_nothing(self) -> None:
        self.books.read()
        assert not self.books.new
        assert not self.books.sold

    @rule(side=SIDES, profile=PROFILES, jobs=st.integers(1, 8), moods=MOODS)
    def builds(self, side: int, profile: str | None, jobs: int, moods: list[str]) -> None:
        self.house.shop.moods = moods
        self._build(self._room(side), profile, max_cost=9, jobs=jobs)
        self.house.shop.moods = []
        self.books.read()
        assert not any(self.books.calls[intent].again for intent in self.books.new), "sent again without a yes"

    @rule(side=SIDES, profile=PROFILES)
    def builds_with_a_yes(self, side: int, profile: str | None) -> None:
        self._build(self._room(side), profile, yes=True)

    @rule(side=SIDES, cents=st.integers(0, 12))
    def builds_with_a_cap(self, side: int, cents: int) -> None:
        cap = Decimal(cents) / 100
        report = self._build(self._room(side), max_cost=cap)
        assert report is None or report.spent + report.reserved <= cap

    @rule(side=SIDES, how=st.sampled_from([{}, {"offline": True}, {"locked": True}, {"draft": True}]))
    def builds_for_nothing(self, side: int, how: dict[str, bool]) -> None:
        """Nobody agreed, or the network is away, or it is CI, or drafts do: nothing is sent."""
        self.books.read()
        self._build(self._room(side), **how)
        self._spends_nothing()

    @rule(side=SIDES)
    def builds_twice(self, side: int) -> None:
        """The second build of two sends nothing and writes nothing but what it may throw away."""
        room = self._room(side)
        if self._build(room, max_cost=9) is None:
            return
        self.books.read()
        seen = stats(self.folder)
        second = self._build(room, max_cost=9)
        self._spends_nothing()
        assert second is not None
        assert second.written == ()
        again = stats(self.folder)
        changed = {path for path in again if again[path] != seen.get(path)}
        store = self.house.store_folder
        young = {room.root / ".pixmake/memo.json", store / "index/cache.db", store / "locks/index"}
        assert changed <= young, f"nothing was to do, and yet written: {changed - young}"

    @rule(one=SIDES, other=SIDES, profile=PROFILES)
    def two_build_at_once(self, one: int, other: int, profile: str | None) -> None:
        troubles: list[BaseException] = []

        def work(side: int, profile: str | None) -> None:
            try:
                self._build(self._room(side), profile, max_cost=9)
            except BaseException as error:
                troubles.append(error)

        threads = [Thread(target=work, args=(one, None)), Thread(target=work, args=(other, profile))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for trouble in troubles:
            raise trouble

    @rule(side=SIDES, at=st.integers(1, 60), yes=st.booleans())
    def dies(self, side: int, at: int, yes: bool) -> None:
        """A builder is killed at some writing call."""
        room = self._room(side)
        self.books.faults |= dies_in_a_child(lambda: self._build(room, max_cost=9, yes=yes), at)
        self._after_a_death(room)

    @rule(side=SIDES)
    def dies_while_it_waits(self, side: int) -> None:
        """A builder is killed between sending and the answer."""
        room = self._room(side)
        self.house.shop.moods = ["killed"]
        dies_in_a_child(lambda: self._build(room, max_cost=9), 10_000)
        self.house.shop.moods = []
        self._after_a_death(room)

    def _after_a_death(self, room: Room) -> None:
        room.open().recover()
        for profile in (None, "night"):
            self._wants(room.open(profile).plan())

    @rule(side=SIDES, at=st.integers(1, 60))
    def finds_the_disk_full(self, side: int, at: int) -> None:
        self.books.faults = True
        try:
            with full_disk(at):
                self._build(self._room(side), max_cost=9)
        except Problem as problem:
            self._known(problem, {"disk-full", "write-failed"})
        self._after_a_death(self._room(side))

    # --- what people decide --------------------------------------------------------------------------------------

    def _decide(self, side: int, which: int, codes: set[str], act: Callable[[Room, str], object]) -> None:
        room = self._room(side)
        name = self._name(room, which)
        if name is None:
            return
        try:
            act(room, name)
        except Problem as problem:
            self._known(problem, codes)

    @rule(side=SIDES, which=ANY, number=st.integers(1, 3), profile=PROFILES)
    def picks(self, side: int, which: int, number: int, profile: str | None) -> None:
        self._decide(
            side, which, {"no-candidate", "spec-says"}, lambda room, name: room.verbs(profile).pick(name, number)
        )

    @rule(side=SIDES, which=ANY, count=st.integers(1, 2), moods=MOODS)
    def rerolls(self, side: int, which: int, count: int, moods: list[str]) -> None:
        self.house.shop.moods = moods
        self._decide(side, which, BROKEN_PLAN, lambda room, name: self._reroll(room, name, count))
        self.house.shop.moods = []

    def _reroll(self, room: Room, name: str, count: int) -> None:
        verbs = room.verbs()
        verbs.project.recover()
        planned = verbs.reroll(name, count)
        self._wants(planned.plan)
        key = planned.plan.judge.done[planned.node].key
        if key is not None:
            self.books.read()
            bought = sum(len(call.results or ()) for call in self.books.calls.values() if call.key == key)
            self.books.wanted[key] = max(self.books.wanted[key], bought + count)
        verbs.project.build(planned.plan, yes=True)
        self._wants(planned.plan)
        verbs.settle(planned)

    @rule(side=SIDES, which=ANY)
    def adopts(self, side: int, which: int) -> None:
        def adopt(room: Room, name: str) -> None:
            file = self.folder / "own.png"
            file.write_bytes(png(32, 32, secrets.token_bytes(10)))
            room.verbs().adopt(name, file)

        self._decide(side, which, {"not-ready", "spec-says"}, adopt)

    @rule(side=SIDES, which=ANY)
    def accepts(self, side: int, which: int) -> None:
        def accept(room: Room, name: str) -> None:
            for path in room.verbs().accept(name):
                room.hand.pop(path, None)

        self._decide(side, which, {"nothing-to-accept", "bad-picture", *BROKEN_PLAN}, accept)

    @rule(side=SIDES, which=ANY, verb=st.sampled_from(["freeze", "unfreeze", "forget"]))
    def keeps(self, side: int, which: int, verb: str) -> None:
        codes = {"nothing-bought", "spec-says", "no-lock-line"}
        self._decide(side, which, codes, lambda room, name: getattr(room.verbs(), verb)([name]))

    @rule(side=SIDES, which=ANY)
    def restores(self, side: int, which: int) -> None:
        def restore(room: Room, name: str) -> None:
            verbs = room.verbs()
            plan = verbs.restore([name])
            self.books.read()
            verbs.project.build(plan)
            self._spends_nothing()
            path = f"assets/{room.sketch.file(name)}"
            if path in room.hand and (room.root / path).read_bytes() != room.hand[path]:
                del room.hand[path]  # else what was bought is nowhere, and the file stays

        self._decide(side, which, {"nothing-bought", *BROKEN_PLAN}, restore)

    # --- always --------------------------------------------------------------------------------------------------

    @invariant()
    def books_agree(self) -> None:
        self.at_odds = True
        self.books.read()
        self.books.check()
        self.at_odds = False

    def settles(self) -> None:
        """In the end, with nobody interfering, everything comes to rest: the last build sends and writes nothing."""
        for room in self.house.rooms:
            if (room.root / "assets.yaml").exists():
                self.builds_twice(self.house.rooms.index(room))
                self.books_agree()


def stats(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file with its time of change and inode."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            seen = path.stat()
            found[path] = (seen.st_mtime_ns, seen.st_ino)
    return found


PARTS, RUNS, STEPS = 10, 30, 50
"""300 runs of 50 steps in the suite, in parts that can run side by side. The long command: 5 000 of 100."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(900)
def test_the_books_agree_whatever_happens(part: int) -> None:
    live(Life, part, RUNS, STEPS)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_the_books_agree_whatever_happens_for_long() -> None:
    live_long(Life, 5_000, 100)
