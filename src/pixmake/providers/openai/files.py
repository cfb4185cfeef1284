"""Providers room: the Files API as transport: inputs that are sent often or are large are uploaded once, then named by id.

Nothing here enters a key or costs anything. What was uploaded is remembered by the digest of its content, one small file
each that may be thrown away: whatever is wrong with it, the picture is uploaded again.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pixmake.digest import sha256_bytes
from pixmake.providers.base import Busy, ProviderError, Unknown
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.errors import Judge
from pixmake.providers.openai.parts import Part
from pixmake.providers.openai.sdk import openai, resource
from pixmake.values import dataclass

KEPT = 7 * 86_400
"""Seconds for which the server keeps an input; the API takes an hour to 30 days (fact sheet, section 5)."""
MARGIN = 3_600.0
"""Seconds before its end when an upload counts as gone: clocks differ, and a request takes its time."""
AT_ONCE = 8
"""Uploads in flight; the API takes 1,000 a minute."""
NAME = re.compile(r"[0-9a-f]{64}\.json")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file at the server: its id, and when it expires there (seconds since 1970)."""

    id: str
    expires: float


class Uploads:
    """Input pictures at one server, under one account.

    `folder` holds what is remembered, None: for as long as this object lives only. All methods belong into one event loop.
    """

    def __init__(self, client: openai.AsyncOpenAI, address: Address, folder: Path | None) -> None:
        self.client = client
        self.folder = folder
        self.judge = Judge(address, edits=False, model=None)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._now: dict[str, asyncio.Future[Upload]] = {}

    async def once(self, part: Part, *, alive: float = MARGIN) -> str:
        """The id of these bytes at the server, where they stay for at least `alive` seconds more; uploaded if need be.

        One that is remembered is asked after once, so that a file which is gone is found out before anything is paid.
        Raises ProviderError; nothing is ever billed.
        """
        digest = sha256_bytes(part[1])
        known = self._now.get(digest)
        if known is None or (known.done() and not _lasts(known, alive)):
            known = self._now[digest] = asyncio.ensure_future(self._found(digest, part, alive))
        try:
            return (await asyncio.shield(known)).id
        except ProviderError:
            self._now.pop(digest, None)
            raise

    def forget(self, file_id: str) -> None:
        """The server says it has no such file: the next `once` uploads it again."""
        for digest, upload in [*self._remembered().items()]:
            if upload.id == file_id:
                self._drop(digest)
        for digest, known in [*self._now.items()]:
            if known.done() and known.exception() is None and known.result().id == file_id:
                del self._now[digest]

    async def remove_all(self) -> list[str]:
        """Deletes at the server what is remembered, and forgets it; the ids. Raises ProviderError, with the rest still
        remembered."""
        removed = []
        for digest, upload in self._remembered().items():
            with suppress(openai.NotFoundError):
                await self._free(resource(self.client, "files").delete(upload.id), but=openai.NotFoundError)
            self._drop(digest)
            removed.append(upload.id)
        self._now.clear()
        return removed

    async def _found(self, digest: str, part: Part, alive: float) -> Upload:
        async with self._places:
            known = self._recall(digest)
            if known is not None and known.expires - time.time() > alive and await self._is_there(known):
                return known
            upload = await self._upload(digest, part, alive)
            self._remember(digest, upload)
            return upload

    async def _is_there(self, known: Upload) -> bool:
        try:
            found = await self._free(resource(self.client, "files").retrieve(known.id), but=openai.NotFoundError)
        except openai.NotFoundError:
            return False
        return bool(found.status != "error")

    async def _upload(self, digest: str, part: Part, alive: float) -> Upload:
        name, data, media_type = part
        seconds = int(max(KEPT, alive + MARGIN))
        named = f"pixmake-{digest[:16]}{Path(name).suffix}"
        said = await self._free(
            resource(self.client, "files").create(
                file=(named, data, media_type),
                purpose="vision",
                expires_after={"anchor": "created_at", "seconds": seconds},
            )
        )
        return Upload(id=said.id, expires=float(said.expires_at or time.time() + seconds))

    async def _free(self, request: Awaitable[T], but: type[Exception] | tuple[()] = ()) -> T:
        """One request that costs nothing: whatever goes wrong with it, it may be sent again. Raises ProviderError, and
        `but` as it is."""
        try:
            return await request
        except but:
            raise
        except Exception as error:
            ending = self.judge.of_exception(error)
        raise as_free(ending)

    # --- what is remembered ---------------------------------------------------------------------------------------

    def _remembered(self) -> Mapping[str, Upload]:
        """Everything that is remembered, by digest."""
        names = os.listdir(self.folder) if self.folder is not None and self.folder.is_dir() else []  # noqa: PTH208
        digests = [name.removesuffix(".json") for name in sorted(names) if NAME.fullmatch(name)]
        return {digest: upload for digest in digests if (upload := self._recall(digest)) is not None}

    def _recall(self, digest: str) -> Upload | None:
        if self.folder is None:
            return None
        try:
            said: Any = json.loads((self.folder / f"{digest}.json").read_bytes())
            found = Upload(id=said["id"], expires=float(said["expires"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if isinstance(found.id, str) and re.fullmatch(r"[\w.-]{1,200}", found.id) else None

    def _remember(self, digest: str, upload: Upload) -> None:
        """Written whole or not at all; where it can't be, only an upload is lost."""
        if self.folder is None:
            return
        text = json.dumps({"id": upload.id, "expires": upload.expires})
        staged = self.folder / f".{digest}.{secrets.token_hex(4)}"
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            staged.write_text(text + "\n", "utf-8")
            staged.replace(self.folder / f"{digest}.json")

    def _drop(self, digest: str) -> None:
        if self.folder is not None:
            (self.folder / f"{digest}.json").unlink(missing_ok=True)


def as_free(ending: ProviderError) -> ProviderError:
    """The same end for a request that can't cost anything: nobody has to wonder whether it was billed."""
    if not isinstance(ending, Unknown):
        return ending
    return Busy(ending.message, request_id=ending.request_id)


def _lasts(known: asyncio.Future[Upload], alive: float) -> bool:
    failed = known.cancelled() or known.exception() is not None
    return not failed and known.result().expires - time.time() > alive
