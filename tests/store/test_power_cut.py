"""The power goes right after a call of the store has returned: what it promised to have is on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.platter import Platter
from pixmake.digest import sha256_bytes
from pixmake.store.content import Content
from pixmake.store.durable import replace_file, write_new
from pixmake.store.home import Store
from pixmake.store.journal import HEADER
from pixmake.store.lockfile import Line, Lock, render, write
from pixmake.store.lockwriting import LockFile
from pixmake.store.records import encode
from store.making import done, intent, store_at

PICTURE = b"a picture that was paid for" * 1000


@pytest.fixture
def platter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platter]:
    found = Platter(tmp_path, monkeypatch)
    yield found
    found.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_at(tmp_path / "store")


def test_what_was_not_flushed_is_gone(tmp_path: Path, platter: Platter) -> None:
    """The fake disk itself: bytes without their flush, and a name without its folder's."""
    path = tmp_path / "a"
    path.write_bytes(b"one")
    assert platter.cut(path) is None
    write_new(tmp_path / "b", b"two")
    assert platter.cut(tmp_path / "b") is None
    replace_file(tmp_path / "c", b"three")
    assert [platter.cut(tmp_path / name) for name in "abc"] == [b"", b"two", b"three"]
    (tmp_path / "c").write_bytes(b"changed")
    assert platter.cut(tmp_path / "c") == b"three"
    os.replace(tmp_path / "c", tmp_path / "d")
    assert (platter.cut(tmp_path / "c"), platter.cut(tmp_path / "d")) == (b"three", None)


def test_an_appended_record_is_on_the_disk(store: Store, platter: Platter) -> None:
    store.journal.append(intent())
    assert platter.cut(store.journal.path) == HEADER + encode(intent())
    store.journal.append(done(), intent("key"))
    assert platter.cut(store.journal.path) == HEADER + encode(intent()) + encode(done()) + encode(intent("key"))


def test_each_append_is_one_flush(store: Store, platter: Platter) -> None:
    store.journal.append(intent())
    before = platter.flushes
    store.journal.append(done(), intent("key"), intent("crown"))
    assert platter.flushes == before + 1


@pytest.mark.parametrize("lands", [False, True])
def test_a_received_picture_is_on_the_disk_and_so_are_its_names_once_it_is_kept(
    store: Store, platter: Platter, lands: bool
) -> None:
    landing = store.content.land("buy-1", 0) if lands else None
    if landing is not None:
        landing.write(PICTURE[:1000])
        landing.write(PICTURE[1000:])
    arrival = store.content.receive("buy-1", 0, landing or PICTURE)
    os.fsync(folder := os.open(arrival.path.parent, os.O_RDONLY))  # a name that stands by chance has all its bytes
    os.close(folder)
    assert platter.cut(arrival.path) == PICTURE
    store.content.keep(arrival)
    assert platter.cut(store.content.path(arrival.digest)) == PICTURE


def test_a_kept_picture_has_both_names_though_nobody_flushed_its_folder_before(store: Store, platter: Platter) -> None:
    """Whoever is killed between `keep` and `done` must be able to tell by the name whose picture it is."""
    arrival = store.content.receive("buy-1", 0, PICTURE)
    store.content.keep(arrival)
    assert platter.cut(arrival.path) == PICTURE


def test_a_picture_that_is_there_already_is_made_durable_all_the_same(store: Store, platter: Platter) -> None:
    """Who placed it first may not have come as far as the flush: whoever comes second records it."""
    store.content.put(b"the first one makes the folders")
    path = store.content.path(sha256_bytes(PICTURE))
    first = store.content.receive("buy-1", 0, PICTURE)
    path.parent.mkdir(exist_ok=True)
    os.link(first.path, path)
    assert platter.cut(path) is None
    store.content.keep(store.content.receive("buy-2", 0, PICTURE))
    assert platter.cut(path) == PICTURE


@pytest.mark.parametrize("as_file", [False, True])
def test_what_was_put_is_on_the_disk(store: Store, platter: Platter, tmp_path: Path, as_file: bool) -> None:
    source = tmp_path / "mine.png"
    source.write_bytes(PICTURE)
    digest = store.content.put(source if as_file else PICTURE)
    assert platter.cut(store.content.path(digest)) == PICTURE


def test_without_hard_links_the_copy_is_on_the_disk(
    store: Store, platter: Platter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    arrival = store.content.receive("buy-1", 0, PICTURE)
    store.content.keep(arrival)
    assert platter.cut(store.content.path(arrival.digest)) == PICTURE


def test_what_goes_to_quarantine_is_there_or_where_it_was(store: Store, platter: Platter) -> None:
    """It may have been paid for: at no flush on the way is it nowhere."""
    content: Content = store.content
    digest = content.put(PICTURE)
    aside = content.path(digest).parents[2] / "quarantine" / digest
    seen: list[bool] = []
    platter.watch = lambda: seen.append(PICTURE in (platter.cut(content.path(digest)), platter.cut(aside)))
    assert content.quarantine(digest) == aside
    assert seen and all(seen)
    assert platter.cut(aside) == PICTURE


def test_the_lock_is_on_the_disk(tmp_path: Path, platter: Platter) -> None:
    path = tmp_path / "assets.lock"
    one, two = Lock().put(Line(asset="a")), Lock().put(Line(asset="a"), Line(asset="b"))
    assert write(path, one)
    assert platter.cut(path) == render(one).encode()
    file = LockFile(path)
    file.write(file.read().put(Line(asset="b")))
    assert platter.cut(path) == render(two).encode()
