"""Root room: the closed set of things that happen. Console, trace and gallery only listen to these.

Money is USD as Decimal; times are seconds since the build began.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import ClassVar

from pixmake.digest import decimal_text


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
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted(Event):
    """A plan begins to run: `total` pieces of work, `images` of them painted by a provider."""

    kind: ClassVar[str] = "build-started"
    total: int
    images: int
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """A provider is asked, or local work on an asset begins (`step` None)."""

    kind: ClassVar[str] = "step-started"
    asset: str
    step: int | None
    provider: str
    at: float
    lane: int
    """The row this piece of work takes in a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWaiting(Event):
    """A provider asked us to come back later; the call will be sent again, since it was certainly not done."""

    kind: ClassVar[str] = "step-waiting"
    asset: str
    step: int
    seconds: float
    why: str
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
class BuildFinished(Event):
    """Nothing runs any more and all records are written."""

    kind: ClassVar[str] = "build-finished"
    exit_code: int
    made: int
    spent: Decimal
    seconds: float


Listener = Callable[[Event], None]
