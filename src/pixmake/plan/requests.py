"""Plan room: a step and its input pictures to the Request that is hashed and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter

from pixmake.plan.artifact import Artifact, FilePicture, MaskPicture
from pixmake.plan.kinds import sizes_of
from pixmake.plan.sizes import Size, final_size, requested_size
from pixmake.providers.base import InputKind, Limits, Operation, Request, RequestInput
from pixmake.spec.asset import Asset, AssetInput, FileInput, Input, Region, Step
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInputs:
    """What a step works on, complete: the parent (first image, if any), references in order, mask or markup."""

    parent: Artifact | None = None
    references: tuple[Artifact, ...] = ()
    mask: MaskPicture | None = None
    markup: Artifact | None = None
    turns: tuple[str, ...] = ()

    def pictures(self) -> list[tuple[InputKind, Artifact | MaskPicture]]:
        """All of them in the order of the request."""
        if self is ALONE:
            return []
        images = [self.parent, *self.references] if self.parent is not None else list(self.references)
        found: list[tuple[InputKind, Artifact | MaskPicture]] = [("image", image) for image in images]
        if self.mask is not None:
            found.append(("mask", self.mask))
        if self.markup is not None:
            found.append(("markup", self.markup))
        return found

    def image_sizes(self) -> list[Size | None]:
        """Sizes of the pictures that count input tokens: all but the mask."""
        return [item.size for kind, item in self.pictures() if kind != "mask"]


ALONE = StepInputs()
"""The inputs of a step that has none: most have."""


def size_to_ask(step: Step, limits: Limits, kept: str | None) -> str:
    """The requested size as text. `kept` is the lock's, for as long as what the user wrote stands."""
    if step.request_size is not None:
        return step.request_size
    final = final_size(step.size)
    if final is None:
        return "auto"
    if kept is not None:
        return kept
    width, height = requested_size(final, sizes_of(limits, step.kind, step.options))
    return f"{width}x{height}"


terms_of = attrgetter(
    *(item.name for item in fields(Request) if item.name not in ("prompt", "options", "inputs", "turns"))
)
"""Everything that a request of text alone says besides its prompt."""


def turns_before(asset: Asset, step: Step) -> tuple[str, ...]:
    """The prompts of an asset's steps before this one."""
    return tuple(earlier.prompt for earlier in asset.steps if earlier.index < step.index)


def build_request(
    step: Step, provider: str, size: str, inputs: Sequence[RequestInput], turns: tuple[str, ...]
) -> Request:
    """The request of a step; `provider` is the logical one. `moderation` is not sent with Images edits."""
    operation: Operation = "edit" if inputs else "generate"
    talks = step.api == "responses"
    return Request(
        operation=operation,
        api=step.api,
        responses_model=step.responses_model if talks else None,
        kind=step.kind,
        provider=provider,
        model=step.model,
        prompt=with_roles(step, has_parent=_has_parent(step, inputs)) if inputs else step.prompt,
        size=size,
        quality=step.quality,
        background=step.background,
        complexity=step.complexity,
        input_fidelity=step.input_fidelity,
        moderation=None if operation == "edit" and not talks else step.moderation,
        options=step.options,
        inputs=tuple(inputs),
        turns=turns if talks else (),
        salt=step.salt,
    )


def _has_parent(step: Step, inputs: Sequence[RequestInput]) -> bool:
    return sum(1 for item in inputs if item.kind == "image") > len(step.references)


def with_roles(step: Step, *, has_parent: bool) -> str:
    """The prompt as sent: role lines first, one an image, then an empty line. Frozen in version 1.

    All inputs are counted; the parent is image 1. A verbatim prompt gets none.
    """
    if step.verbatim:
        return step.prompt
    given = ([step.parent_role] if has_parent else []) + [item.role for item in step.references]
    roles = [f"Image {number}: {role.strip().rstrip('.')}." for number, role in enumerate(given, start=1) if role]
    return "\n".join([*roles, "", step.prompt]) if roles else step.prompt


def identities(inputs: StepInputs) -> list[RequestInput]:
    """The inputs of a request by identity."""
    if inputs is ALONE:
        return []
    return [RequestInput(kind=kind, identity=item.identity) for kind, item in inputs.pictures()]


def input_label(item: Input | Region) -> str:
    """How messages call an input."""
    if isinstance(item, FileInput):
        return item.name
    if isinstance(item, AssetInput):
        return f"@{item.asset}"
    return item.shape


def named_inputs(inputs: StepInputs) -> Mapping[str, str]:
    """Identity → file name, for inputs that are files: what a difference shows in place of a digest."""
    return {item.identity: item.name for _, item in inputs.pictures() if isinstance(item, FilePicture)}
