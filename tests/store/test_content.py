from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import Digest, sha256_bytes
from pixmake.store.content import Content
from store.making import names, store_at, tree

PICTURE = b"\x89PNG not really, but bytes are bytes"


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return store_at(tmp_path / "store").content


def corrupt(path: Path, data: bytes = b"rotten") -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_put_keeps_bytes_read_only_under_their_digest(content: Content, tmp_path: Path) -> None:
    digest = content.put(PICTURE)
    path = tmp_path / "store" / "cas" / digest[:2] / digest[2:]
    assert digest == sha256_bytes(PICTURE)
    assert content.path(digest) == path
    assert path.read_bytes() == PICTURE
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert content.has(digest)
    assert content.size(digest) == len(PICTURE)
    assert content.read_verified(digest) == PICTURE
    assert names(tmp_path / "store" / "incoming") == []


def test_putting_a_file_copies_it_and_leaves_it_alone(content: Content, tmp_path: Path) -> None:
    source = tmp_path / "mine.png"
    source.write_bytes(PICTURE)
    digest = content.put(source)
    assert digest == sha256_bytes(PICTURE)
    source.write_bytes(b"edited in place later")
    assert content.read_verified(digest) == PICTURE


def test_putting_twice_is_one_file(content: Content, tmp_path: Path) -> None:
    content.put(PICTURE)
    before = tree(tmp_path / "store" / "cas")
    content.put(PICTURE)
    assert tree(tmp_path / "store" / "cas") == before


def test_putting_good_bytes_heals_a_corrupt_file_and_keeps_the_rotten_one(content: Content, tmp_path: Path) -> None:
    digest = content.put(PICTURE)
    corrupt(content.path(digest))
    assert content.put(PICTURE) == digest
    assert content.read_verified(digest) == PICTURE
    assert (tmp_path / "store" / "quarantine" / digest).read_bytes() == b"rotten"


