"""Providers room: rows that a spec adds to the model table: models of one's own, or known ones of which other facts hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from pixmake.providers.base import Limits, SizeRule
from pixmake.providers.models import Model, limits_of, parse_size, table

WORDS = ("qualities", "backgrounds", "complexities", "kinds")
TOLD = "retired (told)"
"""Holds the last day that the API told; no key of a spec."""


def rows_of(settings: Mapping[str, object]) -> dict[str, Model]:
    """The rows under a provider's `models`, by name. They were validated with the spec (spec/project.py).

    A row starts from the one it is `like`, else from the table's row of its own name, else from a model that may do
    everything and whose price nobody knows; `like` a name that nobody knows, it stays unknown.
    """
    rows = settings.get("models")
    if not isinstance(rows, Mapping):
        return {}
    return {str(name): _row(str(name), row or {}) for name, row in rows.items()}


def with_last_days(rows: object, days: Mapping[str, str | None]) -> dict[str, object]:
    """A provider's `models` with the last days that its API told; what the spec itself says of one stands above that.

    Days of models that neither the spec nor the table knows are left out: a row would make such a model known.
    """
    merged: dict[str, object] = dict(rows) if isinstance(rows, Mapping) else {}
    for model, retired in days.items():
        row = merged.get(model)
        if row is not None or model in table():
            merged[model] = {TOLD: retired, **(row if isinstance(row, Mapping) else {})}
    return merged


def _row(name: str, row: Mapping[str, object]) -> Model:
    like = row.get("like")
    base = table().get(str(like or name)) or Model(limits=replace(limits_of(name), unknown=like is not None), prices={})
    prices = row.get("prices")
    flat = row.get("price_per_image")
    return replace(
        base,
        limits=_limits(name, base.limits, row),
        prices={**base.prices, **{str(kind): Decimal(str(usd)) for kind, usd in prices.items()}}
        if isinstance(prices, Mapping)
        else base.prices,
        flat=base.flat if flat is None else Decimal(str(flat)),
        batch=base.batch if row.get("batch") is None else bool(row["batch"]),
        azure_retired=_day(row.get("retired", row.get(TOLD, base.azure_retired))),
        source=base.source if set(row) <= {TOLD} else "assets.yaml",
    )


def _limits(name: str, base: Limits, row: Mapping[str, object]) -> Limits:
    sizes = row.get("sizes")
    words = {field: tuple(map(str, value)) for field in WORDS if isinstance(value := row.get(field), list | tuple)}
    return replace(
        base,
        model=name,
        sizes=SizeRule(listed=tuple(map(parse_size, map(str, sizes))))
        if isinstance(sizes, list | tuple)
        else base.sizes,
        retired=_day(row.get("retired", row.get(TOLD, base.retired))),
        replaced_by=str(row["replaced_by"]) if row.get("replaced_by") else base.replaced_by,
        snapshot=None if row.get("like") else base.snapshot,
        **words,  # type: ignore[arg-type]
    )


def _day(value: object) -> str | None:
    return None if value is None else str(value)
