"""Plan room: the whole plan. Need goes backward from the outputs, keys go forward from the inputs. Nothing is written or sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from pixmake.diagnostics import Collector, Diagnostic, Note
from pixmake.garbage import uncollected
from pixmake.plan.artifact import Artifact, DraftPicture, Fenced, Processed, originals
from pixmake.plan.entries import Entry, Group, OutputPlan, State, Totals, Verdict, together, total
from pixmake.plan.graph import ActionGraph, ActionId
from pixmake.plan.inputs import Pending
from pixmake.plan.judge import Judge
from pixmake.plan.kinds import warn_of_stills
from pixmake.plan.offer import Offer, offer_of
from pixmake.plan.outputs import judge_outputs, ownership
from pixmake.plan.retirement import mixed, retiring, uses_of
from pixmake.plan.sizes import cut, final_size
from pixmake.plan.world import World
from pixmake.providers.base import FREE
from pixmake.spec.asset import Asset, Spec, Step
from pixmake.values import changed, dataclass


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a build would do, why, and for how much; `build` runs this very object, once.

    `problems` are errors that stand in the way of buying; `warnings` don't. `damage`: records that can't be read, so
    that no build may run. `orphans` are lock lines without an asset. `offer` is what could go by batch.
    The last six fields are what it was made from; `wanted` are the actions that its outputs need.
    """

    profile: str | None
    entries: tuple[Entry, ...]
    groups: tuple[Group, ...]
    totals: Totals
    draft: bool
    problems: tuple[Diagnostic, ...]
    damage: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    orphans: tuple[str, ...]
    offer: Offer | None
    spec: Spec = field(repr=False)
    graph: ActionGraph = field(repr=False)
    world: World = field(repr=False)
    judge: Judge = field(repr=False)
    selected: tuple[Asset, ...] = field(repr=False)
    wanted: frozenset[ActionId] = field(repr=False)

    @property
    def pending(self) -> bool:
        """Whether a build would do anything."""
        return any(entry.pending for entry in self.entries)

    def state_of(self, entry: Entry) -> State:
        """An entry's state as a person is told it: `failed` where a build asks again after an answer that was an error."""
        return "failed" if entry.state == "pay" and entry.key and self.world.pool(entry.key).failed else entry.state

    def to_json(self) -> dict[str, object]:
        return {
            "format": "pixmake.plan/1",
            "profile": self.profile,
            "draft": self.draft,
            "entries": [entry.to_json() for entry in self.entries],
            "groups": [group.to_json() for group in self.groups],
            "totals": self.totals.to_json(),
            "batch": self.offer.to_json() if self.offer is not None else None,
            "problems": [item.to_json() for item in (*self.damage, *self.problems)],
            "warnings": [item.to_json() for item in self.warnings],
        }


@uncollected()
def make_plan(spec: Spec, graph: ActionGraph, world: World, selected: Sequence[Asset]) -> Plan:
    """Plans the selected assets with all they need. Pure but for reading: no network, no key, nothing written."""
    trouble = Collector(found=list(spec.warnings))
    assets = {asset.name: asset for asset in spec.assets}
    world.expect(assets)
    judge = Judge(world, assets, _asked(graph), trouble)
    edited = _edited(world, graph, assets, selected)
    ends: list[ActionId] = [(asset.name, None) for asset in selected]
    wanted = graph.ancestors(end for end in ends if end[0] not in edited)
    seen = graph.ancestors(ends) if edited else wanted
    for node in graph.order:
        if node in seen and node[1] is not None:
            if node in wanted:
                judge.decide(graph.actions[node])
            else:
                judge.done[node] = Verdict(state="edited", reason="its file was edited by hand: left alone")
    outputs = {asset.name: _outputs(judge, asset) for asset in selected}
    _need_backward(graph, judge, world, wanted, outputs)
    _size_warnings(trouble, judge, graph, wanted)
    _model_warnings(trouble, judge, graph, wanted)
    entries = tuple(_entries(spec, graph, judge, selected, seen, outputs))
    return Plan(
        profile=spec.profile,
        entries=entries,
        groups=group(entries),
        totals=total(entries),
        draft=world.draft,
        problems=() if world.draft else fold(trouble.errors),
        damage=_damage(world, entries),
        warnings=_warnings(trouble, world),
        orphans=world.orphans(assets),
        offer=offer_of(graph, world, entries),
        spec=spec,
        graph=graph,
        world=world,
        judge=judge,
        selected=tuple(selected),
        wanted=frozenset(wanted),
    )


