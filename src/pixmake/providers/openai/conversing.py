"""Providers room: a paid call as one turn of a conversation: what is sent, what came of it, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pixmake.providers.background import End
from pixmake.providers.base import Answer, Call, ProviderError, Request
from pixmake.providers.models import Rows
from pixmake.providers.openai.billing import turn_bill, turn_cost
from pixmake.providers.openai.client import Line
from pixmake.providers.openai.files import Uploads
from pixmake.providers.openai.parts import Part
from pixmake.providers.openai.responses import Sent, extra_of, fields_of
from pixmake.providers.openai.streaming import Beside, stream_of
from pixmake.providers.openai.talking import Said, Talk, Turn
from pixmake.providers.openai.turns import ending_of
from pixmake.values import dataclass

LARGE = 4_000_000
"""Bytes; a picture above travels as a file that is uploaded once, others in the body."""
ALIVE = 6 * 3_600.0
"""Seconds for which such a file must be there: a turn in the background may wait for its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a provider's settings say of conversations. `store`: responses are kept at the server, to be continued.

    `drop`: fields the server does not take; `rows`: the spec's own rows of the model table; `price_per_image` in USD.
    """

    store: bool = True
    drop: Sequence[str] = ()
    rows: Rows
    price_per_image: Decimal | None = None


async def travelling(call: Call, parts: Mapping[str, Part | list[Part]], uploads: Uploads) -> Sent:
    """A turn's pictures as they travel, without a parent that is in the conversation already. Raises ProviderError for
    an upload; nothing is billed by then."""
    sent: dict[str, Part | str | list[Part | str]] = {}
    for name, part in parts.items():
        several = part if isinstance(part, list) else [part]
        if name == "image" and call.previous is not None:
            several = several[1:]
        ways = [await uploads.once(item, alive=ALIVE) if len(item[1]) > LARGE else item for item in several]
        sent[name] = ways if name == "image" else ways[0]
    return sent


class Conversation:
    """Turns with one server on these terms; `request` is what they ask."""

    def __init__(self, line: Line, terms: Terms, request: Request) -> None:
        self.terms = terms
        self.request = request
        self.line = line
        self.talk = Talk(line, request.responses_model, request.model)

    async def answer(self, call: Call, parts: Sent) -> Answer:
        """One turn, awaited. Raises one of the five ends."""
        turn = self._turn(call, parts)
        end = self._concluded(await (stream_of(self.line, call).said(turn) if call.partials else self.talk.say(turn)))
        if isinstance(end, ProviderError):
            raise end
        return end

    async def begin(self, call: Call, parts: Sent) -> str:
        """One turn in the background: its response's id. Raises as `answer`.

        Where looks on the way are wanted they come by a stream beside; what becomes of the turn is asked after all the same.
        """
        turn = self._turn(call, parts, background=True)
        if call.partials:
            return await Beside(stream_of(self.line, call)).begin(turn)
        said = await self.talk.say(turn)
        if said.heard.id is None:
            host = self.talk.judge.address.host
            raise self.talk.judge.lost(f"{host} began a turn and did not tell its name", said.request_id)
        return said.heard.id

    async def look(self, handle: str) -> End | None:
        """What became of a turn in the background; None while it is at work. Raises where nobody could be asked."""
        said = await self.talk.look(handle)
        if said is None:
            host = self.talk.judge.address.host
            return self.talk.judge.lost(f"{host} knows no response {handle} any more", None)
        return None if said.heard.is_running else self._concluded(said)

    def _turn(self, call: Call, parts: Sent, *, background: bool = False) -> Turn:
        terms = self.terms
        fields = fields_of(call, parts, store=terms.store, drop=terms.drop, background=background)
        return Turn(fields=fields, extra=extra_of(call.request, terms.drop))

    def _concluded(self, said: Said) -> End:
        """The answer that a response is, or the end that one without picture stands for."""
        heard, request, rows = said.heard, self.request, self.terms.rows
        if not heard.pictures:
            return ending_of(heard, self.talk.judge, said.request_id, turn_bill(request, heard, rows))
        stated = self.terms.price_per_image
        return Answer(
            pictures=heard.pictures,
            cost=turn_cost(request, heard, rows) if stated is None else stated * len(heard.pictures),
            usage=heard.usage,
            request_id=said.request_id,
            response_id=heard.id if self.terms.store else None,
        )
