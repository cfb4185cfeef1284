"""A lockfile that is changed again and again: the same text as ever, and what others wrote meanwhile stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixmake.build.recording import change_lock
from pixmake.diagnostics import Problem
from pixmake.digest import sha256_bytes
from pixmake.store import lockfile, lockwriting
from pixmake.store.lockfile import Line, Lock, StepPin, read, render, write
from pixmake.store.lockwriting import LockFile


def line(name: str, profile: str | None = None) -> Line:
    return Line(asset=name, profile=profile, steps=(StepPin(key=sha256_bytes(name.encode())),))


def test_the_text_is_what_render_makes_of_it_after_every_change(tmp_path: Path) -> None:
    file = LockFile(tmp_path / "assets.lock")
    for name in ("b", "a", "c", "b"):
        file.write(file.read().put(line(name), line(name, "night")))
        assert file.path.read_text() == render(read(file.path))
    file.write(file.read().drop(("a", None)))
    assert file.path.read_text() == render(Lock().put(line("b"), line("c"), *(line(name, "night") for name in "abc")))


def test_what_others_wrote_meanwhile_stays(tmp_path: Path) -> None:
    file = LockFile(tmp_path / "assets.lock")
    file.write(file.read().put(line("ours")))
    write(file.path, read(file.path).put(line("theirs")))
    file.write(file.read().put(line("ours too")))
    assert {name for name, _ in read(file.path).lines} == {"ours", "ours too", "theirs"}
    file.path.unlink()
    assert file.read() == Lock()


def test_what_a_killed_writer_left_beside_it_goes_with_the_next_change(tmp_path: Path) -> None:
    left, others = (
        ".assets.lock.0123456789ab.tmp",
        [".assets.lock.mine.tmp", ".assets.lock.swp", ".other.0123456789ab.tmp"],
    )
    for name in (left, *others):
        (tmp_path / name).write_text("half a fi")
    change_lock(tmp_path, [line("a")])
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted([*others, "assets.lock"])
    assert read(tmp_path / "assets.lock") == Lock().put(line("a"))


def test_its_own_words_are_neither_read_nor_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = LockFile(tmp_path / "assets.lock")
    file.write(file.read().put(*(line(f"a{number}") for number in range(50))))
    done: list[str] = []
    monkeypatch.setattr(lockwriting, "read", lambda path: done.append("read"))

    def rendered(line: Line) -> str:
        done.append(line.asset)
        return lockfile.rendered(line)

    monkeypatch.setattr(lockwriting, "rendered", rendered)
    file.write(file.read().put(line("new")))
    assert done == ["new"]


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    file = LockFile(tmp_path / "assets.lock")
    file.path.write_text("no line\n")
    with pytest.raises(Problem, match="lock-damaged"):
        file.write(file.read().put(line("a")))
    assert file.path.read_text() == "no line\n"
