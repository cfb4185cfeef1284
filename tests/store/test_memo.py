from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixmake.diagnostics import Problem
from pixmake.digest import Digest, sha256_bytes, sha256_file
from pixmake.store.lockfile import OutputPin
from pixmake.store.memo import Memo, Scalar, look

DIGEST = sha256_bytes(b"x")


class Hashed(list[str]):
    """Names of the files whose content was read."""


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    found = Hashed()
    real = sha256_file

    def counted(path: Path) -> Digest:
        found.append(path.name)
        return real(path)

    monkeypatch.setattr("pixmake.store.memo.sha256_file", counted)
    return found


def later() -> int:
    """An hour from now, in nanoseconds: every file of the test is at rest by then."""
    return time.time_ns() + 3600 * 10**9


def test_a_file_at_rest_is_hashed_once_and_remembered(tmp_path: Path, hashed: Hashed) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"picture")
    memo = Memo(tmp_path / ".pixmake" / "memo.json", now=later)
    assert memo.digest_of(path) == sha256_bytes(b"picture")
    assert memo.digest_of(str(path)) == sha256_bytes(b"picture")
    assert memo.save()
    again = Memo(tmp_path / ".pixmake" / "memo.json", now=later)
    assert again.digest_of(path) == sha256_bytes(b"picture")
    assert hashed == ["in.png"]
    assert not again.save()


def test_a_young_file_is_hashed_again_until_it_is_at_rest(tmp_path: Path, hashed: Hashed) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"one")
    stat = look(path)
    assert stat is not None
    memo = Memo(tmp_path / "memo.json", now=lambda: stat.mtime + 1_000_000)
    assert memo.digest_of(path) == sha256_bytes(b"one")
    path.write_bytes(b"two")
    os.utime(path, ns=(stat.mtime, stat.mtime))  # as if written within one tick of the clock
    assert memo.digest_of(path) == sha256_bytes(b"two")
    assert memo.digest_of(path) == sha256_bytes(b"two")
    assert len(hashed) == 3


@pytest.mark.parametrize("change", ["content", "size", "times", "inode"])
def test_any_change_of_the_stat_is_looked_at(tmp_path: Path, change: str, hashed: Hashed) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"one")
    memo = Memo(tmp_path / "memo.json", now=later)
    memo.digest_of(path)
    time.sleep(0.02)  # one tick, so that the change has times of its own
    if change == "content":
        path.write_bytes(b"two")
    elif change == "size":
        path.write_bytes(b"longer")
    elif change == "times":
        os.utime(path, ns=(1, 1))
    else:
        other = tmp_path / "other"
        other.write_bytes(b"two")
        stat = path.stat()
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(path)
    assert memo.digest_of(path) == sha256_bytes(path.read_bytes())
    assert len(hashed) == 2


def test_coarse_clocks_need_two_seconds(tmp_path: Path, hashed: Hashed) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"one")
    os.utime(path, ns=(10**18, 10**18))  # whole seconds: may be FAT
    stat = look(path)
    assert stat is not None
    soon = Memo(tmp_path / "memo.json", now=lambda: stat.ctime + 1_900_000_000)
    soon.digest_of(path)
    soon.digest_of(path)
    assert len(hashed) == 2
    rested = Memo(tmp_path / "memo.json", now=lambda: stat.ctime + 2_100_000_000)
    rested.digest_of(path)
    rested.digest_of(path)
    assert len(hashed) == 3


def test_times_in_the_future_are_never_believed(tmp_path: Path, hashed: Hashed) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"one")
    ahead = time.time_ns() + 10**13
    os.utime(path, ns=(ahead, ahead))
    memo = Memo(tmp_path / "memo.json")
    memo.digest_of(path)
    memo.digest_of(path)
    assert len(hashed) == 2


def test_a_file_that_changes_while_it_is_hashed_is_hashed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"one")
    real = sha256_file
    pending = [b"changed once", b"changed again"]

    def disturbed(name: Path) -> Digest:
        digest = real(name)
        if pending:
            path.write_bytes(pending.pop(0))
        return digest

    monkeypatch.setattr("pixmake.store.memo.sha256_file", disturbed)
    assert Memo(tmp_path / "memo.json").digest_of(path) == sha256_bytes(b"changed again")
    pending[:] = [b"%d" % number * (number + 1) for number in range(20)]
    memo = Memo(tmp_path / "memo.json", now=later)
    memo.digest_of(path)
    pending.clear()
    assert memo.digest_of(path) == sha256_bytes(path.read_bytes())


