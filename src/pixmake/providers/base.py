"""Providers room: the seam to whoever paints. It knows requests and pictures, nothing of specs, plans or money held.

All uncertainty of the outside world enters here, as an Answer or as one of five exceptions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from pixmake.secrecy import without_secrets
from pixmake.values import dataclass

Operation = Literal["generate", "edit"]
InputKind = Literal["image", "mask", "markup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInput:
    """An input picture of a request, by identity: a SHA-256 of bytes, or `recipe:` and the digest of a local recipe."""

    kind: InputKind
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a provider: all that shapes the picture. Its canonical form is the key (see plan/keys.py).

    `provider` is the logical one, after `same_as`. `size` is the requested size, `WxH` in pixels or `auto`.
    `turns` holds the earlier prompts of a conversation (`api: responses`). None means: not set, not sent.
    """

    operation: Operation
    provider: str
    model: str | None
    prompt: str
    size: str
    api: Literal["images", "responses"] = "images"
    responses_model: str | None = None
    kind: Literal["raster", "svg", "gif"] = "raster"
    quality: str | None = None
    background: str | None = None
    complexity: str | None = None
    input_fidelity: str | None = None
    moderation: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    inputs: tuple[RequestInput, ...] = ()
    turns: tuple[str, ...] = ()
    salt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The bytes behind one RequestInput, as a file that stays while the call runs. Width and height in pixels.

    `parent`: False for references, which are looked at; True for the picture that is edited.
    """

    kind: InputKind
    path: Path
    media_type: str
    width: int
    height: int
    parent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A picture on its way: an earlier look of it, number 1, 2, … of one stream. Never a result."""

    number: int
    data: bytes
    media_type: str


class Landing(Protocol):
    """Where the bytes of one picture go as they come, so that nobody need hold it whole. Nothing here raises by intent:
    what a disk refuses is told when the builder takes the picture over."""

    def write(self, data: bytes) -> None:
        """The next bytes."""
        ...

    def read(self) -> bytes:
        """All that was written."""
        ...

    def abandon(self) -> None:
        """Lets go of it: there will be no picture. What was written is not thrown away, since it was paid for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One order: a request, its input pictures in the order of `request.inputs`, and how many answers are wanted.

    `intent` names the journal's record of this call; `scratch` is a folder where the provider may put files.
    `previous` is the id of the response that drew the parent, where the planner chose to continue its conversation.
    `partials`: how many looks on the way are wanted; each is told to `on_partial`, in the event loop's thread.
    `uploads` is a folder of the store where the provider may remember what it has uploaded.
    `land` opens the landing of a picture, numbered from 0; None: pictures are wanted as bytes.
    """

    request: Request
    pictures: tuple[Picture, ...]
    count: int
    intent: str
    scratch: Path
    uploads: Path | None = None
    previous: str | None = None
    partials: int = 0
    on_partial: Callable[[Partial], None] | None = None
    land: Callable[[int], Landing] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One picture as it arrived, byte for byte: in `data`, or in the `landing` that the call gave.

    `media_type` is the provider's claim; it is sniffed before belief.
    """

    data: bytes = b""
    media_type: str
    revised_prompt: str | None = None
    landing: Landing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call brought. `cost` in USD for all pictures together, None when unknown. `usage` as the API gave it.

    `response_id` names the conversation's turn that drew them (`api: responses`), by which it may be continued.
    """

    pictures: tuple[Painted, ...]
    cost: Decimal | None = None
    usage: Mapping[str, object] = field(default_factory=dict)
    request_id: str | None = None
    model: str | None = None
    response_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a call cost that brought no picture: USD (None: unknown, then what was reserved counts), `usage` as told."""

    cost: Decimal | None = None
    usage: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Low and high price in USD of one whole call. `rough`: more than a few per cent of error are possible."""

    low: Decimal
    high: Decimal
    rough: bool = False

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(low=self.low + other.low, high=self.high + other.high, rough=self.rough or other.rough)


