"""Providers room: the seam to whoever goes on with a call when nobody waits for it, and tells by its name what became of it.

A Protocol of its own, so that other providers need not have it. From `send_off`'s answer on, no crash of ours loses a call.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pixmake.providers.base import Answer, Call, Provider, ProviderError, Request

End = Answer | ProviderError
"""What became of a call: an answer, or one of the five ends."""


@runtime_checkable
class BackgroundProvider(Provider, Protocol):
    """A provider that runs calls in the background."""

    def runs_alone(self, request: Request) -> bool:
        """Whether such a request goes on without us. No network."""
        ...

    async def send_off(self, call: Call) -> str:
        """Sends one call, once, and gives the provider's name of it. Raises as `make`; Unknown: it may be at work."""
        ...

    async def ask_after(self, handle: str, request: Request) -> End | None:
        """What became of a call; None while it is at work. Costs nothing and may be asked again.

        Raises ProviderError where the question itself had no answer: that says nothing of the call.
        """
        ...

    async def call_off(self, handle: str, request: Request) -> None:
        """Asks for its end; what had been done by then may be billed. Raises ProviderError as `ask_after`."""
        ...
