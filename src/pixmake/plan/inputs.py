"""Plan room: the pictures a step works on, or why they are not there yet."""

from __future__ import annotations

from collections.abc import Mapping

from pixmake.diagnostics import Collector, Span
from pixmake.imaging.probe import BadPicture
from pixmake.plan.artifact import Artifact, FilePicture, MaskPicture, Processed
from pixmake.plan.entries import State, Verdict
from pixmake.plan.frame import Frame
from pixmake.plan.graph import Action, ActionId
from pixmake.plan.requests import ALONE, StepInputs, input_label, turns_before
from pixmake.plan.sizes import Size, final_size
from pixmake.plan.world import World
from pixmake.spec.asset import Asset, AssetInput, FileInput, Input, Mask, Region, Step
from pixmake.values import dataclass

REPLACE = "put the right picture there, or name another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An input that is not there: the state this gives to the step, why, and the causes it goes back to."""

    state: State
    reason: str
    causes: tuple[str, ...] = ()


class InputResolver:
    """Finds input pictures. Problems of users' files are collected, each once."""

    def __init__(self, world: World, assets: Mapping[str, Asset], trouble: Collector) -> None:
        self.world = world
        self.assets = assets
        self.trouble = trouble
        self._bad: dict[tuple[str, str], Pending] = {}
        self._seen: dict[str, FilePicture] = {}

    def resolve(
        self, action: Action, done: Mapping[ActionId, Verdict], frames: Mapping[ActionId, Frame]
    ) -> StepInputs | Pending:
        """All inputs of a step, or the first reason why one is missing (a blocked one before a waiting one)."""
        asset, step = action.asset, action.step
        assert step is not None
        if not action.needs and _is_alone(asset, step):
            return ALONE
        look = _Look(self, done, frames)
        parent = self._parent(asset, step, look)
        references = [look.picture(item, asset) for item in step.references]
        markup = look.picture(step.markup, asset) if step.markup is not None else None
        mask = self._mask(asset, step, step.mask, parent, look) if step.mask is not None else None
        missing = [item for item in (parent, *references, markup, mask) if isinstance(item, Pending)]
        if missing:
            return min(missing, key=lambda item: item.state == "waits")
        return StepInputs(
            parent=_there(parent),
            references=tuple(item for item in references if not isinstance(item, Pending)),
            mask=mask if isinstance(mask, MaskPicture) else None,
            markup=_there(markup),
            turns=turns_before(asset, step),
        )

    def end(
        self, asset: Asset, done: Mapping[ActionId, Verdict], frames: Mapping[ActionId, Frame]
    ) -> Artifact | Pending:
        """The picture at the end of an asset's paid chain: what outputs are made of."""
        look = _Look(self, done, frames)
        if asset.steps:
            return look.of_step(asset, asset.steps[-1].index, None, reader_pays=False)
        assert asset.origin is not None
        return look.picture(asset.origin, asset, reader_pays=False)

    def step(
        self, asset: Asset, index: int, done: Mapping[ActionId, Verdict], frames: Mapping[ActionId, Frame]
    ) -> Artifact | Pending:
        """The picture of one step, for an output that names it."""
        return _Look(self, done, frames).of_step(asset, index, None, reader_pays=False)

    def parent(
        self, action: Action, done: Mapping[ActionId, Verdict], frames: Mapping[ActionId, Frame]
    ) -> Artifact | Pending | None:
        """The picture a step edits: what its mask must fit. None for a step that makes one anew."""
        assert action.step is not None
        return self._parent(action.asset, action.step, _Look(self, done, frames))

    def _parent(self, asset: Asset, step: Step, look: _Look) -> Artifact | Pending | None:
        if step.index > asset.steps[0].index:
            return look.of_step(asset, step.index - 1, None, reader_pays=True)
        return None if asset.origin is None else look.picture(asset.origin, asset)

    def _mask(
        self, asset: Asset, step: Step, mask: Mask, parent: Artifact | Pending | None, look: _Look
    ) -> MaskPicture | Pending | None:
        if parent is None or isinstance(parent, Pending):
            return parent and self._early(asset, step, mask, parent, look)
        size = parent.size
        if size is None:
            return Pending(state="waits", reason="the parent's size is not known yet, so no mask can fit it")
        if isinstance(mask.source, Region):
            return MaskPicture(source=mask.source, invert=mask.invert, size=size)
        source = look.picture(mask.source, asset)
        if isinstance(source, Pending):
            return source
        return self._fitting(asset, step, mask, source, size)

    def _early(self, asset: Asset, step: Step, mask: Mask, parent: Pending, look: _Look) -> Pending:
        """A mask's file is looked at before its parent is bought: one that can't fit must not cost that first."""
        if not isinstance(mask.source, FileInput):
            return parent
        source, size = look.picture(mask.source, asset), look.coming(asset, step.index)
        if isinstance(source, Pending) or size is None:
            return source if isinstance(source, Pending) else parent
        fitting = self._fitting(asset, step, mask, source, size)
        return fitting if isinstance(fitting, Pending) else parent

    def _fitting(self, asset: Asset, step: Step, mask: Mask, source: Artifact, size: Size) -> MaskPicture | Pending:
        """A mask of the parent's size as it is; one of the asset's final size with the crop undone; no other."""
        if isinstance(source, FilePicture) and not source.has_alpha:
            return self._without_alpha(asset, step, mask, source)
        if source.size == size:
            return MaskPicture(source=source, invert=mask.invert, size=size)
        final = final_size(asset.size)
        if final is not None and source.size == final:
            return MaskPicture(source=source, invert=mask.invert, size=size, cut=(final, asset.fit, asset.gravity))
        label = input_label(mask.source)
        sizes = [f"{size[0]}x{size[1]} (the parent's size)"]
        if final is not None and final != size:
            sizes.append(f"{final[0]}x{final[1]} (the asset's size)")
        has = "unknown" if source.size is None else f"{source.size[0]}x{source.size[1]}"
        self.trouble.error(
            "mask-size",
            f"the mask '{label}' is {has}, but it must be {' or '.join(sizes)}",
            mask.span or step.span,
            help="scale the mask to one of these sizes",
            asset=asset.name,
            row=asset.row,
        )
        return Pending(state="blocked", reason=f"mask '{label}' has the wrong size")

    def _without_alpha(self, asset: Asset, step: Step, mask: Mask, source: FilePicture) -> Pending:
        from pixmake.imaging.alpha import conversion

        self.trouble.error(
            "mask-without-alpha",
            f"the mask '{source.name}' has no alpha channel; a mask is transparent where it repaints",
            mask.span or step.span,
            help=conversion(source.name),
            asset=asset.name,
            row=asset.row,
        )
        return Pending(state="blocked", reason=f"mask '{source.name}' has no alpha channel")

    def moving(self, asset: Asset, step: Step) -> list[tuple[str, str]]:
        """The inputs of a step that are animations: the field that names each, and what it is called."""
        found: list[tuple[str, str]] = []
        if step.index > asset.steps[0].index:
            if step.kind == "gif":
                found.append(("kind", f"the picture of step {step.index - 1}"))
        elif asset.origin is not None and self._moves(asset.origin, asset):
            found.append(("from", _called(asset.origin)))
        found += [("references", _called(item)) for item in step.references if self._moves(item, asset)]
        if step.markup is not None and self._moves(step.markup, asset):
            found.append(("markup", _called(step.markup)))
        return found

    def _moves(self, item: Input, asset: Asset) -> bool:
        if isinstance(item, FileInput):
            picture = self.file(item, asset)
            return isinstance(picture, FilePicture) and picture.frames > 1
        if item.processed:
            return False
        target = self.assets[item.asset]
        if target.steps:
            return target.steps[-1].kind == "gif"
        return target.origin is not None and self._moves(target.origin, target)

    def file(self, item: FileInput, asset: Asset) -> Artifact | Pending:
        """A user's file as it was at the first look, probed by its header. A bad one is reported once for each place that
        names it.

        One that changes while a build runs must not be sent under the key of what the plan saw.
        """
        if item.name in self._seen:
            return self._seen[item.name]
        known = (item.name, str(item.span))
        if known in self._bad:
            return self._bad[known]
        try:
            seen = self._seen[item.name] = self.world.picture(item)
            return seen
        except BadPicture as bad:
            self._report(item.span or asset.span, asset, f"'{item.name}' {bad.message}", bad.help or REPLACE)
        except OSError as error:
            self._report(item.span or asset.span, asset, f"'{item.name}' can't be read: {error.strerror}", REPLACE)
        self._bad[known] = Pending(state="blocked", reason=f"'{item.name}' can't be used")
        return self._bad[known]

    def stays(self, item: FileInput) -> bool:
        """Whether a user's file is still what was seen of it."""
        seen = self._seen.get(item.name)
        return seen is None or seen.digest == self.world.memo.digest_of(item.path)

    def _report(self, span: Span | None, asset: Asset, message: str, remedy: str | None) -> None:
        self.trouble.error("bad-picture", message, span, help=remedy, asset=asset.name, row=asset.row)


