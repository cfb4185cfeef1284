"""Plan room: what one verdict costs: missing pictures split into requests, each priced by its provider."""

from __future__ import annotations

from collections.abc import Sequence

from pixmake.plan.sizes import Size
from pixmake.providers.base import FREE, Estimate, Provider, Request

MOST_PER_REQUEST = 4
"""Missing pictures share a request up to this many (semantics: n <= 4)."""


def chunks(provider: Provider, request: Request, images: int, per_minute: int | None) -> list[int]:
    """How many pictures each request asks for: 4 at most, 1 for SVG, GIF, streams and the Responses API."""
    most = min(MOST_PER_REQUEST, provider.limits(request.model).most_images, per_minute or MOST_PER_REQUEST)
    if request.kind != "raster" or request.api == "responses":
        most = 1
    full, rest = divmod(images, most)
    return [most] * full + ([rest] if rest else [])


def price(
    provider: Provider, request: Request, inputs: Sequence[Size | None], counts: Sequence[int]
) -> Estimate | None:
    """Low and high price in USD of these requests together; None where the provider knows no price."""
    if provider.free or not counts:
        return FREE
    parts = [provider.estimate(request, inputs, count) for count in counts]
    known = [part for part in parts if part is not None]
    return sum(known, start=FREE) if len(known) == len(parts) else None
