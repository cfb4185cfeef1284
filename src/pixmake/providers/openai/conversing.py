"""Providers room: a paid call as one turn of a conversation: what is sent, what came of it, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pixmake.providers.base import Answer, Call
from pixmake.providers.models import Rows
from pixmake.providers.openai.billing import turn_bill, turn_cost
from pixmake.providers.openai.client import Line
from pixmake.providers.openai.parts import Part
from pixmake.providers.openai.responses import extra_of, fields_of
from pixmake.providers.openai.talking import Said, Talk, Turn
from pixmake.providers.openai.turns import ending_of

Parts = Mapping[str, Part | list[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a provider's settings say of conversations. `store`: responses are kept at the server, to be continued.

    `drop`: fields the server does not take; `rows`: the spec's own rows of the model table; `price_per_image` in USD.
    """

    store: bool = True
    drop: Sequence[str] = ()
    rows: Rows
    price_per_image: Decimal | None = None


class Conversation:
    """Turns with one server on these terms."""

    def __init__(self, line: Line, terms: Terms, call: Call) -> None:
        self.terms = terms
        self.call = call
        self.talk = Talk(line, call.request.responses_model, call.request.model)

    async def answer(self, parts: Parts) -> Answer:
        """One turn, awaited. Raises one of the five ends."""
        return self.concluded(await self.talk.say(self._turn(parts)))

    def _turn(self, parts: Parts) -> Turn:
        terms = self.terms
        fields = fields_of(self.call, parts, store=terms.store, drop=terms.drop)
        return Turn(fields=fields, extra=extra_of(self.call.request, terms.drop))

    def concluded(self, said: Said) -> Answer:
        """The answer that a response is. Raises the end that one without picture stands for."""
        heard, request, rows = said.heard, self.call.request, self.terms.rows
        if not heard.pictures:
            raise ending_of(heard, self.talk.judge, said.request_id, turn_bill(request, heard, rows))
        stated = self.terms.price_per_image
        return Answer(
            pictures=heard.pictures,
            cost=turn_cost(request, heard, rows) if stated is None else stated * len(heard.pictures),
            usage=heard.usage,
            request_id=said.request_id,
            response_id=heard.id if self.terms.store else None,
        )
