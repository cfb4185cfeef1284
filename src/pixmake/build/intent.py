"""Build room: the verbs for intent: what a person decides about pictures that are there. None of them edits the spec.

Where the spec itself says `pick` or `frozen`, the contrary verb is refused and names the line. Bytes go into the store
first, then the journal, then the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pixmake.build.paying import believed
from pixmake.build.project import Project
from pixmake.build.recording import change_lock, record_lock
from pixmake.build.targets import Candidate as Candidate
from pixmake.build.targets import Target, asset_of, candidate, candidates_of, point, target_of
from pixmake.diagnostics import Problem, Span, problem
from pixmake.digest import Digest
from pixmake.imaging.probe import BadPicture, Facts
from pixmake.plan.inputs import Pending
from pixmake.plan.keys import preimage
from pixmake.plan.planner import Plan
from pixmake.publish.realize import realizer_of
from pixmake.spec.asset import Asset, Step
from pixmake.store.lockfile import Line
from pixmake.store.records import Outcome, Result
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reroll:
    """A reroll that is planned: what it is about, its plan, and the candidates there were before."""

    target: str
    plan: Plan
    before: tuple[Digest, ...]
    node: tuple[str, int]


class Intent:
    """The verbs of one project. Each reads the world anew, writes what it must and nothing else."""

    def __init__(self, project: Project) -> None:
        self.project = project

    # --- pick ------------------------------------------------------------------------------------------------------

    def candidates(self, text: str) -> list[Candidate]:
        """The pictures of a step in the order that `pick` counts. Raises Problem for a target that is none."""
        return candidates_of(self.project, target_of(self.project, text, several=True))

    def pick(self, text: str, number: int) -> Candidate:
        """The lock names candidate `number` from now on; what is built on it becomes `pay`. Nothing is bought."""
        target = target_of(self.project, text, several=True)
        _refuse_spec(target.asset, target.step.pick, "pick", target.step)
        found = candidates_of(self.project, target)
        if not 1 <= number <= len(found):
            raise problem(
                "no-candidate",
                f"'{target.name}' has no candidate {number}",
                help=f"it has {len(found)}: `pixmake pick {target.name}` lists them"
                if found
                else "nothing was bought for it yet: build first",
            )
        point(self.project, target, found[number - 1].digest, [item.digest for item in found])
        return replace(found[number - 1], picked=True)

    # --- freeze, unfreeze, forget ------------------------------------------------------------------------------------

    def freeze(self, selectors: Sequence[str]) -> list[str]:
        """Keeps the bought pictures of these assets, whatever becomes of their requests. Returns their names."""
        assets = self.project.select(selectors)
        for asset in assets:
            if not asset.frozen and "frozen" in asset.spans:
                raise _spec_says(asset, "frozen: false", asset.spans["frozen"], "take that line out")
        plan = self.project.plan(*(asset.name for asset in assets))
        for asset in assets:
            _refuse_conflict(plan, asset)
        lines = [(asset, plan.world.line(asset.name)[0]) for asset in assets]
        for asset, line in lines:
            if line is None or not any(pin.variants for pin in line.steps):
                raise problem("nothing-bought", f"'{asset.name}' has no bought picture to keep", help="build it first")
        keep = [replace(line, frozen=True) for _, line in lines if line is not None]
        change_lock(self.project.root, keep, known=plan.world.lock, decided=True)
        frozen = self.project.plan(*(asset.name for asset in assets))  # keeps fenced pictures as pixels too
        record_lock(frozen, frozen.world.lock, realizer_of(frozen.world).keep, {})
        return [asset.name for asset in assets]

    def unfreeze(self, selectors: Sequence[str]) -> list[str]:
        """Lets a changed request buy again. Returns the names of the assets that were frozen."""
        assets = self.project.select(selectors)
        lock = self.project.lock()
        for asset in assets:
            if len(lock.alternatives(asset.name, self.project.profile)) > 1:
                _refuse_conflict(self.project.plan(asset.name), asset)
            if asset.frozen:
                raise _spec_says(asset, "frozen: true", asset.spans.get("frozen") or asset.span, "take that line out")
        lines = [
            line for asset in assets for line in lock.alternatives(asset.name, self.project.profile) if line.frozen
        ]
        change_lock(self.project.root, [replace(line, frozen=False) for line in lines], known=lock, decided=True)
        return [line.asset for line in lines]

    def forget(self, selectors: Sequence[str]) -> list[str]:
        """Drops the lock lines of assets, or of orphans by their exact names. Nothing is deleted. Returns the names."""
        lock = self.project.lock()
        known = [name for name, profile in lock.lines if profile == self.project.profile]
        names: list[str] = []
        for text in selectors:
            try:
                names += [asset.name for asset in self.project.select([text])]
            except Problem:
                if text not in known:
                    raise
                names.append(text)
        gone = [name for name in dict.fromkeys(names) if name in known]
        if not gone:
            raise problem(
                "no-lock-line", f"the lock has no line for '{selectors[0]}'", help="nothing is left to forget"
            )
        change_lock(self.project.root, [], [(name, self.project.profile) for name in gone])
        return gone

    # --- reroll, restore -----------------------------------------------------------------------------------------------

    def reroll(self, text: str, count: int = 1) -> Reroll:
        """A plan that buys `count` more pictures for the same request of one step, also after a refusal or a loss.

        It is priced and built like any plan; then `settle` moves the pick to the first of the new ones.
        """
        target = target_of(self.project, text, thawed=True)
        node = (target.asset.name, target.step.index)
        plan = self.project.plan(target.asset.name, update=[target.asset.name], more={node: count})
        return Reroll(target=target.name, plan=plan, before=target.verdict.pinned, node=node)

    def settle(self, reroll: Reroll) -> Candidate | None:
        """After a reroll was built: the first new picture, which is the pick from now on; None where none came.

        With a `pick` in the spec nothing is moved: only its number is told.
        """
        target = target_of(self.project, reroll.target, thawed=True)
        found = candidates_of(self.project, target)
        new = next((item for item in found if item.digest not in reroll.before), None)
        if new is None or isinstance(target.step.pick, int):
            return new
        point(self.project, target, new.digest, [item.digest for item in found])
        return replace(new, picked=True)

    def restore(self, selectors: Sequence[str]) -> Plan:
        """A plan that writes outputs again over hand edits, or the last bought pictures over drafts. It never pays: what
        these are made of counts as it was last bought too.

        Raises Problem for an asset of which nothing was ever bought.
        """
        names = [asset.name for asset in self.project.select(selectors)]
        nodes = self.project.graph.ancestors((name, None) for name in names)
        plan = self.project.plan(*names, restore=[*names, *{node[0] for node in nodes}])
        for asset in plan.selected:
            end = plan.judge.inputs.end(asset, plan.judge.done, plan.judge.frames)
            if isinstance(end, Pending):
                raise problem("nothing-bought", f"'{asset.name}' has no bought picture to restore: {end.reason}")
        return plan

    # --- adopt, accept -------------------------------------------------------------------------------------------------

    def adopt(self, text: str, file: Path) -> Candidate:
        """A hand-made or older file becomes the step's picture, source `human`; this project's alone."""
        target = target_of(self.project, text, thawed=True)
        _refuse_spec(target.asset, target.step.pick, "pick", target.step)
        verdict = target.verdict
        if verdict.key is None or verdict.request is None:
            raise problem("not-ready", f"'{target.name}' can't take a picture yet: {verdict.reason}")
        result = self._kept(file, "human", target)
        outcome = Outcome(intent=None, key=verdict.key, results=(result,), request=preimage(verdict.request))
        self.project.store.journal.append(outcome)
        variants = list(dict.fromkeys([*verdict.pinned, result.digest]))
        point(self.project, target, result.digest, variants)
        return candidate(self.project, variants.index(result.digest) + 1, result.digest, result, result.digest)

    def accept(self, text: str) -> list[str]:
        """The wording changed, the picture stays: binds new keys of X's own steps to the pictures of the old ones.

        For an output that was edited by hand: it is shipped as it is until its recipe changes. Where neither lock nor
        store knows a picture of X, the file at its output becomes the picture of its steps. Returns what was bound.
        """
        asset = asset_of(self.project, text.partition("#")[0])
        only = target_of(self.project, text).step.index if "#" in text else None
        bound = self._accept_files(asset) if only is None else []
        for step in asset.steps:
            if only is None or step.index == only:
                bound += self._accept_step(target_of(self.project, f"{asset.name}#{step.index}", thawed=True))
        if not bound and only is None:
            bound = self._accept_unknown(asset)
        if not bound:
            raise _nothing_to_accept(self.project.plan(asset.name, more={(asset.name, None): 0}), asset)
        return bound

    def _accept_step(self, target: Target) -> list[str]:
        """Binds one step's new key to the pictures its lock line names for the old one."""
        line, _ = target.plan.world.line(target.asset.name)
        old = line.steps[target.place] if line is not None and target.place < len(line.steps) else None
        verdict = target.verdict
        if old is None or not old.variants or verdict.key in (None, old.key) or verdict.request is None:
            return []
        assert verdict.key is not None
        pool = {item.digest: item for item in self.project.store.results.pool(old.key).results}
        results = tuple(
            replace(
                pool[digest], source="accepted", cost=Decimal(0), scope=target.plan.world.view.scope, time=self._now()
            )
            for digest in old.variants
            if digest in pool
        )
        self.project.store.journal.append(
            Outcome(intent=None, key=verdict.key, results=results, request=preimage(verdict.request))
        )
        point(self.project, target, old.pick or old.variants[0], old.variants)
        return [target.name]

    def _accept_files(self, asset: Asset) -> list[str]:
        """Hand-edited outputs go into the store and their digests into the lock."""
        found = self.project.plan(asset.name)
        touched = {item.path for entry in found.entries for item in entry.outputs if item.state == "edited"}
        plan = self.project.plan(
            asset.name, restore=[asset.name]
        )  # as if the files were ours: that tells their recipes
        files = [item for entry in plan.entries if entry.asset == asset.name for item in entry.outputs]
        edited = [item for item in files if item.path in touched and item.recipe is not None]
        whole = {item.path: _picture_in(self.project.root / item.path)[0] for item in edited}
        line = plan.world.line(asset.name)[0] or Line(asset=asset.name, profile=self.project.profile)
        for item in edited:
            digest = self.project.store.content.put(whole[item.path])
            assert item.recipe is not None
            plan.world.wrote(item.path, item.recipe, digest)
            line = replace(line, outputs={**line.outputs, item.path: plan.world.pin_of(item.path)})
        if edited:
            change_lock(self.project.root, [line], known=plan.world.lock, decided=True)
        return [item.path for item in edited]

    def _accept_unknown(self, asset: Asset) -> list[str]:
        """Lock and store are lost: what stands at an output becomes the picture of every step, and nothing is bought again."""
        files = self._foreign_files(asset)
        bound: list[str] = []
        for step in asset.steps if files else ():
            target = target_of(self.project, f"{asset.name}#{step.index}", thawed=True)
            verdict = target.verdict
            if verdict.pinned or verdict.key is None or verdict.request is None:
                return bound
            result = self._kept(files[0], "accepted", target)
            self.project.store.journal.append(
                Outcome(intent=None, key=verdict.key, results=(result,), request=preimage(verdict.request))
            )
            point(self.project, target, result.digest, [result.digest])
            bound.append(target.name)
        return bound + (self._accept_files(asset) if bound else [])

    def _foreign_files(self, asset: Asset) -> list[Path]:
        """Files at an asset's outputs of which no record knows, the best first: large ones, and those that lost nothing.

        Raises Problem for what is no whole picture.
        """
        entries = self.project.plan(asset.name).entries
        paths = [item.path for entry in entries for item in entry.outputs if item.state == "edited"]
        facts = {path: _picture_in(self.project.root / path)[1] for path in paths}
        best = sorted(facts, key=lambda path: (-facts[path].width * facts[path].height, not path.endswith(".png")))
        return [self.project.root / path for path in best]

    def _kept(self, file: Path, source: str, target: Target) -> Result:
        """A file's bytes in the store, as a result. Raises Problem for what is no picture."""
        data, facts = _picture_in(file)
        return Result(
            digest=self.project.store.content.put(data),
            media_type=facts.media_type,
            bytes=len(data),
            time=self._now(),
            source=source,
            scope=target.plan.world.view.scope,
            width=facts.upright_width,
            height=facts.upright_height,
            cost=Decimal(0),
        )

    # --- small things --------------------------------------------------------------------------------------------------

    def _now(self) -> str:
        return self.project.clock.now().isoformat(timespec="milliseconds")


