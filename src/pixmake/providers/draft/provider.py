"""Draft room: the provider of drafts. Free, offline, deterministic; nothing heavy is imported before the first picture."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence

from pixmake.providers.base import FREE, Answer, Call, Estimate, Failed, Limits, Painted, Picture, Request, SizeRule
from pixmake.providers.draft.worker import Worker, WorkerGone

ENGINE = "1"
"""Version of the drawing engine: any change of what is drawn raises it."""
MEDIA_TYPES = {"raster": "image/png", "svg": "image/svg+xml", "gif": "image/gif"}
LIMITS = Limits(
    model="draft",
    sizes=SizeRule(multiple=1, longest=16_384, ratio=1_000, least_area=1, most_area=67_108_864, exact=True),
    qualities=("auto", "low", "medium", "high", "standard", "hd"),
    backgrounds=("auto", "transparent", "opaque"),
    complexities=("auto", "low", "medium", "high"),
    fidelities=("low", "high"),
    kinds=("raster", "svg", "gif"),
    markup=True,
    mask=True,
    most_inputs=64,
    most_images=64,
    most_prompt=1_000_000,
)
LARGE = 200_000
"""Pixels from which a picture is worth sending to another process."""


def draw(request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
    """The bytes of variant `variant` (from 1): PNG, SVG or GIF as `request.kind` asks.

    Equal arguments give equal bytes in every process. Raises OSError when an input picture can't be read.
    """
    from pixmake.providers.draft import easel

    return easel.draw(request, pictures, variant)


class DraftProvider:
    """Draws what the words name. resvg holds the interpreter lock, so a second picture at a time goes to a process."""

    free = True
    draft = True

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        wanted = (settings or {}).get("concurrency")
        self.concurrency = wanted if isinstance(wanted, int) and wanted > 0 else os.cpu_count() or 1
        self._drawing = 0
        self._idle: list[Worker] = []

    def limits(self, model: str | None) -> Limits:
        """Everything is drawn, at any size, whatever the model's name."""
        return LIMITS

    def known_models(self) -> Sequence[str]:
        """Empty: any name may stand."""
        return ()

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        """Drafts cost nothing."""
        return FREE

    def obstacle(self) -> str | None:
        """Drafts can always be drawn."""
        return None

    async def make(self, call: Call) -> Answer:
        """Draw `call.count` variants. Raises Failed when an input picture can't be read."""
        try:
            drawn = await asyncio.gather(
                *(self._one(call.request, call.pictures, variant) for variant in range(1, call.count + 1))
            )
        except OSError as error:
            raise Failed(
                f"an input picture can't be read: {error}", help="look whether the file is a whole image"
            ) from error
        kind = MEDIA_TYPES[call.request.kind]
        return Answer(
            pictures=tuple(Painted(data=data, media_type=kind) for data in drawn), cost=FREE.low, model="draft"
        )

    async def _one(self, request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
        self._drawing += 1
        try:
            if self._drawing > 1 and _area(request) >= LARGE and self.concurrency > 1:
                drawn = await self._elsewhere(request, pictures, variant)
                if drawn is not None:
                    return drawn
            return await asyncio.to_thread(draw, request, pictures, variant)
        finally:
            self._drawing -= 1

    async def _elsewhere(self, request: Request, pictures: Sequence[Picture], variant: int) -> bytes | None:
        """Drawn by a process; None on a host where none can be started, or where it died: then a thread draws."""
        try:
            worker = self._idle.pop() if self._idle else await Worker.start()
            data = await worker.draw(request, pictures, variant)
        except WorkerGone:
            return None
        self._idle.append(worker)
        return data

    async def close(self) -> None:
        """End the drawing processes."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.close() for worker in idle))


def _area(request: Request) -> int:
    width, _, height = request.size.partition("x")
    return int(width) * int(height) if width.isdigit() and height.isdigit() else 1024 * 1024
