"""The wire under the SDK: whatever a server sends, and whenever it stops; what an ending says of money."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from pixmake.providers.openai.wire import Wire, transport

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


async def request_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    return head + await reader.readexactly(length)


def says(*pieces: bytes, heard: list[bytes] | None = None, pause: float = 0.0) -> Serve:
    """A server that reads a request, says these pieces and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        if heard is not None:
            heard.append(request)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    return serve


def fetch(serve: Serve, *, body: bytes = b"ask", timeout: float = 5.0) -> tuple[int, bytes]:
    """What one POST to such a server brings."""

    async def run() -> tuple[int, bytes]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx2.AsyncClient(transport=Wire(), timeout=timeout) as client:
            response = await client.post(f"http://127.0.0.1:{port}/v1/x?y=1", content=body)
            return response.status_code, response.content

    return asyncio.run(run())


def test_a_body_of_known_length() -> None:
    heard: list[bytes] = []
    assert fetch(says(OK + b"content-length: 5\r\n\r\nhe", b"llo", heard=heard, pause=0.01)) == (200, b"hello")
    assert heard[0].startswith(b"POST /v1/x?y=1 HTTP/1.1\r\n")
    assert heard[0].endswith(b"\r\n\r\nask")


def test_a_body_in_chunks_and_one_until_the_end() -> None:
    assert fetch(says(OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n")) == (
        200,
        b"hello",
    )
    assert fetch(says(b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo")) == (200, b"hello")


def test_informational_heads_are_passed_over_and_errors_keep_their_body() -> None:
    assert fetch(says(b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 429 Slow\r\ncontent-length: 2\r\n\r\nno")) == (
        429,
        b"no",
    )


def test_megabytes_come_whole_however_slowly_they_are_read() -> None:
    data = bytes(range(256)) * 20_000

    async def run() -> bytes:
        server = await asyncio.start_server(says(OK + b"content-length: %d\r\n\r\n" % len(data), data), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        got = b""
        async with server, httpx2.AsyncClient(transport=Wire()) as client, client.stream("POST", url) as response:
            async for piece in response.aiter_raw():
                assert len(piece) <= 1 << 20, "the server waits while nobody reads"
                got += piece
                await asyncio.sleep(0.01)
        return got

    assert asyncio.run(run()) == data


def test_a_large_request_is_sent_whole_to_a_server_that_reads_slowly() -> None:
    heard: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        heard.append(len(await reader.readexactly(8_000_000)))
        writer.write(OK + b"content-length: 0\r\n\r\n")
        writer.close()

    assert fetch(serve, body=bytes(8_000_000)) == (200, b"")
    assert heard == [8_000_000]


def test_an_answer_before_the_whole_request_was_read_counts() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig")
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()

    assert fetch(serve, body=bytes(30_000_000)) == (413, b"big")


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ((), httpx2.RemoteProtocolError),
        ((b"HTTP/1.1 200",), httpx2.RemoteProtocolError),
        ((OK + b"content-length: 9\r\n\r\nhell",), httpx2.RemoteProtocolError),
        ((OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhel",), httpx2.RemoteProtocolError),
        ((b"\0\1\2 nonsense\r\n\r\n",), httpx2.RemoteProtocolError),
        ((b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",), httpx2.RemoteProtocolError),
        ((OK + b"x: " + b"y" * 200_000,), httpx2.RemoteProtocolError),
    ],
)
def test_an_end_after_sending_never_looks_as_if_nothing_was_sent(
    pieces: tuple[bytes, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        fetch(says(*pieces))


def test_a_reset_is_a_read_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(OK + b"content-length: 9\r\n\r\nhell")
        await writer.drain()
        await asyncio.sleep(0.05)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    with pytest.raises(httpx2.ReadError):
        fetch(serve)


def test_silence_is_a_read_timeout() -> None:
    with pytest.raises(httpx2.ReadTimeout):
        fetch(says(b"", pause=5.0), timeout=0.1)
    with pytest.raises(httpx2.ReadTimeout):
        fetch(says(OK + b"content-length: 9\r\n\r\nhell", pause=5.0), timeout=0.1)


def post(url: str, wire: Wire | None = None) -> httpx2.Response:
    async def run() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=wire or Wire(), timeout=5) as client:
            return await client.post(url, content=b"ask")

    return asyncio.run(run())


def test_nobody_there_is_a_connect_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}/"):
        with pytest.raises(httpx2.ConnectError):
            post(url)


def test_other_schemes_are_refused() -> None:
    with pytest.raises(httpx2.UnsupportedProtocol):
        post("ftp://127.0.0.1/")


def test_a_server_without_tls_gets_no_byte_of_the_request() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx2.AsyncClient(transport=Wire(), timeout=5) as client:
            await client.post(f"https://127.0.0.1:{port}/", content=b"a secret prompt")

    with pytest.raises(httpx2.ConnectError):
        asyncio.run(run())
    assert all(b"secret" not in piece for piece in heard)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_over_tls_the_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "k.pem", tmp_path / "c.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    data = bytes(3_000_000)

    async def run() -> bytes:
        serve = says(OK + b"content-length: %d\r\n\r\n" % len(data), data)
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx2.AsyncClient(transport=Wire(), timeout=5) as client:
            return (await client.post(f"https://localhost:{port}/", content=b"ask")).content

    with pytest.raises(httpx2.ConnectError):
        asyncio.run(run())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert asyncio.run(run()) == data


def test_where_the_system_names_a_proxy_the_sdk_sends_as_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(transport(), Wire)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert transport() is None
