"""Build room: moving assets to another model: what it would cost, a sample of it, and the change itself once it is told.

Nothing that was bought is touched. A sample is bought under the keys that the move would ask for, so that it is not
paid again; and assets that a changed line reaches without being meant are frozen before the line changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.build.report import BuildReport
from pixmake.diagnostics import Problem, Span, did_you_mean, problem
from pixmake.events import Listener
from pixmake.plan.graph import build_graph
from pixmake.plan.inputs import Pending
from pixmake.plan.outputs import deliveries
from pixmake.plan.planner import Plan
from pixmake.publish.outputs import derive, write_atomically
from pixmake.publish.realize import realizer_of
from pixmake.spec.asset import Asset, Spec, Step
from pixmake.spec.names import canonical
from pixmake.spec.outputs import suffix_of
from pixmake.store.durable import replace_file, writing
from pixmake.store.shelf import STATE
from pixmake.values import dataclass

SAMPLES = "migrate"
"""Folder below `.pixmake/` where samples lie to be looked at."""
DONE = frozenset({"fresh", "stale", "held", "draft", "edited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One asset's picture by both models, as files relative to the project; `before` None where there was none."""

    asset: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move that was looked at. `plan` is of the moved assets alone, as they would be bought.

    `places` are the model's names in the spec that would change, `by_hand` those that the tool can't change (made by a
    template); `staying` are the assets that a change there reaches, that were not selected, and that have a picture.
    `frozen` were selected and don't move, since they are frozen.
    """

    source: str
    target: str
    plan: Plan
    places: tuple[Span, ...]
    by_hand: tuple[Span, ...]
    staying: tuple[str, ...]
    frozen: tuple[str, ...]

    @property
    def assets(self) -> tuple[Asset, ...]:
        return self.plan.selected


class Migration:
    """A move of one project's assets from one model to another."""

    def __init__(self, project: Project, source: str, target: str) -> None:
        self.project = project
        self.source = source
        self.target = target

    def look(self, selectors: Sequence[str] = (), exclude: Sequence[str] = ()) -> Move:
        """What the move would cost and change. Writes and sends nothing. Raises Problem where nothing uses the model."""
        using = [asset for asset in self.project.select(selectors, exclude) if self._uses(asset)]
        frozen = tuple(asset.name for asset in using if self._frozen(asset))
        chosen = [asset for asset in using if asset.name not in frozen]
        if not chosen:
            raise self._nobody(selectors, frozen)
        names = {asset.name for asset in chosen}
        plan = self._plan(names, names)
        spans = _distinct(self._span(asset, step) for asset in chosen for step in self._steps(asset))
        places = tuple(span for span in spans if self._written(span))
        return Move(
            source=self.source,
            target=self.target,
            plan=plan,
            places=places,
            by_hand=tuple(span for span in spans if not self._written(span)),
            staying=self._staying(names, places),
            frozen=frozen,
        )

    def sample(
        self,
        move: Move,
        count: int,
        *,
        max_cost: Decimal | None = None,
        yes: bool = False,
        on_event: Listener | None = None,
    ) -> tuple[BuildReport, list[Sample]]:
        """Buys the first `count` assets by the new model and lays them beside the present files. Lock and outputs stay."""
        names = [asset.name for asset in move.assets[:count]]
        plan = self._plan({asset.name for asset in move.assets}, names, published=False)
        report = self.project.build(plan, max_cost=max_cost, yes=yes, by_name=True, recorded=False, on_event=on_event)
        outputs = {asset.name: asset for asset in self.project.assets}
        return report, [item for name in names if (item := self._lay(plan, outputs[name])) is not None]

    def apply(self, move: Move) -> list[str]:
        """Changes the model's name at its places in the spec; first freezes the assets that are to stay. Returns these.

        Raises Problem `model-by-hand` where a name can't be changed here; then nothing is written.
        """
        if move.by_hand:
            where = ", ".join(str(span) for span in move.by_hand)
            raise problem(
                "model-by-hand",
                f"'{self.source}' is not written out at {where}: a template or an alias makes it there",
                help=f"change it by hand to '{self.target}'; what stays can be frozen: `pixmake freeze SELECTOR`",
            )
        texts = {
            path: _changed(path, spans, self.source, self.target) for path, spans in self._by_file(move.places).items()
        }
        frozen = Intent(self.project).freeze(move.staying) if move.staying else []
        for path, text in texts.items():
            with writing(path):
                replace_file(path, text, mode=path.stat().st_mode & 0o777)
        self.project.reload()
        return frozen

    # --- who uses the model ----------------------------------------------------------------------------------------

    def _steps(self, asset: Asset) -> list[Step]:
        return [step for step in asset.steps if step.model == self.source]

    def _uses(self, asset: Asset) -> bool:
        return bool(self._steps(asset))

    def _frozen(self, asset: Asset) -> bool:
        lines = self.project.lock().alternatives(asset.name, self.project.profile)
        return asset.frozen or any(line.frozen for line in lines)

    def _nobody(self, selectors: Sequence[str], frozen: Sequence[str]) -> Problem:
        if frozen:
            names = ", ".join(frozen[:3]) + (" …" if len(frozen) > 3 else "")
            remedy = f"`pixmake unfreeze {frozen[0]}` lets it move"
            return problem("all-frozen", f"all assets that use '{self.source}' here are frozen: {names}", help=remedy)
        used = sorted({step.model for asset in self.project.assets for step in asset.steps if step.model})
        near = did_you_mean(self.source, used)
        which = "none of these assets" if selectors else "no asset"
        remedy = f"did you mean '{near}'?" if near else f"models here: {', '.join(used) or 'none'}"
        return problem("model-not-used", f"{which} uses the model '{self.source}'", help=remedy)

    def _plan(self, moved: Iterable[str], chosen: Iterable[str], *, published: bool = True) -> Plan:
        """The plan of the chosen assets in a spec in which the moved ones use the target."""
        names, wanted = set(moved), set(chosen)
        assets = tuple(self._moved(asset, published) if asset.name in names else asset for asset in self.project.assets)
        spec: Spec = replace(self.project.spec, assets=assets)
        return self.project.plan_of(spec, build_graph(assets), [asset for asset in assets if asset.name in wanted])

    def _moved(self, asset: Asset, published: bool) -> Asset:
        steps = tuple(replace(step, model=self.target) if step.model == self.source else step for step in asset.steps)
        return replace(asset, steps=steps, outputs=asset.outputs if published else ())

    # --- places in the spec ----------------------------------------------------------------------------------------

    def _span(self, asset: Asset, step: Step) -> Span:
        span = step.spans.get("model") or step.span or asset.span
        assert span is not None, "every asset knows its place"
        return span

    def _written(self, span: Span) -> bool:
        """Whether the model's very name stands there, bare or in quotes."""
        return _text_at(span).strip("'\"") == self.source

    def _staying(self, moved: set[str], places: Sequence[Span]) -> tuple[str, ...]:
        """Assets that were not meant, are as they should be, and would not be any more once these lines change."""
        changing = set(map(_place, places))
        reached = {
            asset.name
            for asset in self.project.assets
            if any(_place(self._span(asset, step)) in changing for step in self._steps(asset))
        }
        before = {entry.asset for entry in self.project.plan().entries if entry.state in ("pay", "waits")}
        after = self._plan(moved | reached, [asset.name for asset in self.project.assets])
        touched = {entry.asset for entry in after.entries if entry.state in ("pay", "waits")} - before - moved
        lock = self.project.lock()
        pinned = {
            name
            for name in touched
            if any(pin.variants for line in lock.alternatives(name, self.project.profile) for pin in line.steps)
        }
        return tuple(asset.name for asset in self.project.assets if asset.name in pinned)

    def _by_file(self, places: Iterable[Span]) -> dict[Path, list[Span]]:
        found: dict[Path, list[Span]] = {}
        for span in places:
            found.setdefault(self.project.root / span.source.name, []).append(span)
        return found

    # --- samples ---------------------------------------------------------------------------------------------------

    def _lay(self, plan: Plan, asset: Asset) -> Sample | None:
        """Writes a sampled asset's first output beside its present file, below `.pixmake/`; None where it is not there."""
        judge = plan.judge
        end = judge.inputs.end(asset, judge.done, judge.frames)
        if isinstance(end, Pending) or any(
            judge.done[asset.name, step.index].state not in DONE for step in asset.steps
        ):
            return None
        order = next(iter(deliveries(plan.world, asset, end, judge)), None)
        if order is None:
            return None
        suffix = Path(order.output.path).suffix
        path = f"{STATE}/{SAMPLES}/{self._sample_name(asset)}.{self.target}{suffix}"
        write_atomically(self.project.root / path, derive(order, realizer_of(plan.world)), durable=False)
        before = order.path()
        stands = before is not None and (self.project.root / before).is_file()
        return Sample(asset=asset.name, before=before if stands else None, after=path)

    def _sample_name(self, asset: Asset) -> str:
        """An asset's name without its image suffix; whole where another's would be the same then."""
        alike = sum(canonical(_stem(item.name)) == canonical(_stem(asset.name)) for item in self.project.assets)
        return _stem(asset.name) if alike == 1 else asset.name


