"""The model table and its arithmetic, against the fact sheet's own tables and worked examples."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmake.providers.base import Request
from pixmake.providers.models import as_of, bill, estimate, limits_of, table
from pixmake.providers.rows import rows_of
from pixmake.providers.tokens import input_tokens, output_tokens, text_tokens, tile_tokens

BASES = {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}


@pytest.mark.parametrize(
    ("size", "counts"),
    [
        ((1024, 640), [107, 239, 956, 1700, 3824]),
        ((1024, 1024), [196, 439, 1756, 3122, 7024]),
        ((1536, 1024), [158, 343, 1372, 2459, 5488]),
        ((1024, 1536), [158, 343, 1372, 2459, 5488]),
        ((1920, 1088), [148, 344, 1325, 2356, 5300]),
        ((2048, 1152), [157, 367, 1413, 2511, 5650]),
        ((2048, 2048), [397, 892, 3568, 6343, 14272]),
        ((2560, 1440), [205, 478, 1843, 3276, 7370]),
        ((3072, 1024), [103, 247, 988, 1729, 3952]),
        ((2880, 2880), [659, 1483, 5930, 10542, 23719]),
        ((3840, 2160), [371, 865, 3336, 5930, 13342]),
    ],
)
def test_output_tokens_of_the_table(size: tuple[int, int], counts: list[int]) -> None:
    assert [output_tokens(*size, base) for base in BASES.values()] == counts


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((1024, 1024), 1024), ((1536, 1024), 1536), ((341, 512), 704), ((512, 512), 1024), ((1179, 2556), 1482),
        ((3840, 2160), 1508),
    ],
)  # fmt: skip
def test_input_tokens_as_read_back_from_usage(size: tuple[int, int], tokens: int) -> None:
    assert input_tokens(*size) == tokens


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_no_input_counts_more_than_1536(width: int, height: int) -> None:
    assert 1 <= input_tokens(width, height) <= 1536


def test_tiles_of_the_older_models() -> None:
    assert tile_tokens(1024, 1024, high_fidelity=False) == 65 + 129
    assert tile_tokens(1536, 1024, high_fidelity=False) == 65 + 2 * 129
    assert tile_tokens(1024, 1024, high_fidelity=True) == 65 + 129 + 4160


@given(st.text(max_size=300), st.sampled_from(["generate", "edit"]))
def test_the_guess_of_text_never_passes_its_ceiling(prompt: str, operation: str) -> None:
    guess, ceiling = text_tokens(prompt, operation)
    assert guess <= ceiling


def request(model: str, quality: str | None, size: str, prompt: int, operation: str = "generate") -> Request:
    return Request(
        operation="edit" if operation == "edit" else "generate",
        provider="openai",
        model=model,
        prompt="x" * prompt,
        size=size,
        quality=quality,
    )


def test_worked_example_four_variants() -> None:
    found = estimate(request("gpt-image-2.5-flare", "medium", "1024x1024", 600), [], 4)
    assert found is not None
    assert round(found.low, 4) == Decimal("0.0558")
    assert found.low <= found.high


def test_worked_example_edit_with_references() -> None:
    order = request("gpt-image-2.5-sunburst", "high", "1536x1024", 400, "edit")
    found = estimate(order, [(1536, 1024), (1024, 1024)], 1)
    assert found is not None
    assert round(found.low, 4) == Decimal("0.0622")


def test_worked_example_largest() -> None:
    found = estimate(request("gpt-image-2.5-flare", "max", "3840x2160", 0), [], 1)
    assert found is not None
    assert round(found.low, 4) == Decimal("0.4003")


def test_worked_example_chain_of_ten() -> None:
    first = estimate(request("gpt-image-2.5-flare", "medium", "1024x1024", 0), [], 1)
    edit = estimate(request("gpt-image-2.5-flare", "medium", "1024x1024", 0, "edit"), [(1024, 1024)], 1)
    assert first is not None
    assert edit is not None
    assert abs(first.low + 9 * edit.low - Decimal("0.2054")) < Decimal("0.0010")


def test_an_input_that_is_not_known_yet_widens_the_range() -> None:
    order = request("gpt-image-2.5-flare", "medium", "1024x1024", 10, "edit")
    known, unknown = estimate(order, [(1024, 1024)], 1), estimate(order, [None], 1)
    assert known is not None
    assert unknown is not None
    assert unknown.low < known.low < known.high < unknown.high


def test_auto_is_a_wide_range_and_says_so() -> None:
    found = estimate(request("gpt-image-2.6-flare", "auto", "1024x1024", 10), [], 1)
    assert found is not None
    assert found.rough
    assert found.high > 3 * found.low


def test_2_6_at_low_is_rough_and_dearer_than_2_5() -> None:
    new = estimate(request("gpt-image-2.6-flare", "low", "1024x1024", 10), [], 1)
    old = estimate(request("gpt-image-2.5-flare", "low", "1024x1024", 10), [], 1)
    assert new is not None
    assert old is not None
    assert new.rough
    assert new.low > 2 * old.low


def test_mini_has_a_price_per_image() -> None:
    found = estimate(request("gpt-image-1-mini", "high", "1536x1024", 0), [], 1)
    assert found is not None
    assert round(found.low, 3) == Decimal("0.052")


def test_a_model_without_price_has_no_estimate() -> None:
    assert estimate(request("dall-e-3", None, "1024x1024", 10), [], 1) is None
    assert estimate(request("sd-cpp-local", None, "1024x1024", 10), [], 1) is None


def test_unknown_models_may_do_everything_and_are_marked() -> None:
    limits = limits_of("gpt-image-3")
    assert limits.unknown
    assert "max" in limits.qualities
    assert limits.markup


def test_every_row_is_dated_and_sourced() -> None:
    assert as_of() == "2026-11-22"
    assert all(model.released and model.source for model in table().values())
    assert table()["gpt-image-1"].limits.retired == "2026-10-23"
    assert table()["gpt-image-1.5"].limits.retired == "2026-12-01"
    assert table()["gpt-image-2.5-flare"].limits.retired is None


@pytest.mark.parametrize(
    ("model", "quality", "size", "prompt", "inputs", "count", "text", "image", "out"),
    [
        ("gpt-image-2.5-flare", "medium", "1024x1024", 600, [], 4, 4 * 156, 0, 4 * 439),
        ("gpt-image-2.5-sunburst", "high", "1536x1024", 400, [(1536, 1024), (1024, 1024)], 1, 116, 2560, 1372),
        ("gpt-image-2.5-flare", "max", "3840x2160", 0, [], 1, 6, 0, 13342),
        ("gpt-image-2", "high", "1024x1024", 0, [], 1, 6, 0, 7024),
        ("gpt-image-2.5-flare", "medium", "1024x1024", 0, [(1024, 1024)], 1, 16, 1024, 439),
    ],
)
def test_the_estimate_is_within_one_percent_of_the_bill(
    model: str,
    quality: str,
    size: str,
    prompt: int,
    inputs: list[tuple[int, int] | None],
    count: int,
    text: int,
    image: int,
    out: int,
) -> None:
    """The fact sheet's worked examples: what the plan says against what `usage` settles."""
    said = estimate(request(model, quality, size, prompt, "edit" if inputs else "generate"), inputs, count)
    usage = {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": out,
        "total_tokens": text + image + out,
    }
    billed = bill(model, usage, count=count, size=size, quality=quality)
    assert said is not None
    assert billed is not None
    assert abs(said.low - billed) <= billed / 100
    assert billed <= said.high


@pytest.mark.parametrize("size", ["axb", "1024x", "1024x1024x3", "auto", "", "9" * 5000 + "x1", None])
def test_a_size_that_an_answer_garbles_is_billed_by_its_tokens(size: str | None) -> None:
    usage = {"input_tokens": 10, "output_tokens": 439}
    assert bill("gpt-image-1-mini", usage, size=size, quality="low") == bill("gpt-image-1-mini", usage)


def test_an_author_that_claims_less_than_nothing_lowers_no_bill() -> None:
    own = rows_of({"models": {"gpt-6-astra": {"prices": {"text_in": 2, "text_out": 12}}}})
    usage = {"input_tokens": 10, "output_tokens": 439}
    author = {"model": "gpt-6-astra", "input_tokens": -(10**9), "output_tokens": -5}
    assert bill("gpt-image-2.6-flare", {**usage, "svg_usage": author}, own=own) == bill("gpt-image-2.6-flare", usage)
