"""Build room: when the next call to a model may go. It knows images, seconds and refusals; nothing of money or pictures.

Whoever waits here has sent nothing and journaled nothing. One `Gate` a model, so that a pause is shared by all its
calls; what a server's refusals tell of its limit is learned, so that it is not asked the same thing again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import takewhile

from pixmake.clock import Clock
from pixmake.values import dataclass

MINUTE = 60.0
START = 8
"""Calls in flight at first; more are tried as calls succeed, and as time passes without a refusal."""
DOUBLING = 0.25
"""Seconds without a refusal after which twice as many are tried: pictures take a minute, a refusal is back by then."""
MARGIN = 0.02
"""Of a window: a call may travel faster than the one it waits for."""
LEAST_MARGIN = 0.25
"""Seconds, of a stated window. A learned one is kept to evenly, so that nothing hangs on its edge."""
GAP = 1.0
"""Seconds between two calls while a learned limit holds, where its speed does not ask for less: long enough for a refusal
to come back."""
BACK = 0.95
"""Of a learned speed that turned out too high: what is tried next."""
DROP = 0.7
"""Of a learned speed: where less than that comes through, somebody else takes a part, and that is the new limit."""
LONGEST_PAUSE = 120.0
FIRST_PAUSE = 0.5
QUIET_WINDOWS = 15
"""Windows without a refusal after which a learned limit is widened: somebody else may have gone."""
WIDER = 10
"""The part of it that is added."""


@dataclass(slots=True)
class Rate:
    """At most so many images in any so many seconds; or so many calls, whatever they bring."""

    images: int
    seconds: float
    of_calls: bool = False

    def weight(self, images: int) -> int:
        """What a call for so many images takes of it."""
        return 1 if self.of_calls else images

    @property
    def speed(self) -> float:
        return self.images / self.seconds


@dataclass(slots=True, eq=False)
class Turn:
    """Leave to send one call: when it was given and for how many images. `over`: it was used up, or given back."""

    at: float
    images: int
    over: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A call in line: for how many images, and its turn when it comes."""

    images: int
    turn: asyncio.Future[Turn]


def _when(turn: Turn) -> float:
    return turn.at


class Halted(Exception):
    """Nothing more is to be sent."""