def _stem(name: str) -> str:
    return name[: -len(suffix_of(name))] if suffix_of(name) else name


def _place(span: Span) -> tuple[str, int, int]:
    """What tells two places apart: file, line and column."""
    return span.source.name, span.line, span.column


def _distinct(spans: Iterable[Span]) -> list[Span]:
    by_place = {_place(span): span for span in spans}
    return [by_place[place] for place in sorted(by_place)]


def _text_at(span: Span) -> str:
    return span.source.line(span.line)[span.column - 1 : span.column - 1 + span.length]


def _changed(path: Path, places: Sequence[Span], source: str, target: str) -> bytes:
    """A spec file with `target` for `source` at these places, every other byte as it was.

    Raises Problem `spec-moved` where the file is no longer the one that was read.
    """
    data = path.read_bytes()
    lines = data.decode("utf-8-sig").split("\n")
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    for span in sorted(places, key=lambda item: (item.line, -item.column)):
        line = lines[span.line - 1] if span.line <= len(lines) else ""
        start, end = span.column - 1, span.column - 1 + span.length
        if line[start:end].strip("'\"") != source:
            raise problem("spec-moved", f"'{path.name}' was changed meanwhile", help="run the same command again")
        lines[span.line - 1] = line[:start] + line[start:end].replace(source, target) + line[end:]
    return (mark + "\n".join(lines)).encode()
