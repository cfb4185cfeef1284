"""Providers room: the Batch API over the SDK: a file of requests in, a file of answers out, hours later, at half the price.

What reads may be repeated and costs nothing; `create` is sent once, and where its answer is lost, `find` tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pixmake.providers.base import Busy, Failed, ProviderError, Stopped, Unknown
from pixmake.providers.batching import Batch, Line
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.errors import LOST, QUOTAS, Judge
from pixmake.providers.openai.files import as_free
from pixmake.providers.openai.images import Unreadable
from pixmake.providers.openai.parts import Part
from pixmake.providers.openai.sdk import openai, resource

METADATA = "pixmake"
"""The name under which a batch carries our group."""
GENERATE, EDIT = "/v1/images/generations", "/v1/images/edits"
OVER = ("failed", "completed", "expired", "cancelled")
MOST_LINES = 50_000
MOST_BYTES = 200_000_000
MOST_LINE = 600_000_000
"""Bytes of one answer: four pictures of the largest size are about a quarter of it."""
PAGE = 100
MOST_LISTED = 1_000_000
"""Batches of one account that are looked through for a lost one."""
NOT_DONE = frozenset({"batch_expired", "batch_cancelled", "batch_canceled"})
QUEUE_FULL = frozenset({"token_limit_exceeded", "batch_queue_full", "rate_limit_exceeded"})
STATUSES = {"rate_limit_exceeded": 429, "slow_down": 429, "server_error": 500, "server_is_overloaded": 503}
"""Of codes that come without a status."""


def line_of(intent: str, fields: Mapping[str, Any], files: Mapping[str, Any]) -> Line:
    """One request as a line of a batch's file. `files` are ids of uploaded pictures, by the names of an edit."""
    body: dict[str, Any] = dict(fields)
    if files:
        images = files["image"] if isinstance(files["image"], list) else [files["image"]]
        body["images"] = [{"file_id": item} for item in images]
        body |= {name: {"file_id": item} for name, item in files.items() if name != "image"}
    endpoint = EDIT if files else GENERATE
    said = {"custom_id": intent, "method": "POST", "url": endpoint, "body": body}
    data = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
    return Line(intent=intent, lane=f"{endpoint} {body.get('model')}", data=data)


