"""Providers room: OpenAI as a provider. This version knows its models, limits and prices; it does not buy yet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from pixmake.providers.base import Answer, Call, Estimate, Limits, Request, Stopped
from pixmake.providers.models import estimate, limits_of, table

CONCURRENCY = 8
NOT_YET = "buying from OpenAI is not part of this version yet"


class OpenAIProvider:
    """The `openai` type of provider. Made without key or network; `settings` is its entry under `providers`."""

    free = False
    draft = False

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.concurrency = int(str(settings.get("concurrency") or CONCURRENCY))
        self.key_name = str(settings.get("api_key_env") or "OPENAI_API_KEY")

    def limits(self, model: str | None) -> Limits:
        return limits_of(model or "")

    def known_models(self) -> Sequence[str]:
        return tuple(table())

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        return estimate(request, inputs, count)

    def obstacle(self) -> str | None:
        if not os.environ.get(self.key_name, "").strip():
            return f"no API key: set {self.key_name}, or use --draft for free drafts"
        return f"{NOT_YET}; --draft makes free drafts"

    async def make(self, call: Call) -> Answer:
        raise Stopped(NOT_YET, help="use --draft for free drafts")

    async def close(self) -> None:
        """Nothing is held."""