def _asked(graph: ActionGraph) -> frozenset[ActionId]:
    """Steps on which a paid step is built."""
    return frozenset(need for action in graph.actions.values() if action.step is not None for need in action.needs)


def _damage(world: World, entries: Iterable[Entry]) -> tuple[Diagnostic, ...]:
    """Lines of the lock, and of the journal where something is to be bought: a line may name a paid picture."""
    buys = any(entry.state in ("pay", "waits") for entry in entries)
    return (*world.lock.damage, *(world.store.results.damage if buys else ()))


def _warnings(trouble: Collector, world: World) -> tuple[Diagnostic, ...]:
    wrong = [item for item in trouble.errors if world.draft and item.code != "no-model"]  # drafts need none
    softened = [replace(item, severity="warning") for item in wrong]
    return fold([*trouble.warnings, *softened])


def fold(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics by place; those of many assets that go back to one place, or to one missing line, told once."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for item in found:
        groups.setdefault((item.code, None if item.code == "no-model" else str(item.span)), []).append(item)
    return tuple(sorted((_folded(items) for items in groups.values()), key=Diagnostic.sort_key))


def _folded(items: Sequence[Diagnostic]) -> Diagnostic:
    assets = dict.fromkeys(item.asset for item in items if item.asset is not None)
    if len(assets) < 2:
        return items[0]
    more = Note(message=f"and so for {len(assets) - 1} more asset{'' if len(assets) == 2 else 's'}")
    return replace(items[0], notes=(*items[0].notes, more))


def _edited(world: World, graph: ActionGraph, assets: Mapping[str, Asset], selected: Sequence[Asset]) -> set[str]:
    """Assets all of whose files are somebody's work: nothing is made for them, unless a person asks for their steps.

    Files in no record are derived to see.
    """
    asked = {name for name, _ in world.view.more}
    suspects = [asset for asset in selected if asset.outputs and asset.name not in asked and _all_foreign(world, asset)]
    found: set[str] = set()
    for asset in suspects:
        judge = Judge(world, assets, _asked(graph), Collector())
        needed = graph.ancestors([(asset.name, None)])
        for node in graph.order:
            if node in needed and node[1] is not None:
                judge.decide(graph.actions[node])
        if all(item.state == "edited" for item in _outputs(judge, asset)):
            found.add(asset.name)
    return found


def _all_foreign(world: World, asset: Asset) -> bool:
    return all(ownership(world, output) == "edited" for output in asset.outputs)


# --- outputs and need ----------------------------------------------------------------------------------------------


def _outputs(judge: Judge, asset: Asset) -> tuple[OutputPlan, ...]:
    picture = judge.inputs.end(asset, judge.done, judge.frames)
    return judge_outputs(judge.world, asset, None if isinstance(picture, Pending) else picture, judge)


def _need_backward(
    graph: ActionGraph,
    judge: Judge,
    world: World,
    wanted: set[ActionId],
    outputs: Mapping[str, tuple[OutputPlan, ...]],
) -> None:
    """Drafts are drawn only where somebody reads them; a lost original matters only where its bytes are needed."""
    running: set[ActionId] = set()
    for node in reversed(graph.order):
        if node not in wanted:
            continue
        if node[1] is None:
            files = outputs.get(node[0], ())
            through = not graph.actions[node].asset.steps and _read_by(graph, running, node)
            if through or any(item.state in ("missing", "stale") for item in files):
                running.add(node)
            continue
        verdict = judge.done[node]
        needed = _read_by(graph, running, node)
        if verdict.state in ("pay", "waits"):
            running.add(node)
        elif verdict.artifact is not None and needed:
            judge.done[node] = _with_bytes(world, verdict)
            if judge.done[node].pending:
                running.add(node)
    _block_forward(graph, judge, wanted)


def _read_by(graph: ActionGraph, running: set[ActionId], node: ActionId) -> bool:
    return any(user in running for user in graph.users.get(node, ()))


def _with_bytes(world: World, verdict: Verdict) -> Verdict:
    """A verdict whose picture is read: a draft not on the shelf is drawn, an original that is nowhere is lost."""
    assert verdict.artifact is not None
    gone = [digest for digest in originals(verdict.artifact) if not world.has(digest)]
    if gone and verdict.state != "draft":
        state: State = "corrupt" if world.damaged(gone[0]) else "lost"
        what = "damaged in the store" if state == "corrupt" else "nowhere"
        return replace(verdict, state=state, reason=f"bought, but its bytes are {what}: {gone[0][:12]}", artifact=None)
    if any(not world.shelf.has(key) for key in _drafts(verdict.artifact)) and verdict.state == "draft":
        return changed(verdict, images=1, requests=1, cost=FREE, pending=True)
    return verdict


def _drafts(artifact: Artifact) -> list[str]:
    """Keys of the drafts a step itself draws: its own answer, not its parents'."""
    if isinstance(artifact, DraftPicture):
        return [artifact.key]
    if isinstance(artifact, Fenced):
        return _drafts(artifact.answer)
    return _drafts(artifact.picture) if isinstance(artifact, Processed) else []


def _block_forward(graph: ActionGraph, judge: Judge, wanted: set[ActionId]) -> None:
    """What reads a lost picture can't run."""
    if not any(verdict.state in ("lost", "corrupt") for verdict in judge.done.values()):
        return
    gone: set[ActionId] = set()
    for node in graph.order:
        if node not in wanted:
            continue
        lost = next((need for need in graph.actions[node].needs if need in gone), None)
        verdict = judge.done.get(node)
        if verdict is not None and verdict.state in ("lost", "corrupt"):
            gone.add(node)
        elif lost is not None and verdict is not None and verdict.state in ("pay", "waits"):
            place = lost[0] if lost[1] is None else f"{lost[0]}#{lost[1]}"
            reason = f"'{place}' is {judge.done[lost].state if lost in judge.done else 'blocked'}"
            judge.done[node] = Verdict(state="blocked", reason=reason, causes=verdict.causes)
            gone.add(node)
        elif lost is not None and node[1] is None:
            gone.add(node)  # what is derived from it


# --- entries ---------------------------------------------------------------------------------------------------------


def _entries(
    spec: Spec,
    graph: ActionGraph,
    judge: Judge,
    selected: Sequence[Asset],
    seen: set[ActionId],
    outputs: Mapping[str, tuple[OutputPlan, ...]],
) -> Iterable[Entry]:
    """Entries in the spec's order, steps ascending; ancestors of what was selected are there too."""
    for asset in spec.assets:
        files = outputs.get(asset.name)
        for step in asset.steps:
            if (asset.name, step.index) in seen:
                last = step.index == asset.steps[-1].index and files is not None
                verdict = judge.done[asset.name, step.index]
                yield _entry(spec, asset, step.index, verdict, files if last else None)
        if not asset.steps and files is not None:
            yield _entry(spec, asset, None, _derived(judge, asset), files)


def _derived(judge: Judge, asset: Asset) -> Verdict:
    """The verdict of an asset without paid steps: its origin's."""
    picture = judge.inputs.end(asset, judge.done, judge.frames)
    if isinstance(picture, Pending):
        return Verdict(state=picture.state, reason=picture.reason, causes=picture.causes)
    if picture.draft:
        return Verdict(state="draft", reason="derived from a draft", artifact=picture)
    return Verdict(state="fresh", reason="derived for free", artifact=picture)


def _entry(spec: Spec, asset: Asset, step: int | None, verdict: Verdict, files: tuple[OutputPlan, ...] | None) -> Entry:
    state, reason = verdict.state, verdict.reason
    open_files = [item for item in files or () if item.state in ("missing", "stale")]
    edited = [item.path for item in files or () if item.state == "edited"]
    if edited and state in ("fresh", "draft"):
        state, reason = "edited", f"'{edited[0]}' was edited by hand: left alone"
    elif open_files and state == "fresh":
        state, reason = "stale", _file_reason(open_files)
    pending = verdict.pending or (bool(open_files) and state in ("draft", "held", "edited"))
    return Entry(
        asset=asset.name,
        profile=spec.profile,
        step=step,
        state=state,
        reason=reason,
        verdict=verdict if verdict.pending == pending else changed(verdict, pending=pending),
        outputs=files or (),
        family=asset.family,
        last=files is not None,
    )


def _file_reason(files: Sequence[OutputPlan]) -> str:
    first = files[0]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"'{first.path}'{more} {'is not there' if first.state == 'missing' else 'is made another way now'}"


# --- causes and warnings ---------------------------------------------------------------------------------------------


def group(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """Entries with images by root cause, the dearest first."""
    by_cause: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.verdict.images and entry.state in ("pay", "waits"):
            by_cause.setdefault("; ".join(entry.verdict.causes) or "new", []).append(entry)
    groups = [_group(cause, members) for cause, members in by_cause.items()]
    return tuple(sorted(groups, key=lambda item: (-(item.cost.high if item.cost else 0), item.cause)))


def _group(cause: str, members: Sequence[Entry]) -> Group:
    costs = [entry.cost for entry in members]
    return Group(
        cause=cause,
        assets=tuple(dict.fromkeys(entry.asset for entry in members)),
        images=sum(entry.verdict.images for entry in members),
        cost=together(costs) if None not in costs else None,
    )


def _size_warnings(trouble: Collector, judge: Judge, graph: ActionGraph, wanted: set[ActionId]) -> None:
    """Warns where over a tenth of a picture is cut away, or where it is enlarged (semantics, Sizes); of stills as well."""
    for node, verdict in judge.done.items():
        if not verdict.images or verdict.request is None or node not in wanted:
            continue
        asset = graph.actions[node].asset
        warn_of_stills(trouble, asset, node[1])
        final, asked = final_size(asset.size), final_size(verdict.request.size)
        if final is None or asked is None or node[1] != asset.steps[-1].index or not asset.outputs:
            continue
        _warn_of_cut(trouble, asset, asked, final)


def _model_warnings(trouble: Collector, judge: Judge, graph: ActionGraph, wanted: set[ActionId]) -> None:
    """Where something is bought: models of it that go soon, and any that are named in two ways."""
    steps = [node for node in graph.order if node in wanted and node[1] is not None]
    buying = [node for node in steps if judge.done[node].images and not judge.world.draft]
    if buying:
        named = [
            uses_of(judge.world, ((graph.actions[node].asset, _step(graph, node)) for node in nodes))
            for nodes in (buying, steps)
        ]
        today = judge.world.view.today
        alive = [use for use in named[0] if use.limits.retired is None or use.limits.retired > today]  # else an error
        trouble.found += [*retiring(alive, today), *mixed(named[1])]


def _step(graph: ActionGraph, node: ActionId) -> Step:
    step = graph.actions[node].step
    assert step is not None, "ends were left out"
    return step


def _warn_of_cut(trouble: Collector, asset: Asset, asked: tuple[int, int], final: tuple[int, int]) -> None:
    if asked == final:
        return
    loss = cut(asked, final, asset.fit)
    if not loss.wastes and not loss.enlarges:
        return
    sizes = f"{asked[0]}x{asked[1]} is asked for and cut to {final[0]}x{final[1]}"
    span = asset.spans.get("size") or asset.span
    if loss.wastes:
        trouble.warn(
            "crop-wastes",
            f"{sizes}: {float(loss.used):.0%} of the picture is used",
            span,
            help="choose a size nearer to what the model makes, or fit: pad",
            asset=asset.name,
            row=asset.row,
        )
    if loss.enlarges:
        trouble.warn(
            "enlarges",
            f"{asked[0]}x{asked[1]} is asked for and enlarged to {final[0]}x{final[1]}",
            span,
            help="choose a smaller size",
            asset=asset.name,
            row=asset.row,
        )
