"""CLI room: what `build` does: recover, plan, consent, run, report. Every decision about money is made by what it calls."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from pathlib import Path

from pixmake import __version__
from pixmake.build.narrowing import is_calm
from pixmake.build.remembering import not_kept
from pixmake.build.report import BuildReport
from pixmake.cli.collected import Talk
from pixmake.cli.consent import ask, blocked_provider, needs_consent
from pixmake.cli.console import counted
from pixmake.cli.progress import Trace, fan, watching
from pixmake.cli.session import Session, localize
from pixmake.diagnostics import problem
from pixmake.digest import Digest
from pixmake.plan.planner import Plan
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The flags of `build`; as they are where none is given."""

    max_cost: Decimal | None = None
    yes: bool = False
    locked: bool = False
    offline: bool = False
    draft: bool = False
    batch: bool = False
    wait: bool = False
    update: tuple[str, ...] = ()
    jobs: int | None = None
    fail_fast: bool = False
    saved: Path | None = None
    trace: Path | None = None
    depfile: Path | None = None


def run(session: Session, selectors: tuple[str, ...], wishes: Wishes) -> int:
    """One run of `build`; its exit code. Raises Problem."""
    if wishes.saved is not None:
        selectors = _adopt(session, selectors, wishes)
    for file in (wishes.trace, wishes.depfile):
        if file is not None:  # a folder that can't be is told now, not when everything was paid
            file.parent.mkdir(parents=True, exist_ok=True)
    if _may_narrow(session, selectors, wishes):
        session.narrow()
    talk = Talk(session)
    if not wishes.offline:
        talk.collect()
    recover_calls(session)
    terms = Terms()
    report = _wave(session, selectors, wishes, terms)
    from pixmake.cli.outcome import report_lines, tell  # not before: until then nothing is sent

    while wishes.wait and _goes_on(report):
        tell(session, report)
        has_moved = talk.wait()
        report = _wave(session, selectors, wishes, terms)
        if not has_moved:
            break  # what is left is nothing that can be waited for
    if wishes.depfile is not None:
        from pixmake.cli.depfile import write_depfile

        write_depfile(wishes.depfile, report.plan)
    if session.console.json:
        session.console.document(report.to_json() | {"collected": talk.to_json()})
    report_lines(session, report)
    _remember(session, report)
    return int(report.exit_code)


@dataclass(slots=True)
class Terms:
    """What was agreed to for all waves of one run: USD that are left of it (None: no cap yet), and keys that had their
    turn in it."""

    agreed: bool = False
    left: Decimal | None = None
    keys: set[Digest] = field(default_factory=set)


def _may_narrow(session: Session, selectors: Sequence[str], wishes: Wishes) -> bool:
    """Whether this build is about all assets, and nobody wants to see those that stand as they stood."""
    shown = session.console.json or wishes.saved is not None or wishes.depfile is not None
    other = session.file is not None or session.profile is not None or session.allow_outside or wishes.draft
    return not (selectors or session.exclude or shown or other or wishes.locked or wishes.batch or wishes.update)


def _goes_on(report: BuildReport) -> bool:
    """Whether something of this build is on its way, and nobody has to be asked first."""
    return any(item.state == "sent" for item in report.entries) and not report.interrupted


def _wave(session: Session, selectors: Sequence[str], wishes: Wishes, terms: Terms) -> BuildReport:
    """Plans and runs once. A later wave has what an earlier one has left of the money that was agreed to."""
    is_first = not terms.keys
    plan = _plan(session, selectors, wishes)
    if session.project.part is not None and not (is_calm(plan) and not _needs_yes(plan, wishes)):
        session.project.widen()
        plan = _plan(session, selectors, wishes)
    if is_first:
        session.console.warnings(plan.warnings)  # before anybody is asked to pay for what they warn of
    report = _run(session, plan, wishes, terms)
    if wishes.batch:
        if terms.left is None:
            caps = [wishes.max_cost, plan.spec.budget.per_build, *([_offered(plan)] if terms.agreed else [])]
            terms.left = min((cap for cap in caps if cap is not None), default=None)
        if terms.left is not None:
            terms.left = max(Decimal(0), terms.left - report.handed.reserved - report.spent)
        terms.keys |= report.handed.keys
    return report


