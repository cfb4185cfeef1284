"""Providers room: how a call that brought no picture ended: the one table from statuses, codes and exceptions to five ends.

What was certainly not done is Busy; what was refused, wrong or barred says so; everything else was perhaps billed and
is Unknown. Decided on `code` first (OpenAI's own advice), then on the status. Source: fact sheet, section 8.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from pixmake.providers.base import Busy, Failed, Forgotten, ProviderError, Refused, Stopped, Unknown
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.images import Unreadable
from pixmake.providers.openai.sdk import openai
from pixmake.values import dataclass

REFUSALS = {
    "moderation_blocked", "content_policy_violation", "image_content_policy_violation", "content_filter", "contentfilter",
    "bio_policy", "misalignment_policy_violation",
}  # fmt: skip
QUOTAS = {
    "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active",
    "organization_spend_limit_exceeded", "project_spend_limit_exceeded", "organization_usage_limit_exceeded",
    "insufficient_user_quota",
}  # fmt: skip
RATES = {"rate_limit_exceeded", "slow_down", "rate_limit_error"}
SERVERS = {"server_error", "server_is_overloaded", "service_unavailable_error"}
ADVICE = "say it another way, or ask again with 'reroll'"
FOREIGN = re.compile(r"upstream|new_api|one_api|bad_response|gateway|timeout|timed_out|proxy")
"""In the type or code of a 500 or 503: a server in front lost the answer of the one behind, which may have billed."""
NOT_SENT = (
    httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError,
    httpx2.UnsupportedProtocol, httpx2.LocalProtocolError,
)  # fmt: skip
"""Of these the connection, or the request's own form, failed before its first byte left."""
MOST_TEXT = 400
LOST = "it may have been billed: look into the provider's usage page before you ask again"
VERIFY = "verify the organization in the settings of the provider's console; that may take a while to apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the body of an error says. `is_api`: an error object as the API itself writes it, not somebody else's."""

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    is_api: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """The error object as the API writes it."""
        return {
            "message": self.message,
            "code": self.code or None,
            "type": self.type or None,
            "param": self.param or None,
            "moderation_details": self.details or None,
        }

    @property
    def words(self) -> set[str]:
        return {self.code.lower(), self.type.lower()} - {""}


def said_of(body: bytes) -> Said:
    """Reads `{"error": {…}}`, `{"error": "text"}`, `{"detail": …}`, HTML and plain text."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = body.decode("utf-8", "replace")
    if not isinstance(said, dict):
        text = str(said)
        return Said(message="a web page" if text.lstrip().startswith("<") else text)
    error = said.get("error", said.get("detail", said))
    if not isinstance(error, dict):
        return Said(message=error if isinstance(error, str) else json.dumps(error))
    details = error.get("moderation_details") or _filtered(error)
    texts = {name: str(error[name]) for name in ("message", "code", "type", "param") if error.get(name) is not None}
    is_api = (
        isinstance(said.get("error"), dict) and bool(texts.get("message")) and {"type", "code"} & error.keys() != set()
    )
    return Said(**texts, details=details if isinstance(details, dict) else {}, is_api=is_api)


def _filtered(error: Mapping[str, Any]) -> dict[str, Any] | None:
    """The categories that Azure's filter names, in an inner error of either spelling."""
    inner = error.get("inner_error") or error.get("innererror")
    results = inner.get("content_filter_results") if isinstance(inner, dict) else None
    if not isinstance(results, dict):
        return None
    named = [name for name, found in results.items() if isinstance(found, dict) and found.get("filtered") is True]
    return {"categories": named}


