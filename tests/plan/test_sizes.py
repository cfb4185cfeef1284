"""The size rule: always legal, never smaller than it must be, and cut is told."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmake.plan.sizes import AREA, allowed, cut, final_size, requested_size
from pixmake.providers.base import SizeRule

FREE = SizeRule()
THREE = SizeRule(listed=((1024, 1024), (1536, 1024), (1024, 1536)))
sides = st.integers(1, 16384)


@given(sides, sides, st.sampled_from([FREE, THREE]))
def test_requested_size_is_always_legal(width: int, height: int, rule: SizeRule) -> None:
    assert allowed(requested_size((width, height), rule), rule)


@given(sides, sides)
def test_what_the_model_can_make_is_asked_for_as_it_is(width: int, height: int) -> None:
    size = requested_size((width, height), FREE)
    assert requested_size(size, FREE) == size


@given(st.integers(1, 1280), st.integers(1, 1280))
def test_small_targets_are_asked_for_at_least_at_a_megapixel_or_as_they_are(width: int, height: int) -> None:
    asked = requested_size((width, height), FREE)
    assert asked == (width, height) or asked[0] * asked[1] >= AREA
    assert asked[0] >= min(width, 3840)
    assert asked[1] >= min(height, 3840)


@given(sides, sides)
def test_turning_the_target_turns_the_request(width: int, height: int) -> None:
    assert requested_size((height, width), FREE) == requested_size((width, height), FREE)[::-1]


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 20))
def test_a_ratio_is_reduced_before_it_is_scaled(wide: int, high: int, times: int) -> None:
    assert final_size(f"{wide * times}:{high * times}") == final_size(f"{wide}:{high}")


@given(st.integers(1, 100), st.integers(1, 100))
def test_a_ratio_gives_the_least_multiple_with_a_megapixel(wide: int, high: int) -> None:
    size = final_size(f"{wide}:{high}")
    assert size is not None
    width, height = size
    assert Fraction(width, height) == Fraction(wide, high)
    assert width * height >= AREA
    unit = Fraction(width, Fraction(wide, high).numerator)
    assert unit % 16 == 0
    smaller = unit - 16
    assert smaller * Fraction(wide, high).numerator * smaller * Fraction(wide, high).denominator < AREA


def test_auto_has_no_size() -> None:
    assert final_size("auto") is None


def test_draft_makes_any_size() -> None:
    assert requested_size((17, 4000), SizeRule(exact=True)) == (17, 4000)


@pytest.mark.parametrize(
    ("size", "legal"),
    [
        ((1024, 640), True), ((1536, 864), True), ((1920, 1088), True), ((2880, 2880), True), ((3840, 2160), True),
        ((3072, 1024), True), ((1920, 1080), False), ((512, 512), False), ((3840, 2400), False), ((1000, 1000), False),
    ],
)  # fmt: skip
def test_the_fact_sheets_examples(size: tuple[int, int], legal: bool) -> None:
    assert allowed(size, FREE) is legal


def test_a_banner_uses_a_twentieth() -> None:
    asked = requested_size((1920, 32), FREE)
    assert asked == (1920, 640)
    assert cut(asked, (1920, 32), "cover").used == Fraction(1, 20)
    assert cut(asked, (1920, 32), "pad").used == 1


def test_enlarging_is_told() -> None:
    assert cut((2880, 2880), (5000, 5000), "cover").enlarges
    assert not cut((1024, 1024), (64, 64), "cover").enlarges
