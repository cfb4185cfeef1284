"""Providers room: OpenAI, and servers that speak its Images API, as a provider. The SDK is imported by the first call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pixmake.providers.base import Answer, Call, Estimate, Failed, Limits, Request, Stopped
from pixmake.providers.models import bill, estimate, limits_of, table
from pixmake.providers.openai.address import address_of, obstacle_of
from pixmake.providers.rows import rows_of

CONCURRENCY = 8
TIMEOUT = 600
"""Seconds: what OpenAI's own client waits."""
NO_RESPONSES = "buying through 'api: responses' is not part of this version yet"
NO_AZURE = "buying from azure-openai is not part of this version yet; --draft makes free drafts"


class OpenAIProvider:
    """The `openai` type of provider. Made without key or network; `settings` is its entry under `providers`."""

    free = False
    draft = False

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.settings = settings
        self.concurrency = int(str(settings.get("concurrency") or CONCURRENCY))
        self.timeout = float(str(settings.get("timeout") or TIMEOUT))
        stated = settings.get("price_per_image")
        self.price_per_image = None if stated is None else Decimal(str(stated))
        dropped = settings.get("drop")
        self.drop = tuple(map(str, dropped)) if isinstance(dropped, list | tuple) else ()
        self.rows = rows_of(settings)
        self._line: Any = None

    def limits(self, model: str | None) -> Limits:
        return limits_of(model or "", self.rows)

    def known_models(self) -> Sequence[str]:
        return (*self.rows, *table())

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        return estimate(request, inputs, count, self.rows)

    def obstacle(self) -> str | None:
        return obstacle_of(self.settings)

    async def make(self, call: Call) -> Answer:
        """One POST to the Images API. Raises Refused, Busy, Stopped, Failed or Unknown."""
        if (obstacle := self.obstacle()) is not None:
            raise Stopped(obstacle)
        if call.request.api != "images":
            raise Failed(NO_RESPONSES, help="use 'api: images'")
        order = await asyncio.to_thread(self._order, call)
        reply = await self._connected().post(order)
        return Answer(
            pictures=reply.pictures,
            cost=self._cost(call, reply.told, len(reply.pictures)),
            usage=reply.told.usage,
            request_id=reply.request_id,
            model=reply.told.model,
        )

    def _order(self, call: Call) -> Any:
        from pixmake.providers.openai.client import Order
        from pixmake.providers.openai.images import extra_of, fields_of
        from pixmake.providers.openai.parts import parts_of

        return Order(
            fields=fields_of(call, self.drop),
            extra=extra_of(call.request, self.drop),
            files=parts_of(call.pictures) if call.request.operation == "edit" else {},
        )

    def _cost(self, call: Call, told: Any, made: int) -> Decimal | None:
        """What the user says a picture costs; else the bill by `usage`."""
        if self.price_per_image is not None:
            return self.price_per_image * made
        return bill(
            call.request.model or "", told.usage, count=made, size=told.size, quality=told.quality, own=self.rows
        )

    def _connected(self) -> Any:
        """The line of this event loop and of the key and address as they are now."""
        from pixmake.providers.openai.client import Line

        address = address_of(self.settings)
        line = self._line
        if line is None or line.loop is not asyncio.get_running_loop() or line.address != address:
            self._line = line = Line(
                address,
                timeout=self.timeout,
                organization=_text(self.settings.get("organization")),
                project=_text(self.settings.get("project")),
            )
        return line

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None and line.loop is asyncio.get_running_loop():
            await line.close()


class AzureProvider(OpenAIProvider):
    """The `azure-openai` type: models, limits and prices are OpenAI's; it does not buy yet."""

    def obstacle(self) -> str | None:
        return NO_AZURE


def _text(value: object) -> str | None:
    return None if value is None else str(value)
