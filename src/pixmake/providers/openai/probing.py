"""Providers room: whether a server can be reached and takes the key, by one free question; no picture is asked for."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import Any

from pixmake.providers.openai.errors import Judge
from pixmake.providers.openai.told import Probe

SECONDS = 10.0


async def probe(line: Any, model: str) -> Probe:
    """Asks for a model's own page (`GET /models/{id}`), which costs nothing. Raises nothing."""
    from pixmake.providers.openai.sdk import openai, resource

    try:
        async with asyncio.timeout(SECONDS):
            answer = await resource(line.client, "models").with_raw_response.retrieve(model)
    except Exception as error:
        ending = Judge(line.address, edits=False, model=model).of_exception(error)
        status = error if isinstance(error, openai.APIStatusError) else None
        return Probe(
            reached=status is not None,
            trouble=ending.message,
            help=ending.help,
            skew=_skew(status.response.headers.get("date")) if status is not None else None,
        )
    return Probe(reached=True, skew=_skew(answer.headers.get("date")))


def _skew(told: str | None) -> float | None:
    try:
        return parsedate_to_datetime(told).timestamp() - time.time() if told else None
    except (ValueError, TypeError):
        return None
