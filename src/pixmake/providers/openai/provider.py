"""Providers room: OpenAI, and servers that speak its Images API, as a provider. The SDK is imported by the first call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pixmake.providers.background import End
from pixmake.providers.base import Answer, Call, Estimate, Limits, Request, Stopped
from pixmake.providers.models import azure_retirement, bill, estimate, limits_of, partial_price, table
from pixmake.providers.openai.address import Address, address_of, azure_address_of, obstacle_of
from pixmake.providers.openai.dialect import AZURE_INPUTS, dialect_of
from pixmake.providers.openai.ordering import TakesBatches
from pixmake.providers.openai.told import Probe, Told
from pixmake.providers.rows import rows_of

CONCURRENCY = 8
TIMEOUT = 600
"""Seconds: what OpenAI's own client waits."""
REMEMBERED_DAYS = 28
"""For which a response can be continued: they are kept for 30 days (fact sheet, section 4)."""
MOST_PARTIALS = 3
"""Of one stream (fact sheet, section 2)."""


class OpenAIProvider(TakesBatches):
    """The `openai` type of provider. Made without key or network; `settings` is its entry under `providers`."""

    free = False
    draft = False

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.settings = settings
        self.concurrency = int(str(settings.get("concurrency") or CONCURRENCY))
        self.timeout = float(str(settings.get("timeout") or TIMEOUT))
        stated = settings.get("price_per_image")
        self.price_per_image = None if stated is None else Decimal(str(stated))
        self.dialect = dialect_of(settings)
        self.rows = rows_of(settings)
        self.store = settings.get("store") is not False
        self._limits: dict[str | None, Limits] = {}
        self._line: Any = None

    def limits(self, model: str | None) -> Limits:
        known = self._limits.get(model)
        if known is None:
            known = self._limits[model] = self._spoken(self.dialect.limits(limits_of(model or "", self.rows)))
        return known

    def _spoken(self, limits: Limits) -> Limits:
        """What a model can do on the routes that this server has besides plain calls."""
        return replace(
            limits,
            remembers=REMEMBERED_DAYS if self.store else 0,
            partials=0 if self.dialect.only_images else MOST_PARTIALS,
            partial_price=partial_price(limits.model, self.rows),
        )

    def known_models(self) -> Sequence[str]:
        return (*self.rows, *table())

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        if request.api == "responses":
            from pixmake.providers.openai.billing import turn_estimate

            return turn_estimate(request, inputs, count, self.rows)
        return estimate(request, inputs, count, self.rows)

    def obstacle(self) -> str | None:
        return obstacle_of(self.address())

    def address(self) -> Address:
        """The server and its key, by the settings and the environment as it is now."""
        return address_of(self.settings)

    async def make(self, call: Call) -> Answer:
        """One POST to the Images API. Raises Refused, Busy, Stopped, Failed or Unknown."""
        address = self.address()
        if (obstacle := obstacle_of(address)) is not None:
            raise Stopped(obstacle)
        if call.request.api == "responses":
            turned: Answer = await self._conversation(call.request).answer(call, await self._travelling(call))
            return turned
        order = await asyncio.to_thread(self._order, call) if call.pictures else self._order(call)
        line = self._connected(address)
        if call.partials:
            from pixmake.providers.openai.streaming import stream_of

            reply = await stream_of(line, call, edits=bool(order.files)).reply(order, call.partials)
        else:
            reply = await line.post(order, call.land)
        return Answer(
            pictures=reply.pictures,
            cost=self._cost(call, reply.told, len(reply.pictures)),
            usage=reply.told.usage,
            request_id=reply.request_id,
            model=reply.told.model,
        )

    def _conversation(self, request: Request) -> Any:
        from pixmake.providers.openai.conversing import Conversation, Terms

        terms = Terms(store=self.store, drop=self.dialect.drop, rows=self.rows, price_per_image=self.price_per_image)
        return Conversation(self._connected(), terms, request)

    async def _travelling(self, call: Call) -> Any:
        from pixmake.providers.openai.conversing import travelling

        parts = await asyncio.to_thread(self._parts, call)
        return await travelling(call, parts, self.uploads(call.uploads))

    def runs_alone(self, request: Request) -> bool:
        """Turns of conversations do, where the server keeps them."""
        return request.api == "responses" and self.store and self.settings.get("background") is not False

    async def send_off(self, call: Call) -> str:
        """One turn in the background. Raises as `make`; Unknown where its name did not come through."""
        if (obstacle := self.obstacle()) is not None:
            raise Stopped(obstacle)
        return str(await self._conversation(call.request).begin(call, await self._travelling(call)))

    async def ask_after(self, handle: str, request: Request) -> End | None:
        """What became of a turn in the background; None while it is at work. Free; may be asked again."""
        if (obstacle := self.obstacle()) is not None:
            raise Stopped(obstacle)
        found: End | None = await self._conversation(request).look(handle)
        return found

    async def call_off(self, handle: str, request: Request) -> None:
        """Asks for the end of a turn in the background."""
        if (obstacle := self.obstacle()) is not None:
            raise Stopped(obstacle)
        await self._conversation(request).talk.cancel(handle)

    def _order(self, call: Call) -> Any:
        from pixmake.providers.openai.client import Order
        from pixmake.providers.openai.images import extra_of, fields_of

        dialect = self.dialect
        fields, extra = dialect.fields(fields_of(call, dialect.drop), extra_of(call.request, dialect.drop))
        return Order(fields=fields, extra=extra, files=self._parts(call))

    def _parts(self, call: Call) -> Mapping[str, Any]:
        from pixmake.providers.openai.parts import parts_of

        return parts_of(call.pictures, self.dialect) if call.request.operation == "edit" else {}

    def _cost(self, call: Call, told: Any, made: int) -> Decimal | None:
        """What the user says a picture costs; else the bill by `usage`."""
        if self.price_per_image is not None:
            return self.price_per_image * made
        return bill(
            call.request.model or "", told.usage, count=made, size=told.size, quality=told.quality, own=self.rows
        )

    def _connected(self, address: Address | None = None) -> Any:
        """The line of this event loop and of the key and address as they are now."""
        from pixmake.providers.openai.client import Line

        address = address or self.address()
        line = self._line
        if line is None or line.loop is not asyncio.get_running_loop() or line.address != address:
            self._line = line = Line(
                address,
                self.dialect,
                timeout=self.timeout,
                organization=_text(self.settings.get("organization")),
                project=_text(self.settings.get("project")),
            )
        return line

    async def shutdown_dates(self, models: Iterable[str]) -> list[Told]:
        """When the API says that these models end; free of charge. Raises ProviderError where nobody can be asked."""
        from pixmake.providers.openai.shutdown import shutdown_dates

        if (obstacle := self.obstacle()) is not None:
            raise Stopped(obstacle)
        return await shutdown_dates(self._connected(), models)

    async def probe(self, model: str) -> Probe:
        """Whether the server can be reached and takes the key, by one free question about a model. Raises nothing."""
        from pixmake.providers.openai.probing import probe

        try:
            return await probe(self._connected(), model)
        finally:
            await self.close()

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None and line.loop is asyncio.get_running_loop():
            await line.close()


class AzureProvider(OpenAIProvider):
    """The `azure-openai` type: OpenAI's models as deployments of an Azure resource, with retirement days of their own."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        super().__init__(settings)
        self.dialect = dialect_of(settings, takes=AZURE_INPUTS, only_images=True)

    def limits(self, model: str | None) -> Limits:
        retired = azure_retirement(model or "", self.rows)
        return replace(super().limits(model), retired=retired, replaced_by=None)

    def address(self) -> Address:
        return azure_address_of(self.settings)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
