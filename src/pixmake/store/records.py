"""Store room: what the journal says, as values and as lines. A line that is read back equals the value written.

A line is one JSON object. It opens with `key`, `type` and `intent`, so that they can be told without parsing the
rest, and ends with `sum`, the start of the SHA-256 of everything before it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from decimal import Decimal, InvalidOperation
from typing import Literal, cast

from pixmake.digest import Digest, canonical_json
from pixmake.store.content import INTENT, is_digest
from pixmake.values import dataclass

Why = Literal["refused", "failed", "stopped", "unknown", "not-sent"]
"""How a call ended without pictures. `unknown`: sent, and no usable answer came; `not-sent`: certainly not billed."""

WHYS: tuple[Why, ...] = ("refused", "failed", "stopped", "unknown", "not-sent")
Route = Literal["live", "batch", "background"]
"""How a call goes: `live` is answered while its process waits; the others go on at the provider and are collected."""

ROUTES: tuple[Route, ...] = ("live", "batch", "background")
UNPAID = frozenset({"human", "accepted"})
"""Sources of results that were not bought for their key: usable only where a project's own lock line names them."""

SUM = re.compile(rb',"sum":"([0-9a-f]{16})"\}')
SUM_LENGTH = len(',"sum":"0123456789abcdef"}')
HEAD = re.compile(rb'\{"key":"([0-9a-f]{64})","type":"([a-z-]+)","intent":(?:"([A-Za-z0-9_-]{1,80})"|null)[,}]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One picture of a pool. `source`: api, batch, human or accepted; `scope`: the project it came from.

    `bytes` is the stored size, `cost` USD for this picture alone (None: unknown), `time` ISO 8601 in UTC,
    `width` and `height` pixels (None where the format has none).
    """

    digest: Digest
    media_type: str
    bytes: int
    time: str
    source: str
    scope: str
    width: int | None = None
    height: int | None = None
    cost: Decimal | None = None
    usage: Mapping[str, object] = field(default_factory=dict)
    request_id: str | None = None
    model: str | None = None
    revised_prompt: str | None = None
    response_id: str | None = None
    """The turn of a conversation that drew it; written only where there is one."""

    @property
    def bought(self) -> bool:
        """False for pictures that a person put in (`human`) or bound to another key (`accepted`)."""
        return self.source not in UNPAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Written before a call is sent: what is asked, for whom, and what it may cost (`reserved`, USD, the high price).

    `request` is the key's pre-image. `again` names the unknown intents that a person let be sent once more by this.
    `route` and `group` (the name that a batch carries at its provider, so that it is found again; for the background,
    whose account it is) are written only where they say something: a live call's line is as it always was. So is
    `moderated`, the request's `moderation`: it is in no key, and a refusal that comes later must say what it holds for.
    """

    intent: str
    key: Digest
    request: Mapping[str, object]
    provider: str
    model: str | None
    count: int
    reserved: Decimal | None
    scope: str
    asset: str
    step: int
    time: str
    pid: int
    profile: str | None = None
    route: Route = "live"
    group: str | None = None
    moderated: str | None = None
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The provider took a call that goes on without us: `handle` is its own name of the job (a batch's, a response's id).

    Appended as soon as it is known. Versions before it skip the line: for them the intent is unknown, never paid again.
    """

    intent: str
    key: Digest
    handle: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A call's pictures (`done` in the journal), or, without intent, pictures that a person adopted or accepted.

    `cost` is USD for all of them (None: unknown). `request` is the pre-image where no intent holds it.
    """

    intent: str | None
    key: Digest
    results: tuple[Result, ...]
    cost: Decimal | None = None
    request: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that ended without pictures. `moderation` is the request's, as a refusal holds only for it.

    `billed`: it was paid for all the same, for `bill` USD (None: unknown, then what was reserved counts).
    """

    intent: str
    key: Digest
    why: Why
    message: str
    time: str
    request_id: str | None = None
    moderation: str | None = None
    billed: bool = False
    bill: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Somebody chose `digest` among the results of `key`, for one asset of one project (`scope`)."""

    key: Digest
    scope: str
    asset: str
    digest: Digest
    time: str
    profile: str | None = None


Record = Intent | Sent | Outcome | Failure | Pick
KINDS: Mapping[type, str] = {Intent: "intent", Sent: "sent", Outcome: "done", Failure: "failed", Pick: "pick"}
UNSAID: Mapping[str, object] = {
    "route": "live", "group": None, "moderated": None, "billed": False, "bill": None, "response_id": None,
}  # fmt: skip
"""Fields that are written only where they differ from this."""


def encode(record: Record) -> bytes:
    """The journal's line for a record, with its checksum and newline. Raises TypeError for what JSON can't hold."""
    body: dict[str, object] = {
        "key": record.key,
        "type": KINDS[type(record)],
        "intent": getattr(record, "intent", None),
    }
    return seal(body | _said(record, body))


def _said(value: Record | Result, but: Collection[str] = ()) -> dict[str, object]:
    """A record's fields by name, but those that say nothing."""
    found = {name: getattr(value, name) for name in type(value).__slots__ if name not in but}
    return {name: _plain(name, item) for name, item in found.items() if name not in UNSAID or item != UNSAID[name]}


def seal(body: Mapping[str, object]) -> bytes:
    """One line of JSON that ends with the checksum of all before it."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    head = text.encode("utf-8", "surrogatepass")[:-1]
    return head + b',"sum":"' + _sum(head) + b'"}\n'


def is_whole(line: bytes) -> bool:
    """Whether a line (without newline) is complete and as it was written."""
    end = SUM.fullmatch(line, max(0, len(line) - SUM_LENGTH))
    return end is not None and end[1] == _sum(line[: end.start()])


def _sum(head: bytes) -> bytes:
    return hashlib.sha256(head).hexdigest()[:16].encode()


def _plain(name: str, value: object) -> object:
    if name == "results":
        return [_said(item) for item in cast("tuple[Result]", value)]
    if name == "request":
        return None if value is None else json.loads(canonical_json(value))
    if isinstance(value, Decimal):
        return str(value)
    if name == "usage":
        return json.loads(json.dumps(value, default=str), parse_constant=str)  # a server's NaN is no JSON
    return list(value) if isinstance(value, tuple) else value


def decode(line: bytes) -> Record | None:
    """The record on a whole line; None for a type that this version doesn't know. Raises ValueError where the line
    isn't what its type says."""
    try:
        body = json.loads(line)
        build = DECODERS.get(body["type"]) if isinstance(body, dict) else None
        return build(body) if build else None
    except (KeyError, TypeError, AttributeError, RecursionError, InvalidOperation) as error:
        raise ValueError(f"not a record: {error!r}") from error


def decode_or_none(line: bytes) -> Record | None:
    """The record on a whole line, None for one of a newer version: kept in the journal, skipped here."""
    try:
        return decode(line)
    except ValueError:
        return None


def _intent(body: dict[str, object]) -> Intent:
    return Intent(
        intent=_intent_id(body["intent"]),
        key=_digest(body["key"]),
        request=_request(body["request"]) or {},
        provider=_text(body["provider"]),
        model=_maybe_text(body["model"]),
        count=_number(body["count"]),
        reserved=_money(body["reserved"]),
        scope=_text(body["scope"]),
        asset=_text(body["asset"]),
        step=_number(body["step"]),
        time=_text(body["time"]),
        pid=_number(body["pid"]),
        profile=_maybe_text(body.get("profile")),
        route=_route(body.get("route")),
        group=_maybe_text(body.get("group")),
        moderated=_maybe_text(body.get("moderated")),
        again=tuple(_intent_id(item) for item in _list(body.get("again"))),
    )


def _route(value: object) -> Route:
    """A newer version's word counts as `live`: then the call is unknown at worst, and never paid again on its own."""
    return next((route for route in ROUTES if route == value), "live")


def _sent(body: dict[str, object]) -> Sent:
    return Sent(
        intent=_intent_id(body["intent"]),
        key=_digest(body["key"]),
        handle=_text(body["handle"]),
        time=_text(body["time"]),
    )


def _outcome(body: dict[str, object]) -> Outcome:
    return Outcome(
        intent=None if body["intent"] is None else _intent_id(body["intent"]),
        key=_digest(body["key"]),
        results=tuple(_result(item) for item in _list(body["results"])),
        cost=_money(body.get("cost")),
        request=_request(body.get("request")),
    )


def _result(body: object) -> Result:
    if not isinstance(body, dict):
        raise ValueError("a result is no object")
    usage = body.get("usage")
    return Result(
        digest=_digest(body["digest"]),
        media_type=_text(body["media_type"]),
        bytes=_number(body["bytes"]),
        time=_text(body["time"]),
        source=_text(body["source"]),
        scope=_text(body["scope"]),
        width=_maybe_number(body.get("width")),
        height=_maybe_number(body.get("height")),
        cost=_money(body.get("cost")),
        usage=usage if isinstance(usage, dict) else {},
        request_id=_maybe_text(body.get("request_id")),
        model=_maybe_text(body.get("model")),
        revised_prompt=_maybe_text(body.get("revised_prompt")),
        response_id=_maybe_text(body.get("response_id")),
    )


def _failure(body: dict[str, object]) -> Failure:
    why = body["why"]
    return Failure(
        intent=_intent_id(body["intent"]),
        key=_digest(body["key"]),
        # A newer version's word counts as the one that never pays again on its own.
        why=why if why in WHYS else "unknown",
        message=_text(body["message"]),
        time=_text(body["time"]),
        request_id=_maybe_text(body.get("request_id")),
        moderation=_maybe_text(body.get("moderation")),
        billed=body.get("billed") is True,
        bill=_money(body.get("bill")),
    )


def _pick(body: dict[str, object]) -> Pick:
    return Pick(
        key=_digest(body["key"]),
        scope=_text(body["scope"]),
        asset=_text(body["asset"]),
        digest=_digest(body["digest"]),
        time=_text(body["time"]),
        profile=_maybe_text(body.get("profile")),
    )


DECODERS: dict[object, Callable[[dict[str, object]], Record]] = {
    "intent": _intent,
    "sent": _sent,
    "done": _outcome,
    "failed": _failure,
    "pick": _pick,
}


def _digest(value: object) -> Digest:
    if not is_digest(value):
        raise ValueError(f"not a digest: {value!r}")
    return value


def _intent_id(value: object) -> str:
    if not isinstance(value, str) or not INTENT.fullmatch(value):
        raise ValueError(f"not an intent: {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not a text: {value!r}")
    return value


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"not a whole number: {value!r}")
    return value


def _maybe_number(value: object) -> int | None:
    return None if value is None else _number(value)


def _money(value: object) -> Decimal | None:
    if value is None:
        return None
    amount = Decimal(_text(value))
    if not amount.is_finite():
        raise ValueError(f"not an amount: {value!r}")
    return amount


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"not a list: {value!r}")
    return value


def _request(value: object) -> Mapping[str, object] | None:
    """Undoes canonical_json's framing: a request read back has the same key as the one written."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("a request is no object")
    return {_unescaped(key): _unframed(item) for key, item in value.items()}


def _unframed(value: object) -> object:
    if isinstance(value, list):
        return [_unframed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$decimal"}:
        return Decimal(_text(value["$decimal"]))
    return {_unescaped(key): _unframed(item) for key, item in value.items()}


def _unescaped(key: str) -> str:
    return key[1:] if key.startswith("$$") else key
