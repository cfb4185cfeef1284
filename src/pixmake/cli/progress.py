"""CLI room: listeners to a build's events: lines for a log, a live bar for a terminal, a trace. They only listen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from pixmake.cli.console import Console, harmless, is_terminal
from pixmake.events import (
    AssetFinished,
    BuildFinished,
    BuildStarted,
    BuildStopping,
    CallsPaused,
    Event,
    Listener,
    StepFinished,
    StepStarted,
)
from pixmake.plan.entries import State, usd

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def fan(*listeners: Listener) -> Listener:
    """One listener that tells several."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell


class Lines:
    """A line on stderr for each finished asset: for logs, and wherever no terminal is."""

    def __init__(self, console: Console, write: Callable[[str], None] | None = None) -> None:
        self.console = console
        self.write = write or (lambda line: console.say(line))
        self.costs: dict[str, Decimal] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepFinished) and event.cost:
            self.costs[event.asset] = self.costs.get(event.asset, Decimal(0)) + event.cost
        elif isinstance(event, StepFinished) and event.step is not None and event.result in ENDS:
            self.write(self._bad(event))
        elif isinstance(event, BuildStopping):
            self.write(AWAITING if event.awaited else "stopping: what was sent is left unknown")
        elif isinstance(event, CallsPaused):
            self.write(f"{event.model or event.provider}: {event.why}; waiting {event.seconds:.1f} s")
        elif isinstance(event, AssetFinished):
            self.write(self._finished(event))

    def _word(self, word: str, state: State) -> str:
        from pixmake.cli.plantext import color_of

        return self.console.paint(word, color_of(state), sys.stderr)

    def _bad(self, event: StepFinished) -> str:
        state = cast(State, "failed" if event.result == "stopped" else event.result)
        return f"{self._word(state, state)} {event.asset}#{event.step}" + (
            f": {event.message}" if event.message else ""
        )

    def _finished(self, event: AssetFinished) -> str:
        state = cast(State, event.state)
        place = f"[{event.done:>{len(str(event.total))}}/{event.total}]"
        word = self._word("done" if state == "fresh" else state, state)
        parts = [place, word, event.asset]
        if event.outputs:
            more = f" and {len(event.outputs) - 1} more" if len(event.outputs) > 1 else ""
            parts.append(f"→ {event.outputs[0]}{more}")
        if self.costs.get(event.asset):
            parts.append(f"({usd(self.costs[event.asset])})")
        if event.message:
            parts.append(f": {event.message}")
        return " ".join(parts).replace(" : ", ": ")


AWAITING = "stopping: what was sent is awaited; Ctrl-C again leaves it unknown"
ENDS = frozenset({"failed", "refused", "unknown", "stopped"})


