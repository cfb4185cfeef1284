"""Servers that a foreign spec names: endless, packed, pointing elsewhere, repeating keys. Bounded, and nothing is told."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from hostile.cells import Cell

SPEC = """\
version: 1
providers: {mine: {type: openai, base_url: "http://127.0.0.1:PORT/v1", api_key_env: FOO, timeout: 20}}
defaults: {provider: mine, model: gpt-image-2.5-flare}
assets: {x.png: a heart}
"""
Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def server(answer: Answer) -> Iterator[int]:
    """A server on the loopback that answers every call so; its port."""
    listener, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()
    listener.settimeout(0.1)

    def serve() -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    asked = b""
                    while b"\r\n\r\n" not in asked:
                        asked += connection.recv(1 << 16)
                    answer(connection, asked)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        thread.join(20)
        listener.close()


def send(connection: socket.socket, status: int, body: bytes, *headers: str) -> None:
    lines = [
        f"HTTP/1.1 {status} So",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    connection.sendall("\r\n".join(lines).encode() + body)


def endless(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 500 So\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(2_000):
        connection.sendall(b"x" * 1_000_000)


def packed(connection: socket.socket, asked: bytes) -> None:
    send(connection, 400, gzip.compress(b"x" * 20_000_000, 1) * 20, "Content-Encoding: gzip")


def many_heads(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(2_000):
        connection.sendall(b"X-A: " + b"y" * 50_000 + b"\r\n")


def repeating(connection: socket.socket, asked: bytes) -> None:
    said = asked.decode("latin-1") + " \x1b[2J\x9b"
    send(connection, 400, json.dumps({"error": {"message": said, "code": said, "param": said, "type": "t"}}).encode())


def elsewhere(connection: socket.socket, asked: bytes) -> None:
    send(connection, 307, b"", "Location: http://169.254.169.254/latest")


def pointing(url: str) -> Answer:
    def answer(connection: socket.socket, asked: bytes) -> None:
        send(connection, 200, json.dumps({"created": 1, "data": [{"url": url}]}).encode())

    return answer


def deep(connection: socket.socket, asked: bytes) -> None:
    send(connection, 200, b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}")


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        pytest.param(endless, 5, "HTTP 500", id="endless"),
        pytest.param(packed, 1, "HTTP 400", id="packed"),
        pytest.param(many_heads, 5, "broke", id="heads"),
        pytest.param(repeating, 1, "HTTP 400", id="repeating"),
        pytest.param(elsewhere, 1, "redirects", id="elsewhere"),
        pytest.param(pointing("file:///etc/passwd"), 5, "none of http or https", id="file"),
        pytest.param(pointing("http://169.254.169.254/x"), 5, "a private address", id="private"),
        pytest.param(deep, 5, "damaged JSON", id="deep"),
    ],
)
def test_hostile_answers_are_bounded_and_told(cell: Cell, answer: Answer, code: int, says: str) -> None:
    with server(answer) as port:
        cell.spec(SPEC.replace("PORT", str(port)), head="")
        outcome = cell.run("build", "--yes", asks=True, http_proxy="", https_proxy="", all_proxy="")
    assert outcome.code == code, outcome.err
    assert says in outcome.err
    asked = {item for item in outcome.connected if item.startswith("((")}  # the others were looked up, and refused
    assert asked <= {f"(('127.0.0.1', {port}),)"}
