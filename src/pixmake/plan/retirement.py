"""Plan room: what is to be said of the models that a plan names: those that go soon, and names mixed with their dated ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pixmake.diagnostics import Diagnostic, Note
from pixmake.plan.world import World
from pixmake.providers.base import Limits
from pixmake.spec.asset import Asset, Step
from pixmake.values import dataclass

SOON = timedelta(days=60)
"""A model that goes within this time is warned of."""


@dataclass(slots=True)
class Use:
    """A model as some steps name it: its limits, the first of these steps, and how many assets there are."""

    limits: Limits
    asset: Asset
    step: Step
    assets: set[str]


def uses_of(world: World, steps: Iterable[tuple[Asset, Step]]) -> list[Use]:
    """The models that these steps name, in the order of their first mention; free providers' models are nobody's care."""
    found: dict[tuple[str, str], Use] = {}
    for asset, step in steps:
        if step.model is None or world.painter(step.provider).provider.free:
            continue
        use = found.get((step.provider, step.model))
        if use is None:
            limits = world.painter(step.provider).provider.limits(step.model)
            use = found[step.provider, step.model] = Use(limits, asset, step, set())
        use.assets.add(asset.name)
    return list(found.values())


def retiring(uses: Iterable[Use], today: str) -> Iterator[Diagnostic]:
    """A warning for each model that can't be bought soon, or any more. `today` is a day (ISO)."""
    now = date.fromisoformat(today)
    for use in uses:
        if use.limits.retired is None or date.fromisoformat(use.limits.retired) > now + SOON:
            continue
        gone = date.fromisoformat(use.limits.retired) <= now
        model, count = use.step.model, len(use.assets)
        following = f"`pixmake migrate --from {model} --to {use.limits.replaced_by}` prices the move; "
        yield Diagnostic(
            code="model-retires",
            severity="warning",
            message=f"the model '{model}' {'has been' if gone else 'will be'} retired {'since' if gone else 'on'} "
            f"{use.limits.retired}; {count} asset{'' if count == 1 else 's'} here use{'s' if count == 1 else ''} it",
            span=use.step.spans.get("model") or use.step.span or use.asset.span,
            help=(following if use.limits.replaced_by else "")
            + "what was bought stays, only new pictures need another model",
        )


def mixed(uses: Iterable[Use]) -> Iterator[Diagnostic]:
    """A warning for each name that is used beside the dated name it stands for today."""
    listed = list(uses)
    by_model = {(use.step.provider, use.step.model): use for use in listed}
    for use in listed:
        dated = by_model.get((use.step.provider, use.limits.snapshot))
        if dated is None:
            continue
        span = dated.step.spans.get("model") or dated.step.span
        yield Diagnostic(
            code="mixed-models",
            severity="warning",
            message=f"'{use.step.model}' and '{use.limits.snapshot}' are one model today and two in requests: "
            "equal prompts are bought once for each",
            span=use.step.spans.get("model") or use.step.span or use.asset.span,
            notes=(Note(message=f"'{use.limits.snapshot}' is named here", span=span),) if span else (),
            help="name the dated one everywhere to stay with it, or the other to follow the provider",
        )
