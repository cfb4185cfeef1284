"""Watch room: what the first change would otherwise wait for: imaging, the illustrator's words and shapes. Writes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from pixmake.digest import sha256_bytes
from pixmake.providers.base import Call, ProviderError, Request
from pixmake.providers.catalog import open_provider
from pixmake.spec.asset import Spec


def warm(spec: Spec, *, draft: bool) -> None:
    """Makes a tiny draft's file in memory where drafts are ever drawn here; else only loads what makes files of pictures."""
    from pixmake.imaging.decode import decode
    from pixmake.imaging.encode import encode
    from pixmake.imaging.geometry import fit_picture

    drafting = {"draft", *(item.name for item in spec.providers.values() if item.type == "draft")}
    if not draft and all(step.provider not in drafting for asset in spec.assets for step in asset.steps):
        return
    request = Request(operation="generate", provider="draft", model=None, prompt="an apple", size="32x32")
    call = Call(request=request, pictures=(), count=1, intent="warm", scratch=Path())
    from pixmake.imaging.stamp import stamp_draft

    with suppress(ProviderError):  # whoever really draws will hear of it
        drawn = asyncio.run(_draw(call))
        encode(stamp_draft(fit_picture(decode(drawn), 32, 32)), "png", draft=sha256_bytes(drawn))


async def _draw(call: Call) -> bytes:
    provider = open_provider("draft", {})
    try:
        answer = await provider.make(call)
        return answer.pictures[0].data
    finally:
        await provider.close()
