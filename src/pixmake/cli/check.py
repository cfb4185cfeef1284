"""CLI room: `check`: lints without a key: spec, templates, masks, models, shared requests, lock against outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from pixmake.cli.console import counted
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.session import Session
from pixmake.diagnostics import Diagnostic, ExitCode, worst
from pixmake.plan.planner import Plan
from pixmake.plan.retirement import mixed, retiring, uses_of

OF_MODELS = ("model-retires", "mixed-models")
"""Warnings of a plan about the models it buys from; here they are about all that are named."""
DECIDE = ("edited", "conflict", "lost", "unknown")
"""States that a person has to decide on (exit 5)."""


@click.command("check")
@selector_argument()
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...]) -> int:
    """Find mistakes before they cost: needs no key, sends nothing, writes nothing."""
    plan = session.plan(selectors)
    found = sorted(findings(plan), key=Diagnostic.sort_key)
    code = _exit_code(plan, found)
    errors = [item for item in found if item.severity == "error"]
    warnings = [item for item in found if item.severity == "warning"]
    console = session.console
    if console.json:
        body = {"format": "pixmake.check/1", "profile": plan.profile, "assets": len(plan.selected)}
        console.document(body | {"problems": [item.to_json() for item in found], "exit_code": code})
        return code
    console.warnings(warnings)
    console.errors(errors)
    sums = f"{counted(len(errors), 'error')}, {counted(len(warnings), 'warning')}" if found else "no problems"
    console.out(f"{counted(len(plan.selected), 'asset')} checked: {sums}")
    return code


def _exit_code(plan: Plan, found: list[Diagnostic]) -> int:
    """2 for errors of spec and requests, 5 where a person must decide, 8 for damage; warnings are 0."""
    codes = [ExitCode.INTEGRITY if plan.damage or _corrupt(plan) else 0]
    codes += [ExitCode.PERSON if any(entry.state in DECIDE for entry in plan.entries) else 0]
    states = {*DECIDE, "corrupt", "refused", "failed"}
    own = [item for item in found if item.severity == "error" and item.code not in states]
    damage = {item.code for item in plan.damage}
    codes += [ExitCode.SPEC if any(item.code not in damage for item in own) else 0]
    codes += [ExitCode.FAILED if any(entry.state in ("refused", "failed") for entry in plan.entries) else 0]
    return worst(int(code) for code in codes)


def _corrupt(plan: Plan) -> bool:
    return any(entry.state == "corrupt" for entry in plan.entries)


def findings(plan: Plan) -> Iterator[Diagnostic]:
    """Everything that is wrong or might be. What is wrong with the spec itself was raised when it was loaded."""
    yield from plan.problems
    yield from (item for item in plan.warnings if item.code not in OF_MODELS)
    yield from plan.damage
    yield from _models(plan)
    yield from _unused_templates(plan)
    yield from _shared_requests(plan)
    yield from _states(plan)
    yield from _outputs(plan)
    for name in plan.orphans:
        yield Diagnostic(
            code="orphan",
            severity="warning",
            message=f"the lock has '{name}', the spec doesn't",
            help="`pixmake clean --orphans` removes its files and its line; bought pictures stay in the store",
            asset=name,
        )


# --- models and templates ---------------------------------------------------------------------------------------------


def _models(plan: Plan) -> Iterator[Diagnostic]:
    """What is to be said of all models that are named; what the plan said of those it buys from is among it."""
    uses = uses_of(plan.world, ((asset, step) for asset in plan.selected for step in asset.steps))
    yield from retiring(uses, plan.world.view.today)
    yield from mixed(uses)


def _unused_templates(plan: Plan) -> Iterator[Diagnostic]:
    """Templates that lie beside used ones and that no asset reaches."""
    used = set(plan.spec.footprint.files)
    folders = sorted({file.parent for file in used if file.suffix in (".j2", ".jinja", ".jinja2")})
    for folder in folders:
        for file in sorted(folder.glob("*.j2")):
            if file not in used:
                yield _unused(plan.spec.root, file)


def _unused(root: Path, file: Path) -> Diagnostic:
    name = file.relative_to(root) if root in file.parents else file
    return Diagnostic(
        code="unused-template",
        severity="warning",
        message=f"no asset uses the template '{name.as_posix()}'",
        help="use it, or remove it",
    )


# --- requests, states, files --------------------------------------------------------------------------------------------


def _shared_requests(plan: Plan) -> Iterator[Diagnostic]:
    """Assets that would ask for the very same picture: meant, or a forgotten variable."""
    by_key: dict[str, list[str]] = {}
    for entry in plan.entries:
        if entry.key is not None and entry.state != "draft" and entry.verdict.request is not None:
            by_key.setdefault(entry.key, []).append(entry.asset)
    spans = {asset.name: asset.span for asset in plan.spec.assets}
    for names in map(list, map(dict.fromkeys, by_key.values())):
        if len(names) > 1:
            others = ", ".join(f"'{name}'" for name in names[1:4]) + (
                f" and {len(names) - 4} more" if len(names) > 4 else ""
            )
            yield Diagnostic(
                code="shared-request",
                severity="warning",
                message=f"'{names[0]}' and {others} are one request: one picture, paid once",
                span=spans.get(names[0]),
                help="if they should differ: another prompt, or a salt",
                asset=names[0],
            )


def _states(plan: Plan) -> Iterator[Diagnostic]:
    """What went wrong earlier and stands in the records."""
    for entry in plan.entries:
        if entry.state in ("conflict", "lost", "corrupt", "unknown", "refused", "failed"):
            place = entry.asset if entry.step is None else f"{entry.asset}#{entry.step}"
            yield Diagnostic(code=entry.state, message=f"'{place}': {entry.reason}", asset=entry.asset)


def _outputs(plan: Plan) -> Iterator[Diagnostic]:
    """Files against the lock: edited ones are errors, missing and outdated ones of bought pictures are not."""
    for entry in plan.entries:
        for item in entry.outputs:
            if item.state == "edited":
                yield Diagnostic(
                    code="edited",
                    message=f"'{item.path}' is not the file that pixmake wrote",
                    help="build leaves it alone; remove the file to have it written again",
                    asset=entry.asset,
                )
            elif item.state in ("missing", "stale") and entry.state == "stale":
                word = "is not there" if item.state == "missing" else "is behind its spec"
                yield Diagnostic(
                    code="output-behind",
                    severity="warning",
                    message=f"'{item.path}' {word}",
                    help="`pixmake build` writes it for free",
                    asset=entry.asset,
                )