class Judge:
    """Turns what went wrong into one of the five ends. Its texts never hold the key, even where a server echoes it."""

    def __init__(self, address: Address, *, edits: bool, model: str | None, tool_model: str | None = None) -> None:
        """`model` is asked; `tool_model` draws for it, where that is another one."""
        self.address = address
        self.edits = edits
        self.model = model
        self.tool_model = tool_model

    def of_exception(self, error: Exception, request_id: str | None = None) -> ProviderError:
        """The end that an exception of the SDK, of its transport, a passed deadline or a bad answer stands for."""
        if isinstance(error, openai.APIStatusError):
            return self.of_response(error.response.status_code, error.response.headers, error.response.content)
        cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
        host = self.address.host
        if isinstance(cause, Unreadable):
            return self.lost(f"the answer of {host} {self.clean(str(cause))}", request_id)
        if isinstance(cause, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
            return Failed(f"the request can't be sent to {host}: {type(cause).__name__}")
        if isinstance(cause, NOT_SENT):
            return Busy(f"can't connect to {host}: {self.clean(str(cause)) or type(cause).__name__}")
        if isinstance(cause, httpx2.TimeoutException | TimeoutError):
            return self.lost(f"{host} did not answer in time", request_id)
        if isinstance(cause, httpx2.TransportError | OSError):
            return self.lost(f"the connection to {host} broke ({type(cause).__name__})", request_id)
        return self.lost(f"no answer of {host} could be read ({type(cause).__name__})", request_id)

    def of_response(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """The end that an answer with an error status stands for."""
        said = said_of(body)
        request_id = headers.get("x-request-id") or headers.get("apim-request-id")
        if 400 <= status < 500 and status != 408:
            return self._of_4xx(status, headers, said, request_id)
        if 300 <= status < 400:
            remedy = "set base_url (or OPENAI_BASE_URL) to the address it points to"
            return Stopped(f"{self.address.host} redirects (HTTP {status})", help=remedy, request_id=request_id)
        is_own = said.is_api and not any(FOREIGN.search(word) for word in said.words)
        if status in (500, 503) and is_own:
            return Busy(self._text(status, said), wait=wait_of(headers, said.message), request_id=request_id)
        return self.lost(self._text(status, said), request_id)

    def of_frame(self, said: Said, request_id: str | None, *, begun: bool) -> ProviderError:
        """The end that an error inside an answer of status 200 stands for: a frame of a stream, a response that failed.

        `begun`: work had been seen by then, so that what would else be sent again was perhaps billed.
        """
        known = {**dict.fromkeys(RATES | QUOTAS, 429), **dict.fromkeys(SERVERS, 500)}
        status = next((known[word] for word in said.words if word in known), 400 if said.words else 502)
        ending = self.of_response(status, {}, json.dumps({"error": said.fields}).encode())
        ending.message = ending.message.replace(f": HTTP {status} ", ": ", 1)  # it came with status 200
        ending.args = (ending.message,)
        if begun and isinstance(ending, Busy):
            return self.lost(f"{self.address.host} broke off: {self.clean(said.message)}", request_id)
        ending.request_id = request_id
        return ending

    def _of_4xx(self, status: int, headers: Mapping[str, str], said: Said, request_id: str | None) -> ProviderError:
        if said.words & REFUSALS:
            return Refused(self.refusal(said), help=ADVICE, request_id=request_id)
        if "previous_response_not_found" in said.words or said.param == "previous_response_id":
            return Forgotten(self._text(status, said), request_id=request_id)
        if said.words & QUOTAS or status == 402:
            remedy = "top up the account or raise its limit, then build again: what was bought stays"
            return Stopped(f"no money left at {self._text(status, said)}", help=remedy, request_id=request_id)
        if status == 429:
            return Busy(self._text(status, said), wait=wait_of(headers, said.message), request_id=request_id)
        if status in (401, 403, 404, 405, 407):
            return self._barred(status, said, request_id)
        return Failed(self._text(status, said), request_id=request_id)

    def _barred(self, status: int, said: Said, request_id: str | None) -> ProviderError:
        """401, 403, 404: nothing more can be bought, but where only edits are missing."""
        if "model_not_found" in said.words:
            named = self.tool_model if self.tool_model and self.tool_model in said.message else self.model
            message = f"{self.address.host} has no model '{named}' for this key: retired, mistyped or no access"
            remedy = "check the name against the models of the account; what was bought stays"
            return Stopped(message, help=remedy, request_id=request_id)
        if "deploymentnotfound" in said.words:
            message = f"{self.address.host} has no deployment '{self.model}'"
            remedy = (
                "name it by 'deployments: {MODEL: NAME}' under 'providers'; a new one takes some minutes to be there"
            )
            return Stopped(message, help=remedy, request_id=request_id)
        if "verif" in said.message.lower():
            return Stopped(self._text(status, said), help=VERIFY, request_id=request_id)
        if status == 401:
            return self._bad_key(request_id)
        if status in (404, 405) and self.edits:
            remedy = "say so under 'providers', with 'edits: none' or the path it has: then plans know before anything is bought"
            return Failed(f"{self.address.host} has no edits (HTTP {status})", help=remedy, request_id=request_id)
        if status in (404, 405):
            remedy = "check base_url (or OPENAI_BASE_URL): it mostly ends in /v1"
            return Stopped(self._text(status, said), help=remedy, request_id=request_id)
        remedy = "check what this key, its project and its organization may do, and from which country"
        return Stopped(self._text(status, said), help=remedy, request_id=request_id)

    def _bad_key(self, request_id: str | None) -> Stopped:
        """The server's own words are left out: they tend to repeat the key."""
        name = self.address.key_name
        if name is None:
            remedy = "name the variable with the key of this server: 'api_key_env: …' under 'providers'"
            return Stopped(f"{self.address.host} wants a key (HTTP 401)", help=remedy, request_id=request_id)
        remedy = f"set {name} to a key that is valid for this server, and check which addresses it may be used from"
        return Stopped(
            f"{self.address.host} doesn't accept the key in {name} (HTTP 401)", help=remedy, request_id=request_id
        )

    def refusal(self, said: Said) -> str:
        """A refusal in words: its code, the stage and the categories, as far as they were told."""
        stage = said.details.get("moderation_stage")
        listed = said.details.get("categories")
        named = listed if isinstance(listed, list) else re.findall(r"safety_violations=\[([^\]]*)\]", said.message)
        parts = [said.code or said.type]
        parts += [f"stage: {self.clean(str(stage))}"] if stage else []
        parts += [f"categories: {self.clean(', '.join(map(str, named)))}"] if named else []
        return f"{self.address.host} refused the request ({'; '.join(parts)})"

    def lost(self, message: str, request_id: str | None) -> Unknown:
        """The end of a call of which nobody knows whether it was billed."""
        return Unknown(message, help=LOST, request_id=request_id)

    def _text(self, status: int, said: Said) -> str:
        named = ", ".join(word for word in (said.code, said.param and f"parameter '{said.param}'") if word)
        message = self.clean(said.message)
        return (
            f"{self.address.host}: HTTP {status}"
            + (f" {self.clean(named)}" if named else "")
            + (message and f": {message}")
        )

    def clean(self, text: str) -> str:
        """A server's words in one line, without secrets and without what a terminal would obey."""
        for secret in self.address.secrets:
            text = text.replace(secret, "***")
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


AGAIN = re.compile(r"(?:try again in|retry after) (\d+(?:\.\d+)?) ?(ms|s|m|seconds?|minutes?)\b")
SECONDS = {"ms": 0.001, "s": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0, "minute": 60.0, "minutes": 60.0}


def wait_of(headers: Mapping[str, str], message: str = "") -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, `Retry-After` (seconds or a date), or "try again in 12s",
    as Azure says "retry after 12 seconds"."""
    thousandth = _number(headers.get("retry-after-ms"))
    if thousandth is not None:
        return thousandth / 1000
    text = headers.get("retry-after")
    if text is not None:
        seconds = _number(text)
        return seconds if seconds is not None else _until(text, headers.get("date"))
    found = AGAIN.search(message)
    return float(found[1]) * SECONDS[found[2]] if found else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str, now: str | None) -> float | None:
    """Seconds until a date, by the server's own clock where it tells it: ours may be wrong."""
    try:
        end = parsedate_to_datetime(text)
        start = parsedate_to_datetime(now) if now else datetime.now(UTC)
        return max(0.0, (end - start).total_seconds())
    except (ValueError, TypeError):
        return None
