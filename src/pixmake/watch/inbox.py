"""Watch room: what has happened since one last asked. Any thread puts in, one takes out; bursts come out as one.

A burst ends when nothing has happened for `quiet`, or `longest` after it began, so that endless saving starves nobody.
One file that came whole is hardly waited for: whoever wrote it was done.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

MOST_NAMES = 5000
"""Changed files remembered by name; more of them are one change of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a watch is, in seconds. `whole`: the quiet after a single file that was renamed into its place, or closed by
    its writer; `doubt`: before an error is told, which may be that of a file half written;
    `paying`: quiet before money is spent unasked; `sweep`: looks without a cause; `asking`: quiet before batches are asked
    after, and between two questions.

    The defaults: editors write a file in several steps within a few milliseconds; a person who pauses for a second and
    a half has finished a sentence; events can be lost (network folders, watch limits), so everything is looked at twice
    a minute, less often where that takes long (`SWEEP_SHARE`).
    """

    quiet: float = 0.02
    whole: float = 0.002
    longest: float = 0.4
    doubt: float = 0.15
    paying: float = 1.5
    sweep: float = 30.0
    asking: float = 120.0
    beat: float = 1.0


@dataclass(slots=True)
class Batch:
    """One burst. `files`: paths that changed; `lost`: others may have, unseen; `began`: its first moment, monotonic."""

    files: dict[str, None] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    lost: bool = False
    stopped: bool = False
    began: float | None = None

    @property
    def changed(self) -> bool:
        return bool(self.files) or self.lost


class Inbox:
    """The one meeting place of a watch's threads."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._news = threading.Condition()
        self._batch = Batch()
        self._last = 0.0
        self._whole = False
        self._stopped = False

    def changed(self, path: str, *, whole: bool = False) -> None:
        """A file changed; `whole`: it is known to be written to its end."""
        with self._news:
            self._whole = whole and self._batch.files.keys() <= {path} and not self._batch.lost
            self._ring()
            if len(self._batch.files) < MOST_NAMES:
                self._batch.files[path] = None
            else:
                self._batch.lost = True

    def lost(self) -> None:
        """Something may have changed unseen: look at everything."""
        with self._news:
            self._whole = False
            self._ring()
            self._batch.lost = True

    def press(self, key: str) -> None:
        """A person pressed a key."""
        with self._news:
            self._batch.keys.append(key)
            self._news.notify()

    def stop(self) -> None:
        """The end: what runs is finished, nothing more is begun."""
        with self._news:
            self._stopped = True
            self._news.notify()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def take(self, wait: float) -> Batch:
        """The next burst, once it has settled, with the keys pressed meanwhile; after `wait` seconds an empty one.

        Keys alone, and the end, come at once.
        """
        end = time.monotonic() + wait
        with self._news:
            while (left := self._left(end)) > 0:
                self._news.wait(left)
            batch, self._batch = self._batch, Batch()
            batch.stopped = self._stopped
            return batch

    def restless(self) -> bool:
        """Whether something changes within `doubt`, or did since the last `take`. Takes nothing out."""
        end = time.monotonic() + self._pace.doubt
        with self._news:
            while not (self._stopped or self._batch.changed) and (left := end - time.monotonic()) > 0:
                self._news.wait(left)
            return self._batch.changed

    def _ring(self) -> None:
        self._last = time.monotonic()
        if self._batch.began is None:
            self._batch.began = self._last
        self._news.notify()

    def _left(self, end: float) -> float:
        """Seconds to wait on, as things stand."""
        if self._stopped:
            return 0.0
        if self._batch.began is not None:
            quiet = self._last + (self._pace.whole if self._whole else self._pace.quiet)
            longest = self._batch.began + self._pace.longest
            return min(quiet, longest) - time.monotonic()
        return 0.0 if self._batch.keys else end - time.monotonic()
