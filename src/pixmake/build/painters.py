"""Build room: the spec's providers, opened. No key is read and nothing is sent; what is wrong is said at its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pixmake.diagnostics import Diagnostic, Note, Problem, did_you_mean
from pixmake.plan.world import Painter
from pixmake.providers.base import Provider
from pixmake.providers.catalog import BUILT_IN, Factory, open_provider, provider_types
from pixmake.spec.asset import ProviderSettings, Spec
from pixmake.store.lastdays import Days

UNDECLARED = ("openai", "draft")
"""Providers that a spec need not declare."""


class Painters:
    """Providers by the name the spec calls them; each is opened once and kept while its settings stand."""

    def __init__(self, extra: Mapping[str, Factory], last_days: Days | None = None) -> None:
        """`extra`: types by name besides the known ones; `last_days`: what providers told of their models' ends."""
        self._extra = extra
        self._last_days = last_days or {}
        self._open: dict[str, tuple[ProviderSettings, Painter]] = {}

    def of(self, spec: Spec) -> dict[str, Painter]:
        """Every provider that a step of the spec names, and `draft`."""
        names = {step.provider for asset in spec.assets for step in asset.steps} | {"draft"}
        return {name: self._painter(spec, name) for name in sorted(names)}

    def every(self, spec: Spec) -> dict[str, Provider]:
        """Every provider that the spec declares or need not declare, used or not."""
        return {name: self._painter(spec, name).provider for name in spec.providers}

    def check(self, spec: Spec) -> None:
        """Raises Problem for providers nobody knows: the names that steps use, the types that settings name."""
        found = self._unknown_types(spec)
        unknown: dict[str, Diagnostic] = {}
        for step in (step for asset in spec.assets for step in asset.steps):
            if step.provider not in unknown and self._settings(spec, step.provider) is None:
                known = sorted({*spec.providers, *UNDECLARED, *self._extra})
                near = did_you_mean(step.provider, known)
                unknown[step.provider] = Diagnostic(
                    code="unknown-provider",
                    message=f"no provider is called '{step.provider}'",
                    span=step.spans.get("provider") or step.span,
                    help=(f"did you mean '{near}'? " if near else "") + f"providers here: {', '.join(known)}",
                )
        if found or unknown:
            raise Problem([*found, *unknown.values()])

    def _unknown_types(self, spec: Spec) -> list[Diagnostic]:
        """Installed packages are asked for theirs only where a type is none of ours: that takes longer than a load."""
        unsure = [
            item for item in spec.providers.values() if item.type not in BUILT_IN and item.type not in self._extra
        ]
        if not unsure:
            return []
        types = [*provider_types(), *self._extra]
        return [_unknown_type(item, types) for item in unsure if item.type not in types]

    def _settings(self, spec: Spec, name: str) -> ProviderSettings | None:
        if name in spec.providers:
            return spec.providers[name]
        known = name in UNDECLARED or name in self._extra
        return ProviderSettings(name=name, type=name) if known else None

    def _painter(self, spec: Spec, name: str) -> Painter:
        settings = self._settings(spec, name)
        assert settings is not None, "check() was asked first"
        known = self._open.get(name)
        if known is None or known[0] != settings:
            self._open[name] = known = settings, self._new(settings)
        return known[1]

    def _new(self, settings: ProviderSettings) -> Painter:
        images, calls = (settings.settings.get(f"{what}_per_minute") for what in ("images", "requests"))
        return Painter(
            name=settings.name,
            logical=settings.same_as or settings.name,
            provider=self._provider(settings),
            per_minute=int(str(images)) if images is not None else None,
            calls_per_minute=int(str(calls)) if calls is not None else None,
            price_per_image=settings.price_per_image,
        )

    def _provider(self, settings: ProviderSettings) -> Provider:
        values: dict[str, object] = dict(settings.settings)
        if settings.concurrency is not None:
            values["concurrency"] = settings.concurrency
        if settings.price_per_image is not None:
            values["price_per_image"] = settings.price_per_image
        if told := self._last_days.get(settings.name):
            from pixmake.providers.rows import with_last_days

            days = {model: day.retired for model, day in told.items()}
            values["models"] = with_last_days(values.get("models"), days)
        return open_provider(settings.type, values, self._extra)


def _unknown_type(settings: ProviderSettings, types: Sequence[str]) -> Diagnostic:
    near = did_you_mean(settings.type, types)
    remedy = "install the package that registers it under 'pixmake.providers'"
    if settings.type == settings.name:
        remedy = f"say whose ways it has, like {{{settings.name}: {{type: openai}}}}, or {remedy}"
    return Diagnostic(
        code="unknown-provider-type",
        message=f"the provider '{settings.name}' is of type '{settings.type}', which nothing here offers",
        span=settings.span,
        notes=(Note(message=f"types here: {', '.join(types)}"),),
        help=f"did you mean '{near}'?" if near else remedy,
    )
