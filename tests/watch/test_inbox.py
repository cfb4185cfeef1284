"""Bursts come out as one; keys and the end don't wait for files. Times are only ever waited out, never measured."""

from __future__ import annotations

import threading

from pixmake.watch.inbox import MOST_NAMES, Inbox, Pace

SLOW = Pace(quiet=3600.0, longest=3600.0)
QUICK = Pace(quiet=0.01, longest=0.05, doubt=0.01)


def test_a_burst_is_one_batch() -> None:
    inbox = Inbox(QUICK)
    for name in ("a", "b", "a"):
        inbox.changed(name)
    batch = inbox.take(0)
    assert (list(batch.files), batch.lost, batch.stopped) == (["a", "b"], False, False)
    assert not inbox.take(0).changed


def test_one_file_that_came_whole_is_not_waited_for() -> None:
    inbox = Inbox(Pace(quiet=3600.0, longest=3600.0, whole=0.001))
    inbox.changed("a")
    inbox.changed("a", whole=True)
    assert list(inbox.take(3600).files) == ["a"]


def test_several_files_are_a_burst_however_whole_each_is() -> None:
    inbox = Inbox(Pace(quiet=3600.0, longest=0.05, whole=0.0))
    inbox.changed("a", whole=True)
    inbox.changed("b", whole=True)
    assert list(inbox.take(3600).files) == ["a", "b"]
    inbox.changed("a", whole=True)
    inbox.lost()
    assert inbox.take(3600).lost


def test_endless_changes_starve_nobody() -> None:
    inbox, enough = Inbox(Pace(quiet=3600.0, longest=0.05)), threading.Event()

    def storm() -> None:
        while not enough.wait(0.001):
            inbox.changed("a")

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        assert list(inbox.take(3600).files) == ["a"]
    finally:
        enough.set()
        thread.join()


def test_keys_alone_and_the_end_come_at_once() -> None:
    inbox = Inbox(SLOW)
    inbox.press("p")
    assert inbox.take(3600).keys == ["p"]
    inbox.changed("a")
    inbox.stop()
    batch = inbox.take(3600)
    assert batch.stopped and inbox.stopped


def test_too_many_files_are_a_change_of_everything() -> None:
    inbox = Inbox(QUICK)
    for number in range(MOST_NAMES + 1):
        inbox.changed(str(number))
    batch = inbox.take(0)
    assert batch.lost and len(batch.files) == MOST_NAMES


def test_restless_tells_of_changes_and_takes_none() -> None:
    inbox = Inbox(QUICK)
    assert not inbox.restless()
    inbox.changed("a")
    assert inbox.restless()
    assert list(inbox.take(0).files) == ["a"]
