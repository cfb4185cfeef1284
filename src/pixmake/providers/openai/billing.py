"""Providers room: what a turn of a conversation costs: the image tool's tokens, and the mainline model's besides. Pure.

The table holds no mainline model; a spec states its prices in a row of its own (`models`, with text_in and text_out).
Without them nobody knows the price before, and what is known of it after is the tool's part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pixmake.providers.base import Bill, Estimate, Request
from pixmake.providers.models import MILLION, Rows, bill, estimate, model_of
from pixmake.providers.openai.responses import Heard
from pixmake.providers.tokens import input_tokens, text_tokens

LEAST_EXTRA, MOST_EXTRA = 200, 4_000
"""Tokens that a turn's instructions and the tool's description add to the mainline model's input: a guess, and a bound."""
LEAST_OUT, MOST_OUT = 100, 8_000
"""Tokens it writes: the prompt it hands to the tool, and its thoughts."""
MOST_PROMPT = 2_000
"""Tokens of the prompt that it writes for the tool; it may be longer than ours."""
MOST_SEEN = 3_000
"""Tokens of one picture to a mainline model."""


def turn_estimate(request: Request, inputs: Sequence[tuple[int, int] | None], count: int, own: Rows) -> Estimate | None:
    """Price of turns that draw `count` pictures, always rough; None where the mainline model's prices are not stated."""
    tool, prices = estimate(request, inputs, count, own), _prices(request, own)
    image = model_of(request.model or "", own)
    if tool is None or prices is None or image is None:
        return None
    said = [text_tokens(text, request.operation) for text in (request.prompt, *request.turns)]
    pictures = [0 if size is None else input_tokens(*size) for size in inputs]
    seen = MOST_SEEN * len(inputs) * (1 + len(request.turns))
    text_in, text_out = prices
    low = (LEAST_EXTRA + sum(guess for guess, _ in said) + sum(pictures)) * text_in + LEAST_OUT * text_out
    high = (MOST_EXTRA + sum(most for _, most in said) + seen) * text_in + MOST_OUT * text_out
    longer = MOST_PROMPT * image.prices.get("text_in", Decimal(0))
    return Estimate(
        low=tool.low + count * low / MILLION, high=tool.high + count * (high + longer) / MILLION, rough=True
    )


def turn_cost(request: Request, heard: Heard, own: Rows) -> Decimal | None:
    """What a turn with pictures cost in USD: both parts, or the tool's alone where the mainline's prices are unknown.

    None where its usage does not tell the tool's part, which is the larger one.
    """
    tool = _tool_part(request, heard, own)
    if tool is None:
        return None
    mainline = _mainline_part(request, heard, own)
    return tool + (mainline or 0)


def turn_bill(request: Request, heard: Heard, own: Rows) -> Bill | None:
    """The bill of a turn without picture; None where its usage says that nothing was done."""
    tool, mainline = _tokens(heard.usage.get("image_gen")), _tokens(heard.usage.get("usage"))
    if not tool + mainline and heard.status in ("failed", "cancelled"):
        return None
    parts = [_tool_part(request, heard, own) if tool else Decimal(0), _mainline_part(request, heard, own)]
    known = [part for part in parts if part is not None]
    return Bill(cost=sum(known, Decimal(0)) if len(known) == len(parts) else None, usage=heard.usage)


def _tool_part(request: Request, heard: Heard, own: Rows) -> Decimal | None:
    usage = heard.usage.get("image_gen")
    if not isinstance(usage, Mapping) or request.model is None:
        return None
    made = max(1, len(heard.pictures))
    author = {"svg_usage": heard.usage["svg_usage"]} if "svg_usage" in heard.usage else {}
    return bill(request.model, {**usage, **author}, count=made, size=heard.size, quality=heard.quality, own=own)


def _mainline_part(request: Request, heard: Heard, own: Rows) -> Decimal | None:
    usage, prices = heard.usage.get("usage"), _prices(request, own)
    if not isinstance(usage, Mapping) or prices is None:
        return None
    return (_count(usage, "input_tokens") * prices[0] + _count(usage, "output_tokens") * prices[1]) / MILLION


def _prices(request: Request, own: Rows) -> tuple[Decimal, Decimal] | None:
    """USD per million tokens that go into the mainline model and come out of it."""
    row = own.get(request.responses_model or "")
    if row is None or "text_in" not in row.prices or "text_out" not in row.prices:
        return None
    return row.prices["text_in"], row.prices["text_out"]


def _tokens(usage: object) -> int:
    if not isinstance(usage, Mapping):
        return 0
    return max(_count(usage, "total_tokens"), _count(usage, "input_tokens") + _count(usage, "output_tokens"))


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
