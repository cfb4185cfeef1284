"""A body that is taken as it comes: it is what the response would have brought, and so is every way in which it ends."""

from __future__ import annotations

import asyncio
import gzip

import httpx2
import pytest

from pixmake.providers.openai.handing import taker
from pixmake.providers.openai.wire import HANDED, Wire
from providers.openai.test_openai_wire import Serve, says

OK = b"HTTP/1.1 200 OK\r\n"


def fetch(
    serve: Serve, *, timeout: float = 5.0, fails_at: int | None = None, by_response: bool = False
) -> tuple[bytes, httpx2.Response]:
    """What was taken of the answer to one POST, and the response, whose body is awaited by its extension or itself."""
    taken = bytearray()

    def take(data: bytes | bytearray, size: int) -> None:
        taken.extend(data[:size])
        if fails_at is not None and len(taken) >= fails_at:
            raise ArithmeticError("no more, please")

    async def run() -> httpx2.Response:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        token = taker.set(take)
        try:
            async with (
                server,
                httpx2.AsyncClient(transport=Wire(), timeout=timeout) as client,
                client.stream("POST", f"http://127.0.0.1:{port}/", content=b"ask") as response,
            ):
                if HANDED in response.extensions and not by_response:
                    await response.extensions[HANDED]()
                await response.aread()
                return response
        finally:
            taker.reset(token)

    response = asyncio.run(run())
    return bytes(taken), response


@pytest.mark.parametrize("by_response", [False, True])
@pytest.mark.parametrize("pause", [0.0, 0.01])
@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"content-length: 5\r\n\r\nhe", b"llo"),
        (OK + b"content-length: 5\r\n\r\n", b"hello and more than was announced"),
        (OK + b"content-length: 5\r\n\r\nhello",),
        (OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"),
        (OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n", b"5\r\nhel", b"lo\r\n0\r\n\r\n"),
        (b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", OK + b"content-length: 5\r\n\r\nhello"),
    ],
)
def test_a_good_body_is_taken_whole_and_the_response_holds_none_of_it(
    pieces: tuple[bytes, ...], pause: float, by_response: bool
) -> None:
    taken, response = fetch(says(*pieces, pause=pause), by_response=by_response)
    assert (taken, response.content) == (b"hello", b"")


def test_an_empty_body_is_over_at_once() -> None:
    taken, response = fetch(says(OK + b"content-length: 0\r\n\r\n"))
    assert (taken, response.content) == (b"", b"")


def test_megabytes_come_whole() -> None:
    data = bytes(range(256)) * 20_000
    taken, _ = fetch(says(OK + b"content-length: %d\r\n\r\n" % len(data), data))
    assert taken == data


def test_what_is_packed_and_what_is_no_good_answer_comes_by_the_response() -> None:
    packed = gzip.compress(b"hello")
    head = OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    taken, response = fetch(says(head, packed))
    assert (taken, response.content) == (b"", b"hello")
    taken, response = fetch(says(b"HTTP/1.1 429 Slow\r\ncontent-length: 2\r\n\r\nno"))
    assert (taken, response.status_code, response.content) == (b"", 429, b"no")


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"content-length: 9\r\n\r\nhell",),
        (OK + b"content-length: 9\r\n\r\n", b"hell"),
        (OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhel",),
        (OK + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n",),
        (OK + b"transfer-encoding: chunked\r\n\r\n", b"3\r\nhel\r\nnonsense\r\n"),
    ],
)
def test_a_body_that_is_cut_short_is_no_body(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        fetch(says(*pieces, pause=0.01))


def test_a_reset_is_a_read_error_and_one_after_the_last_byte_is_none() -> None:
    def resetting(body: bytes) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")  # the request's body stays unread: so the end of it all is a reset
            writer.write(OK + b"content-length: 5\r\n\r\n" + body)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()

        return serve

    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        fetch(resetting(b"hell"))
    assert fetch(resetting(b"hello"))[0] == b"hello"


def test_silence_is_a_read_timeout_and_slowness_is_none() -> None:
    with pytest.raises(httpx2.ReadTimeout):
        fetch(says(OK + b"content-length: 9\r\n\r\nhell", pause=5.0), timeout=0.1)
    slowly = [bytes([letter]) for letter in b"slow!"]
    assert fetch(says(OK + b"content-length: 5\r\n\r\n", *slowly, pause=0.15), timeout=0.4)[0] == b"slow!"


@pytest.mark.parametrize("fails_at", [1, 3, 5])
def test_what_the_taker_raises_the_call_raises(fails_at: int) -> None:
    with pytest.raises(ArithmeticError, match="no more, please"):
        fetch(says(OK + b"content-length: 5\r\n\r\nhe", b"llo", pause=0.01), fails_at=fails_at)
    with pytest.raises(ArithmeticError):
        fetch(says(OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), fails_at=fails_at)
