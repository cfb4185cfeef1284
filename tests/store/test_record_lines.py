"""A line of the journal is a record of this version or none: a field of another kind is never read as something that pays."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pixmake.store.records import (
    Failure,
    Intent,
    Outcome,
    Pick,
    Record,
    Result,
    Sent,
    decode,
    decode_or_none,
    encode,
    is_whole,
)
from store.making import done, failed, intent, key, pick, result

SENT = Sent(intent="heart-0", key=key("heart"), handle="batch_1", time="t")
FULL: dict[str, Record] = {
    "intent": replace(
        intent(again=("old-1", "old-2"), profile="print"), route="batch", group="place-1", moderated="low", count=3
    ),
    "done": replace(
        done(),
        request={"prompt": "x"},
        results=(replace(result(b"a"), response_id="resp_1"), result(b"b", source="human")),
    ),
    "failed": replace(failed("heart", 0, "refused", "low"), billed=True, bill=Decimal("0.02")),
    "pick": pick("heart", b"a", profile="print"),
    "sent": SENT,
}


def body(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(record))
    del found["sum"]
    return found


def again(fields: dict[str, Any]) -> Record | None:
    return decode(json.dumps(fields).encode())


@pytest.mark.parametrize("kind", FULL)
def test_every_field_comes_back(kind: str) -> None:
    line = encode(FULL[kind])
    assert line.endswith(b"\n") and is_whole(line[:-1])
    assert decode(line) == FULL[kind]
    assert set(body(FULL[kind])) == {"type", "intent", *type(FULL[kind]).__slots__}, (
        "all of them are written where they say something"
    )


WRONG: list[tuple[str, str, list[object]]] = [
    ("intent", "intent", [None, 3, "", "a b", "x" * 81, ["heart-0"]]),
    ("intent", "key", [None, 3, "0" * 63, "A" * 64]),
    ("intent", "request", [[], "x", 3]),
    ("intent", "provider", [None, 3]),
    ("intent", "model", [3, []]),
    ("intent", "count", [None, "1", 1.5]),
    ("intent", "reserved", [0.04, 1, "much", "NaN", "Infinity", "-Infinity"]),
    ("intent", "scope", [None, 3]),
    ("intent", "asset", [None, 3]),
    ("intent", "step", [None, "0"]),
    ("intent", "time", [None, 3]),
    ("intent", "pid", [None, "4"]),
    ("intent", "profile", [3]),
    ("intent", "group", [3]),
    ("intent", "moderated", [3]),
    ("intent", "again", ["old-1", {}, [3], [None]]),
    ("done", "intent", [3, ""]),
    ("done", "key", [None]),
    ("done", "results", ["x", {}, [3], [[]]]),
    ("done", "cost", [0.04, "NaN", "x"]),
    ("done", "request", [[], 3]),
    ("failed", "intent", [None]),
    ("failed", "key", ["x"]),
    ("failed", "message", [None, 3]),
    ("failed", "time", [None]),
    ("failed", "request_id", [3]),
    ("failed", "moderation", [3]),
    ("failed", "bill", [0.02, "sNaN"]),
    ("pick", "key", [None]),
    ("pick", "scope", [None]),
    ("pick", "asset", [None]),
    ("pick", "digest", [None, "x"]),
    ("pick", "time", [None]),
    ("pick", "profile", [3]),
    ("sent", "intent", [None]),
    ("sent", "key", ["x"]),
    ("sent", "handle", [None, 3]),
    ("sent", "time", [None]),
]


@pytest.mark.parametrize(
    ("kind", "name", "value"), [(kind, name, value) for kind, name, values in WRONG for value in values]
)
def test_a_field_of_another_kind_makes_it_no_record(kind: str, name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"^not a|^a re"):
        again(body(FULL[kind]) | {name: value})
    assert decode_or_none(json.dumps(body(FULL[kind]) | {name: value}).encode()) is None


RESULT: list[tuple[str, list[object]]] = [
    ("digest", [None, "x"]),
    ("media_type", [None, 3]),
    ("bytes", [None, "3"]),
    ("time", [None]),
    ("source", [None, 3]),
    ("scope", [None]),
    ("width", ["3"]),
    ("height", [1.5]),
    ("cost", [0.04, "Infinity"]),
    ("request_id", [3]),
    ("model", [3]),
    ("revised_prompt", [3]),
    ("response_id", [3]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RESULT for value in values])
def test_a_result_of_another_kind_makes_its_outcome_none(name: str, value: object) -> None:
    fields = body(FULL["done"])
    fields["results"][0][name] = value
    with pytest.raises(ValueError, match=r"^not a"):
        again(fields)


LEAST: dict[str, tuple[set[str], Record]] = {
    "intent": (
        {"profile", "route", "group", "moderated", "again"},
        intent(),
    ),
    "done": ({"cost", "request"}, replace(done(), cost=None)),
    "failed": ({"request_id", "moderation", "billed", "bill"}, replace(failed("heart", 0, "failed"), request_id=None)),
    "pick": ({"profile"}, pick("heart", b"a")),
    "sent": (set(), SENT),
}


@pytest.mark.parametrize("kind", LEAST)
def test_fields_that_older_versions_did_not_write_may_be_missing_and_no_others(kind: str) -> None:
    optional, least = LEAST[kind]
    fields = {name: value for name, value in body(least).items() if name not in optional}
    assert again(fields) == least
    for name in fields.keys() - {"type", "intent" if kind == "pick" else "type"}:
        with pytest.raises(ValueError, match="not a record: KeyError"):
            again({other: value for other, value in fields.items() if other != name})


def test_what_says_nothing_is_not_written() -> None:
    """A live call's line is as it always was: versions before routes read it, and its bytes are older than they are."""
    assert {"route", "group", "moderated"}.isdisjoint(body(intent()))
    assert {"billed", "bill"}.isdisjoint(body(failed("heart", 0, "failed")))
    assert "response_id" not in body(done())["results"][0]
    least = {name: value for name, value in body(done())["results"][0].items() if value is not None}
    assert again(body(done()) | {"results": [least]}) == done()


