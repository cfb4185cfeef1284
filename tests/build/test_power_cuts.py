"""The power goes at any moment of a paid build: no request is on its way that is not on the disk, and no record names a
picture, nor a lock line a record, that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.counting import CountingProvider
from fakes.openai_batches import Then
from fakes.openai_server import FakeOpenAI
from fakes.platter import Platter
from fakes.project import Ground
from fakes.talking import CHAIN, QuickClock
from fakes.talking import Ground as Conversation
from pixmake.build.intent import Intent as Verbs
from pixmake.diagnostics import ExitCode, problem
from pixmake.digest import sha256_bytes, sha256_file
from pixmake.providers.base import Call, Painted, Request
from pixmake.store.journal import Journal
from pixmake.store.lockfile import Lock, parse
from pixmake.store.records import Failure, Intent, Outcome, Record, decode_or_none

SPEC = """\
version: 1
defaults: {model: m, size: 64x64}
assets:
  hen: {prompt: a hen, variants: 2, pick: 1, edits: [at night]}
  cow: {from: cow.png, prompt: a red cow, references: [straw.png]}
"""


class Disk:
    """What a power cut would leave of a project and a store, looked at after every flush."""

    def __init__(self, root: Path, store: Path, platter: Platter) -> None:
        self.root = root
        self.store = store
        self.platter = platter
        platter.watch = self.check

    def records(self) -> list[Record]:
        """What the journal would hold."""
        lines = (self.platter.cut(self.store / "journal.jsonl") or b"").split(b"\n")
        return [record for line in lines if (record := decode_or_none(line)) is not None] if lines[0] else []

    def names(self) -> list[str]:
        """What kinds of records, in order."""
        return [type(record).__name__ for record in self.records()]

    def picture(self, digest: str) -> bytes | None:
        """The bytes that would lie under a digest."""
        return self.platter.cut(self.store / "cas" / digest[:2] / digest[2:])

    def lock(self) -> Lock:
        return parse(self.platter.cut(self.root / "assets.lock") or b"", "assets.lock")

    def check(self) -> None:
        known = set()
        for record in self.records():
            for result in record.results if isinstance(record, Outcome) else ():
                assert sha256_bytes(self.picture(result.digest) or b"") == result.digest, "a record names missing bytes"
                known.add(result.digest)
        for lines in self.lock().lines.values():
            named = {digest for line in lines for pin in line.steps for digest in pin.variants}
            assert named <= known, "the lock names what is in no record"


class Checked(Disk):
    """A project with a painter that looks too."""

    def __init__(self, folder: Path, platter: Platter, spec: str = SPEC) -> None:
        self.ground = Ground(folder, spec)
        self.ground.picture("cow.png", color="brown")
        self.ground.picture("straw.png", color="yellow")
        self.sent: list[str] = []
        self.ground.painter.hook = self.on_the_way
        super().__init__(self.ground.root, self.ground.store, platter)

    def on_the_way(self, call: Call) -> None:
        """The provider's side: what has been asked of it now."""
        self.sent.append(call.intent)
        assert [item.intent for item in self.records() if isinstance(item, Intent)].count(call.intent) == 1
        for item in call.pictures:
            assert self.picture(sha256_file(item.path)) is not None, "an input that is nowhere can't be derived again"


@pytest.fixture
def platter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platter]:
    found = Platter(tmp_path, monkeypatch)
    yield found
    found.close()


def test_a_build(tmp_path: Path, platter: Platter) -> None:
    checked = Checked(tmp_path, platter)
    assert checked.ground.build().exit_code == 0
    ended = {str(record.intent): len(record.results) for record in checked.records() if isinstance(record, Outcome)}
    assert sorted(ended) == sorted(checked.sent)
    assert sum(ended.values()) == 4, "what was paid for is on the disk when the build has ended"
    lock = checked.lock()
    assert {name: len(lines[0].steps) for (name, _), lines in lock.lines.items()} == {"hen": 2, "cow": 1}
    for path in (checked.ground.root / "assets").glob("*.png"):
        assert sha256_file(path) in {pin.digest for lines in lock.lines.values() for pin in lines[0].outputs.values()}


def test_how_a_call_ended_is_on_the_disk(tmp_path: Path, platter: Platter) -> None:
    checked = Checked(tmp_path, platter)
    checked.ground.painter.script = {"hen": ["refused"], "cow": ["unknown"]}
    assert checked.ground.build().exit_code == 5
    ended = {record.intent: record.why for record in checked.records() if isinstance(record, Failure)}
    assert sorted(ended.values()) == ["refused", "unknown"]
    assert sorted(ended) == sorted(checked.sent)


