"""How a problem is shown, whatever the width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmake.diagnostics import Diagnostic, Problem, Source, Span, did_you_mean, render, worst


def diagnostic(text: str, column: int, length: int) -> Diagnostic:
    return Diagnostic(
        code="x", message="m", span=Span(source=Source("a.yaml", text), line=1, column=column, length=length)
    )


@given(st.integers(1, 400), st.integers(0, 50), st.integers(60, 200))
def test_an_excerpt_fits_the_terminal_and_its_carets_stand_below_their_place(
    column: int, length: int, columns: int
) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(450))
    shown = render(diagnostic(text, column, length), columns).split("\n")
    assert all(len(line) <= columns for line in shown[1:])
    place = shown[2].index("^")
    assert shown[1][place] == text[column - 1]


def test_an_error_without_a_place_has_no_excerpt() -> None:
    assert render(Diagnostic(code="x", message="m", help="do\nthis")) == "error[x]: m\nhelp: do\n      this"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([3, 4], 4), ([1, 5, 3], 5), ([8, 2], 2), ([130, 70], 130), ([4, 1], 1), ([7, 6], 6)],
)
def test_the_first_of_several_exit_codes_wins(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


def test_problems_are_sorted_by_place() -> None:
    source = Source("a.yaml", "one\ntwo\n")
    items = [Diagnostic(code="x", message=str(line), span=Span(source=source, line=line, column=1)) for line in (2, 1)]
    assert [item.message for item in Problem(items).diagnostics] == ["1", "2"]


def test_did_you_mean_knows_the_near_and_not_the_far() -> None:
    assert did_you_mean("icno", ["icon", "badge"]) == "icon"
    assert did_you_mean("zebra", ["icon", "badge"]) is None
