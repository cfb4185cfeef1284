"""Dataclasses that are declared and made quickly are what they were."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import MISSING, FrozenInstanceError, field, fields, replace
from functools import cached_property
from typing import ClassVar

import pytest

from pixmake.spec.asset import Step
from pixmake.values import FEW, dataclass


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    a: int
    b: str = "x"
    c: dict[str, int] = field(default_factory=dict)
    d: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    a: int
    b: str = "x"
    c: dict[str, int] = field(default_factory=dict)
    d: int | None = field(default=None, compare=False)


@pytest.mark.parametrize("given", [{"a": 1}, {"a": 1, "b": "y", "c": {"z": 1}, "d": 2}, {"a": 2, "c": {}}])
def test_the_same_values(given: dict[str, object]) -> None:
    quick_one, slow_one = Quick(**given), Slow(**given)  # type: ignore[arg-type]
    assert [getattr(quick_one, item.name) for item in fields(Quick)] == [
        getattr(slow_one, item.name) for item in fields(Slow)
    ]
    assert repr(quick_one) == repr(slow_one).replace("Slow", "Quick")


def test_the_same_ways() -> None:
    one = Quick(a=1)
    assert one == Quick(a=1, d=5)
    assert one.c is not Quick(a=1).c
    assert replace(one, b="z") == Quick(a=1, b="z")
    assert copy.deepcopy(one) == one == pickle.loads(pickle.dumps(one))
    assert inspect.signature(Quick).parameters.keys() == inspect.signature(Slow).parameters.keys()


def test_still_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick(a=1).a = 2  # type: ignore[misc]


@pytest.mark.parametrize("given", [{}, {"a": 1, "e": 2}])
def test_still_strict(given: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\) (missing 1 required|got an unexpected) keyword"):
        Quick(**given)  # type: ignore[arg-type]


def test_values_have_no_places() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fresh:
        a: int

    for _ in range(2):  # with the first value of a kind, what makes it is written
        with pytest.raises(TypeError, match=r"Fresh\.__init__\(\) takes 1 positional argument but 2 were given"):
            Fresh(1)  # type: ignore[call-arg]


def test_hashes_and_what_is_not_compared() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: tuple[int, ...] = ()
        place: object = field(default=None, compare=False, repr=False)

    assert len({Point(x=1), Point(x=1, place=2), Point(x=2)}) == 2
    assert Point(x=1).__eq__((1, ())) is NotImplemented and repr(Point(x=1)).endswith("Point(x=1, y=())")


def test_things_that_are_only_themselves() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Thing:
        a: int

    assert Thing(a=1) != Thing(a=1) and len({Thing(a=1), Thing(a=1)}) == 2


def test_own_methods_stay_and_what_follows_is_done() -> None:
    seen: list[int] = []

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Own:
        a: int

        def __post_init__(self) -> None:
            seen.append(self.a)

        def __repr__(self) -> str:
            return "mine"

        def __hash__(self) -> int:
            return 7

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named(Own):
        b: str

        def __init__(self, b: str) -> None:
            Own.__init__(self, a=len(b))
            object.__setattr__(self, "b", b.upper())

    assert (Named("xy").a, Named("xy").b, seen.pop(), seen.pop()) == (2, "XY", 2, 2)
    assert (repr(Own(a=3)), hash(Own(a=4)), seen) == ("mine", 7, [3, 4])


def test_a_kind_of_a_kind_and_one_without_fields() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Base:
        a: int = 1

    @dataclass(frozen=True, slots=True, kw_only=True)
    class More(Base):
        b: int

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Bare:
        pass

    assert (More(b=2).a, More(a=3, b=2)) == (1, More(b=2, a=3)) and More(b=2) != Base()
    assert Bare() == Bare() and hash(Bare()) == hash(Bare()) and not hasattr(More(b=2), "__dict__")


def test_fields_are_those_of_an_ordinary_dataclass() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Base:
        kinds: ClassVar[int] = 7
        a: int = 1
        b: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class More(Base):
        c: dict[str, int] = field(default_factory=dict, repr=False)
        a: int = 2

    seen = [(item.name, item.type, item.default, item.repr, item.kw_only) for item in fields(More)]
    assert seen == [
        ("a", "int", 2, True, True),
        ("b", "str", MISSING, True, True),
        ("c", "dict[str, int]", MISSING, False, True),
    ]
    assert [item.name for item in fields(Base)] == ["a", "b"] and fields(Base)[0].default == 1
    one = More(b="x")
    assert (one.a, one.kinds, More.kinds, replace(one, a=3).a) == (2, 7, 7, 3) and dataclasses.is_dataclass(More)
    assert (dataclasses.asdict(one), More.__match_args__) == ({"a": 2, "b": "x", "c": {}}, ())
    with pytest.raises(AttributeError):
        one.d = 1  # type: ignore[attr-defined]


@dataclasses.dataclass(slots=True)
class SlowLoose:
    a: int
    b: list[int] = field(default_factory=list)
    c: str = "x"


@dataclass(slots=True)
class Loose:
    a: int
    b: list[int] = field(default_factory=list)
    c: str = "x"


@dataclass(frozen=True, kw_only=True)
class Kept:
    a: int
    b: tuple[int, ...] = ()
    c: dict[str, int] = field(default_factory=dict, compare=False)

    @cached_property
    def double(self) -> int:
        return self.a * 2


def test_kinds_that_change_are_what_they_were() -> None:
    for turn in range(FEW + 2):  # the first few are made otherwise than all others
        loose = Loose(turn, c="y")
        assert repr(loose) == repr(SlowLoose(turn, c="y")).replace("Slow", "") and loose == Loose(turn, [], "y")
        loose.a, loose.b = -1, [turn]
        assert loose == Loose(a=-1, b=[turn], c="y") == copy.deepcopy(loose) == pickle.loads(pickle.dumps(loose))
        assert loose != Loose(-1) and Loose(1).b is not Loose(1).b and not hasattr(loose, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Loose(1))
    assert Loose.__match_args__ == ("a", "b", "c") and inspect.signature(Loose).parameters.keys() == {"a", "b", "c"}


def test_kinds_with_room_for_more_are_what_they_were() -> None:
    for turn in range(FEW + 2):
        kept = Kept(a=turn)
        assert (kept.a, kept.b, kept.c, kept.double) == (turn, (), {}, 2 * turn) and kept == Kept(a=turn, c={"z": 1})
        assert hash(kept) == hash(Kept(a=turn)) and kept == pickle.loads(pickle.dumps(kept)) == copy.copy(kept)
        with pytest.raises(FrozenInstanceError):
            kept.a = 2  # type: ignore[misc]
        with pytest.raises(FrozenInstanceError):
            del kept.a
    assert replace(Kept(a=1), b=(2,)) == Kept(a=1, b=(2,)) and not hasattr(Kept, "b")


@pytest.mark.parametrize("made", [0, FEW])
@pytest.mark.parametrize(
    ("places", "given"), [((), {}), ((1, [], "x", 4), {}), ((1,), {"a": 1}), ((1,), {"d": 1}), ((), {"c": "x"})]
)
def test_what_is_given_wrong_is_refused_in_the_same_words(
    made: int, places: tuple[object, ...], given: dict[str, object]
) -> None:
    @dataclass(slots=True)
    class Loose:
        a: int
        b: list[int] = field(default_factory=list)
        c: str = "x"

    for _ in range(made):
        Loose(1)
    with pytest.raises(TypeError) as ours:
        Loose(*places, **given)  # type: ignore[arg-type]
    with pytest.raises(TypeError) as theirs:
        SlowLoose(*places, **given)  # type: ignore[arg-type]
    words = str(ours.value).split(".__init__", 1)[1]
    assert words == str(theirs.value).split(".__init__", 1)[1]
    assert Loose(1).c == "x"


def test_things_that_change_are_only_themselves() -> None:
    @dataclass(slots=True, eq=False)
    class Thing:
        a: int

    assert Thing(1) != Thing(1) and len({Thing(1), Thing(1)}) == 2


def test_a_step_is_made_quickly() -> None:
    step = Step(index=0, prompt="a heart", provider="openai", model=None, size="1:1")
    assert (step.options, step.references, step.variants, step.fence) == ({}, (), 1, None)
