"""Build room: after a build that left nothing to do, what the checkout looked like, so that saying so again costs nothing.

Only what was surely not touched between its reading and its stat gets in; else there is no snapshot this time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from pixmake.diagnostics import Diagnostic, Problem
from pixmake.plan.graph import step_inputs
from pixmake.plan.planner import Plan
from pixmake.spec.asset import FileInput, Footprint, Spec
from pixmake.spec.files import look_for
from pixmake.spec.names import canonical
from pixmake.store.lockfile import read
from pixmake.store.memo import FINE_TICK, Memo, Stat, look, tick
from pixmake.store.snapshot import Snapshot, folder_stats, save, united
from pixmake.values import dataclass

SETTLED = frozenset({"fresh", "draft", "held"})
SNAPSHOT = "snapshot"
"""The snapshot's name in `.pixmake/`."""
SPEC_NAME = "assets.yaml"
"""The only spec that is found without being named: a snapshot answers for no other."""
PLACES = ("PIXMAKE_STORE", "XDG_DATA_HOME", "HOME", "LOCALAPPDATA", "USERPROFILE")
"""Variables that say where the store is: with another store there may be something to do."""


class Watchmark:
    """The spec's files as they were when the spec was read. `stats` is None where one was too young to be sure.

    `began` is the moment before anything was read, in ns.
    """

    def __init__(self, began: int, footprint: Footprint) -> None:
        self.began = began
        self.stats: dict[str, Stat] | None = {}
        for path in footprint.files:
            seen = look(path)
            if seen is None or max(seen.mtime, seen.ctime) > began - tick(seen.mtime, seen.ctime):
                self.stats = None
                return
            self.stats[os.fspath(path)] = seen

    @classmethod
    def before_reading(cls) -> int:
        """The moment to hand to `__init__` once the files were read, in ns."""
        return time.time_ns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What all stood like before a build of a part of the spec: the snapshot of then, the lock's stat of now before
    that build, and the paths at which nothing of ours stands any more, compared."""

    snapshot: Snapshot
    locked: Stat | None
    gone: frozenset[str]


def remember(
    path: Path,
    plan: Plan,
    mark: Watchmark,
    memo: Memo,
    version: str,
    says: Mapping[str, str],
    lock: Path,
    before: Before | None = None,
) -> bool:
    """Writes the snapshot of a checkout in which nothing is to do; whether it did. A stale one answers nothing by itself.

    `before`: the plan is of a part of the spec only.
    """
    if plan.draft or plan.profile is not None or len(plan.selected) != len(plan.spec.assets):
        return False
    if plan.spec.file.name != SPEC_NAME or plan.world.is_meddled:
        return False  # somebody chose otherwise while we built
    files, folders = _files(plan, mark, memo, lock), _folders(plan.spec)
    if files is None or folders is None:
        return False
    snapshot = Snapshot(
        version=version,
        root=plan.spec.root,
        files=files,
        folders=folders,
        absent=tuple(os.fspath(item) for item in (*plan.spec.footprint.missing, lock) if os.fspath(item) not in files),
        hashed=plan.spec.footprint.env,
        plain={name: os.environ.get(name) for name in PLACES},
        says=says,
    )
    if before is not None:
        if before.snapshot.files.get(os.fspath(lock)) != before.locked:
            return False  # somebody changed picks since all was looked at
        ours = [os.fspath(plan.spec.file), os.fspath(lock), *_outputs(plan)]
        gone = _at(before.gone, before.snapshot) if before.gone else set()
        snapshot = united(before.snapshot, snapshot, ours, gone - {*ours})
    return save(path, snapshot)


def _at(compared: Collection[str], snapshot: Snapshot) -> set[str]:
    """The snapshot's files that stand at these compared paths."""
    inside = os.path.join(snapshot.root, "")
    return {path for path in snapshot.files if canonical(path.removeprefix(inside).replace(os.sep, "/")) in compared}


def not_kept(keep: Callable[[], object]) -> Diagnostic | None:
    """Keeps something that can be made again; where that fails, the warning of it: no command that did its work fails so."""
    try:
        keep()
    except Problem as trouble:
        message = trouble.diagnostics[0].message
    except OSError as error:
        place = f"'{os.fspath(error.filename)!s}': " if error.filename else ""
        message = f"{place}{(error.strerror or str(error)).lower()}"
    else:
        return None
    remedy = "all that was asked for is done; without this file the next run takes longer"
    return Diagnostic(code="not-kept", message=message, help=remedy, severity="warning")


def forget(path: Path) -> None:
    """Removes a snapshot: from now on something is to do. Raises OSError."""
    path.unlink(missing_ok=True)


def _files(plan: Plan, mark: Watchmark, memo: Memo, lock: Path) -> dict[str, Stat] | None:
    if mark.stats is None:
        return None
    spec = os.fspath(plan.spec.file)
    found = {spec: mark.stats[spec], **mark.stats}  # the spec first
    inputs = list(_inputs(plan.spec))
    if not all(map(plan.judge.inputs.stays, inputs)):
        return None  # changed while we built, and hashed anew since
    for path in (*(os.fspath(item.path) for item in inputs), *_outputs(plan)):
        seen = memo.at_rest(path)
        if seen is None:
            return None
        found[path] = seen
    locked = _lock(plan, mark, lock)
    return None if locked is None else {**found, **locked}


def _lock(plan: Plan, mark: Watchmark, path: Path) -> dict[str, Stat] | None:
    """The lock's stat, where it surely is the lock that the plan knows; empty where there is none; else None.

    One that stood before anything was read is. A younger one is read again: this build wrote it, or somebody else. Of a
    part of one that can't be told, but for its being the very file that this build wrote.
    """
    seen = look(path)
    if seen is None:
        return None if plan.world.lock.lines else {}
    changed = max(seen.mtime, seen.ctime)
    rest = tick(seen.mtime, seen.ctime)
    if changed > mark.began - rest:
        young = changed + rest - time.time_ns()
        if young > FINE_TICK:
            return None  # changed in the future, or by a clock that nobody waits for
        time.sleep(max(0, young) / 1e9)
        try:
            known = seen == plan.world.lock_stat if plan.world.lock.is_part else read(path) == plan.world.lock
        except (OSError, Problem):
            known = False
        if not known or look(path) != seen:
            return None
    return {os.fspath(path): seen}


def _inputs(spec: Spec) -> Iterable[FileInput]:
    for asset in spec.assets:
        items = [asset.origin, *(item for step in asset.steps for item in step_inputs(step))]
        yield from (item for item in items if isinstance(item, FileInput))


def _outputs(plan: Plan) -> Iterable[str]:
    root = os.fspath(plan.world.root)
    for entry in plan.entries:  # by the thousand: a Path each would take longer than all else here
        for output in entry.outputs:
            yield os.path.join(root, output.path)


def _folders(spec: Spec) -> dict[str, tuple[int, int]] | None:
    """Folders whose names the spec's globs depend on; None where a glob finds something else by now.

    The build itself may just have written into one, so their clocks' tick is waited out before they are asked again.
    """
    globs = spec.footprint.globs
    stats = folder_stats(
        {item: None for folder, pattern, _ in globs for item in look_for(folder, pattern)[1] if item.is_dir()}
    )
    young = max((mtime + tick(mtime) for mtime, _ in stats.values()), default=0) - time.time_ns()
    if young > FINE_TICK:
        return None  # changed in the future, or by a clock that nobody waits for
    time.sleep(max(0, young) / 1e9)
    same = all(look_for(folder, pattern)[0] == names for folder, pattern, names in globs)
    return stats if same else None
