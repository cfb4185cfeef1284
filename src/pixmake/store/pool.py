"""Store room: pools: what the journal says of one key, as what may be used, is open, or must not be paid again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pixmake.digest import Digest
from pixmake.store.records import HEAD, SUM_LENGTH, Failure, Intent, Outcome, Pick, Result, Sent, decode_or_none
from pixmake.values import dataclass

FIRST_ASKED = b',"again":[]'
"""How an intent ends, before its checksum, that replaces no earlier one."""
DIED = "the process ended before an answer was recorded"
"""What recovery writes of a call that nobody works on. Versions that know of no batches write it of calls that go on at
their provider too: there it ends nothing."""


CALL_FAILED = "; the last call failed: "
"""What stands between a reason to buy and why the latest call brought nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A call without usable answer: in flight while a process holds its key's lock, else unknown and perhaps billed.

    `failure` is what was seen of its end, None where its process died or still lives.
    """

    intent: Intent
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """A call that goes on at its provider and will be collected, never bought live meanwhile.

    `handle` is the provider's name of the job; None for a batch that is still to be found by its intent's `group`.
    """

    intent: Intent
    handle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Everything known of one key. `results` in order of arrival; `failures` are answered ones, unknown ones excepted.

    `asked` is the journal's line that holds the key's pre-image, None for a key never asked for. `last` is how the
    latest call ended, None where it brought pictures or is unanswered.
    """

    key: Digest
    results: tuple[Result, ...] = ()
    failures: tuple[Failure, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    underway: tuple[Underway, ...] = ()
    picks: tuple[Pick, ...] = ()
    asked: bytes | None = None
    last: Failure | None = None

    @property
    def request(self) -> Mapping[str, object] | None:
        """The key's pre-image; decoded when asked for, as only explanations need it."""
        record = decode_or_none(self.asked) if self.asked is not None else None
        return record.request if isinstance(record, Intent | Outcome) else None

    @property
    def bought(self) -> tuple[Result, ...]:
        """The results that anyone may use."""
        return tuple(result for result in self.results if result.bought)

    def usable(self, named: Collection[Digest]) -> tuple[Result, ...]:
        """The results an asset may use: bought ones, and human or accepted ones that its lock line names."""
        return tuple(result for result in self.results if result.bought or result.digest in named)

    @property
    def failed(self) -> bool:
        """Whether the latest call was answered with an error that is no refusal: a plan may ask again."""
        return self.last is not None and self.last.why in ("failed", "stopped")

    @property
    def aside(self) -> str:
        """What a plan adds when it asks again: why the latest call brought nothing. Empty where there is nothing to tell."""
        told = self.last is not None and (self.failed or self.last.why == "not-sent")
        return f"{CALL_FAILED}{self.last.message}" if told and self.last is not None else ""

    def refusal(self, moderation: str | None) -> Failure | None:
        """The latest refusal under the same `moderation`, where nothing was bought for the key since."""
        if self.last is None:
            return None
        fitting = (item for item in reversed(self.failures) if item.why == "refused" and item.moderation == moderation)
        return next(fitting, None)


class _Fold:
    """The state between two records of one key."""

    def __init__(self, key: Digest) -> None:
        self.key = key
        self.results: list[Result] = []
        self.failures: list[Failure] = []
        self.picks: list[Pick] = []
        self.intents: dict[str, Intent] = {}
        self.ended: dict[str, Failure] = {}
        self.handles: dict[str, str] = {}
        self.done: dict[str, set[Digest]] = {}
        self.asked: bytes | None = None
        self.last: Failure | None = None

    def add(self, line: bytes) -> None:
        record = decode_or_none(line)
        if isinstance(record, Intent):
            self.intents.setdefault(record.intent, record)
            self.add_request(line)
        elif isinstance(record, Outcome):
            self.add_outcome(record)
            if record.request is not None:
                self.asked = line
        elif isinstance(record, Failure):
            self.add_failure(record)
        elif isinstance(record, Sent):
            self.handles.setdefault(record.intent, record.handle)
        elif isinstance(record, Pick):
            self.picks.append(record)

    def add_request(self, line: bytes) -> None:
        self.asked = line
        self.last = None

    def add_outcome(self, record: Outcome) -> None:
        """A second `done` of one intent (two recoveries met) adds only what the first one lacked."""
        known = self.done.get(record.intent, set()) if record.intent else set()
        self.results += [result for result in record.results if result.digest not in known]
        if record.intent:
            self.done[record.intent] = known | {result.digest for result in record.results}
            self.last = None

    def add_failure(self, record: Failure) -> None:
        if record.intent in self.done:
            return
        self.ended[record.intent] = record
        if record.why != "unknown":
            self.failures.append(record)
            self.last = record

    def unanswered(self) -> tuple[Unanswered, ...]:
        """Unknown calls, but for those that a person let be sent again by one that was answered or is unknown too."""
        waiting = [
            item
            for name, item in self.intents.items()
            if name not in self.done and self.unknown(name) and not self.collectable(item)
        ]
        replaced = {
            old for name, item in self.intents.items() if name in self.done or self.unknown(name) for old in item.again
        }
        return tuple(
            Unanswered(intent=item, failure=self.ended.get(item.intent))
            for item in waiting
            if item.intent not in replaced
        )

    def unknown(self, intent: str) -> bool:
        return intent not in self.ended or self.ended[intent].why == "unknown"

    def underway(self) -> tuple[Underway, ...]:
        """Calls without outcome that go on at their provider."""
        return tuple(
            Underway(intent=item, handle=self.handles.get(name))
            for name, item in self.intents.items()
            if name not in self.done and self.collectable(item)
        )

    def collectable(self, intent: Intent) -> bool:
        """Whether an open call can still be found: a batch by its group, a background run only by its handle."""
        ended = self.ended.get(intent.intent)
        if intent.route == "live" or (ended is not None and (ended.why, ended.message) != ("unknown", DIED)):
            return False
        return intent.route == "batch" or intent.intent in self.handles

    def pool(self) -> Pool:
        return Pool(
            key=self.key,
            results=tuple(self.results),
            failures=tuple(self.failures),
            unanswered=self.unanswered(),
            underway=self.underway(),
            picks=tuple(self.picks),
            asked=self.asked,
            last=self.last,
        )


def fold(key: Digest, lines: Iterable[bytes]) -> Pool:
    """The pool of a key from its lines of the journal. A line told twice counts once; newer types are skipped."""
    lines = dict.fromkeys(lines)
    if not lines:
        return Pool(key=key)  # as for most of a project that was never built
    state = _Fold(key)
    answered = {head[3] for line in lines if (head := HEAD.match(line)) and head[2] == b"done"}
    passed: dict[str, bytes] = {}
    for line in lines:
        head = HEAD.match(line)
        if head and head[2] == b"intent" and head[3] in answered and line.endswith(FIRST_ASKED, 0, -SUM_LENGTH):
            state.add_request(line)  # all of it that matters: decoding them would take half of the time
            passed[head[3].decode()] = line
        else:
            state.add(line)
    for intent in passed.keys() - state.done.keys():  # its `done` is one that this version can't decode
        state.add(passed[intent])
    return state.pool()


def grouped(lines: Iterable[bytes]) -> dict[str, list[bytes]]:
    """Lines by their key, in order; lines without one (of newer versions) are left to the journal."""
    groups: dict[str, list[bytes]] = {}
    for line in lines:
        if line.startswith(b'{"key":"') and line[72:74] == b'",':
            groups.setdefault(line[8:72].decode("ascii", "replace"), []).append(line)
    return groups


def unanswered(lines: Iterable[bytes]) -> bool:
    """Whether a key's lines hold an intent without `done`: a cheap look at their heads."""
    waiting: dict[bytes, None] = {}
    for line in lines:
        head = HEAD.match(line)
        if head and head[3]:
            if head[2] == b"intent":
                waiting[head[3]] = None
            elif head[2] == b"done":
                waiting.pop(head[3], None)
    return bool(waiting)
