"""Build room: what `X#i` names, its candidates, and how a lock line comes to name one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pixmake.build.project import Project
from pixmake.build.recording import change_lock
from pixmake.diagnostics import problem
from pixmake.digest import Digest
from pixmake.plan.entries import Verdict
from pixmake.plan.planner import Plan
from pixmake.spec.asset import Asset, Step
from pixmake.store.lockfile import Line, StepPin
from pixmake.store.records import Pick, Result
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One picture that `pick` may name by its number (from 1). `path` is its file in the store, None where it is lost."""

    number: int
    digest: Digest
    picked: bool
    source: str
    width: int | None
    height: int | None
    cost: Decimal | None
    time: str | None
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What `X#i` names: one step of one asset, with the plan that was made to look at it."""

    asset: Asset
    step: Step
    place: int
    plan: Plan

    @property
    def verdict(self) -> Verdict:
        return self.plan.judge.done[self.asset.name, self.step.index]

    @property
    def name(self) -> str:
        return f"{self.asset.name}#{self.step.index}"


def asset_of(project: Project, text: str) -> Asset:
    """The one asset a selector names. Raises Problem where it names none or several."""
    found = project.select([text])
    if len(found) > 1:
        names = ", ".join(asset.name for asset in found[:4])
        raise problem("several-assets", f"'{text}' names {len(found)} assets", help=f"name one of them: {names}, …")
    return found[0]


def target_of(project: Project, text: str, *, several: bool = False, thawed: bool = False) -> Target:
    """The step that `X#i` or `X` names: the last paid one; with `several`, the last with several candidates.

    `thawed`: a frozen asset is looked at as its spec is now, not as it was kept. Files edited by hand change nothing of
    its steps. Raises Problem.
    """
    name, _, number = text.partition("#")
    asset = asset_of(project, name)
    if not asset.steps:
        raise problem("no-steps", f"'{asset.name}' has no paid step: it is derived from another picture")
    plan = project.plan(asset.name, update=[asset.name] if thawed else [], more={(asset.name, None): 0})
    step = _numbered(asset, number) if "#" in text else _default(asset, plan, several)
    return Target(asset=asset, step=step, place=step.index - asset.steps[0].index, plan=plan)


def _numbered(asset: Asset, number: str) -> Step:
    for step in asset.steps:
        if str(step.index) == number:
            return step
    known = ", ".join(f"{asset.name}#{step.index}" for step in asset.steps)
    raise problem("no-step", f"'{asset.name}' has no step '{number}'", help=f"steps: {known}")


def _default(asset: Asset, plan: Plan, several: bool) -> Step:
    if several:
        done = plan.judge.done
        many = [step for step in asset.steps if len(done[asset.name, step.index].pinned) > 1]
        if many:
            return many[-1]
    return asset.steps[-1]


def candidates_of(project: Project, target: Target) -> list[Candidate]:
    """The pictures of a step in the order that `pick` counts."""
    verdict = target.verdict
    known = {item.digest: item for item in project.store.results.pool(verdict.key).results} if verdict.key else {}
    picked = verdict.picked or (verdict.pinned[0] if verdict.pinned and not verdict.asking else None)
    if verdict.state == "conflict":  # each of the two lines has its own
        picked = None
    return [
        candidate(project, number, digest, known.get(digest), picked)
        for number, digest in enumerate(verdict.pinned, start=1)
    ]


def candidate(project: Project, number: int, digest: Digest, result: Result | None, picked: Digest | None) -> Candidate:
    """A picture of a step, with what the store knows of it; `picked`: which of them goes on."""
    content = project.store.content
    return Candidate(
        number=number,
        digest=digest,
        picked=digest == picked,
        source=result.source if result else "unknown",
        width=result.width if result else None,
        height=result.height if result else None,
        cost=result.cost if result else None,
        time=result.time if result else None,
        path=content.path(digest) if content.has(digest) else None,
    )


def point(project: Project, target: Target, digest: Digest, variants: Sequence[Digest]) -> None:
    """Lock and store remember which candidate goes on."""
    verdict = target.verdict
    assert verdict.key is not None
    line, pins = line_of(project, target)
    old = pins[target.place] if target.place < len(pins) else None
    same = old is not None and old.key == verdict.key
    pin = old if same and old is not None else _new_pin(target)
    pins[target.place : target.place + 1] = [replace(pin, variants=tuple(variants), pick=digest, shown=None)]
    change_lock(project.root, [replace(line, steps=tuple(pins))], known=target.plan.world.lock, decided=True)
    project.store.journal.append(
        Pick(
            key=verdict.key,
            scope=target.plan.world.view.scope,
            asset=target.asset.name,
            digest=digest,
            time=project.clock.now().isoformat(timespec="milliseconds"),
            profile=project.profile,
        )
    )


def line_of(project: Project, target: Target) -> tuple[Line, list[StepPin]]:
    """The asset's line in the lock, and its pins up to the target, made where the lock was lost."""
    line = target.plan.world.line(target.asset.name)[0]
    if line is None:
        line = Line(asset=target.asset.name, profile=project.profile)
    pins = list(line.steps)
    for place, step in enumerate(target.asset.steps[: target.place]):
        if place >= len(pins):  # the lock was lost, the store knows the earlier steps
            pins.append(_new_pin(Target(asset=target.asset, step=step, place=place, plan=target.plan)))
    return line, pins


def _new_pin(target: Target) -> StepPin:
    verdict = target.verdict
    assert verdict.key is not None
    return StepPin(
        key=verdict.key,
        variants=verdict.pinned,
        pick=verdict.picked,
        model=verdict.request.model if verdict.request is not None else None,
        size=verdict.request.size if verdict.request is not None else None,
        written=target.step.size,
    )
