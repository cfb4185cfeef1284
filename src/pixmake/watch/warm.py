"""Watch room: what the first change would otherwise wait for: imaging, the illustrator's words and shapes. Writes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from pixmake.providers.base import Call, ProviderError, Request
from pixmake.providers.catalog import open_provider
from pixmake.spec.asset import Spec


def warm(spec: Spec, *, draft: bool) -> None:
    """Draws a tiny picture in memory where drafts are ever drawn here; else only loads what makes files of pictures."""
    import pixmake.imaging.decode
    import pixmake.imaging.encode
    import pixmake.imaging.geometry  # noqa: F401 (to have it loaded is what they are for)

    drafting = {"draft", *(item.name for item in spec.providers.values() if item.type == "draft")}
    if not draft and all(step.provider not in drafting for asset in spec.assets for step in asset.steps):
        return
    request = Request(operation="generate", provider="draft", model=None, prompt="an apple", size="32x32")
    call = Call(request=request, pictures=(), count=1, intent="warm", scratch=Path())
    with suppress(ProviderError):  # whoever really draws will hear of it
        asyncio.run(_draw(call))


async def _draw(call: Call) -> None:
    provider = open_provider("draft", {})
    try:
        await provider.make(call)
    finally:
        await provider.close()
