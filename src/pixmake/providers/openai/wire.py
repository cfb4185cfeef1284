"""Providers room: HTTP/1.1 under the SDK, in pieces as large as the system has them. One connection is one call.

What this says of an ending is what money hangs on: `ConnectError` and `ConnectTimeout` mean that no byte of the call had
left; whatever happens later is a read or a protocol error. h11 does all parsing (see handing.py for bodies).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.request import getproxies

import h11
import httpx2

from pixmake.providers.openai.handing import Handing, Taker, is_plain, taker

PIECE = 1 << 18
"""Bytes that are read at once at most."""
UNREAD = 1 << 18
"""Bytes of one call that may wait here unread; then the server has to wait."""
STAGGER = 0.25
"""Seconds until a host's next address is tried beside the first one (RFC 8305)."""
MOST_HEAD = 100 * 1024
"""Bytes of a response's head."""
PATIENCE = 60
"""Seconds of silence after which the system asks whether the other end is still there: pictures take minutes, and
whatever stands between forgets connections that say nothing."""
HANDED = "handed"
"""The extension of a response whose body somebody else takes: what to await until it has all of it."""
PORTS = {"http": 80, "https": 443}


def transport() -> httpx2.AsyncBaseTransport | None:
    """What the SDK's client is to send through; None (its own way) where the system names a proxy."""
    return None if any(getproxies().get(kind) for kind in ("http", "https", "all")) else Wire()