FREE = Estimate(low=Decimal(0), high=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """Which sizes a model makes: a fixed list, or any that the limits allow. Lengths and areas in pixels."""

    listed: tuple[tuple[int, int], ...] = ()
    multiple: int = 16
    longest: int = 3840
    ratio: int = 3
    least_area: int = 655_360
    most_area: int = 8_294_400
    exact: bool = False
    """True: any size at all is made directly (the draft provider)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one model can do. Empty tuples mean: the parameter is not accepted at all."""

    model: str
    sizes: SizeRule
    qualities: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    complexities: tuple[str, ...] = ()
    fidelities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("raster",)
    markup: bool = False
    mask: bool = True
    edits: bool = True
    """Whether pictures can be changed here at all."""
    mask_needed: bool = False
    """True: there are no edits but those inside a mask."""
    animations: tuple[tuple[int, SizeRule], ...] = ()
    """Sizes of a GIF's frames, each with the most frames it holds for, the fewest first; empty: as for stills."""
    most_inputs: int = 16
    most_images: int = 4
    """Pictures per request at most (`n`)."""
    most_prompt: int = 32_000
    """Characters."""
    auto_size: bool = True
    apis: tuple[str, ...] = ("images", "responses")
    """Which of them this version speaks with the provider."""
    remembers: int = 0
    """Days for which a turn of a conversation can be continued by its response's id; 0: never."""
    partials: int = 0
    """Looks on the way that a stream brings at most; 0: this provider does not stream."""
    partial_price: Decimal = Decimal(0)
    """USD for each of them."""
    retired: str | None = None
    """Day (ISO) from which the model can't be bought."""
    replaced_by: str | None = None
    absent: str | None = None
    """Why this provider does not have the model, in words that complete "the model 'X' …"; None: as far as is known it has."""
    snapshot: str | None = None
    """The dated name that an alias stands for, as far as the table knows; None for what is no alias."""
    unknown: bool = False
    """True: the name is not in the table; nothing can be checked offline."""


class Provider(Protocol):
    """Somebody who paints. One instance a settings entry; made without key or network."""

    free: bool
    """True: calls cost nothing and need neither consent nor journal."""
    draft: bool
    """True: the pictures are drafts: never in lock, pools or paid requests."""
    concurrency: int
    """Calls in flight at most."""

    def limits(self, model: str | None) -> Limits:
        """What the model can do; `unknown=True` for a name the table lacks."""
        ...

    def known_models(self) -> Sequence[str]:
        """Names for "did you mean"; empty where any name may be right."""
        ...

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        """Price of one call for `count` pictures; `inputs` are sizes in pixels (None: not known yet). None: no price."""
        ...

    def obstacle(self) -> str | None:
        """Why nothing can be sent now (a missing key, say), with the remedy; None when ready. No network."""
        ...

    async def make(self, call: Call) -> Answer:
        """Send one call, once. Raises Refused, Busy, Stopped, Failed or Unknown, and nothing else by intent."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class ProviderError(Exception):
    """Base of what a call may end with. `request_id` is the provider's own name of the call, if it came so far.

    `bill` is set by Refused and Failed where work was billed all the same; without it nothing was. Secrets of the environment
    are taken out of the texts: servers repeat them, and these texts are kept.
    """

    def __init__(
        self, message: str, *, help: str | None = None, request_id: str | None = None, bill: Bill | None = None
    ) -> None:
        self.message = without_secrets(message, os.environ)
        super().__init__(self.message)
        self.help = None if help is None else without_secrets(help, os.environ)
        self.request_id = request_id
        self.bill = bill


class Refused(ProviderError):
    """The request was answered with a refusal (moderation); never retried on its own."""


class Busy(ProviderError):
    """Certainly not done and certainly not billed: may be sent again after `wait` seconds (None: back off)."""

    def __init__(self, message: str, *, wait: float | None = None, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.wait = wait


class Forgotten(Busy):
    """Certainly not done: the conversation that `Call.previous` names is gone. Sent again at once, without it."""


class Failed(ProviderError):
    """The request was answered with an error that sending again won't change; nothing was made."""


class Stopped(ProviderError):
    """Nothing more can be bought from this provider in this build: quota, key, access, retired model."""


class Unknown(ProviderError):
    """It was sent and no usable answer came: perhaps billed. Never sent again without a person's yes."""
