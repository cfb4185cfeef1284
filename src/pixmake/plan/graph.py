"""Plan room: Assets to Actions in topological order. By names only: no file, store or lock is looked at here.

An action is one paid step of an asset, or its local end (`step` None), where outputs are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import pairwise

from pixmake.diagnostics import Diagnostic, Note, Problem, Span
from pixmake.garbage import uncollected
from pixmake.spec.asset import Asset, AssetInput, FileInput, Input, Step
from pixmake.values import dataclass

ActionId = tuple[str, int | None]
"""Asset name and step; step None is the local end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One node: what has to be there before it (`needs`), each with the place that says so."""

    id: ActionId
    asset: Asset
    step: Step | None
    needs: tuple[ActionId, ...]
    links: tuple[Span | None, ...] = field(compare=False, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionGraph:
    """All actions of a project. `order` lists ids so that each comes after what it needs; ties keep the spec's order."""

    assets: tuple[Asset, ...]
    actions: Mapping[ActionId, Action]
    order: tuple[ActionId, ...]
    users: Mapping[ActionId, tuple[ActionId, ...]]

    def ancestors(self, ids: Iterable[ActionId]) -> set[ActionId]:
        """`ids` and everything they need, however far."""
        ids = list(ids)
        if len(ids) == len(self.assets) == len({name for name, step in ids if step is None}):
            return set(self.order)  # each step leads to the end of its asset
        return _reach(ids, lambda node: self.actions[node].needs)

    def dependants(self, ids: Iterable[ActionId]) -> set[ActionId]:
        """`ids` and everything that needs them, however far."""
        return _reach(ids, lambda node: self.users.get(node, ()))


def _reach(ids: Iterable[ActionId], nexts: Callable[[ActionId], Iterable[ActionId]]) -> set[ActionId]:
    seen: set[ActionId] = set()
    rest = list(ids)
    while rest:
        node = rest.pop()
        if node not in seen:
            seen.add(node)
            rest.extend(nexts(node))
    return seen


@uncollected()
def build_graph(assets: Iterable[Asset], before: ActionGraph | None = None) -> ActionGraph:
    """The graph of a project. Raises Problem `cycle`, with the place of each link, where there is one.

    `before` is an earlier graph of it: where it has the same ways, all but the actions of other assets stands.
    """
    by_name = {asset.name: asset for asset in assets}
    found = _renewed(before, by_name) if before is not None else None
    if found is not None:
        return found
    actions = {action.id: action for asset in by_name.values() for action in _actions(asset, by_name)}
    users: dict[ActionId, list[ActionId]] = {}
    for action in actions.values():
        for need in action.needs:
            users.setdefault(need, []).append(action.id)
    order = _order(actions)
    ways = {node: tuple(ids) for node, ids in users.items()}
    return ActionGraph(assets=tuple(by_name.values()), actions=actions, order=order, users=ways)


def _renewed(before: ActionGraph, by_name: Mapping[str, Asset]) -> ActionGraph | None:
    """The graph with the assets as they are now, where the same steps need the same; else None."""
    assets = tuple(by_name.values())
    if len(assets) != len(before.assets):
        return None
    fresh: dict[ActionId, Action] = {}
    for asset, old in zip(assets, before.assets, strict=True):
        if asset is old:
            continue
        if asset.name != old.name or len(asset.steps) != len(old.steps):
            return None
        for action in _actions(asset, by_name):
            known = before.actions.get(action.id)
            if known is None or known.needs != action.needs:
                return None
            fresh[action.id] = action
    return replace(before, assets=assets, actions={**before.actions, **fresh})


def _actions(asset: Asset, by_name: Mapping[str, Asset]) -> Iterator[Action]:
    for step in asset.steps:
        links = list(_step_links(asset, step, by_name))
        yield _action(asset, step, links)
    ends = [((asset.name, asset.steps[-1].index), asset.span)] if asset.steps else _link(asset.origin, by_name)
    yield _action(asset, None, list(ends))


def _action(asset: Asset, step: Step | None, links: list[tuple[ActionId, Span | None]]) -> Action:
    first = dict(reversed(links))  # of several places that name one picture
    needs = tuple(dict.fromkeys(node for node, _ in links)) if len(links) > 1 else tuple(first)
    node = asset.name, None if step is None else step.index
    return Action(id=node, asset=asset, step=step, needs=needs, links=tuple(map(first.__getitem__, needs)))


def _step_links(asset: Asset, step: Step, by_name: Mapping[str, Asset]) -> Iterator[tuple[ActionId, Span | None]]:
    if step.index > asset.steps[0].index:
        yield (asset.name, step.index - 1), step.span
    else:
        yield from _link(asset.origin, by_name)
    for item in step_inputs(step):
        yield from _link(item, by_name)


def step_inputs(step: Step) -> Iterator[Input]:
    """References, then the mask's and markup's pictures: what a step names besides its parent."""
    yield from step.references
    if step.mask is not None and isinstance(step.mask.source, FileInput | AssetInput):
        yield step.mask.source
    if step.markup is not None:
        yield step.markup


def _link(item: Input | None, by_name: Mapping[str, Asset]) -> list[tuple[ActionId, Span | None]]:
    if not isinstance(item, AssetInput):
        return []
    target = by_name[item.asset]
    if item.step is not None:
        return [((target.name, item.step), item.span)]
    if target.steps:
        return [((target.name, target.steps[-1].index), item.span)]
    return [((target.name, None), item.span)]


def _order(actions: Mapping[ActionId, Action]) -> tuple[ActionId, ...]:
    """Depth first, needs before users, without recursion."""
    done: dict[ActionId, None] = {}
    for start, action in actions.items():
        if all(map(done.__contains__, action.needs)):  # as for most: no way to go
            done[start] = None
            continue
        path: dict[ActionId, Iterator[ActionId]] = {start: iter(actions[start].needs)}
        while path:
            node = next(reversed(path))
            need = next((item for item in path[node] if item not in done), None)
            if need is None:
                done[node] = None
                del path[node]
            elif need in path:
                raise _cycle(actions, [*list(path)[list(path).index(need) :], need])
            else:
                path[need] = iter(actions[need].needs)
    return tuple(done)


def _cycle(actions: Mapping[ActionId, Action], ring: list[ActionId]) -> Problem:
    links = [(user, need, _place(actions[user], need)) for user, need in pairwise(ring)]
    crossing = [link for link in links if link[0][0] != link[1][0]] or links
    first = crossing[0]
    names = " → ".join([*(link[0][0] for link in crossing), crossing[0][0][0]])
    notes = [Note(message=f"'{user[0]}' uses '{need[0]}' here", span=place) for user, need, place in crossing[1:]]
    diagnostic = Diagnostic(
        code="cycle",
        message=f"'{first[0][0]}' needs itself: {names}",
        span=first[2],
        notes=tuple(notes),
        help="take one of these links out, or use a file in its place",
    )
    return Problem([diagnostic])


def _place(action: Action, need: ActionId) -> Span | None:
    return action.links[action.needs.index(need)]
