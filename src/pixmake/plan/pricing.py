"""Plan room: what one verdict costs: missing pictures split into requests, each priced by its provider."""

from __future__ import annotations

from collections.abc import Sequence

from pixmake.plan.sizes import Size
from pixmake.plan.world import Painter
from pixmake.providers.base import FREE, Estimate, Request

MOST_PER_REQUEST = 4
"""Missing pictures share a request up to this many (semantics: n <= 4)."""


def chunks(painter: Painter, request: Request, images: int) -> list[int]:
    """How many pictures each request asks for: 4 at most, 1 for SVG, GIF, streams and the Responses API."""
    most = min(
        MOST_PER_REQUEST, painter.provider.limits(request.model).most_images, painter.per_minute or MOST_PER_REQUEST
    )
    if request.kind != "raster" or request.api == "responses":
        most = 1
    full, rest = divmod(images, most)
    return [most] * full + ([rest] if rest else [])


def price(painter: Painter, request: Request, inputs: Sequence[Size | None], counts: Sequence[int]) -> Estimate | None:
    """Low and high price in USD of these requests together; None where the provider knows no price."""
    if painter.provider.free or not counts:
        return FREE
    if painter.price_per_image is not None:
        stated = painter.price_per_image * sum(counts)
        return Estimate(low=stated, high=stated)
    parts = [painter.provider.estimate(request, inputs, count) for count in counts]
    known = [part for part in parts if part is not None]
    return sum(known, start=FREE) if len(known) == len(parts) else None
