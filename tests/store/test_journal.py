from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import canonical_json
from pixmake.store.journal import HEADER, Journal, new_intent
from pixmake.store.records import Intent, Outcome, Record, decode, encode, is_whole, seal
from store.making import done, failed, intent, key, pick, result, store_at, tree


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return store_at(tmp_path / "store").journal


def records(journal: Journal) -> list[Record | None]:
    reading = journal.read()
    assert reading.damage == ()
    return [decode(line) for line in reading.lines]


def test_what_is_appended_is_read_back_equal(journal: Journal) -> None:
    written: list[Record] = [intent(), done(), failed("key", 0, "refused", "low"), pick("heart", b"x", profile="print")]
    journal.append(written[0])
    journal.append(*written[1:])
    assert records(journal) == written


def test_the_file_is_lines_of_json_that_a_stranger_can_read(journal: Journal) -> None:
    journal.append(intent(), failed("heart", 0, "failed"))
    header, first, second = journal.path.read_text("utf-8").splitlines()
    assert header == '{"format":"pixmake.journal/1"}'
    assert json.loads(first)["type"] == "intent"
    assert second.startswith(f'{{"key":"{key("heart")}","type":"failed","intent":"heart-0","why":"failed",')


def test_a_request_read_back_has_the_same_canonical_bytes(journal: Journal) -> None:
    request = {
        "prompt": "\ud800 lone, “quoted”\nline",
        "options": {"$x": {"$decimal": "no decimal"}, "strength": Decimal("0.50"), "$$y": [1, True, None]},
    }
    journal.append(intent(request=request))
    (read,) = records(journal)
    assert isinstance(read, Intent)
    assert canonical_json(read.request) == canonical_json(request)


def test_a_request_that_json_cannot_hold_is_refused_and_nothing_written(journal: Journal) -> None:
    with pytest.raises(TypeError, match="float"):
        journal.append(intent(request={"strength": 0.5}))
    assert not journal.path.exists()


def test_reading_goes_on_where_the_last_one_ended(journal: Journal) -> None:
    journal.append(intent())
    first = journal.read()
    assert journal.read(first.end).lines == ()
    journal.append(done())
    second = journal.read(first.end)
    assert [decode(line) for line in second.lines] == [done()]
    assert second.end == journal.path.stat().st_size


@pytest.mark.parametrize("cut", [1, 2, 20, 200])
def test_a_torn_end_is_not_read_and_the_next_append_loses_nothing(journal: Journal, cut: int) -> None:
    journal.append(intent("heart"))
    journal.append(intent("key"))
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-cut])
    before = journal.read()
    kept = [intent("heart")] if cut > 1 else [intent("heart"), intent("key")]  # cut 1: only the newline is gone
    assert [decode(line) for line in before.lines] == kept
    assert before.damage == ()
    journal.append(done("heart"))
    assert records(journal) == [*kept, done("heart")]
    assert [decode(line) for line in journal.read(before.end).lines] == [done("heart")]


def test_an_end_of_zeros_after_a_power_cut_is_a_torn_end(journal: Journal) -> None:
    journal.append(intent("heart"))
    with journal.path.open("ab") as stream:
        stream.write(bytes(500))
    assert records(journal) == [intent("heart")]
    journal.append(done("heart"))
    assert records(journal) == [intent("heart"), done("heart")]


def test_an_empty_file_gets_its_header(journal: Journal) -> None:
    journal.append(intent())
    journal.path.write_bytes(b"")
    journal.append(intent())
    assert journal.path.read_bytes().startswith(HEADER)
    assert records(journal) == [intent()]


def test_a_damaged_line_in_the_middle_is_reported_and_the_others_survive(journal: Journal) -> None:
    journal.append(intent("heart"))
    journal.append(intent("key"))
    journal.append(intent("crown"))
    data = journal.path.read_bytes()
    journal.path.write_bytes(data.replace(b'"prompt":"a key"', b'"prompt":"a kez"'))
    reading = journal.read()
    assert [decode(line) for line in reading.lines] == [intent("heart"), intent("crown")]
    (diagnostic,) = journal.diagnose(reading.damage)
    assert diagnostic.code == "journal-damaged"
    assert diagnostic.message == f"line 3 of '{journal.path}' is not as it was written"
    journal.append(done("crown"))  # an append neither hides nor worsens it
    assert journal.read().damage == reading.damage


def test_a_damaged_header_is_damage_too(journal: Journal) -> None:
    journal.append(intent())
    journal.path.write_bytes(b"X" + journal.path.read_bytes()[1:])
    reading = journal.read()
    assert [decode(line) for line in reading.lines] == [intent()]
    assert [item.offset for item in reading.damage] == [0]


