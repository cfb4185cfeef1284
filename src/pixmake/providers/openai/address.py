"""Providers room: which server is asked, with which key. The key is read from the environment only and shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from typing import Literal
from urllib.parse import urlsplit

from pixmake.values import dataclass

OPENAI = "https://api.openai.com/v1"
KEY_NAME = "OPENAI_API_KEY"
URL_NAME = "OPENAI_BASE_URL"
AZURE_KEY_NAME = "AZURE_OPENAI_API_KEY"
AZURE_URL_NAME = "AZURE_OPENAI_ENDPOINT"
AZURE_PATH = "/openai/v1"
"""Azure's own copy of the API, without api-version (fact sheet, section 10)."""
NO_KEY = "unused"
"""What is sent as the key to a server that has none: the SDK insists on some text."""
DRAFTS = "or use --draft for free drafts"
Header = Literal["bearer", "api-key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where calls go. `key_name` is None for a server that the settings name without a key of its own.

    `source` is what the address was read from, `header` how the key is sent. With an `api_version` the address is an
    Azure endpoint whose paths hold the deployment, else it is complete.
    """

    url: str = field(repr=False)
    key_name: str | None
    key: str = field(repr=False)
    source: str = URL_NAME
    header: Header = "bearer"
    api_version: str | None = None

    @property
    def host(self) -> str:
        """The server as messages call it: without user names and passwords that an address may hold."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may hold."""
        parts = urlsplit(self.url)
        return tuple(text for text in (self.key if self.key_name else "", parts.password or "") if text)

    @property
    def key_headers(self) -> dict[str, str]:
        """The header that carries the key; none for a server without a key."""
        if self.key_name is None or not self.key:
            return {}
        return {"api-key": self.key} if self.header == "api-key" else {"Authorization": f"Bearer {self.key}"}


def address_of(settings: Mapping[str, object]) -> Address:
    """The address by a settings entry and the environment as it is now.

    OPENAI_API_KEY goes to OpenAI and to the server of OPENAI_BASE_URL. A server that the spec names gets a key only
    where `api_key_env` says which: a foreign spec must not carry somebody's key away.
    """
    own = settings.get("base_url") is not None or settings.get("base_url_env") is not None
    name = str(settings["api_key_env"]) if settings.get("api_key_env") else None if own else KEY_NAME
    key = os.environ.get(name, "") if name is not None else NO_KEY
    url, source = _url(settings, URL_NAME)
    return Address(url=url or ("" if own else OPENAI), key_name=name, key=key, source=source)


def azure_address_of(settings: Mapping[str, object]) -> Address:
    """The address of an Azure resource: its endpoint, with `/openai/v1` behind it unless `api_version` is set.

    AZURE_OPENAI_API_KEY goes to the endpoint of AZURE_OPENAI_ENDPOINT; an endpoint that the spec names otherwise gets
    the key that `api_key_env` names.
    """
    usual = str(settings.get("endpoint_env") or AZURE_URL_NAME)
    url, source = _url(settings, usual)
    stated = settings.get("api_key_env")
    name = str(stated) if stated else AZURE_KEY_NAME if source == AZURE_URL_NAME else None
    version = settings.get("api_version")
    return Address(
        url=_azure_url(url, versioned=version is not None),
        key_name=name,
        key=os.environ.get(name, "") if name is not None else "",
        source=source,
        header="api-key",
        api_version=None if version is None else str(version),
    )


def _azure_url(endpoint: str, *, versioned: bool) -> str:
    """The endpoint as portals show it in many forms: with and without `/openai`, `/openai/v1` or a slash."""
    plain = endpoint.rstrip("/").removesuffix("/v1").removesuffix("/openai")
    return plain if versioned or not plain else plain + AZURE_PATH


def _url(settings: Mapping[str, object], usual: str) -> tuple[str, str]:
    """The address, and what it was read from: the spec itself, or a variable."""
    if settings.get("base_url"):
        return str(settings["base_url"]).strip(), "base_url"
    name = str(settings.get("base_url_env") or usual)
    return os.environ.get(name, "").strip(), name


def obstacle_of(address: Address) -> str | None:
    """Why nothing can be sent to this address, with the remedy; None where it can."""
    if (wrong := _bad_url(address)) is not None:
        return wrong
    if address.key_name is not None:
        return _bad_key(address)
    if address.header == "api-key":
        return f"no API key: name the variable that holds it with 'api_key_env', {DRAFTS}"
    return None


def _bad_key(address: Address) -> str | None:
    name, key = address.key_name, address.key
    if not key.strip():
        text = f"no API key: set {name}, {DRAFTS}"
        own = address.url == OPENAI or address.header == "api-key"
        return text if own else f"{text}; any word will do if the server {address.host} needs no key"
    if "\n" in key or "\r" in key:
        return f"the key in {name} holds a line break: set it again without"
    if any(char.isspace() for char in key):
        return f"the key in {name} holds white space: set it again without"
    if not (key.isascii() and key.isprintable()):
        return f"the key in {name} holds characters that no key has: copy it again"
    return None


def _bad_url(address: Address) -> str | None:
    example = "https://NAME.openai.azure.com" if address.header == "api-key" else "http://127.0.0.1:8080/v1"
    if not address.url:
        return f"no address: set {address.source} to the address of the server, like {example}"
    try:
        parts = urlsplit(address.url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    return None if sound else f"{address.source} is no address of a server: write one like {example}"
