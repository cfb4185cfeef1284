"""Pictures are taken out of an answer as it comes: wherever it is cut, whatever it holds, the same is understood."""

from __future__ import annotations

import base64
import binascii
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmake.providers.base import Painted
from pixmake.providers.openai.images import DAMAGED, Unreadable, read_answer, told_of
from pixmake.providers.openai.unpacking import Unpacker, decode

TEXT = st.text(st.sampled_from('AQgw+/=\\"\n\u00e9 ,:data'), max_size=24)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "b64_json": st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode()) | TEXT,
        "revised_prompt": TEXT | st.just('"b64_json":"QUJD"'),
    },
)


class Note:
    """A landing that says what was done with it."""

    def __init__(self) -> None:
        self.data = b""
        self.abandoned = False

    def write(self, data: bytes) -> None:
        assert not self.abandoned
        self.data += data

    def read(self) -> bytes:
        return self.data

    def abandon(self) -> None:
        self.abandoned = True


def cut(body: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(body) + 1) for place in places} | {0, len(body)})
    return [body[start:end] for start, end in pairwise(ends)]


def understood(pieces: list[bytes]) -> tuple[list[bytes], tuple[str, ...]]:
    notes: list[Note] = []

    def land(number: int) -> Note:
        assert number == len(notes)
        notes.append(Note())
        return notes[-1]

    unpacker = Unpacker(land)
    space = bytearray(
        b"QUJD" * 3000
    )  # as the wire has it: longer than what is in it, and the next piece comes there too
    for piece in pieces:
        space[: len(piece)] = piece
        unpacker.take(space, len(piece))
    told = told_of(unpacker)
    unpacker.abandon()
    pictures = [item for item in told.pictures if isinstance(item, Painted)]
    mine = [item.landing for item in pictures if isinstance(item.landing, Note)]
    assert all(note.abandoned != (note in mine) for note in notes), "each is somebody's or abandoned"
    return [item.landing.read() if item.landing else item.data for item in pictures], told.faults


def plainly(entry: dict[str, str]) -> bytes | None:
    """What a reader that holds everything makes of an entry."""
    text = "".join(entry.get("b64_json", "").split())
    text = text[text[:200].find(",") + 1 :] if text.startswith("data:") else text
    try:
        return binascii.a2b_base64(text.encode(), strict_mode=True) or None
    except (binascii.Error, ValueError):
        return None


@given(st.lists(ENTRY, min_size=1, max_size=3), st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_an_answer_is_understood_alike_wherever_it_is_cut(
    entries: list[dict[str, str]], places: list[int], ascii: bool
) -> None:
    body = json.dumps({"data": entries, "usage": {"total_tokens": 3}}, ensure_ascii=ascii).encode()
    pictures, faults = understood(cut(body, places))
    assert pictures == [data for entry in entries if (data := plainly(entry)) is not None]
    assert (pictures, faults) == understood([body])
    assert pictures == [item.data for item in read_answer(body).pictures if isinstance(item, Painted)]


@given(st.binary(max_size=60), st.lists(st.integers(0, 10_000), max_size=6))
def test_damage_inside_a_picture_is_an_answer_or_unreadable(damage: bytes, places: list[int]) -> None:
    body = b'{"data": [{"b64_json": "QUJD' + damage + b'"}, {"b64_json": "QUJD"}]}'
    try:
        pictures, _ = understood(cut(body, places))
    except Unreadable:
        return
    assert pictures[-1] == b"ABC"


def test_the_first_picture_is_written_before_the_answer_has_ended() -> None:
    note = Note()
    unpacker = Unpacker(lambda number: note)
    unpacker.take(b'{"created": 1, "data": [{"b64_json": "' + base64.b64encode(b"x" * 3000)[:2000])
    assert note.data == b"x" * 1500
    assert len(unpacker.rest) < 100


def test_a_mark_that_a_server_forges_names_nobodys_picture_twice() -> None:
    body = b'{"data": [{"b64_json": "QUJD"}, {"b64\\u005fjson": "\\u0000 lifted 0"}, {"b64_json": "\\u0000 lifted 0"}]}'
    assert understood([body]) == ([b"ABC"], (f"picture 2 {DAMAGED}", f"picture 3 {DAMAGED}"))


def test_a_field_that_is_there_twice_leaves_no_picture_open() -> None:
    assert understood([b'{"data": [{"b64_json": "QUJD", "b64_json": "REVG"}]}']) == ([b"DEF"], ())


def test_thousands_of_pictures_open_few_files() -> None:
    """Else one server's answer takes the files that pictures of others need to land in."""
    landed: list[int] = []

    def land(number: int) -> Note:
        landed.append(number)
        return Note()

    unpacker = Unpacker(land)
    unpacker.take(b'{"data":[' + b",".join([b'{"b64_json":"QUJD"}'] * 5000) + b"]}")
    pictures = told_of(unpacker).pictures
    assert len(landed) < 100
    assert [item.landing.read() if item.landing else item.data for item in pictures] == [b"ABC"] * 5000  # type: ignore[union-attr]


def test_an_empty_field_gives_way_to_an_address() -> None:
    told = read_answer(b'{"data": [{"b64_json": "", "url": "http://x/y.png"}]}')
    assert [type(item).__name__ for item in told.pictures] == ["Link"]


@pytest.mark.parametrize("text", [b"QUJ", b"QU=D", b"=QUJ", b"QU-_", b"QU D", b"QUJD\n", b"Q===", "é===".encode()])
def test_only_strict_base64_is_decoded(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)
