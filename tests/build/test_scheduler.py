"""When jobs run: needs before users, longest chains first, lanes never overfull, failures block only what needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmake.build.scheduler import End, Job, Scheduler


class Worker:
    """Records what ran and when; ends jobs as told."""

    def __init__(self, ends: Mapping[str, End] | None = None) -> None:
        self.ends = ends or {}
        self.began: list[str] = []
        self.done: set[str] = set()
        self.running: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def __call__(self, job: Job[str]) -> End:
        self.began.append(job.id)
        self.running[job.lane] = self.running.get(job.lane, 0) + 1
        self.most[job.lane] = max(self.most.get(job.lane, 0), self.running[job.lane])
        await asyncio.sleep(0)
        self.running[job.lane] -= 1
        self.done.add(job.id)
        return self.ends.get(job.id, "ok")


def run(
    jobs: list[Job[str]], worker: Worker, *, fail_fast: bool = False, lanes: Mapping[str, int] | None = None
) -> dict[str, End]:
    places = lanes or {job.lane: 2 for job in jobs}
    return asyncio.run(Scheduler(jobs, places, fail_fast=fail_fast).run(worker))


def job(name: str, *needs: str, lane: str = "x") -> Job[str]:
    return Job(id=name, lane=lane, needs=needs)


def test_needs_come_first_and_all_run() -> None:
    worker = Worker()
    assert set(run([job("c", "b"), job("b", "a"), job("a")], worker)) == {"a", "b", "c"}
    assert worker.began == ["a", "b", "c"]


def test_the_longest_chain_starts_first() -> None:
    worker = Worker()
    run([job("short"), job("a"), job("b", "a"), job("c", "b")], worker, lanes={"x": 1})
    assert worker.began[0] == "a"


def test_a_failure_blocks_only_what_needs_it() -> None:
    worker = Worker({"a": "failed"})
    ends = run([job("a"), job("b", "a"), job("c", "b"), job("d")], worker)
    assert ends == {"a": "failed", "d": "ok"}


def test_fail_fast_starts_nothing_after_a_failure_but_awaits_what_runs() -> None:
    worker = Worker({"a": "failed"})
    ends = run([job("a"), job("b"), job("c"), job("d")], worker, fail_fast=True, lanes={"x": 2})
    assert ends == {"a": "failed", "b": "ok"}


def test_fatal_stops_everything_even_without_fail_fast() -> None:
    worker = Worker({"a": "fatal"})
    assert run([job("a"), job("b")], worker, lanes={"x": 1}) == {"a": "fatal"}


def test_what_breaks_down_starts_nothing_more_and_is_raised_when_all_that_runs_has_ended() -> None:
    sent, answered = asyncio.Event(), []

    async def work(item: Job[str]) -> End:
        if item.id == "full disk":
            await sent.wait()
            raise OSError("no space left")
        sent.set()
        for _ in range(5):  # an answer that takes longer than the other's end
            await asyncio.sleep(0)
        answered.append(item.id)
        return "ok"

    async def go() -> None:
        await Scheduler([job("paid"), job("full disk"), job("later")], {"x": 2}).run(work)

    with pytest.raises(OSError, match="no space left"):
        asyncio.run(go())
    assert answered == ["paid"]


def test_needs_outside_of_the_jobs_are_there_already() -> None:
    assert run([job("a", "elsewhere")], Worker()) == {"a": "ok"}


@given(st.data())
def test_any_graph_runs_wholly_within_its_lanes(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 25))
    lanes = {"x": data.draw(st.integers(1, 4)), "y": data.draw(st.integers(1, 4))}
    jobs = [
        job(
            str(number),
            *map(str, data.draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else ()),
            lane=data.draw(st.sampled_from("xy")),
        )
        for number in range(count)
    ]
    worker = Worker()
    assert len(run(jobs, worker, lanes=lanes)) == count
    place = {name: index for index, name in enumerate(worker.began)}
    assert all(place[need] < place[item.id] for item in jobs for need in item.needs)
    assert all(worker.most.get(lane, 0) <= most for lane, most in lanes.items())


def test_a_closed_lane_leaves_the_others_running() -> None:
    worker = Worker({"a": "closed"})
    jobs = [job("a"), job("b"), job("c", lane="y"), job("d", "c", lane="x"), job("e", "c", lane="y")]
    ends = run(jobs, worker, lanes={"x": 1, "y": 1})
    assert ends == {"a": "closed", "c": "ok", "e": "ok"}