class Gate:
    """Lets calls to one model through: first come, first served."""

    def __init__(
        self,
        clock: Clock,
        concurrency: int,
        per_minute: int | None = None,
        calls_per_minute: int | None = None,
        halted: Callable[[], bool] | None = None,
    ) -> None:
        """`halted` is asked before each turn is given."""
        self.clock = clock
        self.most = concurrency
        self.halted = halted
        self.room = min(concurrency, START)
        """Calls in flight at most, for now."""
        self.learned: Rate | None = None
        self._rates = [Rate(per_minute, MINUTE)] if per_minute is not None else []
        if calls_per_minute is not None:
            self._rates.append(Rate(calls_per_minute, MINUTE, of_calls=True))
        self._line: deque[_Waiting] = deque()
        self._timer: asyncio.Task[None] | None = None
        """Looks at the line again when its first may go, if that is known."""
        self._halted = False
        self._flying = 0
        self._sent: deque[Turn] = deque()
        self._refused: deque[Turn] = deque()
        """Calls that brought nothing, but were calls."""
        self._until = self._episode = self._calm = self._doubled = float("-inf")
        self.streak = 0
        """Times of refusals since the last call that got through."""
        self._successes = 0
        self._too_wide: Rate | None = None
        self._told = float("-inf")

    async def enter(self, images: int) -> Turn:
        """Waits until a call for so many images may go. Raises Halted."""
        waiting = _Waiting(images, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._serve()
        try:
            turn = await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._line:
                self._line.remove(waiting)
            elif not waiting.turn.cancelled() and waiting.turn.exception() is None:
                self.unsent(waiting.turn.result())
            raise
        if self._halted:  # since the turn was given
            self.unsent(turn)
            raise Halted
        return turn

    def _serve(self) -> None:
        """Gives their turns to those in front who may go, at once: who is woken to ask again loses time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._line:
            waiting = self._line[0]
            if (delay := self._delay(waiting.images)) > 0:
                if delay < float("inf"):
                    self._timer = asyncio.ensure_future(self._serve_after(delay))
                return
            self._line.popleft()
            if waiting.turn.done():
                continue  # its build was ended while it waited
            if self._halted or (self.halted is not None and self.halted()):
                waiting.turn.set_exception(Halted())
            else:
                waiting.turn.set_result(self._turn(waiting.images))

    async def _serve_after(self, delay: float) -> None:
        await self.clock.sleep(delay)
        self._timer = None  # this very task, which is not to be cancelled by itself
        self._serve()

    def _turn(self, images: int) -> Turn:
        turn = Turn(self.clock.monotonic(), images)
        self._doubled = max(self._doubled, turn.at) if not self._sent else self._doubled
        self._sent.append(turn)
        self._flying += 1
        return turn

    def _delay(self, images: int) -> float:
        """Seconds until a call may go, as it looks now; infinite while all places are taken."""
        if self._halted:
            return 0.0
        now = self.clock.monotonic()
        if self._flying >= self.room and (wait := self._open_up(now)) > 0:
            return wait
        self._widen(now)
        rates = [*self._rates, *([self.learned] if self.learned else [])]
        return max(self._until, self._even(), *(self._opens(rate, images, now) for rate in rates), now) - now

    def _open_up(self, now: float) -> float:
        """Seconds until more places are tried than there have been; 0: now they are; infinite after a refusal."""
        if self.room >= self.most or self._episode != float("-inf"):
            return float("inf")
        if now < self._doubled + DOUBLING:
            return self._doubled + DOUBLING - now
        self.room, self._doubled = min(self.most, 2 * self.room), now
        return 0.0

    def _even(self) -> float:
        """When the next call may go at the speed of the learned limit. A slow one may be used up in a burst, until that
        was refused once: then the server counts in another way, and each call waits for its own share of time."""
        if self.learned is None or not self._sent:
            return float("-inf")
        last = self._sent[-1]
        share = last.images / self.learned.speed
        return last.at + (share if self._too_wide is not None else min(GAP, share))

    def _opens(self, rate: Rate, images: int, now: float) -> float:
        """When so many images fit into the rate's window. More than fit at all go alone."""
        window = rate.seconds + max(0.0 if rate is self.learned else LEAST_MARGIN, rate.seconds * MARGIN)
        turns = sorted([*self._sent, *self._refused], key=_when) if rate.of_calls and self._refused else self._sent
        inside = list(takewhile(lambda turn: turn.at + window > now, reversed(turns)))
        over = sum(rate.weight(turn.images) for turn in inside) + rate.weight(images) - rate.images
        opens = now
        for turn in reversed(inside):
            if over <= 0:
                break
            over -= rate.weight(turn.images)
            opens = turn.at + window
        return opens

    def left(self, turn: Turn) -> None:
        """A call has ended in any way but a refusal for being too much. Places grow with every success, doubling with
        each round, and after the first refusal by one a round."""
        self._land(turn)
        self.streak = 0
        self._successes += 1
        is_fresh = self._episode == float("-inf")
        if self.room < self.most and (is_fresh or self._successes >= self.room):
            self.room, self._successes = self.room + 1, 0
        self._forget()
        self._serve()

    def unsent(self, turn: Turn) -> None:
        """A call was not sent after all."""
        self._take_back(turn)
        self._serve()

    def refused(self, turn: Turn, wait: float | None) -> None:
        """A call was certainly not done since it was too much, or nobody was there; `wait` as the server said it."""
        now = self.clock.monotonic()
        self._take_back(turn)
        self._refused.append(turn)
        if turn.at >= self._episode:
            self._begin(now, has_wait=wait is not None)
        self._until = max(self._until, now + self._pause(wait))
        if wait is not None:
            self._learn(now)
        self._calm = self._until
        self._serve()

    def untold_pause(self) -> float | None:
        """Seconds that a new time of refusals lasts yet, when this is asked for the first time in it."""
        if self._told == self._episode:
            return None
        self._told = self._episode
        return max(0.0, self._until - self.clock.monotonic())

    def _take_back(self, turn: Turn) -> None:
        self._land(turn)
        if turn in self._sent:  # one that took longer than any window is forgotten already
            self._sent.remove(turn)

    def _land(self, turn: Turn) -> None:
        turn.over = True
        self._flying -= 1

    def _begin(self, now: float, *, has_wait: bool) -> None:
        """A new time of refusals; those of calls sent before it are the same news.

        Half the places, but where a wait is told: then speed is the limit.
        """
        self._episode = now
        self.streak += 1
        self._successes = 0
        if not has_wait:
            self.room = max(1, self.room // 2)
        self._too_wide = self.learned

    def _pause(self, wait: float | None) -> float:
        """What the server told, unless it told too little the time before."""
        doubled = FIRST_PAUSE * 2.0 ** (self.streak - 1)
        if wait is None or self.streak > 1:
            wait = max(wait or 0.0, doubled)
        return min(wait, LONGEST_PAUSE)

    def _learn(self, now: float) -> None:
        """What was let through lately, in the time from the first of it until the server has room again."""
        lately = [turn for turn in self._sent if turn.at > now - MINUTE]
        images = sum(turn.images for turn in lately)
        if not images:
            return
        found = Rate(images, max(1.0, self._until - lately[0].at))
        wide = self._too_wide
        if wide is not None and found.speed > DROP * wide.speed:  # a little too much: what came through tells no better
            found = Rate(wide.images, wide.seconds / BACK)
        self.learned = found

    def _widen(self, now: float) -> None:
        if self.learned is not None and now - self._calm > QUIET_WINDOWS * self.learned.seconds:
            part = WIDER if self._too_wide is None else 2 * WIDER  # more would be refused soon: it was before
            self.learned.images += max(1, self.learned.images // part)
            self._calm = now

    def _forget(self) -> None:
        """Drops what no window holds any more."""
        longest = max([MINUTE, self.learned.seconds if self.learned else 0.0]) * (1 + MARGIN) + LEAST_MARGIN
        now = self.clock.monotonic()
        for turns in (self._sent, self._refused):
            while turns and turns[0].at < now - longest:
                turns.popleft()

    def halt(self) -> None:
        """Whoever waits is told that nothing more is sent."""
        self._halted = True
        self._serve()


def _nobody(provider: str, model: str | None, seconds: float, why: str) -> None:
    """Nobody wants to know."""


class Limits:
    """The gates of one build, by provider and model."""

    def __init__(self, clock: Clock, asked: Callable[[], bool] | None = None) -> None:
        """`asked`: whether somebody wants nothing more to be sent; it is asked before each call."""
        self.clock = clock
        self.asked = asked
        self.on_pause: Callable[[str, str | None, float, str], object] = _nobody
        """Told of the provider, the model, seconds for which nothing is sent to it, and why."""
        self._gates: dict[tuple[str, str | None], Gate] = {}
        self._halted = False
        self._closed: set[str] = set()

    def gate(
        self,
        provider: str,
        model: str | None,
        concurrency: int,
        per_minute: int | None,
        calls_per_minute: int | None = None,
    ) -> Gate:
        """The gate of one model; `concurrency`, `per_minute` (images) and `calls_per_minute` are its provider's settings."""
        known = self._gates.get((provider, model))
        if known is None:
            known = self._gates[provider, model] = Gate(
                self.clock, concurrency, per_minute, calls_per_minute, self.asked
            )
            if self._halted or provider in self._closed:
                known.halt()
        return known

    def tell(self, provider: str, model: str | None, why: str) -> None:
        """Has a pause of this model told that began since the last one."""
        seconds = self._gates[provider, model].untold_pause()
        if seconds is not None:
            self.on_pause(provider, model, seconds, why)

    @property
    def halted(self) -> bool:
        """Whether nothing more is sent to anybody."""
        return self._halted

    def halt(self, provider: str | None = None) -> None:
        """Nothing more is sent, to one provider or to any; what was sent is not touched."""
        if provider is None:
            self._halted = True
        else:
            self._closed.add(provider)
        for (name, _), gate in self._gates.items():
            if provider in (None, name):
                gate.halt()
