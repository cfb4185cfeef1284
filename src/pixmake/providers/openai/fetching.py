"""Providers room: pictures that a server answers as addresses. Nothing is asked of a private address the user did not name.

Names are resolved first, every address behind them is checked, and the connection goes to the very address that was
checked; each redirect is a new address. The key goes to the user's own server only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2

from pixmake.values import dataclass

MOST_BYTES = 200_000_000
MOST_REDIRECTS = 5
TRIES = 3
"""A fetch may be repeated: it costs nothing, and the picture is paid for."""
PAUSE = 0.25
PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Unfetched(Exception):
    """A picture could not be fetched. The text completes "its address …"."""


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; addresses that wrap another count as that."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches what one server's answers point to. `base` is the server's address, `headers` carry its key."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    resolve: Resolve = resolve
    allowed: Callable[[str], bool] = is_public
    most_bytes: int = MOST_BYTES

    async def fetch(self, client: httpx2.AsyncClient, url: str) -> bytes:
        """The bytes at `url`, which may be relative to the server's address. Raises Unfetched."""
        try:
            place = urljoin(self.base.rstrip("/") + "/", url)
            host = urlsplit(place).hostname
        except ValueError:
            raise Unfetched("is no address") from None
        reason = ""
        for attempt in range(TRIES):
            try:
                return await self._follow(client, place)
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                reason = type(error).__name__
            await asyncio.sleep(PAUSE * (attempt + 1))
        raise Unfetched(f"at {host} can't be fetched: {reason}")

    async def _follow(self, client: httpx2.AsyncClient, url: str) -> bytes:
        for _ in range(MOST_REDIRECTS):
            request = await self._request(client, url)
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                if not response.has_redirect_location:
                    return await self._read(response)
                url = urljoin(url, response.headers["location"])
            finally:
                await response.aclose()
        raise Unfetched(f"redirects more than {MOST_REDIRECTS} times")

    async def _request(self, client: httpx2.AsyncClient, url: str) -> httpx2.Request:
        """A GET that can go nowhere but to the address that was checked."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            raise Unfetched("is no address") from None
        if parts.scheme not in PORTS or not host:
            raise Unfetched(f"is none of http or https but '{parts.scheme}'")
        if self._is_own(host, port):
            secret = self.headers if parts.scheme == self._scheme else {}
            return client.build_request("GET", url, headers=secret)
        found = await self.resolve(host, port)
        private = [address for address in found if not self.allowed(address)]
        if private or not found:
            raise Unfetched(
                f"points to {host}:{port}, a private address that the settings don't name: nothing was sent"
            )
        return _pinned(client, parts, host, found[0])

    @property
    def _scheme(self) -> str:
        return urlsplit(self.base).scheme

    def _is_own(self, host: str, port: int) -> bool:
        own = urlsplit(self.base)
        return (host, port) == (own.hostname, own.port or PORTS.get(own.scheme, 0))

    async def _read(self, response: httpx2.Response) -> bytes:
        if response.status_code >= 500:
            raise httpx2.RemoteProtocolError("server error")  # worth another try
        if response.status_code != 200:
            raise Unfetched(f"answers HTTP {response.status_code}")
        data = bytearray()
        async for piece in response.aiter_bytes():
            data += piece
            if len(data) > self.most_bytes:
                raise Unfetched(f"holds more than the {self.most_bytes / 1e6:g} MB allowed")
        return bytes(data)


def _pinned(client: httpx2.AsyncClient, parts: SplitResult, host: str, address: str) -> httpx2.Request:
    """A GET of a public address by number; name and certificate stay the host's."""
    number = f"[{address}]" if ":" in address else address
    place = parts._replace(netloc=f"{number}:{parts.port}" if parts.port else number, fragment="").geturl()
    named = host if parts.port is None else f"{host}:{parts.port}"
    return client.build_request("GET", place, headers={"Host": named}, extensions={"sni_hostname": host})