def _picture_in(file: Path) -> tuple[bytes, Facts]:
    """A file that somebody wants shipped, and what it is. Raises Problem for anything but a whole picture."""
    try:
        data = file.read_bytes()
        return data, believed(data)
    except BadPicture as bad:
        raise problem("bad-picture", f"'{file}' {bad.message}", help=bad.help) from bad
    except OSError as error:
        raise problem("unreadable-file", f"'{file}' can't be read: {error.strerror}") from error


def _refuse_spec(asset: Asset, said: object, field: str, step: Step) -> None:
    """A number in the spec wins over the verb, so the verb would say something that is not so."""
    if isinstance(said, int):
        raise _spec_says(asset, f"{field}: {said}", step.spans.get(field) or step.span, "change or remove it there")


def _nothing_to_accept(plan: Plan, asset: Asset) -> Problem:
    known = any(plan.judge.done[asset.name, step.index].pinned for step in asset.steps)
    why = (
        "its pictures fit its spec"
        if known or not asset.steps
        else "nothing was bought for it, no file stands in place"
    )
    return problem("nothing-to-accept", f"'{asset.name}' has nothing to accept: {why}")


def _refuse_conflict(plan: Plan, asset: Asset) -> None:
    """Of two branches' picks none is kept unasked: what a merge left open is for `pick`."""
    for step in asset.steps:
        if plan.judge.done[asset.name, step.index].state == "conflict":
            target = f"{asset.name}#{step.index}"
            raise problem(
                "not-ready",
                f"'{target}' is undecided: a merge left different picks",
                help=f"`pixmake pick {target}` settles which of them stays",
            )


def _spec_says(asset: Asset, text: str, span: Span | None, remedy: str) -> Problem:
    return problem("spec-says", f"the spec says '{text}' for '{asset.name}'", span=span, help=remedy)
