"""Draft room: a process that draws for another one. resvg holds the interpreter's lock, so a second core needs a second process.

It is started as `python -m pixmake.providers.draft.worker` and speaks over its pipes: a line of JSON in, a line of JSON
and the picture's bytes out. It imports nothing of the program that started it, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pixmake.providers.base import Picture, Request, RequestInput


class WorkerGone(Exception):
    """The process could not be started, or has ended."""


class Worker:
    """One drawing process. A worker draws one picture at a time; it belongs to the event loop that started it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> Worker:
        """Raises WorkerGone on a host where processes can't be started."""
        try:
            command = [sys.executable, "-m", "pixmake.providers.draft.worker"]
            return cls(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL))
        except (OSError, NotImplementedError) as error:
            raise WorkerGone(str(error)) from error

    async def draw(self, request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
        """A picture's bytes. Raises OSError for an unreadable input, WorkerGone where the process died."""
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None and writer is not None
        try:
            writer.write(_order(request, pictures, variant))
            await writer.drain()
            head = json.loads(await reader.readline() or b"null")
            if head is None:
                raise WorkerGone("the drawing process ended")
            if "error" in head:
                raise OSError(head["error"])
            return await reader.readexactly(head["size"])
        except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            raise WorkerGone(str(error)) from error

    async def close(self) -> None:
        """Ends the process and waits for it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()


def _order(request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
    body = {"request": asdict(request), "pictures": [asdict(item) for item in pictures], "variant": variant}
    return json.dumps(body, default=str).encode() + b"\n"  # Decimals and paths as text; drawing reads no options


def read_order(line: bytes) -> tuple[Request, list[Picture], int]:
    """What `Worker.draw` wrote."""
    body = json.loads(line)
    known = {field.name for field in fields(Request)}
    values: dict[str, Any] = {name: value for name, value in body["request"].items() if name in known}
    values["inputs"] = tuple(RequestInput(**item) for item in values["inputs"])
    values["turns"] = tuple(values["turns"])
    return Request(**values), [_picture(item) for item in body["pictures"]], body["variant"]


def _picture(values: Mapping[str, Any]) -> Picture:
    return Picture(**{**values, "path": Path(values["path"])})


def serve() -> None:
    """Draws what comes in until nothing comes any more."""
    from pixmake.providers.draft.easel import draw

    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            data = draw(*read_order(line))
        except OSError as error:
            out.write(json.dumps({"error": str(error)}).encode() + b"\n")
        else:
            out.write(json.dumps({"size": len(data)}).encode() + b"\n")
            out.write(data)
        out.flush()


if __name__ == "__main__":
    serve()
