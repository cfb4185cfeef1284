"""Providers room: when models end, by the API's own word (`shutdown_date`): a free call for each model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any

from pixmake.providers.base import ProviderError
from pixmake.providers.openai.errors import Judge
from pixmake.providers.openai.told import Told

SECONDS = 20.0
"""For one answer: nothing is drawn."""


async def shutdown_dates(line: Any, models: Iterable[str]) -> list[Told]:
    """Asks for each model. Raises ProviderError for what stops all of it (no connection, no valid key)."""
    return list(await asyncio.gather(*(_told(line, model) for model in models)))


async def _told(line: Any, model: str) -> Told:
    from pixmake.providers.openai.sdk import openai, resource

    try:
        async with asyncio.timeout(SECONDS):
            found = await resource(line.client, "models").retrieve(model)
    except openai.NotFoundError:
        return Told(model=model, known=False)
    except Exception as error:
        trouble: ProviderError = Judge(line.address, edits=False, model=model).of_exception(error)
    else:
        return Told(model=model, known=True, retired=_day(getattr(found, "shutdown_date", None)))
    raise trouble


def _day(value: object) -> str | None:
    """A day as ISO 8601 writes it; None for anything else."""
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None
