"""A line of the lock field by field: what is of another kind is damage, what is missing is nothing, what is newer stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixmake.digest import Digest, sha256_bytes
from pixmake.store.lockfile import HEADER, Line, Lock, OutputPin, StepPin, orphans, parse, render, settle, write


def digest(name: str) -> Digest:
    return sha256_bytes(name.encode())


FULL = Line(
    asset="hen.png",
    profile="night",
    steps=(
        StepPin(
            key=digest("k"),
            variants=(digest("a"), digest("b")),
            pick=digest("b"),
            model="m",
            size="1024x1024",
            written="64x64",
            shown=("recipe:1", digest("s")),
            extra='{"mood": "good"}',
        ),
        StepPin(key=digest("l")),
    ),
    outputs={"assets/hen.png": OutputPin(recipe="recipe:2", digest=digest("o"))},
    frozen=True,
    extra='{"stars": 5}',
)


def lock_of(*lines: Line) -> Lock:
    return Lock(lines={(lines[0].asset, lines[0].profile): lines})


def body() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(lock_of(FULL)).splitlines()[1])
    return found


def read(fields: object) -> Lock:
    return parse(f"{HEADER}\n{json.dumps(fields)}\n".encode(), "assets.lock")


def test_every_field_comes_back() -> None:
    assert parse(render(lock_of(FULL)).encode(), "assets.lock") == lock_of(FULL)
    assert render(read(body())) == render(lock_of(FULL))


def test_what_is_missing_is_nothing() -> None:
    assert read({"asset": "a"}) == lock_of(Line(asset="a"))
    found = read({"asset": "a", "steps": [{"key": digest("k")}]})
    assert found == lock_of(Line(asset="a", steps=(StepPin(key=digest("k")),)))


WRONG: list[tuple[str, list[object]]] = [
    ("asset", [None, 3, "", []]),
    ("profile", [3, "", []]),
    ("steps", [None, "x", {}, [None], ["x"]]),
    ("outputs", [None, "x", [], {"": {"recipe": "r", "digest": digest("o")}}, {"x": None}]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG for value in values])
def test_a_field_of_another_kind_is_damage(name: str, value: object) -> None:
    lock = read(body() | {name: value})
    assert (lock.lines, [item.code for item in lock.damage]) == ({}, ["lock-damaged"])


STEP: list[tuple[str, list[object]]] = [
    ("key", [None, 3, "x", "A" * 64]),
    ("variants", [None, "x", {}, [3], [None], ["x"]]),
    ("pick", [3, "x", []]),
    ("model", [3, ""]),
    ("size", [3, ""]),
    ("for", [3, ""]),
    ("shown", ["x", [], 3, {}, {"identity": "r"}, {"digest": digest("s")}, {"identity": 3, "digest": digest("s")}]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in STEP for value in values])
def test_a_step_of_another_kind_is_damage(name: str, value: object) -> None:
    fields = body()
    fields["steps"][0][name] = value
    lock = read(fields)
    assert (lock.lines, [item.code for item in lock.damage]) == ({}, ["lock-damaged"])


@pytest.mark.parametrize("name", ["recipe", "digest"])
@pytest.mark.parametrize("value", [None, 3, "", "x"])
def test_an_output_of_another_kind_is_damage(name: str, value: object) -> None:
    fields = body()
    fields["outputs"]["assets/hen.png"][name] = value
    lock = read(fields)
    is_fine = (name, value) == ("recipe", "x")
    assert [item.code for item in lock.damage] == ([] if is_fine else ["lock-damaged"])


@pytest.mark.parametrize("value", ["yes", 1, None, "true"])
def test_frozen_is_true_or_it_is_not(value: object) -> None:
    lock = read(body() | {"frozen": value})
    assert [line.frozen for line in lock.alternatives("hen.png", "night")] == [False]


def test_a_pick_settles_one_line_and_its_candidates_keep_their_numbers() -> None:
    """Ours comes first, so that `pick: 2` means what it meant here; theirs is added behind."""
    ours = Line(asset="a", steps=(StepPin(key=digest("k"), variants=(digest("x"), digest("y"))),))
    theirs = Line(
        asset="a",
        steps=(
            StepPin(key=digest("k"), variants=(digest("z"), digest("x")), pick=digest("z"), shown=("r", digest("s"))),
        ),
        frozen=True,
    )
    line, conflict = settle([ours, theirs], [digest("k")])
    assert not conflict and line.frozen
    assert line.steps[0].variants == (digest("x"), digest("y"), digest("z"))
    assert (line.steps[0].pick, line.steps[0].shown) == (digest("z"), ("r", digest("s")))


def test_the_line_that_matches_more_steps_wins_whatever_its_place() -> None:
    first = Line(asset="a", steps=(StepPin(key=digest("k")), StepPin(key=digest("old"))))
    second = Line(asset="a", steps=(StepPin(key=digest("k")), StepPin(key=digest("l"))))
    for lines in ([first, second], [second, first]):
        assert settle(lines, [digest("k"), digest("l")])[0].steps[1].key == digest("l")
    assert settle([first, second], [digest("k"), None])[0].steps[1].key == digest("old"), "the first among equals"
    with pytest.raises(ValueError, match="no line to settle"):
        settle([], [])


def test_a_line_that_matches_less_is_no_rival() -> None:
    """It picked otherwise for the first step, but it is of an earlier wording: the line that fits the spec has its pick."""
    fits = Line(
        asset="a",
        steps=(
            StepPin(key=digest("k"), variants=(digest("x"), digest("y")), pick=digest("x")),
            StepPin(key=digest("l"), variants=(digest("z"),)),
        ),
    )
    older = Line(
        asset="a",
        steps=(
            StepPin(key=digest("k"), variants=(digest("x"), digest("y")), pick=digest("y")),
            StepPin(key=digest("old")),
        ),
    )
    for lines in ([fits, older], [older, fits]):
        line, conflict = settle(lines, [digest("k"), digest("l")])
        assert (conflict, line.steps[0].pick) == (False, digest("x"))
    assert settle([fits, older], [digest("k")])[1], "as far as is known, both fit"


def test_orphans_of_several_profiles_have_an_order() -> None:
    lock = Lock().put(Line(asset="b"), Line(asset="a", profile="night"), Line(asset="a"), Line(asset="c"))
    assert orphans(lock, [("c", None)]) == (("a", None), ("a", "night"), ("b", None))


def test_writing_tells_whether_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    assert write(path, Lock()) is False and not path.exists()
    assert write(path, lock_of(FULL)) is True
    assert write(path, lock_of(FULL)) is False
    assert write(path, Lock()) is True, "an empty lock is written over one that is not"
