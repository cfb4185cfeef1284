"""Frozen dataclasses that are made quickly are what they were."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from pixmake.spec.asset import Step
from pixmake.values import quick


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    a: int
    b: str = "x"
    c: dict[str, int] = field(default_factory=dict)
    d: int | None = field(default=None, compare=False)


@quick
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


def test_nothing_that_has_more_to_do() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        a: int

        def __post_init__(self) -> None:
            raise ValueError

    with pytest.raises(TypeError, match="Checked is not only slots"):
        quick(Checked)


def test_a_step_is_made_quickly() -> None:
    step = Step(index=0, prompt="a heart", provider="openai", model=None, size="1:1")
    assert (step.options, step.references, step.variants, step.fence) == ({}, (), 1, None)
