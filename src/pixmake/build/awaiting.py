"""Build room: calls that go on at their provider, awaited by asking after them; after a crash by the next build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pixmake.clock import Clock
from pixmake.plan.pricing import batching
from pixmake.plan.world import Painter
from pixmake.providers.background import BackgroundProvider, End
from pixmake.providers.base import Provider, ProviderError, Request, Stopped, Unknown
from pixmake.store.pool import Underway
from pixmake.store.records import Intent
from pixmake.values import dataclass

FIRST_PAUSE = 1.0
GROWTH = 1.5
LONGEST_PAUSE = 15.0
"""Seconds between two questions: short at first, since a small picture takes ten."""
PATIENCE = 3600.0
"""Seconds after which a build goes on without it."""
MOST_TROUBLES = 10
"""Questions in a row without an answer."""
MOST_DOUBTS = 3
"""Times that an end nobody knows anything of is asked after again: a call that was just sent may not be listed yet."""
COMES = "the next build asks again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A call that is left at work at its provider, and why."""

    message: str


async def awaited(provider: BackgroundProvider, handle: str, request: Request, clock: Clock) -> End | Left:
    """What became of a call. A question that fails says nothing of the call, and is asked again."""
    began, pause, troubles, doubts = clock.monotonic(), FIRST_PAUSE, 0, 0
    while clock.monotonic() - began < PATIENCE:
        await clock.sleep(pause)
        try:
            end = await provider.ask_after(handle, request)
        except ProviderError as error:
            troubles += 1
            if troubles >= MOST_TROUBLES or isinstance(error, Stopped):
                return Left(message=f"{handle} is at work, and can't be asked after: {error.message}; {COMES}")
        else:
            troubles = 0
            if isinstance(end, Unknown) and doubts < MOST_DOUBTS:
                doubts += 1
            elif end is not None:
                return end
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    return Left(message=f"{handle} is at work for an hour; {COMES}")


def account_of(provider: Provider) -> str | None:
    """What background calls of an account carry as their group, so that another one's word is not believed; None where
    accounts can't be told apart."""
    known = batching(provider)
    return None if known is None else f"{known.place()}-background"


def heard(end: End | Left, intent: Intent, provider: Provider) -> End | Left:
    """An end as far as it may be believed: of a call that was sent by another account nobody here can say that it is lost."""
    if not isinstance(end, Unknown) or intent.group in (None, account_of(provider)):
        return end
    return Left(message=f"{end.message}; it was sent under another key or address")


async def looked(provider: BackgroundProvider, handle: str, request: Request) -> End | None:
    """What became of a call, by one question; None where it is at work or nobody could be asked."""
    try:
        return await provider.ask_after(handle, request)
    except ProviderError:
        return None


def resumable(calls: Iterable[Underway], painters: Mapping[str, Painter]) -> list[tuple[Underway, Painter]]:
    """Those of the calls that go on in the background and can be asked after now, each with whom to ask."""
    found = []
    for call in calls:
        painter = painters.get(call.intent.provider)
        if call.intent.route == "background" and call.handle is not None and painter is not None:
            provider = painter.provider
            if isinstance(provider, BackgroundProvider) and provider.obstacle() is None:
                found.append((call, painter))
    return found