def test_what_is_recovered(tmp_path: Path, platter: Platter) -> None:
    """The bytes had come and could not be recorded: what the next process records is on the disk as well."""
    checked = Checked(tmp_path, platter)
    checked.ground.painter.hook = None
    append = Journal.append

    def fails(journal: Journal, *records: Record) -> None:
        if any(isinstance(record, Outcome) for record in records):
            raise problem("write-failed", "the disk is gone", exit_code=ExitCode.FAILED)
        append(journal, *records)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", fails)
        assert checked.ground.build("cow").exit_code == 1
    assert checked.ground.project().recover() == 1
    assert [len(record.results) for record in checked.records() if isinstance(record, Outcome)] == [1]
    assert checked.ground.build(yes=False).exit_code == 4
    assert [call.request.prompt for call in checked.ground.painter.calls] == ["a red cow"]


def test_what_a_person_adopts_and_accepts(tmp_path: Path, platter: Platter) -> None:
    checked = Checked(tmp_path, platter, SPEC.replace(", variants: 2, pick: 1, edits: [at night]", ""))
    mine = checked.ground.picture("mine.png", (64, 64), "pink")
    verbs = Verbs(checked.ground.project())
    assert verbs.adopt("hen", mine).digest == sha256_file(mine)
    assert checked.picture(sha256_file(mine)) == mine.read_bytes()
    assert checked.ground.build().exit_code == 0
    checked.ground.edit("a red cow", "a very red cow")
    assert Verbs(checked.ground.project()).accept("cow") == ["cow#0"]
    sources = [
        result.source for record in checked.records() if isinstance(record, Outcome) for result in record.results
    ]
    assert sources == ["human", "api", "accepted"]
    assert (checked.ground.build(yes=False).exit_code, len(checked.sent)) == (0, 1)


def test_a_picture_that_is_none_is_kept_aside(tmp_path: Path, platter: Platter) -> None:
    """It was paid for: it stays, flushed, where nothing uses it."""
    checked = Checked(tmp_path, platter, SPEC.replace("  hen", "  # hen"))
    checked.ground.painter = Torn(hook=checked.on_the_way)
    assert checked.ground.build().exit_code == 5
    aside = list((checked.ground.store / "quarantine").iterdir())
    assert [platter.cut(path) for path in aside] == [b"\x89PNG\r\n\x1a\n, and no more"]
    assert [item.why for item in checked.records() if isinstance(item, Failure)] == ["unknown"]


class Torn(CountingProvider):
    """Answers what is no picture."""

    def _paint(self, request: Request) -> Painted:
        return Painted(data=b"\x89PNG\r\n\x1a\n, and no more", media_type="image/png")


def test_a_batch(yard: Yard, platter: Platter) -> None:
    disk = Disk(yard.root, yard.folder, platter)
    seen: list[list[str]] = []
    yard.assets("hen that sits", "cow that stands")
    yard.server.office.say("create", Then(lambda: seen.append(disk.names())))
    assert yard.build().exit_code == 3
    assert seen == [["Intent", "Intent"]], "when the request leaves, both calls are on the disk"
    assert disk.names() == ["Intent", "Intent", "Sent", "Sent"]
    yard.server.office.run()
    yard.collect()
    assert disk.names()[4:] == ["Outcome", "Outcome"]
    assert yard.build().exit_code == 0
    assert len(disk.lock().lines) == 2


def test_turns_in_the_background(server: FakeOpenAI, tmp_path: Path, platter: Platter) -> None:
    """The name that a call goes by is on the disk before anybody waits for it: a builder may die in that hour."""
    ground = Conversation(tmp_path, CHAIN)
    disk = Disk(ground.root, ground.store, platter)
    ground.clock = Sleeper(disk)
    assert ground.build().exit_code == 0
    assert set(ground.clock.seen) == {"Sent"}
    assert disk.names() == ["Intent", "Sent", "Outcome"] * 3
    assert server.count == 3


class Sleeper(QuickClock):
    """Looks at the disk whenever somebody goes to sleep."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self.disk = disk
        self.seen: list[str] = []

    async def sleep(self, seconds: float) -> None:
        self.seen.append(self.disk.names()[-1])
        await super().sleep(seconds)
