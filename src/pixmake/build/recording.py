"""Build room: what a build learned, written down: pins and outputs into the lock, picks into the journal. Bytes came first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pixmake.build.sharing import Shared
from pixmake.clock import Clock
from pixmake.digest import Digest, read_file
from pixmake.imaging.probe import BadPicture
from pixmake.plan.artifact import Artifact, Fenced
from pixmake.plan.entries import Entry, Verdict
from pixmake.plan.graph import ActionId
from pixmake.plan.planner import Plan
from pixmake.publish.outputs import Written
from pixmake.publish.realize import Gone
from pixmake.spec.asset import Asset
from pixmake.store.durable import clear_unfinished, writing
from pixmake.store.lockfile import Line, Lock, Name, OutputPin, StepPin, read, render, write
from pixmake.store.locks import hold_file
from pixmake.store.lockwriting import LockFile
from pixmake.store.memo import Stat, look
from pixmake.store.reconciling import reconciled
from pixmake.store.records import Pick
from pixmake.store.shelf import STATE
from pixmake.values import dataclass

LOCK_NAME = "assets.lock"
LOCK_WAIT = 60.0
"""Seconds to wait for others that change the lockfile; each reads it, writes it and is done."""
LOCK_REST = 4.0
"""Lengths of a write that lie between two of them: each writes the whole file, so that it must not come with each picture."""
Keeper = Callable[[Artifact], Digest]


def catch_up(plan: Plan, bought: Iterable[ActionId]) -> None:
    """What this build bought belongs to all that ask for it, those too that had enough when they were judged.

    Their choice stands. Without this the next build, with nothing to do, would find them behind and write.
    """
    keys = {plan.judge.done[node].key for node in bought}
    for node in plan.wanted:
        verdict = plan.judge.done.get(node)
        if verdict is None or verdict.key is None or verdict.key not in keys or not verdict.pinned:
            continue
        pool = plan.world.pool(verdict.key)
        pinned = tuple(dict.fromkeys([*verdict.pinned, *(result.digest for result in pool.bought)]))
        if verdict.state != "held" and pinned != verdict.pinned:
            plan.judge.done[node] = replace(verdict, pinned=pinned)


def record_lock(
    plan: Plan,
    lock: Lock,
    keep: Keeper,
    written: Mapping[str, Iterable[Written]] | None = None,
    only: Collection[str] | None = None,
    file: LockFile | None = None,
) -> Lock:
    """`lock` with this build's lines, written to disk if its text changed. Drafts never enter it. Raises Problem.

    What others put into the file since `lock` was read stays there, and is in no plan: it is not in what is returned.

    `keep` stores a picture's pixels as an original and returns their digest. `written` is given at a
    build's end; `only` names the assets for which something was just bought. `file` is the file in the hand of who
    writes often.
    """
    changed: list[Line] = []
    ends = {entry.asset: entry for entry in plan.entries if entry.last}
    for asset in _touched(plan, only):
        old, _ = plan.world.line(asset.name, _keys(plan, asset))
        files = tuple((written or {}).get(asset.name, ()))
        line = Line(
            asset=asset.name,
            profile=plan.profile,
            steps=_pins(plan, asset, old.steps if old else (), keep),
            outputs=_outputs(plan, ends.get(asset.name), old.outputs if old else {}, files),
            frozen=old.frozen if old else False,
            extra=old.extra if old else "",
        )
        if (line.steps or line.outputs or line.frozen) and lock.alternatives(asset.name, plan.profile) != (line,):
            changed.append(line)
    if not changed:
        if written is not None and not lock.is_part:
            _tidy(plan, lock)
        return lock
    renames = plan.world.renames
    moved = [line.asset for line in changed if line.asset in renames]
    gone = [(renames[name], plan.profile) for name in moved]  # not before the choice stands under the new name
    done = change_lock(plan.world.root, changed, gone, file, lock)
    for name in moved:
        del renames[name]
    plan.world.lock_changed(done.before, done.after)
    return lock.put(*changed).drop(*gone)


def _tidy(plan: Plan, lock: Lock) -> None:
    """A merged text is tidied even where its content stays. What others wrote since `lock` was read is not undone."""
    path = plan.world.root / LOCK_NAME
    with writing(path):
        if not path.exists():
            write(path, lock)
        elif read_file(path).replace(b"\r\n", b"\n") != render(lock).encode():
            done = change_lock(plan.world.root, [])
            plan.world.lock_changed(done.before, done.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The lock as it is now, and its file's stats before and after: who knew another one before missed somebody's change."""

    lock: Lock
    before: Stat | None
    after: Stat | None


