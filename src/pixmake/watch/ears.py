"""Watch room: watchdog's observers in one hand. Events are a bell, nothing more; what changed is found out by looking.

Where the system can't tell of changes (its watches are used up), folders are looked through once a second instead.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

Heard = Callable[[str, bool, bool], None]
"""Takes a path, whether it is a folder's, and whether the file there is known to be written to its end."""

CHANGES: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
"""Opening, reading and a folder's own time stamp are not here: our own reading would ring for ever."""
USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOSPC)
POLL = 1.0
Identity = tuple[int, int]


class Ears:
    """Listens to folders. `lost` is called where events were lost or a folder under watch went away."""

    def __init__(self, heard: Heard, lost: Callable[[], None]) -> None:
        self._bell = _Bell(heard)
        self._lost = lost
        self._log = _Warnings(lost)
        self._watches: dict[str, tuple[ObservedWatch, Identity]] = {}
        self.polling = False
        logging.getLogger("watchdog").addHandler(self._log)
        self._observer = self._open()

    def listen(self, folders: Mapping[str, bool]) -> bool:
        """Listens to exactly these folders (True: and all below); whether any is new, or new again."""
        try:
            return self._listen(folders)
        except OSError as error:
            if self.polling or error.errno not in USED_UP:
                raise
        self._shut()
        self._observer = self._poll()
        return self._listen(folders)

    def close(self) -> None:
        """Ends all threads and gives back all handles."""
        self._shut()
        logging.getLogger("watchdog").removeHandler(self._log)

    def __len__(self) -> int:
        return len(self._watches)

    def _listen(self, folders: Mapping[str, bool]) -> bool:
        wanted = {path: below for path, below in folders.items() if identity(path) is not None}
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for path, (watch, known) in list(self._watches.items()):
            stands = watch in alive and known == identity(path) and watch.is_recursive == wanted.get(path)
            if not stands:
                del self._watches[path]
                self._observer.unschedule(watch)
        fresh = [path for path in wanted if path not in self._watches]
        for path in fresh:
            self._begin(path, wanted[path])
        return bool(fresh)

    def _begin(self, path: str, below: bool) -> None:
        found = identity(path)
        if found is None:
            return
        try:
            watch = self._observer.schedule(self._bell, path, recursive=below, event_filter=CHANGES)
        except (FileNotFoundError, NotADirectoryError):
            self._lost()  # gone since: its parent has told, or will
            return
        self._watches[path] = watch, found

    def _open(self) -> BaseObserver:
        from watchdog.observers import Observer

        try:
            observer = Observer()
            observer.start()
        except OSError as error:
            if error.errno not in USED_UP:
                raise
            return self._poll()
        return observer

    def _poll(self) -> BaseObserver:
        from watchdog.observers.polling import PollingObserver

        self.polling = True
        observer = PollingObserver(timeout=POLL)
        observer.start()
        return observer

    def _shut(self) -> None:
        self._watches.clear()
        self._observer.stop()
        self._observer.join()


class _Bell(FileSystemEventHandler):
    """Passes on where something happened; of a move, both ends."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def on_any_event(self, event: FileSystemEvent) -> None:
        whole = isinstance(event, FileMovedEvent | FileClosedEvent)
        for path in (event.src_path, event.dest_path):
            if path:
                self._heard(os.fsdecode(path), event.is_directory, whole)


class _Warnings(logging.Handler):
    """Watchdog says only in its log that the kernel dropped events. A handler also keeps that off the terminal."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        self._lost()


def identity(path: str) -> Identity | None:
    """Which folder stands at a path: one that was made again is another."""
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