class Desk:
    """Where batches of one account are handed in and collected."""

    def __init__(self, client: openai.AsyncOpenAI, address: Address) -> None:
        self.client = client
        self.judge = Judge(address, edits=False, model=None)

    async def submit(self, lines: Sequence[Line], group: str) -> Batch:
        """Uploads the file and makes the batch. Raises Unknown where the batch may be there, else one of the other ends."""
        endpoint, _, model = lines[0].lane.partition(" ")
        self.judge = Judge(self.judge.address, edits=False, model=model)
        named: Part = (f"pixmake-{group}.jsonl", b"".join(line.data for line in lines), "application/jsonl")
        try:
            file = await resource(self.client, "files").create(file=named, purpose="batch")
        except Exception as error:
            ending = as_free(self.judge.of_exception(error))
        else:
            return await self._create(file.id, endpoint, group)
        raise ending

    async def _create(self, file_id: str, endpoint: Any, group: str) -> Batch:
        try:
            made = await resource(self.client, "batches").create(
                input_file_id=file_id, endpoint=endpoint, completion_window="24h", metadata={METADATA: group}
            )
            return batch_of(made)
        except openai.InternalServerError as error:  # perhaps made all the same; to look costs nothing
            ending: ProviderError = Unknown(self.judge.of_exception(error).message, help=LOST)
        except Exception as error:
            ending = self.judge.of_exception(error)
        raise ending

    async def find(self, group: str, since: float) -> Batch | None:
        """Goes through the account's batches, the newest first, until they are older than `since`."""
        seen = 0
        try:
            async for item in resource(self.client, "batches").list(limit=PAGE):
                seen += 1
                if (item.metadata or {}).get(METADATA) == group:
                    return batch_of(item)
                if item.created_at < since:
                    break
                if seen >= MOST_LISTED:
                    raise Unreadable("does not end")
        except Exception as error:
            ending = as_free(self.judge.of_exception(error))
        else:
            return None
        raise ending

    async def look(self, handle: str) -> Batch | None:
        """How a batch stands."""
        try:
            return batch_of(await resource(self.client, "batches").retrieve(handle))
        except openai.NotFoundError:
            return None
        except Exception as error:
            ending = as_free(self.judge.of_exception(error))
        raise ending

    async def cancel(self, handle: str) -> Batch | None:
        """Asks for a batch's end. One that has ended already stays as it is."""
        try:
            return batch_of(await resource(self.client, "batches").cancel(handle))
        except (openai.NotFoundError, openai.ConflictError, openai.BadRequestError):
            return await self.look(handle)
        except Exception as error:
            ending = as_free(self.judge.of_exception(error))
        raise ending

    async def answers(self, batch: Batch, scratch: Path) -> AsyncGenerator[Mapping[str, Any], None]:
        """The lines of the batch's files, as JSON; what is no line of an answer is left out. One line at a time is in
        memory. Raises ProviderError: Failed where a file is gone for good, when the others were read."""
        gone: Failed | None = None
        for name in batch.files:
            try:
                await self._download(name, scratch)
            except Failed as error:
                gone = error
                continue
            try:
                for line in _lines(scratch):
                    yield line
            finally:
                scratch.unlink(missing_ok=True)
        if gone is not None:
            raise gone

    async def _download(self, file_id: str, target: Path) -> None:
        try:
            async with resource(self.client, "files").with_streaming_response.content(file_id) as response:
                await response.stream_to_file(target)
            return
        except openai.NotFoundError:
            host = self.judge.address.host
            ending: ProviderError = Failed(f"{host} no longer has the batch's file '{file_id}'", help=LOST)
        except Exception as error:
            ending = as_free(self.judge.of_exception(error))
            if isinstance(ending, Failed):  # somebody in between, say: that is no word on the file
                ending = Busy(ending.message, request_id=ending.request_id)
        target.unlink(missing_ok=True)
        raise ending

    def end_of(self, said: Mapping[str, Any]) -> bytes | ProviderError:
        """The body of a good answer, or how the line ended."""
        response, error = said.get("response"), said.get("error")
        if isinstance(response, Mapping) and isinstance(status := response.get("status_code"), int):
            body = json.dumps(response.get("body"), ensure_ascii=False).encode("utf-8", "replace")
            named = {"x-request-id": str(response["request_id"])} if response.get("request_id") else {}
            return body if status == 200 else self.judge.of_response(status, named, body)
        if not isinstance(error, Mapping):
            return Unknown("a line of the batch says neither what came nor what went wrong", help=LOST)
        code = str(error.get("code") or "")
        if code in NOT_DONE:
            return Busy("the batch ended before its turn came")
        told = {"error": {"message": "", "type": "", **error}}
        return self.judge.of_response(STATUSES.get(code, 400), {}, json.dumps(told).encode())


def batch_of(said: Any) -> Batch:
    """A batch of the SDK as ours."""
    counts = said.request_counts
    files = (said.output_file_id, said.error_file_id)
    return Batch(
        handle=said.id,
        group=(said.metadata or {}).get(METADATA),
        status=said.status,
        over=said.status in OVER,
        total=counts.total if counts else 0,
        completed=counts.completed if counts else 0,
        failed=counts.failed if counts else 0,
        created=float(said.created_at),
        ended=said.completed_at or said.expired_at or said.cancelled_at or said.failed_at,
        model=said.model,
        files=tuple(name for name in files if name),
        trouble=_trouble(said) if said.status == "failed" else None,
    )


def _trouble(said: Any) -> ProviderError:
    """Why a batch failed as a whole: its file was not taken, and nothing of it was done."""
    errors = (said.errors.data if said.errors else None) or []
    codes = {str(item.code or "").lower() for item in errors}
    words = "; ".join(dict.fromkeys(_words(item) for item in errors[:3])) or "no reason is given"
    message = f"the batch was not taken: {words}"
    if codes & QUEUE_FULL:
        return Busy(message)
    if codes & QUOTAS or "model_not_found" in codes:
        return Stopped(message, help="mend that at the provider, then build again: what was bought stays")
    return Failed(message)


def _words(error: Any) -> str:
    message = " ".join(str(error.message or error.code or "").split())[:300]
    where = f"line {error.line}: " if error.line is not None else ""
    return where + re.sub(r"[^\x20-\x7e\xa1-\uffff]", " ", message)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Lines of JSON objects; damaged ones are left out: what they were about is missing then, as if they had not come."""
    with path.open("rb") as stream:
        while line := stream.readline(MOST_LINE):
            with suppress(ValueError, RecursionError):
                said = json.loads(line)
                if isinstance(said, dict):
                    yield said
