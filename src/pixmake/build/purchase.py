"""Build room: what is bought: one call to make, and how it ended. Values only."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pixmake.digest import Digest
from pixmake.plan.keys import request_of
from pixmake.plan.requests import StepInputs
from pixmake.plan.world import Painter
from pixmake.providers.background import BackgroundProvider
from pixmake.providers.base import Busy, Estimate, Request
from pixmake.store.records import Intent, Why
from pixmake.values import dataclass

UPLOADS = "uploads"
"""The store's folder for what providers remember of their uploads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One call to make: whose, what, how many pictures, at what price, with which input files.

    `previous`: the response that the planner found to be continued; it goes where that turns out to be gone.
    """

    asset: str
    step: int
    profile: str | None
    request: Request
    key: Digest
    count: int
    price: Estimate | None
    inputs: StepInputs
    painter: Painter
    again: tuple[str, ...] = ()
    previous: str | None = None
    partials: int = 0
    """Looks on the way that are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What is said of work that went well all the same: a bill above its reservation, say."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a purchase ended. `why` is None when pictures came; `cost` in USD as billed, or as reserved where unknown."""

    made: int = 0
    cost: Decimal | None = None
    why: Why | None = None
    message: str | None = None
    """Why there are none."""
    warning: Warned | None = None
    """What is to be said of those that came."""
    help: str | None = None
    fatal: bool = False
    """True: nothing more can be bought from this provider."""
    halted: bool = False
    """True: not sent, since the build or its provider was stopped while it waited for its turn."""
    held: bool = False
    """True: not sent, since no money is left for it."""
    left: bool = False
    """True: it goes on at its provider, and is collected later."""
    busy: Busy | None = None
    """Set where the call was certainly not done and may be sent again."""


def runs_alone(order: Purchase) -> bool:
    """Whether a call goes on at its provider without us."""
    provider = order.painter.provider
    alone = getattr(
        provider, "runs_alone", None
    )  # to look for all that makes such a provider takes long: at a yes only
    return alone is not None and alone(order.request) and isinstance(provider, BackgroundProvider)


def ordered(intent: Intent, painter: Painter) -> Purchase:
    """The order behind an intent that another process wrote."""
    return Purchase(
        asset=intent.asset,
        step=intent.step,
        profile=intent.profile,
        request=replace(request_of(intent.request), moderation=intent.moderated),
        key=intent.key,
        count=intent.count,
        price=None,
        inputs=StepInputs(),
        painter=painter,
    )