def test_a_newer_journal_is_not_read(journal: Journal) -> None:
    journal.append(intent())
    journal.path.write_bytes(b'{"format":"pixmake.journal/2"}\n')
    with pytest.raises(Problem) as caught:
        journal.read()
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert str(caught.value) == (
        "error[journal-too-new]: the store's journal has format 'pixmake.journal/2', "
        "this version reads 'pixmake.journal/1'\n"
        "help: update pixmake, or name another store with PIXMAKE_STORE"
    )


def test_records_of_newer_versions_are_kept_and_skipped(journal: Journal) -> None:
    journal.append(intent())
    with journal.path.open("ab") as stream:
        stream.write(seal({"key": key("heart"), "type": "praise", "intent": None, "stars": 5}))
        stream.write(seal({"type": "weather", "sun": True}))
    journal.append(done())
    assert records(journal) == [intent(), None, None, done()]


def test_new_fields_and_words_in_known_records_are_no_damage() -> None:
    line = encode(failed("heart", 0, "failed"))[:-1]
    body = json.loads(line)
    del body["sum"]
    newer = decode(seal({**body, "why": "postponed", "mood": "good"})[:-1])
    assert newer == failed("heart", 0, "unknown")  # the reading that never pays again on its own


@given(st.binary(max_size=300))
@example(b'{"type":"done"}')
@example(b"[" * 100_000)
@example(b'{"key":1,"type":["intent"]}')
@example(b'{"key":"%s","type":"done","intent":null,"results":[3]}' % (b"0" * 64))
@example(b'{"key":"%s","type":"done","intent":null,"results":[],"cost":"NaN"}' % (b"0" * 64))
@example(b'{"key":"%s","type":"done","intent":null,"results":[],"cost":"zwei"}' % (b"0" * 64))
@settings(max_examples=150, deadline=None)
def test_decoding_arbitrary_bytes_raises_nothing_but_value_errors(data: bytes) -> None:
    with suppress(ValueError):
        decode(data)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    return store_at(tmp_path_factory.mktemp("journal") / "store").journal


