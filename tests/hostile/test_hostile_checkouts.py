"""What a repository may bring along beside its spec: links, planted state, locks, stores. Nothing outside is touched."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.shell import HEAD
from hostile.cells import Cell
from pixmake import __version__
from pixmake.cli.quick import FORMAT

HEART = "assets: {x.png: a heart}\n"
LOCK = '{"format":"pixmake.lock/1"}\n'
ZEROS, ONES = "0" * 64, "1" * 64


@pytest.mark.parametrize("words", ["build --yes", "build --draft"])
@pytest.mark.parametrize(
    ("name", "target"),
    [
        (".pixmake", "PREY"),
        (".pixmake/shelf", "PREY"),
        (".pixmake/memo.json", "PREY/precious.png"),
        (".pixmake/snapshot", "PREY/precious.png"),
        (".pixmake/assets.lock.held", "PREY/new"),
        (".pixmake/memo.json", "/dev/zero"),
        ("assets.lock", "/dev/zero"),
        ("assets", "PREY"),
        ("assets/x.png", "/dev/zero"),
    ],
)
def test_nothing_is_read_or_written_through_a_planted_link(cell: Cell, name: str, target: str, words: str) -> None:
    cell.spec(HEART)
    cell.link(name, target.replace("PREY", str(cell.prey)))
    assert cell.run(*words.split()).code not in (0, 70)


@pytest.mark.parametrize("name", ["assets.lock", ".pixmake/memo.json", ".pixmake/snapshot", "assets/x.png"])
def test_no_pipe_is_waited_for(cell: Cell, name: str) -> None:
    cell.spec(HEART)
    cell.pipe(name)
    cell.run("build", "--yes")


def test_an_output_that_is_a_link_is_replaced_not_written_through(cell: Cell) -> None:
    cell.spec(HEART)
    cell.link("assets/x.png", cell.prey / "precious.png")
    assert cell.run("build", "--yes").code == 5


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"asset":"x.png","steps":' + "[" * 5000 + "]" * 5000 + "}", id="deep-steps"),
        pytest.param('{"asset":"x.png","steps":[{"key":"../../../etc/passwd"}]}', id="key-is-a-path"),
        pytest.param(
            f'{{"asset":"x.png","steps":[{{"key":"{ZEROS}","variants":["../../x"]}}]}}', id="digest-is-a-path"
        ),
        pytest.param('{"asset":5,"steps":{}}', id="types"),
        pytest.param('{"asset":"\\ud800"}', id="surrogate"),
        pytest.param('{"asset":"\\u001b[2J","outputs":{"\\u001b[2J":[]}}', id="escapes"),
        pytest.param('{"format":"pixmake.lock/99999999999999999999"}', id="format"),
        pytest.param('{"asset":"x.png","x":' + "9" * 5000 + "}", id="long-number"),
        pytest.param('{"asset":"x.png","frozen":"yes","profile":7}', id="profile"),
    ],
)
def test_locks_are_read_strictly(cell: Cell, line: str) -> None:
    cell.spec(HEART)
    cell.write("assets.lock", LOCK + line + "\n")
    for words in ("status", "build --yes"):
        assert cell.run(*words.split()).code in (0, 3, 8)


def test_a_lock_that_claims_files_does_not_get_them_removed_or_overwritten(cell: Cell) -> None:
    cell.spec(HEART)
    cell.link("link", cell.prey)
    digest = hashlib.sha256(b"precious").hexdigest()
    spec = hashlib.sha256((cell.root / "assets.yaml").read_bytes()).hexdigest()
    head = hashlib.sha256(cell.write(".git/HEAD", "ref: refs/heads/main\n").read_bytes()).hexdigest()
    claims = {"../prey/precious.png": digest, "link/precious.png": digest, "assets.yaml": spec, ".git/HEAD": head}
    pins = {path: {"recipe": ZEROS, "digest": claimed} for path, claimed in claims.items()}
    cell.write("assets.lock", LOCK + json.dumps({"asset": "gone.png", "outputs": pins}) + "\n")
    outcome = cell.run("clean", "--orphans")
    assert outcome.err.count("kept '") == 4
    assert (cell.root / "assets.yaml").read_text() == HEAD + HEART
    assert (cell.root / ".git" / "HEAD").exists()


def test_a_memo_that_claims_files_does_not_get_them_removed(cell: Cell) -> None:
    cell.spec(HEART)
    digest = hashlib.sha256(b"precious").hexdigest()
    spec = hashlib.sha256((cell.root / "assets.yaml").read_bytes()).hexdigest()
    outputs = {"../prey/precious.png": [ZEROS, digest], "assets.yaml": [ZEROS, spec]}
    memo = {"format": "pixmake.memo/1", "files": {}, "facts": {}, "outputs": outputs}
    cell.write(".pixmake/memo.json", json.dumps(memo))
    cell.run("clean")
    assert (cell.root / "assets.yaml").exists()


@pytest.mark.parametrize("body", ["[" * 100_000, "{}", '{"format":"pixmake.memo/1","files":[],"facts":1,"outputs":{}}'])
def test_a_planted_memo_means_nothing(cell: Cell, body: str) -> None:
    cell.spec(HEART)
    cell.write(".pixmake/memo.json", body)
    assert cell.run("build", "--yes").code == 0


def test_a_planted_snapshot_tells_no_terminal_what_to_do(cell: Cell) -> None:
    """One that was made to fit any folder: its words are shown only if they are words."""
    cell.spec(HEART)
    says = "\0".join(["build", "\x1b]0;pwned\x07nothing to do", "plan", "\x1b[2J"]).encode()
    parts = [b".", b"", b"", says]
    texts = b"".join(f"{len(part)}\n".encode() + part for part in parts)
    for tail in (b"", b"0 0\n", b"999999999999999999 9\n"):
        head = f"pixmake-snapshot/{FORMAT} {__version__} {sys.byteorder}\n{int(time.time()) // 86_400}\n".encode()
        cell.write(".pixmake/snapshot", head + texts + tail)
        cell.run("build")
        cell.run("plan")


def planted_link(cell: Cell) -> None:
    for digest in (cell.store / "cas").glob("*/*"):
        digest.unlink()
        digest.symlink_to("/dev/zero")


def planted_pickle(cell: Cell) -> None:
    index = cell.store / "index"
    index.mkdir(exist_ok=True)
    with sqlite3.connect(index / "cache.db") as database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS Cache (rowid INTEGER, key BLOB, raw INTEGER, mode INTEGER, value BLOB)"
        )
        for name in ("meta", "open"):
            payload = pickle.dumps(Explosive())
            database.execute("INSERT INTO Cache (key, raw, mode, value) VALUES (?, 1, 4, ?)", (name, payload))


def rubbish_index(cell: Cell) -> None:
    (cell.store / "index").mkdir(exist_ok=True)
    (cell.store / "index" / "cache.db").write_bytes(b"SQLite format 3\0" + os.urandom(5000))


def rubbish_journal(cell: Cell) -> None:
    with open(cell.store / "journal.jsonl", "ab") as stream:
        stream.write(b'{"type":"done","key":"\x1b[2J' + b"[" * 100_000 + b"\n\0\xff\n")


def odd_arrivals(cell: Cell) -> None:
    way = cell.store / "incoming"
    (way / f"{'a' * 32}.0.{ZEROS}").symlink_to(cell.prey / "precious.png")
    (way / f"../{'b' * 8}").write_bytes(b"x")
    os.mkfifo(way / f"{'c' * 32}.0.{ONES}")


class Explosive:
    """Unpickled, it would leave a mark."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return Path.touch, (Path("exploded"),)  # type: ignore[return-value]


@pytest.mark.parametrize("plant", [planted_link, planted_pickle, rubbish_index, rubbish_journal, odd_arrivals])
def test_a_planted_store_executes_nothing_and_hangs_nobody(cell: Cell, plant: Callable[[Cell], None]) -> None:
    """Stores are a user's own, but `store:` may name a folder that a repository brings along."""
    cell.spec(HEART)
    assert cell.run("build", "--yes").code == 0
    plant(cell)
    (cell.root / "assets" / "x.png").unlink()
    for words in ("build --yes", "status", "cache verify", "costs"):
        assert cell.run(*words.split()).code in (0, 1, 3, 5, 8)
    assert not (cell.root / "exploded").exists()