def test_what_is_no_regular_file_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    memo = Memo(tmp_path / "memo.json")
    assert memo.digest_of(tmp_path / "folder") is None
    assert memo.digest_of(tmp_path / "nowhere") is None
    assert memo.digest_of(tmp_path / "file" / "below") is None


def test_a_build_and_a_second_one_that_writes_nothing(tmp_path: Path, hashed: Hashed) -> None:
    """What was written a moment ago is settled by `save`, so that the next run reads and writes nothing."""
    first = Memo(tmp_path / "memo.json")
    pin = OutputPin(recipe="r", digest=sha256_bytes(b"out"))
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"out")
        assert first.digest_of(tmp_path / name) == pin.digest
        first.keep_output(name, pin)
    assert first.save()
    hashed.clear()
    second = Memo(tmp_path / "memo.json")
    assert second.digest_of(tmp_path / "a.png") == pin.digest
    assert second.digest_of(tmp_path / "b.png") == pin.digest
    assert second.output("a.png") == pin
    second.keep_output("a.png", pin)
    before = (tmp_path / "memo.json").stat().st_mtime_ns
    assert not second.save()
    assert hashed == []
    assert (tmp_path / "memo.json").stat().st_mtime_ns == before


def test_rows_of_a_hostile_memo_are_not_believed(tmp_path: Path, hashed: Hashed) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    stat = look(path)
    assert stat is not None
    rows: list[object] = [
        [*stat, "../../x", True],
        [*stat, DIGEST, 1],
        [*stat, DIGEST],
        list(map(str, [*stat, DIGEST, True])),
        {},
    ]
    for row in rows:
        body = {"format": "pixmake.memo/1", "files": {str(path): row}, "facts": {DIGEST: 3}, "outputs": {"a": [1, 2]}}
        (tmp_path / "memo.json").write_text(json.dumps(body))
        memo = Memo(tmp_path / "memo.json", now=later)
        assert memo.digest_of(path) == DIGEST
        assert memo.facts(DIGEST) is None
        assert memo.output("a") is None
        assert memo.save()
    assert len(hashed) == 5


