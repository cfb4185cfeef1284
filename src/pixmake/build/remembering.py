"""Build room: after a build that left nothing to do, what the checkout looked like, so that saying so again costs nothing.

Only what was surely not touched between its reading and its stat gets in; else there is no snapshot this time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from pixmake.plan.graph import step_inputs
from pixmake.plan.planner import Plan
from pixmake.spec.asset import FileInput, Footprint, Spec
from pixmake.spec.files import look_for
from pixmake.store.memo import FINE_TICK, Memo, Stat, look
from pixmake.store.snapshot import Snapshot, folder_stats, save

SETTLED = frozenset({"fresh", "draft", "held"})


class Watchmark:
    """The spec's files as they were when the spec was read. `stats` is None where one was too young to be sure."""

    def __init__(self, began: int, footprint: Footprint) -> None:
        self.stats: dict[str, Stat] | None = {}
        for path in footprint.files:
            seen = look(path)
            if seen is None or max(seen.mtime, seen.ctime) > began - FINE_TICK:
                self.stats = None
                return
            self.stats[os.fspath(path)] = seen

    @classmethod
    def before_reading(cls) -> int:
        """The moment to hand to `__init__` once the files were read, in ns."""
        return time.time_ns()


def remember(
    path: Path, plan: Plan, mark: Watchmark, memo: Memo, version: str, says: Mapping[str, str], lock: Path
) -> bool:
    """Writes the snapshot of a checkout in which nothing is to do; whether it did. A stale one is never left in place."""
    if plan.draft or plan.profile is not None or len(plan.selected) != len(plan.spec.assets):
        return False
    files, folders = _files(plan, mark, memo, lock), _folders(plan.spec)
    if files is None or folders is None:
        return False
    snapshot = Snapshot(
        version=version,
        profile=plan.profile,
        files=files,
        folders=folders,
        absent=tuple(os.fspath(item) for item in (*plan.spec.footprint.missing, lock) if os.fspath(item) not in files),
        env=plan.spec.footprint.env,
        says=says,
    )
    return save(path, snapshot)


def _files(plan: Plan, mark: Watchmark, memo: Memo, lock: Path) -> dict[str, Stat] | None:
    if mark.stats is None:
        return None
    found = dict(mark.stats)
    for path in _inputs_and_outputs(plan):
        seen = memo.at_rest(path)
        if seen is None:
            return None
        found[os.fspath(path)] = seen
    written = look(lock)
    if written is not None:
        found[os.fspath(lock)] = written
    return found


def _inputs_and_outputs(plan: Plan) -> Iterable[Path]:
    for asset in plan.spec.assets:
        items = [asset.origin, *(item for step in asset.steps for item in step_inputs(step))]
        yield from (item.path for item in items if isinstance(item, FileInput))
    for entry in plan.entries:
        for output in entry.outputs:
            yield plan.world.root / output.path


def _folders(spec: Spec) -> dict[str, tuple[int, int]] | None:
    """Folders whose names the spec's globs depend on; None where a glob finds something else by now.

    The build itself may just have written into one, so their clocks' tick is waited out before they are asked again.
    """
    globs = spec.footprint.globs
    stats = folder_stats(
        {item: None for folder, pattern, _ in globs for item in look_for(folder, pattern)[1] if item.is_dir()}
    )
    young = max((mtime for mtime, _ in stats.values()), default=0) + FINE_TICK - time.time_ns()
    if young > FINE_TICK:
        return None  # changed in the future: no clock to go by
    time.sleep(max(0, young) / 1e9)
    same = all(look_for(folder, pattern)[0] == names for folder, pattern, names in globs)
    return stats if same else None
