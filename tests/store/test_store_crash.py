"""Kill -9 between any two steps of a purchase: what the next run then finds."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixmake.digest import Digest, sha256_bytes
from pixmake.store.home import Store
from pixmake.store.records import Outcome, decode
from store.making import done, intent, key, result, store_at

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")

PICTURE = b"a picture that was paid for" * 1000
STEPS = ("open", "write", "fsync", "mkdir", "link", "replace", "unlink", "ftruncate")
"""Everything by which the store changes the disk."""


def buy(store: Store, name: str, data: bytes, say: Callable[[bytes], object], *, lands: bool = False) -> None:
    """A purchase as the build room does it: `s` when it may be sent, `r` when bytes are received, `d` when done.

    `lands`: the bytes are written as they come; `l` when the last of them was.
    """
    with store.journal.key_lock(key(name), timeout=5):
        store.journal.append(intent(name))
        say(b"s")
        landing = store.content.land(f"{name}-0", 0) if lands else None
        if landing is not None:
            landing.write(data[:1000])
            landing.write(data[1000:])
            say(b"l")
        arrival = store.content.receive(f"{name}-0", 0, landing or data)
        say(b"r")
        store.content.keep(arrival)
        store.journal.append(done(name, 0, data))
        say(b"d")
        store.content.clear(f"{name}-0")


def finish(store: Store) -> None:
    """The next run: for each open intent whose lock is free, keep what came and record it."""
    for open_intent in store.journal.open_intents():
        assert not store.journal.key_busy(open_intent.key)
        arrivals = list(store.content.arrivals(open_intent.intent))
        for landing in store.content.landings(open_intent.intent):
            if landing.read() == PICTURE:  # the build room looks at the picture's own checksums
                arrivals.append(store.content.receive(open_intent.intent, landing.number, landing))
        store.content.keep(*arrivals)
        if arrivals:
            results = tuple(result(store.content.read_verified(arrival.digest)) for arrival in arrivals)
            store.journal.append(Outcome(intent=open_intent.intent, key=open_intent.key, results=results))
            store.content.clear(open_intent.intent)


class Crash:
    """Dies at the n-th step that changes the disk; a write that is torn gets half of its bytes there first."""

    def __init__(self, step: int, *, torn: bool, say: int) -> None:
        self.left = step
        self.torn = torn
        self.say = say
        for name in STEPS:
            setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            if name == "write" and args[0] == self.say:
                return real(*args)
            if self.left == 0:
                if self.torn and name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                os._exit(9)
            self.left -= 1
            return real(*args, **kwargs)

        return step


def crashed(root: Path, step: int, *, torn: bool, lands: bool) -> tuple[bytes, bool]:
    """Runs a purchase in a child that dies at a step: what it had said, and whether it died at all."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            Crash(step, torn=torn, say=write_end)
            buy(store_at(root), "heart", PICTURE, lambda word: os.write(write_end, word), lands=lands)
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return said, code == 9


def check(root: Path, said: bytes) -> None:
    """What must hold after a crash, whatever had been done."""
    store = store_at(root)
    pool = store.results.pool(key("heart"))
    assert store.results.damage == ()
    for item in pool.results:
        store.content.read_verified(item.digest)  # no record names missing bytes
    assert all(item.state == "whole" for item in store.content.verify())
    if b"s" in said:
        assert pool.results or pool.unanswered  # never taken for "never bought"
    if b"d" in said:
        assert [item.digest for item in pool.results] == [sha256_bytes(PICTURE)]
    finish(store)
    store.results.refresh()
    pool = store.results.pool(key("heart"))
    if b"r" in said or b"l" in said:  # bytes that had arrived are not lost
        assert [item.digest for item in pool.results] == [sha256_bytes(PICTURE)]
        assert pool.unanswered == ()
        assert store.content.read_verified(pool.results[0].digest) == PICTURE
    buy(store, "crown", b"another", bytes)
    store.results.refresh()
    assert store.results.pool(key("crown")).unanswered == ()
    assert store.results.damage == ()
    assert store.results.pool(key("heart")).results == pool.results


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("lands", [True, False])
def test_a_purchase_killed_at_every_step(tmp_path: Path, torn: bool, fresh: bool, lands: bool) -> None:
    for step in range(200):
        root = tmp_path / f"store{step}"
        if not fresh:
            buy(store_at(root), "crown", b"one before", bytes)
        said, died = crashed(root, step, torn=torn, lands=lands)
        if not died:
            assert said == (b"slrd" if lands else b"srd")
            assert step > 20
            return
        check_after(root, said, fresh=fresh)
    raise AssertionError("a purchase has fewer than 200 steps")


def check_after(root: Path, said: bytes, *, fresh: bool) -> None:
    if not fresh:
        assert store_at(root).results.pool(key("crown")).bought
    check(root, said)


def buy_on(root: Path, say: int, seed: int) -> None:
    store = store_at(root)
    for number in range(1000):
        name = f"{seed}x{number}"
        buy(store, name, f"{name} ".encode() * 5000, lambda word, n=number: os.write(say, word + b"%d " % n))  # type: ignore[misc]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_thirty_random_kills_leave_a_store_that_reads_well(tmp_path: Path) -> None:
    """A process that buys without end is killed at random; every purchase it reported must be there, each time."""
    root = tmp_path / "store"
    chance = random.Random(20261122)
    reported: set[str] = set()
    for seed in range(30):
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            buy_on(root, write_end, seed)
            os._exit(0)
        os.close(write_end)
        first = os.read(read_end, 1)  # it has begun, however slow the machine is
        time.sleep(chance.uniform(0.002, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(read_end, "rb") as pipe:
            words = (first + pipe.read()).decode().split(" ")[:-1]
        reported |= {f"{seed}x{word[1:]}" for word in words if word[0] == "d"}
    store = store_at(root)
    finish(store)
    store.results.refresh()
    assert store.results.damage == ()
    assert len(reported) > 10
    assert all(store.results.pool(key(name)).bought for name in reported)
    named = {
        item.digest
        for line in store.journal.read().lines
        if isinstance(record := decode(line), Outcome)
        for item in record.results
    }
    states = {item.digest: item.state for item in store.content.verify()}
    assert set(states.values()) == {"whole"}
    assert named <= set(states)


def test_the_torn_end_of_a_crash_is_told_from_damage(tmp_path: Path) -> None:
    """An append that dies half-written costs nothing and raises no alarm, however often it happens."""
    root = tmp_path / "store"
    store_at(root).journal.append(intent("crown"))
    path = store_at(root).journal.path
    for _ in range(3):
        with path.open("ab") as stream:
            stream.write(b'{"key":"' + Digest("0" * 64).encode() + b'","type":"intent","intent":"lost"')
        store_at(root).journal.append(intent("crown"))
    reading = store_at(root).journal.read()
    assert reading.damage == ()
    assert [decode(line) for line in reading.lines] == [intent("crown")] * 4