def _is_alone(asset: Asset, step: Step) -> bool:
    """Whether a step works on no picture at all."""
    return asset.origin is None and not step.references and step.mask is None and step.markup is None


def _called(item: Input) -> str:
    return f"'{input_label(item)}'"


def _there(item: Artifact | Pending | None) -> Artifact | None:
    return None if isinstance(item, Pending) else item


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at what has been decided so far."""

    resolver: InputResolver
    done: Mapping[ActionId, Verdict]
    frames: Mapping[ActionId, Frame]

    def picture(self, item: Input, asset: Asset, reader_pays: bool = True) -> Artifact | Pending:
        if isinstance(item, FileInput):
            return self.resolver.file(item, asset)
        target = self.resolver.assets[item.asset]
        found = self._of_asset(item, target, reader_pays)
        if item.processed and not isinstance(found, Pending):
            final = final_size(target.size)
            if final is not None:
                return Processed(picture=found, final=final, fit=target.fit, gravity=target.gravity)
        return found

    def _of_asset(self, item: AssetInput, target: Asset, reader_pays: bool) -> Artifact | Pending:
        if item.step is not None:
            return self.of_step(target, item.step, item.variant, reader_pays)
        if target.steps:
            return self.of_step(target, target.steps[-1].index, item.variant, reader_pays)
        assert target.origin is not None
        return self.picture(target.origin, target, reader_pays)

    def of_step(self, asset: Asset, index: int, variant: int | None, reader_pays: bool) -> Artifact | Pending:
        verdict = self.done[asset.name, index]
        place = f"{asset.name}#{index}"
        if variant is not None and verdict.state != "draft":
            return self._variant(asset, index, variant, verdict)
        if verdict.artifact is None:
            return _pending_on(verdict, place)
        if reader_pays and verdict.asking and not self.resolver.world.draft:
            return Pending(
                state="waits", reason=f"waits for a pick among {len(verdict.pinned)} candidates of '{place}'"
            )
        return verdict.artifact

    def coming(self, asset: Asset, index: int) -> Size | None:
        """The size that was asked for the parent of a step, as long as there is no picture; None where nobody knows."""
        if asset.steps and index > asset.steps[0].index:
            verdict = self.done[asset.name, index - 1]
            return final_size(verdict.request.size) if verdict.request is not None else None
        item = asset.origin
        if not isinstance(item, AssetInput):
            return None
        target = self.resolver.assets[item.asset]
        if item.processed:
            return final_size(target.size)
        last = target.steps[-1].index if target.steps else 0
        return self.coming(target, (last if item.step is None else item.step) + 1)

    def _variant(self, asset: Asset, index: int, variant: int, verdict: Verdict) -> Artifact | Pending:
        if variant <= len(verdict.pinned):
            assert verdict.key is not None
            original = self.resolver.world.original(verdict.pinned[variant - 1], verdict.key)
            return self.frames[asset.name, index].around(original)
        place, there = f"{asset.name}#{index}", len(verdict.pinned) + verdict.images
        if verdict.images and variant <= there:
            return _pending_on(verdict, place)
        return Pending(state="blocked", reason=f"'{place}' has {there} candidates, not {variant}")


def _pending_on(verdict: Verdict, place: str) -> Pending:
    state: State = "waits" if verdict.state in ("pay", "waits", "sent") else "blocked"
    words = {"pay": "is bought", "waits": "can be bought", "sent": "has arrived"}
    until = f"waits until '{place}' {words[verdict.state]}" if state == "waits" else f"'{place}' is {verdict.state}"
    return Pending(state=state, reason=until, causes=verdict.causes)