def test_facts_and_outputs_are_kept_and_dropped(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.json")
    assert memo.facts(DIGEST) is None
    facts: dict[str, Scalar] = {"media_type": "image/png", "width": 10, "height": 20, "animated": False, "note": None}
    memo.keep_facts(DIGEST, facts)
    memo.keep_output("a.png", OutputPin(recipe="r", digest=DIGEST))
    memo.keep_output("b.png", OutputPin(recipe="r", digest=DIGEST))
    assert memo.save()
    again = Memo(tmp_path / "memo.json")
    assert again.facts(DIGEST) == facts
    again.keep_facts(DIGEST, facts)
    assert not again.save()
    again.drop_output("a.png")
    again.drop_output("never there")
    assert again.save()
    assert Memo(tmp_path / "memo.json").output("a.png") is None
    assert Memo(tmp_path / "memo.json").output("b.png") == OutputPin(recipe="r", digest=DIGEST)


def test_vanished_files_are_forgotten_when_something_is_saved(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
    memo = Memo(tmp_path / "memo.json", now=later)
    memo.digest_of(tmp_path / "a")
    memo.digest_of(tmp_path / "b")
    memo.save()
    (tmp_path / "a").unlink()
    again = Memo(tmp_path / "memo.json", now=later)
    assert not again.save()
    again.keep_facts(DIGEST, {"width": 1})
    assert again.save()
    assert list(json.loads((tmp_path / "memo.json").read_bytes())["files"]) == [str(tmp_path / "b")]


def test_nothing_to_remember_makes_no_file(tmp_path: Path) -> None:
    memo = Memo(tmp_path / ".pixmake" / "memo.json")
    assert not memo.save()
    assert not (tmp_path / ".pixmake").exists()


HOSTILE = [
    b"",
    b"[]",
    b"{}",
    b'{"format":"pixmake.memo/2"}',
    b'{"format":"pixmake.memo/1"}',
    b'{"format":"pixmake.memo/1","files":{"a":[1]},"facts":{},"outputs":{}}',
    b'{"format":"pixmake.memo/1","files":{"a":[1,2,3,4,"no digest",true]},"facts":{},"outputs":{}}',
    b'{"format":"pixmake.memo/1","files":{},"facts":{"x":3},"outputs":{}}',
    b'{"format":"pixmake.memo/1","files":{},"facts":{},"outputs":{"a":["r","no digest"]}}',
    b'{"format":"pixmake.memo/1","files":7,"facts":[],"outputs":3}',
    b"[" * 100_000,
    b"\xff\xff",
]


@pytest.mark.parametrize("data", HOSTILE)
def test_a_damaged_memo_is_as_if_empty_and_written_anew(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "memo.json"
    path.write_bytes(data)
    (tmp_path / "a").write_bytes(b"x")
    memo = Memo(path)
    assert memo.digest_of(tmp_path / "a") == DIGEST
    assert memo.output("a") is None
    assert memo.facts(Digest("x")) is None
    assert memo.save()
    assert Memo(path).digest_of(tmp_path / "a") == DIGEST


@given(st.binary(max_size=200))
@example(b"null")
@settings(deadline=None, max_examples=50)
def test_arbitrary_bytes_never_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "arbitrary-memo.json"
    path.write_bytes(data)
    assert Memo(path).output("a") is None


def test_a_memo_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    memo = Memo(tmp_path / "file" / "memo.json")
    memo.keep_facts(DIGEST, {"width": 1})
    with pytest.raises(Problem, match="cannot write"):
        memo.save()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12) | st.sampled_from(
    ['a"b', 'b":[', '},"facts":{', '{"format"', "\\", 'x"/a.png', "/a.png", "],", "}}", "\u2028"]
)


@given(outputs=st.dictionaries(NAMES, NAMES, max_size=8), facts=st.dictionaries(NAMES, NAMES, max_size=4), asked=NAMES)
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_what_is_looked_for_in_the_text_is_what_reading_all_of_it_gives(
    tmp_path_factory: pytest.TempPathFactory, outputs: dict[str, str], facts: dict[str, str], asked: str
) -> None:
    path = tmp_path_factory.mktemp("memo") / "memo.json"
    first = Memo(path)
    for name, recipe in outputs.items():
        first.keep_output(name, OutputPin(recipe=recipe, digest=DIGEST))
    for name, word in facts.items():
        first.keep_facts(Digest(name), {"type": word, "width": 7, "alpha": None})
    first.save()
    whole = Memo(path)
    whole.outputs_of(None)  # reads all
    for name in [*outputs, *facts, asked]:
        assert Memo(path).output(name) == whole.output(name) == first.output(name)
        assert Memo(path).facts(Digest(name)) == whole.facts(Digest(name)) == first.facts(Digest(name))


def test_who_asks_for_little_does_not_read_all_of_it_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pin = tmp_path / "memo.json", OutputPin(recipe="r", digest=DIGEST)
    first = Memo(path)
    for number in range(100):
        first.keep_output(f"{number}.png", pin)
    first.save()
    parsed: list[bytes] = []
    real = Memo._parse

    def counted(memo: Memo, data: bytes) -> bool:
        parsed.append(data)
        return real(memo, data)

    monkeypatch.setattr(Memo, "_parse", counted)
    memo = Memo(path)
    assert [memo.output(f"{number}.png") for number in range(5)] == [pin] * 5
    assert (memo.output("none.png"), memo.save(), parsed) == (None, False, [])
    memo.keep_facts(DIGEST, {"width": 1})
    assert (memo.save(), len(parsed)) == (True, 1)
    again = Memo(path)
    assert [again.output(f"{number}.png") for number in range(100)] == [pin] * 100
    assert again.facts(DIGEST) == {"width": 1}
    assert len(parsed) == 2


def test_damage_that_was_not_looked_at_is_found_before_anything_is_written(tmp_path: Path) -> None:
    path, pin = tmp_path / "memo.json", OutputPin(recipe="r", digest=DIGEST)
    first = Memo(path)
    first.keep_output("a.png", pin)
    first.keep_output("b.png", pin)
    first.save()
    path.write_bytes(path.read_bytes().replace(b'"b.png":[', b'"b.png":]'))
    memo = Memo(path)
    assert memo.output("a.png") == pin
    memo.keep_output("c.png", pin)
    memo.save()
    assert json.loads(path.read_bytes())["outputs"] == {"a.png": ["r", DIGEST], "c.png": ["r", DIGEST]}
