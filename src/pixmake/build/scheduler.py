"""Build room: when things run. It knows jobs, lanes and needs, nothing of pictures or money; it holds the mutable state.

A lane is a provider or the local processors, with so many places. Of what is ready, the job with the longest chain
of jobs behind it starts first.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Generic, Literal, TypeVar

from pixmake.values import dataclass

Id = TypeVar("Id", bound=Hashable)
End = Literal["ok", "failed", "closed", "fatal"]
"""How a job ended: `failed` blocks what needs it; `closed` also shuts its lane, `fatal` all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[Id]):
    """One piece of work: where it runs and what has to have ended well before it."""

    id: Id
    lane: str
    needs: tuple[Id, ...] = ()


class Scheduler(Generic[Id]):
    """Runs jobs until all have ended or none can start any more. What was started is always awaited."""

    def __init__(
        self,
        jobs: Iterable[Job[Id]],
        lanes: Mapping[str, int],
        *,
        fail_fast: bool = False,
        halted: Callable[[], bool] | None = None,
    ) -> None:
        """`halted` is asked before each start; from its first yes on nothing more is started."""
        self.jobs = {job.id: job for job in jobs}
        self.fail_fast = fail_fast
        self.halted = halted
        self.stopped = False
        self._shut: set[str] = set()
        self._free = dict(lanes)
        self._users: dict[Id, list[Id]] = {}
        self._open: dict[Id, int] = {}
        self._ready: dict[str, list[tuple[int, int, Id]]] = {lane: [] for lane in lanes}
        for job in self.jobs.values():
            needs = [need for need in job.needs if need in self.jobs]
            self._open[job.id] = len(needs)
            for need in needs:
                self._users.setdefault(need, []).append(job.id)
        self._place = {node: place for place, node in enumerate(self.jobs)}
        self._depth = self._depths()

    def stop(self) -> None:
        """Start nothing more; what runs is awaited."""
        self.stopped = True

    async def run(self, work: Callable[[Job[Id]], Awaitable[End]]) -> dict[Id, End]:
        """Runs `work` on every job that can run; jobs that never started are missing in the result.

        What `work` raises starts nothing more, and is raised when everything that was started has ended.
        """
        ended: dict[Id, End] = {}
        running: dict[asyncio.Task[End], Job[Id]] = {}
        done: asyncio.Queue[asyncio.Task[End]] = asyncio.Queue()
        broken: list[BaseException] = []
        for job in self.jobs.values():
            if not self._open[job.id]:
                self._push(job)
        self._start(running, work, done)
        while running:
            task = await done.get()
            job = running.pop(task)
            if (error := task.exception()) is None:
                ended[job.id] = self._end(job, task.result())
            else:
                broken.append(error)
                self.stop()
            if done.empty():  # what ended together is looked at together
                self._start(running, work, done)
        if broken:
            raise broken[0]
        return ended

    def _end(self, job: Job[Id], end: End) -> End:
        self._free[job.lane] += 1
        if end == "ok":
            for user in self._users.get(job.id, ()):
                self._open[user] -= 1
                if not self._open[user]:
                    self._push(self.jobs[user])
        elif end == "fatal" or self.fail_fast:
            self.stop()
        elif end == "closed":
            self._ready[job.lane].clear()
            self._shut.add(job.lane)
        return end

    def _push(self, job: Job[Id]) -> None:
        if job.lane in self._shut:
            return
        heapq.heappush(self._ready[job.lane], (-self._depth[job.id], self._place[job.id], job.id))

    def _start(
        self,
        running: dict[asyncio.Task[End], Job[Id]],
        work: Callable[[Job[Id]], Awaitable[End]],
        done: asyncio.Queue[asyncio.Task[End]],
    ) -> None:
        for lane, ready in self._ready.items():
            while ready and self._free[lane] and not self._stopped():
                job = self.jobs[heapq.heappop(ready)[2]]
                self._free[lane] -= 1
                task = asyncio.ensure_future(work(job))
                task.add_done_callback(done.put_nowait)
                running[task] = job

    def _stopped(self) -> bool:
        if not self.stopped and self.halted is not None and self.halted():
            self.stop()
        return self.stopped

    def _depths(self) -> dict[Id, int]:
        """Length of the longest chain of jobs that starts with each job, users counted backward from the ends."""
        waiting = {node: len(self._users.get(node, ())) for node in self.jobs}
        depth = dict.fromkeys(self.jobs, 1)
        rest = [node for node, count in waiting.items() if not count]
        while rest:
            node = rest.pop()
            for need in self.jobs[node].needs:
                if need in self.jobs:
                    depth[need] = max(depth[need], depth[node] + 1)
                    waiting[need] -= 1
                    if not waiting[need]:
                        rest.append(need)
        return depth
