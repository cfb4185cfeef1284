"""Bench: buying pictures without a client, a build or a record of anything: one loop over sockets.

Each picture is decoded while it comes, hashed, checked by its checksums, written and flushed to the disk, as every bought one
must be. It shows what these duties take when little else is done: a yardstick, no bound, for somebody may do them quicker.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pixmake.build.receiving import FLUSHES
from pixmake.imaging.ends import PngChunks
from pixmake.providers.openai.unpacking import decode

PIECE = 1 << 18
AT_ONCE = 4
"""Answers that are read in one turn of the loop."""


class Download:
    """One call, from its request to the flushed file."""

    def __init__(self, port: int, body: dict[str, object], path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setblocking(False)
        data = json.dumps(body).encode()
        head = f"POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(data)}\r\n\r\n"
        self.connection.sendall(head.encode() + data)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        self.hash = hashlib.sha256()
        self.chunks = PngChunks()
        self.left: int | None = None
        self.waiting = b""

    def read(self, space: bytearray) -> bool:
        """Takes what came; whether that was all."""
        size, at = self.connection.recv_into(space), 0
        if self.left is None:  # the painter sends the head and the picture's first bytes at once
            head, _, _ = bytes(space[:size]).partition(b"\r\n\r\n")
            self.left = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]) + len(head) + 4
            at = space.index(b'"', space.index(b'"b64_json":', 0, size) + len('"b64_json":'), size) + 1
        self.left -= size
        quote = space.find(b'"', at, size)
        self._take(self.waiting + bytes(space[at : size if quote < 0 else quote]))
        return self.left <= 0

    def _take(self, text: bytes) -> None:
        usable = len(text) & ~3
        self.waiting = text[usable:]
        data = decode(text[:usable])
        os.write(self.file, data)
        self.hash.update(data)
        self.chunks.take(data)

    def end(self) -> None:
        """Flushes the picture and gives it its name. Raises BadPicture."""
        os.fsync(self.file)
        os.close(self.file)
        self.chunks.check()
        self.path.rename(self.path.with_name(self.hash.hexdigest()))


def buy(count: int, flight: int, port: int, folder: Path, model: str) -> None:
    """So many pictures, of which so many are in flight. They are flushed by threads, as many at once as pixmake has."""
    space, watched, begun, done = bytearray(PIECE), selectors.DefaultSelector(), 0, 0
    with ThreadPoolExecutor(FLUSHES) as threads:
        ends = []
        while done < count:
            while begun < count and begun - done < flight:
                body = {"model": model, "prompt": f"thing number {begun}", "quality": "low", "n": 1}
                download = Download(port, body, folder / f"{begun}.part", begun)
                watched.register(download.connection, selectors.EVENT_READ, download)
                begun += 1
            # a few at a time, the oldest first: read in turn, all would be late
            for key, _ in sorted(watched.select(), key=lambda ready: ready[0].data.number)[:AT_ONCE]:
                if key.data.read(space):
                    watched.unregister(key.data.connection)
                    key.data.connection.close()
                    ends.append(threads.submit(key.data.end))
                    done += 1
        for end in ends:
            end.result()
