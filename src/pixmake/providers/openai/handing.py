"""Providers room: a body that somebody takes as it comes: it is held nowhere, and nobody is woken for a piece of it.

h11 says where a body ends, but where its length is told: then bytes are counted, and go to who takes them from the very
buffer that the system filled.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

import h11
import httpx2

Taker = Callable[[bytes | bytearray, int], None]
"""Takes the first so many bytes of what it is given, which are others as soon as it has returned."""

taker: ContextVar[Taker | None] = ContextVar("taker", default=None)
"""Who takes the body of a good answer; the response's own body is empty then. None: it comes by the response."""


def is_plain(head: h11.Response) -> bool:
    """Whether a response is a good one whose bytes are not packed: others come by the response, whoever wants them."""
    return head.status_code == httpx2.codes.OK and all(name != b"content-encoding" for name, _ in head.headers)


class Handing:
    """One body on its way to who takes it."""

    def __init__(self, http: h11.Connection, head: h11.Response, takes: Taker) -> None:
        """What `http` has read beyond `head` is passed on at once."""
        self.over = False
        """Whether nothing more will be passed on: all of it was, or there was trouble."""
        self.trouble: Exception | None = None
        self.pieces = 0
        """How many have come."""
        self._http = http
        self._takes = takes
        self._length = _length_of(head)
        self._passed = 0
        self._pass_on()

    def come(self, space: bytearray, size: int) -> None:
        """The system has filled the first `size` bytes of `space`."""
        self.pieces += 1
        if self.over:
            return
        if self._length is None:
            self._http.receive_data(memoryview(space)[:size])  # type: ignore[arg-type]  # it copies from any buffer
            self._pass_on()
        else:
            self._pass(space, min(size, self._length - self._passed))
            self.over = self.over or self._passed == self._length

    def end(self) -> None:
        """The server has said all it will say."""
        if self.over:
            return
        if self._length is None:
            self._http.receive_data(b"")
            self._pass_on()
        else:
            self._fail(httpx2.RemoteProtocolError(f"the body ended after {self._passed} of {self._length} bytes"))

    def _pass_on(self) -> None:
        """Whatever h11 makes of what it was given."""
        try:
            while isinstance(event := self._http.next_event(), h11.Data):
                self._pass(event.data, len(event.data))
        except h11.RemoteProtocolError as error:
            self._fail(httpx2.RemoteProtocolError(str(error)))
        else:
            self.over = self.over or isinstance(event, h11.EndOfMessage)

    def _pass(self, data: bytes | bytearray, size: int) -> None:
        self._passed += size
        if self.trouble is None:
            try:
                self._takes(data, size)
            except Exception as error:  # the taker's own, which the call that waits for the end is to raise
                self._fail(error)

    def _fail(self, trouble: Exception) -> None:
        self.over, self.trouble = True, self.trouble or trouble


def _length_of(head: h11.Response) -> int | None:
    """Bytes of a body, where it has no other end (RFC 9112, 6.3: chunks come before a length)."""
    said = dict(head.headers)
    return None if b"transfer-encoding" in said or b"content-length" not in said else int(said[b"content-length"])
