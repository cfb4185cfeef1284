"""Providers room: requests of one client that differ in nothing but their JSON. The SDK builds the first; the others are
copies of it with another body.

Building one anew takes the SDK as long as all else that it does. Whatever is not told from the options for certain, and
a first request whose body is not what this module would have written, is left to the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from pixmake.providers.openai.sdk import openai

BODY = frozenset({"json_data", "extra_json"})
ALIKE = frozenset({"method", "url", "headers", "security"})
"""Options that may be set, and have to be the same."""
UNUSED = frozenset({"idempotency_key", "files", "content"})
"""Options that the SDK always sets; the last two must be None, and the first is only for APIs that have a header for it."""


class Repeats:
    """What was built before by one client, whose address, key and headers never change."""

    def __init__(self) -> None:
        self._known: dict[str, httpx2.Request | None] = {}

    def built(
        self, options: Any, cookies: httpx2.Cookies, retries_taken: int, build: Callable[[], httpx2.Request]
    ) -> httpx2.Request:
        """The request for these options, which `build` makes where it is not like an earlier one."""
        alike, body = _alike(options), _body(options)
        if alike is None or body is None or cookies or retries_taken:
            return build()
        if alike not in self._known:
            request = build()
            self._known[alike] = request if _is_plain(request, options, body) else None
            return request
        first = self._known[alike]
        return build() if first is None else _copy(first, body)


def _alike(options: Any) -> str | None:
    """What two requests have in common that differ in their bodies only; None for one of another kind."""
    named: set[str] = options.model_fields_set - BODY
    if named - ALIKE - UNUSED or options.files is not None or options.content is not None:
        return None
    return repr([(name, getattr(options, name)) for name in sorted(named & ALIKE)])


def _body(options: Any) -> bytes | None:
    """The JSON of a request as the SDK and httpx write it; None for what only the SDK can write."""
    said, further = options.json_data, options.extra_json
    if not isinstance(said, dict) or not isinstance(further, dict | None):
        return None
    merged = {**said, **(further or {})}
    if any(isinstance(value, openai.Omit | openai.NotGiven) for value in merged.values()):
        return None
    try:
        return json.dumps(merged, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError):
        return None


def _is_plain(request: httpx2.Request, options: Any, body: bytes) -> bool:
    """Whether a request has the body that is thought of, and nothing in its head that was made for it alone."""
    key = options.idempotency_key
    has_key = key is not None and key in request.headers.values()
    return request.method == "POST" and not has_key and request.read() == body and "cookie" not in request.headers


def _copy(first: httpx2.Request, body: bytes) -> httpx2.Request:
    request = httpx2.Request(
        first.method, first.url, headers=first.headers, stream=httpx2.ByteStream(body), extensions=first.extensions
    )
    request.headers["content-length"] = str(len(body))
    return request
