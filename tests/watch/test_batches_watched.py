"""Batches while watching: what is done of them comes by itself, is told, and costs no further consent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fakes.batching import Yard
from fakes.openai_batches import Action
from fakes.openai_server import Error
from pixmake.build.project import Project
from pixmake.events import PaidPending, WatchChanged, WatchProblem
from watch.watching import PACE, Watching, outputs

QUICK = replace(PACE, asking=0.1, beat=0.05)
LOOK: Action = "look"


class WatchingBatches(Watching):
    """A watch on a project that buys by batch."""

    def __init__(self, yard: Yard) -> None:
        super().__init__(yard.root, pace=QUICK)
        self.yard = yard

    def project(self, root: Path | None = None) -> Project:
        return self.yard.project()


def handed_in(yard: Yard) -> None:
    yard.assets("fox in the snow", "owl on a branch")
    assert yard.build().exit_code == 3


def test_what_is_done_while_watching_is_collected_and_published(yard: Yard) -> None:
    handed_in(yard)
    with WatchingBatches(yard) as watching:
        assert outputs(yard.root) == {}
        watching.until(lambda: yard.server.office.log.count(LOOK) >= 2)  # it asks again and again
        yard.server.office.run()
        watching.until(lambda: len(outputs(yard.root)) == 3)
        watching.until(lambda: watching.heard(WatchChanged))
        told = watching.heard(WatchChanged)[-1]
        assert (told.made, told.spent) == (2, yard.server.office.cost)
        assert sorted(told.written) == ["assets/fox.png", "assets/owl.png"]
        asked = yard.server.office.log.count(LOOK)
    assert yard.server.office.log.count(LOOK) == asked  # nothing is under way: nobody is asked
    assert yard.states() == {"fresh": 2}


def test_what_was_done_before_is_told_at_the_start(yard: Yard) -> None:
    handed_in(yard)
    yard.server.office.run()
    with WatchingBatches(yard) as watching:
        told = watching.heard(WatchChanged)
        assert [(item.made, item.spent) for item in told] == [(2, yard.server.office.cost)]


def test_what_was_not_done_waits_for_money_again(yard: Yard) -> None:
    handed_in(yard)
    with WatchingBatches(yard) as watching:
        assert not watching.heard(PaidPending)
        yard.server.office.end("expired", done=0)
        watching.until(lambda: watching.heard(PaidPending) and watching.pending.images == 2)
    assert yard.server.office.painted == 0


def test_a_provider_that_is_not_there_ends_nothing(yard: Yard) -> None:
    handed_in(yard)
    yard.server.office.say(LOOK, Error(500, "server_error", "down"), times=3)
    with WatchingBatches(yard) as watching:
        watching.until(lambda: yard.server.office.log.count(LOOK) >= 5)
        assert not watching.heard(WatchProblem)
        yard.server.office.run()
        watching.until(lambda: len(outputs(yard.root)) == 3)


def test_what_its_provider_says_of_a_batch_that_failed_is_told(yard: Yard) -> None:
    handed_in(yard)
    with WatchingBatches(yard) as watching:
        made = yard.server.office.batches[0]
        made.faults = [{"code": "model_not_found", "message": "it is so", "param": None, "line": 2}]
        made.ended, made.status = made.created, "failed"
        watching.until(lambda: watching.problems == ["batch-told"])
        (told,) = watching.heard(WatchProblem)[0].problems
        assert (told.severity, told.message) == (
            "warning", "batch batch_1: the batch was not taken: line 2: it is so",
        )  # fmt: skip
