"""Plan room: what a provider would refuse is said offline, at the line that asks for it. Only what would be bought is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixmake.diagnostics import Collector, did_you_mean
from pixmake.plan.fault import Fault
from pixmake.plan.kinds import asked_sizes, kind_faults, moving_fault
from pixmake.plan.sizes import allowed, final_size
from pixmake.plan.world import Painter
from pixmake.providers.base import Limits, Request
from pixmake.spec.asset import Asset, Step


def refuse_pick(trouble: Collector, asset: Asset, step: Step, there: int) -> str:
    """Reports a `pick` by number beyond the candidates that are `there` and those that were ordered; the reason in short."""
    trouble.error(
        "pick-beyond-variants",
        f"pick: {step.pick} asks for a candidate that nobody ordered: variants is {step.variants}",
        step.spans.get("pick") or step.span,
        help=f"set variants: {step.pick}, or pick one of 1 to {max(step.variants, there)}",
        asset=asset.name,
        row=asset.row,
    )
    return f"pick: {step.pick} is beyond its {step.variants} variants"


def check_request(
    trouble: Collector,
    asset: Asset,
    step: Step,
    painter: Painter,
    request: Request,
    today: str,
    moving: Sequence[tuple[str, str]] = (),
) -> None:
    """Reports what `painter` would refuse of a request that is to be bought. `today` is a day (ISO).

    `moving` are the inputs that are animations, each by its field and what it is called.
    """
    provider = painter.provider
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
        _warn_unknown(trouble, asset, step, painter, request.model)
    found = [*_retired(limits, today), *_absent(limits, step.provider), *faults(limits, request)]
    found += [*_server(limits, request, step.provider), *moving_fault(moving), *_fenced_drawing(asset, step)]
    for fault in found:
        span = step.spans.get(fault.field) or step.span or asset.span
        trouble.error(fault.code, fault.message, span, help=fault.help, asset=asset.name, row=asset.row)


def _warn_unknown(trouble: Collector, asset: Asset, step: Step, painter: Painter, model: str) -> None:
    """A name that is perhaps misspelt, or the price of which nobody has stated."""
    near = did_you_mean(model, painter.provider.known_models())
    if near is None and painter.price_per_image is not None:
        return
    remedy = f"state what it costs: providers: {{{painter.name}: {{price_per_image: 0.05}}}}"
    trouble.warn(
        "unknown-model",
        f"the model '{model}' is not in this version's table: its price and limits are unknown",
        step.spans.get("model") or step.span or asset.span,
        help=f"did you mean '{near}'?" if near else remedy,
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


def _absent(limits: Limits, provider: str) -> Iterator[Fault]:
    if limits.absent is not None:
        yield Fault(
            code="no-deployment",
            field="model",
            message=f"'{provider}' has no model '{limits.model}': it {limits.absent}",
            help=f"add it under providers: {{{provider}: {{deployments: {{{limits.model}: NAME}}}}}}, or name another model",
        )


def _server(limits: Limits, request: Request, provider: str) -> Iterator[Fault]:
    """What the server behind a provider's address does not do, whatever the model could."""
    kinds = {item.kind for item in request.inputs}
    if request.operation == "edit" and not limits.edits:
        yield Fault(
            code="no-edits",
            field="prompt",
            message=f"'{provider}' has no edits: it can't work on pictures",
            help=f"take the input pictures out, name another provider for this step,\n"
            f"or set its path where it has one: providers: {{{provider}: {{edits: images/edits}}}}",
        )
    elif request.operation == "edit" and limits.mask_needed and "mask" not in kinds:
        yield Fault(
            code="no-edits",
            field="prompt",
            message=f"'{provider}' edits only inside a mask, and there is none",
            help="add a mask, for example\n  mask: {rect: [0, 0, 1, 1]}\nfor the whole picture",
        )
    elif "mask" in kinds and not limits.mask:
        yield Fault(
            code="not-accepted",
            field="mask",
            message=f"'{provider}' takes no mask",
            help=f"take it out, or name another provider; where a server of type openai does take one,\n"
            f"say how it reads it: providers: {{{provider}: {{mask: alpha}}}} (or white)",
        )


def _fenced_drawing(asset: Asset, step: Step) -> Iterator[Fault]:
    """A fence lays pixels over pixels: what it gives is no drawing any more."""
    is_last = step.index == asset.steps[-1].index
    drawn = any(output.format == "svg" for output in asset.outputs)
    if is_last and step.kind == "svg" and step.mask is not None and step.fence is not None and drawn:
        yield Fault(
            code="fenced-drawing",
            field="mask",
            message="a fence makes pixels of a drawing, and an output of it is an .svg",
            help="add 'fence: false', or write a .png or .webp",
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
    elif request.api == "responses":
        yield from _conversation(limits, request)
    yield from _word(limits, "quality", request.quality, limits.qualities)
    yield from _word(limits, "background", request.background, limits.backgrounds)
    yield from _word(limits, "complexity", request.complexity, limits.complexities)
    yield from _word(limits, "input_fidelity", request.input_fidelity, limits.fidelities)
    yield from _word(limits, "kind", request.kind, limits.kinds)
    yield from kind_faults(request)
    yield from _size(limits, request)
    yield from _inputs(limits, request)
    if len(request.prompt) > limits.most_prompt:
        yield Fault(
            code="prompt-too-long",
            field="prompt",
            message=f"the prompt has {len(request.prompt)} characters; {limits.model} takes {limits.most_prompt}",
            help="shorten the prompt or its template",
        )


def _conversation(limits: Limits, request: Request) -> Iterator[Fault]:
    if request.responses_model is None:
        yield Fault(
            code="no-responses-model",
            field="api",
            message="'api: responses' talks to a mainline model, and none is named",
            help="add the model to talk to, for example\n  responses_model: gpt-6-astra\nor leave api out",
        )
    if any(item.kind == "markup" for item in request.inputs):
        yield Fault(
            code="not-accepted",
            field="markup",
            message="'api: responses' takes no markup",
            help="use a mask, or leave api out: images works",
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
    size, rule = final_size(request.size), asked_sizes(limits, request)
    if size is None or allowed(size, rule):
        return
    possible = (
        "possible: " + ", ".join(f"{width}x{height}" for width, height in rule.listed)
        if rule.listed
        else f"sides are multiples of {rule.multiple}, at most {rule.longest}, at most {rule.ratio}:1, "
        f"{rule.least_area} to {rule.most_area} pixels in all; or leave request_size out"
    )
    yield Fault(
        code="impossible-size",
        field="request_size",
        message=f"{limits.model} can't make {request.size}" + (" in so many frames" if request.kind == "gif" else ""),
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
