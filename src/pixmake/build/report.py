"""Build room: what a build did, entry by entry, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from pixmake.build.batching import NOTHING, Handed
from pixmake.build.runner import Outcomes, StepOutcome
from pixmake.diagnostics import Diagnostic, ExitCode, worst
from pixmake.digest import decimal_text
from pixmake.plan.entries import Entry, State
from pixmake.plan.graph import ActionId
from pixmake.plan.planner import Plan
from pixmake.values import dataclass

AFTER: dict[State, int] = {
    "refused": ExitCode.FAILED,
    "failed": ExitCode.FAILED,
    "unknown": ExitCode.PERSON,
    "edited": ExitCode.PERSON,
    "lost": ExitCode.PERSON,
    "conflict": ExitCode.PERSON,
    "corrupt": ExitCode.INTEGRITY,
    "unreachable": ExitCode.REMOTE,
    "waits": ExitCode.PENDING,
    "pay": ExitCode.PENDING,
    "sent": ExitCode.PENDING,
    "stale": ExitCode.PENDING,
}
"""What a state that a build leaves behind says of its exit; states that are not here are fine."""


STUCK: frozenset[State] = frozenset(("unknown", "refused", "lost", "corrupt", "conflict"))
"""States of a picture that a person has to do something about before anything can be built on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReport:
    """An entry of the plan and what became of it: `state` now, `result` (made, found, fresh, held, …), money settled."""

    entry: Entry
    state: State
    result: str
    message: str | None
    settled: Decimal | None

    def to_json(self) -> dict[str, object]:
        body = self.entry.to_json()
        cost = body["cost"] or {}
        assert isinstance(cost, dict)
        settled = None if self.settled is None else decimal_text(self.settled)
        return body | {
            "state": self.state,
            "result": self.result,
            "message": self.message,
            "cost": cost | {"settled": settled},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """A build's outcome: never raised, always returned. `made`: pictures painted; `written`: files that changed.

    `reserved` is what its unknown calls may still turn out to cost, in USD; `spent` holds only what was billed.
    `handed` is what it handed in by batch, to be collected later.
    """

    plan: Plan
    entries: tuple[EntryReport, ...]
    exit_code: ExitCode
    made: int
    written: tuple[str, ...]
    spent: Decimal
    seconds: float
    reserved: Decimal = Decimal(0)
    problems: tuple[Diagnostic, ...] = ()
    handed: Handed = NOTHING
    by_batch: bool = False
    interrupted: bool = False
    locked: bool = False

    def to_json(self) -> dict[str, object]:
        return {
            "format": "pixmake.build/1",
            "profile": self.plan.profile,
            "draft": self.plan.draft,
            "entries": [entry.to_json() for entry in self.entries],
            "totals": self.plan.totals.to_json(),
            "made": self.made,
            "written": list(self.written),
            "spent": decimal_text(self.spent),
            "reserved": decimal_text(self.reserved),
            "sent": {
                "batches": list(self.handed.batches),
                "images": self.handed.images,
                "reserved": decimal_text(self.handed.reserved),
            },
            "seconds": round(self.seconds, 3),
            "exit_code": int(self.exit_code),
            "problems": [item.to_json() for item in self.problems],
            "warnings": [item.to_json() for item in self.plan.warnings],
        }


def entry_reports(
    plan: Plan, outcomes: Outcomes, held: Mapping[ActionId, str], later: Mapping[ActionId, str]
) -> Iterable[EntryReport]:
    """Every entry with what became of it. `held` was not bought for a reason, `later` is not this build's business."""
    found = {(entry.asset, entry.step): _entry_report(plan, entry, outcomes, held) for entry in plan.entries}
    found |= {node: replace(found[node], message=why) for node, why in later.items() if node in found}
    return (found | _stuck(plan, found)).values()


def _stuck(plan: Plan, found: Mapping[ActionId, EntryReport]) -> dict[ActionId, EntryReport]:
    """What waits for a picture that no build will bring: it is blocked, as the next plan will say."""
    stuck: dict[ActionId, EntryReport] = {}
    gone: dict[ActionId, str] = {}
    for node in plan.graph.order:
        need = next((need for need in plan.graph.actions[node].needs if need in gone), None)
        item = found.get(node)
        if item is not None and item.state in STUCK:
            gone[node] = item.state
        elif need is not None and (item is None or item.state == "waits"):
            gone[node] = "blocked"
            if item is not None:
                place = need[0] if need[1] is None else f"{need[0]}#{need[1]}"
                stuck[node] = replace(item, state="blocked", message=f"'{place}' is {gone[need]}")
    return stuck


def _entry_report(plan: Plan, entry: Entry, outcomes: Outcomes, held: Mapping[ActionId, str]) -> EntryReport:
    step = outcomes.steps.get((entry.asset, entry.step)) if entry.step is not None else None
    end = outcomes.steps.get((entry.asset, None)) if entry.last else None
    state, message = _state(plan, entry, step, end)
    result = _result(entry, step, end)
    if (entry.asset, entry.step) in held:
        state, result, message = "held", "held", held[entry.asset, entry.step]
    if entry.last and state in ("fresh", "draft", "stale", "edited") and (edited := _left_alone(entry, outcomes, end)):
        state, message = "edited", f"'{edited[0]}' was edited by hand: left alone"
    return EntryReport(
        entry=entry,
        state=state,
        result=result,
        message=message,
        settled=step.cost if step is not None else (Decimal(0) if not entry.verdict.images else None),
    )


def _left_alone(entry: Entry, outcomes: Outcomes, end: StepOutcome | None) -> list[str]:
    """Outputs that are somebody's own: those met while publishing, or all of them, for which nothing is ever published."""
    found = outcomes.edited.get(entry.asset, [])
    is_theirs = end is None and all(item.state == "edited" for item in entry.outputs)
    return [item.path for item in entry.outputs] if is_theirs else found


def _state(plan: Plan, entry: Entry, step: StepOutcome | None, end: StepOutcome | None) -> tuple[State, str | None]:
    for outcome in (step, end):
        if outcome is not None and outcome.state is not None:
            return outcome.state, outcome.message
    verdict = plan.judge.done.get((entry.asset, entry.step)) if entry.step is not None else entry.verdict
    assert verdict is not None
    if step is not None and step.result == "made" and verdict.state == "pay":
        return verdict.state, verdict.reason  # the answer held fewer pictures than were asked for
    if end is not None and verdict.state in ("fresh", "stale", "pay", "waits") and end.result == "written":
        return "fresh", None
    if entry.state in ("edited", "stale") and verdict.state == "fresh" and end is None:
        return entry.state, entry.reason
    if entry.last and step is not None and step.result == "made" and verdict.state == "fresh" and end is None:
        return "stale", "stopped before its files were written"
    return verdict.state, verdict.reason if verdict.state != "fresh" else None


def _result(entry: Entry, step: StepOutcome | None, end: StepOutcome | None) -> str:
    if step is not None and step.result != "found":
        return step.result
    if end is not None:
        return end.result
    if step is not None:
        return step.result
    return "blocked" if entry.pending else entry.state


def exit_of(reports: Iterable[EntryReport], *, paused: bool, interrupted: bool, locked: bool) -> ExitCode:
    """The build's exit code. `paused`: money or consent stopped something; `locked` turns 1, 4 and 3 into 3."""
    reports = list(reports)
    codes = {AFTER.get(report.state, 0) for report in reports}
    if any(report.result in ("failed", "stopped", "blocked") for report in reports):
        codes.add(ExitCode.FAILED if any(r.result in ("failed", "stopped") for r in reports) else ExitCode.PENDING)
    if paused:
        codes.add(ExitCode.CONSENT)
        codes.discard(ExitCode.PENDING)
    if interrupted:
        codes.add(ExitCode.INTERRUPTED)
    if locked and any(report.state == "draft" for report in reports):
        codes.add(ExitCode.PENDING)
    if locked:
        codes = {ExitCode.PENDING if code in (1, 3, 4) else code for code in codes}
    return worst(int(code) for code in codes)