class Wire(httpx2.AsyncBaseTransport):
    """Sends each request on a connection of its own."""

    def __init__(self) -> None:
        self._secure: ssl.SSLContext | None = None
        self._space = bytearray(PIECE)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response as soon as its head has come. Raises httpx2's TransportErrors."""
        wait = _Waits(request.extensions.get("timeout") or {})
        line = await self._connect(request, wait)
        try:
            await line.send(request, wait.write)
            head = await line.head(wait.read)
            if (takes := taker.get()) is not None and is_plain(head):
                line.hand_to(takes, head)
        except BaseException:
            line.close()
            raise
        body = _Body(line, wait.read)
        extensions: dict[str, Any] = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        if line.is_handed:
            extensions[HANDED] = body.over
        return httpx2.Response(
            status_code=head.status_code, headers=head.headers.raw_items(), stream=body, extensions=extensions
        )

    async def _connect(self, request: httpx2.Request, wait: _Waits) -> _Line:
        url = request.url
        if url.scheme not in PORTS:
            raise httpx2.UnsupportedProtocol(f"the address begins with neither http:// nor https:// but {url.scheme!r}")
        secure = self._context() if url.scheme == "https" else None
        named = request.extensions.get("sni_hostname") or url.host
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(wait.connect):
                _, line = await loop.create_connection(
                    lambda: _Line(self._space),
                    url.host,
                    url.port or PORTS[url.scheme],
                    ssl=secure,
                    server_hostname=named if secure else None,
                    happy_eyeballs_delay=None if _is_number(url.host) else STAGGER,
                )
        except TimeoutError as error:
            raise httpx2.ConnectTimeout("") from error
        except (OSError, UnicodeError) as error:  # ssl.SSLError is an OSError; a name that can't be one, the other
            raise httpx2.ConnectError(str(error)) from error
        return line

    def _context(self) -> ssl.SSLContext:
        """As httpx2 makes it, environment included: reading all certificates takes long, so once."""
        if self._secure is None:
            self._secure = httpx2.create_ssl_context()
            self._secure.set_alpn_protocols(["http/1.1"])
        return self._secure


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _keep_alive(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if (idle := getattr(socket, "TCP_KEEPIDLE", None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, idle, PATIENCE)


class _Waits:
    """Seconds of a request's timeouts, None without bound."""

    def __init__(self, said: Mapping[str, float | None]) -> None:
        self.connect = said.get("connect")
        self.read = said.get("read")
        self.write = said.get("write")


class _Line(asyncio.BufferedProtocol):
    """One connection. The buffer is shared by all of them: what is in it is taken out before anybody else may read."""

    def __init__(self, space: bytearray) -> None:
        self._space = space
        self._view = memoryview(space)
        self._http = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self._unread = 0
        self._lost: Exception | None = None
        self._ended = self._full = self._paused = False
        self._news: asyncio.Future[None] | None = None
        self._wire: asyncio.Transport | None = None
        self._handing: Handing | None = None

    # --- what the loop tells ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        _keep_alive(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self._handing is not None:
            self._handing.come(self._space, nbytes)
            if self._handing.over:
                self._tell()
            return
        self._http.receive_data(self._view[:nbytes])  # type: ignore[arg-type]  # it copies from any buffer
        self._unread += nbytes
        if self._unread > UNREAD and not self._paused and self._wire is not None:
            self._paused = True
            self._wire.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = exc
        self._full = False
        self._end()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._tell()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            if self._lost is None and self._handing is not None:
                self._handing.end()
            elif self._lost is None:
                self._http.receive_data(b"")
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _wait(self, seconds: float | None) -> None:
        """Until something is new. Raises TimeoutError."""
        self._news = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._news
        finally:
            self._news = None

    # --- what a call does ------------------------------------------------------------------------------------

    async def send(self, request: httpx2.Request, seconds: float | None) -> None:
        """Writes a request. A server may answer and close before it has read all: then its answer counts."""
        try:
            head = _head(request.method, request.url.raw_path, tuple(request.headers.raw))
            pieces = [self._http.send(head) or b""]
            async for piece in cast(httpx2.AsyncByteStream, request.stream):
                pieces.append(self._http.send(h11.Data(data=piece)) or b"")
                if not await self._written(b"".join(pieces), seconds):
                    return
                pieces = []
            await self._written(b"".join([*pieces, self._http.send(h11.EndOfMessage()) or b""]), seconds)
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error

    async def _written(self, data: bytes, seconds: float | None) -> bool:
        """Whether the server still takes more."""
        assert self._wire is not None
        if self._ended:
            return False
        self._wire.write(data)
        while self._full and not self._ended:
            try:
                await self._wait(seconds)
            except TimeoutError as error:
                raise httpx2.WriteTimeout("") from error
        return not self._ended

    async def head(self, seconds: float | None) -> h11.Response:
        """Status and headers; informational ones are passed over."""
        while True:
            event = await self._next(seconds)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise httpx2.RemoteProtocolError("the server answered with something else than a response")

    @property
    def is_handed(self) -> bool:
        """Whether somebody else takes the body."""
        return self._handing is not None

    def hand_to(self, takes: Taker, head: h11.Response) -> None:
        """The body goes to `takes` from now on."""
        self._handing = Handing(self._http, head, takes)
        if self._ended and self._lost is None:
            self._handing.end()

    async def body(self, seconds: float | None) -> AsyncIterator[bytes]:
        """The body as it comes; nothing, once all of it has come, where somebody else takes it."""
        if self._handing is not None:
            await self._handed(self._handing, seconds)
            return
        while isinstance(event := await self._next(seconds), h11.Data):
            yield event.data  # in truth a bytearray of its own: megabytes are not copied once more

    async def _next(self, seconds: float | None) -> Any:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx2.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            self._unread = 0  # h11 gives all it has; what it keeps is the start of something it can't tell yet
            if self._lost is not None or self._ended:
                raise httpx2.ReadError(str(self._lost or "the connection was closed")) from self._lost
            self._read_on()
            try:
                await self._wait(seconds)
            except TimeoutError as error:
                raise httpx2.ReadTimeout("") from error

    def _read_on(self) -> None:
        if self._paused and self._wire is not None:
            self._paused = False
            self._wire.resume_reading()

    async def _handed(self, handing: Handing, seconds: float | None) -> None:
        """Until the body is over. The silence that it bears is `seconds`, and twice as long at most."""
        while not handing.over:
            if self._lost is not None or self._ended:
                raise httpx2.ReadError(str(self._lost or "the connection was closed")) from self._lost
            self._read_on()
            pieces = handing.pieces
            try:
                await self._wait(seconds)
            except TimeoutError as error:
                if handing.pieces == pieces:
                    raise httpx2.ReadTimeout("") from error
        if handing.trouble is not None:
            raise handing.trouble

    def close(self) -> None:
        """Ends the connection; what was not read is dropped."""
        if self._wire is not None:
            self._wire.abort()


@lru_cache(maxsize=64)
def _head(method: str, target: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> h11.Request:
    """A request's head, checked by h11; many calls have the very same. Raises h11.LocalProtocolError."""
    return h11.Request(method=method, target=target, headers=list(headers))


class _Body(httpx2.AsyncByteStream):
    """A response's body; closing it closes the connection."""

    def __init__(self, line: _Line, seconds: float | None) -> None:
        self._line = line
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(cast(Any, self._line.body(self._seconds))) as pieces:
            async for piece in pieces:
                yield piece

    async def over(self) -> None:
        """Returns once all of it has gone to who takes it."""
        async for _ in self._line.body(self._seconds):
            raise AssertionError("the body was handed over")

    async def aclose(self) -> None:
        self._line.close()