def _offered(plan: Plan) -> Decimal:
    """What a yes to a plan by batch agreed to at most: where it offers no saving, to its price as it stands."""
    return plan.offer.cost.high if plan.offer is not None else plan.totals.cost.high


def _remember(session: Session, report: BuildReport) -> None:
    """Leaves for the next run what it may answer without looking closer, where nothing is left to do."""
    from pixmake.cli.plantext import idle_lines

    counts = session.project.counts(report)
    says = {"build": "nothing to do"}
    if "draft" not in counts:
        says["build --locked"] = says["build"]
    if counts.keys() <= {"fresh", "draft"} and not report.plan.orphans:
        says["plan"] = "\n".join(idle_lines(counts))
    warning = not_kept(lambda: session.project.remember(report, __version__, says))
    if warning is not None and all(item.code != warning.code for item in report.problems):
        session.console.warnings([warning])


def _adopt(session: Session, selectors: Sequence[str], wishes: Wishes) -> tuple[str, ...]:
    """Takes over what a saved plan was made with. Raises Problem where the command line says otherwise."""
    from pixmake.cli.saved import options_of, read_plan

    assert wishes.saved is not None
    if selectors or session.exclude or wishes.update:
        raise problem("plan-and-selectors", "a saved plan says itself what it is about", help="leave the selectors out")
    saved_selectors, excluded, profile, draft = options_of(read_plan(wishes.saved))
    if session.profile not in (None, profile):
        message = f"'{wishes.saved}' is a plan for the profile '{profile or 'none'}', not '{session.profile}'"
        raise problem("plan-and-selectors", message, help="leave --profile out")
    if wishes.draft and not draft:
        raise problem("plan-and-selectors", f"'{wishes.saved}' is not a plan of drafts", help="leave --draft out")
    session.profile, session.exclude = profile, tuple(excluded)
    return tuple(saved_selectors)


def recover_calls(session: Session) -> None:
    """Finishes calls of a build that died, before anything is planned."""
    project = session.project
    if project.store.journal.open_intents():
        saved = project.recover()
        if saved:
            session.console.say(f"saved {counted(saved, 'picture')} that an interrupted build had paid for")


def _plan(session: Session, selectors: Sequence[str], wishes: Wishes) -> Plan:
    if wishes.saved is None:
        update = [localize(session.project, text) for text in wishes.update]
        return session.plan(selectors, draft=wishes.draft, update=update, repeat_unknown=wishes.yes)
    from pixmake.cli.saved import options_of, read_plan, require_same

    saved = read_plan(wishes.saved)
    plan = session.plan(selectors, draft=options_of(saved)[3])
    require_same(saved, plan, wishes.saved)
    return plan


def _needs_yes(plan: Plan, wishes: Wishes) -> bool:
    """Whether somebody has to agree first, who would be shown the plan."""
    free = wishes.locked or wishes.offline
    return not wishes.yes and needs_consent(plan, wishes.max_cost, free=free, by_batch=wishes.batch)


def _run(session: Session, plan: Plan, wishes: Wishes, terms: Terms) -> BuildReport:
    terms.agreed = terms.agreed or wishes.yes
    if not terms.agreed and _needs_yes(plan, wishes) and not blocked_provider(plan):
        terms.agreed = ask(session, plan, by_batch=wishes.batch)
    trace = Trace()
    listener, live = watching(session.console)
    with live:
        report = session.project.build(
            plan,
            max_cost=wishes.max_cost if terms.left is None else terms.left,
            yes=terms.agreed,
            by_name=bool(session.selectors),
            locked=wishes.locked,
            offline=wishes.offline,
            jobs=wishes.jobs,
            fail_fast=wishes.fail_fast,
            by_batch=wishes.batch,
            once=terms.keys,
            on_event=fan(listener, trace),
        )
    if wishes.trace is not None:
        trace.write(wishes.trace)
    sys.stderr.flush()
    return report
