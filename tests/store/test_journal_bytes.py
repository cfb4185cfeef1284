"""What an append leaves in the journal's file, to the byte, and in the process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pixmake.diagnostics import render
from pixmake.store.journal import HEADER, Followed, Journal
from pixmake.store.records import decode, encode, seal
from store.making import done, failed, intent, store_at

OPEN = Path("/proc/self/fd")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return store_at(tmp_path / "store").journal


def followed(journal: Journal) -> Followed:
    end = journal.read().end
    return Followed(end=end, seam=journal.seam(end), inode=journal.path.stat().st_ino)


def test_a_header_and_the_lines(journal: Journal) -> None:
    journal.append(intent())
    journal.append(done(), failed("heart", 0, "refused"))
    assert journal.path.read_bytes() == HEADER + encode(intent()) + encode(done()) + encode(
        failed("heart", 0, "refused")
    )


def test_prompts_are_written_as_people_write_them(journal: Journal) -> None:
    journal.append(intent(request={"prompt": "ein Bär 🐻"}))
    assert '"prompt":"ein Bär 🐻"' in journal.path.read_text("utf-8")


def test_a_whole_line_that_lost_its_newline_gets_it_back(journal: Journal) -> None:
    journal.append(intent())
    journal.path.write_bytes(journal.path.read_bytes()[:-1])
    journal.append(done())
    assert journal.path.read_bytes() == HEADER + encode(intent()) + encode(done())


def test_a_torn_end_is_ended_and_told(journal: Journal) -> None:
    journal.append(intent())
    whole, torn = journal.path.read_bytes(), encode(done())[:30]
    journal.path.write_bytes(whole + torn)
    journal.append(done())
    told = seal({"type": "torn", "at": len(whole), "length": len(torn)})
    assert journal.path.read_bytes() == whole + torn + b"\n" + told + encode(done())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_its_owner_reads_what_was_asked(journal: Journal) -> None:
    journal.append(intent())
    assert journal.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not OPEN.is_dir(), reason="counts open files by /proc")
def test_no_append_and_no_reading_leaves_a_file_open(journal: Journal) -> None:
    journal.append(intent())
    before = len(list(OPEN.iterdir()))
    for number in range(1, 6):
        journal.append(intent(number=number))
        journal.read()
    assert len(list(OPEN.iterdir())) == before


def test_who_read_before_there_was_a_journal_goes_on_from_its_start(journal: Journal) -> None:
    nothing = journal.read()
    journal.append(intent())
    later = journal.read(nothing.end)
    assert ([decode(line) for line in later.lines], later.damage) == ([intent()], ())


def test_following_sees_each_line_once(journal: Journal) -> None:
    journal.append(intent())
    known = followed(journal)
    for record in (done(), failed("heart", 0, "refused")):
        journal.append(record)
        found = journal.follow(known)
        assert found is not None
        reading, known = found
        assert ([decode(line) for line in reading.lines], known) == ([record], followed(journal))


def test_a_line_that_is_half_written_is_followed_when_it_is_whole(journal: Journal) -> None:
    journal.append(intent())
    known, whole = followed(journal), journal.path.read_bytes()
    with open(journal.path, "ab") as stream:
        stream.write(encode(done())[:40])
    found = journal.follow(known)
    assert found is not None
    assert (found[0].lines, found[1]) == ((), known)
    journal.path.write_bytes(whole + encode(done()))
    found = journal.follow(known)
    assert found is not None
    assert [decode(line) for line in found[0].lines] == [done()]


@pytest.mark.parametrize("cut", [20, 64, 65, 150])
def test_a_journal_that_was_put_back_is_not_followed(journal: Journal, cut: int) -> None:
    """Shorter by some bytes, and then longer again by others: what was known of it is worth nothing."""
    journal.append(intent(), done())
    known, whole = followed(journal), journal.path.read_bytes()
    with open(journal.path, "r+b") as stream:
        stream.truncate(len(whole) - cut)
    assert journal.follow(known) is None
    journal.append(*(intent("other", number) for number in range(3)))
    assert journal.follow(known) is None


def test_another_file_of_the_same_bytes_is_not_followed(journal: Journal) -> None:
    journal.append(intent())
    known, whole = followed(journal), journal.path.read_bytes()
    other = journal.path.with_name("other")
    other.write_bytes(whole)
    other.replace(journal.path)
    assert journal.follow(known) is None
    journal.path.unlink()
    assert journal.follow(known) is None


def test_a_journal_that_has_only_its_header_is_followed(journal: Journal) -> None:
    assert journal.seam(0) == "", "there is none yet"
    journal.append(intent())
    journal.path.write_bytes(HEADER)
    known = followed(journal)
    assert bytes.fromhex(known.seam) == HEADER
    journal.append(intent())
    found = journal.follow(known)
    assert found is not None
    assert [decode(line) for line in found[0].lines] == [intent()]


@pytest.mark.parametrize("at", [["here"], {"byte": 9}, None, "9"])
def test_a_torn_line_as_nobody_writes_it_excuses_nothing(journal: Journal, at: object) -> None:
    journal.append(intent())
    with open(journal.path, "ab") as stream:
        stream.write(b"a line that is damaged\n" + seal({"type": "torn", "at": at}))
    reading = journal.read()
    assert ([decode(line) for line in reading.lines], len(reading.damage)) == ([intent()], 1)


def test_a_damaged_line_is_told_with_what_to_do(journal: Journal) -> None:
    journal.append(intent(), done(), intent(number=1))
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"done"', b'"dome"'))
    (told,) = journal.diagnose(journal.read().damage)
    assert render(told) == (
        f"error[journal-damaged]: line 3 of '{journal.path}' is not as it was written\n"
        "note: until this is settled nothing should be bought: the line may name a paid picture\n"
        "help: copy journal.jsonl to a safe place, then put back a backup of it, or delete that line"
    )