@given(
    garbage=st.lists(st.one_of(st.binary(max_size=80), st.just(encode(intent("key")))), max_size=5), cut=st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_the_file_holds_whole_lines_survive(shared: Journal, garbage: list[bytes], cut: bool) -> None:
    shared.append(intent("heart"))
    data = HEADER + encode(intent("heart")) + b"\n".join(garbage)
    shared.path.write_bytes(data if cut else data + b"\n")
    shared.append(done("heart"))
    shared.append(intent("crown"))
    found = [decode(line) for line in shared.read().lines if is_whole(line)]
    assert found[0] == intent("heart")
    assert found[-2:] == [done("heart"), intent("crown")]


def test_one_flipped_bit_anywhere_in_a_line_is_noticed() -> None:
    line = encode(done())[:-1]
    assert is_whole(line)
    for position in range(len(line)):
        changed = bytearray(line)
        changed[position] ^= 1
        assert not is_whole(bytes(changed)), position
    assert not any(is_whole(line[:length]) for length in range(len(line)))


def test_open_intents_are_those_without_outcome(journal: Journal) -> None:
    journal.append(intent("heart"), intent("key"), intent("crown"), intent("sword"))
    journal.append(done("key"), failed("crown", 0, "unknown"))
    journal.append(Outcome(intent=None, key=key("sword"), results=(result(b"by hand", source="human"),)))
    assert journal.open_intents() == (intent("heart"), intent("sword"))


def test_intent_names_are_fit_for_files_and_never_the_same() -> None:
    made = {new_intent() for _ in range(100)}
    assert len(made) == 100
    assert all(name.isalnum() and len(name) == 32 for name in made)


def _append_many(root: Path, who: int, count: int) -> None:
    journal = store_at(root).journal
    for number in range(count):
        journal.append(intent(f"asset{who}", number))


def test_many_processes_append_without_loss(tmp_path: Path) -> None:
    """200 records from each of four processes, one by one, the store not existing before."""
    workers = [multiprocessing.Process(target=_append_many, args=(tmp_path / "store", who, 200)) for who in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    found = records(store_at(tmp_path / "store").journal)
    assert len(found) == 800
    for who in range(4):
        mine = [item for item in found if isinstance(item, Intent) and item.key == key(f"asset{who}")]
        assert mine == [intent(f"asset{who}", number) for number in range(200)]  # and each one's in its order


def test_threads_append_without_loss(journal: Journal) -> None:
    threads = [threading.Thread(target=_append_many, args=(journal.path.parent, who, 20)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records(journal)) == 60


def test_threads_of_one_journal_share_writes_and_each_keeps_its_order(journal: Journal) -> None:
    def write(who: int) -> None:
        for number in range(25):
            journal.append(intent(f"asset{who}", number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    found = records(journal)
    assert len(found) == 200
    for who in range(8):
        mine = [item for item in found if isinstance(item, Intent) and item.key == key(f"asset{who}")]
        assert mine == [intent(f"asset{who}", number) for number in range(25)]


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_a_full_disk_is_told_to_each_thread_that_shares_the_write(journal: Journal) -> None:
    import resource

    journal.append(intent("heart"))
    size = journal.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    told: list[str] = []

    def write(who: int) -> None:
        try:
            journal.append(done(f"asset{who}"))
        except Problem as trouble:
            told.append(trouble.diagnostics[0].code)

    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert told == ["disk-full"] * 8
    assert journal.path.stat().st_size == size
    journal.append(done("heart"))
    assert records(journal) == [intent("heart"), done("heart")]


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_a_full_disk_takes_the_torn_record_back(journal: Journal, tmp_path: Path) -> None:
    """The kernel takes half a record and then refuses: a file size limit stands for the full disk."""
    import resource

    journal.append(intent("heart"))
    size = journal.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        with pytest.raises(Problem) as caught:
            journal.append(done("heart"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.diagnostics[0].code == "disk-full"
    assert caught.value.diagnostics[0].message == f"no room to write '{journal.path}': file too large"
    assert journal.path.stat().st_size == size
    journal.append(done("heart"))
    assert records(journal) == [intent("heart"), done("heart")]


def test_a_key_lock_is_exclusive_and_looking_at_it_writes_nothing(tmp_path: Path) -> None:
    first, second = store_at(tmp_path / "store"), store_at(tmp_path / "store")
    with first.journal.key_lock(key("heart"), timeout=1):
        before = tree(tmp_path)
        assert second.journal.key_busy(key("heart"))
        assert not second.journal.key_busy(key("crown"))
        assert tree(tmp_path) == before
        with second.journal.key_lock(key("crown"), timeout=1):
            pass
        with pytest.raises(Problem) as caught, second.journal.key_lock(key("heart"), timeout=0):
            pass
    assert caught.value.exit_code == ExitCode.LOCKED
    assert str(caught.value) == (
        f"error[store-busy]: another process is buying the request '{key('heart')[:12]}' "
        "and has not finished after 0 s\n"
        "help: wait for the other pixmake to end, or stop it; its lock goes with it"
    )
    assert not second.journal.key_busy(key("heart"))
    with second.journal.key_lock(key("heart"), timeout=1):
        pass


def test_a_key_lock_may_be_left_by_another_thread(journal: Journal) -> None:
    stack = ExitStack()
    thread = threading.Thread(target=lambda: stack.enter_context(journal.key_lock(key("heart"), timeout=1)))
    thread.start()
    thread.join()
    assert journal.key_busy(key("heart"))
    stack.close()
    assert not journal.key_busy(key("heart"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_the_kernel_frees_a_key_lock_on_kill_9(journal: Journal) -> None:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with journal.key_lock(key("heart"), timeout=5):
            os.write(write_end, b"!")
            signal.pause()
    assert os.read(read_end, 1) == b"!"
    assert journal.key_busy(key("heart"))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not journal.key_busy(key("heart"))
    with journal.key_lock(key("heart"), timeout=1):
        pass


def test_a_file_system_without_locks_is_refused(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stand-in is used, which would survive kill -9: worse than none, where money is concerned."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(Problem) as caught:
        journal.append(intent())
    assert str(caught.value) == (
        f"error[store-no-locks]: the file system of '{journal.path.parent / 'locks'}' cannot lock files\n"
        "help: put the store on a local disk (PIXMAKE_STORE)"
    )
    assert not journal.path.exists()


def test_an_unlock_that_fails_frees_the_lock_all_the_same(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing is what frees it; a file system that answers otherwise must not lock us out of our own store."""
    real = fcntl.flock

    def reluctant(descriptor: int, operation: int) -> None:
        if operation & fcntl.LOCK_UN:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", reluctant)
    journal.append(intent())
    assert not journal.locks.busy("journal")


def test_a_lock_file_deleted_while_it_is_taken_guards_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody tidies `locks/`: whoever then locks the deleted file looks again, for the one others see."""
    real = fcntl.flock
    journal.append(intent())
    path = journal.locks.path("journal")

    def tidied(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        path.unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", tidied)
    with journal.locks.hold("journal", timeout=5, what="tests"):
        assert journal.locks.busy("journal")


def test_a_link_in_place_of_a_lock_is_not_followed(journal: Journal, tmp_path: Path) -> None:
    journal.append(intent())
    path, prey = journal.locks.path("journal"), tmp_path / "prey"
    path.unlink()
    path.symlink_to(prey)
    with pytest.raises(Problem, match="too many levels of symbolic links"):
        journal.append(intent())
    assert not prey.exists()


def test_a_folder_of_locks_that_may_not_be_looked_into_is_told_as_the_store_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each asset of a build would fail by itself."""
    store = store_at(tmp_path)

    def refused(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_dir", refused)
        with pytest.raises(Problem) as caught, store.journal.key_lock(key("heart"), timeout=0):
            pass
    assert caught.value.diagnostics[0].code == "not-writable"
