"""The gate before paid calls, in virtual time: hours pass in milliseconds, and every run is the same."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pixmake.build.limits import Gate, Halted, Limits


class Leap(selectors.SelectSelector):
    """Where a loop would wait, time leaps."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everybody waits for nothing"
        self.now += timeout
        return super().select(0)


class LeapClock:
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.monotonic(), UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(main: Callable[[], Awaitable[object]]) -> float:
    """Runs in virtual time; the seconds it took."""
    leap = Leap()
    loop = asyncio.SelectorEventLoop(leap)
    loop.time = lambda: leap.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(asyncio.wait_for(main(), 1e6))
        return leap.now
    finally:
        loop.close()


@dataclass(slots=True)
class Server:
    """Takes `images` in `window` seconds (rolling); with `refill`, a bucket of `images` that gets one back so often."""

    images: int = 10**9
    window: float = 60.0
    refill: float | None = None
    at_once: int = 10**9
    tells: bool = True
    lie: float | None = None
    latency: float = 30.0
    jitter: tuple[float, ...] = (0.1,)
    taken: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    flying: int = 0
    most: int = 0
    arrivals: int = 0
    level: float | None = None
    since: float = 0.0

    def room_in(self, now: float) -> float:
        """Seconds until one image is taken; 0: now."""
        if self.refill is not None:
            full = float(self.images)
            self.level = min(full, (full if self.level is None else self.level) + (now - self.since) / self.refill)
            self.since = now
            return max(0.0, (1 - self.level) * self.refill)
        inside = [at for at in self.taken if now - at < self.window]
        return inside[-self.images] + self.window - now if len(inside) >= self.images else 0.0

    async def call(self, gate: Gate) -> None:
        """One image, asked for until it comes."""
        clock = gate.clock
        while True:
            turn = await gate.enter(1)
            self.arrivals += 1
            await clock.sleep(self.jitter[self.arrivals % len(self.jitter)])
            now = clock.monotonic()
            wait = self.room_in(now)
            if wait > 1e-9 or self.flying >= self.at_once:
                self.refusals.append(now)
                told = (self.lie or wait or 1.0) if self.tells else None
                gate.refused(turn, told)
                continue
            self.taken.append(now)
            if self.level is not None:
                self.level -= 1
            self.flying += 1
            self.most = max(self.most, self.flying)
            await clock.sleep(self.latency)
            self.flying -= 1
            gate.left(turn)
            return


def spend(
    server: Server,
    calls: int,
    concurrency: int = 8,
    per_minute: int | None = None,
    calls_per_minute: int | None = None,
) -> float:
    """Seconds until all calls are done, with as many lanes as `concurrency`."""

    async def main() -> None:
        gate = Gate(LeapClock(), concurrency, per_minute, calls_per_minute)
        lanes = asyncio.Semaphore(concurrency)

        async def lane() -> None:
            async with lanes:
                await server.call(gate)

        await asyncio.gather(*(lane() for _ in range(calls)))

    return run(main)


def test_five_a_minute_is_found_by_one_burst_and_kept() -> None:
    server = Server(images=5)
    seconds = spend(server, 60)
    assert len(server.refusals) <= 3, "only the first burst's"
    assert max(server.refusals) < 1
    assert seconds < 1.1 * (11 * 60 + 30)


def test_a_configured_rate_meets_no_refusal() -> None:
    server = Server(images=5, jitter=(0.9, 0.1, 0.4))
    seconds = spend(server, 60, per_minute=5)
    assert server.refusals == []
    assert seconds < 1.1 * (11 * 60 + 30)


def test_a_configured_rate_of_calls_meets_no_refusal() -> None:
    server = Server(images=5, jitter=(0.9, 0.1, 0.4))
    seconds = spend(server, 60, calls_per_minute=5)
    assert server.refusals == []
    assert 11 * 60 <= seconds < 1.1 * (11 * 60 + 30)


