"""Arbitrary and mutated bytes for every reader: only diagnostics come out. PIXMAKE_FUZZ_MINUTES=60 for the long run.

    PIXMAKE_FUZZ_MINUTES=60 python -m pytest tests/hostile/test_fuzzing.py -s

Hangs are found by counting: no reader may run more lines of Python than LINES for an input of this size.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from fakes.counting import png
from pixmake import __version__
from pixmake.cli import quick
from pixmake.diagnostics import Problem
from pixmake.imaging.probe import BadPicture, probe_bytes
from pixmake.imaging.svg import check_svg
from pixmake.spec.load import load
from pixmake.store.home import open_store
from pixmake.store.index import decode_covered
from pixmake.store.lockfile import parse, render
from pixmake.store.memo import Memo

MINUTES = float(os.environ.get("PIXMAKE_FUZZ_MINUTES", "0"))
CASES = 120
"""A reader in the suite; in the long run as many as the minutes hold."""
CALLS = 2_000_000
DATA = Path(__file__).parents[1] / "upgrades" / "data" / "0.1.0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="a"><path d="M0 0h9v9z" fill="#123"/></g></svg>'
MORSELS = (
    *(b"\0", b"\xff", b"\n", b"\r\n", b"\t", b" ", b'"', b"'", b"{", b"}", b"[", b"]", b":", b",", b"-", b"&a ", b"*a"),
    *(
        b"!!python/name:os.system ",
        b"<<: ",
        b"{{ ",
        b" }}",
        b"{% ",
        b"%}",
        b"|\n",
        b">",
        b"?",
        b"#",
        b"@",
        b"1e999",
        b"null",
    ),
    *(
        b"-1",
        b"99999999999999999999",
        b"0x",
        b"\xed\xa0\x80",
        b"\xc2\x9b",
        b"\x1b[2J",
        b"\xef\xbb\xbf",
        b"<!ENTITY a 'b'>",
    ),
    *(
        b"\xff\xff\xff\xff",
        b"\0\0\0\1",
        b"IHDR",
        b"acTL",
        b"\\u0000",
        b"\\ud800",
        b"true",
        b"../",
        b"/",
        b"<<<<<<< a\n",
    ),
)
"""Bytes that mean something to one of the readers."""


class Endless(BaseException):
    """A reader called more functions than any input of this size is worth."""


def mutated(data: bytes, dice: random.Random) -> bytes:
    """`data` with one to six changes: bits, morsels, cuts, repeats and moves of pieces."""
    found = bytearray(data)
    for _ in range(dice.randrange(1, 7)):
        at, far = sorted(dice.randrange(len(found) + 1) for _ in range(2))
        far = min(far, at + dice.choice((1, 4, 40, 4000)))
        kind = dice.randrange(7)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            found[at:at] = dice.choice(MORSELS) * dice.choice((1, 1, 1, 2, 50))
        elif kind == 2:
            found[at:far] = b""
        elif kind == 3:
            found[at:at] = found[at:far] * dice.choice((1, 3, 30))
        elif kind == 4:
            found[at:far] = dice.choice(MORSELS)
        elif kind == 5:
            found[at:far] = dice.randbytes(far - at)
        else:
            del found[dice.choice((at, far)) :]
    return bytes(found[:400_000])


def counted(work: Callable[[], object]) -> None:
    """Does `work`; raises Endless where it calls too much."""
    left = CALLS

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise Endless

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)


def read_spec(folder: Path, data: bytes) -> None:
    """The loader, templates and rows included."""
    (folder / "assets.yaml").write_bytes(data)
    try:
        load(folder / "assets.yaml", env={})
    except Problem as problem:
        assert problem.diagnostics
        assert str(problem)


def read_rows(folder: Path, data: bytes) -> None:
    name = ("rows.csv", "rows.tsv", "rows.json", "rows.jsonl", "rows.yaml", "rows.md")[len(data) % 6]
    (folder / name).write_bytes(data)
    read_spec(folder, b'version: 1\nassets: {"x-{{ loop.index }}": {rows: %s, prompt: "{{ row }}"}}\n' % name.encode())


def read_template(folder: Path, data: bytes) -> None:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "house.j2").write_bytes(data)
    read_spec(folder, b"version: 1\nassets: {x: {template: house.j2, prompt: a heart}}\n")


def read_picture(folder: Path, data: bytes) -> None:
    for reader in (probe_bytes, check_svg):
        try:
            reader(data)
        except BadPicture as bad:
            assert str(bad)


def read_lock(folder: Path, data: bytes) -> None:
    """What is read is written again without loss: a second reading finds the same."""
    try:
        lock = parse(data, "assets.lock")
    except Problem as problem:
        assert [item.code for item in problem.diagnostics] == ["lock-too-new"]
        return
    assert parse(render(lock).encode(), "assets.lock").lines == lock.lines


def read_journal(folder: Path, data: bytes) -> None:
    (folder / "store").mkdir(exist_ok=True)
    (folder / "store" / "journal.jsonl").write_bytes(data)
    store = open_store(folder / "store", project_root=folder, spec_store=None, env={})
    try:
        for pool in [store.results.pool(item.key) for item in store.journal.open_intents()]:
            assert pool is not None
        store.results.unknown()
        assert all(item.code == "journal-damaged" for item in store.results.damage)
    except Problem as problem:
        assert [item.code for item in problem.diagnostics] == ["journal-too-new"]


def read_snapshot(folder: Path, data: bytes) -> None:
    (folder / ".pixmake").mkdir(exist_ok=True)
    (folder / ".pixmake" / "snapshot").write_bytes(data)
    (folder / "assets.yaml").touch()
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert quick.answer(["build", "--quiet"], __version__)[0] in (0, None)
    finally:
        os.chdir(before)


def read_memo(folder: Path, data: bytes) -> None:
    (folder / "memo.json").write_bytes(data)
    memo = Memo(folder / "memo.json")
    for path in memo.outputs_of(None):
        memo.output(path)
    memo.digest_of(folder / "memo.json")
    memo.facts(memo.digest_of(folder / "memo.json"))  # type: ignore[arg-type]
    memo.save()
    decode_covered(data)


def specs() -> list[bytes]:
    root = Path(__file__).parents[2]
    found = [DATA / "project" / "assets.yaml", root / "assets.yaml", *sorted((root / "examples").rglob("assets.yaml"))]
    return [path.read_bytes() for path in found]


def pictures() -> list[bytes]:
    root = Path(__file__).parents[2]
    found = [
        path
        for path in sorted((root / "out").rglob("*"))
        if path.suffix in (".png", ".webp", ".avif", ".jpg", ".gif", ".ico")
    ]
    small = sorted(found, key=lambda path: path.stat().st_size)[:8]
    return [png(16, 16, b"abcdef"), png(9, 9, b"abcdef", alpha=True), SVG, *(path.read_bytes() for path in small)]


def snapshot(folder: str = "/nowhere") -> bytes:
    head = f"pixmake-snapshot/{quick.FORMAT} {__version__} {sys.byteorder}\n{int(time.time()) // 86_400}\n".encode()
    parts = [folder.encode(), b"/nowhere/else", b"HOME\0-", b"build\0nothing to do"]
    return head + b"".join(f"{len(part)}\n".encode() + part for part in parts) + b"9 6\n/a\0b\0c\n" + bytes(96)


READERS: dict[str, tuple[Callable[[Path, bytes], None], Callable[[], list[bytes]]]] = {
    "spec": (read_spec, specs),
    "rows": (read_rows, lambda: [(DATA / "project" / "cast.csv").read_bytes(), b'[{"a": 1}, {"a": [2, {"b": null}]}]']),
    "template": (read_template, lambda: [b"{% for a in range(3) %}{{ a|string|upper }}, {% endfor %}{{ prompt }}"]),
    "picture": (read_picture, pictures),
    "lock": (read_lock, lambda: [(DATA / "project" / "assets.lock").read_bytes()]),
    "journal": (read_journal, lambda: [(DATA / "store" / "journal.jsonl").read_bytes()]),
    "snapshot": (read_snapshot, lambda: [snapshot(), snapshot(".")]),
    "memo": (read_memo, lambda: [b'{"format":"pixmake.memo/1","files":{},"facts":{"a":{}},"outputs":{"a":["b","c"]}}']),
}


def turns() -> Iterator[int]:
    """As many as the suite takes, or as the minutes hold."""
    until = time.monotonic() + MINUTES * 60 / len(READERS)
    number = 0
    while number < CASES or (MINUTES and time.monotonic() < until):
        yield number
        number += 1


@pytest.mark.timeout(240 if not MINUTES else MINUTES * 60)
@pytest.mark.parametrize("name", READERS)
def test_only_diagnostics_come_out(tmp_path: Path, name: str) -> None:
    read, origins = READERS[name]
    seeds, seed = origins(), int(os.environ.get("PIXMAKE_FUZZ_SEED", "20261122"))
    for number in turns():
        dice = random.Random(f"{seed} {name} {number}")
        data = mutated(dice.choice(seeds), dice) if number % 10 else dice.randbytes(dice.randrange(300))
        try:
            counted(lambda data=data: read(tmp_path, data))  # type: ignore[misc]
        except BaseException as error:
            error.add_note(f"{name}, case {number} of seed {seed}: {data[:300]!r}")
            raise
    if MINUTES:
        print(f"\n{name}: {number + 1} cases")
