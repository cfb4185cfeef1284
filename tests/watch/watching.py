"""A watch in a thread for tests: real folders, real events; what it says is kept, and waited for."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from fakes.counting import CountingProvider
from pixmake.build.project import Project
from pixmake.clock import Clock
from pixmake.digest import sha256_file
from pixmake.events import Event, PaidPending, WatchChanged, WatchProblem, WatchReady
from pixmake.providers.base import SizeRule
from pixmake.watch.inbox import Pace
from pixmake.watch.watcher import Watch

SMALL = SizeRule(exact=True)
"""Painters that make any size make tests quick."""
Kind = TypeVar("Kind", bound=Event)
PATIENCE = 20.0
"""Seconds after which a test gives up waiting; nothing here takes as long on its own."""
PACE = Pace(paying=0.05, sweep=3600.0, asking=3600.0)
"""Looks without a cause are off: what the events miss must show."""


class Watching:
    """A project's folder and a watch on it. Enter it to start; leaving ends the watch and raises what it raised."""

    def __init__(
        self,
        root: Path,
        *,
        painter: CountingProvider | None = None,
        draft: bool = False,
        max_cost: str | None = None,
        clock: Clock | None = None,
        selectors: tuple[str, ...] = (),
        pace: Pace = PACE,
    ) -> None:
        self.root = root
        self.painter = painter or CountingProvider(sizes=SMALL)
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self.exit_code: int | None = None
        self.watch = Watch(
            root / "assets.yaml",
            self.project,
            self._hear,
            selectors=selectors,
            draft=draft,
            max_cost=None if max_cost is None else Decimal(max_cost),
            pace=pace,
            clock=clock,
        )
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run)

    def project(self, root: Path | None = None) -> Project:
        folder = root or self.root
        return Project(
            folder / "assets.yaml",
            store=folder.parent / "store",
            providers={"counting": lambda settings: self.painter},
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self.until(lambda: self.heard(WatchReady))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.watch.press("q")
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the watch did not end"
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            self.exit_code = int(self.watch.run())
        except BaseException as error:
            self.error = error

    def _hear(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def heard(self, kind: type[Kind]) -> list[Kind]:
        """Everything of one kind that was said so far."""
        return [event for event in list(self.events) if isinstance(event, kind)]

    def until(self, true: Callable[[], object]) -> None:
        """Waits until something is so; fails with what was said where it never is."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert self.error is None, self.error
            said = [event.to_json() for event in self.events if event.kind.startswith(("watch", "paid"))]
            assert time.monotonic() < end, f"waited in vain; it said {said[-8:]}"
            with self._news:
                self._news.wait(0.02)

    def until_changed(self, name: str, times: int = 1) -> None:
        """Waits until a change of this file was dealt with."""
        self.until(lambda: sum(name in event.files for event in self.heard(WatchChanged)) >= times)

    def until_built(self, *, draft: bool = False) -> None:
        """Waits until all stands as a clean build leaves it."""
        wanted = clean(self, draft=draft)
        self.until(lambda: outputs(self.root) == wanted)

    @property
    def problems(self) -> list[str]:
        """Codes of the last problems that were told."""
        told = self.heard(WatchProblem)
        return [item.code for item in told[-1].problems] if told else []

    @property
    def pending(self) -> PaidPending:
        return self.heard(PaidPending)[-1]


def outputs(root: Path) -> dict[str, str]:
    """Outputs and lock by path, with the digests of their bytes. A file that is just being replaced is seen whole."""
    found = [*root.glob("assets/**/*"), root / "assets.lock"]
    seen: dict[str, str] = {}
    for path in found:
        if path.is_file() and path.suffix != ".pixmake-tmp":
            with suppress(FileNotFoundError):  # it is just being replaced, or gone
                seen[path.relative_to(root).as_posix()] = sha256_file(path)
    return seen


def clean(watching: Watching, *, draft: bool = False) -> dict[str, str]:
    """What a build makes of the same inputs where nothing was ever built. It has the same store: nothing is bought."""
    copy = watching.root.parent / "clean"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(
        watching.root, copy, ignore=shutil.ignore_patterns(".pixmake", "assets", "assets.lock", ".git", "*.swp")
    )
    project = watching.project(copy)
    project.build(project.plan(draft=draft), max_cost=0)
    return outputs(copy)