@pytest.mark.parametrize("calls", [1, 3])
def test_both_rates_hold(calls: int) -> None:
    """Four pictures a call, eight a minute: two calls, or fewer where that is the rate."""
    times: list[float] = []

    async def main() -> None:
        gate = Gate(LeapClock(), 8, per_minute=8, calls_per_minute=calls)
        for _ in range(6):
            turn = await gate.enter(4)
            times.append(turn.at)
            gate.left(turn)

    run(main)
    assert len(times) == 6
    for place, at in enumerate(times):
        assert len([other for other in times[place:] if other < at + 60]) <= min(2, calls)


@pytest.mark.parametrize("wait", [None, 2.0])
def test_a_refused_call_is_a_call(wait: float | None) -> None:
    """Servers count those that they turn away, and let nobody in who goes on asking."""
    times: list[float] = []

    async def main() -> None:
        gate = Gate(LeapClock(), 8, calls_per_minute=3)
        for _ in range(9):
            turn = await gate.enter(1)
            times.append(turn.at)
            gate.refused(turn, wait)

    run(main)
    assert all(later - at >= 60 for at, later in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("concurrency", [8, 64])
def test_fifty_a_minute_with_many_lanes(concurrency: int) -> None:
    server = Server(images=50, latency=20)
    ideal = max(400 / 50 * 60, 400 * 20 / concurrency)
    seconds = spend(server, 400, concurrency)
    assert seconds < 1.2 * ideal
    assert len(server.refusals) <= 30


def test_a_limit_on_shorter_slices_is_found_too() -> None:
    server = Server(images=1, window=12.0)
    seconds = spend(server, 40)
    assert len(server.refusals) <= 8
    assert seconds < 1.1 * (39 * 12 + 30)


def test_a_bucket_that_refills_is_no_storm() -> None:
    server = Server(images=5, refill=12.0)
    seconds = spend(server, 60)
    assert len(server.refusals) <= 20
    assert seconds < 1.3 * (55 * 12 + 30)


def test_a_server_that_tells_too_little_is_not_believed_for_long() -> None:
    server = Server(images=5, lie=1.0)
    seconds = spend(server, 60)
    assert len(server.refusals) <= 30
    assert seconds < 1.6 * (11 * 60 + 30)


@pytest.mark.parametrize("tells", [True, False])
def test_a_server_of_two_places_is_not_stormed(tells: bool) -> None:
    server = Server(at_once=2, latency=10, tells=tells)
    seconds = spend(server, 60)
    assert server.most == 2
    assert seconds < 2.5 * (30 * 10)
    assert len(server.refusals) <= 40


def test_places_grow_with_success() -> None:
    server = Server(latency=10)
    seconds = spend(server, 640, concurrency=64)
    assert server.most == 64
    assert seconds < 150
    assert server.refusals == []


def test_a_pause_is_shared() -> None:
    """One refusal stops all calls of the model until it is over."""

    async def main() -> None:
        gate = Gate(LeapClock(), 8)
        turn = await gate.enter(1)
        gate.refused(turn, 20.0)
        waiting = [asyncio.ensure_future(gate.enter(1)) for _ in range(3)]
        await asyncio.sleep(19.9)
        assert not any(task.done() for task in waiting)
        await asyncio.sleep(0.2)
        assert all(task.done() for task in waiting)

    run(main)


def test_without_a_told_wait_pauses_double_and_have_an_end() -> None:
    async def main() -> None:
        gate = Gate(LeapClock(), 8)
        waits = []
        for _ in range(10):
            began = gate.clock.monotonic()
            turn = await gate.enter(1)
            waits.append(gate.clock.monotonic() - began)
            gate.refused(turn, None)
        assert waits == [0, 0.5, 1, 2, 4, 8, 16, 32, 64, 120]

    run(main)


def test_images_count_not_calls() -> None:
    async def main() -> None:
        gate = Gate(LeapClock(), 8, per_minute=5)
        for images, at in ((4, 0.0), (1, 0.0), (4, 61.2), (2, 122.4), (7, 183.6)):
            gate.left(await gate.enter(images))
            assert gate.clock.monotonic() == pytest.approx(at)

    run(main)


def test_who_waits_is_told_of_the_end() -> None:
    async def main() -> None:
        limits = Limits(LeapClock())
        gate = limits.gate("openai", "gpt-image-2", 1, None)
        assert limits.gate("openai", "gpt-image-2", 1, None) is gate
        turn = await gate.enter(1)
        waiting = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(5)
        limits.halt()
        with pytest.raises(Halted):
            await waiting
        gate.left(turn)
        with pytest.raises(Halted):
            await limits.gate("openai", "gpt-image-1.5", 1, None).enter(1)

    run(main)


def test_a_waiting_call_that_is_cancelled_keeps_no_place() -> None:
    async def main() -> None:
        gate = Gate(LeapClock(), 1)
        turn = await gate.enter(1)
        waiting = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.sleep(1)
        gate.left(turn)
        gate.left(await gate.enter(1))

    run(main)


def test_a_turn_that_was_given_to_somebody_who_has_just_gone_is_given_on() -> None:
    """Whoever is cancelled between the gift and his next step has not sent anything."""

    async def main() -> None:
        gate = Gate(LeapClock(), 1)
        first = await gate.enter(1)
        gone = asyncio.ensure_future(gate.enter(1))
        last = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(1)
        gate.left(first)  # which gives `gone` his turn, before he knows
        gone.cancel()
        turn = await last
        assert gone.cancelled()
        assert not turn.over

    assert run(main) < 2


def test_a_turn_that_was_given_before_the_end_is_not_taken_after_it() -> None:
    """Between the gift and his next step the build was stopped: nothing more is sent."""

    async def main() -> None:
        gate = Gate(LeapClock(), 1)
        first = await gate.enter(1)
        waiting = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(1)
        gate.left(first)
        gate.halt()
        with pytest.raises(Halted):
            await waiting

    run(main)


def test_who_is_refused_sends_nobody_into_the_same_wall() -> None:
    """The place that a refused call leaves is given away after the pause, not before it is known."""

    async def main() -> None:
        gate = Gate(LeapClock(), 1)
        first = await gate.enter(1)
        second = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(1)
        gate.refused(first, 20.0)
        turn = await second
        assert turn.at >= 21

    assert run(main) < 30


def test_a_refusal_that_comes_after_every_window_has_passed_is_no_trouble() -> None:
    async def main() -> None:
        gate = Gate(LeapClock(), 4)
        slow = await gate.enter(1)
        await asyncio.sleep(200)
        gate.left(await gate.enter(1))
        gate.refused(slow, 1.0)
        gate.left(await gate.enter(1))

    run(main)


@pytest.mark.parametrize(
    ("server", "calls"),
    [
        (Server(images=50, window=1.0, latency=0.2), 6000),
        (Server(images=3000, window=60.0, latency=0.2), 6000),
        (Server(images=50, window=60.0, latency=20.0), 1000),
        (Server(images=250, refill=0.24, latency=20.0), 2000),
    ],
    ids=["50 a second", "3000 a minute", "50 a minute", "bucket of 250"],
)
def test_a_limit_that_nobody_stated_is_used_up_after_the_first_minute(server: Server, calls: int) -> None:
    concurrency = 128
    server = replace(server, taken=[], refusals=[])
    spend(server, calls, concurrency)
    first, last = 60.0, max(server.taken)
    speed = 1 / server.refill if server.refill else server.images / server.window
    ideal = min(speed, concurrency / (server.latency + server.jitter[0]))
    assert len(server.taken) == calls
    assert sum(at > first for at in server.taken) >= 0.95 * ideal * (last - first)
    assert server.arrivals <= 1.02 * calls


def test_places_are_doubled_each_quarter_of_a_second_while_nobody_is_refused() -> None:
    """Calls take half a minute: who waited for their ends would take minutes to get to what the user asked for."""
    server = Server(latency=30.0)
    assert spend(server, 128, concurrency=128) < 33.0
    assert server.most == 128


def test_no_more_are_sent_than_a_quarter_of_a_second_of_news_can_excuse() -> None:
    server = Server(images=5, window=60.0, latency=30.0)
    spend(server, 20, concurrency=128)
    assert len(server.refusals) < 8
