"""Providers room: what makes an OpenAI provider take batches. The SDK is imported by the first that is sent or collected."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmake.digest import sha256_bytes
from pixmake.providers.base import Answer, Call, ProviderError, Request, Unknown
from pixmake.providers.batching import Batch, Collected, Line
from pixmake.providers.models import Rows, bill, model_of
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.dialect import Dialect

if TYPE_CHECKING:
    from pixmake.providers.openai.batches import Desk
    from pixmake.providers.openai.files import Uploads

HALF = Decimal("0.5")
"""What a batch costs of the live price (fact sheet, section 7)."""
ALIVE = 2 * 86_400.0
"""Seconds for which the inputs of a batch must be there: its 24 hours, and as many for what goes wrong."""
PLACE = 16
"""Hexadecimal digits that tell accounts apart."""


class TakesBatches:
    """The batch half of an OpenAI provider; the other half says where it is connected to."""

    most_lines = 50_000
    most_bytes = 200_000_000
    settings: Mapping[str, object]
    dialect: Dialect
    rows: Rows
    price_per_image: Decimal | None
    _uploads: tuple[object, Path | None, Uploads] | None = None

    def address(self) -> Address:
        raise NotImplementedError

    def _connected(self) -> Any:
        raise NotImplementedError

    def place(self) -> str:
        """The server, the account's key, organization and project, behind a digest that nobody can turn back."""
        address = self.address()
        account = [
            str(self.settings.get(name) or os.environ.get(variable, ""))
            for name, variable in (("organization", "OPENAI_ORG_ID"), ("project", "OPENAI_PROJECT_ID"))
        ]
        return sha256_bytes("\0".join([address.url.rstrip("/"), address.key, *account]).encode())[:PLACE]

    def share(self, request: Request) -> Decimal | str:
        """Half, where the model, the API and the server offer it; what is not known to be offered is not."""
        model = model_of(request.model or "", self.rows)
        if request.api != "images":
            return f"'api: {request.api}' is only bought live"
        if self.dialect.name != "openai" or self.dialect.only_images:
            return "this server takes no batches"
        if model is None or not model.batch:
            return f"'{request.model}' is only sold live"
        if any(item.kind == "markup" for item in request.inputs):
            return "a markup can't go by batch"
        return HALF

    async def line(self, call: Call) -> Line:
        """The call as a line; its pictures are uploaded where they are not yet. Raises ProviderError; costs nothing."""
        from pixmake.providers.openai.batches import line_of
        from pixmake.providers.openai.images import extra_of, fields_of
        from pixmake.providers.openai.parts import parts_of

        drop = self.dialect.drop
        fields, extra = self.dialect.fields(fields_of(call, drop), extra_of(call.request, drop))
        if call.request.operation != "edit":
            return line_of(call.intent, {**extra, **fields}, {})
        parts = await asyncio.to_thread(parts_of, call.pictures, self.dialect)
        return line_of(call.intent, {**extra, **fields}, await self._file_ids(call, parts))

    async def _file_ids(self, call: Call, parts: Mapping[str, Any]) -> dict[str, Any]:
        uploads = self.uploads(call.uploads)
        found: dict[str, Any] = {}
        for name, part in parts.items():
            several = part if isinstance(part, list) else [part]
            ids = [await uploads.once(item, alive=ALIVE) for item in several]
            found[name] = ids if isinstance(part, list) else ids[0]
        return found

    def uploads(self, folder: Path | None) -> Uploads:
        """What this account has at the server, as far as `folder` remembers (see files.py)."""
        from pixmake.providers.openai.files import Uploads

        line = self._connected()
        if self._uploads is None or self._uploads[:2] != (line, folder):
            inner = None if folder is None else folder / self.place()
            self._uploads = line, folder, Uploads(line.client, line.address, inner)
        return self._uploads[2]

    async def remove_uploads(self, folder: Path) -> list[str]:
        return await self.uploads(folder).remove_all()

    async def submit(self, lines: Sequence[Line], group: str) -> Batch:
        return await self._desk().submit(lines, group)

    async def find(self, group: str, since: float) -> Batch | None:
        return await self._desk().find(group, since)

    async def look(self, handle: str) -> Batch | None:
        return await self._desk().look(handle)

    async def cancel(self, handle: str) -> Batch | None:
        return await self._desk().cancel(handle)

    async def collect(
        self, batch: Batch, models: Mapping[str, str | None], scratch: Path
    ) -> AsyncGenerator[Collected, None]:
        """What became of each line that the provider tells of. Raises ProviderError: Failed where a file is gone."""
        desk = self._desk()
        async with aclosing(desk.answers(batch, scratch)) as lines:
            async for said in lines:
                intent = said.get("custom_id")
                if isinstance(intent, str):
                    end = await asyncio.to_thread(self._end, desk, said, models.get(intent, batch.model))
                    yield Collected(intent=intent, end=end)

    def _end(self, desk: Desk, said: Mapping[str, Any], model: str | None) -> Answer | ProviderError:
        from pixmake.providers.openai.errors import LOST
        from pixmake.providers.openai.images import Unreadable, read_answer

        end: bytes | ProviderError = desk.end_of(said)
        if isinstance(end, ProviderError):
            return end
        request_id = said["response"].get("request_id")
        named = request_id if isinstance(request_id, str) else None
        try:
            told = read_answer(end)
        except Unreadable as unreadable:
            return Unknown(f"the batch's answer {unreadable}", help=LOST, request_id=named)
        return self._answer(told, named, model)

    def _answer(self, told: Any, request_id: str | None, model: str | None) -> Answer | ProviderError:
        from pixmake.providers.base import Painted
        from pixmake.providers.openai.errors import LOST

        pictures = tuple(item for item in told.pictures if isinstance(item, Painted))
        if not pictures:
            faults = "; ".join(told.faults) or "its list is empty"
            return Unknown(f"the batch's answer holds no picture: {faults}", help=LOST, request_id=request_id)
        cost = self._half(told, model, len(pictures))
        return Answer(pictures=pictures, cost=cost, usage=told.usage, request_id=request_id, model=told.model)

    def _half(self, told: Any, model: str | None, made: int) -> Decimal | None:
        """What the user says a picture costs; else half the live bill by `usage`."""
        if self.price_per_image is not None:
            return self.price_per_image * made
        full = bill(model or "", told.usage, count=made, size=told.size, quality=told.quality, own=self.rows)
        return None if full is None else full * HALF

    def _desk(self) -> Desk:
        from pixmake.providers.openai.batches import Desk

        line = self._connected()
        return Desk(line.client, line.address)