def change_lock(
    root: Path,
    lines: Iterable[Line],
    gone: Iterable[Name] = (),
    file: LockFile | None = None,
    known: Lock | None = None,
    decided: bool = False,
) -> Changed:
    """Changes these lines of the file as it is now: others may have written since we read.

    Where `known` is what `lines` were made from, what others did about them since is not undone: what somebody decided
    stands above what a build learned, and `lines` are what somebody `decided`, or a build's. Raises Problem where the file
    can't be read or written.
    """
    path, state = root / LOCK_NAME, root / STATE
    with writing(path):
        state.mkdir(exist_ok=True)
        with hold_file(state / "assets.lock.held", timeout=LOCK_WAIT, what="writes assets.lock"):
            clear_unfinished(path)
            before = look(path)
            found = file.read() if file is not None else read(path)
            mine = lines if known is None else [_with_theirs(line, known, found, decided) for line in lines]
            updated = found.put(*mine).drop(*gone)
            if file is not None:
                file.write(updated)
            else:
                write(path, updated)
            return Changed(lock=updated, before=before, after=look(path))


def _with_theirs(line: Line, known: Lock, found: Lock, decided: bool) -> Line:
    """A line of ours as it can be written over what the file has: two lines of one asset are for a person to settle."""
    base, theirs = (lock.alternatives(line.asset, line.profile) for lock in (known, found))
    if base == theirs or len(base) > 1 or len(theirs) != 1:
        return line
    before = base[0] if base else None
    return reconciled(before, theirs[0], line) if decided else reconciled(before, line, theirs[0])


class LockKeeper:
    """Writes the lock while pictures are bought, of those that arrive within some time together: what the journal has is
    safe, and the lock of a killed build is made again from it."""

    def __init__(self, plan: Plan, keep: Keeper) -> None:
        self.plan = plan
        self.keep = keep
        self._writes: Shared[str, None] = Shared(self._write, rest=LOCK_REST)
        self._file = LockFile(plan.world.root / LOCK_NAME)

    async def bought(self, asset: str) -> None:
        """Returns when the lock on disk names what was just bought for this asset. Raises Problem."""
        await self._writes.do(asset)

    def _write(self, assets: Sequence[str]) -> Sequence[None]:
        world = self.plan.world
        world.lock = record_lock(self.plan, world.lock, self.keep, only=set(assets), file=self._file)
        return [None] * len(assets)


def _touched(plan: Plan, only: Collection[str] | None) -> Iterable[Asset]:
    names = {node[0] for node in plan.wanted} if only is None else only
    return (asset for asset in plan.spec.assets if asset.name in names and not _in_conflict(plan, asset))


def _in_conflict(plan: Plan, asset: Asset) -> bool:
    """Whether a merge left different picks: then both lines stay, or the next build would take one of them for the choice."""
    verdicts = (plan.judge.done.get((asset.name, step.index)) for step in asset.steps)
    return any(verdict is not None and verdict.state == "conflict" for verdict in verdicts)


def _keys(plan: Plan, asset: Asset) -> list[Digest | None]:
    verdicts = [plan.judge.done.get((asset.name, step.index)) for step in asset.steps]
    return [verdict.key if verdict is not None else None for verdict in verdicts]


