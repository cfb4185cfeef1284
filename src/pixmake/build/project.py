"""Build room: a project in one hand: load, plan, build. The Python API, on which the commands are built."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from pathlib import Path

from pixmake.build.budget import dollars
from pixmake.build.collecting import Collector, Gathered
from pixmake.build.corridor import execute
from pixmake.build.narrowing import SETTLED_RECORD, Part, lock_part, rows_after, settled_after, settled_of
from pixmake.build.orders import Orders
from pixmake.build.painters import Painters
from pixmake.build.recording import LOCK_NAME
from pixmake.build.recover import recover
from pixmake.build.remembering import SETTLED, SNAPSHOT, Before, Watchmark, forget, remember
from pixmake.build.report import BuildReport
from pixmake.clock import Clock, SystemClock
from pixmake.diagnostics import problem
from pixmake.digest import Digest, sha256_bytes
from pixmake.events import Event, Listener
from pixmake.imaging.probe import BadPicture
from pixmake.plan.delivery import Delivery
from pixmake.plan.graph import ActionGraph, build_graph
from pixmake.plan.planner import Plan, make_plan
from pixmake.plan.selectors import Field, needs_states, select
from pixmake.plan.world import View, World
from pixmake.providers.base import Provider
from pixmake.providers.catalog import Factory
from pixmake.publish.outputs import derive
from pixmake.publish.realize import Gone, Realizer, realizer_of
from pixmake.spec.asset import Asset, Spec
from pixmake.spec.load import SpecCache, load
from pixmake.store.home import Store, locate, open_store
from pixmake.store.lastdays import read_last_days
from pixmake.store.lockfile import Lock, read
from pixmake.store.memo import Memo, Stat, look
from pixmake.store.settled import save as save_settled
from pixmake.store.shelf import STATE, Shelf, refuse_links
from pixmake.store.snapshot import decoded
from pixmake.values import dataclass

LAST_DAYS = "models.json"
"""In `.pixmake/`: what `pixmake models --refresh` was told."""


def _silent(event: Event) -> None:
    """Listens to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan was asked for besides its selectors; see `Project.plan`."""

    draft: bool = False
    repeat: bool = False
    update: frozenset[str] = frozenset()
    restore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partials: int = 0
    more: Mapping[tuple[str, int | None], int] = field(default_factory=dict)


class Project:
    """One spec file and everything that belongs to it, seen through one profile.

    Making one loads the spec; `reload` loads it again, parsing only what changed. Planning writes nothing.
    `providers` adds provider types by name (a factory that takes the settings map); `store` is a folder. With a `part`
    of the spec only that is loaded, until `widen`.
    """

    def __init__(
        self,
        file: Path,
        *,
        profile: str | None = None,
        store: Path | None = None,
        providers: Mapping[str, Factory] | None = None,
        allow_outside: bool = False,
        env: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        part: Part | None = None,
    ) -> None:
        self.file = Path(os.path.abspath(file))
        self.root = self.file.parent
        self.profile = profile
        self.allow_outside = allow_outside
        self.env = os.environ if env is None else env
        self.clock = clock or SystemClock()
        self._store_folder = store
        self.part = part
        self._cache = SpecCache()
        self._lock: tuple[Stat | None, Lock] | None = None
        self._locked: Stat | None = None
        self._realizer: Realizer | None = None
        self.state = self.root / STATE
        if not allow_outside:
            refuse_links(self.state)
        self.memo = Memo(self.state / "memo.json", self.root)
        self.shelf = Shelf(self.state / "shelf")
        self.last_days = self.state / LAST_DAYS
        self._painters = Painters(providers or {}, read_last_days(self.last_days))
        self.reload()

    # --- load -----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Reads the spec again. Raises Problem with everything that is wrong; the project keeps its former spec then."""
        began = Watchmark.before_reading() if self.part is None else self.part.began
        spec = load(
            self.file,
            profile=self.profile,
            allow_outside=self.allow_outside,
            env=self.env,
            cache=self._cache,
            text=self.part.text if self.part is not None else None,
        )
        graph = build_graph(spec.assets, getattr(self, "graph", None))
        self._painters.check(spec)
        self._mark = Watchmark(began, spec.footprint)
        self.spec: Spec = spec
        self.graph: ActionGraph = graph
        self.store: Store = self._open_store(spec)

    def widen(self) -> None:
        """From now on all of the spec is looked at. Raises Problem."""
        self.part, self._lock = None, None
        self.reload()

    def _open_store(self, spec: Spec) -> Store:
        """The store, with all that was read of it, for as long as it lies where it lay."""
        place = locate(self._store_folder, project_root=self.root, spec_store=spec.store, env=self.env)
        known: Store | None = getattr(self, "store", None)
        if known is not None and known.root == place:
            return known
        return open_store(place, project_root=self.root, spec_store=None, env=self.env)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All assets, in the spec's order."""
        return self.spec.assets

    @property
    def providers(self) -> dict[str, Provider]:
        """All providers of the spec by the name it gives them, used or not."""
        return self._painters.every(self.spec)

    # --- plan -----------------------------------------------------------------------------------------------------

    def plan(
        self,
        *selectors: str,
        exclude: Sequence[str] = (),
        draft: bool = False,
        update: Sequence[str] = (),
        repeat_unknown: bool = False,
        restore: Sequence[str] = (),
        more: Mapping[tuple[str, int | None], int] | None = None,
        partials: int = 0,
    ) -> Plan:
        """What a build would do for these assets, why, and for how much. Writes nothing, sends nothing, needs no key.

        `update` names frozen assets that may change; `repeat_unknown` plans unknown calls to be sent again; `restore`
        names assets whose last bought pictures are written over whatever stands at their outputs; `more` wants pictures
        beyond a step's variants (0: its steps count, whoever made the files); `partials` (0 to 3) are looks on the way
        to each picture, which cost a little and come as events of the build. Raises Problem for a selector that
        matches nothing.
        """
        chosen = self.select(selectors, exclude)
        restored = self.select(restore) if restore else []
        asked = Asked(
            draft=draft,
            repeat=repeat_unknown,
            update=frozenset(asset.name for asset in self.select(update)) if update else frozenset(),
            restore={asset.name: tuple(output.path for output in asset.outputs) for asset in restored},
            more=more or {},
            partials=partials,
        )
        return make_plan(self.spec, self.graph, self._world(asked), chosen)

    def plan_of(self, spec: Spec, graph: ActionGraph, chosen: Sequence[Asset]) -> Plan:
        """A plan for a spec that is not (yet) the one on disk; its providers are this project's."""
        return make_plan(spec, graph, self._world(Asked()), chosen)

    def select(self, selectors: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[Asset]:
        """The assets that selectors mean; all of them for none."""
        field = Field(assets=self.assets, graph=self.graph)
        if needs_states([*selectors, *exclude]):
            plan = make_plan(self.spec, self.graph, self._world(Asked()), self.assets)
            field = Field(assets=self.assets, graph=self.graph, states=states_of(plan))
        return select(selectors, field, exclude)

    # --- build ----------------------------------------------------------------------------------------------------

    def build(
        self,
        plan: Plan | None = None,
        *,
        max_cost: float | Decimal | str | None = None,
        yes: bool = False,
        by_name: bool = False,
        locked: bool = False,
        offline: bool = False,
        jobs: int | None = None,
        fail_fast: bool = False,
        recorded: bool = True,
        by_batch: bool = False,
        waits: bool = True,
        once: Collection[Digest] = (),
        halted: Callable[[], bool] | None = None,
        on_event: Listener | None = None,
    ) -> BuildReport:
        """Runs a plan (made now for everything, if none is given), once. See commands.md for the flags of `build`.

        `by_batch` hands in what is ready by batch and buys nothing live, but for the keys in `once`: they had their turn.
        `recorded` False leaves the lock alone: what is bought is known to the store only, by its key.
        `waits` False leaves what goes on in the background to another build. `halted` is asked before each piece of
        work: from its first yes on nothing is started, what was sent is awaited.

        The outcome, good or bad, is in the report; Problem is raised for what stops the whole build before it starts
        (a damaged lock, errors of the spec, a store in use) or in its middle (a full disk).
        """
        if plan is None:
            plan = self.plan(repeat_unknown=yes)
        if not plan.judge.planning or plan.judge.used:
            raise problem("plan-used", "this plan was built already", help="make a new one: project.plan(…)")
        plan.judge.used = True
        orders = Orders(
            cap=None if max_cost is None else dollars(max_cost),
            yes=yes,
            by_name=by_name,
            never_pay=locked or offline,
            locked=locked,
            jobs=jobs,
            fail_fast=fail_fast,
            recorded=recorded,
            by_batch=by_batch,
            waits=waits,
            once=frozenset(once),
            halted=halted,
        )
        read_lock = plan.world.lock
        self._locked = self._lock[0] if self._lock is not None else None
        report = execute(plan, orders, self.clock, on_event or _silent)
        if plan.world.lock is not read_lock:  # written: what is in memory is of before
            self._lock = None
        return report

    def remember(self, report: BuildReport, version: str, says: Mapping[str, str]) -> bool:
        """After a build that left nothing to do: what `cli/quick` may answer for as long as no file changes.

        `says` is the text to print, by command. Returns whether a snapshot was written.
        Raises Problem and OSError where it can't be, which is no matter: `remembering.not_kept`.
        """
        if report.exit_code or any(entry.state not in SETTLED for entry in report.entries) or report.plan.warnings:
            return False
        if self.allow_outside:  # without that flag, the same spec may be refused
            return False
        before = self._before(report)
        if self.part is not None and before is None:
            return False
        path, lock = self.state / SNAPSHOT, self.root / LOCK_NAME
        written = remember(path, report.plan, self._mark, self.memo, version, says, lock, before)
        if written or not (self.state / SETTLED_RECORD).exists():
            self._keep_settled(report, version)
        return written

    def counts(self, report: BuildReport) -> Counter[str]:
        """The entries of all assets by state, after a build; of a build of a part, which left nothing to do, too."""
        if self.part is None:
            return Counter(item.state for item in report.entries)
        _, _, fresh, drafts = self.part.settled.with_rows(rows_after(report))
        return +Counter(fresh=fresh, draft=drafts)

    def _before(self, report: BuildReport) -> Before | None:
        """What the snapshot said before a build of a part."""
        if self.part is None:
            return None
        known, rows = self.part.settled, rows_after(report)
        old = {path for name in rows if (row := known.row(name)) is not None for path in row.outputs}
        gone = old.difference(*(row.outputs for row in rows.values()))
        try:
            return Before(snapshot=decoded(self.part.snapshot), locked=self._locked, gone=frozenset(gone))
        except (ValueError, IndexError, TypeError):
            return None

    def _keep_settled(self, report: BuildReport, version: str) -> None:
        """Leaves what a later build of a part has to know, where such a one is possible."""
        stats, text = self._mark.stats, self._cache.text_cut(self.file)
        settled = None
        if stats is not None and text is not None:
            spec = stats[os.fspath(self.file)]
            settled = settled_of(report, spec, text) if self.part is None else settled_after(self.part, report, spec)
        if settled is None:
            forget(self.state / SETTLED_RECORD)
        else:
            save_settled(self.state / SETTLED_RECORD, settled, version)

    def recover(self) -> int:
        """Finishes paid calls whose process died; returns how many pictures were saved. Builds begin with it."""
        saved = recover(self.store, self.clock)
        self.store.results.refresh()
        return saved

    def collect(self) -> Gathered:
        """Takes in what has been done at providers of calls that were handed in by batch; the batches that go on are in
        what it returns. Sends nothing that could cost. Builds begin with it, unless they are offline."""
        if not self.collector().jobs():
            return Gathered()
        if self.part is not None:
            self.widen()  # a part may know nothing of their providers
        gathered = asyncio.run(self._collected(self.collector()))
        self.store.results.refresh()
        return gathered

    def collector(self) -> Collector:
        """Whoever collects for this project's store."""
        return Collector(self.store, self._painters.of(self.spec), self.clock, str(self.root))

    def remove_uploads(self) -> tuple[list[str], list[str]]:
        """Deletes at the providers what was uploaded there as inputs; their names, and in words what was left and why.

        Batches in flight may still read them: then they are left.
        """
        from pixmake.build.uploads import remove_uploads

        return asyncio.run(remove_uploads(self.store, self.providers))

    async def _collected(self, collector: Collector) -> Gathered:
        try:
            return await collector.collect()
        finally:
            await collector.close()

    # --- the world --------------------------------------------------------------------------------------------------

    def lock(self) -> Lock:
        """The lockfile as it is on disk now. Raises Problem where it is of a newer format."""
        path = self.root / LOCK_NAME
        stamp = look(path)
        if self._lock is None or self._lock[0] != stamp:
            found = lock_part(path, self.assets) if self.part is not None and self._lock is None else None
            self._lock = stamp, read(path) if found is None else found
        return self._lock[1]

    def _world(self, asked: Asked) -> World:
        from pixmake.providers.draft import ENGINE

        self.store.results.refresh()
        settings = self.spec.providers.get("draft")
        view = View(
            root=self.root,
            profile=self.profile,
            scope=str(self.root),
            today=self.clock.now().date().isoformat(),
            engine=ENGINE,
            mark=settings is None or settings.settings.get("mark") is not False,
            draft=asked.draft,
            may_repeat=asked.repeat,
            update=asked.update,
            restore=asked.restore,
            more=asked.more,
            partials=asked.partials,
        )
        painters = self._painters.of(self.spec)
        world = World(view, self.lock(), self.store, self.memo, self.shelf, painters, self._derive)
        world.lock_stat = self._lock[0] if self._lock is not None else None
        self._realizer = realizer_of(world)
        return world

    def _derive(self, order: Delivery) -> Digest | None:
        """What an output would be if it were made now; None where its picture's bytes are not there."""
        assert self._realizer is not None
        try:
            return sha256_bytes(derive(order, self._realizer))
        except (Gone, BadPicture, OSError):
            return None  # then nobody can say that the file is ours


def states_of(plan: Plan) -> dict[str, list[str]]:
    """States of each asset's entries: what `status:` selects by."""
    found: dict[str, list[str]] = {}
    for entry in plan.entries:
        found.setdefault(entry.asset, []).extend([entry.state, plan.state_of(entry)])
    return found


def load_project(
    file: str | Path = "assets.yaml",
    *,
    profile: str | None = None,
    store: str | Path | None = None,
    providers: Mapping[str, Callable[[Mapping[str, object]], Provider]] | None = None,
) -> Project:
    """Loads a project. Raises Problem with all that is wrong in its spec."""
    return Project(Path(file), profile=profile, store=Path(store) if store else None, providers=providers)
