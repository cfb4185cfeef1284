"""A part of a lock: the lines that were looked for, for looking alone. Writing it would lose all the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixmake.digest import sha256_bytes
from pixmake.store.lockfile import Line, Lock, OutputPin, StepPin, part, read, render, write
from pixmake.store.lockwriting import LockFile


def line(name: str, profile: str | None = None) -> Line:
    pin = OutputPin(recipe="r", digest=sha256_bytes(name.encode()))
    return Line(
        asset=name,
        profile=profile,
        steps=(StepPin(key=sha256_bytes(b"k" + name.encode())),),
        outputs={f"assets/{name}.png": pin},
    )


WHOLE = Lock().put(*(line(name) for name in ("hen", "hen-2", 'a "quoted" hen', "Käse", "cow")), line("hen", "night"))


def names(lock: Lock | None) -> list[tuple[str, str | None]]:
    assert lock is not None
    return sorted(lock.lines, key=str)


def test_the_lines_that_were_looked_for_are_found_whole() -> None:
    data = render(WHOLE).encode()
    assert names(part(data, ["hen"])) == [("hen", "night"), ("hen", None)]
    assert names(part(data, ['a "quoted" hen', "Käse"])) == [("Käse", None), ('a "quoted" hen', None)]
    assert names(part(data, ["assets/cow.png"])) == [("cow", None)]
    assert names(part(data, ["nobody"])) == [] and names(part(data, [])) == []
    found = part(data, ["hen-2"])
    assert found is not None and found.alternatives("hen-2") == WHOLE.alternatives("hen-2")
    every = part(data, [name for name, _ in WHOLE.lines])
    assert every is not None and every.lines == WHOLE.lines


@pytest.mark.parametrize("change", ["<<<<<<< ours\n", "||||||| base\n", "=======\n", ">>>>>>> theirs\n"])
def test_a_merged_file_is_read_whole_or_not_at_all(change: str) -> None:
    first, rest = render(WHOLE).split("\n", 1)
    assert part(f"{first}\n{change}{rest}".encode(), ["hen"]) is None


def test_a_file_that_somebody_else_wrote_is_read_whole_or_not_at_all() -> None:
    data = render(WHOLE).encode()
    for other in (b"", data[:-1], b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data[1:], data + b"torn"):
        assert part(other, ["hen"]) is None


def test_a_part_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    write(path, WHOLE)
    before = path.read_bytes()
    found = part(before, ["hen"])
    assert found is not None
    for changed in (found, found.put(line("hen")), found.drop(("hen", None))):
        with pytest.raises(ValueError, match="never written"):
            write(path, changed)
        with pytest.raises(ValueError, match="never written"):
            LockFile(path).write(changed)
    assert path.read_bytes() == before
    assert read(path) == WHOLE