def _pins(plan: Plan, asset: Asset, old: tuple[StepPin, ...], keep: Keeper) -> tuple[StepPin, ...]:
    """New pins for steps that have pictures; old ones stay until something is bought in their place."""
    pins: list[StepPin] = []
    for place, step in enumerate(asset.steps):
        before = old[place] if place < len(old) else None
        verdict = plan.judge.done.get((asset.name, step.index))
        if verdict is not None and verdict.pinned and verdict.request is not None and verdict.state != "conflict":
            pins.append(_pin(verdict, step.size, _shown(plan, asset, verdict, before, keep), before))
        elif before is not None:
            pins.append(before)
        else:
            break
    return tuple(pins)


def _shown(
    plan: Plan, asset: Asset, verdict: Verdict, before: StepPin | None, keep: Keeper
) -> tuple[str, Digest] | None:
    """A frozen fenced picture is kept as pixels too: its mask and its parent may change, and it must not.

    Where they can't be had now, those that were kept before stay.
    """
    if not isinstance(verdict.artifact, Fenced) or not plan.world.frozen(asset):
        return None
    identity = verdict.artifact.identity
    try:
        return identity, keep(verdict.artifact)
    except (Gone, BadPicture):
        kept = before.shown if before is not None else None
        return kept if kept is not None and kept[0] == identity else None


def _pin(verdict: Verdict, written: str, shown: tuple[str, Digest] | None, old: StepPin | None) -> StepPin:
    assert verdict.key is not None and verdict.request is not None
    return StepPin(
        shown=shown,
        extra=old.extra if old is not None and old.key == verdict.key else "",
        key=verdict.key,
        variants=verdict.pinned,
        pick=verdict.picked,
        model=verdict.request.model,
        size=verdict.request.size,
        written=written,
    )


def _outputs(
    plan: Plan, end: Entry | None, old: Mapping[str, OutputPin], written: tuple[Written, ...]
) -> dict[str, OutputPin]:
    """Pins of present outputs. While a recipe stands its digest does too, whatever another library made of it; what was
    restored is no longer the file that somebody let stand."""
    made = {item.path: item for item in written if not item.draft}
    pins: dict[str, OutputPin] = {}
    for path in _paths(end, made, old):
        item = made.get(path)
        if item is not None and (path not in old or old[path].recipe != item.recipe or plan.world.restores(path)):
            pins[path] = OutputPin(recipe=item.recipe, digest=item.digest)
        elif path in old:
            pins[path] = old[path]
        elif (pin := _local(plan, end, path)) is not None:
            pins[path] = pin
    return dict(sorted(pins.items()))


def _local(plan: Plan, end: Entry | None, path: str) -> OutputPin | None:
    """The local record of a real output that stands as planned: a lock that was lost is made again from it."""
    recipe = (
        next((item.recipe for item in end.outputs if item.path == path and item.state == "fresh"), None)
        if end
        else None
    )
    if end is None or end.state == "draft" or recipe is None:
        return None
    digest = plan.world.standing(path)
    return OutputPin(recipe=recipe, digest=digest) if digest is not None else None


def _paths(end: Entry | None, made: Mapping[str, Written], old: Mapping[str, OutputPin]) -> list[str]:
    """Where an asset's files are; of one that only others needed (`end` None), what its line says."""
    planned = [item.path for item in end.outputs] if end else [*old]
    return list(dict.fromkeys([*planned, *made]))


def record_picks(plan: Plan, clock: Clock) -> None:
    """Remembers in the store which of several candidates went on, so that a reverted edit finds its picture again."""
    picks = [pick for node in plan.wanted if (pick := _new_pick(plan, node, clock)) is not None]
    if picks:
        plan.world.store.journal.append(*sorted(picks, key=lambda pick: (pick.asset, pick.key)))


def _new_pick(plan: Plan, node: ActionId, clock: Clock) -> Pick | None:
    verdict = plan.judge.done.get(node)
    if verdict is None or verdict.picked is None or verdict.key is None or len(verdict.pinned) < 2:
        return None
    if verdict.state == "held" or plan.world.last_pick(node[0], verdict.key) == verdict.picked:
        return None
    return Pick(
        key=verdict.key,
        scope=plan.world.view.scope,
        asset=node[0],
        digest=verdict.picked,
        time=clock.now().isoformat(timespec="milliseconds"),
        profile=plan.profile,
    )
