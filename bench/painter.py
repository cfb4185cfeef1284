"""Bench: a server that paints: a process of its own, so cheap that the buyer is what is measured. One thread, no parsing
but of heads, bodies ready before the first call; every picture differs, as bought ones do.

    python -m bench.painter SIDE LATENCY      prints its port
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import socket
import struct
import sys
import tempfile
import zlib
from itertools import count
from typing import IO

USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}
MARK = 11
"""Digits in the text chunk that makes each picture another one; with them the head of the PNG is a multiple of three."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def head(side: int, number: int) -> bytes:
    """The first bytes of picture `number`: signature, size, and a text that no other picture has."""
    size = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + size + _chunk(b"tEXt", b"number\0" + b"%0*d" % (MARK, number))


def tail(side: int) -> bytes:
    """The other bytes: noise, which does not compress."""
    dice = random.Random(1)
    rows = b"".join(b"\0" + dice.randbytes(side * 3) for _ in range(side))
    return _chunk(b"IDAT", zlib.compress(rows, 0)) + _chunk(b"IEND", b"")


class Painter:
    """Answers every POST after `latency` seconds with a picture of `side` x `side` pixels of noise."""

    def __init__(self, side: int, latency: float, body: IO[bytes]) -> None:
        self.side = side
        self.latency = latency
        self.body = body
        usage = json.dumps({"created": 1, "data": [{"b64_json": "@"}], "usage": USAGE}).encode()
        self.before, after = usage.split(b"@")
        self.size = body.write(base64.b64encode(tail(side)) + after)
        body.flush()
        self.numbers = count(1)

    def answer(self) -> bytes:
        """What stands before the common part of the next answer."""
        begun = self.before + base64.b64encode(head(self.side, next(self.numbers)))
        said = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(begun) + self.size}\r\n\r\n"
        return said.encode() + begun

    async def serve(self, connection: socket.socket) -> None:
        """All calls of one connection."""
        loop, unread = asyncio.get_running_loop(), b""
        with connection:
            while True:
                while b"\r\n\r\n" not in unread:
                    piece = await loop.sock_recv(connection, 65536)
                    if not piece:
                        return
                    unread += piece
                heads, _, unread = unread.partition(b"\r\n\r\n")
                length = int(heads.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                while len(unread) < length:
                    unread += await loop.sock_recv(connection, 65536)
                unread = unread[length:]
                await asyncio.sleep(self.latency)
                await loop.sock_sendall(connection, self.answer())
                await loop.sock_sendfile(connection, self.body)

    async def run(self) -> None:
        """Serves until it is killed."""
        loop, calls = asyncio.get_running_loop(), set()
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listener.setblocking(False)
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            call = loop.create_task(self._served(connection))
            calls.add(call)
            call.add_done_callback(calls.discard)

    async def _served(self, connection: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):  # the buyer went away
            await self.serve(connection)


def main() -> int:
    """The server's process."""
    side, latency = int(sys.argv[1]), float(sys.argv[2])
    with tempfile.TemporaryFile() as body:
        asyncio.run(Painter(side, latency, body).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
