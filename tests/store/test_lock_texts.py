"""Locks as editors, merges and other tools leave them: marks, line ends, bytes that are no text, markers in disorder."""

from __future__ import annotations

import json

import pytest

from pixmake.digest import sha256_bytes
from pixmake.store.lockfile import HEADER, Line, Lock, StepPin, parse, part, render, rendered


def line(name: str, key: str = "k") -> Line:
    return Line(asset=name, steps=(StepPin(key=sha256_bytes(key.encode())),))


A, B, C, D = (line(name) for name in "abcd")


def read(*texts: str | Line, end: str = "\n") -> Lock:
    lines = [rendered(text) if isinstance(text, Line) else text for text in (HEADER, *texts)]
    return parse("".join(text + end for text in lines).encode(), "assets.lock")


def lock_of(*lines: Line) -> Lock:
    return Lock().put(*lines)


def test_a_mark_of_byte_order_is_no_damage() -> None:
    data = b"\xef\xbb\xbf" + render(lock_of(A)).encode()
    assert parse(data, "assets.lock") == lock_of(A)


def test_bytes_that_are_no_text_damage_their_line_alone() -> None:
    data = render(lock_of(A, B)).encode() + b'{"asset":"\xff\n'
    found = parse(data, "assets.lock")
    assert (dict(found.lines), [item.span.line for item in found.damage if item.span]) == (
        dict(lock_of(A, B).lines),
        [4],
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_conflict_with_any_line_ends(end: str) -> None:
    found = read("<<<<<<< ours", A, "||||||| base", B, "=======", C, ">>>>>>> theirs", end=end)
    assert found == lock_of(A, C)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (("|||||||", A, "|||||||", B), "ab"),
        (("<<<<<<<", A, "|||||||", B, ">>>>>>>", C, "=======", D), "abcd"),
        (("|||||||", A, "<<<<<<<", B, "|||||||", C, "=======", D), "abd"),
        (("=======", A, ">>>>>>>", B, "|||||||"), "ab"),
    ],
)
def test_an_ancestor_without_an_end_is_read(texts: tuple[str | Line, ...], names: str) -> None:
    """A hand that resolved half a conflict: rather a line too many than one that is lost."""
    found = read(*texts)
    assert found.damage == ()
    assert sorted(name for name, _ in found.lines) == list(names)


@pytest.mark.parametrize("named", [3, None, [], {}, "pixmake.journal/1", "pixmake.lock/x"])
def test_a_header_that_names_no_lock_is_damage(named: object) -> None:
    found = parse(f"{json.dumps({'format': named})}\n{rendered(A)}\n".encode(), "assets.lock")
    assert (dict(found.lines), len(found.damage)) == (dict(lock_of(A).lines), 1)


def test_a_part_has_the_lines_in_the_files_order() -> None:
    """Of an asset's several lines the first counts among equals."""
    names = [f"asset-{number}" for number in range(40)]
    whole = Lock(lines={(name, None): (line(name, "z"), line(name, "y"), line(name, "x")) for name in names})
    found = part(render(whole).encode(), names[::-1])
    assert found is not None
    assert dict(found.lines) == dict(whole.lines)


def test_names_that_no_lock_can_hold_are_in_no_part() -> None:
    found = part(render(lock_of(A)).encode(), ["\udcff", "a"])
    assert found is not None
    assert dict(found.lines) == dict(lock_of(A).lines)


def test_what_a_newer_version_wrote_in_another_order_is_the_same_line() -> None:
    text = '{"asset":"a","steps":[],"outputs":{},"moon":1,"art":"ä"}'
    assert read(text, text.replace('"moon":1,"art":"ä"', '"art":"ä","moon":1')) == read(text)


def test_lines_without_a_profile_come_first() -> None:
    lines = [Line(asset="a", profile=profile) for profile in ("night", "A", None, "Z")]
    texts = render(lock_of(*lines, B)).splitlines()
    assert [json.loads(text).get("profile") for text in texts[1:]] == [None, "A", "Z", "night", None]
