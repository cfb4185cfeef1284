"""Providers room: the seam to whoever also takes orders by the batch: sent together, done when it suits, collected later.

A Protocol of its own, so that other providers need not have it. A batch is told by its `group`, a name of ours that it
carries at the provider, so that one whose answer was lost is found again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol, runtime_checkable

from pixmake.providers.base import Answer, Call, Provider, ProviderError, Request
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One call as a batch's file says it. Lines of one `lane` may share a file; `intent` names the answer."""

    intent: str
    lane: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as its provider tells of it. `status` is the provider's own word, `over`: nothing more will be done.

    `total`, `completed` and `failed` count its lines. `trouble` is how all of it ended where nothing of it was done.
    `created` and `ended` in seconds since 1970.
    """

    handle: str
    group: str | None
    status: str
    over: bool
    total: int = 0
    completed: int = 0
    failed: int = 0
    created: float = 0.0
    ended: float | None = None
    files: tuple[str, ...] = ()
    """The provider's names of the files with its answers, as far as there are any."""
    trouble: ProviderError | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What became of one line: an answer, or one of the five ends."""

    intent: str
    end: Answer | ProviderError


@runtime_checkable
class BatchProvider(Provider, Protocol):
    """A provider that takes batches. What is asked of the network raises ProviderError and nothing else by intent."""

    most_lines: int
    """Lines of one batch at most."""
    most_bytes: int
    """Bytes of one batch's file at most."""

    def place(self) -> str:
        """A short word for this server and the account behind this key: equal words see the same batches. No secret."""
        ...

    def share(self, request: Request) -> Decimal | str:
        """What this request costs by batch of its live price (0.5: half); a text says why it can't go by batch."""
        ...

    async def line(self, call: Call) -> Line:
        """The call as a line; its pictures are uploaded where they are not yet. Costs nothing."""
        ...

    async def remove_uploads(self, folder: Path) -> list[str]:
        """Deletes what `folder` remembers to have been uploaded to this account; the provider's names of it."""
        ...

    async def submit(self, lines: Sequence[Line], group: str) -> Batch:
        """Sends lines of one lane as one batch, once. Unknown: it may be there, `find` tells; any other end: it is not."""
        ...

    async def find(self, group: str, since: float) -> Batch | None:
        """The batch of that name among all that were made after `since` (seconds since 1970), None: it is not there."""
        ...

    async def look(self, handle: str) -> Batch | None:
        """How a batch stands; None where the provider knows none of that name."""
        ...

    async def cancel(self, handle: str) -> Batch | None:
        """Asks for its end; what is done by then is delivered and billed. None as for `look`."""
        ...

    def collect(self, batch: Batch, models: Mapping[str, str | None], scratch: Path) -> AsyncGenerator[Collected, None]:
        """What became of each line that the provider tells of, in any order. `models` are the requests' by intent, for
        the bill; `scratch` is a file to be written over. Raises Failed where the answers are gone for good."""
        ...
