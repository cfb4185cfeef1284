"""Providers room: how a turn of a conversation that brought no picture ended, by name.

Whoever answered in words was paid for them: such an end carries its bill.
"""

from __future__ import annotations

import json

from pixmake.providers.base import Bill, Failed, ProviderError, Refused
from pixmake.providers.openai.errors import ADVICE, REFUSALS, Judge, Said, said_of
from pixmake.providers.openai.responses import Heard

MOST_WORDS = 300
DRAW = "say in the prompt what is to be drawn; what the model said has to be paid for all the same"
ROOM = "raise 'max_output_tokens' under 'options', or leave it out"


def ending_of(heard: Heard, judge: Judge, request_id: str | None, bill: Bill | None) -> ProviderError:
    """The end of a response without a picture. `bill` is what its usage says it cost; None where it has none.

    Refused for moderation, Failed for what was answered, Busy for what was certainly not begun, else Unknown.
    """
    said = [said_of(json.dumps({"error": dict(error)}, default=str).encode()) for error in heard.errors]
    ending = _ending(heard, said, judge, request_id, bill)
    if isinstance(ending, Refused | Failed):
        ending.bill = bill
    ending.request_id = ending.request_id or request_id or heard.id
    return ending


def _ending(heard: Heard, said: list[Said], judge: Judge, request_id: str | None, bill: Bill | None) -> ProviderError:
    host = judge.address.host
    if refusal := next((item for item in said if item.words & REFUSALS), None):
        return Refused(judge.refusal(refusal), help=ADVICE)
    if heard.is_running:
        return judge.lost(f"{host} answered before the picture was done ({heard.status})", request_id)
    if heard.faults:
        return judge.lost(f"the answer of {host} {heard.faults[0]}", request_id)
    if heard.status == "cancelled":
        return _cancelled(judge, request_id, bill)
    if heard.status == "incomplete":
        return _incomplete(heard, host)
    if heard.status == "failed" and said:
        return judge.of_frame(said[0], request_id, begun=bill is not None)
    if heard.failed or heard.status == "failed":
        why = "; ".join(judge.clean(item.message or item.code) for item in said) or "no reason is told"
        return Failed(f"{host} could not draw it: {why}")
    if heard.texts:
        words = judge.clean(" ".join(heard.texts))
        words = words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"
        return Failed(f"the model answered in words and drew nothing: {words}", help=DRAW)
    return judge.lost(f"the answer of {host} holds neither picture nor words", request_id)


def _cancelled(judge: Judge, request_id: str | None, bill: Bill | None) -> ProviderError:
    """Somebody stopped it at the provider. What had been done by then is billed; without usage nobody knows."""
    message = f"it was cancelled at {judge.address.host}"
    return judge.lost(message, request_id) if bill is None else Failed(message)


def _incomplete(heard: Heard, host: str) -> ProviderError:
    if heard.reason == "content_filter":
        return Refused(f"{host} refused the request (content_filter; stage: output)", help=ADVICE)
    remedy = ROOM if heard.reason == "max_output_tokens" else None
    return Failed(f"{host} stopped before the picture was done ({heard.reason or 'incomplete'})", help=remedy)
