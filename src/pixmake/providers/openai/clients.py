"""Providers room: the SDK's client for an address and a dialect. One method sends on every route; only the client differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from pixmake.providers.openai.address import Address
from pixmake.providers.openai.dialect import EDITS, Dialect
from pixmake.providers.openai.sdk import openai

EDITS_PATH = f"/{EDITS}"


def client_of(
    address: Address,
    dialect: Dialect,
    *,
    http: httpx2.AsyncClient,
    timeout: openai.Timeout,
    organization: str | None = None,
    project: str | None = None,
) -> openai.AsyncOpenAI:
    """A client without retries of its own. No request is sent by making it."""
    common: dict[str, Any] = {"timeout": timeout, "max_retries": 0, "http_client": http}
    if address.api_version is not None:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=address.url, api_key=address.key, api_version=address.api_version, **common
        )
    return Speaker(
        dialect,
        api_key=address.key,
        base_url=address.url,
        organization=organization,
        project=project,
        key_headers=None if address.header == "bearer" else address.key_headers,
        **common,
    )


class Speaker(openai.AsyncOpenAI):
    """The SDK's client with a server's own path and names for the parts of an edit, and its own header for the key.

    It overrides what the SDK's own client for Azure does.
    """

    def __init__(self, dialect: Dialect, *, key_headers: Mapping[str, str] | None = None, **options: Any) -> None:
        self.dialect = dialect
        self.key_headers = key_headers
        super().__init__(**options)

    def _auth_headers(self, security: Any) -> dict[str, str]:
        return super()._auth_headers(security) if self.key_headers is None else dict(self.key_headers)

    def _validate_headers(self, headers: Any, custom_headers: Any) -> None:
        if self.key_headers is None:
            super()._validate_headers(headers, custom_headers)

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        if options.url == EDITS_PATH and not self.dialect.is_plain:
            options = options.model_copy()
            options.url = f"/{self.dialect.edits}"
            options.files = self.dialect.parts(list(options.files or ()))
        return super()._build_request(options, retries_taken=retries_taken)