class Live:
    """A bar on a terminal: done, total, money, time left. Lines of what went wrong scroll by above it."""

    def __init__(self, console: Console) -> None:
        wide = (console.width(sys.stderr) or 80) >= 110
        self.room = 26 if wide else 18  # a name's columns, kept so that the bar stands still
        self.length = 28 if wide else 10
        self.progress: Progress | None = None
        self.bar: TaskID | None = None
        self.lines = Lines(console, self._scroll)
        self.wide = wide
        self.spent = Decimal(0)
        self.unknown = Decimal(0)
        self.most = Decimal(0)
        self.left = Decimal(0)
        self.budget: Decimal | None = None
        self.running: list[str] = []
        self.reserved: dict[tuple[str, int | None], Decimal] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.progress is not None:
            self.progress.stop()

    def _start(self, total: int) -> None:
        """The bar appears with the first event that has work; rich is imported no sooner."""
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Remaining

        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=self.length),
            MofNCompleteColumn(),
            TextColumn("{task.fields[money]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            Remaining(),
            console=Terminal(stderr=True),
            transient=True,
        )
        self.progress.start()
        self.bar = self.progress.add_task(self._now(), total=total, money=self._money())

    def __call__(self, event: Event) -> None:
        if isinstance(event, BuildStarted):
            self.most = self.left = event.high
            self.budget = event.budget
            if event.total:
                self._start(event.total)
        elif isinstance(event, StepStarted):
            self.running.append(event.asset)
            self.reserved[event.asset, event.step] = event.price
            self.left -= event.price
        elif isinstance(event, StepFinished):
            self.running.remove(event.asset)
            self._settle(event)
        if isinstance(event, StepFinished | CallsPaused | BuildStopping) or (
            isinstance(event, AssetFinished) and event.message
        ):
            self._troubles(event)
        if self.progress is not None and self.bar is not None and not isinstance(event, BuildFinished):
            if isinstance(event, AssetFinished):
                self.progress.update(self.bar, completed=event.done)
            self.progress.update(self.bar, description=self._now(), money=self._money())

    def _troubles(self, event: Event) -> None:
        if not isinstance(event, StepFinished) or event.result in ENDS:
            self.lines(event)

    def _scroll(self, line: str) -> None:
        line = harmless(line)
        if self.progress is None:
            sys.stderr.write(f"{line}\n")
            return
        from rich.text import Text

        self.progress.console.print(Text.from_ansi(line))

    def _now(self) -> str:
        name = self.running[-1] if self.running else "building"
        return name.ljust(self.room) if len(name) <= self.room else f"…{name[1 - self.room :]}"

    def _settle(self, event: StepFinished) -> None:
        """What a call reserved becomes what it cost; without an answer it stays reserved."""
        reserved = self.reserved.pop((event.asset, event.step), Decimal(0))
        if event.result == "unknown":
            self.unknown += reserved
        else:
            self.spent += event.cost or 0

    def _money(self) -> str:
        """`$0.12 spent, $0.08 reserved, ≤ $0.40 to go, budget $1.00`; where that is too wide `$0.12+$0.08 of ≤ $0.60`.

        Reserved is what calls at work may cost, and those that ended without an answer may have cost.
        """
        if not self.most:
            return ""
        reserved = self.unknown + sum(self.reserved.values(), Decimal(0))
        left = max(self.left, Decimal(0))
        if not self.wide:
            return (
                f"{usd(self.spent)}{f'+{usd(reserved)}' if reserved else ''} of ≤ {usd(self.spent + reserved + left)}"
            )
        budget = f", budget {usd(self.budget)}" if self.budget is not None else ""
        return f"{usd(self.spent)} spent, {usd(reserved)} reserved, ≤ {usd(left)} to go{budget}"


def watching(console: Console) -> tuple[Listener, AbstractContextManager[object]]:
    """The listener for this stderr, and what has to be entered while it listens."""
    if console.quiet:
        return fan(), nullcontext()
    if is_terminal(sys.stderr):
        live = Live(console)
        return live, live
    return Lines(console), nullcontext()


class Trace:
    """Gathers events as a Chrome trace (Trace Event Format, microseconds): for chrome://tracing or ui.perfetto.dev."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self.providers: dict[tuple[str, int | None], str] = {}
        self.lanes: set[int] = set()

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.providers[event.asset, event.step] = event.provider
        elif isinstance(event, StepFinished):
            self.lanes.add(event.lane)
            self.events.append(self._span(event))
        elif isinstance(event, CallsPaused):
            place = {"name": f"wait: {event.why}", "cat": "wait", "ph": "i", "s": "p", "pid": 1, "tid": 0}
            self.events.append(
                place | {"ts": _micro(event.at), "args": {"model": event.model, "seconds": event.seconds}}
            )

    def _span(self, event: StepFinished) -> dict[str, object]:
        name = event.asset if event.step is None else f"{event.asset}#{event.step}"
        details = {"result": event.result, "message": event.message}
        return {
            "name": name,
            "cat": self.providers.get((event.asset, event.step), "local"),
            "ph": "X",
            "ts": _micro(event.began),
            "dur": max(1, _micro(event.at - event.began)),
            "pid": 1,
            "tid": event.lane,
            "args": details | ({"cost": str(event.cost)} if event.cost is not None else {}),
        }

    def write(self, file: Path) -> None:
        """Writes the trace. Raises OSError."""
        named: list[dict[str, object]] = [_meta("process_name", 0, "pixmake build")]
        named += [_meta("thread_name", lane, f"lane {lane}") for lane in sorted(self.lanes)]
        body = {"traceEvents": [*named, *self.events], "displayTimeUnit": "ms"}
        file.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _meta(kind: str, lane: int, name: str) -> dict[str, object]:
    return {"name": kind, "ph": "M", "pid": 1, "tid": lane, "args": {"name": name}}


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)
