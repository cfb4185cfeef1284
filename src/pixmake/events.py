"""Root room: the closed set of things that happen. Console, trace and gallery only listen to these.

Money is USD as Decimal; times are seconds since the build began.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import ClassVar

from pixmake.diagnostics import Diagnostic
from pixmake.digest import decimal_text
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `kind` is its name in JSON."""

    kind: ClassVar[str] = ""

    def to_json(self) -> dict[str, object]:
        values = {item.name: _plain(getattr(self, item.name)) for item in fields(self)}
        return {"event": self.kind, **values}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Diagnostic):
        return value.to_json()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted(Event):
    """A plan begins to run: `total` pieces of work, `images` of them painted by a provider.

    `high` is the most that what it will send may cost; `budget` what it may spend at all, None without a cap.
    """

    kind: ClassVar[str] = "build-started"
    total: int
    images: int
    high: Decimal
    budget: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """A provider is asked, or local work on an asset begins (`step` None). `price`: what it may cost at most."""

    kind: ClassVar[str] = "step-started"
    asset: str
    step: int | None
    provider: str
    at: float
    lane: int
    """The row this piece of work takes in a trace."""
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsPaused(Event):
    """A provider turned calls away that were certainly not done: for `seconds` none is sent to this model, then they are
    sent again."""

    kind: ClassVar[str] = "calls-paused"
    provider: str
    model: str | None
    seconds: float
    why: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialArrived(Event):
    """A look on the way to a picture came, number 1, 2, … of `total`. `path`: a file below the project that the next
    build may remove. It is no result: the picture may look otherwise."""

    kind: ClassVar[str] = "partial-arrived"
    asset: str
    step: int
    number: int
    total: int
    path: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(Event):
    """A piece of work ended: `result` is made, reused, failed, refused, unknown, blocked or held."""

    kind: ClassVar[str] = "step-finished"
    asset: str
    step: int | None
    result: str
    message: str | None
    cost: Decimal | None
    began: float
    at: float
    lane: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWritten(Event):
    """A file was written, complete and by rename. `size` in bytes."""

    kind: ClassVar[str] = "output-written"
    asset: str
    path: str
    size: int
    draft: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFinished(Event):
    """All work on one asset ended; `state` is its state now. One line of a log."""

    kind: ClassVar[str] = "asset-finished"
    asset: str
    state: str
    outputs: tuple[str, ...]
    done: int
    total: int
    seconds: float
    at: float
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStopping(Event):
    """A person interrupted: nothing more starts. `awaited`: what was sent is waited for, else it is left unknown."""

    kind: ClassVar[str] = "build-stopping"
    awaited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished(Event):
    """Nothing runs any more and all records are written."""

    kind: ClassVar[str] = "build-finished"
    exit_code: int
    made: int
    spent: Decimal
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReady(Event):
    """A watch listens to `folders`, and has looked once. `polling`: the system can't tell of changes, they are sought."""

    kind: ClassVar[str] = "watch-ready"
    assets: int
    folders: int
    polling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChanged(Event):
    """A watch has looked again and done what is free. `files`: what was seen to change, relative to the project; none
    where it looked on its own account. `seconds` are from the first change to the last record."""

    kind: ClassVar[str] = "watch-changed"
    files: tuple[str, ...]
    made: int
    written: tuple[str, ...]
    spent: Decimal
    seconds: float
    mended: bool
    """True: there was an error before, which is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchProblem(Event):
    """What a person should know of now: errors of the spec, pictures that failed. Watching goes on."""

    kind: ClassVar[str] = "watch-problem"
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPending(Event):
    """What waits for money, whenever that changes. `left`: the rest of what this watch may spend, None without a cap.

    `failed` are assets of which something failed and is not tried again until it changes; they are not in the sums.
    """

    kind: ClassVar[str] = "paid-pending"
    assets: tuple[str, ...]
    images: int
    low: Decimal
    high: Decimal
    unpriced: int
    failed: tuple[str, ...]
    left: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnded(Event):
    """A watch is over; nothing runs and nothing is listened to any more."""

    kind: ClassVar[str] = "watch-ended"
    spent: Decimal
    reserved: Decimal
    exit_code: int


Listener = Callable[[Event], None]
