"""CLI room: a plan in a file, and whether the present plan is still that one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixmake import __version__
from pixmake.cli.session import Session
from pixmake.diagnostics import Diagnostic, ExitCode, Note, Problem, problem
from pixmake.plan.planner import Plan

SAME = ("asset", "step", "state", "key", "images", "cost")
"""What an entry may not differ in from what was shown."""
SHOWN = 5


def saved_plan(session: Session, plan: Plan) -> dict[str, object]:
    """`plan --json`, and from what it was made: so that a build can make it again and compare."""
    made_from = {
        "version": __version__,
        "spec": plan.spec.file.name,
        "selectors": list(session.selectors),
        "exclude": list(session.exclude),
        "profile": plan.profile,
        "draft": plan.draft,
    }
    return plan.to_json() | {"made_from": made_from}


def read_plan(file: Path) -> dict[str, Any]:
    """A saved plan. Raises Problem `not-a-plan`."""
    try:
        body = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise problem("not-a-plan", f"there is no file '{file}'", help=f"`pixmake plan -o {file}` makes it") from None
    except ValueError:
        body = None
    whole = isinstance(body, dict) and body.get("format") == "pixmake.plan/1" and "made_from" in body
    if not whole or not isinstance(body["made_from"], dict) or not _are_entries(body.get("entries")):
        raise problem("not-a-plan", f"'{file}' is not a saved plan", help=f"`pixmake plan -o {file}` makes one")
    return dict(body)


def _are_entries(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def require_same(saved: Mapping[str, Any], plan: Plan, file: Path) -> None:
    """Raises Problem `plan-moved` (exit 4), with what differs, where the present plan would do other than shown."""
    shown = {_name(entry): entry for entry in saved["entries"]}
    now = {_name(entry): entry for entry in plan.to_json()["entries"]}  # type: ignore[attr-defined]
    moved = [note for name in dict.fromkeys([*shown, *now]) if (note := _difference(name, shown, now)) is not None]
    if not moved:
        return
    more = [f"and {len(moved) - SHOWN} more"] if len(moved) > SHOWN else []
    diagnostic = Diagnostic(
        code="plan-moved",
        message=f"a build would now do other than '{file}' says",
        notes=tuple(Note(message=text) for text in [*moved[:SHOWN], *more]),
        help=f"nothing was sent; look at the new plan: pixmake plan -o {file}",
    )
    raise Problem([diagnostic], ExitCode.CONSENT)


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('asset')}" if entry.get("step") is None else f"{entry.get('asset')}#{entry['step']}"


def _difference(name: str, shown: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> str | None:
    if name not in now:
        return f"'{name}' is no longer there"
    if name not in shown:
        return f"'{name}' is new"
    fields = [field for field in SAME if shown[name].get(field) != now[name].get(field)]
    if not fields:
        return None
    return f"'{name}': " + ", ".join(_changed(field, shown[name].get(field), now[name].get(field)) for field in fields)


def _changed(field: str, old: object, new: object) -> str:
    return f"{field} {_short(old)} → {_short(new)}"


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        low, high = value.get("low"), value.get("high")
        return f"${high}" if low == high else f"${low}–${high}"
    return str(value)[:12] if value is not None else "none"


def options_of(saved: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[str], str | None, bool]:
    """Selectors, exclusions, profile and draft mode that a plan was made with."""
    made = saved["made_from"]
    profile = made.get("profile")
    return (
        [str(text) for text in made.get("selectors", ())],
        [str(text) for text in made.get("exclude", ())],
        None if profile is None else str(profile),
        bool(made.get("draft")),
    )
