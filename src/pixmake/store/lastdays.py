"""Store room: the last days of models as their providers told them to this checkout. Throw-away state: it can be asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pixmake.store.durable import replace_file, writing
from pixmake.values import dataclass

FORMAT = "pixmake.last-days/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """A model's last day (ISO; None: none is announced) and the day on which that was told."""

    retired: str | None
    told: str


Days = Mapping[str, Mapping[str, LastDay]]
"""By provider, as the spec calls it, and model."""


def read_last_days(path: Path) -> Days:
    """What was kept; nothing where the file is missing, damaged or of another version."""
    try:
        body = json.loads(path.read_text("utf-8"))
        if body["format"] != FORMAT:
            return {}
        return {
            str(provider): {str(model): _last_day(row) for model, row in rows.items()}
            for provider, rows in body["providers"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _last_day(row: Mapping[str, object]) -> LastDay:
    retired = row["retired"]
    return LastDay(retired=None if retired is None else _day(retired), told=_day(row["told"]))


def _day(value: object) -> str:
    return date.fromisoformat(str(value)).isoformat()


def keep_last_days(path: Path, provider: str, found: Mapping[str, LastDay]) -> None:
    """Adds what one provider told to what is kept. Raises Problem."""
    days = {name: dict(rows) for name, rows in read_last_days(path).items()}
    days.setdefault(provider, {}).update(found)
    rows = {
        name: {model: {"retired": day.retired, "told": day.told} for model, day in sorted(models.items())}
        for name, models in sorted(days.items())
    }
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        replace_file(path, (json.dumps({"format": FORMAT, "providers": rows}, indent=1) + "\n").encode())
