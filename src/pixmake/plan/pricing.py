"""Plan room: what one verdict costs: missing pictures split into requests, each priced by its provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from pixmake.plan.sizes import Size
from pixmake.plan.world import Painter
from pixmake.providers.base import FREE, Estimate, Request
from pixmake.providers.batching import BatchProvider

MOST_PER_REQUEST = 4
"""Missing pictures share a request up to this many (semantics: n <= 4)."""


def looks(painter: Painter, request: Request, wanted: int) -> int:
    """How many looks on the way a request's stream brings: none of drawings and animations."""
    if not wanted or request.kind != "raster":
        return 0
    return min(wanted, painter.provider.limits(request.model).partials)


def chunks(painter: Painter, request: Request, images: int, partials: int = 0) -> list[int]:
    """How many pictures each request asks for: 4 at most, 1 for SVG, GIF, streams and the Responses API."""
    if images == 1:
        return [1]
    most = min(
        MOST_PER_REQUEST, painter.provider.limits(request.model).most_images, painter.per_minute or MOST_PER_REQUEST
    )
    if request.kind != "raster" or request.api == "responses" or looks(painter, request, partials):
        most = 1
    full, rest = divmod(images, most)
    return [most] * full + ([rest] if rest else [])


def price(
    painter: Painter, request: Request, inputs: Sequence[Size | None], counts: Sequence[int], partials: int = 0
) -> Estimate | None:
    """Low and high price in USD of these requests together; None where the provider knows no price.

    Looks on the way count for the high end: fewer of them may come than were asked for.
    """
    if painter.provider.free or not counts:
        return FREE
    if painter.price_per_image is not None:
        stated = painter.price_per_image * sum(counts)
        return Estimate(low=stated, high=stated)
    cost = FREE
    for count in counts:
        part = painter.provider.estimate(request, inputs, count)
        if part is None:
            return None
        cost = part if cost is FREE else cost + part
    if not partials:
        return cost
    extra = looks(painter, request, partials) * sum(counts) * painter.provider.limits(request.model).partial_price
    return replace(cost, high=cost.high + extra)


def batching(provider: object) -> BatchProvider | None:
    """The provider as one that takes batches, if it is one. By its method's name: the Protocol's own check asks for all
    names each time, and a plan asks for each of its steps."""
    return cast(BatchProvider, provider) if hasattr(provider, "submit") else None


def share_of(painter: Painter, request: Request) -> Decimal | str:
    """What a request costs by batch of its live price; a text says why it can't go by batch. A price that the spec
    states is taken as it stands."""
    provider = batching(painter.provider)
    if provider is None:
        return f"'{painter.name}' takes no batches"
    share = provider.share(request)
    return share if isinstance(share, str) or painter.price_per_image is None else Decimal(1)
