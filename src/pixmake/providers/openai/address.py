"""Providers room: which server is asked, with which key. The key is read from the environment only and shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OPENAI = "https://api.openai.com/v1"
KEY_NAME = "OPENAI_API_KEY"
URL_NAME = "OPENAI_BASE_URL"
NO_KEY = "unused"
"""What is sent as the key to a server that has none: the SDK insists on some text."""
DRAFTS = "or use --draft for free drafts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where calls go. `key_name` is None for a server that the settings name without a key of its own."""

    url: str = field(repr=False)
    key_name: str | None
    key: str = field(repr=False)

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


def address_of(settings: Mapping[str, object]) -> Address:
    """The address by a settings entry and the environment as it is now.

    OPENAI_API_KEY goes to OpenAI and to the server of OPENAI_BASE_URL. A server that the spec names gets a key only
    where `api_key_env` says which: a foreign spec must not carry somebody's key away.
    """
    own = settings.get("base_url") is not None or settings.get("base_url_env") is not None
    name = str(settings["api_key_env"]) if settings.get("api_key_env") else None if own else KEY_NAME
    key = os.environ.get(name, "") if name is not None else NO_KEY
    return Address(url=_url(settings), key_name=name, key=key)


def _url(settings: Mapping[str, object]) -> str:
    if settings.get("base_url"):
        return str(settings["base_url"]).strip()
    if settings.get("base_url_env"):
        return os.environ.get(str(settings["base_url_env"]), "").strip()
    return os.environ.get(URL_NAME, "").strip() or OPENAI


def obstacle_of(settings: Mapping[str, object]) -> str | None:
    """Why nothing can be sent to this address, with the remedy; None where it can."""
    address = address_of(settings)
    return _bad_url(settings, address) or (_bad_key(address) if address.key_name is not None else None)


def _bad_key(address: Address) -> str | None:
    name, key = address.key_name, address.key
    if not key.strip():
        text = f"no API key: set {name}, {DRAFTS}"
        own = address.url == OPENAI
        return text if own else f"{text}; any word will do if the server {address.host} needs no key"
    if "\n" in key or "\r" in key:
        return f"the key in {name} holds a line break: set it again without"
    if any(char.isspace() for char in key):
        return f"the key in {name} holds white space: set it again without"
    if not (key.isascii() and key.isprintable()):
        return f"the key in {name} holds characters that no key has: copy it again"
    return None


def _bad_url(settings: Mapping[str, object], address: Address) -> str | None:
    source = "base_url" if settings.get("base_url") else str(settings.get("base_url_env") or URL_NAME)
    if not address.url:
        return f"no address: set {source} to the address of the server, like http://127.0.0.1:8080/v1"
    try:
        parts = urlsplit(address.url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    return None if sound else f"{source} is no address of a server: write one like http://127.0.0.1:8080/v1"