def test_usage_of_another_kind_loses_no_picture() -> None:
    fields = body(done())
    fields["results"][0]["usage"] = "much"
    found = again(fields)
    assert isinstance(found, Outcome) and found.results[0].usage == {}


def test_words_of_newer_versions_are_read_as_what_never_pays_again() -> None:
    newer = again(body(FULL["intent"]) | {"route": "carrier-pigeon"})
    assert isinstance(newer, Intent) and newer.route == "live"
    failure = again(body(FULL["failed"]) | {"why": "postponed", "billed": "yes"})
    assert isinstance(failure, Failure) and (failure.why, failure.billed) == ("unknown", False)
    assert again(body(FULL["pick"]) | {"type": "praise"}) is None
    assert [decode(line) for line in (b"3", b"[]", b'"x"', b"null")] == [None] * 4


def test_a_request_comes_back_as_it_was_framed() -> None:
    request = {
        "$size": "a",
        "$$": {"$decimal": "no number"},
        "at": Decimal("0.50"),
        "in": [["mask", Decimal(1)], {"$x": 1}],
    }
    found = decode(encode(intent(request=request)))
    assert isinstance(found, Intent) and found.request == request
    assert isinstance(found.request["at"], Decimal)


def test_bought_is_all_but_what_people_put_in() -> None:
    sources = ("api", "batch", "human", "accepted", "some newer one")
    made: list[Result] = [replace(result(b"a"), source=source) for source in sources]
    assert [item.bought for item in made] == [True, True, False, False, True]


def test_a_pick_is_no_result() -> None:
    assert isinstance(decode(encode(FULL["pick"])), Pick)


def test_a_servers_usage_of_any_kind_is_no_reason_to_lose_a_picture() -> None:
    """What came beside a paid picture is written as well as JSON can."""
    usage = {"tokens": 7, "rate": float("nan"), "most": float("inf"), "left": {"cost": Decimal("0.1")}, "list": [1]}
    line = encode(replace(done(), results=(replace(result(b"a"), usage=usage),)))
    read = decode(line)
    assert isinstance(read, Outcome)
    assert read.results[0].usage == {
        "tokens": 7, "rate": "NaN", "most": "Infinity", "left": {"cost": "0.1"}, "list": [1],
    }  # fmt: skip


def test_a_picture_without_measures_and_without_a_price_comes_back() -> None:
    line = replace(done(), cost=None, results=(replace(result(b"a"), width=None, height=None, cost=None, model=None),))
    assert decode(encode(line)) == line
