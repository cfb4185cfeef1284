"""A provider for tests: paints a different valid picture each time, counts its calls, costs what it is told to cost.

In process: `Project(file, providers={"counting": lambda settings: provider})`. In a subprocess: `entry_point(folder)`
registers the type `counting`; put `folder` and the folder `tests` on PYTHONPATH. There the settings of the spec
(`providers: {counting: {log: FILE, price: 0.04}}`; a price may be `unknown`), and below them the variables
COUNTING_LOG, COUNTING_PRICE, COUNTING_SCRIPT (JSON) and COUNTING_OBSTACLE, say how it behaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import cast

from pixmake.providers.base import (
    Answer,
    Busy,
    Call,
    Estimate,
    Failed,
    Limits,
    Painted,
    ProviderError,
    Refused,
    Request,
    SizeRule,
    Stopped,
    Unknown,
)

ENDINGS: Mapping[str, Callable[[], ProviderError]] = {
    "refused": lambda: Refused("the request was refused by the safety system", help="say it another way"),
    "busy": lambda: Busy("too many requests", wait=0.01),
    "failed": lambda: Failed("the request is wrong", help="mend it"),
    "stopped": lambda: Stopped("the quota is used up", help="top up the account"),
    "unknown": lambda: Unknown("no answer came", request_id="req_lost"),
}
"""What a script may say of a call, besides `ok` and `slow` (ok after a second)."""

QUALITIES = ("low", "medium", "high", "auto")


@dataclass(slots=True)
class CountingProvider:
    """Fakes whoever paints, and nothing else.

    `price` in USD a picture; `low` is the lower bound of the estimate and `bill` what is charged (None: the price).
    `script` maps a piece of a prompt to endings, one a call, in order; when they are used up, calls succeed. An ending
    with `*` stays for ever. `calls` holds every call that was sent, `log` gets one JSON line for each. `hook` runs
    inside each call.
    """

    price: Decimal | None = Decimal("0.04")
    low: Decimal | None = None
    bill: Decimal | None = None
    log: Path | None = None
    script: dict[str, list[str]] = field(default_factory=dict)
    blocked: str | None = None
    free: bool = False
    draft: bool = False
    concurrency: int = 4
    most_images: int = 4
    sizes: SizeRule = field(default_factory=SizeRule)
    token: bytes = field(default_factory=lambda: os.urandom(6))
    hook: Callable[[Call], None] | None = None
    retired: str | None = None
    calls: list[Call] = field(default_factory=list)
    closed: bool = False
    _serial: count[int] = field(default_factory=count)

    @property
    def prompts(self) -> list[str]:
        """Prompts of all calls, in the order they were sent."""
        return [call.request.prompt for call in self.calls]

    def limits(self, model: str | None) -> Limits:
        return Limits(
            model=model or "any",
            sizes=self.sizes,
            qualities=QUALITIES,
            backgrounds=("transparent", "opaque", "auto"),
            complexities=("low", "medium", "high"),
            fidelities=("low", "high"),
            kinds=("raster", "svg"),
            markup=True,
            most_images=self.most_images,
            retired=self.retired,
        )

    def known_models(self) -> Sequence[str]:
        return ()

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        if self.price is None:
            return None
        low = self.price if self.low is None else self.low
        return Estimate(low=low * count, high=self.price * count)

    def obstacle(self) -> str | None:
        return self.blocked

    async def make(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.log is not None:
            line = {"prompt": call.request.prompt, "count": call.count, "intent": call.intent, "pid": os.getpid()}
            with open(self.log, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
        if self.hook is not None:
            self.hook(call)
        ending = self._ending(call.request.prompt)
        if ending in ENDINGS:
            raise ENDINGS[ending]()
        await asyncio.sleep(1 if ending == "slow" else 0)
        pictures = tuple(self._paint(call.request) for _ in range(call.count))
        return Answer(
            pictures=pictures,
            cost=None if self.price is None else (self.bill or self.price) * call.count,
            usage={"images": call.count},
            request_id=f"req_{len(self.calls)}",
            model=call.request.model,
        )

    async def close(self) -> None:
        self.closed = True

    def _ending(self, prompt: str) -> str:
        for piece, endings in self.script.items():
            if piece in prompt and endings:
                return endings[0].rstrip("*") if endings[0].endswith("*") else endings.pop(0)
        return "ok"

    def _paint(self, request: Request) -> Painted:
        width, height = (1024, 1024) if request.size == "auto" else (int(side) for side in request.size.split("x"))
        mark = self.token + struct.pack(">I", next(self._serial))
        if request.kind == "svg":
            return Painted(data=_svg(width, height, mark), media_type="image/svg+xml")
        return Painted(data=png(width, height, mark, alpha=request.background == "transparent"), media_type="image/png")


def png(width: int, height: int, mark: bytes, *, alpha: bool = False) -> bytes:
    """A valid PNG: bands whose colours come from `mark`, with `mark` itself in its first pixels."""
    depth, end = (4, b"\xff") if alpha else (3, b"")
    colors = [bytes(mark[(at + shift) % len(mark)] for shift in range(3)) + end for at in range(len(mark))]
    rows = [bytearray(colors[row * len(colors) // height] * width) for row in range(height)]
    if width * height * depth > len(mark) and width > len(mark):
        rows[0][: len(mark)] = mark
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)
    head = struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0)
    chunks = (b"IHDR" + head, b"IDAT" + data, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def _svg(width: int, height: int, mark: bytes) -> bytes:
    rect = f'<rect width="{width}" height="{height}" fill="#{mark[-3:].hex()}"/><desc>{mark.hex()}</desc>'
    view = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {view}>{rect}</svg>'.encode()


def from_settings(settings: Mapping[str, object]) -> CountingProvider:
    """The factory behind the entry point."""
    said = {
        name: settings.get(name, os.environ.get(f"COUNTING_{name.upper()}")) for name in ("log", "price", "obstacle")
    }
    script = settings.get("script") or json.loads(os.environ.get("COUNTING_SCRIPT", "{}"))
    endings = {
        str(piece): [str(word) for word in (words if isinstance(words, list) else [words])]
        for piece, words in cast("Mapping[str, object]", script).items()
    }
    return CountingProvider(
        price=None if said["price"] == "unknown" else Decimal(str(said["price"] or "0.04")),
        log=Path(str(said["log"])) if said["log"] else None,
        blocked=str(said["obstacle"]) if said["obstacle"] else None,
        script=endings,
    )


def entry_point(folder: Path) -> Path:
    """Registers the provider type `counting` for processes that have `folder` (and `tests`) on PYTHONPATH."""
    info = folder / "pixmake_counting-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pixmake-counting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pixmake.providers]\ncounting = fakes.counting:from_settings\n")
    return folder
