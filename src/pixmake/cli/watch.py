"""CLI room: `watch`: says what the watch room found and did, and passes keys and signals on to it."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixmake.cli.console import Console, counted
from pixmake.cli.keys import Keys, readable
from pixmake.cli.options import Dollars, common_options, exclude_option, selector_argument, with_session
from pixmake.cli.session import Session, localize
from pixmake.diagnostics import Problem, problem
from pixmake.events import Event, PaidPending, WatchChanged, WatchEnded, WatchProblem, WatchReady
from pixmake.plan.entries import usd

if TYPE_CHECKING:
    from pixmake.build.project import Project

FORMAT = "pixmake.watch/1"
NAMES = 3
"""Names that a line shows of a list."""


@click.command("watch")
@selector_argument()
@click.option("--draft", is_flag=True, help="Fill the gaps with free drafts.")
@click.option("--max-cost", metavar="USD", type=Dollars(), help="Pay without asking, up to this in the whole run.")
@click.option("--gallery", is_flag=True, help="Not in this version.")
@exclude_option
@common_options
@with_session
def command(
    session: Session, /, selectors: tuple[str, ...], draft: bool, max_cost: Decimal | None, gallery: bool
) -> int:
    """Rebuild what is free on every change; show the price of the rest, and pay on 'p' or within --max-cost.

    Looks at contents, not at times: saving a file unchanged does nothing. 'q' ends; so does Ctrl-C (exit 130).
    """
    if gallery:
        raise problem("not-yet", "this version can't do '--gallery' yet", help="take '--gallery' out for now")
    from pixmake.watch.watcher import Watch

    loaded = _load(session)
    watch = Watch(
        session.spec_file(),
        _opener(session, loaded),
        JsonLines(session.console) if session.console.json else Talk(session.console),
        selectors=selectors if loaded is None else [localize(loaded, text) for text in selectors],
        exclude=session.exclude if loaded is None else [localize(loaded, text) for text in session.exclude],
        draft=draft,
        max_cost=max_cost,
    )
    with _signals(watch.stop), _keys(session.console, watch.press):
        return int(watch.run())


def _load(session: Session) -> Project | None:
    """The project, so that wrong selectors are told at once; None while its spec has errors, which watching tells."""
    session.spec_file()
    try:
        return session.project
    except Problem:
        return None


def _opener(session: Session, loaded: Project | None) -> Callable[[], Project]:
    """Gives the project that was loaded already, and loads it where that failed."""
    return lambda: loaded if loaded is not None else session.project


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Being asked to end from outside ends it as cleanly as `q`."""
    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: stop()) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keys(console: Console, press: Callable[[str], None]) -> AbstractContextManager[object]:
    return Keys(press) if console.interactive and readable() else nullcontext()


class JsonLines:
    """A JSON line on stdout for every event, after one that only names the format: as soon as somebody listens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._line({})

    def __call__(self, event: Event) -> None:
        self._line(event.to_json())

    def _line(self, body: Mapping[str, object]) -> None:
        self.console.out(json.dumps({"format": FORMAT, **body}, ensure_ascii=False, separators=(",", ":")))


class Talk:
    """A line for each burst of changes on stdout; problems, prices and keys on stderr."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, event: Event) -> None:
        if isinstance(event, WatchReady):
            self._ready(event)
        elif isinstance(event, WatchChanged):
            self._changed(event)
        elif isinstance(event, WatchProblem):
            self.console.errors(event.problems)
        elif isinstance(event, PaidPending):
            self._pending(event)
        elif isinstance(event, WatchEnded):
            self._ended(event)

    def _ready(self, event: WatchReady) -> None:
        self.console.say(f"watching {counted(event.assets, 'asset')}{self._hint('q quits')}")
        if event.polling:
            self.console.say(
                "the system's file watches are used up: folders are looked through once a second "
                "(on Linux: raise fs.inotify.max_user_instances and max_user_watches)"
            )

    def _changed(self, event: WatchChanged) -> None:
        if not (event.written or event.mended):
            return  # saved, but nothing is different
        cause = f"{listed(event.files)}: " if event.files else ""
        parts = ["the spec is in order again"] if event.mended else []
        if event.written:
            parts.append(f"{counted(len(event.written), 'file')} written ({listed(event.written)})")
        if event.spent:
            parts.append(f"paid {usd(event.spent)}")
        self.console.out(f"{cause}{', '.join(parts)} in {duration(event.seconds)}")

    def _pending(self, event: PaidPending) -> None:
        if event.assets:
            price = usd(event.high) if event.low == event.high else f"{usd(event.low)}–{usd(event.high)}"
            price += f" and {counted(event.unpriced, 'image')} without a known price" if event.unpriced else ""
            left = f", {usd(event.left)} left of --max-cost" if event.left is not None else ""
            what = f"{counted(event.images, 'image')} for {listed(event.assets)}"
            self.console.say(f"waits for money: {what}, {price}{left}{self._hint('p buys, q quits')}")
        elif not event.failed:
            self.console.say("nothing waits for money")
        if event.failed:
            self.console.say(f"not tried again until it changes: {listed(event.failed)}")

    def _ended(self, event: WatchEnded) -> None:
        if event.spent or event.reserved:
            unknown = f", and perhaps {usd(event.reserved)} for calls without an answer" if event.reserved else ""
            self.console.say(f"paid {usd(event.spent)} in this run{unknown}")

    def _hint(self, text: str) -> str:
        return f" — {text}" if self.console.interactive and readable() else ""


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(Path(name).as_posix() for name in names[:NAMES])
    return shown if len(names) <= NAMES else f"{shown} and {len(names) - NAMES} more"


def duration(seconds: float) -> str:
    """Seconds as people read them: `93 ms`, `1.2 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