def test_a_missing_source_is_the_callers_error_and_leaves_nothing(content: Content, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        content.put(tmp_path / "nowhere.png")
    assert names(tmp_path / "store" / "incoming") == []


def test_looking_at_an_absent_store_writes_nothing(content: Content, tmp_path: Path) -> None:
    digest = sha256_bytes(PICTURE)
    assert not content.has(digest)
    assert content.size(digest) is None
    assert list(content.verify()) == []
    assert content.arrivals("abc") == ()
    with pytest.raises(Problem) as caught:
        content.read_verified(digest)
    assert caught.value.exit_code == ExitCode.PERSON
    assert str(caught.value).startswith(f"error[lost-original]: the original '{digest}' is not in the store")
    assert names(tmp_path) == []


def test_a_path_in_place_of_a_digest_is_refused(content: Content) -> None:
    for hostile in ("../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"):
        with pytest.raises(ValueError, match="not a digest"):
            content.path(Digest(hostile))


def test_read_verified_notices_rot(content: Content) -> None:
    digest = content.put(PICTURE)
    corrupt(content.path(digest))
    with pytest.raises(Problem) as caught:
        content.read_verified(digest)
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert str(caught.value) == (
        f"error[corrupt-original]: the original '{digest}' no longer has the bytes that were bought\n"
        "help: `pixmake cache verify` moves it aside; then the file from a backup puts it back"
    )


def test_verify_names_each_file_and_quarantine_moves_aside_without_deleting(content: Content) -> None:
    good, bad = content.put(b"good"), content.put(b"bad")
    corrupt(content.path(bad))
    assert {item.digest: item.state for item in content.verify()} == {good: "whole", bad: "corrupt"}
    assert content.path(bad).exists()  # looking moves nothing
    first = content.quarantine(bad)
    assert first.read_bytes() == b"rotten"
    assert not content.has(bad)
    content.put(b"bad")
    corrupt(content.path(bad), b"rotten again")
    second = content.quarantine(bad)
    assert (first.read_bytes(), second.read_bytes()) == (b"rotten", b"rotten again")


def test_an_arrival_has_two_names_until_its_outcome_is_recorded(content: Content, tmp_path: Path) -> None:
    arrival = content.receive("buy-1", 0, PICTURE)
    assert content.arrivals("buy-1") == (arrival,)
    assert not content.has(arrival.digest)
    content.keep(arrival)
    assert content.read_verified(arrival.digest) == PICTURE
    assert content.arrivals("buy-1") == (arrival,)  # a crash before `done` must still find it
    content.clear("buy-1")
    assert content.arrivals("buy-1") == ()
    assert content.read_verified(arrival.digest) == PICTURE
    assert names(tmp_path / "store" / "incoming") == []


def test_a_landing_is_an_arrival_once_it_was_received(content: Content, tmp_path: Path) -> None:
    landing = content.land("buy-1", 2)
    assert names(tmp_path / "store" / "incoming") == []
    landing.write(PICTURE[:5])
    assert names(tmp_path / "store" / "incoming") == ["buy-1.2.part"]
    assert content.arrivals("buy-1") == ()
    landing.write(PICTURE[5:])
    arrival = content.receive("buy-1", 2, landing)
    assert content.arrivals("buy-1") == (arrival,)
    assert names(tmp_path / "store" / "incoming") == [arrival.path.name]
    assert arrival.path.read_bytes() == PICTURE
    assert stat.S_IMODE(arrival.path.stat().st_mode) == 0o444


def test_what_was_landing_when_a_process_died_is_found_by_number_and_goes_to_quarantine(
    content: Content, tmp_path: Path
) -> None:
    for number in (10, 9):
        content.land("buy-1", number).write(PICTURE)
    content.land("buy-11", 0).write(b"somebody else's")
    assert [landing.number for landing in content.landings("buy-1")] == [9, 10]
    assert content.waiting() == ("buy-1", "buy-11")
    content.clear("buy-1")
    assert content.landings("buy-1") == ()
    assert [path.read_bytes() for path in (tmp_path / "store" / "quarantine").iterdir()] == [PICTURE, PICTURE]
    assert len(content.landings("buy-11")) == 1


def test_a_landing_that_the_disk_refused_says_so_when_it_is_received(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    landing = content.land("buy-1", 0)
    landing.write(PICTURE[:5])
    monkeypatch.setattr(os, "write", full)
    landing.write(PICTURE[5:])
    monkeypatch.undo()
    landing.write(b"more")
    with pytest.raises(OSError, match="No space left"):
        landing.read()
    with pytest.raises(Problem) as caught:
        content.receive("buy-1", 0, landing)
    assert caught.value.diagnostics[0].code == "disk-full"
    assert content.arrivals("buy-1") == ()


def test_many_arrivals_are_kept_with_few_flushes_of_folders(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = [content.receive(f"buy-{number}", 0, PICTURE + bytes([number])) for number in range(30)]
    flushed: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    content.keep(*arrivals)
    assert len(flushed) == 2 + len({arrival.digest[:2] for arrival in arrivals})
    content.clear_kept(arrivals)
    assert content.waiting() == ()
    assert all(content.read_verified(arrival.digest) for arrival in arrivals)


def test_clearing_what_was_kept_spares_what_was_not(content: Content, tmp_path: Path) -> None:
    arrival = content.receive("buy-1", 0, PICTURE)
    content.clear_kept([arrival])
    assert [path.read_bytes() for path in (tmp_path / "store" / "quarantine").iterdir()] == [PICTURE]


def test_arrivals_belong_to_one_intent_and_come_by_number(content: Content) -> None:
    second, first = content.receive("buy-1", 10, b"two"), content.receive("buy-1", 9, b"one")
    content.receive("buy-11", 0, b"somebody else's")
    assert content.arrivals("buy-1") == (first, second)


def test_a_torn_arrival_is_not_whole_and_receiving_again_mends_it(content: Content) -> None:
    arrival = content.receive("buy-1", 0, PICTURE)
    corrupt(arrival.path, PICTURE[:7])
    assert content.arrivals("buy-1") == ()
    assert content.receive("buy-1", 0, PICTURE) == arrival
    assert content.arrivals("buy-1") == (arrival,)


def test_clearing_never_deletes_what_is_not_in_cas(content: Content, tmp_path: Path) -> None:
    kept, dropped = content.receive("buy-1", 0, PICTURE), content.receive("buy-1", 1, b"half a picture")
    content.keep(kept)
    content.clear("buy-1")
    assert names(tmp_path / "store" / "incoming") == []
    assert [path.read_bytes() for path in (tmp_path / "store" / "quarantine").iterdir()] == [b"half a picture"]
    assert dropped.digest == sha256_bytes(b"half a picture")


def test_an_intent_that_would_name_another_folder_is_refused(content: Content) -> None:
    with pytest.raises(ValueError, match="not an intent"):
        content.receive("../x", 0, PICTURE)


def test_without_hard_links_the_picture_is_copied(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    arrival = content.receive("buy-1", 0, PICTURE)
    content.keep(arrival)
    assert content.read_verified(arrival.digest) == PICTURE
    assert content.arrivals("buy-1") == (arrival,)


def test_a_full_disk_is_a_clear_problem_and_leaves_no_name(
    content: Content, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content.put(b"first")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Problem) as caught:
        content.receive("buy-1", 0, PICTURE)
    path = tmp_path / "store" / "incoming" / f"buy-1.0.{sha256_bytes(PICTURE)}"
    assert caught.value.exit_code == ExitCode.FAILED
    assert str(caught.value) == (
        f"error[disk-full]: no room to write '{path}': no space left on device\n"
        "help: free some space and run the same command again: what was complete is kept and not bought again"
    )
    with pytest.raises(Problem):
        content.put(PICTURE)
    monkeypatch.undo()
    assert names(tmp_path / "store" / "incoming") == []
    assert [item.state for item in content.verify()] == ["whole"]


def test_room_is_asked_for_before_paying(content: Content) -> None:
    content.ensure_room(1)
    with pytest.raises(Problem) as caught:
        content.ensure_room(10**9)
    assert caught.value.diagnostics[0].code == "disk-full"
    assert caught.value.diagnostics[0].help == "free some space, or lower `concurrency`; nothing was sent"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom modes bind")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(Problem) as caught:
        store_at(tmp_path / "locked" / "store").content.put(PICTURE)
    assert caught.value.diagnostics[0].code == "not-writable"


def test_other_write_errors_keep_their_reason(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def forbidden(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    content.put(b"first")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(Problem, match=r"error\[write-failed\]: cannot write '.*': input/output error"):
        content.put(PICTURE)
    monkeypatch.setattr(os, "fsync", forbidden)
    with pytest.raises(Problem, match=r"error\[not-writable\]: may not write '.*': read-only file system"):
        content.put(PICTURE)


def test_threads_that_store_the_same_bytes_at_once_leave_each_other_s_file_alone(
    content: Content, tmp_path: Path
) -> None:
    """Two steps with one reference picture: whoever comes second must not take the first one's file for a damaged one."""
    content.put(b"first")  # the folders are made
    barrier = threading.Barrier(8)

    def store(number: int) -> list[bool]:
        found = []
        for round_ in range(40):
            barrier.wait(20)
            digest = content.put(b"%d" % round_ * 50_000)
            found.append(content.path(digest).exists())
        return found

    with ThreadPoolExecutor(8) as pool:
        assert all(all(found) for found in pool.map(store, range(8)))
    assert not (tmp_path / "store" / "quarantine").exists()
