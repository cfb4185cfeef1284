"""Plan room: what a plan reads of the world besides the spec: files, lock, store, shelf, providers. It writes nothing.

During a build the same object is told what was written and asked to look again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from pathlib import Path

from pixmake.digest import Digest
from pixmake.imaging.probe import BadPicture, probe_file
from pixmake.plan.artifact import FilePicture, Original
from pixmake.plan.delivery import Delivery
from pixmake.plan.sizes import final_size
from pixmake.providers.base import Provider
from pixmake.spec.asset import Asset, FileInput
from pixmake.store.home import Store
from pixmake.store.lockfile import Line, Lock, OutputPin, StepPin, settle
from pixmake.store.memo import Memo, Stat
from pixmake.store.pool import Pool
from pixmake.store.shelf import Shelf
from pixmake.values import dataclass

DRAWN = (1024, 1024)
"""Pixels that a drawing covers whose size was left to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Painter:
    """A provider under the name the spec gives it; `logical` is its name in keys, after `same_as`."""

    name: str
    logical: str
    provider: Provider
    per_minute: int | None = None
    calls_per_minute: int | None = None
    price_per_image: Decimal | None = None
    """USD, where the spec states what this provider costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a plan looks at the world: whose lines, whether drafts take the place of purchases, what may be repeated.

    `scope` names this project in the store. `today` is the day (ISO) models are retired by. `engine` is the draft
    provider's version; `mark`: drafts get their visible mark.
    """

    root: Path
    profile: str | None
    scope: str
    today: str
    engine: str
    mark: bool = True
    draft: bool = False
    may_repeat: bool = False
    update: frozenset[str] = frozenset()
    partials: int = 0
    """Looks on the way that are wanted of each picture; 0: nobody listens."""
    more: Mapping[tuple[str, int | None], int] = field(default_factory=dict)
    """Pictures wanted beyond the spec's variants, by asset and step: what `reroll` asks for. The steps of assets that
    are named here count though all their files are somebody's work."""
    restore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Assets whose last bought pictures are written again, with the paths that are replaced whoever changed them."""


class World:
    """One look at the world; what was read once is remembered.

    `derive` gives the digest an output would have if it were made now, None where it can't be: the only work a plan
    may ask for, and only where a file at an output path is in no record.
    """

    def __init__(
        self,
        view: View,
        lock: Lock,
        store: Store,
        memo: Memo,
        shelf: Shelf,
        painters: Mapping[str, Painter],
        derive: Callable[[Delivery], Digest | None],
    ) -> None:
        self.view = view
        self.root, self.profile, self.draft = view.root, view.profile, view.draft
        self.engine, self.mark, self.may_repeat = view.engine, view.mark, view.may_repeat
        self.lock = lock
        self.store = store
        self.memo = memo
        self.shelf = shelf
        self.painters = painters
        self._derive = derive
        self.renames: dict[str, str] = {}
        self._spec_names: frozenset[str] = frozenset()
        self._orphans: dict[Digest, list[Line]] | None = None
        self._by_path: dict[str, list[OutputPin]] | None = None
        self._by_digest: dict[Digest, list[str]] | None = None
        self._by_recipe: dict[str, str] | None = None
        self._standing: dict[str, Digest | None] = {}
        self._written: set[str] = set()
        self._replayed = False
        self.lock_stat: Stat | None = None
        """The lockfile's, as of what `lock` was read from."""
        self.is_meddled = False
        """Whether somebody else changed the lockfile since."""
        self.holding: set[Digest] = set()
        """Keys whose locks this build holds."""

    # --- input files and providers -------------------------------------------------------------------------------

    def picture(self, item: FileInput) -> FilePicture:
        """A user's file by digest and header. Raises BadPicture, OSError."""
        digest = self.memo.digest_of(item.path)
        if digest is None:
            raise BadPicture("is not a file" if item.path.exists() else "is not there")
        facts = self.memo.facts(digest)
        if facts is None or "frames" not in facts:
            seen = probe_file(item.path)
            width, height = seen.upright_size
            facts = {"type": seen.media_type, "width": width, "height": height, "alpha": seen.has_alpha}
            facts["frames"] = seen.frames
            self.memo.keep_facts(digest, facts)
        size = int(facts["width"] or 0), int(facts["height"] or 0)
        return FilePicture(
            path=item.path,
            name=item.name,
            digest=digest,
            size=size,
            media_type=str(facts["type"]),
            has_alpha=facts.get("alpha") is not False,
            frames=int(facts["frames"] or 1),
        )

    def painter(self, name: str) -> Painter:
        """The provider that the spec calls `name`; the spec was checked, so it is there."""
        return self.painters[name]

    @property
    def draft_painter(self) -> Painter:
        return self.painters["draft"]

    def lock_changed(self, before: Stat | None, after: Stat | None) -> None:
        """Told by whoever wrote the lockfile: what it was just before, and is now."""
        self.is_meddled = self.is_meddled or before != self.lock_stat
        self.lock_stat = after

    # --- lock ----------------------------------------------------------------------------------------------------

    def expect(self, names: Collection[str]) -> None:
        """Tells which assets the spec has, so that the rest of the lock are orphans."""
        self._spec_names = frozenset(names)

    def is_locked(self, asset: str) -> bool:
        """Whether the lock has any line of an asset."""
        return bool(self._lines(asset))

    def line(self, asset: str, keys: Sequence[Digest | None] = ()) -> tuple[Line | None, bool]:
        """An asset's line, and whether a merge left picks that conflict. `keys` are the spec's by step, as far as known."""
        lines = self._lines(asset)
        if len(lines) < 2:
            return (lines[0] if lines else None), False
        return settle(lines, keys)

    def _lines(self, asset: str) -> tuple[Line, ...]:
        return self.lock.alternatives(self.renames.get(asset, asset), self.profile)

    def renamed(self, asset: str, key: Digest) -> None:
        """Told the key of an asset's first step: a new one takes over the line of the one orphan that has it as its first."""
        found = self._orphan_lines().get(key, ())
        free = [line.asset for line in found if line.asset not in self.renames.values()]
        if len(free) == 1 and not self._lines(asset):
            self.renames[asset] = free[0]

    def _orphan_lines(self) -> dict[Digest, list[Line]]:
        if self._orphans is None:
            self._orphans = {}
            for (name, profile), lines in self.lock.lines.items():
                if profile == self.profile and name not in self._spec_names and lines[0].steps:
                    self._orphans.setdefault(lines[0].steps[0].key, []).append(lines[0])
        return self._orphans

    def orphans(self, names: Collection[str]) -> tuple[str, ...]:
        """Assets in the lock (of this profile) that the spec does not have, renamed ones excepted."""
        taken = {*names, *self.renames.values()}
        return tuple(sorted(name for name, profile in self.lock.lines if profile == self.profile and name not in taken))

    def frozen(self, asset: Asset) -> bool:
        """Whether the bought picture stays until somebody names the asset."""
        if asset.name in self.view.update:
            return False
        if asset.name in self.view.restore:
            return True
        return asset.frozen or any(line.frozen for line in self._lines(asset.name))

    # --- store ---------------------------------------------------------------------------------------------------

    def pool(self, key: Digest) -> Pool:
        return self.store.results.pool(key)

    def open_pool(self, key: Digest) -> tuple[Pool, bool]:
        """What is known of a key, and whether a call for it is unknown: unanswered, and no living process works on it.

        The lock is looked at first and the journal again after it: whoever frees a key's lock wrote the outcome before.
        """
        pool = self.pool(key)
        if not pool.unanswered or self.in_flight(key):
            return pool, False
        self.refresh()
        pool = self.pool(key)
        return pool, bool(pool.unanswered)

    def refresh(self) -> None:
        """Takes in what this and other processes have journaled since."""
        self.store.results.refresh()

    def about_to_pay(self) -> None:
        """Once a build, before its first purchase: from here on the journal itself is asked, not its index."""
        if not self._replayed:
            self.store.results.replay()
            self._replayed = True

    def in_flight(self, key: Digest) -> bool:
        """Whether another builder is buying this key right now; what this build holds the lock of, nobody else is."""
        return key not in self.holding and self.store.journal.key_busy(key)

    def unanswered(self, key: Digest) -> tuple[str, ...]:
        """Intents of calls for this key that got no usable answer."""
        return tuple(item.intent.intent for item in self.pool(key).unanswered)

    def last_pick(self, asset: str, key: Digest) -> Digest | None:
        return self.store.results.last_pick(self.view.scope, asset, self.profile, key)

    def last_request(self, asset: str, step: int, pin: StepPin | None) -> Mapping[str, object] | None:
        """The pre-image this step last bought: by the lock's key, else by what this project bought for it before."""
        pool = self.pool(pin.key) if pin is not None else None
        if pool is None or pool.request is None:
            pool = self.store.results.last_bought(self.view.scope, asset, self.profile, step)
        return pool.request if pool is not None else None

    def original(self, digest: Digest, key: Digest) -> Original:
        """A bought picture, with the size its record says; a drawing has any size, so it has the one it was asked in."""
        pool = self.pool(key)
        found = next((item for item in pool.results if item.digest == digest), None)
        if found is None or found.width is None or found.height is None:
            return Original(digest=digest, size=None, media_type=found.media_type if found else "image/png")
        size = found.width, found.height
        if found.media_type == "image/svg+xml" and pool.request is not None:
            from pixmake.imaging.svg import covering

            size = covering(size, final_size(str(pool.request["size"])) or DRAWN)
        return Original(digest=digest, size=size, media_type=found.media_type)

    def has(self, digest: Digest) -> bool:
        """Whether the bytes are in the store, or in one of our output files, from where the store can be fed again."""
        return self.store.content.has(digest) or self.elsewhere(digest) is not None

    def elsewhere(self, digest: Digest) -> Path | None:
        """One of our output files that holds these very bytes."""
        for path in self._paths_with(digest):
            if self.standing(path) == digest:
                return self.root / path
        return None

    def damaged(self, digest: Digest) -> bool:
        """Whether the store once had these bytes and found them damaged."""
        return any((self.store.root / "quarantine").glob(f"{digest}*"))

    def _paths_with(self, digest: Digest) -> list[str]:
        if self._by_digest is None:
            self._by_digest = {}
            for line in (line for lines in self.lock.lines.values() for line in lines):
                for path, pin in line.outputs.items():
                    self._by_digest.setdefault(pin.digest, []).append(path)
        return self._by_digest.get(digest, [])

    # --- outputs -------------------------------------------------------------------------------------------------

    def standing(self, path: str) -> Digest | None:
        """Digest of the file that stands at an output path now; None where there is none."""
        known = self._standing
        if path not in known:
            known[path] = self.memo.digest_of(self._place(path))
        return known[path]

    def _place(self, path: str) -> str:
        """An output's path on the disk. As text: thousands of Paths cost more than the looking."""
        return os.path.join(self.root, path)

    def exists(self, path: str) -> bool:
        return self.standing(path) is not None

    def stands(self, path: str, recipe: Digest) -> bool:
        """Whether the file at `path` is what `recipe` made: by the local record, the lock, or a draft's own mark."""
        digest = self.standing(path)
        if digest is None:
            return False
        written = self.memo.output(path)
        if written is not None and written.digest == digest and written.recipe == recipe:
            return True
        if any(pin.digest == digest and pin.recipe == recipe for pin in self._output_pins(path)):
            return True
        return not self._recorded(path, digest) and self._draft_mark(path) == recipe

    def _recorded(self, path: str, digest: Digest) -> bool:
        pin = self.memo.output(path)
        return pin is not None and pin.digest == digest

    def owns(self, path: str) -> bool:
        """Whether the file at `path` is ours and unedited, so that it may be replaced (semantics, Ours or edited).

        Looks at the file as it is now; a plan, for which it stands still, asks `owned`.
        """
        return self._is_ours(path, self.memo.digest_of(self._place(path)))

    def owned(self, path: str) -> bool:
        """Whether the file that this look at the world found at `path` is ours and unedited."""
        return self._is_ours(path, self.standing(path))

    def _is_ours(self, path: str, digest: Digest | None) -> bool:
        if (
            digest is None
            or self._recorded(path, digest)
            or self.restores(path)
            or any(pin.digest == digest for pin in self._output_pins(path))
        ):
            return True
        return self._draft_mark(path) is not None

    def claim(self, path: str, recipe: Digest, digest: Digest) -> None:
        """Told by publishing: this file will stand there in a moment."""
        self.memo.claim(path, OutputPin(recipe=recipe, digest=digest), self.profile)

    def _draft_mark(self, path: str) -> Digest | None:
        """The recipe that a draft at `path` names itself."""
        from pixmake.imaging.marks import read_draft_mark

        return read_draft_mark(self.root / path)

    def _output_pins(self, path: str) -> list[OutputPin]:
        """All pins of this path in the lock, other profiles' and former owners' too."""
        if self._by_path is None:
            self._by_path = {}
            for line in (line for lines in self.lock.lines.values() for line in lines):
                for name, pin in line.outputs.items():
                    self._by_path.setdefault(name, []).append(pin)
        return self._by_path.get(path, [])

    def path_of(self, asset: str, recipe: Digest) -> str | None:
        """Where an output with `{{ hash }}` in its path was written for this recipe, by the lock or, for drafts, locally."""
        for line in self._lines(asset):
            for path, pin in line.outputs.items():
                if pin.recipe == recipe:
                    return path
        return self._written_for().get(recipe)

    def _written_for(self) -> dict[str, str]:
        if self._by_recipe is None:
            pins = ((path, self.memo.output(path)) for path in self.memo.outputs_of(self.profile))
            self._by_recipe = {pin.recipe: path for path, pin in pins if pin is not None}
        return self._by_recipe

    def derives(self, order: Delivery, path: str) -> bool:
        """Whether making this output now gives the very file that stands there: then it is ours, though no record is left."""
        digest = self._derive(order)
        if digest is None or digest != self.standing(path):
            return False
        self.wrote(path, order.recipe, digest)
        return True

    def restores(self, path: str) -> bool:
        """Whether the file at `path` is to be written again, whoever changed it."""
        return any(path in paths for paths in self.view.restore.values())

    def pin_of(self, path: str) -> OutputPin:
        """What the local record says of an output that was just written or accepted."""
        pin = self.memo.output(path)
        assert pin is not None, "wrote() came first"
        return pin

    def wrote(self, path: str, recipe: Digest, digest: Digest) -> None:
        """Told by publishing: this file stands there now and is ours."""
        self.memo.keep_output(path, OutputPin(recipe=recipe, digest=digest), self.profile)
        self._standing[path] = digest
        self._written.add(path)

    def save(self) -> None:
        """Keeps what was looked up, for the next run. Called by a build, never by a plan. Raises Problem and OSError."""
        for path in self._written:  # known by their own bytes from now on; the others were looked at while planning
            self.memo.digest_of(self._place(path))
        self.memo.save()
