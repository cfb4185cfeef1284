"""Plan room: what a provider would refuse is said offline, at the line that asks for it. Only what would be bought is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pixmake.diagnostics import Collector, did_you_mean
from pixmake.plan.sizes import allowed, final_size
from pixmake.providers.base import Limits, Provider, Request
from pixmake.spec.asset import Asset, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can't be asked for: the step's field, what is wrong, what is possible."""

    code: str
    field: str
    message: str
    help: str


def check_request(
    trouble: Collector, asset: Asset, step: Step, provider: Provider, request: Request, today: str
) -> None:
    """Reports what `provider` would refuse of a request that is to be bought. `today` is a day (ISO)."""
    if provider.free:
        return
    if request.model is None:
        trouble.error(
            "no-model",
            f"'{asset.name}' has to be bought, and no model is named",
            step.span or asset.span,
            help="add a model, for example\n  defaults: {model: gpt-image-2.5-flare}\nor make free drafts: pixmake build --draft",
            asset=asset.name,
            row=asset.row,
        )
        return
    limits = provider.limits(request.model)
    if limits.unknown:
        _warn_unknown(trouble, asset, step, provider, request.model)
    for fault in [*_retired(limits, today), *faults(limits, request)]:
        span = step.spans.get(fault.field) or step.span or asset.span
        trouble.error(fault.code, fault.message, span, help=fault.help, asset=asset.name, row=asset.row)


def _warn_unknown(trouble: Collector, asset: Asset, step: Step, provider: Provider, model: str) -> None:
    near = did_you_mean(model, provider.known_models())
    trouble.warn(
        "unknown-model",
        f"the model '{model}' is not in this version's table: its price and limits are unknown",
        step.spans.get("model") or step.span or asset.span,
        help=f"did you mean '{near}'?" if near else "state what it costs: providers: {openai: {price_per_image: 0.05}}",
        asset=asset.name,
        row=asset.row,
    )


def _retired(limits: Limits, today: str) -> Iterator[Fault]:
    if limits.retired is None or today < limits.retired:
        return
    other = f"; its successor is {limits.replaced_by}" if limits.replaced_by else ""
    yield Fault(
        code="retired-model",
        field="model",
        message=f"the model '{limits.model}' was switched off on {limits.retired}: nothing new can be bought from it",
        help=f"name another model{other}; what was bought stays",
    )


def faults(limits: Limits, request: Request) -> Iterator[Fault]:
    """Everything in a request that the model's limits forbid (fact sheet, sections 1 and 2)."""
    if request.api not in limits.apis:
        yield Fault(
            code="not-yet",
            field="api",
            message=f"this version can't ask {limits.model} by 'api: {request.api}'",
            help=f"leave api out: {', '.join(limits.apis)} works; chains are edits of the picked picture there",
        )
    yield from _word(limits, "quality", request.quality, limits.qualities)
    yield from _word(limits, "background", request.background, limits.backgrounds)
    yield from _word(limits, "complexity", request.complexity, limits.complexities)
    yield from _word(limits, "input_fidelity", request.input_fidelity, limits.fidelities)
    yield from _word(limits, "kind", request.kind, limits.kinds)
    yield from _size(limits, request)
    yield from _inputs(limits, request)
    if len(request.prompt) > limits.most_prompt:
        yield Fault(
            code="prompt-too-long",
            field="prompt",
            message=f"the prompt has {len(request.prompt)} characters; {limits.model} takes {limits.most_prompt}",
            help="shorten the prompt or its template",
        )


def _word(limits: Limits, field: str, value: str | None, known: Sequence[str]) -> Iterator[Fault]:
    if value is None or value in known:
        return
    if not known:
        yield Fault(
            code="not-accepted",
            field=field,
            message=f"{limits.model} takes no {field}",
            help=f"leave {field} out, or choose another model",
        )
        return
    near = did_you_mean(value, known)
    yield Fault(
        code="not-accepted",
        field=field,
        message=f"{limits.model} has no {field} '{value}'",
        help=(f"did you mean '{near}'? " if near else "") + f"possible: {', '.join(known)}",
    )


def _size(limits: Limits, request: Request) -> Iterator[Fault]:
    size = final_size(request.size)
    if size is None or allowed(size, limits.sizes):
        return
    rule = limits.sizes
    possible = (
        "possible: " + ", ".join(f"{width}x{height}" for width, height in rule.listed)
        if rule.listed
        else f"sides are multiples of {rule.multiple}, at most {rule.longest}, at most {rule.ratio}:1, "
        f"{rule.least_area} to {rule.most_area} pixels in all; or leave request_size out"
    )
    yield Fault(
        code="impossible-size",
        field="request_size",
        message=f"{limits.model} can't make {request.size}",
        help=possible,
    )


def _inputs(limits: Limits, request: Request) -> Iterator[Fault]:
    images = sum(1 for item in request.inputs if item.kind == "image")
    kinds = {item.kind for item in request.inputs}
    if images > limits.most_inputs:
        yield Fault(
            code="too-many-inputs",
            field="references",
            message=f"{images} input pictures; {limits.model} takes {limits.most_inputs}, the parent included",
            help="leave some references out",
        )
    if "markup" in kinds and not limits.markup:
        yield Fault(
            code="not-accepted",
            field="markup",
            message=f"{limits.model} takes no markup",
            help="use a mask, or a model that takes it",
        )
