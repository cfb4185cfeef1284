"""Plan room: what a plan says. An entry is one step of one asset; the last one of an asset also carries its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from pixmake.digest import Digest, decimal_text
from pixmake.plan.artifact import Artifact
from pixmake.providers.base import FREE, Estimate, Request
from pixmake.spec.asset import Output
from pixmake.values import dataclass

State = Literal[
    "fresh", "stale", "pay", "waits", "sent", "held", "draft", "edited", "conflict", "lost", "corrupt",
    "unreachable", "unknown", "refused", "failed", "blocked", "orphan",
]  # fmt: skip

UNDONE: frozenset[State] = frozenset({"stale", "pay", "waits", "sent"})
"""States that mean: a build has something to do here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a request that is not what it was when it was last bought."""

    field: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.field} {self.old}→{self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """One output file: its recipe's digest (None while its picture is unknown) and how the file on disk stands to it.

    `state` is fresh, missing, stale (ours, but of another recipe), or edited (not ours, or changed by hand).
    """

    output: Output
    path: str
    recipe: Digest | None
    state: Literal["fresh", "missing", "stale", "edited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a turn of a conversation comes by those before it, and why so. A transport: its key is the same either way.

    `response` is the id that it continues; None: the earlier prompts and the parent's bytes are sent.
    """

    response: str | None
    reason: str

    @property
    def transport(self) -> str:
        """`conversation` or `bytes`."""
        return "bytes" if self.response is None else "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided of one step, and why: the reason is written where the decision is made.

    `artifact` is the picture the step stands for now, None while there is none. `images` are to be made by
    `requests` calls. `pinned` are the digests of its candidates in the order that `pick` counts.
    """

    state: State
    reason: str
    artifact: Artifact | None = None
    request: Request | None = None
    key: Digest | None = None
    images: int = 0
    requests: int = 0
    cost: Estimate | None = FREE
    causes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    pinned: tuple[Digest, ...] = ()
    picked: Digest | None = None
    asking: bool = False
    pending: bool = False
    """True: a build would do something here."""
    turn: Turn | None = None
    """How a later turn of a conversation is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a plan: see Verdict. `step` is None for an asset without paid steps."""

    asset: str
    profile: str | None
    step: int | None
    state: State
    reason: str
    verdict: Verdict
    outputs: tuple[OutputPlan, ...] = ()
    family: str = ""
    last: bool = False
    """True: the end of its asset's chain; outputs hang on it."""

    @property
    def key(self) -> Digest | None:
        return self.verdict.key

    @property
    def cost(self) -> Estimate | None:
        return self.verdict.cost if self.verdict.images else FREE

    @property
    def pending(self) -> bool:
        return self.verdict.pending or self.state in UNDONE

    def to_json(self) -> dict[str, object]:
        return {
            "asset": self.asset,
            "profile": self.profile,
            "step": self.step,
            "state": self.state,
            "reason": self.reason,
            "causes": list(self.verdict.causes),
            "key": self.key,
            "images": self.verdict.images,
            "requests": self.verdict.requests,
            "cost": cost_json(self.cost),
            "outputs": [item.path for item in self.outputs],
            "pending": self.pending,
            "turn": self.verdict.turn.transport if self.verdict.turn is not None else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries with one root cause, and what they cost together."""

    cause: str
    assets: tuple[str, ...]
    images: int
    cost: Estimate | None

    def to_json(self) -> dict[str, object]:
        return {
            "cause": self.cause,
            "assets": list(self.assets),
            "images": self.images,
            "cost": cost_json(self.cost),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over entries. `cost` counts known prices; `unpriced` are images whose price nobody knows."""

    images: int
    requests: int
    cost: Estimate
    unpriced: int
    by_state: Mapping[str, int]

    def to_json(self) -> dict[str, object]:
        return {
            "images": self.images,
            "requests": self.requests,
            "cost": cost_json(self.cost),
            "unpriced": self.unpriced,
            "by_state": dict(self.by_state),
        }


def cost_json(cost: Estimate | None) -> dict[str, str] | None:
    """`{"low": …, "high": …}` in USD as decimal text; None where no price is known."""
    if cost is None:
        return None
    return {"low": decimal_text(cost.low), "high": decimal_text(cost.high)}


def total(entries: Iterable[Entry]) -> Totals:
    """Sums of a plan's entries."""
    entries = list(entries)
    cost = together(entry.cost for entry in entries)
    return Totals(
        images=sum(entry.verdict.images for entry in entries),
        requests=sum(entry.verdict.requests for entry in entries),
        cost=cost,
        unpriced=sum(entry.verdict.images for entry in entries if entry.cost is None),
        by_state=dict(sorted(Counter(entry.state for entry in entries).items())),
    )


def together(costs: Iterable[Estimate | None]) -> Estimate:
    """The sum of those prices that are known."""
    known = [cost for cost in costs if cost is not None and cost is not FREE]
    return Estimate(
        low=sum([cost.low for cost in known], Decimal(0)),
        high=sum([cost.high for cost in known], Decimal(0)),
        rough=any(cost.rough for cost in known),
    )


def usd(amount: Decimal, digits: int = 2) -> str:
    """Money as people read it: `$12.84`; small sums keep enough digits to tell them from nothing."""
    if not amount or amount >= Decimal("0.1"):
        return f"${amount:.{digits}f}"
    whole, _, cents = f"{amount:.4f}".partition(".")
    return f"${whole}.{cents.rstrip('0').ljust(digits, '0')}"
