"""Watch room: the loop. Something changed → quiet → load, plan, do what is free → say what waits for money → listen on.

Everything stays in memory between two looks. What to do is decided by digests, in the plan: an event is only a bell, and
a false one finds nothing to do. A look is a whole build that may not pay, so that a watched project always stands as a
clean build would leave it; of a few assets that changed, these are looked at first. One thread looks, plans and builds;
listening and keys come in through the inbox.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pixmake.build.project import Project
from pixmake.build.recording import LOCK_NAME
from pixmake.build.report import BuildReport
from pixmake.clock import Clock, SystemClock
from pixmake.diagnostics import Diagnostic, ExitCode, Problem
from pixmake.events import Listener, WatchChanged, WatchEnded, WatchProblem, WatchReady
from pixmake.plan.planner import Plan
from pixmake.store.memo import look
from pixmake.watch.asking import Asking, said_of_batches
from pixmake.watch.ears import Ears, identity
from pixmake.watch.inbox import Batch, Inbox, Pace
from pixmake.watch.places import Places, first_places, joined, places_of
from pixmake.watch.purse import Purchase, Purse, covers, purchases
from pixmake.watch.warm import warm

SWEEP_SHARE = 100
"""Looking without a cause takes at most one hundredth of the time."""
ASLEEP = 5.0
"""Seconds by which wall clock and patience may differ before the machine is taken to have slept."""
PAY_KEY, QUIT_KEYS = "p", frozenset({"q", "Q"})


YOUNG = 1
"""The generations of garbage looked through after a look; the oldest, everything that stays, is for the collector itself."""
FEW = 20
"""Pieces of work that are made so quickly that garbage, and all the rest of the project, can wait for their end."""
Stamp = tuple[int, ...]


class Interrupted(Exception):
    """Ctrl-C during a build: what was sent has been awaited."""


@dataclass(slots=True)
class Done:
    """What the builds of one look did, and the plan of all that it found."""

    made: int = 0
    written: list[str] = field(default_factory=list)
    spent: Decimal = Decimal(0)
    problems: list[Diagnostic] = field(default_factory=list)
    plan: Plan | None = None

    def add(self, report: BuildReport) -> Done:
        """This with another build."""
        self.made += report.made
        self.written += report.written
        self.spent += report.spent
        self.problems += report.problems
        self.plan = report.plan
        return self


class Watch:
    """Keeps a project built. `open_project` loads it; called again as long as it raises Problem.

    `max_cost` in USD: what this whole run may spend without being asked. `press`, `stop` may be called by any thread.
    """

    def __init__(
        self,
        file: Path,
        open_project: Callable[[], Project],
        listener: Listener,
        *,
        selectors: Sequence[str] = (),
        exclude: Sequence[str] = (),
        draft: bool = False,
        max_cost: Decimal | None = None,
        pace: Pace | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.file = Path(os.path.abspath(file))
        self.purse = Purse(max_cost)
        self._open = open_project
        self._say = listener
        self._selectors, self._exclude, self._draft = tuple(selectors), tuple(exclude), draft
        self._pace = pace or Pace()
        self._clock = clock or SystemClock()
        self._inbox = Inbox(self._pace)
        self._asking = Asking(self._pace)
        self._came = Done()
        self._places = first_places(self.file)
        self._ears: Ears | None = None
        self._project: Project | None = None
        self._own: dict[str, Stamp | None] = {}
        self._shown: tuple[str, ...] = ()
        self._broken = False
        self._littered = False
        self._agreed: tuple[Purchase, ...] = ()
        self._beat = self._clock.now().timestamp(), self._clock.monotonic()
        self._looked = time.monotonic()
        self._took = 0.0
        self._changed = 0.0

    # --- from outside ------------------------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        """A key: `p` buys what was last shown as pending, `q` ends."""
        if key in QUIT_KEYS:
            self.stop()
        elif key == PAY_KEY:
            self._agreed = self.purse.waiting  # what is on the screen now, not what a look may yet find
            self._inbox.press(key)

    def stop(self) -> None:
        """Ends `run` soon: what was sent is awaited, nothing more is begun."""
        self._inbox.stop()

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> ExitCode:
        """Watches until `stop` (DONE) or Ctrl-C in a build (INTERRUPTED). Raises what is our own bug, nothing else."""
        code = ExitCode.DONE
        self._ears = Ears(self._heard, self._inbox.lost)
        try:
            self._begin()
            while not self._inbox.stopped:
                self._turn()
        except (Interrupted, KeyboardInterrupt):
            code = ExitCode.INTERRUPTED
        finally:
            self._ears.close()
        self._say(WatchEnded(spent=self.purse.spent, reserved=self.purse.reserved, exit_code=int(code)))
        return code

    def _begin(self) -> None:
        assert self._ears is not None
        self._ears.listen(self._places.folders)  # before the first look: no change may fall between
        self._look(Batch(lost=True))
        assets = len(self._project.assets) if self._project else 0
        self._say(WatchReady(assets=assets, folders=len(self._ears), polling=self._ears.polling))
        if self._project is not None:
            warm(self._project.spec, draft=self._draft)

    def _turn(self) -> None:
        """Waits for one thing and deals with it."""
        batch = self._inbox.take(self._patience())
        if batch.stopped:
            return
        batch.lost |= self._slept() or self._sweep_is_due()
        batch.files = {path: None for path in batch.files if not self._is_own(path)}
        if batch.changed:
            self._look(batch)
        elif self._project is not None and not batch.keys and self._asking.is_due(self._changed):
            self._ask(self._project)
        elif self._littered and not batch.keys:
            gc.collect(YOUNG)
            self._littered = False
        if PAY_KEY in batch.keys:
            self._pay(asked=True)
        elif self.purse.due and time.monotonic() >= self._changed + self._pace.paying:
            self._pay(asked=False)

    def _patience(self) -> float:
        """Seconds to wait for news at most: a beat, or until money may be spent."""
        if not self.purse.due:
            return self._pace.beat
        return min(self._pace.beat, max(0.0, self._changed + self._pace.paying - time.monotonic()))

    # --- what rings --------------------------------------------------------------------------------------------------

    def _heard(self, path: str, folder: bool, whole: bool) -> None:
        """Called by the listening threads."""
        if self._places.matter(path, folder=folder):
            self._inbox.changed(path, whole=whole)

    def _is_own(self, path: str) -> bool:
        """Whether what stands at `path` is still what we put there ourselves."""
        return path in self._own and self._own[path] == _stamp(path)

    def _sweep_is_due(self) -> bool:
        return time.monotonic() - self._looked > max(self._pace.sweep, self._took * SWEEP_SHARE)

    def _slept(self) -> bool:
        """Whether wall time ran away since it was last asked: the machine slept, or its clock was set."""
        before, self._beat = self._beat, (self._clock.now().timestamp(), self._clock.monotonic())
        return abs((self._beat[0] - before[0]) - (self._beat[1] - before[1])) > ASLEEP

    # --- one look ----------------------------------------------------------------------------------------------------

    def _look(self, batch: Batch) -> None:
        """Loads, plans, and builds what is free. Problems are told, and end nothing."""
        began = batch.began if batch.began is not None else time.monotonic()
        started = time.monotonic()
        gc.disable()  # a collection in the middle costs a tenth of the time; it is done when nobody waits
        self._littered = True
        try:
            done = self._build_free()
        except (Problem, OSError) as trouble:
            found = told_of(trouble)
            self._broken = True
            if not self._inbox.restless():  # else it may have been read half written: the next look will tell
                self._tell(found)
            self._listen_on(self._places_despite(found))
        else:
            self._finish(batch, done, began)
        finally:
            gc.enable()
        self._looked = time.monotonic()
        self._took = self._looked - started
        if batch.files or batch.began is not None:
            self._changed = self._looked

    def _build_free(self) -> Done:
        """Builds the assets that changed, then whatever else there is to do, and says what was done of both."""
        changed = self._load()
        project = self._project
        assert project is not None
        done, self._came = self._came, Done()
        if changed and not (self._selectors or self._exclude or self._broken):
            plan = project.plan(*(f"{name}+" for name in changed), draft=self._draft)
            done.add(self._build(project, plan, max_cost=Decimal(0)))
        plan = project.plan(*self._selectors, exclude=self._exclude, draft=self._draft)
        if sum(entry.pending for entry in plan.entries) > FEW:
            gc.enable()
        if plan.pending or done.plan is None:
            done.add(self._build(project, plan, max_cost=Decimal(0)))
        done.plan = plan
        return done

    def _load(self) -> tuple[str, ...]:
        """Loads the project anew; names of the assets that changed, where these are few and nothing is gone."""
        project = self._project
        if project is None:
            project = self._open()
            self._take_in(project)
            project.recover()  # what an earlier process had sent and not recorded
            self._project = project
            return ()
        before = {asset.name: asset for asset in project.assets}
        project.reload()
        changed = [asset.name for asset in project.assets if before.pop(asset.name, None) is not asset]
        return tuple(changed) if len(changed) <= FEW and not before else ()

    def _ask(self, project: Project) -> None:
        """Asks after batches, and looks at all where one brought something."""
        try:
            has_news = self._take_in(project)
        except (Problem, OSError) as trouble:
            self._tell(told_of(trouble))
        else:
            if has_news:
                self._look(Batch(lost=True))

    def _take_in(self, project: Project) -> bool:
        """Whether anything became of calls that were handed in by batch: the next look tells what."""
        gathered = self._asking.ask(project)
        self._came = Done(made=gathered.saved, spent=gathered.spent, problems=said_of_batches(gathered))
        return bool(gathered.saved or gathered.failed or gathered.released)

    def _build(self, project: Project, plan: Plan, *, max_cost: Decimal | None, yes: bool = False) -> BuildReport:
        report = project.build(
            plan,
            max_cost=max_cost,
            yes=yes,
            by_name=yes and bool(self._selectors),
            waits=max_cost is None or max_cost > 0,
            halted=lambda: self._inbox.stopped,
            on_event=self._say,
        )
        self._remember_own(project.root, report)
        if report.interrupted:
            raise Interrupted
        return report

    def _remember_own(self, root: Path, report: BuildReport) -> None:
        paths = {os.path.join(root, name) for name in (*report.written, LOCK_NAME)}
        folders = {os.path.dirname(path) for path in paths} - {str(root)}
        self._own |= {path: _stamp(path) for path in paths | folders}

    def _finish(self, batch: Batch, done: Done, began: float) -> None:
        """After a look that found no error: the news, the price, and whether to listen elsewhere from now on."""
        project, mended = self._project, self._broken
        assert project is not None
        self._broken = False
        self._tell(done.problems)
        places = places_of(project.spec, project.root / LOCK_NAME)
        if mended:  # until now everything counted
            batch.files = {path: None for path in batch.files if places.matter(path, folder=False)}
        if batch.files or done.made or done.written or mended:
            self._say_changed(batch, done, began, mended=mended)
        assert done.plan is not None
        self._price(project, done.plan)
        self._listen_on(places)

    def _say_changed(self, batch: Batch, done: Done, began: float, *, mended: bool) -> None:
        root = self.file.parent
        self._say(
            WatchChanged(
                files=tuple(sorted(os.path.relpath(path, root) for path in batch.files)),
                made=done.made,
                written=tuple(done.written),
                spent=done.spent,
                seconds=time.monotonic() - began,
                mended=mended,
            )
        )

    def _price(self, project: Project, plan: Plan) -> None:
        """Says what waits for money, if that is not what was said last."""
        if plan.draft:
            plan = project.plan(*self._selectors, exclude=self._exclude)
        if self.purse.expect(purchases(plan)):
            self._say(self.purse.pending())

    def _listen_on(self, places: Places) -> None:
        """Listens where the project now lies. What is newly listened to may have changed before: looked at again."""
        assert self._ears is not None
        self._places = places
        if self._ears.listen(places.folders):
            self._inbox.lost()

    def _places_despite(self, problems: Iterable[Diagnostic]) -> Places:
        """Where to listen for the repair: at the files that the errors name, and where the project lay before."""
        first = first_places(self.file, _named(problems))
        if self._project is None:
            return first
        return joined(first, places_of(self._project.spec, self._project.root / LOCK_NAME))

    def _tell(self, problems: Sequence[Diagnostic]) -> None:
        """Says problems, if they are not those that were said last."""
        texts = tuple(str(item) for item in problems)
        if texts != self._shown and problems:
            self._say(WatchProblem(problems=tuple(problems)))
        self._shown = texts

    # --- money ---------------------------------------------------------------------------------------------------------

    def _pay(self, *, asked: bool) -> None:
        """Buys what was shown, and nothing else: where that has changed, it is shown anew and waits for another yes."""
        try:
            self._buy(asked=asked)
        except (Problem, OSError) as trouble:
            self._tell(told_of(trouble))
            self.purse.give_up()

    def _buy(self, *, asked: bool) -> None:
        project = self._project
        if project is None or self._broken or not self.purse.open:
            self._say(self.purse.pending())
            return
        failed = [f"{name}+" for name in self.purse.failed]
        plan = project.plan(*self._selectors, exclude=[*self._exclude, *failed])
        if not covers(self._agreed if asked else self.purse.waiting, purchases(plan)):
            self._say(self.purse.pending())
            if not asked:  # what is the same after the next look is not asked for in a circle
                self.purse.give_up()
        else:
            began = time.monotonic()
            report = self._build(project, plan, max_cost=self.purse.left, yes=asked)
            self.purse.settle(report, asked=asked)
            self._say_changed(Batch(), Done().add(report), began, mended=False)
            self._tell(report.problems)
        self._look(Batch(lost=True))


def told_of(trouble: Problem | OSError) -> Sequence[Diagnostic]:
    """What is told of something that went wrong while watching goes on."""
    return trouble.diagnostics if isinstance(trouble, Problem) else (system_trouble(trouble),)


def system_trouble(error: OSError) -> Diagnostic:
    """An error of the operating system, as it is told while watching goes on."""
    words = (error.strerror or str(error) or type(error).__name__).lower()
    place = f"'{os.fsdecode(error.filename)}': " if isinstance(error.filename, str | bytes | os.PathLike) else ""
    return Diagnostic(code="system", message=f"{place}{words}", help="mend that; watching goes on")


def _named(problems: Iterable[Diagnostic]) -> list[str]:
    """Files that errors speak of, relative to the spec's folder."""
    spans = [span for item in problems for span in (item.span, *(note.span for note in item.notes)) if span]
    return [span.source.name for span in spans]


def _stamp(path: str) -> Stamp | None:
    """What tells a file from a later one at its place, or a folder from another."""
    return look(path) or identity(path)
