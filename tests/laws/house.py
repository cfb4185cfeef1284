"""Two projects on one store as the state machine sees them: real files, a shop of its own, and faults to order."""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from laws.shop import Sales, Shop
from laws.sketch import Sketch
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.store.home import Store, open_store

WRITERS = ("write", "fsync", "replace", "link", "unlink")
"""Names in `os` of the calls that change the disk; a builder may die, or find it full, at any of them."""


class Room:
    """One project: its spec, its folder, and the files that a person put or changed there."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.root = folder
        self.sketch = Sketch()
        self.hand: dict[str, bytes] = {}
        self.accepted: set[str] = set()
        folder.mkdir(parents=True)

    def write(self) -> None:
        (self.root / "assets.yaml").write_text(self.sketch.text(), "utf-8")

    def open(self, profile: str | None = None) -> Project:
        """What a new process sees: nothing is remembered but what lies on the disk."""
        return Project(
            self.root / "assets.yaml",
            profile=profile,
            store=self.house.store_folder,
            providers={"openai": lambda settings: self.house.shop},
            env={},
        )

    def verbs(self, profile: str | None = None) -> Intent:
        return Intent(self.open(profile))

    def outputs(self) -> list[Path]:
        """Every file below the output folders."""
        folders = (self.root / "assets", self.root / "night")
        return sorted(path for folder in folders if folder.exists() for path in folder.rglob("*") if path.is_file())

    @property
    def lock(self) -> Path:
        return self.root / "assets.lock"


class House:
    """The store, the shop and the projects."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store_folder = folder / "store"
        self.shop = Shop(book=folder / "sales.jsonl", concurrency=2)
        self.sales = Sales(self.shop.book)
        self.rooms = [Room(self, folder / name) for name in ("left", "right")]

    def store(self) -> Store:
        return open_store(self.store_folder, project_root=self.folder, spec_store=None, env={})


def dies_in_a_child(work: Callable[[], object], at: int) -> bool:
    """Runs `work` in a process of its own that is killed at its `at`-th writing call; whether it came so far."""
    child = os.fork()
    if not child:
        code = 70
        try:
            with pytest.MonkeyPatch.context() as patch:
                _at_nth_write(patch, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
                work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a builder broke down, see above"
    return os.WIFSIGNALED(status)


@contextmanager
def full_disk(at: int) -> Iterator[None]:
    """From the `at`-th writing call on there is no room; renames and removals need none."""
    full = False

    def fill() -> None:
        nonlocal full
        full = True

    with pytest.MonkeyPatch.context() as patch:
        _at_nth_write(patch, at, fill)
        for name in ("write", "fsync"):
            patch.setattr(os, name, _or_full(getattr(os, name), lambda: full))
        yield


def _at_nth_write(patch: pytest.MonkeyPatch, at: int, act: Callable[[], None]) -> None:
    seen = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == at:
                act()
            return call(*arguments, **named)

        return counting

    for name in WRITERS:
        patch.setattr(os, name, counted(getattr(os, name)))


def _or_full(call: Callable[..., Any], full: Callable[[], bool]) -> Callable[..., Any]:
    def calling(descriptor: int, *rest: Any) -> Any:
        if full():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call(descriptor, *rest)

    return calling
